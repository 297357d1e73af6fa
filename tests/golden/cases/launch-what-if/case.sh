more <<'END'
human "entity" { ask = "Found the company", step = { owner = "legal", guess = { days = 12 } } }
todo "channel" { step = { owner = "channels", guess = { days = 20, monthly = 150, one_off = "99.50" } } }
dns.record "channel" {
  zone = zone.id, type = "TXT", name = "channel", values = { "on" },
  step = { after = { "todo.channel" }, guess = { days = 1 } },
}
check "channel-answers" { http = { url = "http://127.0.0.1:9/" }, step = { after = { "dns.record.channel" } } }
END
landfall launch eu --on 2026-11-26 --without channel
landfall launch eu --on 2026-11-26 -q --done human.entity
landfall launch eu --on 2026-11-26 -q --faster todo.channel=2x
landfall launch eu --on 2026-11-26 -q --faster todo.channel=3d --faster entity=1.5x
landfall launch eu --on 2026-11-26 -q --faster entity=0.5x
say 'together: the parts add up'
landfall launch eu --on 2026-11-26 -q --without channel --done entity --without database --ascii
say 'all of one type, by the beginning of its addresses'
"$binary" launch eu --on 2026-11-26 --without dns.record --json | jq -c '.what_if.parts'
say 'nothing was written'
refused launch eu --done nothing
say 'what nobody knows cannot be faster'
landfall launch eu --on 2026-11-26 -q --faster dpa-signed=2x
