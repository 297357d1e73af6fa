# Sinks that nobody listens at: what is told is due, and stays so.
landfall notices eu
cat >>landfall.yaml <<'END'
notices:
  sinks:
    ops: { kind: webhook, url: "http://127.0.0.1:1/", key: !secret env:HOOK_KEY }
    people: { kind: mail, server: "smtp://127.0.0.1:1", from: landfall@acme.example, to: [ada@acme.example] }
  rules:
    - { to: [ops], about: [failed, waits, blocked, run_ended], owner: [dns-team] }
END
refused check eu
edit landfall.yaml -e 's/, run_ended\], owner: .*/, run_ended] }/'
landfall notices eu
more <<'END'
human "sign" { ask = "Sign <it> & send it", step = { owner = "legal" } }
END
export HOOK_KEY=the-key-of-the-hook
landfall apply eu --yes
landfall notices eu
landfall notices eu --send
unset HOOK_KEY
landfall notices eu --send
landfall notices eu --json | sed -e 1d -e '$d' | jq 'del(.notices[].notice.key, .notices[].due_at)'
