landfall plan eu --target dns.record.api
landfall apply eu --yes --target dns.record.api -q
landfall status eu
say 'all below a prefix'
landfall plan eu --target queue
landfall apply eu --yes --target queue -q
landfall plan eu
