#!/usr/bin/env bash
# queue-sqs.sh LANDFALL ROOT DRIVER.so: `landfall plugin test` on the strict double of SQS and SNS; and on the npm
# package local-aws-sqs where it lies in the build folder:
#   npm install --ignore-scripts --prefix build/npm local-aws-sqs@2.0.2
set -euo pipefail
landfall=$1 root=$2 driver=$3
modules=$(dirname "$driver")/../npm/node_modules
if ! command -v python3 >/dev/null; then
  echo "python3 is missing: apt-get install python3" >&2
  [ "${CI:-}" = true ] && exit 1 || exit 77
fi
folder=$(mktemp -d)
end() {
  "$root/tests/servers/sqs" stop "$folder" || true
  [ ! -d "$folder/npm" ] || "$root/tests/servers/local-aws-sqs" stop "$folder/npm"
  rm -rf "$folder"
}
trap end EXIT
export SQS_KEY=AKIDEXAMPLE SQS_SECRET=wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY
# $proxy is the suite's word, not the shell's.
# shellcheck disable=SC2016
settings='settings:
  region: eu-west-1
  partition: aws
  account: "123456789012"
  endpoint: "http://${proxy}"
  access_key: !secret env:SQS_KEY
  secret_key: !secret env:SQS_SECRET'

port=$("$root/tests/servers/free_port")
"$root/tests/servers/sqs" start "$folder" "$port"
"$root/tests/servers/sqs" tell "$folder" set '{"quarantine": 0}' >/dev/null
cat >"$folder/double.yaml" <<END
$settings
  sns_endpoint: "http://\${proxy}"
proxy: 127.0.0.1:$port
lag_ms: 500
END
"$landfall" plugin test "$driver" --settings "$folder/double.yaml"
left=$("$root/tests/servers/sqs" tell "$folder" dump)
if [ "$left" != '{"queues": {}, "topics": {}, "subscriptions": {}, "undelivered": []}' ]; then
  echo "FAIL: something was left behind: $left" >&2
  exit 1
fi
if "$root/tests/servers/sqs" tell "$folder" log | grep -E 'MalformedInput|DoubleBug|double.bug|InvalidAttributeName'; then
  echo "FAIL: the driver sent what the services do not know" >&2
  exit 1
fi

if ! command -v node >/dev/null || [ ! -d "$modules/local-aws-sqs" ]; then
  echo "not tried on local-aws-sqs: node is missing, or $modules/local-aws-sqs (see the head of this script)"
  exit 0
fi
port=$("$root/tests/servers/free_port")
"$root/tests/servers/local-aws-sqs" start "$modules" "$folder/npm" "$port"
cat >"$folder/npm.yaml" <<END
$settings
proxy: 127.0.0.1:$port
lag_ms: 1500
skip:
  http_faults: they are tried on the double
  tcp_faults: they are tried on the double
  late: it is tried on the double
kills: 2
types:
  topic: { skip: it has no SNS }
  subscription: { skip: it has no SNS }
END
"$landfall" plugin test "$driver" --settings "$folder/npm.yaml"
