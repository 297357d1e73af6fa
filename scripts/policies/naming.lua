-- Names that people can read aloud, and that are written one way.

rule "names are words with dashes" {
  level = "must_with_waiver",
  why = "addresses are typed, read out and searched for; one way to write them is enough",
  each = "*",
  check = function(step)
    local name = step.name
    if name:find("_", 1, true) or name:find("%-%-") or name:find("%-$") then
      local better = name:gsub("[_%-]+", "-"):gsub("%-$", "")
      return { message = "the name is not words with dashes between them", todo = "call it '" .. better .. "'" }
    end
  end,
}
