#!/usr/bin/env bash
# run.sh LANDFALL PLUGINS CASE: runs CASE/case.sh in a fresh copy of base/ (and of CASE/files, when there is one) and compares.
# In a case, `landfall ARGS` prints the command, its output (both streams) and its exit code; `say TEXT` prints a heading;
# $build/plugins is where the drivers are. What differs from run to run is replaced by a word in <>.
set -uo pipefail
binary=$(realpath "$1") plugins=$(realpath "$2") case=$(realpath "$3")
golden=$(cd "$(dirname "$0")" && pwd)
# Not below /tmp: what others may write to is no place for plugins or projects.
work=$(mktemp -d "$plugins/../golden.XXXXXX")
work=$(realpath "$work")
trap 'rm -rf "$work"' EXIT
cp -r "$golden/base" "$work/project"
[ ! -d "$case/files" ] || cp -r "$case/files/." "$work/project/"
cd "$work/project" || exit 1
export LC_ALL=C.UTF-8 TZ=UTC NO_COLOR=1
unset LANDFALL_DEBUG COLUMNS

say() { printf -- '--- %s\n' "$*"; }
landfall() {
  printf '$ landfall'
  printf ' %q' "$@"
  printf '\n'
  "$binary" "$@" 2>&1 </dev/null
  printf '[exit %d]\n' $?
}
# Times, durations, digests, random names, process numbers and this folder's path.
steady() {
  sed -E -e "s#$work/project#PROJECT#g; s#$work#WORK#g; s#$plugins#PLUGINS#g" \
    -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]+)?Z/<time>/g; s/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(:[0-9]{2})?/<time>/g' \
    -e 's/^[0-9]{2}:[0-9]{2}:[0-9]{2} /<time> /' \
    -e 's/\b[0-9a-f]{64}\b/<digest>/g; s/\b[0-9a-f]{32}\b/<id>/g; s/lf1\.[a-z2-7]{26}/<marker>/g; s/\b[0-9a-f]{4}(…|\.\.\.)[0-9a-f]{2,4}/<digest>/g' \
    -e 's/\b[0-9]+(\.[0-9]+)? (ms|s)\b/<took>/g; s/\bpid [0-9]+/pid <pid>/g; s/ on host [^ ,)]+/ on host <host>/g'
}

actual=$work/actual
( . "$case/case.sh" ) 2>&1 | steady >"$actual"
if [ -n "${UPDATE:-}" ]; then
  cp "$actual" "$case/expected"
  exit 0
fi
[ -f "$case/expected" ] || { echo "no '$case/expected': write it with UPDATE=1 and review it" >&2; exit 1; }
diff -u "$case/expected" "$actual"
