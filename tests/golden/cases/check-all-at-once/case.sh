# Whoever mends a region hears of all that is wrong in one run, as far as it does not depend on what is wrong already.
break_the_rest() {
  edit landfall.yaml -e '/^policies:/d' -e '$a\policies: [namng, bugdet]'
  echo 'foo: 1' >>prices.yaml
  mkdir -p policies waivers
  printf 'rule "x" { level = "must" }\n' >policies/ours.lua
  printf 'rule: x\nsteps: [dns.*]\nowner: me\nreason: r\nexpires: never\ntold: [you]\n' >waivers/late.yaml
}
break_the_rest
say 'a playbook that stops'
cp playbooks/main.lua good.lua
echo 'x = 1' >>playbooks/main.lua
refused check eu
say 'a driver without its settings: the playbook is not run, and that it is Lua is looked at'
cp regions/eu.yaml good.yaml
edit regions/eu.yaml -e 's/path: out.eu.dns/pth: out/'
refused check eu
echo 'local x 1' >>playbooks/main.lua
refused check eu
say 'a region that does not load'
edit regions/eu.yaml -e 's/^currency: EUR/currency: EUX/' -e 's/^title: .*/titel: Europe/'
refused check eu
"$binary" check eu --json | jq -r '.left_out, (.diagnostics[] | .code)'
say 'nothing is told twice, and nothing that would follow from what is told'
cp good.lua playbooks/main.lua
cp good.yaml regions/eu.yaml
edit landfall.yaml -e 's/namng/naming/' -e '/^policies/s/, bugdet//'
rm policies/ours.lua
edit waivers/late.yaml -e 's/never/2099-12-31/' -e 's/^rule: .*/rule: names are word with dashes/'
refused check eu
edit prices.yaml -e '/^foo/d'
edit waivers/late.yaml -e 's/word with/words with/'
landfall check eu
