#!/usr/bin/env bash
# What a command costs in a region with a long past: a small plan, and a store in which so much has happened.
#
#   aged.sh BUILD RUNS COUNT...
#
# Prints a line per command: its processor time in ms (the least of RUNS) for each COUNT of past events, operations, audit entries
# and notices.  With AGED_MOST=RATIO it fails when the last COUNT costs a command more than RATIO times what the first one does
# (and more than 10 ms, which is where noise begins).
set -euo pipefail
export LC_ALL=C.UTF-8 TZ=UTC NO_COLOR=1
unset LANDFALL_DEBUG COLUMNS
build=$(realpath "$1") runs=$2
shift 2
landfall=$build/core/landfall aged=$build/tests/perf/perf_aged measure=$build/tests/perf/perf_measure
# Not below /tmp: what others may write to is no place for projects.
work=$(mktemp -d "$build/aged.XXXXXX")
[ -n "${AGED_KEEP:-}" ] || trap 'rm -rf "$work"' EXIT

# Twenty records, five databases that hold data, a question to a person, and people who want to hear of what fails.
mkdir "$work/young" && cd "$work/young"
mkdir playbooks regions
cat >landfall.yaml <<'END'
playbook: playbooks/main.lua
notices:
  sinks:
    team: { kind: webhook, url: "http://127.0.0.1:1/" }
  rules:
    - { to: [team], about: [failed] }
END
cat >regions/eu.yaml <<'END'
region: eu
title: Europe
jurisdiction: EU
place: eu-west-1
domain: eu.acme.example
currency: EUR
services: { turn: 0 }
residency:
  customer: [eu-west-1]
drivers:
  dns: { use: local, path: out/dns }
  database: { use: local, path: out/databases }
launch:
  target: 2030-12-15
END
cat >playbooks/main.lua <<'END'
local dns, database = landfall.use("dns", "database")
local zone = dns.zone "apex" { name = landfall.region.domain }
for i = 1, 20 do
  dns.record("r" .. i) { zone = zone.id, type = "A", name = "r" .. i, values = { "192.0.2." .. i } }
end
dns.record "turn" { zone = zone.id, type = "TXT", name = "turn", values = { "turn " .. landfall.region.services.turn } }
for i = 1, 5 do
  database.database("d" .. i) { name = "d" .. i, place = "eu-west-1", step = { holds = { "customer" } } }
end
human "signed" { ask = "Sign it", step = { owner = "legal", blocks = "launch" } }
END
"$landfall" -q plan eu -o eu.plan --by ada >/dev/null
"$landfall" -q approve eu.plan --by bob --why 'it is due' --yes >/dev/null
# Exit 3: it waits for a person.
"$landfall" -q apply eu.plan --yes >/dev/null || [ $? = 3 ]

for count in "$@"; do
  cp -r "$work/young" "$work/$count"
  "$aged" "$work/$count/.landfall/eu.db" eu "$count"
  # A run of its own, after all that, as in real life.
  sed -i "s/turn: .*/turn: 1 }/" "$work/$count/regions/eu.yaml"
  (cd "$work/$count" && "$landfall" -q apply eu --yes >/dev/null) || [ $? = 3 ]
done

declare -A ms
failed=0
# take NAME COUNT BEFORE ARGS...: the runs of the ages follow each other closely, so that a busy machine is busy for all of them.
take() {
  local name=$1 count=$2 before=$3 least status
  shift 3
  read -r _ _ _ _ status least < <(cd "$work/$count" && "$measure" "$runs" "$before" "$landfall" "$@" 2>/dev/null)
  case $status in
  0 | 3) ;;
  *)
    echo "aged.sh: 'landfall $*' ended with $status" >&2
    exit 1
    ;;
  esac
  ms[$name $count]=$least
}

row() {
  local name=$1 count
  shift
  for count in $counts; do
    take "$name" "$count" "$@"
  done
  printf '%-22s' "$name"
  for count in $counts; do
    printf ' %9s' "${ms[$name $count]}"
  done
  if [ -n "${AGED_MOST:-}" ] &&
    awk -v a="${ms[$name $first]}" -v b="${ms[$name $last]}" -v most="$AGED_MOST" 'BEGIN { exit !(b > a * most && b > a + 10) }'; then
    printf '   more than %s times as dear' "$AGED_MOST"
    failed=1
  fi
  printf '\n'
}

counts=$*
first=$1 last=${!#}
printf '%-22s' "cpu ms, least of $runs"
printf ' %9s' "$@"
printf '\n'
row status "" status eu
row plan "" plan eu
row apply 'n=$(date +%s%N) && sed -i "s/turn: .*/turn: $n }/" regions/eu.yaml' -q apply eu --yes
row launch "" launch eu
row board "" board eu
row notices "" notices eu
row 'notices --send' "" notices eu --send
row 'apply PLAN' 'n=$(date +%s%N) && sed -i "s/turn: .*/turn: $n }/" regions/eu.yaml && '"$landfall"' -q plan eu -o eu.plan >/dev/null' -q apply eu.plan --yes
row history "" history eu
row 'history ADDRESS' "" history eu dns.record.r7
row history-rare '' history eu dns.record.nowhere
row residency "" residency eu
row 'residency --refresh' "" -q residency eu --refresh
row report "" report eu --format json
exit $failed
