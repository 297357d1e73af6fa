-- Twenty rules, as a company has them: most about one kind of step, some about every step, some about the whole.

local function must(name, each, check)
  rule(name) { level = "must_with_waiver", why = "it is measured", each = each, check = check }
end

must("databases are encrypted", "database.database", function(step)
  if step.desired.encrypted ~= true then return "say encrypted = true" end
end)
must("queues are encrypted", "queue", function(step)
  if step.desired.encrypted ~= true then return "say encrypted = true" end
end)
must("users are named", "database.user", function(step)
  if not step.desired.name then return "give it a name" end
end)
must("records are named", "dns.record", function(step)
  if not step.desired.name:find("^[a-z]") then return "begin with a letter" end
end)
must("databases are protected", "database.database", function(step)
  if not step.protect then return "say protect = true" end
end)
must("databases hold something", "database.database", function(step)
  if #step.holds == 0 then return "say what it holds" end
end)
must("databases are not too large", "database.database", function(step)
  if step.desired.size > 100 then return "size is " .. step.desired.size end
end)
must("queues are not too large", "queue.queue", function(step)
  if step.desired.size > 100 then return "size is " .. step.desired.size end
end)
must("databases are cheap", "database.database", function(step)
  if step.cost.priced and step.cost.month_high > amount(100000) then return "it costs too much" end
end)
must("outbound queues have no owner", "queue.queue.*-out", function(step)
  if step.owner then return "owned by " .. step.owner end
end)
must("security owns the admins", "database.user.*-admin", function(step)
  if step.owner ~= "security" then return "give it to security" end
end)
must("people are asked by legal", "human", function(step)
  if step.owner ~= "legal" then return "legal asks people" end
end)
must("todos have an owner", "todo", function(step)
  if not step.owner then return "who does it?" end
end)
must("actions have an owner", "action", function(step)
  if not step.owner then return "who runs it?" end
end)
must("names are words with dashes", "*", function(step)
  if step.name:find("_", 1, true) then return "no underscores" end
end)
must("everything has a stage", "*", function(step)
  if not step.stage then return "put it into a stage" end
end)
must("nothing shared", "*", function(step)
  if step.shared and step.changes then return "not today" end
end)
must("data stays in its places", "*", function(step, plan)
  if step.kind ~= "resource" or not step.keeps_data then return end
  for _, place in ipairs(plan.residency.customer) do
    if place == step.desired.place then return end
  end
  return "it may not live in " .. step.desired.place
end)
rule "inside the budget" {
  level = "must", why = "it is measured",
  check = function(plan)
    if plan.totals.month_high > plan.budget.monthly * 1000 then return "it is too much" end
  end,
}
rule "as many zones as domains" {
  level = "advisory", why = "it is measured",
  check = function(plan)
    local named = 0
    for _, step in ipairs(plan.steps "dns.zone") do
      named = named + (step.desired.name and 1 or 0)
    end
    if named > 1 then return named .. " zones" end
  end,
}
