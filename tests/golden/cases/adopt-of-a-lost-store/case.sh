# The store is lost; what it built still stands, and carries its marker.
built apply eu --yes
lineage=$(sqlite3 -readonly .landfall/eu.db "select lineage from meta" 2>/dev/null || sqlite3 -readonly .landfall/eu.db "select value from meta where key = 'lineage'")
rm -r .landfall
refused apply eu --yes --target dns.zone.apex -q
landfall adopt eu dns.zone.apex --yes --by ada
landfall adopt eu dns.zone.apex --yes --by ada --lineage "$lineage" | sed "s/$lineage/<id>/g"
landfall status eu
