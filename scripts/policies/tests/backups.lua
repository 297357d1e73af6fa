test "a week is enough, a day is not" {
  plan = { steps = {
    ["database.cluster.a"] = { desired = { backup_days = 7 } },
    ["database.cluster.b"] = { desired = { backup_days = 1 } },
    ["database.cluster.c"] = { desired = { backup_retention_days = 35 } },
  } },
  expect = { { rule = "data is backed up", address = "database.cluster.b", says = "less than 7 days" } },
}

test "saying nothing is no backup" {
  plan = { steps = { ["database.cluster.a"] = { takes = { "backup_days" } } } },
  expect = { { rule = "data is backed up", address = "database.cluster.a" } },
}

test "what has no backups to set is not asked" {
  plan = { steps = { ["queue.queue.orders"] = { keeps_data = true } } },
}

test "what is known later is judged later" {
  plan = { steps = { ["database.cluster.a"] = { desired = { backup_days = later } } } },
  expect = { { rule = "data is backed up", address = "database.cluster.a", verdict = "cannot_tell" } },
}
