# A queue of the same name that another store built: told before anything is done.
built apply us --yes
edit regions/eu.yaml -e 's#path: out/eu/queues#path: out/us/queues#'
refused plan eu --target queue
refused apply eu --yes --target queue -q
refused adopt eu queue.queue.mail-dead --yes
say 'of a store that cannot be read nothing is known'
mv .landfall/us.db kept.db
echo 'no store' >.landfall/us.db
landfall plan eu --target queue.queue.mail-dead | grep -A 3 '^error'
mv kept.db .landfall/us.db
landfall status eu
say 'for programs'
"$binary" plan eu --target queue --json | jq '.totals.conflicts, [.steps[] | select(.taken) | {address, taken}]'
say 'for who reads the page'
"$binary" report eu --format md | grep -F '**In conflict**'
"$binary" report eu --format html | grep -F 'has its name taken' | sed 's/<[^>]*>//g'
say 'a yes to it would be worth nothing'
landfall plan eu --target queue -q -o eu.plan
refused approve eu.plan --why 'looks fine'
say 'a rule may have its own opinion'
mkdir -p policies/tests
cat >policies/names.lua <<'END'
rule "names are agreed on first" {
  each = "queue", level = "advisory", why = "the queue team gives out names",
  check = function(step)
    if step.conflict then return "'" .. step.name .. "' was never asked for" end
  end,
}
END
cat >policies/tests/names.lua <<'END'
test "one that somebody else has" {
  plan = { steps = { ["queue.queue.mail"] = { conflict = true }, ["queue.queue.new"] = {} } },
  expect = { { rule = "names are agreed on first", address = "queue.queue.mail" } },
}
END
landfall policy test
rm -r policies
say 'what is free again was no part of the plan: it is the same one'
rm -r out/us/queues
landfall plan eu --target queue -q -o again.plan
[ "$(jq -r .digest eu.plan)" = "$(jq -r .digest again.plan)" ] || fail 'another digest'
landfall apply eu.plan --yes -q
