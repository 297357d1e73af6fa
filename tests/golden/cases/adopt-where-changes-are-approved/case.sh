# Taking over is no way around a yes: what differs stays as it is where changes are approved, and the plan asks for its yes.
one() {
  playbook <<END
local database = landfall.use "database"
database.database "a" { name = "a", size = "small", storage_gb = $1 }
END
}
one 10
built apply eu --yes
lineage=$(sqlite3 -readonly .landfall/eu.db "select lineage from meta")
rm -r .landfall
cat >>landfall.yaml <<'END'
approvals: { need: { local: 1 } }
END
one 900
landfall adopt eu database.database.a --yes --by ada --why 'the store was lost' --lineage "$lineage" | sed "s/$lineage/<id>/g"
landfall plan eu -o eu.plan --by ada
refused apply eu.plan --yes
landfall approve eu.plan --by bob --why 'more room' --yes -q
landfall apply eu.plan --yes -q
