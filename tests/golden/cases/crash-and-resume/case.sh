# kill -9 in the middle, then go on.  One step at a time, so that it is the same middle every time.
echo 'parallel: 1' >>landfall.yaml
landfall apply eu --yes -q --crash-after 3
landfall status eu
landfall plan eu -q
# What the run came to is told of the whole run, by all who tell it, and at any time.
runs() { landfall history eu --json | grep -oE '"(state|total|done)": ?("[a-z]+"|[0-9]+)'; }
runs
landfall resume eu --yes
runs
landfall status eu | grep -E '^(Last|Next)'
landfall done eu human.dpa-signed --by 'Ada Byron' --evidence https://dpa.acme.example/1
landfall status eu | grep -E '^(Last|Next)'
landfall resume eu --yes -q
runs
landfall status eu | grep -E '^(Last|Next)'
landfall report eu | grep -oE 'ended as [^;]*'
landfall plan eu -q
