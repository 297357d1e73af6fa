"$binary" plan eu --json >"$work/plan.json"
jq -e '.format == "landfall.plan/1"' "$work/plan.json"
jq -S . "$work/plan.json"
say 'the same bytes again'
"$binary" plan eu --json | cmp - "$work/plan.json" && echo same
"$binary" plan eu -o a.plan -q
"$binary" plan eu -o b.plan -q
