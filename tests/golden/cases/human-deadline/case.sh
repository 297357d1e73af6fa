edit playbooks/main.lua -e 's/(Countersign the data processing agreement",)/\1 deadline = "2020-03-31", remind = 3,/'
more <<'END'
human "bank" { ask = "Open the account", deadline = "2999-01-31", step = { guess = { days = 5 } } }
END
landfall plan eu | sed -n '/^queues/,/todo.whatsapp/p; /warning/,/do:/p'
built apply eu --yes
landfall status eu | grep -v 'Last run'
landfall launch eu --on 2020-03-31
"$binary" launch eu --on 2020-04-01 --json 2>/dev/null | jq '.open[] | {address, deadline, overdue, late, remind_days, reminder}'
say 'another deadline needs no new signature, another text does'
built done eu human.dpa-signed --by Ada --evidence https://acme.example/dpa.pdf
edit playbooks/main.lua -e 's/2020-03-31/2020-05-31/'
landfall launch eu --on 2020-03-31 -q
edit playbooks/main.lua -e 's/Countersign the data/Countersign the second data/'
landfall launch eu --on 2020-03-31 -q
