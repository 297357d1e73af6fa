rm playbooks/main.lua
refused plan eu
