edit playbooks/main.lua -e 's/owner = "channels"/ownr = "channels"/'
refused plan eu
say 'a key that has no meaning here'
edit playbooks/main.lua -e 's/ownr = "channels"/protect = true/'
refused plan eu
say 'a misplaced one'
edit playbooks/main.lua -e 's/protect = true, //' -e 's/todo "whatsapp" \{/todo "whatsapp" { owner = "channels",/'
refused plan eu
