# The same project elsewhere, with a store of its own.
built apply eu --yes
edit regions/eu.yaml -e 's/storage_gb: 100/storage_gb: 120/'
built plan eu -o eu.plan
rm -r .landfall out
edit regions/eu.yaml -e 's/storage_gb: 120/storage_gb: 100/'
built apply eu --yes
edit regions/eu.yaml -e 's/storage_gb: 100/storage_gb: 120/'
refused apply eu.plan --yes
say 'as the plan of another region'
edit eu.plan -e 's/"region":"eu"/"region":"us"/g'
refused apply eu.plan --yes
