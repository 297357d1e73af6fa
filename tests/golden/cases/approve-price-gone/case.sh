# A ceiling holds for what has a price: what lost its own while the run was stopped is not built under it.
cat >>landfall.yaml <<'END'
approvals: { need: { local: 1 } }
END
playbook <<'END'
local database = landfall.use "database"
database.database "a" { name = "a", size = "small", storage_gb = 10 }
for before, name in pairs { a = "b", b = "c", c = "d" } do
  database.database(name) { name = name, size = "small", storage_gb = 10, step = { after = { "database.database." .. before } } }
end
END
built plan eu -o eu.plan --by ada
built approve eu.plan --by bob --why launch --yes
landfall apply eu.plan --yes -q --crash-after 1
edit prices.yaml -e '/database.small/s/small/tiny/'
landfall resume eu --yes
say 'whoever says yes to that sees it'
built plan eu -o eu.plan --by ada
landfall approve eu.plan --by bob --why 'priced next week' --yes
landfall resume eu.plan --yes -q
