# In a script nobody can be asked.
refused apply eu -q
built apply eu --yes
refused destroy eu -q
refused destroy eu --yes -q
refused adopt eu dns.zone.apex
