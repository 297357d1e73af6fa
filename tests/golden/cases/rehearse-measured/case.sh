# What was measured says how often; a person who signed at once, once, is no rule where the playbook guesses.
playbook <<'END'
local dns = landfall.use "dns"
dns.zone "apex" { name = landfall.region.domain }
human "signed" { ask = "Sign", step = { owner = "legal", guess = { days = 10 } } }
human "unguessed" { ask = "Look", step = { owner = "legal" } }
END
built apply eu --yes
for step in signed unguessed; do built done eu "human.$step" --by Ada --evidence https://acme.example/x; done
times() { sed -E 's/[0-9.]+ s\b/<s>/g'; }
landfall rehearse eu --rounds 1 --crashes 0 | times | grep -E '^(Measured|People)'
landfall rehearse eu --rounds 1 -v | times | grep -E 'step$'
"$binary" rehearse eu --rounds 1 --json | grep -A1 '"source"'
