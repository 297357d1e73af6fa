built plan eu -o eu.plan
say 'the playbook was edited'
cp -a playbooks/main.lua keep
edit playbooks/main.lua -e 's/192.0.2.10/192.0.2.11/'
refused apply eu.plan --yes
cp -a keep playbooks/main.lua
say 'the region was edited'
cp -a regions/eu.yaml keep
edit regions/eu.yaml -e 's/storage_gb: 100/storage_gb: 120/'
refused apply eu.plan --yes
cp -a keep regions/eu.yaml
say 'the region it is copied from was edited'
cp -a regions/us.yaml keep
edit regions/us.yaml -e 's/max_receives: 5/max_receives: 6/'
refused apply eu.plan --yes
cp -a keep regions/us.yaml
say 'a price was edited'
cp -a prices.yaml keep
edit prices.yaml -e 's/"20.00"/"21.00"/'
refused apply eu.plan --yes
cp -a keep prices.yaml
say 'all as it was'
landfall apply eu.plan --yes -q
