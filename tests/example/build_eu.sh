#!/usr/bin/env bash
# Europe is built, killed in the middle, resumed; then others look at what is there.  PROGRAM ROOT
. "$(dirname "$0")/lib.sh"
copy_example "$1" "$2"

# A region of some size, and nothing written to plan it.
landfall plan eu --json
same "a plan makes no store and no artefact" "$(find .landfall out/eu 2>/dev/null | wc -l)" 0
steps=$(jq '.steps | length' said)
[ "$steps" -ge 120 ] || same "steps of the plan" "$steps" "120 or more"

codes="137" landfall apply eu --yes --crash-after 100
codes="0" landfall status eu
codes="0 3" landfall resume eu --yes
codes="0" landfall plan eu --exit-code

# Names, as a resolver sees them.
check_zone out/eu/dns eu.acme.example
check_zone out/eu/dns int.eu.acme.example
check_zone out/shared/dns acme.example
same "the parent keeps what was there" \
  "$(diff live/dns/acme.example.zone out/shared/dns/acme.example.zone | grep -c '^<')" 1 # its serial number
served=$folder/knot port=$("$root/tests/servers/free_port")
"$root/tests/servers/knot" start "$served" "$port" "$folder/out/eu/dns" eu.acme.example int.eu.acme.example
ask() { kdig +short +timeout=2 @127.0.0.1 -p "$port" "$@"; }
same "app" "$(ask app.eu.acme.example A | tr '\n' ' ')" "web.edge.eu.acme.example. 198.51.100.10 198.51.100.11 "
same "mail" "$(ask eu.acme.example MX)" "10 mail.edge.eu.acme.example."
same "certificates" "$(ask eu.acme.example CAA | wc -l)" 3
same "spf" "$(ask eu.acme.example TXT | grep -c 'v=spf1 ip4:198.51.100.30')" 1
same "api by service" "$(ask _api._tcp.int.eu.acme.example SRV)" "0 1 8443 api.int.eu.acme.example."
same "machines of api" "$(ask api.int.eu.acme.example A | sort | tr '\n' ' ')" "10.30.11.1 10.30.11.2 10.30.11.3 "
same "whatsapp is absent" \
  "$(kdig +timeout=2 @127.0.0.1 -p "$port" whatsapp.eu.acme.example A | grep -o NXDOMAIN)" NXDOMAIN

# Data: every row once, in spite of the crash.
same "countries" "$(query out/eu/databases/main.db 'select count(*) from country')" 249
same "Ireland" "$(query out/eu/databases/main.db "select currency, calling_code from country where code = 'IE'")" "EUR|353"
same "migrations of main" "$(query out/eu/databases/main.db 'select group_concat(name) from landfall_migrations')" \
  "0001_tenants,0002_conversations,0003_countries,0004_channels"
same "the officer may read" \
  "$(query out/eu/databases/catalogue.db "select role from user where database = 'main' and name = 'dpo'")" read
same "the size is Europe's" \
  "$(query out/eu/databases/catalogue.db "select size, replicas, storage_gb from cluster where name = 'primary'")" \
  "db.t4g.medium|1|250"
same "databases" "$(find out/eu/databases -name '*.db' ! -name catalogue.db | wc -l)" 5

# Messages: one order for each app, one dead-letter queue for each queue.
same "orders" "$(query out/eu/queues/queues.db "select count(*), count(distinct body) from message where queue = 'deploy-orders'")" "19|19"
same "queues" "$(query out/eu/queues/queues.db 'select count(*), count(dead_letter) from queue')" "28|14"
same "legacy-import is absent" "$(query out/eu/queues/queues.db "select count(*) from queue where name like 'legacy%'")" 0
same "subscriptions" "$(query out/eu/queues/queues.db 'select count(*) from subscription')" 10

# Money.
catalogue=out/eu/billing/catalogue.json
same "the price" "$(jq -c '.prices["team-month"] | [.amount_minor, .currency, .tax_behavior]' $catalogue)" '[5500,"EUR","exclusive"]'
same "prices" "$(jq '.prices | length' $catalogue)" 9
same "one currency" "$(jq -r '[.prices[].currency] | unique | join(" ")' $catalogue)" EUR
same "taxes" "$(jq '.taxes | length' $catalogue)" 27
same "the entity" "$(jq -r '.entities[] | .name + " " + .invoice_prefix' $catalogue)" "Acme Messenger Europe Ltd E-"

# A fresh machine says where it is; one from an image that does not listen says the old region's name, and launch hears of it.
same "the machine is in Europe" "$(tools/instance whoami out/eu/machines/api)" \
  '{"region":"eu","domain":"eu.acme.example","place":"eu-west-1"}'
sed -i 's/^user_data=yes/user_data=no/' live/image/etc/instance.conf
codes="0 3" landfall apply eu --yes --replace exec.command.machine-api
codes="2" landfall plan eu --exit-code
codes="0" landfall launch eu --json
same "launch waits for it" "$(jq -r '[.open[].address] | map(select(. == "exec.command.cold-start-api")) | length' said)" 1
codes="3" landfall apply eu --yes
same "and what it believes is told" "$(grep -c "^ .*believes that it is in 'us' (us.acme.example, us-east-1), and it is in 'eu'" said)" 1
codes="0" landfall diff eu us --exit-code
sed -i 's/^user_data=no/user_data=yes/' live/image/etc/instance.conf
codes="0 3" landfall apply eu --yes --replace exec.command.machine-api
codes="0" landfall plan eu --exit-code

# Every difference between the two regions has its reason, as declared and as built; and where the data is can be proved.
codes="0" landfall diff eu us --exit-code
same "differences without a reason" "$(tail -n 1 said | grep -c ' 0 unexplained')" 1
codes="0" landfall residency eu --exit-code -o evidence.json
codes="0" landfall residency eu --verify evidence.json
same "steps that hold data" "$(jq -c '[.counts.steps, .counts.wrong]' evidence.json)" "[33,0]"

# A database that was lost is built again, and what was put into it is put there again.
rm out/eu/databases/main.db
codes="0 3" landfall apply eu --yes
same "countries of the new database" "$(query out/eu/databases/main.db 'select count(*) from country')" 249
codes="0" landfall plan eu --exit-code
