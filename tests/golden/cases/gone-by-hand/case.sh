# What was built and is no longer there is built again.
built apply eu --yes
rm -r out/eu/dns
landfall plan eu
landfall apply eu --yes -q
