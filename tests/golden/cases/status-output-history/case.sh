# One at a time, so that the order is the same every time.
echo 'parallel: 1' >>landfall.yaml
built apply eu --yes
landfall status eu
landfall output eu
landfall output eu app_url
refused output eu app_ulr
landfall output eu --json
landfall history eu dns.zone.apex
landfall status eu --json | sed -e 1d -e '$d' | jq -S 'del(.. | .took_ms?, .serial?, .seq?)'
landfall history eu -n 1 --json | sed -e 1d -e '$d' | jq -r .format
landfall history eu dns.zone.nothing
landfall history eu dns.zone.apxe
say 'the newest entry'
edit regions/eu.yaml -e 's/storage_gb: 100/storage_gb: 120/'
built apply eu --yes
landfall history eu -n 1
say 'what each run says again is told once'
landfall history eu | grep -oE '(human|todo)\..*'
"$binary" history eu -n 1 --json | jq '.earlier_runs, .earlier_events, (.runs | length), (.events | length)'
