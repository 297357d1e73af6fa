# A run that was killed has no end on record and never gets one when another follows it: it is told as killed, with what it did.
# One step at a time, so that it is the same middle every time.
echo 'parallel: 1' >>landfall.yaml
landfall apply eu --yes -q --crash-after 3 | tail -n 1
runs() { "$binary" history eu | grep -E ' (apply|destroy) '; }
runs
landfall report eu | grep -A 2 '^## Last run' | tail -n 1 | grep -oE '\*\*[a-z]+\*\*: .* failed'
say 'what a person does for it counts, until there is another run'
landfall done eu human.dpa-signed --by 'Ada Byron' --evidence https://dpa.acme.example/1
runs
say 'another run does the rest'
built apply eu --yes
runs
"$binary" history eu --json | grep -oE '"(state|total|done)": ?("[a-z]+"|[0-9]+)'
