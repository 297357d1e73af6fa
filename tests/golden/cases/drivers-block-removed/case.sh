# A drivers block that rows still name may not be removed.
built apply eu --yes
edit regions/eu.yaml -e '/^  queue:/d'
edit playbooks/main.lua -e '/^stage "queues"/,/^end/d' -e 's/^local dns, database, queue = .*/local dns, database = landfall.use("dns", "database")/'
refused plan eu
