-- Words: functions, comments, jumps and folder names that the style rules out.
package.path = arg[0]:match("^(.-)[^/]*$") .. "?.lua;" .. package.path
local lint = require("lint")

local function anywhere()
  return true
end
local function outside(...)
  local places = { ... }
  return function(path)
    for _, place in ipairs(places) do
      if path:match(place) then
        return false
      end
    end
    return true
  end
end
-- Core below the two floors that talk to people.
local function silent(path)
  return path:match("^core/") and not path:match("^core/cli/") and not path:match("^core/report/")
end

-- Called as a function: the word, a bracket, and no `.` or `->` before it.
local banned = {
  sprintf = { anywhere, "use snprintf, buf_print or arena_print" },
  vsprintf = { anywhere, "use vsnprintf or arena_vprint" },
  strcpy = { anywhere, "use memcpy with a known length, or arena_text" },
  strncpy = { anywhere, "use memcpy with a known length, or arena_text_n" },
  strcat = { anywhere, "use buf_text" },
  strncat = { anywhere, "use buf_add" },
  strtok = { anywhere, "use strcspn and strspn" },
  strtok_r = { anywhere, "use strcspn and strspn" },
  atoi = { anywhere, "use str_to_int" },
  atol = { anywhere, "use str_to_int" },
  atoll = { anywhere, "use str_to_int" },
  atof = { anywhere, "use value_json, or strtod with its end checked" },
  gets = { anywhere, "use fgets or file_read" },
  alloca = { anywhere, "use an arena" },
  rand = { anywhere, "use digest_random" },
  srand = { anywhere, "use digest_random" },
  random = { anywhere, "use digest_random" },
  time = { anywhere, "take the time from a struct tick" },
  getenv = { outside("^core/base/", "^core/cli/", "^tests/"), "read it in cli/ and hand it down" },
  secure_getenv = { outside("^core/base/", "^core/cli/", "^tests/"), "read it in cli/ and hand it down" },
  exit = { outside("^core/cli/main%.c$", "^tests/"), "return an error; only main ends the process" },
  setjmp = { outside("^tests/"), "only Lua itself jumps" },
  longjmp = { outside("^tests/"), "only Lua itself jumps" },
  printf = { silent, "only cli/ and report/ talk to people: return an error, or log_debug" },
  puts = { silent, "only cli/ and report/ talk to people: return an error, or log_debug" },
  putchar = { silent, "only cli/ and report/ talk to people: return an error, or log_debug" },
}

local folder_names = { util = true, utils = true, common = true, misc = true, helper = true, helpers = true }

local function check_calls(path, number, line)
  for before, word in line:gmatch("([^%w_]*)%f[%w_]([%a_][%w_]*)%s*%(") do
    local rule = banned[word]
    if rule and rule[1](path) and not before:match("%.%s*$") and not before:match("%->%s*$") then
      lint.find(path, number, "words.banned", word .. " is banned here: " .. rule[2])
    end
  end
end

-- A jump goes forward to `out:` in the same function.
local function check_jump(path, code, number)
  local label = code[number]:match("%f[%w_]goto%s+([%w_]+)")
  if not label then
    return
  end
  local ahead = false
  for next_number = number + 1, #code do
    ahead = ahead or code[next_number]:match("^%s*out%s*:") ~= nil
    if code[next_number]:match("^}") then
      break
    end
  end
  if label ~= "out" or not ahead then
    lint.find(path, number, "words.goto", "goto only forward, to one label 'out:'")
  end
end

local function check_comment(path, number, line)
  for _, word in ipairs({ "TODO", "FIXME", "XXX" }) do
    if line:match("%f[%w_]" .. word .. "%f[^%w_]") and not line:match("#%d+") then
      lint.find(path, number, "words.promise", word .. " needs an issue number: do it, file it (#12), or delete it")
    end
  end
end

local function check_header(path, text, code)
  if not path:match("^core/.*%.h$") then
    return
  end
  if text:sub(1, 2) ~= "/*" then
    lint.find(path, 1, "words.opening", "a header begins with a paragraph: what this is, what not, how long it lives")
  end
  for _, line in ipairs(code) do
    if line:match("^#pragma once%s*$") then
      return
    end
  end
  lint.find(path, 1, "words.once", "write #pragma once below the opening comment")
end

for _, path in ipairs(lint.files(".c", ".h")) do
  local text = lint.read(path)
  local code, comments, slashes = lint.split(text)
  for _, number in ipairs(slashes) do
    lint.find(path, number, "words.slashes", "write /* */; // is for local experiments")
  end
  for number, line in ipairs(code) do
    check_calls(path, number, line)
    check_jump(path, code, number)
    if line:match("^%s*typedef%s+struct%f[^%w_]") then
      lint.find(path, number, "words.typedef", "no typedef for a struct: write 'struct name'")
    end
  end
  for number, line in ipairs(comments) do
    check_comment(path, number, line)
  end
  check_header(path, text, code)
end

for _, path in ipairs(lint.folders()) do
  if folder_names[path:match("[^/]*$")] then
    lint.find(path, 1, "words.folder", "this name says nothing about what is in it: name the folder after its noun")
  end
end
lint.finish()
