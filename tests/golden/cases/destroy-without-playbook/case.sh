# What is destroyed is what the store holds: a broken playbook is no hindrance.
built apply eu --yes
echo 'this is no Lua' >>playbooks/main.lua
landfall destroy eu --yes --yes-destroy-data -q
say 'a driver that is no longer named'
git -C . status >/dev/null 2>&1
edit playbooks/main.lua -e '$d'
built apply eu --yes
edit regions/eu.yaml -e '/^  queue:/d'
refused destroy eu --yes --yes-destroy-data -q
