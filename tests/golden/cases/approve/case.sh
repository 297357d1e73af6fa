# Two people for what is shared, one for the rest; ada plans, bob and cy approve.
cat >>landfall.yaml <<'END'
approvals:
  need: { local: 1, shared: 2 }
  people:
    ada: [local, shared, irreversible]
    bob: [local, shared, irreversible]
    cy: [local, shared, irreversible]
END
more <<'END'
dns.record("shared") { zone = zone.id, type = "A", name = "shared", values = { "192.0.2.11" }, step = { shared = true } }
END
refused apply eu --yes
landfall plan eu --target dns.zone | tail -n 2
landfall plan eu -o eu.plan -q --by ada
refused apply eu.plan --yes
refused approve eu.plan --by ada --why 'launch of Europe' --yes
refused approve eu.plan --by dora --why 'launch of Europe' --yes
refused approve eu.plan --by bob --yes
refused approve eu.plan --by bob --why 'launch of Europe' --ceiling-monthly 10 --yes
refused approve eu.plan --by bob --why 'launch of Europe'
landfall approve eu.plan --by bob --why 'launch of Europe' --ceiling-monthly 100 --expires 2999-01-01 --yes
landfall approve eu.plan --by bob --why 'launch of Europe' --ceiling-monthly 100 --yes
refused apply eu.plan --yes
landfall approve eu.plan --by cy --why 'fits the budget' --yes
landfall apply eu.plan --yes -q
refused apply eu.plan --yes
landfall history eu | head -n 4
landfall history eu --json | sed -e 1d -e '$d' | jq -c '.runs[].approvals[] | {by, why, classes, ceiling_monthly, signed}'
landfall status eu | grep -A 1 '^Last run'
say 'what the file holds, and what the store keeps of it'
jq -c 'del(.digest, .lineage, .nonce, .given, .expires) | .after |= (. // [] | length)' eu.plan.approvals
sqlite3 .landfall/eu.db 'select kind from audit order by seq' 2>&1
sqlite3 .landfall/eu.db "select json_extract(json, '$.by') from approval order by id" 2>&1
say 'what changes nothing is approved by nobody'
built plan eu --target queue -o 'no thing.plan' --by ada
refused approve 'no thing.plan' --by bob --why 'nothing' --yes
say 'a destroy needs a yes of its own'
refused destroy eu --yes --yes-destroy-data
landfall plan eu --destroy | tail -n 2
landfall plan eu --destroy -o eu.plan -q --by ada
landfall approve eu.plan --by bob --why 'the end' --yes
refused approve eu.plan --by bob --why 'the end' --yes
landfall approve eu.plan --by cy --why 'the end' --yes --json
landfall apply eu.plan --yes --yes-destroy-data -q
