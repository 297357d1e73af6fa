# A driver that tries to write while it reads, looks up or plans is stopped at the gate; its file is not there.
echo "plugins: [$abi]" >>landfall.yaml
edit regions/eu.yaml -e 's/^drivers:/drivers:\n  bad: { use: writes-files }/'
playbook <<'END'
local bad = landfall.use "bad"
bad.thing:existing "looked-up" { name = "looked-up" }
END
refused plan eu
