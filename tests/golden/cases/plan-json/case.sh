"$binary" plan eu --json >"$work/plan.json"
jq -e '.format == "landfall.plan/1"' "$work/plan.json"
jq -S . "$work/plan.json"
say 'the same bytes again'
for _ in 1 2 3; do
  "$binary" plan eu --json | cmp - "$work/plan.json" || fail 'another plan of the same inputs'
done
say 'and once it is built'
built apply eu --yes
"$binary" plan eu --json >"$work/plan.json"
"$binary" plan eu --json | cmp - "$work/plan.json" || fail 'another plan of the same inputs'
jq -S 'del(.steps, .cost, .shrunk, .absent)' "$work/plan.json"
