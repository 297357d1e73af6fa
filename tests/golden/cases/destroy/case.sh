built apply eu --yes
landfall plan eu --destroy
refused destroy eu --yes
landfall destroy eu --yes --yes-destroy-data
landfall status eu
landfall output eu
landfall destroy eu --yes
landfall plan eu -q
