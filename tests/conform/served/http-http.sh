#!/usr/bin/env bash
# http-http.sh LANDFALL ROOT DRIVER.so: `landfall plugin test` on the double of a REST API, with ids that the client
# chooses and with ids that the service chooses.
set -euo pipefail
landfall=$1 root=$2 driver=$3
for program in python3 curl; do
  command -v "$program" >/dev/null && continue
  echo "$program is missing: apt-get install $program" >&2
  [ "${CI:-}" = true ] && exit 1 || exit 77
done
folder=$(mktemp -d)
trap '"$root/tests/servers/rest" stop "$folder" || true; rm -rf "$folder"' EXIT
port=$("$root/tests/servers/free_port")
"$root/tests/servers/rest" start "$folder" "$port"
export REST_TOKEN=sesame-open-now
settings="settings: { url: \"http://127.0.0.1:$port\", bearer: !secret env:REST_TOKEN, ready: /v1/up }"

cat >"$folder/named.yaml" <<END
$settings
types:
  resource:
    create:
      key: "\${name}"
      body: { name: "\${name}", size: 1 }
      secrets: { password: "\${secret}" }
      marker: labels.owner
      inflight_ms: 0
      create: { method: PUT, path: "/v1/named/{key}" }
      read: { path: "/v1/named/{key}" }
      update: { method: PUT, path: "/v1/named/{key}" }
      delete: { path: "/v1/named/{key}" }
    update: { body: { name: "\${name}", size: 2 } }
    replace: { key: "\${name}-b" }
END
cat >"$folder/things.yaml" <<END
$settings
types:
  resource:
    create:
      body: { name: "\${name}", size: 1 }
      marker: labels.owner
      inflight_ms: 0
      create: { path: "/v1/things" }
      read: { path: "/v1/things/{id}" }
      update: { path: "/v1/things/{id}" }
      delete: { path: "/v1/things/{id}" }
      search: { path: "/v1/things?owner={marker}", list: data, more: next }
      find: { path: "/v1/things?name={name}", by: name, list: data, more: next }
    update: { body: { name: "\${name}", size: 2 } }
END
for sheet in named things; do
  "$landfall" plugin test "$driver" --settings "$folder/$sheet.yaml"
done
if [ -s "$folder/objects" ]; then
  echo "FAIL: something was left behind:" >&2
  cat "$folder/objects" >&2
  exit 1
fi
