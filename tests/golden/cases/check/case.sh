snapshot >"$work/before"
landfall check eu
landfall check us
landfall check eu --json | sed -e 1d -e '$d' | jq -S .
nothing_written
