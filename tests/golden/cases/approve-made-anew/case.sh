# The first plan, made anew between two approvals: the first counts no more, says so, and is given again; nobody has to edit the file.
cat >>landfall.yaml <<'END'
approvals: { need: { local: 2 } }
END
playbook <<'END'
local database = landfall.use "database"
database.database "a" { name = "a", size = "small", storage_gb = 10 }
END
landfall plan eu -o eu.plan -q --by ada
landfall approve eu.plan --by bob --why 'launch' --yes -q
landfall plan eu -o eu.plan -q --by ada
landfall approve eu.plan --by cy --why 'agreed' --yes
refused apply eu.plan --yes
landfall approve eu.plan --by bob --why 'launch' --yes
landfall apply eu.plan --yes -q
say 'nor does what a lost store had spent open another one'
rm -r .landfall out
built plan eu -o eu.plan --by ada
refused apply eu.plan --yes
