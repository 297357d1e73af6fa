more <<'END'
dns.zone "Second Zone" { name = "second.example" }
END
refused plan eu
