# A change in place that may turn out to be a replacement, once what it needs is known, loses data as a replacement does: it is
# asked about as one, since nobody is asked then.
mkdir -m 755 plugins && cp "$abi/../../plugins/liar-toy.so" plugins/ && chmod 755 plugins/liar-toy.so
echo 'plugins: [plugins]' >>landfall.yaml
edit regions/eu.yaml -e 's/^drivers:/drivers:\n  liar: { use: toy, says: eu-central-1 }/' -e '/^shrink:/,/^services:/{/^services:/!d}'
playbook <<'END'
local liar = landfall.use "liar"
liar.vault "inner" { name = "eu-west-1" }
END
built apply eu --yes
playbook <<'END'
local liar = landfall.use "liar"
local outer = liar.vault "outer" { name = "outer" }
liar.vault "inner" { name = outer.place }
END
landfall plan eu
refused apply eu --yes
say 'and where it is approved, it is as irreversible'
cat >>landfall.yaml <<'END'
approvals: { need: { local: 1, irreversible: 2 } }
END
built plan eu -o eu.plan --by ada
landfall approve eu.plan --by bob --why x --yes
refused apply eu.plan --yes --yes-destroy-data
built approve eu.plan --by cy --why x --yes
landfall apply eu.plan --yes --yes-destroy-data -q
