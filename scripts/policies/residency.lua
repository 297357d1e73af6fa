-- Data lives where the law lets it. landfall itself checks what steps say they hold; these rules see to it that
-- they say it, and that there is something to check it against.

rule "data has a category" {
  level = "must_with_waiver",
  why = "what nobody names, nobody can keep out of the wrong country",
  each = "*",
  check = function(step)
    if step.kind == "resource" and step.keeps_data and #step.holds == 0 then
      return { message = "it keeps data and does not say which", todo = 'add holds = { "customer" } to its step table' }
    end
  end,
}

rule "data stays where it may" {
  level = "must",
  why = "the region file says which category may live where, and a contract or a law stands behind it",
  each = "*",
  check = function(step, plan)
    if step.kind ~= "resource" or #step.holds == 0 then
      return
    end
    if not plan.residency then
      return { message = "it holds data, and the region says nothing about where that may live",
               todo = "add residency: { category: [place] } to the region file" }
    end
    local place, found = step.desired.place or step.place, {}
    for _, category in ipairs(step.holds) do
      local allowed = false
      for _, one in ipairs(plan.residency[category] or {}) do
        allowed = allowed or one == place
      end
      if not allowed then
        table.insert(found, { message = "it holds '" .. category .. "', which may not live in " .. place })
      end
    end
    return found
  end,
}
