rule "names are small" {
  level = "must",
  why = "not every service tells A from a",
  each = "*",
  check = function(step)
    local name = step.desired.name
    if name ~= nil and name ~= name:lower() then return "'" .. name .. "' has capitals" end
  end,
}
