# The name is free when it is planned, and somebody else's when it is built: the create has the last word.
region eu <<'END'
region: eu
title: Europe
jurisdiction: EU
place: eu-west-1
domain: eu.acme.example
currency: EUR
drivers:
  dns: { use: local, path: out/dns }
  exec: { use: exec, env: { PATH: "/usr/bin:/bin" }, ready: [[sh, -c, "exit 0"]] }
END
playbook <<'END'
local dns, exec = landfall.use("dns", "exec")
exec.command "somebody" {
  argv = { "cp", "by-hand.zone", "out/dns/eu.acme.example.zone" }, idempotent = true, keep = true,
}
local zone = dns.zone "apex" { name = landfall.region.domain, step = { after = { "exec.command.somebody" } } }
dns.record "www" { zone = zone.id, type = "A", name = "www", values = { "192.0.2.80" } }
END
mkdir -p out/dns
cat >by-hand.zone <<'END'
$ORIGIN eu.acme.example.
$TTL 3600
@ IN SOA ns1.eu.acme.example. hostmaster.eu.acme.example. 1 3600 600 604800 300
@ IN NS ns1.eu.acme.example.
ns1 IN A 192.0.2.53
END
landfall plan eu -q
landfall apply eu --yes -q
cmp by-hand.zone out/dns/eu.acme.example.zone || fail 'it was touched'
landfall status eu
# It may take no time at all, and then none is shown.
landfall history eu dns.zone.apex | sed -E 's/(conflict create) +[0-9.]+ m?s /\1 /'
say 'from now on it is known before'
landfall resume eu --yes
built adopt eu dns.zone.apex --yes
landfall resume eu --yes
