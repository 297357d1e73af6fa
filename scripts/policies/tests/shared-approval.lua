local shared = {
  ["dns.record.delegation"] = { shared = true },
  ["dns.record.old"] = { shared = true, action = "keep" },
  ["dns.zone.main"] = {},
}

test "a plan that is only looked at says what will be asked" {
  plan = { steps = shared },
  expect = { { rule = "no shared change without approval", address = "dns.record.delegation", verdict = "at_apply" } },
}

test "nobody applies it alone" {
  plan = { apply = true, steps = shared },
  expect = { { rule = "no shared change without approval", address = "dns.record.delegation" } },
}

test "an approval of local changes is none of shared ones" {
  plan = { apply = true, approval = { classes = { "local" }, by = { "Ada" } }, steps = shared },
  expect = { { rule = "no shared change without approval", address = "dns.record.delegation" } },
}

test "with an approval it goes on" {
  plan = { apply = true, approval = { classes = { "local", "shared" }, by = { "Ada" } }, steps = shared },
}

test "what changes nothing shared needs none" {
  plan = { apply = true, steps = { ["dns.zone.main"] = {} } },
}
