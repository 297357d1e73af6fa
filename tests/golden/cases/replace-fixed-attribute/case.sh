# A record's name cannot be changed: another name is another record.
built apply eu --yes
edit playbooks/main.lua -e 's/name = name .. ".db"/name = name .. ".data"/'
landfall plan eu
landfall apply eu --yes -q
holds out/eu/dns/eu.acme.example.zone main.data
lacks out/eu/dns/eu.acme.example.zone main.db
