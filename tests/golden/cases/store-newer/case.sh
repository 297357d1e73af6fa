built apply eu --yes
sqlite3 .landfall/eu.db 'update meta set schema = 99'
refused plan eu
refused status eu
refused apply eu --yes
