-- Symbols: what a unit shows to the linker carries the unit's name, a driver shows one function, and
-- nothing in core is a mutable global.
--
--   lua5.4 symbols.lua ROOT BUILD    reads BUILD/core/*.a and BUILD/plugins/*.so
package.path = arg[0]:match("^(.-)[^/]*$") .. "?.lua;" .. package.path
local lint = require("lint")

local build = assert(lint.args[2], "the second argument is the build folder")

-- State that belongs to the process itself; each has its reason where it is defined.
local process_state = {
  ["base/log"] = { enabled = true },
  ["base/digest"] = { once = true },
}

local function list(pattern)
  return (lint.run("ls -1 " .. lint.quote(build) .. pattern .. " 2>/dev/null"))
end

-- "host_values" may define host_values_* and host_*: a unit split over files keeps its noun.
local function is_own(unit, symbol)
  local noun = unit
  while noun do
    if symbol == noun or symbol:sub(1, #noun + 1) == noun .. "_" then
      return true
    end
    noun = noun:match("^(.*)_[^_]*$")
  end
  return false
end

local function is_mutable(section)
  if section:match("^%.data%.rel%.ro") then
    return false
  end
  return section:match("^%.data") or section:match("^%.bss") or section:match("^%.tdata")
    or section:match("^%.tbss") or section == "*COM*"
end

local function check_symbol(floor, unit, name, class, kind, section)
  local path = ("core/%s/%s.c"):format(floor, unit)
  local plain = name:gsub("%.%d+$", "")
  if class:match("[A-TV-Z]") and not name:match("^__") and not (unit == "main" and name == "main")
    and not is_own(unit, name) then
    lint.find(path, 1, "symbols.prefix", ("'%s' does not begin with '%s_': rename it or make it static")
      :format(name, unit))
  end
  local state = process_state[floor .. "/" .. unit]
  if (kind == "OBJECT" or kind == "TLS") and is_mutable(section) and not (state and state[plain]) then
    lint.find(path, 1, "symbols.global", ("'%s' is a mutable global: make it static const, or give it an owner")
      :format(plain))
  end
end

local function check_archive(archive)
  local floor = archive:match("liblandfall_([%w_]+)%.a$")
  local lines, good = lint.run("nm -f sysv --defined-only " .. lint.quote(archive))
  assert(good, "nm cannot read " .. archive)
  local unit
  for _, line in ipairs(lines) do
    unit = line:match("%[([%w_]+)%.c%.o%]:?$") or line:match("^([%w_]+)%.c%.o:$") or unit
    local name, class, kind, section =
      line:match("^([^|]-)%s*|[^|]*|%s*(%S)%s*|%s*(%S+)%s*|[^|]*|[^|]*|%s*(%S*)%s*$")
    if name and unit and unit ~= "empty" then
      check_symbol(floor, unit, name, class, kind, section)
    end
  end
  return unit ~= nil
end

local function check_driver(path)
  local name = path:match("[^/]*$")
  local lines, good = lint.run("nm -D --defined-only " .. lint.quote(path))
  assert(good, "nm cannot read " .. path)
  local entry = false
  for _, line in ipairs(lines) do
    local symbol = line:match("%s%a%s+(%S+)$")
    if symbol == "lf_plugin_v1" then
      entry = true
    elseif symbol and symbol ~= "_init" and symbol ~= "_fini" then
      lint.find("plugins/" .. name, 1, "symbols.driver", ("'%s' is exported; a driver exports lf_plugin_v1 alone:"
        .. " make it static, or build with hidden visibility"):format(symbol))
    end
  end
  if not entry then
    lint.find("plugins/" .. name, 1, "symbols.entry", "lf_plugin_v1 is not exported: write LF_EXPORT before it")
  end
end

local archives, read = list("/core/*.a"), 0
for _, archive in ipairs(archives) do
  read = read + (check_archive(archive) and 1 or 0)
end
assert(read > 0, "no library with units in " .. build .. "/core: build first")
for _, driver in ipairs(list("/plugins/*.so")) do
  check_driver(driver)
end
lint.finish()
