more <<'END'
check "answers" { http = { url = "http://127.0.0.1:9/" }, step = { owner = "platform" } }
dns.record "after" { zone = zone.id, type = "TXT", name = "after", values = { "on" }, step = { after = { "check.answers" } } }
END
built apply eu --yes
say 'what failed needs somebody, and nobody knows how long that takes'
landfall launch eu --on 2026-11-26 | sed -E -e 's/answer: .*/answer: <why>/' -e 's/[0-9.]+ s (\(measured)/<took> \1/'
edit playbooks/main.lua -e '/check "answers"/d' -e '/dns.record "after"/d'
landfall done eu human.dpa-signed --by 'Ada Byron' --evidence https://acme.example/dpa.pdf
landfall launch eu --on 2026-11-26
