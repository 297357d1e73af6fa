echo 'currency: USD' >>regions/eu.yaml
refused plan eu
