more <<'END'
dns.record "live" { zone = zone.id, type = "TXT", name = "live", values = { "signed" }, step = { after = { "human.dpa-signed" } } }
END
landfall apply eu --yes
refused done eu human.dpa-signed
refused done eu human.dpa-singed --by Ada --evidence x
refused done eu todo.whatsapp --by Ada --evidence x
landfall done eu human.dpa-signed --by 'Ada Byron' --evidence https://acme.example/dpa.pdf
say 'a second person, or the same one again, has to mean it'
refused done eu human.dpa-signed --by Bob --evidence https://acme.example/other.pdf
refused done eu human.dpa-signed --by "$(printf 'Ada\nByron')" --evidence https://acme.example/dpa.pdf
refused done eu human.dpa-signed --by "$(printf '%0201d' 0)" --evidence https://acme.example/dpa.pdf | sed -E 's/0{201}/<201 characters>/'
landfall done eu human.dpa-signed --by Bob --evidence https://acme.example/other.pdf --yes
sqlite3 .landfall/eu.db "select json_extract(entry, '$.by') from audit where kind = 'human.done' order by seq"
landfall resume eu --yes
landfall status eu
landfall history eu human.dpa-signed
say 'who is told that it waits hears that it waits no more, and nobody else'
export HOOK_KEY=the-key-of-the-hook
cat >>landfall.yaml <<'END'
notices:
  sinks:
    legal: { kind: webhook, url: "http://127.0.0.1:1/", key: !secret env:HOOK_KEY }
    dns: { kind: webhook, url: "http://127.0.0.1:1/", key: !secret env:HOOK_KEY }
  rules: [{ to: [legal], about: [waits], owner: [legal] }, { to: [dns], about: [waits, done], owner: [dns-team] }]
END
built done eu human.dpa-signed --by Cy --evidence https://acme.example/dpa.pdf --yes
sqlite3 .landfall/eu.db "select sink, json_extract(body, '\$.kind'), json_extract(body, '\$.title'), json_extract(body, '\$.text') from notice" 2>&1
