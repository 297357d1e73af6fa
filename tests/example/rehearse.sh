#!/usr/bin/env bash
# rehearse.sh PROGRAM ROOT: two hundred builds of the example with many faults and deaths all end in the same world, at every point
# of every step a process may die; another seed is another story, the same seed is the same one.
. "$(dirname "$0")/lib.sh"
copy_example "$1" "$2"

"$program" rehearse eu --rounds 200 --seed 1000 --faults 10% --throttle 5% --crashes 3 --json >first.json
same 'findings' "$(jq '.findings | length' first.json)" 0
same 'builds that came to their end' "$(jq .eta.builds first.json)" 200
same 'resumable' "$(jq .resumable first.json)" true
same 'deaths by chance' "$(jq .faults.crash first.json)" 600
same 'steps left undone' "$(jq -r '.steps[] | select(.state != "done") | .address' first.json)" todo.whatsapp
same 'units that were spared a death' "$(jq '[.not_reached[]] | add' first.json)" 0
# Every create, every row of countries and every order dies at each point that a local driver has.
units=$(jq .died.sent first.json)
[ "$units" -gt 400 ] || { echo "only $units units of work died"; failed=1; }
for point in unsent replied; do
  same "units that died $point" "$(jq ".died.$point" first.json)" "$units"
done
for fault in throttled unreached lost_request lost_reply server_error; do
  [ "$(jq ".faults.$fault" first.json)" -gt 100 ] || { echo "too few of $fault"; failed=1; }
done
"$program" rehearse eu --rounds 5 --json >second.json
"$program" rehearse eu --rounds 5 --json >third.json
same 'the same seed, told again' "$(cmp second.json third.json && echo same)" same
for region in au us; do
  "$program" rehearse "$region" --rounds 5 --json >region.json
  same "findings of $region" "$(jq '.findings | length' region.json)" 0
done
same 'files of the project' "$(ls -A .landfall out/eu 2>/dev/null)" ''
