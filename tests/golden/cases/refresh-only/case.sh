# Somebody edited the zone by hand.
built apply eu --yes
edit out/eu/dns/eu.acme.example.zone -e 's/192.0.2.10/192.0.2.66/'
landfall plan eu
landfall plan eu --refresh-only
landfall apply eu --yes --refresh-only -q
holds out/eu/dns/eu.acme.example.zone 192.0.2.66
landfall plan eu --refresh-only
say 'an apply brings it back'
landfall apply eu --yes -q
lacks out/eu/dns/eu.acme.example.zone 192.0.2.66
