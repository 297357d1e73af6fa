cat >>landfall.yaml <<'END'
notices:
  give_up: 3
  sinks:
    team: { kind: slak, url: "https://hooks.example/x" }
    ops: { kind: webhook, url: "http://hooks.example/x", key: not-a-secret }
    people: { kind: mail, server: mail.example, from: "Ada <ada@acme.example>", to: ["ada@acme.example\nBcc: eve@evil.example"] }
  rules:
    - { to: [teem], about: [fialed] }
    - { to: [ops], about: [run_ended], owner: [legal] }
    - { to: [], about: [failed], class: [sharde] }
END
refused check eu
