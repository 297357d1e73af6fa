local function steps_of(monthly, once)
  return { ["database.cluster.main"] = { cost = { month_low = 1, month_high = monthly, once_high = once } } }
end

test "up to the last cent" {
  plan = { budget = { monthly = "100.50", one_off = 5 }, steps = steps_of("100.50", 5) },
}

test "a cent more is over" {
  plan = { budget = { monthly = "100.50", one_off = 5 }, steps = steps_of("100.51", 5) },
  expect = { { rule = "inside the monthly budget", says = "100.51 EUR (monthly), and the budget is 100.50 EUR" } },
}

test "one-off has a budget of its own" {
  plan = { budget = { monthly = 100, one_off = 5 }, steps = steps_of(1, "5.01") },
  expect = { { rule = "inside the one-off budget", says = "5.01 EUR" } },
}

test "guesses count" {
  plan = { budget = { monthly = 100, one_off = 0 }, steps = {
    ["database.cluster.main"] = { cost = { month_high = 60 } },
    ["todo.whatsapp"] = { cost = { month_high = 60, guess = true } },
  } },
  expect = { { rule = "inside the monthly budget", says = "120.00 EUR" } },
}

test "a region without a budget says so" {
  plan = { steps = {} },
  expect = { { rule = "the region has a budget", says = "nothing limits" } },
}
