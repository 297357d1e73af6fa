#!/usr/bin/env bash
# run.sh LANDFALL BUILD CASE: runs CASE/case.sh in a fresh copy of base/ (and of CASE/files, when there is one) and compares
# what it prints with CASE/expected.  UPDATE=1 rewrites that file, for git diff to review.
#
# What a case can say, besides shell:
#   landfall ARGS        the command, its output (both streams) and its exit code
#   refused ARGS         the same, and it fails the case unless the exit code is 1 and not one file of the project changed
#   built ARGS           quietly: a step on the way that must work (exit 0, or 3 when it waits for people)
#   say TEXT             a heading
#   playbook, more       a new playbook, or more of it, from standard input; region NAME: a region's file
#   edit FILE SED...     changes a file, and fails the case when nothing came of it
#   holds FILE TEXT      fails the case unless the file has a line with TEXT; lacks: the other way round
# $plugins is where the drivers are, $abi where those of tests/abi are.  What differs from run to run becomes a word in <>.
set -uo pipefail
binary=$(realpath "$1") plugins=$(realpath "$2/plugins") abi=$(realpath -m "$2/tests/abi/plugins") case=$(realpath "$3")
golden=$(cd "$(dirname "$0")" && pwd)
# Not below /tmp: what others may write to is no place for plugins or projects.
work=$(mktemp -d "$(realpath "$2")/golden.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp -r "$golden/base" "$work/project"
[ ! -d "$case/files" ] || cp -r "$case/files/." "$work/project/"
cd "$work/project" || exit 1
export LC_ALL=C.UTF-8 TZ=UTC NO_COLOR=1
unset LANDFALL_DEBUG COLUMNS TERM

say() { printf -- '--- %s\n' "$*"; }
# Told apart from what is compared, so that UPDATE=1 cannot write a failure down as expected.
fail() {
  printf 'FAILED: %s\n' "$*"
  printf '%s: %s\n' "$(basename "$case")" "$*" >>"$work/failed"
}
landfall() {
  printf '$ landfall'
  [ $# -eq 0 ] || printf ' %q' "$@"
  printf '\n'
  local code
  # The braces swallow what the shell says of a process that was killed.
  { "$binary" "$@" 2>&1 </dev/null; code=$?; } 2>/dev/null
  printf '[exit %d]\n' $code
  return $code
}
# Every file and folder of the project with its mode, size, time of change and bytes.
snapshot() {
  find . -printf '%y %m %s %T@ %p\n' | LC_ALL=C sort
  find . -type f -exec sha256sum {} + | LC_ALL=C sort
}
nothing_written() {
  snapshot >"$work/after"
  diff "$work/before" "$work/after" >"$work/changes" || fail "something was written: $(cat "$work/changes")"
}
refused() {
  snapshot >"$work/before"
  landfall "$@"
  [ $? -eq 1 ] || fail "exit code is not 1: landfall $*"
  nothing_written
}
built() {
  "$binary" "$@" >"$work/built" 2>&1 </dev/null
  case $? in
  0 | 3) ;;
  *) fail "landfall $*: $(cat "$work/built")" ;;
  esac
}
playbook() { cat >playbooks/main.lua; }
more() { cat >>playbooks/main.lua; }
region() { cat >"regions/$1.yaml"; }
edit() {
  cp "$1" "$work/unedited"
  sed -i -E "${@:2}" "$1" || fail "cannot edit $1"
  ! cmp -s "$1" "$work/unedited" || fail "the edit of $1 changed nothing"
}
holds() { grep -qF -- "$2" "$1" || fail "'$2' is not in $1: $(cat "$1")"; }
lacks() { ! grep -qF -- "$2" "$1" || fail "'$2' is in $1"; }
# That a day is past: a case with a fixed one would otherwise differ from the day after on.
# Times, durations, digests, random names, process numbers and this folder's path; and steps that run side by side end in any
# order, so the lines that tell of them are sorted.
steady() {
  sed -E -e "s#$work/project#PROJECT#g; s#$work#WORK#g; s#$plugins#PLUGINS#g; s#$abi#ABI#g" \
    -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]+)?Z/<time>/g; s/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(:[0-9]{2})?/<time>/g' \
    -e 's/^[0-9]{2}:[0-9]{2}:[0-9]{2} /<time> /' \
    -e 's/\b[0-9a-f]{64}\b/<digest>/g; s/\b[0-9a-f]{32}\b/<id>/g; s/lf1\.[a-z2-7]{26}/<marker>/g; s/\b[0-9a-f]{4}(…|\.\.\.)[0-9a-f]{2,4}/<digest>/g' \
    -e 's/  [0-9]+(\.[0-9]+)? (ms|s|min)\b/  <took>/g; s/\b(in|after) [0-9]+(\.[0-9]+)? (ms|s|min)\b/\1 <took>/g' \
    -e 's/\brun [0-9a-f]{8}\b/run <run>/; s/\b(P|p)lan [0-9a-f]{8,12}\b/\1lan <digest>/' \
    -e '/^Seen from [0-9-]+, which is past: /d' \
    -e 's/\bpid [0-9]+/pid <pid>/g; s/ on host [^ ,)]+/ on host <host>/g; s/\brow [0-9]+ of table/row <n> of table/' |
    awk '
      function flush(  i) { for (i = 1; i <= count; i++) print line[i] | "sort"; close("sort"); count = 0 }
      /^<time> [a-z]/ { line[++count] = $0; next }
      { if (count) { flush() } print; fflush() }
      END { if (count) flush() }'
}

actual=$work/actual
( . "$case/case.sh" ) 2>&1 | steady >"$actual"
if [ -s "$work/failed" ]; then
  cat "$actual" >&2
  cat "$work/failed" >&2
  exit 1
fi
if [ -n "${UPDATE:-}" ]; then
  cp "$actual" "$case/expected"
  exit 0
fi
[ -f "$case/expected" ] || { echo "no '$case/expected': write it with UPDATE=1 and review it" >&2; exit 1; }
diff -u "$case/expected" "$actual"
