edit regions/eu.yaml -e '/^place:/d'
refused plan eu
