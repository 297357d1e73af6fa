more <<'END'
dns.record "www" { zone = zone.id, type = "A", name = "www", values = "192.0.2.10" }
dns.record "text" { zone = zone.id, type = 16, name = "text", values = { "x" }, ttl = "an hour" }
dns.record "reference" { zone = zone.nameservers, type = "A", name = "reference", values = { "192.0.2.10" } }
END
refused plan eu
