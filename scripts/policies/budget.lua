-- What a region costs stays inside what its file allows. The high end counts, with what people guess for steps that
-- are not written yet; what nobody can price is in no sum, and the plan says how much that is.

local function rule_of(name, key, high, what)
  rule(name) {
    level = "must_with_waiver",
    why = "the budget is what somebody said yes to",
    check = function(plan)
      local budget, costs = plan.budget[key], plan.totals[high] + plan.totals.guess[high]
      if budget and costs > budget then
        return { message = "it may cost " .. amount_text(costs) .. " (" .. what .. "), and the budget is "
                           .. amount_text(budget),
                 todo = "take something out, shrink it, or raise the budget in the region file" }
      end
    end,
  }
end

rule "the region has a budget" {
  level = "advisory",
  why = "what nobody limits is noticed on the bill",
  check = function(plan)
    if not plan.budget.monthly then
      return { message = "nothing limits what the region costs",
               todo = "add budget: { monthly: ..., one_off: ... } to the region file" }
    end
  end,
}

rule_of("inside the monthly budget", "monthly", "month_high", "monthly")
rule_of("inside the one-off budget", "one_off", "once_high", "one-off")
