more <<'END'
dns.record "live" { zone = zone.id, type = "TXT", name = "live", values = { "signed" }, step = { after = { "human.dpa-signed" } } }
END
landfall apply eu --yes
refused done eu human.dpa-signed
refused done eu human.dpa-singed --by Ada --evidence x
refused done eu todo.whatsapp --by Ada --evidence x
landfall done eu human.dpa-signed --by 'Ada Byron' --evidence https://acme.example/dpa.pdf
landfall resume eu --yes
landfall status eu
landfall history eu human.dpa-signed
