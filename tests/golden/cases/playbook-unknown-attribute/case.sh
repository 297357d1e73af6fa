more <<'END'
local www = dns.record "www" { zone = zone.id, typ = "A", name = "www", valus = { "192.0.2.10" } }
END
refused plan eu
say 'asked of a step'
edit playbooks/main.lua -e '$d'
more <<'END'
landfall.output { servers = zone.nameserver }
END
refused plan eu
