landfall graph eu
landfall graph eu --dot
landfall graph eu --json | sed -e 1d -e '$d' | jq -S .
