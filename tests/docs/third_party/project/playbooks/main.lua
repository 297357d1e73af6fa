local region = landfall.region
local hosts = landfall.use "hosts"

for name, address in pairs(region.services.hosts) do
  hosts.entry(name) { name = name .. "." .. region.domain, address = address }
end
