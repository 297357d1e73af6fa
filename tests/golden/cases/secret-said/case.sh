# What a service says may hold a secret it was given: it is kept out of the store, too, where the next process knows no
# secret that it could filter.
region eu <<'REGION'
region: eu
title: Europe
jurisdiction: EU
place: eu-west-1
domain: eu.acme.example
currency: EUR
drivers:
  exec: { use: exec, secrets: { TOKEN: !secret env:GOLDEN_SECRET } }
REGION
playbook <<'PLAYBOOK'
local exec = landfall.use "exec"
exec.command "login" {
  argv = { "sh", "-c", "echo \"no user has the token '$TOKEN'\" >&2; exit 1" }, keep = true, idempotent = true,
}
PLAYBOOK
export GOLDEN_SECRET=correct-horse-battery
landfall apply eu --yes
unset GOLDEN_SECRET
say 'another process, which knows no secret'
landfall history eu
landfall status eu
for file in $(find . -type f); do
  lacks "$file" correct-horse-battery
done
