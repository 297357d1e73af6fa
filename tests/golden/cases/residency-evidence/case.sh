# Evidence says what the chain says, or it is told where it does not.
# Other words of the chain, and the order of steps that are made side by side, are not what this is about.
counted() { sed -E 's/entry [0-9]+/entry <n>/g; s/by entry <n> of [0-9]+/by entry <n> of <n>/; s/chain of [0-9]+ entr(y|ies)/chain of <n> entries/; s/^(The audit chain of .*)entry [0-9]+/\1entry <n>/'; }
refused residency eu -o evidence.json
playbook <<'END'
local database = landfall.use "database"
database.database "main" { name = "main", place = "eu-west-1", step = { holds = { "customer" } } }
END
built apply eu --yes
landfall residency eu -o evidence.json | counted
cat evidence.json.md | counted
landfall residency eu --verify evidence.json | counted
landfall residency eu --verify evidence.json --json | counted
say 'a word, a step, a time, an entry less, one more'
tampered() {
  jq "$1" evidence.json >tampered.json
  refused residency eu --verify tampered.json
}
tampered '.steps[0].told = "eu-central-1"'
tampered 'del(.steps[0].why) | .steps[0].allowed.customer.places += ["us-east-1"]'
tampered '.steps = []'
tampered '.counts.seen = 1'
tampered '.trail[0].chain.hash = ("0" * 64)'
tampered '.made_at = "2020-01-01T00:00:00Z"'
tampered '.signed_by = "somebody"'
tampered '.chain.entries = 99' | sed -E 's/audit chain has [0-9]+/audit chain has <n>/'
tampered '.chain.head = ("0" * 64)'
tampered '.chain.lineage = ("0" * 32)' | sed -E 's/its lineage is 0+/its lineage is <id>/'
tampered '.region = "us"'
tampered '.format = "landfall.plan/1"'
head -c 400 evidence.json >cut.json
refused residency eu --verify cut.json
refused residency eu --verify evidence.json.md
refused residency eu --verify nowhere.json
refused residency eu --verify evidence.json --refresh
refused residency us --verify evidence.json
say 'the page'
cp evidence.json other.json
sed 's/eu-west-1/eu-north-1/' evidence.json.md >other.json.md
refused residency eu --verify other.json
rm other.json.md
landfall residency eu --verify other.json | counted
say 'the same words in other bytes, a time to come, and a time that only the file knows'
forged() {
  sed -E "$1" evidence.json >other.json
  refused residency eu --verify other.json
}
forged '$s/$/ /'
forged 's/^  "counts"/ "counts"/'
forged 's/^(  "made_at": .*)$/\1\n\1/'
forged 's/("made_at": ")2/\13/'
cp evidence.json.md other.json.md
forged "s/(\"made_at\": \").*\"/\1$(date -u -d '1 minute' +%FT%T.000Z)\"/"
rm other.json.md
landfall residency eu --verify other.json | counted
say 'the chain goes on, and the file is still what it said then'
edit playbooks/main.lua -e 's/eu-west-1/eu-central-1/'
built apply eu --yes --yes-destroy-data
landfall residency eu --verify evidence.json | counted
landfall residency eu --json | sed -e 1d -e '$d' | jq -c '.counts, [.trail[] | [.kind, .says.told]]'
say 'gone'
built destroy eu --yes --yes-destroy-data
landfall residency eu | counted
say 'somebody rewrote the store'
sqlite3 .landfall/eu.db "update audit set entry = replace(entry, 'eu-central-1', 'eu-west-1') where kind = 'residency.seen'"
refused residency eu | counted
refused residency eu --verify evidence.json | counted
