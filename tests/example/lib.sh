# Sourced by the tests of this folder: a copy of the example to work in, and what they judge it with.
#
#   copy_example PROGRAM ROOT   into a folder that goes away with the test; ends up in it
#   landfall ARGS               runs it, and shows what it said when the exit code is not in $codes
#   same WHAT SEEN WANTED       fails the test, with both, unless they are equal

set -euo pipefail
export PATH="$PATH:/usr/sbin" # where Debian has the checkers of zone files
export NO_COLOR=1

copy_example() {
  program=$1 root=$2 codes=0 failed=0
  folder=$(mktemp -d)
  trap 'end' EXIT
  (cd "$root/scripts/saas" && tar cf - --exclude=./out --exclude=./.landfall .) | tar xf - -C "$folder"
  cd "$folder"
  mkdir -p out/shared
  cp -r live/dns out/shared/dns
}

end() {
  local status=$?
  [ -z "${served:-}" ] || "$root/tests/servers/knot" stop "$served"
  [ -z "${pdns:-}" ] || "$root/tests/servers/pdns" stop "$pdns"
  cd /
  rm -rf "$folder"
  [ "$status" != 0 ] || exit "$failed"
}

# The shell's own word on a killed child is not for the log.
landfall() {
  local status=0
  { "$program" "$@" >"$folder/said" 2>&1 || status=$?; } 2>/dev/null
  case " $codes " in
  *" $status "*) ;;
  *)
    echo "FAIL: landfall $* exited with $status instead of one of: $codes" >&2
    cat "$folder/said" >&2
    exit 1
    ;;
  esac
}

same() {
  [ "$2" = "$3" ] && return 0
  printf 'FAIL: %s\n  seen:   %s\n  wanted: %s\n' "$1" "$2" "$3" >&2
  failed=1
}

# A PowerDNS in $pdns, whose ports are then in $dns_port and $api_port, below those that the system hands out.  Somebody
# else may take a free port before it is bound.
start_pdns() {
  local tries
  pdns=$folder/pdns
  for tries in 1 2 3 4 5; do
    dns_port=$((20000 + RANDOM % 6000)) api_port=$((26000 + RANDOM % 6000))
    "$root/tests/servers/pdns" start "$pdns" "$dns_port" "$api_port" 2>"$folder/started" && return
    "$root/tests/servers/pdns" stop "$pdns"
  done
  cat "$folder/started" >&2
  return 1
}

query() { # DATABASE SQL
  sqlite3 -readonly "$1" "$2"
}

# Both judges: the checkers of BIND and of Knot.
check_zone() { # FOLDER ZONE
  same "named-checkzone $2" "$(named-checkzone -i local -q "$2" "$1/$2.zone" 2>&1 || echo refused)" ""
  same "kzonecheck $2" "$(kzonecheck -o "$2" "$1/$2.zone" 2>&1 || echo refused)" ""
}
