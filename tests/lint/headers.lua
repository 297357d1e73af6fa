-- Headers: each compiles alone as C11; the public ones also as C++17 and without hidden padding.
--
--   lua5.4 headers.lua ROOT [FLAGS]   FLAGS: -I of the libraries that core's headers name
package.path = arg[0]:match("^(.-)[^/]*$") .. "?.lua;" .. package.path
local lint = require("lint")

local flags = lint.args[2] or ""
local includes = "-I core -I include -I plugins/kit -D_GNU_SOURCE " .. flags

local c11 = (os.getenv("CC") or "cc") .. " -std=c11 -Wall -Wextra -Wstrict-prototypes"
local compilers = {
  { name = "C11", command = c11 .. " -x c", places = { "^core/", "^plugins/kit/" } },
  { name = "C11 without padding", command = c11 .. " -Wpadded -x c", places = { "^include/" } },
  {
    name = "C++17 without padding",
    command = (os.getenv("CXX") or "c++") .. " -std=c++17 -Wall -Wextra -Wpadded -x c++",
    places = { "^include/" },
  },
}

local function includable(path)
  return (path:gsub("^core/", ""):gsub("^include/", ""):gsub("^plugins/kit/", ""))
end

-- One unit that includes nothing else, given on standard input: #pragma once warns in a main file.
local function check(path, compiler)
  local source = ('#include "%s"\\n'):format(includable(path))
  local lines, good = lint.run(("cd %s && printf '%s' | %s %s -Werror -fsyntax-only - 2>&1"):format(
    lint.quote(lint.root), source, compiler.command, includes))
  if good then
    return
  end
  local number, why = 1, lines[1] or "the compiler failed"
  for _, line in ipairs(lines) do
    local file, at, text = line:match("^([^:]+):(%d+):%d+: %a[%a ]*: (.*)$")
    if file == path then
      number, why = tonumber(at), text
      break
    end
  end
  lint.find(path, number, "headers.alone", ("does not compile alone as %s: %s"):format(compiler.name, why))
end

for _, path in ipairs(lint.files(".h")) do
  for _, compiler in ipairs(compilers) do
    for _, place in ipairs(compiler.places) do
      if path:match(place) then
        check(path, compiler)
      end
    end
  end
end
lint.finish()
