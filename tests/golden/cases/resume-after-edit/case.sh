# What was edited since the run was started is shown, and needs a yes of its own; what was not goes on under the first one.
playbook <<'END'
local dns = landfall.use("dns")
local zone = dns.zone "apex" { name = landfall.region.domain }
dns.record "app" { zone = zone.id, type = "A", name = "app", values = { "192.0.2.10" } }
dns.record "api" { zone = zone.id, type = "A", name = "api", values = { "192.0.2.10" }, step = { after = { "dns.record.app" } } }
END
echo 'parallel: 1' >>landfall.yaml
landfall apply eu --yes -q --crash-after 1
say 'a value'
edit playbooks/main.lua -e '4s/192.0.2.10/192.0.2.66/'
landfall resume eu | sed '/done  /d' # how far the first run came is a matter of microseconds
say 'as it was, and a region file'
edit playbooks/main.lua -e '4s/192.0.2.66/192.0.2.10/'
cp regions/eu.yaml eu.before
echo '# why it is as it is' >>regions/eu.yaml
landfall resume eu | sed '/done  /d' # how far the first run came is a matter of microseconds
say 'all as it was'
mv eu.before regions/eu.yaml
landfall resume eu | sed '/done  /d' # how far the first run came is a matter of microseconds
landfall plan eu --exit-code -q
