#!/usr/bin/env bash
# A third country is one YAML file of about 40 lines, and no Lua.  PROGRAM ROOT
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
copy_example "$1" "$2"

# A copy asks for every fact that only the new country has, and check names all that is left in one run.
landfall copy us ca
asked=$(grep -c 'FILL IN' regions/ca.yaml)
codes=1 landfall check ca --json
same "open places" "$(jq '[.diagnostics[] | select(.code == "region.fill_in")] | length' said)" "$((asked - 1))"
same "nothing but that is wrong" "$(jq '.errors' said)" "$((asked - 1))"
for fact in network edges.web.ipv4 entity.vat_id tax.rates prices.team.month; do
  same "asked for $fact" "$(jq --arg f "'services.own.CA.$fact'" '[.diagnostics[].summary | select(contains($f))] | length' said)" 1
done
same "nothing of the reference's own is taken over" "$(grep -v '#' regions/ca.yaml | grep -cE '541234567|192\.0\.2|MCowBQ')" 0
# What it offers as comments can be taken as it stands, of either region that went before.
cp regions/ca.yaml asked.yaml
for as in au eu; do
  awk -v as="$as" '/^$/ { take = 0 }
    /^# As in / { take = index($0, "# As in " as); print; next }
    take { sub(/^# /, "") }
    { print }' asked.yaml >regions/ca.yaml
  same "offers of $as that are taken" "$(grep -cE '^(shrink|absent|differs):' regions/ca.yaml)" 3
  codes=1 landfall check ca --json
  same "nothing of them is refused" "$(jq '.errors' said)" "$((asked - 1))"
done
rm regions/ca.yaml asked.yaml

lines=$(wc -l <"$here/ca.yaml")
[ "$lines" -le 45 ] || same "lines of ca.yaml" "$lines" "45 at most"
# What is half said is told whole, beside what the playbook stops at.
sed -e '/^      entity:/d' -e '/^        team:/d' -e '/^        realtime:/d' "$here/ca.yaml" >regions/ca.yaml
codes=1 landfall check ca --json
same "one error of the playbook" "$(jq '.errors' said)" 1
same "and all that is lacking" "$(jq -r '[.diagnostics[] | select(.code == "own.lacks") | .path] | join(" ")' said)" \
  "services.own.CA services.own.CA.edges services.own.CA.prices"
cp "$here/ca.yaml" regions/
landfall check ca --json
same "in order, and no warnings" "$(jq -c '[.ok, .diagnostics]' said)" '[true,[]]'

# With a price book for its currency the plan tells what it costs.
cp "$here/cad.yaml" prices/
sed -i 's|^price_books: \[|&prices/cad.yaml, |' landfall.yaml
landfall plan ca
same "the plan is priced in its currency" "$(grep -c '^Cost.*monthly.*CA\$\|^Cost.*monthly.*CAD' said)" 1

codes="0 3" landfall apply ca --yes
codes="0" landfall plan ca --exit-code

check_zone out/ca/dns ca.acme.example
check_zone out/ca/dns int.ca.acme.example
check_zone out/shared/dns acme.example
same "delegated" "$(grep -c '^ca\.acme\.example\..*NS' out/shared/dns/acme.example.zone)" 1
same "countries" "$(query out/ca/databases/main.db 'select count(*) from country')" 249
same "sizes" "$(query out/ca/databases/catalogue.db 'select group_concat(distinct size) from cluster')" db.t4g.medium
same "no other database" "$(find out/ca/databases -name '*.db' | wc -l)" 6
same "queues" "$(query out/ca/queues/queues.db 'select count(*) from queue')" 28
same "places" "$(query out/ca/queues/queues.db 'select distinct place from queue')" ca-central-1
catalogue=out/ca/billing/catalogue.json
same "currencies" "$(jq -r '[.prices[].currency] | unique | join(" ")' $catalogue)" CAD
same "the price" "$(jq '.prices["business-year"].amount_minor' $catalogue)" 169000
same "the tax of Ontario" "$(jq -r '.taxes["ca-on"].rate' $catalogue)" 13
same "nothing of the reference" \
  "$(grep -rlE --exclude-dir=machines 'us\.acme\.example|us-east-1|acme-inc' out/ca | wc -l)" 0
# But for the image, which was baked there: what a machine made of it believes is asked.
same "the machine is in Canada" "$(tools/instance whoami out/ca/machines/api | jq -r .region)" ca
