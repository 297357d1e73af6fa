# A plan beside a change that nobody knows the end of says what settles it.
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
kill -KILL $first
while kill -0 $first 2>/dev/null; do sleep 0.02; done
edit regions/eu.yaml -e 's/, delay_ms: 60000//'
landfall plan eu
landfall plan eu -o eu.plan -q
built resume eu --yes
landfall plan eu -q
