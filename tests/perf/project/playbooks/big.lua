-- As many steps as asked for, in groups of ten, for two regions: big_plan.h as a playbook.

local database, dns, queue = landfall.use "database", landfall.use "dns", landfall.use "queue"
local region = landfall.region
local services = region.services

for group = 1, services.groups do
  local tag = ("g%06d"):format(group)
  stage "data"
  local main = database.database(tag .. "-main") {
    name = tag .. "." .. region.domain, place = region.place, encrypted = true,
    size = services.database.nodes * services.database.size + group % 64,
    step = { owner = "data-platform", holds = { "customer" }, protect = true },
  }
  for _, name in ipairs { "read", "write", "admin", "audit" } do
    database.user(tag .. "-" .. name) { name = name, place = main.id, size = services.users.size }
  end
  stage "names"
  for _, name in ipairs { "db", "app" } do
    dns.record(tag .. "-" .. name) {
      name = name .. "." .. tag .. "." .. region.domain, size = services.records.size,
      place = region.place,
    }
  end
  stage "messages"
  for _, name in ipairs { "in", "out" } do
    queue.queue(tag .. "-" .. name) {
      name = tag .. "-" .. name, place = region.place, encrypted = true,
      size = services.queue.shards * services.queue.size,
    }
  end
  action(tag .. "-seed") {
    version = 1, inputs = { place = region.place, database = main.id }, run = function() end,
  }
end

if services.whatsapp then
  todo "whatsapp" { ask = "Sign up with the provider" }
end
