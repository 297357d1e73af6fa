rule "records name no machine of ours" {
  level = "must",
  why = "the world reads them",
  each = "dns.record",
  check = function(step)
    for _, value in ipairs(step.desired.values) do
      if value == "host=localhost" then return value .. " is a machine of ours" end
    end
  end,
}
