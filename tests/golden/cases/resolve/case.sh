# A driver that tells nothing of its call and cannot look: a person must.
echo "plugins: [$abi]" >>landfall.yaml
edit regions/eu.yaml -e 's/^drivers:/drivers:\n  bad: { use: status-zero }/'
playbook <<'END'
local bad = landfall.use "bad"
bad.thing "one" { name = "one" }
END
landfall apply eu --yes -q
landfall status eu
export HOOK_KEY=the-key-of-the-hook
cat >>landfall.yaml <<'END'
notices:
  sinks: { ops: { kind: webhook, url: "http://127.0.0.1:1/", key: !secret env:HOOK_KEY } }
  rules: [{ to: [ops], about: [held] }]
END
# How often a sink that nobody listens at was tried meanwhile is another test's.
told() { grep -vE '^(Notices for|They go out)'; }
refused resolve eu bad.thing.one
refused resolve eu bad.thing.one --keep x --retry
refused resolve eu bad.thing.one --keep ''
refused resolve eu bad.thing.one --forget
refused resolve eu bad.thing.two --retry
landfall resolve eu bad.thing.one --keep thing-1
landfall resolve eu bad.thing.one --retry --by ada --why 'the console shows nothing' | told
landfall resume eu --yes | told
landfall resolve eu bad.thing.one --forget --by bob --why 'it was never made, ticket 4711' | told
landfall status eu
landfall history eu bad.thing.one
say 'who said what is in the audit chain, and whoever wanted to hear of the trouble hears of its end'
sqlite3 .landfall/eu.db "select kind, entry from audit where kind = 'resolved' order by seq" 2>&1
sqlite3 .landfall/eu.db "select sink, json_extract(body, '\$.kind'), json_extract(body, '\$.title'), json_extract(body, '\$.text') from notice where body like '%\"resolved\"%' order by id" 2>&1
say 'what is in order, and what nobody knows of'
playbook <<'END'
local dns = landfall.use "dns"
dns.zone "apex" { name = landfall.region.domain }
action "once" { version = 1, run = function(ctx) end }
human "signed" { ask = "Sign it" }
END
built apply eu --yes
refused resolve eu dns.zone.apex --keep eu.acme.example
refused resolve eu dns.zone.apex --retry
refused resolve eu action.once --retry
refused resolve eu dns.zone.appex --forget --why gone
refused resolve eu human.signed --retry
refused resolve eu queue.queue.other --retry
