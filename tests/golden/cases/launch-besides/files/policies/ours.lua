rule "databases are small" {
  level = "must_with_waiver",
  why = "a first year needs no more",
  each = "database.database",
  check = function(step)
    if step.desired.storage_gb > 50 then return step.desired.storage_gb .. " GB are too many" end
  end,
}

rule "records say why" {
  level = "advisory",
  why = "somebody will ask",
  each = "dns.record",
  check = function(step) return "no reason" end,
}
