# The way there is told: the line that failed, and the lines that led to it.
mkdir playbooks/lib
cat >playbooks/lib/names.lua <<'END'
local function host_of(spec)
  return spec.host.name
end
return { host_of = host_of }
END
more <<'END'
local names = require "lib.names"
local function declare(spec)
  dns.record(names.host_of(spec)) { zone = zone.id, type = "A", name = "x", values = { "192.0.2.10" } }
end
declare({ hots = { name = "x" } })
END
refused plan eu
