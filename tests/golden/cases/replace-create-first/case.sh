# The new one stands before the old one goes.
built apply eu --yes
edit playbooks/main.lua -e 's/name = name .. ".db",/name = name .. ".data", step = { replace = "create_first" },/'
landfall plan eu
landfall apply eu --yes -q
