rule "databases are small" {
  level = "must",
  why = "a first year needs no more",
  each = "database.database",
  check = function(step)
    if step.desired.storage_gb > 50 then
      return { message = step.desired.storage_gb .. " GB are too many", todo = "shrink services.databases." .. step.name }
    end
  end,
}

rule "queues are named in the plural" {
  level = "advisory",
  why = "they hold many",
  each = "queue",
  check = function(step)
    if not step.name:find("s$") then return "call it '" .. step.name .. "s'" end
  end,
}

rule "few steps" {
  level = "advisory",
  why = "somebody has to read it",
  check = function(plan)
    if plan.totals.create > 5 then return plan.totals.create .. " steps in one plan" end
  end,
}
