region eu <<'END'
region: eu
title: Europe
jurisdiction: EU
place: eu-west-1
domain: eu.acme.example
currency: EUR
drivers:
  http: { use: http, url: "http://0.0.0.0:9/v1", ready: /up }
END
playbook <<'END'
local http = landfall.use "http"
http.resource "a" {
  body = { name = "a" }, marker = "owner",
  create = { path = "/a" }, read = { path = "/a/{id}" }, delete = { path = "/a/{id}" },
}
check "up" { call = http.check, args = { url = "/up", certificate_days = 14 } }
END
say 'beyond loopback nothing is asked without TLS'
refused plan eu
say 'unless the operator names the host'
echo 'http: { plain: [0.0.0.0] }' >>landfall.yaml
"$binary" plan eu 2>&1 | grep -c 'without TLS'
"$binary" plan eu 2>&1 | grep -o 'cannot reach the service at .http://0.0.0.0:9/v1. to answer ./up.'
say 'wrong words'
sed -i '$d' landfall.yaml
echo 'http: { plain: ["http://0.0.0.0"], ca_file: none.pem, verify: false }' >>landfall.yaml
refused plan eu
sed -i '$d' landfall.yaml
echo 'http: { plain: ["http://0.0.0.0"], ca_file: none.pem }' >>landfall.yaml
refused plan eu
sed -i '$d' landfall.yaml
edit regions/eu.yaml 's#http://0.0.0.0:9/v1#ftp://api.example#'
refused plan eu
say 'a line break in a secret makes no header of it'
region eu <<'END'
region: eu
title: Europe
jurisdiction: EU
place: eu-west-1
domain: eu.acme.example
currency: EUR
drivers:
  dns: { use: powerdns, url: "http://127.0.0.1:9", api_key: !secret env:GOLDEN_SECRET, nameservers: [ns1.acme.example] }
END
playbook <<'END'
landfall.use("dns").zone "apex" { name = landfall.region.domain }
END
sed -i '$d' landfall.yaml
GOLDEN_SECRET=$'correct-horse\nX-Evil: yes' refused plan eu
