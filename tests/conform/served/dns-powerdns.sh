#!/usr/bin/env bash
# dns-powerdns.sh LANDFALL ROOT DRIVER.so: `landfall plugin test` on a real PowerDNS.
set -euo pipefail
export PATH="$PATH:/usr/sbin"
program=$1 root=$2 driver=$3
for needed in pdns_server sqlite3 curl; do
  command -v "$needed" >/dev/null && continue
  echo "$needed is missing: scripts/setup has the packages" >&2
  [ "${CI:-}" != true ] || exit 1
  exit 77
done
folder=$(mktemp -d)
trap '"$root/tests/servers/pdns" stop "$folder/pdns"; rm -rf "$folder"' EXIT
# Below the ports that the system hands out; somebody else may take a free one before it is bound.
for tries in 1 2 3 4 5; do
  dns_port=$((20000 + RANDOM % 6000)) api_port=$((26000 + RANDOM % 6000))
  ! "$root/tests/servers/pdns" start "$folder/pdns" "$dns_port" "$api_port" || break
  "$root/tests/servers/pdns" stop "$folder/pdns"
  [ "$tries" -lt 5 ] || exit 1
done
PDNS_API_KEY=$(cat "$folder/pdns/key")
export PDNS_API_KEY
echo "settings: { url: \"http://127.0.0.1:$api_port\", api_key: !secret env:PDNS_API_KEY, nameservers: [ns1.acme.example] }" \
  >"$folder/sheet.yaml"
"$program" plugin test "$driver" --settings "$folder/sheet.yaml"
