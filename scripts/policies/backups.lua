-- What keeps data can be brought back, wherever its service can be told how long to keep backups.

local least = 7
local names = { "backup_days", "backup_retention_days" }

rule "data is backed up" {
  level = "must_with_waiver",
  why = "a mistake is often noticed after a weekend",
  each = "*",
  check = function(step)
    if step.kind ~= "resource" then
      return
    end
    for _, name in ipairs(names) do
      if step.takes[name] and (step.desired[name] or 0) < least then
        return { message = "it keeps backups for less than " .. least .. " days",
                 todo = "say " .. name .. " = " .. least .. " or more" }
      end
    end
  end,
}
