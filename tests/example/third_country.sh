#!/usr/bin/env bash
# A third country is one YAML file of about 40 lines, and no Lua.  PROGRAM ROOT
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
copy_example "$1" "$2"

lines=$(wc -l <"$here/ca.yaml")
[ "$lines" -le 45 ] || same "lines of ca.yaml" "$lines" "45 at most"
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
