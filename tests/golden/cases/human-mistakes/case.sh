base=$(cat playbooks/main.lua)
tried() { printf '%s\n%s\n' "$base" "human \"x\" { $1 }" >playbooks/main.lua; say "$1"; refused check eu; }
tried 'ask = "Sign", deadline = "soon"'
tried 'ask = "Sign", deadline = 20261201'
tried 'ask = "Sign", deadline = zone.id'
tried 'ask = "Sign", remind = 0'
tried 'ask = "Sign", remind = "daily"'
tried 'ask = "Sign", probe = "https://acme.example"'
tried 'ask = "Sign", probe = { http = { contains = "acme" } }'
tried 'ask = "Sign", probe = { http = { url = "https://acme.example" }, call = database.query }'
tried 'ask = "Sign", dedline = "2026-12-01"'
tried 'ask = "Sign", owner = "legal"'
tried 'deadline = "2026-12-01"'
