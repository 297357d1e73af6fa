more <<'END'
dns.record "www" { zone = zone.id, type = "A", name = "www", values = { "192.0.2.10" }, step = { after = { "database.database.mian" } } }
END
refused plan eu
