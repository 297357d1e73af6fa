# The store is lost; what it built still stands, and carries its marker.
built apply eu --yes
lineage=$(sqlite3 -readonly .landfall/eu.db "select lineage from meta" 2>/dev/null || sqlite3 -readonly .landfall/eu.db "select value from meta where key = 'lineage'")
rm -r .landfall
refused apply eu --yes --target dns.zone.apex -q
landfall adopt eu dns.zone.apex --yes --by ada
landfall adopt eu dns.zone.apex --yes --by ada --lineage "$lineage" | sed "s/$lineage/<id>/g"
landfall status eu
say 'what it can, and what it cannot'
refused adopt eu queue.queue.mail --yes --lineage "$lineage" | sed "s/$lineage/<id>/g"
refused adopt eu queue.queue.mail-dead --yes --lineage 0123456789abcdef0123456789abcdef
refused adopt eu human.dpa-signed --yes
refused adopt eu dns.zone.apex --yes
say 'all of it: where its data is, is known at once; and it goes as what was built goes, records before their zone'
for address in dns.record.api dns.record.app database.database.main dns.record.db-main queue.queue.mail-dead queue.queue.mail; do
  built adopt eu "$address" --yes --lineage "$lineage"
done
sqlite3 -readonly .landfall/eu.db "select address, depends_on, holds from res order by address"
landfall residency eu -q
landfall destroy eu --yes --yes-destroy-data -q
