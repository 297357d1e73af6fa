# While one landfall works on a region, another one may plan, and may not write.
edit regions/eu.yaml -e 's/^drivers:/drivers:\n  null: { use: "null", delay_ms: 60000 }/'
playbook <<'END'
local null = landfall.use "null"
null.thing "slow" { name = "slow" }
END
"$binary" apply eu --yes >"$work/first" 2>&1 </dev/null &
first=$!
disown
# It works as soon as its intent is in the store.
for _ in $(seq 1 200); do
  [ "$(sqlite3 -readonly .landfall/eu.db 'select count(*) from op' 2>/dev/null)" = 1 ] && break
  sleep 0.05
done
landfall apply eu --yes
landfall destroy eu --yes
landfall status eu
"$binary" status eu --json | jq -c '.last_run.state, .locked_by.command, (.locked_by | keys)'
landfall history eu
say 'it is killed: the next one takes over'
kill -KILL $first
while kill -0 $first 2>/dev/null; do sleep 0.02; done
landfall status eu
"$binary" status eu --json | jq -c '.last_run.state, .locked_by'
edit regions/eu.yaml -e 's/, delay_ms: 60000//'
landfall resume eu --yes
