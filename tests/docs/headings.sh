#!/usr/bin/env bash
# headings.sh ROOT: each driver has a section `# <subsystem>-<driver>` in its folder's README.md, with the headings that all drivers
# have, in their order.
set -euo pipefail
cd "$1/plugins"
wanted='What it manages
Settings
Types
Idempotency
What recover can tell
Costs
Limits and pools
Permissions needed
Tested against
Since'
drivers=$(sed -n 's/^landfall_driver(\([a-z0-9_-]*\) \([a-z0-9_-]*\).*/\1 \2/p' ./*/CMakeLists.txt)
[ -n "$drivers" ] || { echo "no drivers below $1/plugins" >&2 && exit 1; }
failed=0
while read -r subsystem driver; do
  seen=$(sed -n "/^# $subsystem-$driver\$/,/^# /s/^## //p" "$subsystem/README.md")
  # A section may go on with headings of its own.
  if [ "$(head -n 10 <<<"$seen")" != "$wanted" ]; then
    printf 'FAIL: plugins/%s/README.md: section %s-%s has the headings\n%s\n' "$subsystem" "$subsystem" "$driver" "$seen" >&2
    failed=1
  fi
done <<<"$drivers"
exit $failed
