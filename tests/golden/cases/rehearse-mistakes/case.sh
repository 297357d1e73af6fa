refused rehearse
refused rehearse nowhere
refused rehearse eu --faults 101%
refused rehearse eu --faults much
refused rehearse eu --faults 5.55%
refused rehearse eu --crashes -1
refused rehearse eu --rounds 0
refused rehearse eu --seed x
say 'A playbook that cannot be planned cannot be rehearsed'
playbook <<'END'
local dns = landfall.use "dns"
local zone = dns.zone "apex" { name = landfall.region.domain }
dns.record "a" { zone = zone.id, type = "A", name = "www", values = { "192.0.2.1" } }
dns.record "b" { zone = zone.id, type = "A", name = "www", values = { "192.0.2.2" } }
END
refused rehearse eu
say 'Durations that are none'
cat >>regions/eu.yaml <<'END'
rehearse:
  durations: { dns.zone: soon, dns: 10m, dns.record: { p50: 10m, p90: 5m } }
  speed: 2
END
refused rehearse eu
