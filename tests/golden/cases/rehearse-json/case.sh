playbook <<'END'
local dns = landfall.use "dns"
stage "names"
local parent = dns.zone:existing "parent" { name = "acme.example" }
local zone = dns.zone "apex" { name = landfall.region.domain }
dns.record "www" { zone = zone.id, type = "A", name = "www", values = { "192.0.2.1" } }
stage "people"
human "signed" { ask = "Sign it", step = { owner = "legal", guess = { days = 4 } } }
todo "later" { step = { owner = "channels", guess = { days = 10 } } }
check "after" { http = { url = "https://eu.acme.example/", expect = 204 }, step = { after = { "todo.later" } } }
check "web" { http = { url = "https://eu.acme.example/", expect = 204, contains = "ok" }, step = { after = { "human.signed" } } }
END
landfall rehearse eu --rounds 3 --json
