# A driver that tells nothing of its call and cannot look: a person must.
echo "plugins: [$abi]" >>landfall.yaml
edit regions/eu.yaml -e 's/^drivers:/drivers:\n  bad: { use: status-zero }/'
playbook <<'END'
local bad = landfall.use "bad"
bad.thing "one" { name = "one" }
END
landfall apply eu --yes -q
landfall status eu
refused resolve eu bad.thing.one
refused resolve eu bad.thing.one --keep x --retry
refused resolve eu bad.thing.one --forget
refused resolve eu bad.thing.two --retry
landfall resolve eu bad.thing.one --keep thing-1
landfall resolve eu bad.thing.one --retry
landfall resume eu --yes
landfall resolve eu bad.thing.one --forget --why 'it was never made, ticket 4711'
landfall status eu
landfall history eu bad.thing.one
