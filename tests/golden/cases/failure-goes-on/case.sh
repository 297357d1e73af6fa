# One step is refused by its service; what does not need it is built all the same.
more <<'END'
local broken = database.migration "broken" { database = "main", name = "0001", sql = "create tabel country (code text)",
  step = { after = { "database.database.main" } } }
dns.record "note" { zone = zone.id, type = "TXT", name = "note", values = { broken.checksum } }
END
landfall apply eu --yes -q
landfall status eu
say 'mended'
edit playbooks/main.lua -e 's/create tabel/create table/'
landfall resume eu --yes
landfall status eu
