# What a copy offers as comments is taken by check as it stands, whatever the other regions are like.
fill_in() {
  edit regions/de.yaml -e 's/^title: FILL IN/title: Germany/' -e 's/^jurisdiction: FILL IN/jurisdiction: DE/' \
    -e 's/^place: FILL IN/place: eu-central-1/' -e 's/^domain: FILL IN/domain: de.acme.example/' \
    -e 's/^currency: FILL IN/currency: EUR/' -e 's#^timezone: FILL IN#timezone: Europe/Berlin#' \
    -e 's/\[FILL IN\]/[eu-central-1]/' -e 's#^  (.*): \{ use: FILL IN \}.*#  \1: { use: local, path: out/de/\1 }#' \
    -e 's/^      network: FILL IN/      network: "10.50"/'
  lacks regions/de.yaml ': FILL IN'
}
# Every offer, or of those that name regions only that of REGION.  `grown` says what was commented out before.
take() {
  cp regions/de.yaml "$work/untaken"
  awk -v as="${1:-}" '
    /^$/ { named = take = 0 }
    /^# As in / { named = 1; here = index($0, "# As in " as) || index($0, ", " as); print; next }
    /^# (shrink|absent|differs|budget|rates|launch):/ { take = named ? here : 1 }
    take { sub(/^# /, "") }
    { print }' "$work/untaken" >regions/de.yaml
  diff "$work/untaken" regions/de.yaml | sed -n 's/^> //p'
}
say 'beside other copies: what differs there only where this one has it, too'
edit regions/us.yaml -e 's/^  hosts: .*/&\n  own: { US: { network: "10.20" } }/'
edit regions/eu.yaml -e 's/^services:/&\n  own: { EU: { network: "10.30" } }\n  later: { sms: soon }/'
cat >>regions/eu.yaml <<'DIFFERS'
differs:
  - { what: services.own, why: "its own: networks", owner: finance }
  - what: services.databases.main.storage_gb
    why: 'the pilot''s data # 140 GB'
    owner: données
    revisit: 2027-03-01
  - { what: services.later, why: only here, owner: channels }
  - { what: "database.database.main#size", why: "100 %", owner: "true" }
DIFFERS
sed -e 's/^region: eu/region: fr/' -e '/^absent:/,/^services:/c\services:' -e 's/eu.acme/fr.acme/' regions/eu.yaml >regions/fr.yaml
landfall check eu
landfall copy us de
sed -n '/^# Smaller/,/^# What differs: /p' regions/de.yaml
fill_in
take eu >/dev/null
landfall check de || fail "an offer is refused"
rm regions/de.yaml
say 'a copy of a copy: what it explained is explained'
landfall copy eu de
fill_in
take
landfall check de || fail "an offer is refused"
rm regions/de.yaml regions/eu.yaml regions/fr.yaml
say 'the first copy of all'
landfall copy us de
fill_in
take
landfall check de || fail "an offer is refused"
rm regions/de.yaml
say 'of what nothing can be smaller'
edit regions/us.yaml -e 's/, replicas: 2//' -e 's/storage_gb: 400/storage_gb: "400"/' -e '/^  own:/d'
edit playbooks/main.lua -e 's/, storage_gb = [^,]*, replicas = [^,]*,/,/'
landfall copy us de
fill_in
take
landfall check de || fail "an offer is refused"
