# What a plan would refuse of residency is told by check, once for each mistake, and nothing that only a service can tell.
more <<'LUA'
queue.queue "inbox" { name = "inbox", step = { holds = { "customer" } } }
queue.queue "outbox" { name = "outbox", step = { holds = { "customer", "customer-keys" } } }
LUA
edit regions/eu.yaml -e 's/^  customer: .*/&\n  customer_keys: [eu-west-1]/'
say 'a category is spelled in two ways'
refused check eu
refused plan eu -q
edit regions/eu.yaml -e 's/customer_keys/customer-keys/'
landfall check eu
say 'what no service has is asked by no plan, and by no check'
cp playbooks/main.lua good.lua
more <<'LUA'
action "seed" { version = 1, run = function() end, step = { holds = { "seeds" } } }
human "keys" { ask = "Carry the keys", step = { owner = "ops", holds = { "secrets" } } }
todo "later" { step = { owner = "ops", holds = { "more" } } }
LUA
landfall check eu
landfall plan eu -q
cp good.lua playbooks/main.lua
say 'a place is: in the block, in a step, in the settings of a driver'
edit regions/eu.yaml -e 's/(local, path: out.eu.(databases|queues))/\1, place: eu-west-1/'
cp regions/eu.yaml good.yaml
edit regions/eu.yaml -e 's/^  customer: .*/  customer: [eu-wst-1, eu-central-1]/'
refused check eu
cp good.yaml regions/eu.yaml
cp playbooks/main.lua good.lua
edit playbooks/main.lua -e 's/"inbox", step/"inbox", place = "eu-wst-1", step/'
refused check eu
say 'known only later, it is left to the plan'
edit playbooks/main.lua -e 's/place = "eu-wst-1"/place = queue.queue "first" { name = "first" }.place/'
landfall check eu
cp good.lua playbooks/main.lua
edit regions/eu.yaml -e 's/(queues, place: eu-)west/\1wst/'
refused check eu
cp good.yaml regions/eu.yaml
say 'where the region itself is, nothing may live'
edit regions/eu.yaml -e 's/^place: .*/place: eu-wset-1/'
landfall check eu
cp good.yaml regions/eu.yaml
say 'what stands is where it is, whatever the settings say now'
built apply eu --yes
edit regions/eu.yaml -e 's/(databases|queues), place: eu-west-1/\1, place: eu-west-9/'
landfall check eu
say 'a region without the block is told by the rules, where a project asks for them'
edit regions/eu.yaml -e '/^residency:/,/^drivers:/c\drivers:'
landfall check eu
say 'and one with an empty block allows nothing'
echo 'residency: {}' >>regions/eu.yaml
refused check eu
