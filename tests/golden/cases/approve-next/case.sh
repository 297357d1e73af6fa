# Where changes are approved, what plan and launch say to type next is taken as it stands, and what needs no yes is done as ever.
cat >>landfall.yaml <<'END'
approvals: { need: { local: 1, irreversible: 1 } }
END
playbook <<'END'
local database = landfall.use "database"
database.database "a" { name = "a", size = "small", storage_gb = 10 }
END
landfall plan eu | grep Next:
landfall plan eu --target database.database.a | grep Next:
landfall launch eu | grep '^By landfall itself'
built plan eu -o eu.plan --by ada
built approve eu.plan --by bob --why 'launch' --yes
built apply eu.plan --yes
landfall plan eu --destroy | grep Next:
built plan eu --destroy -o eu.plan --by ada
built approve eu.plan --by bob --why 'the end' --yes
built apply eu.plan --yes --yes-destroy-data
say 'nobody is asked'
edit landfall.yaml -e '/^approvals/d'
landfall plan eu | grep Next:
landfall launch eu | grep '^By landfall itself'
