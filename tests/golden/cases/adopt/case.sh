# A zone somebody made by hand: not ours, until a person says so.
mkdir -p out/eu/dns
cat >out/eu/dns/eu.acme.example.zone <<'END'
$ORIGIN eu.acme.example.
$TTL 3600
@ IN SOA ns1.eu.acme.example. hostmaster.eu.acme.example. 1 3600 600 604800 300
@ IN NS ns1.eu.acme.example.
ns1 IN A 192.0.2.53
www IN A 192.0.2.80
END
landfall plan eu
refused apply eu --yes -q
refused adopt eu dns.zone.apx --yes
landfall adopt eu dns.zone.apex --yes --by ada
landfall apply eu --yes -q
landfall plan eu -q
landfall history eu dns.zone.apex
