# An object that carries our marker and is in no row: found after a destruction, and listed.
built apply eu --yes
cp -r out/eu/queues keep
landfall destroy eu --yes --yes-destroy-data -q
rm -rf out/eu/queues
cp -r keep out/eu/queues
landfall destroy eu --yes --yes-destroy-data
