# The report: to standard output as Markdown, to a file by its ending; as of the store when nobody answers.
snapshot >"$work/before"
landfall report eu | sed -E 's/^not before .* · ([0-9]+ of)/not before <dates> · \1/' # tomorrow it is another day
nothing_written
say 'built'
built apply eu --yes
landfall report eu -o eu.html
holds eu.html 'id="time"'
holds eu.html "default-src 'none'"
landfall report eu -o eu.csv
head -n 1 eu.csv | tr -d '\r' | tr ',' '\n' | wc -l
tail -n +2 eu.csv | cut -d, -f1-4,24
landfall report eu -o eu.json -q
jq -S '{format, region, as_of, stages: [.plan.cost.by_stage[].stage], steps: (.plan.steps | length), run: .last_run.state}' eu.json
landfall report eu --format csv | wc -l
say 'in no format'
refused report eu -o eu.txt
refused report eu --format pdf
refused report eu --json --format csv
refused report eu -o no/such/folder/eu.html
say 'on request nobody is asked'
landfall report eu --no-refresh | sed -n 4,6p
say 'a service is gone'
mv out/eu out/gone
: >out/eu
landfall report eu -o eu.md
sed -n 3,5p eu.md
landfall report eu -o again.md -q
landfall plan eu -q
"$binary" report eu --json 2>/dev/null | jq -S '{as_of, not_asked}'
# So do those that tell what is missing.
landfall launch eu | grep '^As of'
"$binary" launch eu --json 2>/dev/null | jq -S '{as_of, not_asked}'
landfall board eu | grep '^As of'
"$binary" board eu --json 2>/dev/null | jq -S '{as_of, not_asked}'
say 'more steps than a comment holds'
more <<'END'
for n = 1, 260 do todo("later-" .. n) { step = { owner = "channels" } } end
END
landfall report eu | grep -E '^The first|^And'
say 'a playbook that is wrong is wrong with and without services'
edit playbooks/main.lua -e '1i dns.zone'
refused report eu
