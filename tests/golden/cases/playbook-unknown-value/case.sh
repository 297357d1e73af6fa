# A step's attribute is known later.  Each message says what to write.
while read -r line; do
  say "$line"
  printf 'local dns = landfall.use "dns"\nlocal zone = dns.zone "apex" { name = landfall.region.domain }\n%s\n' "$line" | playbook
  refused check eu
done <<'END'
if zone.id < "m" then stage "early" end
local next_one = zone.ttl + 1
local count = #zone.nameservers
local all = table.concat(zone.nameservers, ",")
local text = tostring(zone.id)
local text = string.format("%s.", zone.id)
for _, server in ipairs(zone.nameservers) do stage(server) end
for key in pairs(zone.nameservers) do stage(key) end
local number = tonumber(zone.ttl)
local called = zone.id()
zone.id = "x"
zone.ttl.part = 5
local text = zone.id:upper()
local text = zone .. ""
local text = string.rep(zone.id, 2)
END
