-- Acme Messenger, one region of it. The same steps build every region; what differs stands in regions/*.yaml.
local address = require "lib.address"
local mail = require "lib.mail"
local own = require "lib.own"

local dns, database, queue, billing, exec = landfall.use("dns", "database", "queue", "billing", "exec")
local region = landfall.region
local services = region.services
local names = services.names
local here = own.of(region)

-- ---- names: where customers find us ---------------------------------------------------------------------------
stage "names"

local parent = dns.zone:existing "parent" { name = region.parent_domain, step = { driver = "parent" } }
local public = dns.zone "public" { name = region.domain }
local internal = dns.zone "internal" { name = "int." .. region.domain }

-- The zone of the whole company: live customers of every region go through it.
dns.record "delegation" {
  zone = parent.id, type = "NS", name = region.domain:match("^[^.]+"), values = public.nameservers,
  step = { driver = "parent", shared = true, owner = "dns-team" },
}
dns.record "delegation-internal" { zone = public.id, type = "NS", name = "int", values = internal.nameservers }

for name, edge in pairs(here.edges) do
  dns.record("edge-" .. name .. "-a") {
    zone = public.id, type = "A", name = name .. ".edge", values = edge.ipv4, ttl = names.ttl,
  }
  dns.record("edge-" .. name .. "-aaaa") {
    zone = public.id, type = "AAAA", name = name .. ".edge", values = edge.ipv6, ttl = names.ttl,
  }
end

local web = here.edges.web
dns.record "apex-a" { zone = public.id, type = "A", name = "@", values = web.ipv4, ttl = names.ttl }
dns.record "apex-aaaa" { zone = public.id, type = "AAAA", name = "@", values = web.ipv6, ttl = names.ttl }

local authorities = { "0 iodef mailto:" .. names.security_contact }
for _, authority in ipairs(names.certificates) do
  table.insert(authorities, "0 issue " .. authority)
end
dns.record "certificates" { zone = public.id, type = "CAA", name = "@", values = authorities }

-- ---- mail -----------------------------------------------------------------------------------------------------
stage "mail"

local mail_host = "mail.edge." .. region.domain
dns.record "mx" { zone = public.id, type = "MX", name = "@", values = { "10 " .. mail_host } }
dns.record "spf" { zone = public.id, type = "TXT", name = "@", values = { mail.spf(here.edges.mail) } }
dns.record "dmarc" {
  zone = public.id, type = "TXT", name = "_dmarc", values = { mail.dmarc(names.security_contact) },
}
dns.record "dkim" {
  zone = public.id, type = "TXT", name = here.dkim.selector .. "._domainkey", values = { mail.dkim(here.dkim.key) },
}
for protocol, port in pairs(names.mail_ports) do
  dns.record("mail-" .. protocol) {
    zone = public.id, type = "SRV", name = "_" .. protocol .. "._tcp",
    values = { "0 1 " .. port .. " " .. mail_host },
  }
end

-- ---- apps: a public name for those with an edge, internal names for all ---------------------------------------
stage "apps"

local orders = {}                                  -- what the deployer is asked for, at the end
for name, app in pairs(services.apps) do
  if app.edge then
    dns.record("app-" .. name) {
      zone = public.id, type = "CNAME", name = name, ttl = names.ttl,
      values = { app.edge .. ".edge." .. region.domain },
    }
  end
  local machines = dns.record("machines-" .. name) {
    zone = internal.id, type = "A", name = name, values = address.of_app(here.network, app), ttl = 60,
  }
  dns.record("service-" .. name) {
    zone = internal.id, type = "SRV", name = "_" .. name .. "._tcp",
    values = { "0 1 " .. app.port .. " " .. machines.fqdn },
  }
  table.insert(orders, { app = name, size = app.size, replicas = app.replicas, domain = region.domain })
end

-- ---- data -----------------------------------------------------------------------------------------------------
stage "data"

local clusters, databases, migrated = {}, {}, {}
for name, spec in pairs(services.clusters) do
  clusters[name] = database.cluster(name) {
    name = name, size = spec.size, replicas = spec.replicas, storage_gb = spec.storage_gb,
  }
end

for name, spec in pairs(services.databases) do
  local db = database.database(name) {
    name = name, cluster = clusters[spec.cluster].id, place = spec.place, step = { holds = spec.holds },
  }
  databases[name] = db

  -- A database that lives elsewhere may move here one day: its name is forgotten sooner.
  dns.record("db-" .. name) {
    zone = internal.id, type = "CNAME", name = name .. ".db", values = { db.host },
    ttl = landfall.when(landfall.is(db.place, region.place), names.ttl, 60),
  }

  for user, role in pairs(spec.users) do
    database.user(name .. "-" .. user) { database = db.id, name = user, role = role }
  end

  local before
  for _, migration in ipairs(spec.migrations) do
    before = database.migration(name .. "-" .. migration) {
      database = db.id, name = migration, follows = before and before.id,
      sql = landfall.read_text("migrations/" .. name .. "/" .. migration .. ".sql"),
    }
  end
  migrated[name] = before
end

-- ---- messages -------------------------------------------------------------------------------------------------
stage "messages"

local queues = {}
for name, spec in pairs(services.queues) do
  local millions = spec.monthly_millions
  local dead = queue.queue(name .. "-dead") {
    name = name .. "-dead", retention_s = 14 * 24 * 3600,
    monthly_requests = millions and millions * 1000,        -- one in a thousand fails for good
    step = { holds = { "customer" } },
  }
  queues[name] = queue.queue(name) {
    name = name, visibility_timeout_s = spec.visibility_s, max_receives = spec.tries, dead_letter = dead.id,
    monthly_requests = millions and millions * 1000000,
    step = { holds = { "customer" } },
  }
end

for name, subscribers in pairs(services.topics) do
  local topic = queue.topic(name) { name = name }
  for subscriber, wanted in pairs(subscribers) do
    queue.subscription(name .. "-" .. subscriber) {
      topic = topic.id, queue = queues[subscriber].id, filter = wanted,
    }
  end
end

-- ---- money ----------------------------------------------------------------------------------------------------
stage "money"

billing.entity "legal-entity" {
  code = here.entity.code, name = here.entity.name, country = here.entity.country, address = here.entity.address,
  vat_id = here.entity.vat_id, invoice_prefix = here.entity.invoice_prefix,
}
for jurisdiction, rate in pairs(here.tax.rates) do
  local code = jurisdiction:lower()
  billing.tax(code) { code = code, jurisdiction = jurisdiction, name = here.tax.name, rate = rate }
end
for code, spec in pairs(services.products) do
  local product = billing.product(code) {
    code = code, name = spec.name, description = spec.description, category = spec.category,
  }
  for _, interval in ipairs(spec.intervals) do
    local price = code .. "-" .. interval
    billing.price(price) {
      code = price, product = product.id, interval = interval, tax_behavior = here.tax.behavior,
      currency = region.currency, amount = own.price(here, region, code, interval),
    }
  end
end

-- ---- first contents: every row and every order is a checkpoint ------------------------------------------------
stage "contents"

local countries = landfall.read_csv "data/countries.csv"
local seeded = action "seed-countries" {
  version = 1,
  inputs = { database = databases.main.id },
  step = { after = { migrated.main }, owner = "data-platform" },
  run = function(ctx)
    ctx:each("countries", countries, { key = "code", width = 64 }, function(row)
      ctx:call("insert", database.query, {
        database = ctx.inputs.database,
        sql = "insert into country (code, name, currency, calling_code) values (?, ?, nullif(?, ''), ?)",
        params = { row.code, row.name, row.currency, row.calling_code },
      })
    end)
  end,
}
check "countries-are-there" {
  call = database.query,
  args = { database = databases.main.id, sql = "select count(*) as countries from country" },
  expect = { rows = { { countries = #countries } } },
  step = { after = { seeded } },
}

action "order-deployments" {
  version = 1,
  inputs = { queue = queues["deploy-orders"].id, orders = orders },
  step = { after = { "check.countries-are-there" }, owner = "platform" },
  run = function(ctx)
    ctx:each("apps", ctx.inputs.orders, { key = "app", width = 16 }, function(order)
      ctx:call("send", queue.send, { queue = ctx.inputs.queue, body = "deploy " .. order.app, attributes = order })
    end)
  end,
}

-- ---- cold start: a fresh machine is asked which region it believes it is in --------------------------------------
stage "cold start"

local machine = "out/" .. region.region .. "/machines/api"
local booted = exec.command "machine-api" {
  argv = { "tools/instance", "boot", machine }, undo = { "tools/instance", "remove", machine }, idempotent = true,
  env = { REGION = region.region, DOMAIN = region.domain, PLACE = region.place },
  step = { after = { "action.order-deployments" }, owner = "platform" },
}
-- Asked in every plan. An image that was cut in the old region, and does not listen, stops the launch here.
exec.command "cold-start-api" {
  argv = { "tools/instance", "ask", machine, region.region }, keep = true, idempotent = true,
  probe = {
    argv = { "tools/instance", "whoami", machine },
    json = { region = region.region, domain = region.domain, place = region.place },
  },
  step = { after = { booted }, owner = "platform", blocks = "launch" },
}

-- ---- people ---------------------------------------------------------------------------------------------------
stage "people"

for name, sign_off in pairs(here.sign_offs or {}) do
  human(name) {
    ask = sign_off.ask,
    step = { owner = sign_off.owner, blocks = "launch", guess = sign_off.days and { days = sign_off.days } },
  }
end
for name, plan in pairs(services.later or {}) do
  todo(name) { step = { owner = plan.owner, guess = { days = plan.days, monthly = plan.monthly } } }
end

landfall.output {
  app_url = "https://app." .. region.domain,
  api_url = "https://api." .. region.domain,
  database = databases.main.host,
  orders = queues["deploy-orders"].url,
  nameservers = landfall.map(public.nameservers, function(list) return table.concat(list, ", ") end),
}
