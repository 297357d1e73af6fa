-- What keeps data is encrypted, wherever its service can be told so. Types without such an attribute are not asked:
-- what they do at rest is their operator's to know.

local names = { "encrypted", "storage_encrypted" }

rule "encrypted at rest" {
  level = "must_with_waiver",
  why = "a disk that is lost must not be data that is lost",
  each = "*",
  check = function(step)
    if step.kind ~= "resource" then
      return
    end
    for _, name in ipairs(names) do
      if step.takes[name] and (step.keeps_data or #step.holds > 0) and step.desired[name] ~= true then
        return { message = "it is not encrypted at rest", todo = "say " .. name .. " = true" }
      end
    end
  end,
}
