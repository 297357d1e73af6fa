# A chain that somebody rewrote: who shows it says so, and adds nothing to it; a build goes by the newest word on what stands, and
# believes none that was changed.
playbook <<'LUA'
local database = landfall.use "database"
database.database "main" { name = "main", place = "eu-west-1", step = { holds = { "customer" } } }
LUA
built apply eu --yes
cp .landfall/eu.db kept.db
say 'an old entry'
sqlite3 .landfall/eu.db "update audit set entry = replace(entry, 'apply', 'adopt') where kind = 'run.opened'"
refused residency eu
refused residency eu --refresh
edit playbooks/main.lua -e 's/name = "main",/name = "main", storage_gb = 20,/'
built apply eu --yes
refused residency eu
say 'the newest word'
cp kept.db .landfall/eu.db
sqlite3 .landfall/eu.db "update audit set entry = replace(entry, 'eu-west-1', 'eu-north-1') where kind = 'residency.seen'"
landfall apply eu --yes
