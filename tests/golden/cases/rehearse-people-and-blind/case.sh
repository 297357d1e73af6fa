say 'A command nobody can look for: after a death a person looks, which is simulated; with a probe the probe does'
edit regions/eu.yaml 's/^drivers:/drivers:\n  exec: { use: exec }/'
playbook <<'END'
local exec = landfall.use "exec"
exec.command "blind" { argv = { "make", "it" } }
exec.command "probed" { argv = { "make", "it" }, probe = { argv = { "look" }, absent = { 1 } } }
human "signed" { ask = "Sign it", step = { owner = "legal", guess = { days = 4 } } }
exec.command "last" { argv = { "open", "the", "doors" }, idempotent = true, step = { after = { "human.signed" } } }
END
landfall rehearse eu --rounds 10
[ ! -e out ] || fail 'something real was done'
say 'half a day is as good a guess as four'
edit playbooks/main.lua 's/days = 4/days = 0.5/'
landfall rehearse eu --rounds 2
