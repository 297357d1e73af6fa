# A standard stream that is closed, full or gone: landfall works, keeps its files clean and does not fall over.
with() { # TEXT ARGS, redirected by the caller
  "$binary" "${@:2}"
  echo "$1: exit $?" >>streams
}
say 'closed streams are no place for files'
with 'check without input' check eu <&- >said
with 'check without output' check eu >&- 2>told
with 'check without errors' check eu 2>&- >said
with 'a refusal without errors' check nowhere 2>&- >said
with 'plan without any' plan eu -o eu.plan <&- >&- 2>&-
with 'apply without any' apply eu.plan --yes <&- >&- 2>&-
cat streams told
holds eu.plan '"format":"landfall.plan/1"'
lacks eu.plan 'landfall plan ·'
landfall plan eu -q
say 'what could not be said is told'
rm streams
with 'a full disk' status eu >/dev/full 2>told
cat streams told
say 'a reader that went away is told nothing'
rm streams
{ sleep 0.5; with 'a closed pipe' status eu 2>told; } | :
cat streams told
