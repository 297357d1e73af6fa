mkdir .landfall
echo 'these are my notes' >.landfall/eu.db
refused plan eu
refused apply eu --yes
say 'cut off'
rm .landfall/eu.db
built apply eu --yes
truncate -s 5000 .landfall/eu.db
rm -f .landfall/eu.db-wal .landfall/eu.db-shm
refused plan eu
