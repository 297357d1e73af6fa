more <<'END'
local text = ("x"):rep(2 ^ 40)
END
refused plan eu
