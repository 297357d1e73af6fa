edit regions/eu.yaml -e 's/^region: eu/region: ue/'
refused plan eu
