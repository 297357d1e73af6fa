#!/bin/sh
# Formatting is clang-format's, and nobody discusses it.
#
#   format.sh ROOT [EXPECTED]   with EXPECTED: the misformatted files must be exactly those listed
#
# Without clang-format the test is skipped (77), except where CI is set.
set -eu
root=$1
expected=${2:-}

if ! command -v clang-format >/dev/null; then
    echo "clang-format is not installed: apt install clang-format"
    [ -z "${CI:-}" ] || exit 1
    exit 77
fi

cd "$root"
found=$(for folder in core plugins include tests; do
    [ ! -d "$folder" ] || find "$folder" -path tests/lint/bad -prune -o -name '*.[ch]' -print
done | LC_ALL=C sort)
if [ -z "$found" ]; then
    echo "no C files below $root"
    exit 1
fi

# Words split on purpose: no file of the tree has a blank in its name.
# shellcheck disable=SC2086
report=$(clang-format --dry-run -Werror --ferror-limit=1 $found 2>&1) || true
bad=$(printf '%s\n' "$report" | sed -n 's/^\([^: ]*\.[ch]\):[0-9]*:[0-9]*: error: .*/\1/p' | LC_ALL=C sort -u)

if [ -n "$expected" ]; then
    [ "$bad" = "$(cat "$expected")" ] && exit 0
    printf 'expected:\n%s\nfound:\n%s\n' "$(cat "$expected")" "$bad"
    exit 1
fi
if [ -n "$report" ]; then
    printf '%s\n' "$report" | grep -E '^[^ ]*:[0-9]+:[0-9]+: ' || printf '%s\n' "$report"
    echo "run: clang-format -i" $bad
    exit 1
fi
