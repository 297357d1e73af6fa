built apply eu --yes
landfall plan eu --replace dns.record.api
landfall apply eu --yes --replace dns.record.api -q
say 'with its data'
refused apply eu --yes --replace database.database.main
landfall apply eu --yes --yes-destroy-data --replace database.database.main -q
