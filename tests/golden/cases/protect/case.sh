built apply eu --yes
edit playbooks/main.lua -e 's/holds = \{ "customer" \}/holds = { "customer" }, protect = true/'
landfall plan eu
landfall apply eu --yes -q
say 'by a replacement'
refused plan eu --replace database.database.main
say 'by a destruction'
refused destroy eu --yes --yes-destroy-data
say 'by being left out'
edit playbooks/main.lua -e '/^stage "data"/,/^stage "queues"/d'
refused plan eu
