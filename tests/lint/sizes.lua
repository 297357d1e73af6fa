-- Sizes: file <= 800 lines, function <= 80 lines, complexity <= 15 (where pmccabe is installed).
package.path = arg[0]:match("^(.-)[^/]*$") .. "?.lua;" .. package.path
local lint = require("lint")

local FILE_MAX, FUNCTION_MAX, COMPLEXITY_MAX = 800, 80, 15

-- The list of tests in a test program's main is a table, not a story.
local function is_exempt(path, name)
  return name == "main" and path:match("^tests/") ~= nil
end

-- clang-format puts a function's braces alone at the left margin; its signature is what lies between
-- the opening one and the line before that ends something else.
local function first_line(lines, open)
  local first = open
  while first > 1 and not lines[first - 1]:match("^%s*$") and not lines[first - 1]:match("[;}/]%s*$")
    and not lines[first - 1]:match("^#") do
    first = first - 1
  end
  return first
end

local function check_functions(path, lines)
  local open
  for number, line in ipairs(lines) do
    if line:match("^{%s*$") then
      open = number
    elseif open and line:match("^}") then
      local first = first_line(lines, open)
      local signature = table.concat(lines, " ", first, open)
      local name, count = signature:match("([%w_]+)%s*%(") or "?", number - first + 1
      if count > FUNCTION_MAX and not is_exempt(path, name) then
        lint.find(path, first, "sizes.function", ("%s has %d lines, %d are the limit: split it by level of"
          .. " abstraction"):format(name, count, FUNCTION_MAX))
      end
      open = nil
    end
  end
end

local function check_complexity(paths)
  local _, here = lint.run("command -v pmccabe")
  if not here then
    lint.unchecked["sizes.complexity"] = true
    print("note: pmccabe is not installed, complexity is not checked (apt install pmccabe)")
    if os.getenv("CI") then
      lint.find("tests/lint/sizes.lua", 1, "sizes.tool", "CI needs pmccabe: apt install pmccabe")
    end
    return
  end
  local quoted = {}
  for i, path in ipairs(paths) do
    quoted[i] = lint.quote(path)
  end
  local lines = lint.run("cd " .. lint.quote(lint.root) .. " && pmccabe " .. table.concat(quoted, " "))
  for _, line in ipairs(lines) do
    local value, path, number, name = line:match("^(%d+)%s+%d+%s+%d+%s+%d+%s+%d+%s+(.-)%((%d+)%): (.*)$")
    if value and tonumber(value) > COMPLEXITY_MAX and not is_exempt(path, name) then
      lint.find(path, tonumber(number), "sizes.complexity", ("%s has a complexity of %s, %d is the limit:"
        .. " make a table of it or split it"):format(name, value, COMPLEXITY_MAX))
    end
  end
end

local paths = lint.files(".c", ".h")
local sources = {}
for _, path in ipairs(paths) do
  local lines = lint.lines(lint.read(path))
  if #lines > FILE_MAX then
    lint.find(path, FILE_MAX + 1, "sizes.file", ("%d lines, %d are the limit: split the unit"):format(#lines, FILE_MAX))
  end
  check_functions(path, lines)
  if path:match("%.c$") then
    sources[#sources + 1] = path
  end
end
check_complexity(sources)
lint.finish()
