edit regions/eu.yaml -e 's/monthly: 500,/monthly: 500.5,/'
refused plan eu
