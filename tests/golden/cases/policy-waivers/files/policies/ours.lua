rule "databases are small" {
  level = "must_with_waiver",
  why = "a first year needs no more",
  each = "database.database",
  check = function(step)
    if step.desired.storage_gb > 50 then return step.desired.storage_gb .. " GB are too many" end
  end,
}

rule "everything is free" {
  level = "must",
  why = "we have no money",
  check = function(plan) end,
}
