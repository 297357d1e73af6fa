more <<'END'
local n = 0
while true do n = n + 1 end
END
refused plan eu
say 'pcall does not help'
playbook <<'END'
while true do
  pcall(function() while true do end end)
end
END
refused plan eu
