-- Floors: a file includes its own folder or a lower floor; a library's header has one place.
package.path = arg[0]:match("^(.-)[^/]*$") .. "?.lua;" .. package.path
local lint = require("lint")

local floors = {
  base = 0,
  model = 1, io = 1,
  region = 2, script = 2, plugin = 2, store = 2,
  playbook = 3, plan = 3, conform = 3,
  run = 4, launch = 4,
  report = 5,
  cli = 6,
}

-- Where in core a library's header may be included: patterns of paths.
local libraries = {
  { header = "^curl/", name = "libcurl", places = { "^core/io/http[%w_]*%.[ch]$" } },
  { header = "^uv%.h$", name = "libuv", places = { "^core/io/" } },
  { header = "^sqlite3%.h$", name = "sqlite", places = { "^core/store/" } },
  { header = "^libpq%-fe%.h$", name = "libpq", places = { "^core/store/" } },
  { header = "^jansson%.h$", name = "jansson", places = { "^core/model/value_json%.[ch]$" } },
  { header = "^yaml%.h$", name = "libyaml", places = { "^core/model/value_yaml%.[ch]$" } },
  { header = "^lua%.h$", name = "lua", places = { "^core/script/", "^core/playbook/", "^core/plan/policy" } },
  { header = "^lauxlib%.h$", name = "lua", places = { "^core/script/", "^core/playbook/", "^core/plan/policy" } },
  { header = "^lualib%.h$", name = "lua", places = { "^core/script/", "^core/playbook/", "^core/plan/policy" } },
  { header = "^sodium[%w_/]*%.h$", name = "libsodium", places = { "^core/base/digest%.c$" } },
  { header = "^dlfcn%.h$", name = "libdl", places = { "^core/plugin/loader%.c$", "^core/io/http_curl%.c$" } },
}

-- The C library and the system; anything else is a new dependency.
local system = {}
for name in ([[assert ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign
  stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string strings tgmath threads time uchar
  wchar wctype dirent fcntl fnmatch ftw getopt glob grp langinfo libgen link malloc netdb poll pthread pwd
  regex sched semaphore spawn syslog termios ucontext unistd execinfo]]):gmatch("%S+") do
  system[name .. ".h"] = true
end
local system_folders = { sys = true, net = true, netinet = true, arpa = true, linux = true, sanitizer = true }

local function find(at, rule, text, ...)
  lint.find(at.path, at.line, rule, text:format(...))
end

local function check_floor(at, own, header)
  local folder = header:match("^([%w_]+)/")
  if not folder then
    return find(at, "layers.bare", '"%s" does not say its floor: write "%s/%s"', header, own, header)
  end
  local level = floors[folder]
  if not level then
    find(at, "layers.unknown", "'%s' is no floor: see the floor map in core/README.md", folder)
  elseif folder ~= own and level == floors[own] then
    find(at, "layers.neighbor", "%s/ may not see its neighbor %s/: move what both need to a lower floor,"
      .. " or hand it in", own, folder)
  elseif level > floors[own] then
    find(at, "layers.up", "%s/ may not see %s/ above it: call up through a struct of callbacks", own, folder)
  end
end

local function check_library(at, header)
  for _, library in ipairs(libraries) do
    if header:match(library.header) then
      for _, place in ipairs(library.places) do
        if at.path:match(place) then
          return
        end
      end
      return find(at, "layers.library", "%s has another unit of its own: call that unit instead", library.name)
    end
  end
  if not system[header] and not system_folders[header:match("^([%w_]+)/") or ""] then
    find(at, "layers.dependency", "<%s> is no header of the C library: a new dependency needs its line in the"
      .. " README's table and in tests/lint/layers.lua", header)
  end
end

local function check_core(at, own, quoted, header)
  if header:match("^landfall/") then
    return
  end
  if quoted then
    check_floor(at, own, header)
  else
    check_library(at, header)
  end
end

local function exists(path)
  local file = io.open(lint.root .. "/" .. path)
  if file then
    file:close()
  end
  return file ~= nil
end

local function check_plugin(at, quoted, header)
  local folder = at.path:match("^(.*/)")
  if not quoted or header:match("^landfall/") or header:match("^kit[%w_]*%.h$") or header:match("^kit/") then
    return
  end
  if not exists(folder .. header) then
    find(at, "layers.plugin", 'a driver sees landfall/*, kit/* and its own folder, not "%s"', header)
  end
end

local function check_public(at, header)
  if not header:match("^landfall/[%w_]+%.h$") and header ~= "stddef.h" and header ~= "stdint.h" then
    find(at, "layers.public", "a public header needs stddef.h, stdint.h and landfall/* only, not %s", header)
  end
end

-- A floor's tests link the floor and what lies below, so they may include no more.
local function check_unit_test(at, own, quoted, header)
  if quoted and not header:match("^landfall/") and floors[header:match("^([%w_]+)/") or ""] then
    check_floor(at, own, header)
  end
end

for _, path in ipairs(lint.files(".c", ".h")) do
  local core, unit = path:match("^core/([%w_]+)/"), path:match("^tests/unit/([%w_]+)/")
  if core and not floors[core] then
    lint.find(path, 1, "layers.unknown", ("'%s' is no floor: see the floor map in core/README.md"):format(core))
  end
  for number, line in ipairs(lint.lines(lint.read(path))) do
    local sign, header = line:match('^%s*#%s*include%s*([<"])([^">]+)')
    if header then
      local at, quoted = { path = path, line = number }, sign == '"'
      if core and floors[core] then
        check_core(at, core, quoted, header)
      elseif path:match("^plugins/") then
        check_plugin(at, quoted, header)
      elseif path:match("^include/") then
        check_public(at, header)
      elseif unit and floors[unit] then
        check_unit_test(at, unit, quoted, header)
      end
    end
  end
end
lint.finish()
