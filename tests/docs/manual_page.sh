#!/usr/bin/env bash
# manual_page.sh PAGE: mandoc finds nothing to warn of.  Without mandoc it is skipped (77), except in CI.
set -euo pipefail
if ! command -v mandoc >/dev/null; then
  echo 'mandoc is not installed: apt install mandoc' >&2
  [ -z "${CI:-}" ] || exit 1
  exit 77
fi
# That it would warn is proved on a page cut off in the middle of a list.
cut=$(head -n 60 "$1" | mandoc -T lint -W warning || true)
[ -n "$cut" ] || { echo "mandoc finds nothing wrong with half a page" >&2 && exit 1; }
mandoc -T lint -W warning "$1"
