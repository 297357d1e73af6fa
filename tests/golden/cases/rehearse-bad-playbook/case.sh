say 'Two actions count on with one variable: whoever dies after the first counts anew'
playbook <<'END'
local database = landfall.use "database"
local db = database.database "main" { name = "main" }
local calls = 0
local function count(ctx)
  calls = calls + 1
  ctx:call("insert", database.query, { database = ctx.inputs.db, sql = "insert into t values (?)", params = { calls } })
end
action "first" { version = 1, inputs = { db = db.id }, run = count }
action "second" { version = 1, inputs = { db = db.id }, step = { after = { "action.first" } }, run = count }
END
landfall rehearse eu --rounds 3
say 'An action that believes in replies which nobody can guess fails with nothing going wrong'
playbook <<'END'
local database = landfall.use "database"
local db = database.database "main" { name = "main" }
action "guesses" {
  version = 1, inputs = { db = db.id },
  run = function(ctx)
    local reply = ctx:call("look", database.query, { database = ctx.inputs.db, sql = "select id from t" })
    ctx:call("insert", database.query, { database = ctx.inputs.db, sql = "insert into u values (?)", params = { reply.rows[1].id } })
  end,
}
check "after" {
  call = database.query, args = { database = db.id, sql = "select 1 as one" }, expect = { rows = { { one = 1 } } },
  step = { after = { "action.guesses" } },
}
END
landfall rehearse eu --rounds 3
say 'Two objects of one name that only a build can know'
playbook <<'END'
local dns = landfall.use "dns"
local zone = dns.zone "apex" { name = landfall.region.domain }
local function www() return "www" end
dns.record "a" { zone = zone.id, type = "A", name = landfall.map(zone.id, www), values = { "192.0.2.1" } }
dns.record "b" { zone = zone.id, type = "A", name = landfall.map(zone.nameservers, www), values = { "192.0.2.2" } }
END
landfall rehearse eu --rounds 3
