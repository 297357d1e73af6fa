# root may write anywhere: take that power away.
chmod a-w .
snapshot >"$work/before"
landfall_as_user() {
  printf '$ landfall %s\n' "$*"
  if [ "$(id -u)" = 0 ]; then
    setpriv --bounding-set=-dac_override,-dac_read_search,-fowner "$binary" "$@" 2>&1 </dev/null
  else
    "$binary" "$@" 2>&1 </dev/null
  fi
  printf '[exit %d]\n' $?
}
landfall_as_user apply eu --target dns.zone.apex --yes -q
nothing_written
say 'what drivers could not write either is found before anything is begun'
landfall_as_user apply eu --yes -q
nothing_written
say 'a plan needs no more than to read'
landfall_as_user plan eu --target dns.zone.apex
nothing_written
chmod u+w .
