# Taking over is no way around a yes: what would be changed by it is not taken over where changes are approved.
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
landfall adopt eu database.database.a --yes --lineage "$lineage" | sed "s/$lineage/<id>/g"
say 'declared as it is there'
one 10
landfall adopt eu database.database.a --yes --lineage "$lineage" | sed "s/$lineage/<id>/g"
one 900
landfall plan eu -o eu.plan --by ada
refused apply eu.plan --yes
landfall approve eu.plan --by bob --why 'more room' --yes -q
landfall apply eu.plan --yes -q
