edit regions/eu.yaml -e 's/monthly: 100,/monthly: 100.5,/'
refused plan eu
