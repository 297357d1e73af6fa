# What a lost store built still stands: a step whose name is taken waits for somebody, and is nothing landfall does by itself.
edit playbooks/main.lua -e 's/name = region.domain \}/name = region.domain, step = { owner = "platform" } }/'
built apply eu --yes
rm -r .landfall
landfall launch eu --on 2026-11-26
say 'for programs'
"$binary" launch eu --on 2026-11-26 --json |
  jq -c '(.milestones[0] | {steps, open, unknown}), (.owners[] | {name, open, need_somebody}),
         (.open[] | select(.needs == "trouble" or .needs == "landfall") | {address, owner, needs, after, why, ask})'
say 'on the page'
"$binary" report eu --format html | grep -F 'id="launch"' -A 30 | grep -F 'dns.zone.apex' | sed 's/<[^>]*>/ /g'
say 'what has a free name is not built either while another is taken'
rm -r out/eu/queues out/eu/databases
landfall launch eu --on 2026-11-26 | sed -n '/^By landfall/p'
refused apply eu --yes -q | grep '^error'
say 'all names are free'
rm -r out/eu/dns
landfall launch eu --on 2026-11-26 | sed -n '/needs* somebody/p; /^By landfall/p'
say 'nor is it forgotten on the daily page'
built apply eu --yes
rm -r .landfall
landfall board eu | sed -n '/^Waits/,/^Besides/p'
