more <<'END'
human "entity" { ask = "Found the company", step = { owner = "legal", guess = { days = 12 } } }
human "bank" { ask = "Open the account", step = { owner = "finance", after = { "human.entity" }, guess = { days = 5 } } }
END
landfall launch eu --on 2026-11-26 --json --without whatsapp --done bank
say 'the same inputs give the same bytes'
"$binary" launch eu --on 2026-11-26 --json >first
"$binary" launch eu --on 2026-11-26 --json >second
cmp first second && echo same
