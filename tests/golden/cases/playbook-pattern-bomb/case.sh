more <<'END'
local where = ("a"):rep(64):find(("a-"):rep(12) .. "b")
END
refused plan eu
