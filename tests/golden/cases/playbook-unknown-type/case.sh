more <<'END'
dns.recrod "www" { zone = zone.id, type = "A", name = "www", values = { "192.0.2.10" } }
END
refused plan eu
say 'a subsystem no driver is set for'
edit playbooks/main.lua -e '$d'
more <<'END'
local billing = landfall.use "billing"
billing.product "seat" { name = "Seat" }
END
refused plan eu
say 'a subsystem nobody heard of'
edit playbooks/main.lua -e 's/landfall.use "billing"/landfall.use "quue"/'
refused plan eu
