landfall describe
landfall describe dns
landfall describe dns.record
landfall describe database.query
landfall describe queue --json | sed -e 1d -e '$d' | jq -r .format
