#!/usr/bin/env bash
# The same Europe on PowerDNS, PostgreSQL, RabbitMQ and Tryton: built, killed in the middle, resumed; then the servers are asked,
# each with its own tools.  PROGRAM ROOT
. "$(dirname "$0")/lib.sh"
for needed in pdns_server psql trytond jq curl kdig /usr/lib/rabbitmq/bin/rabbitmq-server; do
  command -v "$needed" >/dev/null && continue
  echo "skipped: $needed is missing: scripts/test installs it" >&2
  [ "${CI:-}" = true ] && exit 1
  exit 77
done
copy_example "$1" "$2"
trap '"$root/scripts/servers" down --project "$folder"; end' EXIT

# One playbook, one region; who serves it is all that differs.
same "the region files differ in their drivers alone" "$(diff \
  <(sed -e '1,/^region:/d' -e '/^drivers:/,/^budget:/d' regions/eu.yaml) \
  <(sed -e '1,/^region:/d' -e '/^drivers:/,/^budget:/d' regions/eu-servers.yaml))" ""

for try in 1 2 3 4 5 6 7 8; do
  base=$((20000 + ($$ + try * 1013) % 120 * 100))
  "$root/scripts/servers" up --project "$folder" --base "$base" --seconds 600 >"$folder/said" 2>&1 && break
  [ "$try" != 8 ] || { cat "$folder/said" >&2; exit 1; }
done

codes="0" landfall plan eu-servers --json
steps=$(jq '.steps | length' said)
[ "$steps" -ge 120 ] || same "steps of the plan" "$steps" "120 or more"

sql() { PGPASSWORD=$(cat out/servers/postgresql) psql -X -h 127.0.0.1 -p "$((base + 32))" -U postgres -At -d "$@"; }
broker() { curl -sf -u "landfall:$(cat out/servers/rabbitmq)" "http://127.0.0.1:$((base + 73))/api/$1" "${@:2}"; }
# Names that somebody has already: known before anything is done, and left as they are.  Where a database will be is known
# once its cluster stands.
codes="0" landfall apply eu-servers --yes --target database.cluster
sql postgres -q -c "create database main" -c "comment on database main is 'by hand'"
broker queues/%2F/deploy-orders -X PUT -d '{"durable":true}'
codes="1" landfall plan eu-servers --json
same "names that are taken" "$(jq -c '[.steps[] | select(.taken) | [.address, .taken.ours]]' said)" \
  '[["database.database.main",false],["queue.queue.deploy-orders",false]]'
codes="1" landfall apply eu-servers --yes
same "why it is refused" "$(grep -c '(plan.conflict)' said)" 3
same "the database is as it was" "$(sql postgres -c "select shobj_description(oid, 'pg_database') from pg_database where datname = 'main'")" "by hand"
same "nothing else was made" "$(sql postgres -c "select count(*) from pg_database where not datistemplate")|$(broker queues | jq length)" "2|1"
sql postgres -q -c "drop database main"
broker queues/%2F/deploy-orders -X DELETE
codes="137" landfall apply eu-servers --yes --crash-after 100
codes="0 3" landfall resume eu-servers --yes
codes="0" landfall plan eu-servers --exit-code

# Names, from the name server.
ask() { kdig +short +timeout=2 @127.0.0.1 -p "$((base + 53))" "$@" | tr '\n' ' '; }
same "app" "$(ask app.eu.acme.example CNAME)" "web.edge.eu.acme.example. "
same "certificates" "$(ask eu.acme.example CAA | wc -w)" 9
same "machines of api" "$(kdig +short +timeout=2 @127.0.0.1 -p "$((base + 53))" api.int.eu.acme.example A | sort | tr "\n" " ")" "10.30.11.1 10.30.11.2 10.30.11.3 "
same "the delegation stands in the parent" \
  "$(kdig +norec +timeout=2 @127.0.0.1 -p "$((base + 53))" eu.acme.example NS | grep -c 'ns1.eu.acme.example')" 1
same "whatsapp is absent" \
  "$(kdig +timeout=2 @127.0.0.1 -p "$((base + 53))" whatsapp.eu.acme.example A | grep -o NXDOMAIN)" NXDOMAIN

# Data, from PostgreSQL: every row once, in spite of the crash.
same "countries" "$(sql main -c 'select count(*), count(distinct code) from country')" "249|249"
same "Ireland" "$(sql main -c "select currency, calling_code from country where code = 'IE'")" "EUR|353"
same "databases" "$(sql postgres -c "select count(*) from pg_database where not datistemplate and datname <> 'postgres'")" 5
same "who may read may not write" "$(sql main -c "select has_table_privilege('main_dpo', 'country', 'select'),
  has_table_privilege('main_dpo', 'country', 'insert')")" "t|f"

# Messages, from RabbitMQ.
same "orders" "$(broker queues/%2F/deploy-orders/get \
  -d '{"count":1000,"ackmode":"ack_requeue_true","encoding":"auto"}' | jq '[length, ([.[].payload] | unique | length)] | join("|")')" '"19|19"'
same "queues" "$(broker queues | jq '[.[] | select(.name | startswith("landfall.sent") | not)] | length')" 28

# Money, from Tryton's database.
books() { sqlite3 -readonly "$(cat out/servers/data)/tryton/acme.sqlite" "$1"; }
same "taxes" "$(books "select count(*) from account_tax_rule_line")" 27
same "Ireland's rate" "$(books "select rate from account_tax where name like 'ie [%' and parent is null" | grep -c '^0.23$')" 1
same "products" "$(books "select count(*), count(distinct code) from product_template")" "6|6"
same "the entity" "$(books "select count(*) from party_party where name = 'Acme Messenger Europe Ltd'")" 1

codes="0" landfall destroy eu-servers --yes --yes-destroy-data
same "no database is left" "$(sql postgres -c "select count(*) from pg_database where not datistemplate and datname <> 'postgres'")" 0
same "no queue is left" "$(broker queues | jq '[.[] | select(.name | startswith("landfall.sent") | not)] | length')" 0
same "no tax is left" "$(books "select count(*) from account_tax_rule_line")" 0
same "no zone is left" "$(ask eu.acme.example SOA)" ""
