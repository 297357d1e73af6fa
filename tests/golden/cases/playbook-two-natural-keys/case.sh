# Also where the zone they are in is not built yet: the same reference is the same zone.
more <<'END'
dns.record "api-again" { zone = zone.id, type = "A", name = "api", values = { "192.0.2.11" } }
queue.queue "post" { name = "mail" }
END
refused plan eu
say 'of one zone in two instances there is one each'
edit regions/eu.yaml -e 's#^  database: #  dns/second: { use: local, path: out/eu/second }\n  database: #'
edit playbooks/main.lua -e '/api-again/d' -e '/"post"/d'
more <<'END'
dns.zone "second" { name = region.domain, step = { driver = "second" } }
END
landfall plan eu -q
