more <<'END'
dns.record "www" { zone = zone.id, name = "www" }
END
refused plan eu
