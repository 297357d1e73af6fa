-- links.lua ROOT [EXPECTED]: every link of every *.md leads somewhere: relative links and their #headings, and paths of the tree
-- in backquotes.  With EXPECTED the findings must be exactly its lines: so it is proved on bad/.
--
-- A text in backquotes is a path of the tree when it holds a slash and its first part is a folder there, seen from the file's own
-- folder or from the root; `*` stands for anything, and a source may be named without its ending (`model/value_yaml`).  What only a
-- build or a run makes is not looked for.

local root = assert(arg[1], "the first argument is the root of the tree")

local function lines_of(command)
  local pipe = assert(io.popen(command))
  local lines = {}
  for line in pipe:lines() do
    lines[#lines + 1] = line
  end
  assert(pipe:close(), command)
  return lines
end

local there, paths, pages = { ["."] = true }, {}, {}
local skipped = " \\( -name .git -o -name 'build*' -o -name out -o -name .landfall -o -path ./tests/docs/bad \\) "
for _, path in ipairs(lines_of("cd '" .. root .. "' && find ." .. skipped .. "-prune -o -print | LC_ALL=C sort")) do
  path = path:gsub("^%./", "")
  there[path] = true
  paths[#paths + 1] = path
  if path:match("%.md$") then
    pages[#pages + 1] = path
  end
end
assert(#pages > 0, "no *.md below " .. root)

-- "plugins/null/../kit" is "plugins/kit"; nil when it leads out of the tree.
local function join(folder, path)
  local parts = {}
  for part in (folder .. "/" .. path):gmatch("[^/]+") do
    if part == ".." then
      if #parts == 0 then
        return nil
      end
      parts[#parts] = nil
    elseif part ~= "." then
      parts[#parts + 1] = part
    end
  end
  return #parts > 0 and table.concat(parts, "/") or "."
end

local function exists(path)
  if not path then
    return false
  end
  if there[path] then
    return true
  end
  local pattern = "^" .. path:gsub("[%^%$%(%)%%%.%[%]%+%-%?]", "%%%0"):gsub("%*", "[^/]*")
  for _, candidate in ipairs(paths) do
    if candidate:match(pattern .. "$") or candidate:match(pattern .. "%.[ch]$") or candidate:match(pattern .. "%.lua$") then
      return true
    end
  end
  return false
end

-- As GitHub and GitLab make an anchor of a heading.
local function anchor(heading)
  return (heading:lower():gsub("[^%w%s_-]", ""):gsub("%s", "-"))
end

local function has_heading(path, wanted)
  for line in io.lines(root .. "/" .. path) do
    local heading = line:match("^#+%s+(.-)%s*$")
    if heading and anchor(heading) == wanted then
      return true
    end
  end
  return false
end

local findings = {}
local function report(page, number, what)
  findings[#findings + 1] = page .. ":" .. number .. ": " .. what
end

local function check_link(page, folder, number, target)
  if target:match("^%a[%w+.-]*:") then
    return -- elsewhere in the world: nothing here can tell
  end
  local path, heading = target:match("^([^#]*)#?(.*)$")
  local file = path == "" and page or join(folder, path)
  if not exists(file) then
    report(page, number, "no such file: " .. target)
  elseif heading ~= "" and not has_heading(file, heading) then
    report(page, number, "no such heading: " .. target)
  end
end

-- A command line is judged by its words.
local function check_words(page, folder, number, text)
  for word in text:gmatch("%S+") do
    local path = word:match("^[%w_%.%*][%w_%.%*/-]*$") and word:match("/") and word:gsub("/$", "") or nil
    local first = path and path:match("^%.?/?([^/]+)/")
    if first and not path:match("^%.%./") and first ~= "build" then
      local here, above = join(folder, path), join(".", path)
      local is_ours = there[join(folder, first)] or there[first]
      local is_made = (here .. "/"):match("/out/") or (here .. "/"):match("/%.landfall/")
      if is_ours and not is_made and not exists(here) and not exists(above) then
        report(page, number, "no such path: " .. word)
      end
    end
  end
end

for _, page in ipairs(pages) do
  local folder, number, fenced = page:match("^(.*)/") or ".", 0, false
  for line in io.lines(root .. "/" .. page) do
    number = number + 1
    fenced = fenced ~= (line:match("^%s*```") ~= nil)
    if not fenced then
      for target in line:gmatch("%]%(([^)%s]+)%)") do
        check_link(page, folder, number, target)
      end
      for text in line:gmatch("`([^`]+)`") do
        check_words(page, folder, number, text)
      end
    end
    for script in line:gmatch("%f[%S]%./(scripts/[%w_-]+)") do
      if not exists(script) then
        report(page, number, "no such script: ./" .. script)
      end
    end
  end
end

local wanted = {}
if arg[2] then
  for line in io.lines(arg[2]) do
    wanted[#wanted + 1] = line
  end
end
local seen, wished = table.concat(findings, "\n"), table.concat(wanted, "\n")
if seen ~= wished then
  print(arg[2] and "found:\n" .. seen .. "\nexpected:\n" .. wished or seen)
  os.exit(1)
end
