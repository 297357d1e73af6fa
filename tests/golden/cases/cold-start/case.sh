# A fresh instance is asked over HTTP which region it believes it is in; one that says the old name holds the launch up.
mkdir www && echo '{"region":"us","host":"api-1"}' >www/whoami
python3 - www >port 2>/dev/null <<'END' &
import functools, http.server, sys, threading
serve = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve)
print(server.server_address[1], flush=True)
threading.Timer(100, server.shutdown).start()
server.serve_forever()
END
server=$!
trap 'kill $server' EXIT
for _ in $(seq 100); do [ -s port ] || sleep 0.05; done
port=$(cat port)
edit regions/eu.yaml -e "s#^drivers:#drivers:\n  http: { use: http, url: 'http://127.0.0.1:$port' }#"
playbook <<'END'
local region = landfall.region
local dns, http = landfall.use("dns", "http")
dns.zone "apex" { name = region.domain }
check "cold-start" {
  call = http.check, step = { blocks = "launch" },
  args = { url = "URL", json = { region = region.region } },
}
END
edit playbooks/main.lua -e "s#URL#http://127.0.0.1:$port/whoami#"
landfall apply eu --yes -q | sed -E -e "s/$port/<port>/g" -e '/^Cost/,/of [0-9]+ priced/d'
landfall launch eu | grep check.cold-start
say 'it was told again, and listens'
echo '{"region":"eu","host":"api-1"}' >www/whoami
landfall apply eu --yes -q | sed -E -e "s/$port/<port>/g" -e '/^Cost/,/of [0-9]+ priced/d'
say 'not there at all, when it is asked more'
kill $server
wait $server 2>/dev/null
trap - EXIT
edit playbooks/main.lua -e 's/region = region.region \}/region = region.region, host = "api-1" }/'
landfall apply eu --yes -q | sed -E -e "s/$port/<port>/g" -e '/^Cost/,/of [0-9]+ priced/d'
