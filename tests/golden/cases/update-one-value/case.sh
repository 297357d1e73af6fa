built apply eu --yes
edit regions/eu.yaml -e 's/storage_gb: 100/storage_gb: 120/'
landfall plan eu
landfall apply eu --yes -q
landfall plan eu -q
