# A yes to a plan that this store's apply would refuse is not taken: of another store, of one begun anew, from before the last run.
cat >>landfall.yaml <<'END'
approvals:
  need: { local: 1 }
  people: { bob: [local, shared, irreversible], cy: [local] }
END
playbook <<'END'
local database = landfall.use "database"
local a = database.database "a" { name = "a", size = "small", storage_gb = 10 }
END
say 'the same project elsewhere'
built plan eu -o eu.plan --by ada
cp eu.plan theirs.plan
edit theirs.plan -e 's/"lineage":"[0-9a-f]{8}/"lineage":"00000000/'
built approve eu.plan --by bob --why 'launch' --yes
built apply eu.plan --yes
refused approve theirs.plan --by bob --why 'launch' --yes
refused approve eu.plan --by bob --why 'once more' --yes
say 'a run came between'
edit playbooks/main.lua -e 's/storage_gb = 10/storage_gb = 15/'
built plan eu -o early.plan --by ada
built approve early.plan --by bob --why 'more room' --yes
edit playbooks/main.lua -e 's/storage_gb = 15/storage_gb = 20/'
built plan eu -o eu.plan --by ada
built approve eu.plan --by bob --why 'more room' --yes
built apply eu.plan --yes
refused approve early.plan --by cy --why 'more room' --yes
refused apply early.plan --yes
say 'the store was begun anew'
edit playbooks/main.lua -e 's/storage_gb = 20/storage_gb = 30/'
built plan eu -o eu.plan --by ada
rm -r .landfall out
built plan eu -o anew.plan --by ada
built approve anew.plan --by bob --why 'from the start' --yes
built apply anew.plan --yes
refused approve eu.plan --by bob --why 'still more' --yes
say 'who sits at a machine without a store can only read it'
rm -r .landfall
landfall approve eu.plan --by bob --why 'still more' --yes
