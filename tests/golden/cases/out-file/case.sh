# What -o names gives way only to what the same command wrote before: no store, no region, no playbook, nobody's notes.
playbook <<'PLAYBOOK'
local database = landfall.use "database"
database.database "main" { name = "main", place = "eu-west-1", step = { holds = { "customer" } } }
PLAYBOOK
built apply eu --yes
printf '# Where the data of region eu is\n\nAsk Ada.\n' >notes.md
printf '# Notes on eu\n\n# eu: landfall report\n\nRegion **eu**, as it was in May.\n' >may.md
printf '<!DOCTYPE html>\n<html lang="en">\n<title>Ours</title>\n<p><meta name="generator" content="landfall report/1">\n' >page.html
ln -s .landfall/eu.db way-in.json
say 'the store'
refused report eu -o .landfall/eu.db --format json
refused report eu -o way-in.json
refused residency eu -o .landfall/eu.db
refused plan eu -o .landfall/eu.db
refused report eu -o .landfall/../.landfall/new.html
refused residency eu -o .landfall/new.json
refused plan eu -o .landfall/new.plan
say 'what a person wrote'
refused report eu -o regions/eu.yaml --format md
refused report eu -o playbooks/main.lua --format csv
refused report eu -o notes.md
refused report eu -o may.md
refused report eu -o page.html
refused report eu -o regions --format md
refused residency eu -o regions/eu.yaml
refused residency eu -o notes
refused residency eu -o notes --refresh
refused plan eu -o regions/eu.yaml
say 'what another command wrote'
built residency eu -o evidence.json
built plan eu -o eu.plan
built report eu -o eu.json
refused report eu -o evidence.json
refused report eu -o evidence.json.md
refused report eu -o eu.plan --format json
refused residency eu -o eu.plan
refused residency eu -o eu.json
refused plan eu -o evidence.json
say 'its own, in any format, and what is empty'
: >again
for format in html md json csv html; do
  built report eu -o again --format $format
done
holds again 'id="time"'
: >again.json
built residency eu -o again.json
built residency eu -o again.json
built plan eu -o eu.plan
built residency eu --verify again.json
say 'stores beside the files of the project'
mv .landfall/* .
edit landfall.yaml -e '1i store: .'
built report eu -o beside.html
refused report eu -o eu.db --format json
