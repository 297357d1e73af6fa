# A delegation in a zone that live customers of another region use.
built apply us --yes
edit regions/eu.yaml -e 's#^  database: #  dns/parent: { use: local, path: out/us/dns, shared: true }\n  database: #'
more <<'END'
local parent = dns.zone:existing "parent" { name = "us.acme.example", step = { driver = "parent" } }
dns.record "delegation" { zone = parent.id, type = "NS", name = "eu", values = zone.nameservers,
  step = { driver = "parent", shared = true, owner = "dns-team" } }
END
landfall plan eu
landfall apply eu --yes
landfall destroy eu --yes --yes-destroy-data -q
