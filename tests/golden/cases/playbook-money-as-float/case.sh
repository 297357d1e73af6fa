edit playbooks/main.lua -e 's/monthly = 300/monthly = 300.5/'
refused plan eu
say 'more than can be counted, as a number and as a text'
edit playbooks/main.lua -e 's/monthly = 300.5/monthly = 9223372036855/'
refused plan eu
edit playbooks/main.lua -e 's/monthly = 9223372036855/monthly = "9223372036855"/'
refused plan eu
