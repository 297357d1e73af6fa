#!/usr/bin/env bash
# Europe's names on a real PowerDNS: only the drivers block differs.  Built, killed in the middle, resumed; what the
# server tells is what dns-local writes into zone files; destroyed, the company's zone is as before.  PROGRAM ROOT
. "$(dirname "$0")/lib.sh"
for needed in pdns_server pdnsutil sqlite3 curl jq kdig named-compilezone; do
  command -v "$needed" >/dev/null && continue
  echo "$needed is missing: scripts/setup has the packages" >&2
  [ "${CI:-}" != true ] || exit 1
  exit 77
done
copy_example "$1" "$2"

start_pdns
"$root/tests/servers/pdns" load "$pdns" acme.example live/dns/acme.example.zone
PDNS_API_KEY=$(cat "$pdns/key")
export PDNS_API_KEY

api() { curl -sf -H "X-API-Key: $PDNS_API_KEY" "http://127.0.0.1:$api_port/api/v1/servers/localhost$1"; }
# What a zone holds, a line each, without what lies in the servers' own names and numbers.
plain() { awk '!/^;/ && NF > 4 && $4 != "SOA" && $4 != "NS" && $1 !~ /^ns[0-9]\./ { $1 = tolower($1); $1 = $1; print }' | LC_ALL=C sort; }
transfer() { kdig +noall +answer +timeout=5 @127.0.0.1 -p "$dns_port" "$1" AXFR; }
from_file() { named-compilezone -q -i local -k ignore -s full -o - "$2" "$1/$2.zone"; }

# The same playbook on zone files, to compare with.
codes="0 3" landfall apply eu --yes
mkdir files
mv out .landfall files

before=$(transfer acme.example | plain)
sed -i -e "s|^  dns: .*|  dns: { use: powerdns, url: \"http://127.0.0.1:$api_port\", api_key: !secret env:PDNS_API_KEY, nameservers: [ns1.acme.example, ns2.acme.example] }|" \
  -e "s|^  dns/parent: .*|  dns/parent: { use: powerdns, url: \"http://127.0.0.1:$api_port\", api_key: !secret env:PDNS_API_KEY, shared: true }|" \
  regions/eu.yaml
codes="0" landfall plan eu
same "the delegation is shown as shared" "$(grep -c 'dns.record.delegation .* SHARED' said)" 1
codes="137" landfall apply eu --yes --crash-after 60
codes="0 3" landfall resume eu --yes
codes="0" landfall plan eu --exit-code

for zone in eu.acme.example int.eu.acme.example; do
  [ "$(transfer $zone | plain | wc -l)" -gt 30 ] || same "$zone" "$(transfer $zone)" "more than 30 records"
  same "$zone" "$(transfer $zone | plain)" "$(from_file files/out/eu/dns $zone | plain)"
  same "mark of $zone" "$(api "/zones/$zone." | jq -r '.account[:4]')" lf1.
done
same "every record of int carries its mark" \
  "$(api /zones/int.eu.acme.example. | jq '[.rrsets[] | select(.type != "SOA" and .type != "NS") | select([.comments[] | select(.account | startswith("lf1."))] | length != 1)] | length')" 0
same "the delegation" "$(kdig +norec +noall +authority @127.0.0.1 -p "$dns_port" eu.acme.example DS | wc -l)" 1
same "who is delegated to" \
  "$(api /zones/acme.example. | jq -c '[.rrsets[] | select(.type == "NS" and .name == "eu.acme.example.") | .records[].content] | sort')" \
  '["ns1.acme.example.","ns2.acme.example."]'
same "the parent keeps what was there" "$(transfer acme.example | plain)" "$before"

codes="0" landfall destroy eu --yes --yes-destroy-data
same "zones that are left" "$(api /zones | jq -r '.[].name')" acme.example.
same "the parent is as it was" "$(transfer acme.example | plain)" "$before"
same "no mark is left" "$(api /zones/acme.example. | jq '[.rrsets[].comments[]] | length')" 0
