-- What holds data is not taken away by the way.

local function holds_data(step)
  return step.keeps_data or #step.holds > 0
end

rule "data is protected" {
  level = "must_with_waiver",
  why = "a playbook that is edited late at night must not be able to drop a database",
  each = "*",
  check = function(step)
    if step.kind == "resource" and holds_data(step) and not step.protect then
      return { message = "it holds data and is not protected", todo = "add protect = true to its step table" }
    end
  end,
}

rule "data is not taken away" {
  level = "must_with_waiver",
  why = "what is destroyed with its data comes back from a backup, or not at all",
  each = "*",
  actions = { "destroy", "replace" },
  check = function(step)
    if holds_data(step) then
      return { message = "it would be lost with what it holds (" .. step.action .. ": " .. (step.reason or "") .. ")",
               todo = "move the data first, then bend this rule for the one step and for a week" }
    end
  end,
}
