built apply eu --yes
edit playbooks/main.lua -e 's/dns.zone "apex"/dns.zone "main"/' -e 's/^stage "names"/stage "names"\nlandfall.moved { from = "dns.zone.apex", to = "dns.zone.main" }/'
landfall plan eu
landfall apply eu --yes -q
landfall plan eu -q
say 'it may stay in the playbook'
landfall status eu
say 'to nowhere'
edit playbooks/main.lua -e 's/to = "dns.zone.main"/to = "dns.zone.mian"/'
refused plan eu
