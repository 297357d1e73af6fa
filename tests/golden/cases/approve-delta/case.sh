# A plan that is made anew shows what is new since somebody said yes; and a run that meets its ceiling goes on under another yes.
cat >>landfall.yaml <<'END'
approvals: { need: { local: 1 } }
END
cat >playbooks/main.lua <<'END'
local database = landfall.use "database"
local a = database.database "a" { name = "a", size = "small", storage_gb = 10 }
database.database "b" { name = "b", size = "small", storage_gb = 10, step = { after = { "database.database.a" } } }
END
landfall plan eu -o eu.plan -q --by ada
landfall approve eu.plan --by bob --why 'launch' --yes -q
edit playbooks/main.lua -e 's/storage_gb = 10, step/storage_gb = 20, step/'
more <<'END'
database.database "c" { name = "c", size = "small", storage_gb = 10, step = { after = { "database.database.b" } } }
END
landfall plan eu -o eu.plan --by ada
refused apply eu.plan --yes
landfall approve eu.plan --by bob --why 'and c' --yes
say 'the machine dies after two steps, and a price rises'
landfall apply eu.plan --yes -q --crash-after 1
edit prices.yaml -e '/database.small/s/20.00/25.00/'
landfall resume eu --yes
landfall plan eu -o eu.plan --by ada -q
landfall approve eu.plan --by bob --why 'the price rose' --yes
landfall resume eu.plan --yes
landfall history eu
