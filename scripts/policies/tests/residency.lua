local places = { customer = { "eu-west-1" }, telemetry = { "eu-west-1", "us-east-1" } }

test "what keeps data says which" {
  plan = { residency = places, steps = { ["database.database.main"] = { keeps_data = true } } },
  expect = { { rule = "data has a category", address = "database.database.main", says = "does not say which" } },
}

test "what keeps none has nothing to say" {
  plan = { residency = places, steps = { ["dns.zone.main"] = {}, ["human.sign"] = {}, ["todo.later"] = {} } },
}

test "a place that is allowed for every category is fine" {
  plan = { residency = places, steps = {
    ["database.database.main"] = { keeps_data = true, holds = { "customer", "telemetry" }, place = "eu-west-1" },
  } },
}

test "each category is asked about" {
  plan = { residency = places, steps = {
    ["database.database.main"] = { keeps_data = true, holds = { "customer", "telemetry", "billing" }, place = "us-east-1" },
  } },
  expect = {
    { rule = "data stays where it may", address = "database.database.main", says = "'customer'" },
    { rule = "data stays where it may", address = "database.database.main", says = "'billing'" },
  },
}

test "a region that says nothing allows nothing" {
  plan = { steps = { ["queue.queue.orders"] = { keeps_data = true, holds = { "customer" } } } },
  expect = { { rule = "data stays where it may", address = "queue.queue.orders", says = "says nothing" } },
}

test "a place that is known later is judged later" {
  plan = { residency = places, steps = {
    ["queue.queue.orders"] = { holds = { "customer" }, desired = { place = later } },
  } },
  expect = { { rule = "data stays where it may", address = "queue.queue.orders", verdict = "cannot_tell" } },
}
