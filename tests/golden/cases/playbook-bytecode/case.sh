# The header of Lua 5.4's bytecode; what follows is never looked at.
printf '\033Lua\124\000\031\223\r\n\032\n' >playbooks/main.lua
refused plan eu
