# One letter of a row, changed behind our back, as failing memory or a disk does.
# One at a time, so that the order is the same every time.
echo 'parallel: 1' >>landfall.yaml
built apply eu --yes
sqlite3 .landfall/eu.db "update res set observed = replace(observed, '192.0.2.10', '192.0.2.90') where address = 'dns.record.api'"
refused plan eu
refused apply eu --yes
