more <<'END'
local all, text = {}, ("x"):rep(1000)
for i = 1, 1e9 do all[i] = text .. i end
END
refused plan eu
say 'doubling'
playbook <<'END'
local text = "x"
while true do text = text .. text end
END
refused plan eu
