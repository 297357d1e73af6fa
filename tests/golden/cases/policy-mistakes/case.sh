# A rule that is broken itself passes nothing, and says where.
rules() { mkdir -p policies && cat >policies/ours.lua; }
check() {
  say "$1"
  rules <<END
rule "r" {
  level = "advisory", why = "w", each = "dns.record.app",
  check = function(step, plan)
    $1
  end,
}
END
  refused plan eu -q
}
check 'error("no")'
check 'local t = nil; return t.x'
check 'return true'
check 'return { message = "m", adress = "dns.zone.apex" }'
check 'while true do end'
check 'local s = "x"; while true do s = s .. s end'
check 'g = 1'
check 'return os.getenv("HOME")'
check 'return io.open("/etc/passwd")'
check 'return step.adress'
check 'step.desired.name = "x"'
check 'return step.desired.values[1].x.y'
say 'not even a rule'
rules <<'END'
rule "r" { level = "must", wy = "w", check = function() end }
END
refused plan eu -q
refused policy list
landfall check eu
rules <<'END'
rule "r"
END
refused plan eu -q
rules <<'END'
rule "r" { level = "should", why = "w", check = function() end }
END
refused plan eu -q
rules <<'END'
rule "r" { level = "must", why = "w", each = "dns.*", check = function() end
END
refused plan eu -q
printf '\033Lua' | rules
refused plan eu -q
say 'a rule twice'
rules <<'END'
rule "r" { level = "must", why = "w", check = function() end }
END
cp policies/ours.lua policies/theirs.lua
refused plan eu -q
say 'landfall came with none of that name'
rm policies/*.lua
edit landfall.yaml -e '$apolicies: [residency, bugdet]'
refused plan eu -q
refused policy list
edit landfall.yaml -e 's/policies:.*/policies: [budget, budget, 7]/'
refused plan eu -q
