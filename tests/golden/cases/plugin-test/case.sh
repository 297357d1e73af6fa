say 'a driver that keeps its contract'
cat >null.yaml <<'YAML'
types:
  thing:
    create: { name: "${name}", size: 3, secret: "${secret}" }
    update: { size: 4 }
skip:
  destroy: what is remembered is there, and only landfall's store forgets it
  find: nothing is anywhere to be found
  owned: nothing is anywhere to be found
  foreign_update: there is no world in which another could own it
  foreign_destroy: there is no world in which another could own it
  foreign_look: there is no world in which another could own it
  recover: what was in flight is in landfall's store, and nowhere else
  many: what is remembered is there, and only landfall's store forgets it
YAML
cd "$plugins" || exit
cp "$OLDPWD/null.yaml" "$work/null.yaml"
landfall plugin test null-null.so --settings "$work/null.yaml"
say 'one that does not, where only what is wrong is asked for'
sed -i '/owned:/d' "$work/null.yaml"
landfall plugin test null-null.so --settings "$work/null.yaml" -q | sed 's/lf1\.[a-z2-7]*/<marker>/'
say 'for programs'
landfall plugin test null-null.so --settings "$work/null.yaml" --json | sed 1d | sed '$d' >"$work/json"
jq -r '.format, .driver, .passed, .failed, .skipped, (.cases[] | select(.outcome == "failed") | .type, .case, .findings[0].advice)' "$work/json"
say 'what cannot be run'
landfall plugin test
landfall plugin test null-null.so
landfall plugin test null-null.so --settings no.yaml
landfall plugin test no-driver.so --settings no.yaml
landfall plugin test null.so --settings "$work/null.yaml"
landfall plugin list null-null.so
echo 'types: { thing: { create: { naem: x } } }' >"$work/null.yaml"
landfall plugin test null-null.so --settings "$work/null.yaml" -q
printf 'settings: { delay: 3 }\ntypes: { thing: { create: { name: "${nam}" } } }\n' >"$work/null.yaml"
landfall plugin test null-null.so --settings "$work/null.yaml"
sed -i 's/nam}/name}/' "$work/null.yaml"
landfall plugin test null-null.so --settings "$work/null.yaml"
printf 'types: { thing: { create: { name: x } }, thnig: { create: {} } }\n' >"$work/null.yaml"
landfall plugin test null-null.so --settings "$work/null.yaml"
