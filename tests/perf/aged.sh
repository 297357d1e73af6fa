#!/usr/bin/env bash
# What a command costs in a region with a long past: a small plan, and a store in which so much has happened.
#
#   aged.sh BUILD RUNS COUNT...
#
# Prints a line per command: its processor time in ms (the least of RUNS) for each COUNT of past events, operations, audit entries
# and notices.  With AGED_MOST=RATIO it fails when a command that is to stay flat costs more than RATIO times as much behind the
# last COUNT as behind the first one, and 5 ms more, which is where noise ends.
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

# row MUST NAME BEFORE ARGS...: MUST is flat, or long for a command that reads the past on purpose.
row() {
  local must=$1 name=$2 count
  shift 2
  for count in $counts; do
    take "$name" "$count" "$@"
  done
  printf '%-22s' "$name"
  for count in $counts; do
    printf ' %9s' "${ms[$name $count]}"
  done
  if [ $must = long ]; then
    printf '   reads it all'
  elif [ -n "${AGED_MOST:-}" ] &&
    awk -v a="${ms[$name $first]}" -v b="${ms[$name $last]}" -v most="$AGED_MOST" 'BEGIN { exit !(b > a * most && b > a + 5) }'; then
    printf '   more than %s times as much' "$AGED_MOST"
    failed=1
  fi
  printf '\n'
}

counts=$*
first=$1 last=${!#}
printf '%-22s' "cpu ms, least of $runs"
printf ' %9s' "$@"
printf '\n'
turn='n=$(date +%s%N) && sed -i "s/turn: .*/turn: $n }/" regions/eu.yaml'
row flat status "" status eu
row flat plan "" plan eu
row flat apply "$turn" -q apply eu --yes
row flat 'apply PLAN' "$turn && $landfall -q plan eu -o eu.plan >/dev/null" -q apply eu.plan --yes
row flat notices "" notices eu
row flat 'notices --send' "" notices eu --send
row flat 'history ADDRESS' "" history eu dns.record.r7
# Whatever its own stores measured, as far back as 200 000 events.
row long launch "" launch eu
row long board "" board eu
# All runs are listed.
row long history "" history eu
row long 'history, never seen' "" history eu dns.record.nowhere
# Who says where data is, or hands the chain on, has verified all of it.
row long residency "" residency eu
row long 'residency --refresh' "" -q residency eu --refresh
row long report "" report eu --format json
exit $failed
