# In a script nobody can be asked.
refused apply eu -q
built apply eu --yes
refused destroy eu -q
refused destroy eu --yes -q
say 'what is to be adopted is shown, and left alone'
rm -r .landfall out
mkdir -p out/eu/dns
cat >out/eu/dns/eu.acme.example.zone <<'END'
$ORIGIN eu.acme.example.
$TTL 600
@ IN SOA ns1.eu.acme.example. hostmaster.eu.acme.example. 1 3600 600 604800 300
@ IN NS ns1.eu.acme.example.
ns1 IN A 192.0.2.53
END
refused adopt eu dns.zone.apex
