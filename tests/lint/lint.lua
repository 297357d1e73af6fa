-- What every lint needs: the files, a file cut into code and comments, and one way to report.
--
--   lua5.4 <lint>.lua ROOT [...] [--expect FILE]
--
-- A finding is printed as "file:line: [rule] what to do".  With --expect the findings must be
-- exactly the "file:line: [rule]" lines of FILE: so each lint is proved on samples it must reject.
-- Rules in lint.unchecked, whose tool is not installed, are not expected.

local lint = { findings = {}, args = {}, unchecked = {} }

do
  local i = 1
  while i <= #arg do
    if arg[i] == "--expect" then
      lint.expect = assert(arg[i + 1], "--expect needs a file")
      i = i + 1
    else
      lint.args[#lint.args + 1] = arg[i]
    end
    i = i + 1
  end
  lint.root = assert(lint.args[1], "the first argument is the root of the tree")
end

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end
lint.quote = quote

-- The lines a command prints; it fails loudly when the command does.
function lint.run(command)
  local pipe = assert(io.popen(command, "r"))
  local lines = {}
  for line in pipe:lines() do
    lines[#lines + 1] = line
  end
  local good, _, code = pipe:close()
  return lines, good, code
end

local function find(kind)
  local command = "cd " .. quote(lint.root) .. " && for d in core plugins include tests; do test ! -d $d || find $d"
    .. " -path tests/lint/bad -prune -o -type " .. kind .. " -print; done | LC_ALL=C sort"
  local lines, good = lint.run(command)
  assert(good, "cannot walk " .. lint.root)
  assert(#lines > 0, "no files below " .. lint.root)
  return lines
end

-- Files whose name ends with one of the given endings, relative to the root.
function lint.files(...)
  local found = {}
  for _, path in ipairs(find("f")) do
    for _, ending in ipairs({ ... }) do
      if path:sub(-#ending) == ending then
        found[#found + 1] = path
      end
    end
  end
  return found
end

function lint.folders()
  return find("d")
end

function lint.read(path)
  local file = assert(io.open(lint.root .. "/" .. path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

function lint.lines(text)
  local lines = {}
  for line in (text:sub(-1) == "\n" and text or text .. "\n"):gmatch("(.-)\n") do
    lines[#lines + 1] = line
  end
  return lines
end

local function blank(text)
  return (text:gsub("[^\n]", " "))
end

-- Cuts C text into code and comments, each with the other (and every string) blanked, so that line
-- numbers stay.  The third result lists the line numbers of // comments.
function lint.split(text)
  local code, comments, slashes = {}, {}, {}
  local at, line, counted = 1, 1, 1
  local function line_of(position)
    local _, more = text:sub(counted, position - 1):gsub("\n", "")
    line, counted = line + more, position
    return line
  end
  local function both(part, is_code, is_comment)
    code[#code + 1] = is_code and part or blank(part)
    comments[#comments + 1] = is_comment and part or blank(part)
  end
  while at <= #text do
    local start = text:find("[\"'/]", at)
    if not start then
      both(text:sub(at), true, false)
      break
    end
    both(text:sub(at, start - 1), true, false)
    local sign, stop = text:sub(start, start), nil
    if sign == "/" then
      local pair = text:sub(start, start + 1)
      if pair == "/*" then
        stop = select(2, text:find("*/", start + 2, true)) or #text
        both(text:sub(start, stop), false, true)
      elseif pair == "//" then
        slashes[#slashes + 1] = line_of(start)
        stop = (text:find("\n", start, true) or #text + 1) - 1
        both(text:sub(start, stop), false, true)
      else
        stop = start
        both("/", true, false)
      end
    else
      stop = start
      repeat
        stop = text:find("[\\" .. sign .. "\n]", stop + 1) or #text
        local escaped = text:sub(stop, stop) == "\\"
        if escaped then
          stop = stop + 1
        end
      until not escaped
      both(text:sub(start, stop), false, false)
    end
    at = stop + 1
  end
  return lint.lines(table.concat(code)), lint.lines(table.concat(comments)), slashes
end

function lint.find(path, line, rule, text)
  lint.findings[#lint.findings + 1] = { key = ("%s:%d: [%s]"):format(path, line, rule), text = text }
end

local function compare()
  local expected, wrong = {}, false
  for line in io.lines(lint.expect) do
    expected[line] = true
  end
  for _, finding in ipairs(lint.findings) do
    if expected[finding.key] == nil then
      print("not expected: " .. finding.key .. " " .. finding.text)
      wrong = true
    end
    expected[finding.key] = false
  end
  for key, missed in pairs(expected) do
    if missed and not lint.unchecked[key:match("%[(.-)%]")] then
      print("not found: " .. key)
      wrong = true
    end
  end
  assert(next(expected), lint.expect .. " lists nothing")
  os.exit(not wrong)
end

function lint.finish()
  table.sort(lint.findings, function(a, b)
    return a.key < b.key
  end)
  if lint.expect then
    compare()
  end
  for _, finding in ipairs(lint.findings) do
    print(finding.key .. " " .. finding.text)
  end
  os.exit(#lint.findings == 0)
end

return lint
