#!/usr/bin/env bash
# A zone that stands ready on a name server, BIND and Knot: planned, taken into landfall's charge, built, planned again,
# given back.  And what is not ours there: a record of somebody's, the charge of another project.  PROGRAM ROOT
. "$(dirname "$0")/lib.sh"
for needed in named knotd dig nsupdate; do
  command -v "$needed" >/dev/null && continue
  echo "$needed is missing: scripts/setup has the packages" >&2
  [ "${CI:-}" != true ] || exit 1
  exit 77
done
program=$1 root=$2 codes=0 failed=0
folder=$(mktemp -d)
end_server() {
  [ -z "${up:-}" ] || "$root/tests/servers/$kind" stop "$folder/$kind"
  up=
}
finish() {
  local status=$?
  end_server
  cd /
  rm -rf "$folder"
  [ "$status" != 0 ] || status=$failed
  exit "$status"
}
trap finish EXIT

start_server() {
  local tries options=
  [ "$kind" = bind ] || options=dynamic
  for tries in 1 2 3 4 5; do
    port=$("$root/tests/servers/free_port")
    up=yes
    if [ "$kind" = bind ]; then
      "$root/tests/servers/bind" start "$folder/bind" "$port" eu.acme.example 2>"$folder/started" && return
    else
      "$root/tests/servers/knot" dynamic "$folder/knot" "$port" eu.acme.example 2>"$folder/started" && return
    fi
    end_server
  done
  cat "$folder/started" >&2
  return 1
}

project() { # NAME
  mkdir -p "$folder/$kind-$1/regions" "$folder/$kind-$1/playbooks"
  cd "$folder/$kind-$1"
  echo 'playbook: playbooks/main.lua' >landfall.yaml
  cat >regions/eu.yaml <<REGION
region: eu
title: Europe
jurisdiction: EU
place: eu-west-1
domain: eu.acme.example
currency: EUR
drivers:
  dns: { use: rfc2136, server: 127.0.0.1, port: $port, key: writer, secret: !secret env:DNS_SECRET, zones: [eu.acme.example] }
REGION
  cat >playbooks/main.lua <<'PLAYBOOK'
local dns = landfall.use "dns"
local zone = dns.zone "apex" { name = landfall.region.domain, ttl = 600 }
dns.record "api" { zone = zone.id, type = "A", name = "api", values = { "192.0.2.1" } }
PLAYBOOK
}

ask() { dig +short +tcp +time=5 -y "hmac-sha256:writer:$DNS_SECRET" @127.0.0.1 -p "$port" "$@"; }
said() { grep -c -- "$1" "$folder/said" || true; }

for kind in bind knot; do
  start_server
  DNS_SECRET=$(cat "$folder/$kind/secret")
  export DNS_SECRET

  project one
  codes=0 landfall plan eu
  same "$kind: a zone that stands ready is no conflict" "$(said CONFLICT)" 0
  same "$kind: both are new" "$(said '2 to create')" 1
  codes=0 landfall apply eu --yes
  same "$kind: the record" "$(ask api.eu.acme.example A)" 192.0.2.1
  codes=0 landfall plan eu --exit-code

  # Another project, with a store of its own, is told whose it is and touches nothing.
  before=$(ask eu.acme.example AXFR)
  project other
  codes=1 landfall plan eu
  same "$kind: the charge of another is a conflict" "$(said 'dns.zone.apex .*CONFLICT')" 1
  same "$kind: and says who has it" "$(said 'it carries the marker lf1\.')" 1
  codes=1 landfall apply eu --yes
  same "$kind: nothing was touched" "$(ask eu.acme.example AXFR)" "$before"

  # A record that people made is theirs, in a zone of ours.
  nsupdate -y "hmac-sha256:writer:$DNS_SECRET" <<UPDATE
server 127.0.0.1 $port
zone eu.acme.example
update add www.eu.acme.example 60 A 192.0.2.9
send
UPDATE
  cd "$folder/$kind-one"
  echo 'dns.record "www" { zone = zone.id, type = "A", name = "www", values = { "192.0.2.2" } }' >>playbooks/main.lua
  codes=1 landfall plan eu
  same "$kind: a record of people's is a conflict" "$(said 'dns.record.www .*CONFLICT')" 1
  codes=1 landfall apply eu --yes
  same "$kind: and stays" "$(ask www.eu.acme.example A)" 192.0.2.9

  codes=0 landfall destroy eu --yes
  same "$kind: no mark is left" "$(ask eu.acme.example AXFR | grep -c lf1 || true)" 0
  same "$kind: the zone is there" "$(ask www.eu.acme.example A)" 192.0.2.9
  end_server
done
