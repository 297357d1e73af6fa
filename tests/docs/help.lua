-- help.lua PROGRAM ROOT: the manual page and README's table say what `landfall --help` says: every command with its words, every
-- option with its value, no other, and every exit code of core/cli/command.h.

local program, root = arg[1], arg[2]

local function read(path)
  local file = assert(io.open(path))
  local text = file:read("a")
  file:close()
  return text
end

local function ask(words)
  local pipe = assert(io.popen("'" .. program .. "' " .. words))
  local text = pipe:read("a")
  assert(pipe:close(), "landfall " .. words .. " failed")
  return text
end

-- "    -o, --out FILE             write ..." and "        --json   ...": { out = { letter = "o", value = "FILE" } }
local function options_of(help, heading)
  local options = {}
  local part = ("\n" .. help .. "\n\n"):match("\n" .. heading .. "\n(.-)\n\n") or ""
  for line in part:gmatch("[^\n]+") do
    local head = line:match("^ +(%-.-)  ") or line:match("^ +(%-.*)$")
    local name = head and head:match("%-%-([%w-]+)")
    assert(name, "no option in: " .. line)
    options[name] = { letter = head:match("^%-(%w),") or "", value = head:match("%-%-[%w-]+ (%u+)") or "" }
  end
  return options
end

local overview = ask("--help")
local commands, count = {}, 0
for name in overview:match("\nCommands\n(.-)\n\n"):gmatch("\n? +(%l+)  [^\n]*") do
  local help = ask(name .. " --help")
  commands[name] = { words = help:match("\n    landfall " .. name .. "(.-) %[OPTIONS%]"), options = options_of(help, "Options") }
  count = count + 1
end
local always = options_of(overview, "Options of every command")
assert(count > 10 and always.help, "the overview was not understood")

local codes = {}
for name, code in read(root .. "/core/cli/command.h"):gmatch("#define (COMMAND_%u+) +(%d+)") do
  if name ~= "COMMAND_WORDS" then
    codes[#codes + 1] = code
  end
end
assert(#codes == 4, "exit codes are not where they were")

-- The words of a usage line or of an .It line, without what is only form: "REGION [PATH]", "Ar REGION Op Ar PATH".
local function words_of(text)
  local words = {}
  for word in text:gsub("%f[%w]%u%l%f[%W]", " "):gsub("[%[%]|.,]", " "):gmatch("%S+") do
    words[#words + 1] = word
  end
  return table.concat(words, " ")
end

local function check_options(found, where, said, wanted)
  local seen = {}
  for line in said:gmatch("%.It (Fl [^\n]*)") do
    local name = line:match("Fl %-([%w-]+)")
    local option = name and wanted[name]
    seen[name or line] = true
    if not option then
      found(where .. ": there is no option " .. (name or line))
    elseif (line:match("^Fl (%w) ,") or "") ~= option.letter or (line:match("Ar (%u+)") or "") ~= option.value then
      found(where .. ": --" .. name .. " has another letter or value")
    end
  end
  for name in pairs(wanted) do
    if not seen[name] then
      found(where .. ": --" .. name .. " is missing")
    end
  end
end

-- What is wrong with a page and a README, as a list.
local function check(page, readme)
  local wrong = {}
  local function found(what)
    wrong[#wrong + 1] = what
  end
  local list = page:match("\n%.Sh COMMANDS\n(.-)\n%.Sh ") or ""
  local told = {}
  for name, rest, body in (list:gsub("\n%.It Cm ", "\n\0") .. "\0"):gmatch("%z(%l+)([^\n]*)(%Z*)") do
    told[name] = true
    if not commands[name] then
      found("landfall.1: there is no command " .. name)
    else
      if words_of(rest) ~= words_of(commands[name].words) then
        found("landfall.1: " .. name .. " takes '" .. words_of(commands[name].words) .. "', not '" .. words_of(rest) .. "'")
      end
      check_options(found, "landfall.1: " .. name, body, commands[name].options)
    end
  end
  check_options(found, "landfall.1: OPTIONS", page:match("\n%.Sh OPTIONS\n(.-)\n%.Sh ") or "", always)
  local statuses = page:match("\n%.Sh EXIT STATUS\n(.-)\n%.Sh ") or ""
  local rows, exits = {}, {}
  for row in (readme:match("\n## Commands\n(.-)\n## ") or ""):gmatch("\n| `(%l+)[ `]") do
    rows[row] = true
    if not commands[row] then
      found("README.md: there is no command " .. row)
    end
  end
  for row in (readme:match("\n## Exit codes\n(.-)\n## ") or ""):gmatch("\n| (%d+) |") do
    exits[row] = true
  end
  for name in pairs(commands) do
    if not told[name] then
      found("landfall.1: command " .. name .. " is missing")
    end
    if not rows[name] then
      found("README.md: command " .. name .. " is missing")
    end
  end
  for _, code in ipairs(codes) do
    if not statuses:find("\n.It " .. code .. "\n", 1, true) then
      found("landfall.1: exit status " .. code .. " is missing")
    end
    if not exits[code] then
      found("README.md: exit code " .. code .. " is missing")
    end
  end
  return wrong
end

local page, readme = read(root .. "/core/cli/landfall.1"), read(root .. "/README.md")
local wrong = check(page, readme)
for _, what in ipairs(wrong) do
  print(what)
end

-- That it would notice is proved on texts with one thing spoiled each.
local function must_notice(what, spoiled, text, pattern, by)
  local changed, times = text:gsub(pattern, by, 1)
  assert(times == 1, "nothing to spoil: " .. what)
  local after = spoiled == "page" and check(changed, readme) or check(page, changed)
  assert(#after > #wrong, "goes unnoticed: " .. what)
end
must_notice("an option taken out", "page", page, "\n%.It Fl %-dot\n", "\n")
must_notice("an option made up", "page", page, "\n%.It Fl %-dot\n", "\n.It Fl -dot\n.It Fl -dots\n")
must_notice("another value", "page", page, "Fl %-crash%-after Ar N", "Fl -crash-after Ar STEPS")
must_notice("another letter", "page", page, "Fl y , Fl %-yes", "Fl j , Fl -yes")
must_notice("a common option taken out", "page", page, "\n%.It Fl %-ascii\n", "\n")
must_notice("a command taken out", "page", page, "\n%.It Cm graph [^\n]*", "")
must_notice("a command made up", "page", page, "\n%.It Cm graph ", "\n.It Cm grep\n.It Cm graph ")
must_notice("a word of a command taken out", "page", page, "Cm adopt Ar REGION Ar ADDRESS", "Cm adopt Ar REGION")
must_notice("an exit status taken out", "page", page, "\n%.It 3\n", "\n")
must_notice("a row taken out", "readme", readme, "\n| `adopt", "\n| adopt")
must_notice("an exit code taken out", "readme", readme, "\n| 3 |", "\n| three |")

os.exit(#wrong == 0)
