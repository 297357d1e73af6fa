landfall plan eu --exit-code -q
landfall apply eu --yes
say 'a second plan finds nothing to build'
landfall plan eu
landfall plan eu --exit-code
landfall apply eu --yes
say 'without what waits for people'
edit playbooks/main.lua -e '/^human/d' -e '/^todo/d'
edit regions/eu.yaml -e '/can_follow/d'
landfall plan eu --exit-code
landfall apply eu --yes
