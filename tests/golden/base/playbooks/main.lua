local region = landfall.region
local dns, database, queue = landfall.use("dns", "database", "queue")

stage "names"
local zone = dns.zone "apex" { name = region.domain }
for _, host in ipairs(region.services.hosts) do
  dns.record(host) { zone = zone.id, type = "A", name = host, values = { "192.0.2.10" } }
end

stage "data"
for name, spec in pairs(region.services.databases) do
  local db = database.database(name) {
    name = name, size = spec.size, storage_gb = spec.storage_gb, replicas = spec.replicas,
    step = { holds = { "customer" } },
  }
  dns.record("db-" .. name) { zone = zone.id, type = "TXT", name = name .. ".db", values = { "host=" .. db.host } }
end

stage "queues"
for name in pairs(region.services.queues) do
  local dead = queue.queue(name .. "-dead") { name = name .. "-dead" }
  queue.queue(name) { name = name, dead_letter = dead.id, max_receives = region.services.queues[name].max_receives }
end

human "dpa-signed" { ask = "Countersign the data processing agreement", step = { owner = "legal", blocks = "launch" } }
todo "whatsapp" { step = { owner = "channels", guess = { days = 10, monthly = 300 } } }
landfall.output { app_url = "https://app." .. region.domain, zone = zone.id }
