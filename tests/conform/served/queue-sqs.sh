#!/usr/bin/env bash
# queue-sqs.sh LANDFALL ROOT DRIVER.so: `landfall plugin test` on the strict double of SQS and SNS.
set -euo pipefail
landfall=$1 root=$2 driver=$3
if ! command -v python3 >/dev/null; then
  echo "python3 is missing: apt-get install python3" >&2
  [ "${CI:-}" = true ] && exit 1 || exit 77
fi
folder=$(mktemp -d)
trap '"$root/tests/servers/sqs" stop "$folder" || true; rm -rf "$folder"' EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$root/tests/servers/sqs" start "$folder" "$port"
"$root/tests/servers/sqs" tell "$folder" set '{"quarantine": 0}' >/dev/null
export SQS_KEY=AKIDEXAMPLE SQS_SECRET=wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY
cat >"$folder/sheet.yaml" <<END
settings:
  region: eu-west-1
  partition: aws
  account: "123456789012"
  endpoint: "http://127.0.0.1:$port"
  sns_endpoint: "http://127.0.0.1:$port"
  access_key: !secret env:SQS_KEY
  secret_key: !secret env:SQS_SECRET
END
"$landfall" plugin test "$driver" --settings "$folder/sheet.yaml"
left=$("$root/tests/servers/sqs" tell "$folder" dump)
if [ "$left" != '{"queues": {}, "topics": {}, "subscriptions": {}, "undelivered": []}' ]; then
  echo "FAIL: something was left behind: $left" >&2
  exit 1
fi
if "$root/tests/servers/sqs" tell "$folder" log | grep -E 'MalformedInput|DoubleBug|double.bug|InvalidAttributeName'; then
  echo "FAIL: the driver sent what the services do not know" >&2
  exit 1
fi
