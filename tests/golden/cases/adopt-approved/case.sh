# Where changes are approved, nothing is changed by the way: what is taken over stays as it is, and the next plan shows the rest.
settings() { sqlite3 -readonly out/eu/queues/queues.db 'select * from queue' 2>&1 | sed -E 's/lf1\.[a-z2-7]{26}/MARK/g'; }
# How often a sink that nobody listens at was tried meanwhile is another test's.
told() { grep -vE '^(Notices for|They go out)' | sed "s/$lineage/LINEAGE/g"; }
audit() {
  sqlite3 .landfall/eu.db "select kind, json_remove(entry, '\$.run') from audit where kind like 'adopt.%' order by seq" 2>&1 | told
}
built apply eu --yes
lineage=$(sqlite3 -readonly .landfall/eu.db "select lineage from meta" 2>/dev/null || sqlite3 -readonly .landfall/eu.db "select value from meta where key = 'lineage'")
rm -r .landfall
cat >>landfall.yaml <<'END'
approvals: { need: { local: 1 } }
notices:
  sinks:
    ops: { kind: webhook, url: "http://127.0.0.1:1/", key: !secret env:HOOK_KEY }
    dpt: { kind: webhook, url: "http://127.0.0.1:1/", key: !secret env:HOOK_KEY }
    legal: { kind: webhook, url: "http://127.0.0.1:1/", key: !secret env:HOOK_KEY }
    owners: { kind: webhook, url: "http://127.0.0.1:1/", key: !secret env:HOOK_KEY }
  rules:
    - { to: [ops], about: [conflict, held] }
    - { to: [dpt], about: [resolved], stage: [queues] }
    - { to: [legal], about: [resolved], owner: [legal] }
    - { to: [owners], about: [done] }
END
export HOOK_KEY=the-key-of-the-hook
edit regions/us.yaml -e 's/mail: \{ max_receives: 5 \}/mail: { max_receives: 7 }/'
settings >"$work/queues"
say 'without a reason nothing is taken over'
refused adopt eu queue.queue.mail-dead --yes --lineage "$lineage" --by ada | told
landfall adopt eu queue.queue.mail-dead --yes --lineage "$lineage" --by ada --why 'the store was lost' | told
landfall adopt eu queue.queue.mail --yes --lineage "$lineage" --by ada --why 'the store was lost, ticket 4711' | told
settings | diff "$work/queues" - && say 'both queues are as they were'
audit
landfall history eu queue.queue.mail
sqlite3 .landfall/eu.db "select sink, json_extract(body, '\$.kind'), json_extract(body, '\$.title'), json_extract(body, '\$.text') from notice order by id" 2>&1
say 'what is declared otherwise is shown, and asks for its yes'
landfall plan eu --target queue.queue.mail -o eu.plan --by ada | grep -A 1 '^  ~'
refused apply eu.plan --yes
landfall approve eu.plan --by bob --why 'two more tries' --yes
landfall apply eu.plan --yes -q | told
settings | diff "$work/queues" - | grep '^[<>]'
say 'nor past a rule: live customers of other regions use it'
edit landfall.yaml -e 's/^approvals:.*/policies: [shared-approval]/'
edit playbooks/main.lua -e 's/holds = \{ "customer" \}/&, shared = true/'
edit regions/eu.yaml -e 's/storage_gb: 100/storage_gb: 150/'
refused adopt eu database.database.main --yes --by ada --lineage "$lineage" | told
landfall adopt eu database.database.main --yes --by ada --lineage "$lineage" --why 'the store was lost' | told
landfall plan eu --target database.database.main | grep '^  ~'
say 'where nobody is asked it is brought to what is declared'
edit landfall.yaml -e '/^policies:/d'
edit playbooks/main.lua -e 's/values = \{ "192.0.2.10" \}/values = { "192.0.2.11" }/'
landfall adopt eu dns.zone.apex --yes --by ada --lineage "$lineage" | told
landfall adopt eu dns.record.api --yes --by ada --lineage "$lineage" | told
audit | tail -2
landfall plan eu --target dns.record.api -q
