#!/usr/bin/env bash
# guide.sh LANDFALL ROOT: the region file, landfall.yaml, the price book and the first playbook of scripts/README.md, put together
# as they stand there, can be checked, planned and built.
set -euo pipefail
landfall=$(realpath "$1") guide=$(realpath "$2")/scripts/README.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir regions playbooks prices plugins certs
touch certs/ours.pem
# block N LANGUAGE: the N-th fenced block in a language.
block() {
  awk -v n="$1" -v fence="\`\`\`$2" '$0 == fence { seen++; inside = 1; next } /^```/ { inside = 0 } inside && seen == n' "$guide"
}
block 1 yaml >regions/eu.yaml
block 2 yaml >landfall.yaml
block 3 yaml >prices/eur.yaml
block 1 lua >playbooks/saas.lua
cat >>playbooks/saas.lua <<'END'
todo "whatsapp" { step = { owner = "channels" } }
END
cat >regions/us.yaml <<'END'
region: us
title: United States
jurisdiction: US
place: us-east-1
domain: us.acme.example
currency: USD
services:
  databases: { main: { storage_gb: 800, replicas: 4 } }
  queues: { legacy-import: { max_receives: 3 } }
drivers: { dns: { use: local, path: out/us/dns } }
END
expect() { # TEXT ARGS: it works, and says so
  local text=$1
  shift
  "$landfall" "$@" >said 2>&1 || { cat said >&2 && exit 1; }
  grep -qF -- "$text" said || { cat said >&2 && echo "FAIL: landfall $* does not say '$text'" >&2 && exit 1; }
}
expect '4 steps' check eu
expect '3 to create' plan eu
expect 'shrunk' show eu services.databases.main.replicas --why
expect '3 done' apply eu --yes
expect '3 kept' plan eu
