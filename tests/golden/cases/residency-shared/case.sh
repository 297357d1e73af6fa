# A step on an instance that regions share, and an object that is only looked up, hold data as others do.
# Other words of the chain, and the order of steps that are made side by side, are not what this is about.
counted() { sed -E 's/entry [0-9]+/entry <n>/g; s/by entry <n> of [0-9]+/by entry <n> of <n>/; s/chain of [0-9]+ entr(y|ies)/chain of <n> entries/; s/^(The audit chain of .*)entry [0-9]+/\1entry <n>/'; }
edit regions/us.yaml -e 's/databases }/databases, place: us-east-1 }/'
cat >us.lua <<'END'
local database = landfall.use "database"
database.database "crm" { name = "crm" }
END
cp us.lua playbooks/main.lua
built apply us --yes
edit regions/eu.yaml -e 's#^  database:#  database/crm: { use: local, path: out/us/databases, place: us-east-1, shared: true }\n  database:#' \
  -e 's#out/eu/databases }#out/eu/databases, place: eu-west-1 }#'
playbook <<'END'
local database = landfall.use "database"
database.database:existing "crm" { name = "crm", step = { driver = "crm", holds = { "customer", "leads" } } }
database.database "notes" { name = "notes", step = { driver = "crm", holds = { "customer" } } }
database.database "main" { name = "main" }
END
refused plan eu
say 'allowed there by who owns the data'
edit regions/eu.yaml -e 's/customer: .*/customer: [eu-west-1, us-east-1]\n  leads: [us-east-1]/'
built apply eu --yes
landfall residency eu | counted
landfall residency eu --json | sed -e 1d -e '$d' | jq -c '.steps[] | [.address, .existing, .shared, .asked_by, .instance]'
say 'nothing new, nothing said; a step that holds more than it did is news'
built apply eu --yes
landfall residency eu -q | counted
edit playbooks/main.lua -e 's/name = "main"/name = "main", step = { holds = { "customer" } }/'
built apply eu --yes
landfall residency eu | counted
say 'it holds nothing any more, and nobody looks the other one up'
edit playbooks/main.lua -e 's/, step = \{ holds = \{ "customer" \} \} \}$/ }/' -e '/existing/d'
built apply eu --yes
landfall residency eu | counted
landfall residency eu --json | sed -e 1d -e '$d' | jq -r '.trail[] | select(.kind == "residency.gone") | .says | .address + ": " + .why'
say 'another name for the same object'
edit playbooks/main.lua -e 's/database "notes" \{ name/database "memos" { name/'
more <<'END'
landfall.moved { from = "database.database.notes", to = "database.database.memos" }
END
built apply eu --yes
landfall residency eu --json | sed -e 1d -e '$d' | jq -c '[.steps[].address], (.trail[-2:] | [.[] | [.kind, .says.address, .says.why]])'
