#!/usr/bin/env bash
# 10 000 records in one zone of a real PowerDNS on SQLite: how long, and with how many requests.
#
#   dns_powerdns.sh PROGRAM ROOT
#
# Fails beyond 60 s or 150 requests for the apply, or 5 reads for the plan after it; or beyond 10 reads for a first plan
# in a zone that stands already, which has to find the one name that somebody else has.  PowerDNS's own log is the counter,
# kdig and the API are the judges.
set -euo pipefail
export PATH="$PATH:/usr/sbin" NO_COLOR=1
program=$1 root=$2
records=10000

for needed in pdns_server sqlite3 curl jq kdig; do
  command -v "$needed" >/dev/null && continue
  echo "$needed is missing: apt-get install pdns-server pdns-backend-sqlite3 sqlite3 curl jq knot-dnsutils" >&2
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

cd "$folder"
mkdir playbooks regions
echo "playbook: playbooks/many.lua" >landfall.yaml
cat >playbooks/many.lua <<LUA
local dns = landfall.use("dns")
local zone = dns.zone "many" { name = landfall.region.domain }
for i = 1, $records do
  dns.record("h" .. i) { zone = zone.id, type = "A", name = "h" .. i, values = { "192.0.2." .. (i % 250) } }
end
LUA
cat >regions/eu.yaml <<YAML
region: eu
title: Europe
jurisdiction: EU
place: here
domain: many.test
currency: EUR
drivers:
  dns:
    use: powerdns
    url: http://127.0.0.1:$api_port
    api_key: !secret env:PDNS_API_KEY
    nameservers: [ns1.acme.example]
YAML

# what LIMIT_S LIMIT_REQUESTS COMMAND ...: runs it, and says what it took.  ends: the exit code it may have.
ends=0
measure() {
  local what=$1 limit_s=$2 limit_requests=$3 began took requests
  shift 3
  : >"$folder/pdns/pdns.log"
  began=$(date +%s%3N)
  "$@" >"$folder/said" 2>&1 || [ $? -eq "$ends" ] || {
    tail -n 20 "$folder/said" >&2
    exit 1
  }
  took=$(($(date +%s%3N) - began))
  requests=$(grep -c 'HTTP/1.1" ' "$folder/pdns/pdns.log")
  echo "$what of $records records: $took ms, $requests requests"
  if [ "$took" -gt $((limit_s * 1000)) ] || [ "$requests" -gt "$limit_requests" ]; then
    echo "FAIL: more than $limit_s s or $limit_requests requests" >&2
    exit 1
  fi
}

measure apply 60 150 "$program" apply eu --yes
measure plan 60 5 "$program" plan eu --exit-code
count=$(curl -sf -H "X-API-Key: $PDNS_API_KEY" \
  "http://127.0.0.1:$api_port/api/v1/servers/localhost/zones/many.test." | jq '[.rrsets[] | select(.type == "A") | .records[]] | length')
[ "$count" = "$records" ] || {
  echo "FAIL: $count records instead of $records" >&2
  exit 1
}
answer=$(kdig +short @127.0.0.1 -p "$dns_port" "h$records.many.test" A)
[ "$answer" = "192.0.2.$((records % 250))" ] || {
  echo "FAIL: h$records is '$answer'" >&2
  exit 1
}
measure destroy 60 150 "$program" destroy eu --yes

# The zone is somebody else's from now on, and so is one of the names in it.
api() { curl -sf -H "X-API-Key: $PDNS_API_KEY" "$@"; }
zones=http://127.0.0.1:$api_port/api/v1/servers/localhost/zones
api -X POST "$zones" -d '{"name":"many.test.","kind":"Native","nameservers":["ns1.acme.example."]}' >zone.json
api -X PATCH "$zones/many.test." -d '{"rrsets":[{"name":"h7.many.test.","type":"A","ttl":60,"changetype":"REPLACE",
  "records":[{"content":"198.51.100.7","disabled":false}]}]}'
api "$zones/many.test." | jq -S .rrsets >before.json
sed -i 's/dns.zone "many"/dns.zone:existing "many"/' playbooks/many.lua
ends=1 measure "first plan" 60 10 "$program" plan eu --json
[ "$(jq -c '[.totals.create, .totals.conflicts, [.steps[] | select(.taken) | .address, .taken.ours]]' said)" = \
  "[$records,1,[\"dns.record.h7\",false]]" ] || {
  echo "FAIL: $(jq -c '.totals, [.steps[] | select(.taken)]' said)" >&2
  exit 1
}
ends=1 measure "refused apply" 60 10 "$program" apply eu --yes -q
grep -q 'plan.conflict' said || {
  echo "FAIL: it was refused for something else: $(cat said)" >&2
  exit 1
}
api "$zones/many.test." | jq -S .rrsets | cmp - before.json
