test "what says nothing about it is not encrypted" {
  plan = { steps = { ["database.cluster.main"] = { keeps_data = true, takes = { "encrypted" } } } },
  expect = { { rule = "encrypted at rest", address = "database.cluster.main", says = "not encrypted" } },
}

test "what says no is not encrypted" {
  plan = { steps = { ["database.cluster.main"] = { holds = { "customer" }, desired = { storage_encrypted = false } } } },
  expect = { { rule = "encrypted at rest", address = "database.cluster.main" } },
}

test "what says yes is" {
  plan = { steps = { ["database.cluster.main"] = { keeps_data = true, desired = { encrypted = true } } } },
}

test "what cannot be told, and what keeps nothing, is not asked" {
  plan = { steps = {
    ["database.cluster.main"] = { keeps_data = true },
    ["dns.zone.main"] = { takes = { "encrypted" } },
  } },
}

test "what is known later is judged later" {
  plan = { steps = { ["database.cluster.main"] = { keeps_data = true, desired = { encrypted = later } } } },
  expect = { { rule = "encrypted at rest", address = "database.cluster.main", verdict = "cannot_tell" } },
}
