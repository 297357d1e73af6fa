test "what holds data is protected" {
  plan = { steps = {
    ["database.database.a"] = { keeps_data = true, protect = true },
    ["database.database.b"] = { keeps_data = true },
    ["queue.queue.c"] = { holds = { "customer" } },
    ["dns.zone.d"] = {},
  } },
  expect = {
    { rule = "data is protected", address = "database.database.b" },
    { rule = "data is protected", address = "queue.queue.c" },
  },
}

test "a replacement takes the data with it" {
  plan = { steps = { ["database.database.a"] = { action = "replace", protect = true, holds = { "customer" },
                                                 reason = "name: a -> b" } } },
  expect = { { rule = "data is not taken away", address = "database.database.a", says = "name: a -> b" } },
}

test "so does a step that is no longer declared, and a whole destruction" {
  plan = { steps = { ["database.database.a"] = { action = "destroy", keeps_data = true },
                     ["dns.zone.b"] = { action = "destroy" } } },
  expect = { { rule = "data is not taken away", address = "database.database.a" } },
}

test "a region that is taken down asks the same" {
  plan = { destroy = true, steps = { ["queue.queue.a"] = { action = "destroy", holds = { "customer" } } } },
  expect = { { rule = "data is not taken away", address = "queue.queue.a" } },
}
