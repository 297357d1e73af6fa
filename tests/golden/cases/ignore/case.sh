built apply eu --yes
edit regions/eu.yaml -e 's/storage_gb: 100/storage_gb: 120/'
edit playbooks/main.lua -e 's/holds = \{ "customer" \}/holds = { "customer" }, ignore = { "storage_gb" }/'
landfall plan eu
say 'an attribute it does not have'
edit playbooks/main.lua -e 's/ignore = \{ "storage_gb" \}/ignore = { "storage" }/'
refused plan eu
