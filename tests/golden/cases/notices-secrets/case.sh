# What sinks are told with is looked at when a project is checked, not only when a notice is sent.
cat >>landfall.yaml <<'END'
notices:
  sinks:
    audit: { kind: webhook, url: "https://hooks.example/a", key: !secret env:AUDIT_KEY }
    ops: { kind: webhook, url: "https://hooks.example/o", key: !secret env:OPS_KEY }
    people: { kind: mail, server: "smtps://mail.example:465", from: ada@acme.example, to: [bob@acme.example], user: ada, password: !secret env:MAIL_PASSWORD }
    team: { kind: slack, url: !secret env:TEAM_URL }
  rules: [{ to: [audit, ops, people, team], about: [failed] }]
END
unset AUDIT_KEY OPS_KEY MAIL_PASSWORD TEAM_URL
say 'what is not set is for whoever sends to set'
landfall check eu
export AUDIT_KEY=short OPS_KEY='whsec_???' MAIL_PASSWORD=abc TEAM_URL=https://hooks.example/t
refused check eu
say 'with a region that is broken, too'
edit regions/eu.yaml -e 's/^place:/palce:/'
refused check eu
edit regions/eu.yaml -e 's/^palce:/place:/'
say 'mended'
export AUDIT_KEY=long-enough-a-key OPS_KEY=whsec_bG9uZyBlbm91Z2ggYSBrZXk= MAIL_PASSWORD=correct-horse
landfall check eu
