snapshot >"$work/before"
landfall plan eu
landfall plan eu --ascii
landfall plan eu -v
landfall plan eu -q
nothing_written
