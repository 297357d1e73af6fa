# A name that points at nothing passes in silence unless somebody says so: a must that looks at no step, a time of no step.
mkdir policies
cat >policies/ours.lua <<'END'
local function never(step) return "no" end
rule "sealed" { level = "must", why = "w", each = "dns.recrd", check = never }
rule "small" { level = "must", why = "w", each = { "databse.*", "dns.zone" }, actions = "forget", check = never }
rule "deep" { level = "must", why = "w", each = "dns.record.app.more", check = never }
rule "shouts" { level = "must", why = "w", each = "hmuan", check = never }
rule "far off" { level = "must", why = "w", each = "zebra.*.x-*", check = never }
rule "no step today" { level = "must", why = "w", each = "database.user", check = never }
rule "no driver here" { level = "must", why = "w", each = { "billing.tax", "exec.*" }, check = never }
rule "by letters" { level = "must", why = "w", each = { "d*.record.never", "*.*.never", "todo.never", "human" }, actions = "forget", check = never }
END
landfall check eu
landfall plan eu | sed -n '/looks at/,+1p'
landfall policy list
"$binary" policy list --json 2>"$work/warned" | sed -n 1,3p
sed -n 1p "$work/warned"
rm -r policies
say 'times of what takes none'
cat >>regions/eu.yaml <<'END'
rehearse:
  durations:
    check: 1s
    database.databse: 10m
    database.query: 1s
    dns.record: 1m
    dns.record.app: 2m
    human.dpa: 5d
    zebra.crossing: 1m
END
landfall check eu
refused rehearse eu
refused rehearse eu --json
edit regions/eu.yaml -e 's/databse/database/' -e 's/human.dpa:/human.dpa-signed:/' -e '/zebra/d'
landfall check eu
landfall rehearse eu --rounds 1 -q
