test "a capital letter is found" {
  plan = { steps = { ["dns.zone.a"] = { desired = { name = "Acme.example" } } } },
  expect = { { rule = "names are small", address = "dns.zone.a", says = "Acme" } },
}

test "what has no name has no capitals" {
  plan = { steps = { ["dns.zone.a"] = {}, ["human.sign"] = {} } },
}

test "a name that is known later is judged later" {
  plan = { steps = { ["dns.zone.a"] = { desired = { name = later } } } },
  expect = { { rule = "names are small", address = "dns.zone.a", verdict = "cannot_tell" } },
}
