# What it costs, as a finance lead asks: by stage, subsystem and owner, against the region it is copied from and the budget.
landfall plan eu --cost
say 'with -v, what it is made of'
landfall plan eu --cost -v
say 'the reference states what it costs, in its own currency'
echo 'cost: { monthly: "1420.50", dated: 2026-10-31, source: invoices of October }' >>regions/us.yaml
landfall plan eu -q
echo 'rates: { dated: 2026-11-01, source: "ECB, reference rates", USD: "0.9215" }' >>regions/eu.yaml
landfall plan eu -q
say 'a part of the region is not compared with the whole of another'
landfall plan eu --target database -q
say 'nor is a region that does not go through'
more <<'L'
assert(region.region == "eu", "only for Europe")
L
edit regions/us.yaml -e '/^cost:/d'
landfall plan eu -q
say 'without price books'
edit landfall.yaml -e '/^price_books:/d'
landfall plan eu --cost --target human --target todo
say 'what people do costs what somebody guessed, and says so'
edit playbooks/main.lua -e '/only for Europe/d'
more <<'L'
human "audited" { ask = "Have it audited", step = { owner = "security", guess = { days = 20, one_off = "1500.50" } } }
todo "sms" { step = { owner = "channels", guess = { days = 5 } } }
L
landfall plan eu --target human --target todo
landfall plan eu --target human --target todo --cost
