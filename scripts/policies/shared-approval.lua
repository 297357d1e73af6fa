-- What live customers of other regions use is changed by nobody alone.

local function has(list, wanted)
  for _, one in ipairs(list or {}) do
    if one == wanted then
      return true
    end
  end
  return false
end

rule "no shared change without approval" {
  level = "must",
  at = "apply",
  why = "a new region must never take an old one down",
  check = function(plan)
    if plan.approval and has(plan.approval.classes, "shared") then
      return
    end
    local found = {}
    for _, step in ipairs(plan.steps "*") do
      if step.shared and step.changes then
        table.insert(found, {
          address = step.address,
          message = "it changes what other regions use, and nobody has approved that",
          todo = "landfall plan " .. plan.region.region .. " -o FILE, landfall approve FILE, landfall apply FILE",
        })
      end
    end
    return found
  end,
}
