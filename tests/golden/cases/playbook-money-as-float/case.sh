edit playbooks/main.lua -e 's/monthly = 300/monthly = 300.5/'
refused plan eu
