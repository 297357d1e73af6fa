# What should have been !secret is refused, and not shown: messages land in logs that many read.
unseen() { ! grep -rqE 'c0ffee|deadbeef|hush' "$work/said" || fail "a secret was shown: $(cat "$work/said")"; }
told() { refused "$@" >"$work/said"; cat "$work/said"; unseen; }
more_yaml() { cat >>landfall.yaml; }
edit landfall.yaml -e '$akey: "0123456789c0ffee"   # of the store'
told check eu
edit landfall.yaml -e 's/^key:.*/key: 0123456789, c0ffee/'
told plan eu
told plan eu --json
edit landfall.yaml -e '/^key:/d'
more_yaml <<'END'
notices:
  sinks:
    ops: { kind: webhook, url: "http://hooks.example/ü", key: "ü\"c0ffee", colour: red }
    people: { kind: mail, password: hush-deadbeef, server: mail.example, from: x, to: [] }
END
told check eu
more_yaml <<'END'
key: "a
  c0ffee"
END
told check eu
say 'of a driver'
edit landfall.yaml -e '/^notices:/,$d'
edit regions/eu.yaml -e 's/dns: .*/dns: { use: powerdns, url: "http:\/\/127.0.0.1:9\/", api_key: deadbeef-deadbeef }/'
told check eu
