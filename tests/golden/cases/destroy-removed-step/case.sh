built apply eu --yes
edit playbooks/main.lua -e '/queue.queue\(name\)/d'
landfall plan eu
refused apply eu --yes -q
landfall apply eu --yes --yes-destroy-data -q
landfall plan eu -q
