# An object of the other region, looked up and never written.
built apply us --yes
edit regions/eu.yaml -e 's#^  database: #  dns/parent: { use: local, path: out/us/dns }\n  database: #'
more <<'END'
local parent = dns.zone:existing "parent" { name = "us.acme.example", step = { driver = "parent" } }
landfall.output { parent = parent.id }
END
landfall plan eu --target dns.zone.parent
landfall apply eu --yes -q
landfall output eu
say 'one that is not there'
edit playbooks/main.lua -e 's/name = "us.acme.example"/name = "uk.acme.example"/'
refused plan eu
