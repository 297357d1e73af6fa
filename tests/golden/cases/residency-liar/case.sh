# Where data is, is what the service says, and not what was asked for.
# Other words of the chain, and the order of steps that are made side by side, are not what this is about.
counted() { sed -E 's/entry [0-9]+/entry <n>/g; s/by entry <n> of [0-9]+/by entry <n> of <n>/; s/chain of [0-9]+ entr(y|ies)/chain of <n> entries/; s/^(The audit chain of .*)entry [0-9]+/\1entry <n>/'; }
mkdir -m 755 plugins && cp "$abi/../../plugins/liar-toy.so" plugins/ && chmod 755 plugins/liar-toy.so
echo 'plugins: [plugins]' >>landfall.yaml
edit regions/eu.yaml -e 's/^drivers:/drivers:\n  liar: { use: toy, says: eu-west-1 }/' -e '/^shrink:/,/^services:/{/^services:/!d}'
playbook <<'END'
local liar = landfall.use "liar"
local vault = liar.vault "main" { name = "main", step = { holds = { "customer" } } }
liar.vault "inner" { name = vault.name .. "-inner" }
END
say 'told, as asked'
landfall describe liar.vault
built apply eu --yes
landfall residency eu | counted
say 'it moved to another allowed place, and then to one that is not'
edit regions/eu.yaml -e 's/says: eu-west-1/says: eu-central-1/'
landfall residency eu --refresh --exit-code | counted
landfall launch eu | grep -e '^residency'
edit regions/eu.yaml -e 's/says: eu-central-1/says: us-east-1/'
landfall residency eu --refresh --exit-code | counted
refused plan eu
say 'made where it may not be: nothing is put into it'
rm -rf .landfall
landfall apply eu --yes | sed -E '/^Cost/,/of [0-9]+ priced/d'
landfall residency eu --exit-code | counted
landfall status eu
# What it costs is told elsewhere.
money_aside() { sed -E '/^Cost/,/of [0-9]+ priced/d'; }
say 'what nobody tells is not made up'
rm -rf .landfall
playbook <<'END'
local liar = landfall.use "liar"
for i = 1, 4 do
  liar.drawer("d" .. i) { name = "d" .. i, step = { holds = { "customer" } } }
end
liar.shelf "s" { name = "s", step = { holds = { "customer" } } }
END
edit regions/eu.yaml -e 's/, says: us-east-1/, says: eu-central-1, place: eu-central-1/'
landfall plan eu | money_aside
built apply eu --yes
landfall residency eu | counted
landfall residency eu -o evidence.json -q | counted
grep -A 7 -e 'liar.drawer.d1' -e 'liar.shelf.s' evidence.json.md | counted
say 'the region says nothing about places'
edit regions/eu.yaml -e '/^residency:/,/customer:/d'
landfall plan eu -q | money_aside
landfall residency eu --refresh -q | counted
