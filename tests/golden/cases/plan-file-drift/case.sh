# What is there is no longer what the plan saw.
built apply eu --yes
edit regions/eu.yaml -e 's/storage_gb: 100/storage_gb: 120/'
built plan eu -o eu.plan
edit out/eu/dns/eu.acme.example.zone -e 's/192.0.2.10/192.0.2.66/'
refused apply eu.plan --yes
say 'another apply came between'
built apply eu --yes
refused apply eu.plan --yes
