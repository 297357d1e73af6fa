say "a zone gets another name: what stands in it goes before it, and comes again after it"
landfall apply eu --yes -q
edit regions/eu.yaml 's/domain: eu.acme.example/domain: eu2.acme.example/'
landfall plan eu
landfall apply eu --yes -q
landfall plan eu --exit-code -q
ls out/eu/dns
