more <<'END'
human "countries" {
  ask = "Load the list of countries",
  probe = {
    call = database.query, args = { database = "main", sql = "select count(*) as n from country" },
    expect = { rows = { { n = 2 } } },
  },
}
human "site" { ask = "Put the site up", probe = { http = { url = "http://127.0.0.1:9/", contains = "acme" } } }
END
edit landfall.yaml -e '$a parallel: 1'
built apply eu --yes
say 'what is missing'
refused done eu human.dpa-signed --by Ada --evidence contract.pdf
refused done eu human.dpa-signed --by Ada --evidence LEGAL-123
refused done eu human.dpa-signed --by Ada --evidence regions
: >empty.pdf
refused done eu human.dpa-signed --by Ada --evidence empty.pdf
truncate -s 70M huge.pdf
refused done eu human.dpa-signed --by Ada --evidence huge.pdf
rm huge.pdf empty.pdf
refused done eu human.dpa-signed --by Ada --evidence https://ada:hunter2hunter2@docs.acme.example/dpa.pdf
refused done eu human.dpa-signed --by Ada --evidence https://ada:x@y@docs.acme.example
say 'a document, from the folder one works in'
mkdir signed && echo 'signed by both' >signed/dpa.pdf
cd signed
landfall done eu human.dpa-signed --by 'Ada Byron' --evidence dpa.pdf
refused done eu human.dpa-signed --by Bob --evidence dpa.pdf
cd ..
landfall history eu human.dpa-signed -n 1
say 'a probe that does not agree'
refused done eu human.countries --by Ada --evidence https://acme.example/countries
refused done eu human.site --by Ada --evidence https://acme.example/site
say 'and one that does'
sqlite3 out/eu/databases/main.db "create table country (code); insert into country values ('IE'), ('FR')"
landfall done eu human.countries --by Ada --evidence https://acme.example/countries
landfall launch eu --on 2026-11-26 -q
say 'an address with a user and a port holds no password'
sed -i "/^human .site./d" playbooks/main.lua
echo "human \"site\" { ask = \"Put the site up\" }" >>playbooks/main.lua
landfall done eu human.site --by Ada --evidence https://acme.example:8443/@ada/site:1
