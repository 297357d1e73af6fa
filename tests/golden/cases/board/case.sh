# Days go on; what is said of them must not.
days() { sed -E 's/20[0-9]{2}-[0-9]{2}-[0-9]{2}/<date>/g; s/\b[0-9]+ days? (to spare|late)/<days> \1/g; s/"days_(late|left|p50|p90)": -?[0-9]+/"days_\1": <days>/'; }
more <<'END'
human "kyc" { ask = "Know your customer", deadline = "2026-01-31", step = { owner = "finance", guess = { days = 20 } } }
END
# Long ago, whenever this runs.
edit regions/eu.yaml -e 's/2026-12-15/2026-01-15/'
mkdir -p waivers policies
cat >policies/ours.lua <<'END'
rule "queues are small" {
  level = "must_with_waiver", why = "a first year needs no more", each = "queue.queue",
  check = function(step) end,
}
END
cat >waivers/old-disks.yaml <<'END'
rule: queues are small
steps: [queue.queue.mail]
owner: data-platform
reason: the old disks go in March
expires: 2026-01-31
told: [security]
END
sed -e 's/queue.mail/queue.mail-dead/; s/2026-01-31/2099-12-31/; s/in March/some day/' waivers/old-disks.yaml >waivers/slow-disks.yaml
refused board eu --send
landfall board eu | days
built apply eu --yes
landfall board eu --ascii | days
cat >>landfall.yaml <<'END'
notices:
  sinks:
    team: { kind: slack, url: "http://127.0.0.1:1/" }
  rules:
    - { to: [team], about: [digest, deadline, waiver] }
END
landfall board eu --send | days
landfall board eu --send --quiet
landfall board eu --send | tail -n 1
landfall board eu | grep 'the same day' | days
# The day after, as far as is known: a step was added that takes long.
more <<'END'
human "audit" { ask = "Have it audited", step = { owner = "legal", guess = { days = 90 } } }
END
landfall board eu | days
landfall board eu --json | sed -e 1d -e '$d' | jq 'del(.money)' | days
landfall notices eu --json | sed -e 1d -e '$d' | jq -r '.notices[].notice | .title, .text' | days
