# Secrets that a driver makes are sealed with the project's key, and open again in another process; without the key nothing is made.
mkdir -m 755 plugins && cp "$abi/../../plugins/issuer-toy.so" plugins/ && chmod 755 plugins/issuer-toy.so
echo 'plugins: [plugins]' >>landfall.yaml
edit regions/eu.yaml -e 's/^drivers:/drivers:\n  issuer: { use: toy }/'
playbook <<'END'
local issuer = landfall.use "issuer"
local key = issuer.key "master" { name = "master" }
landfall.output { token = key.token }
END
say 'without a key'
refused apply eu --yes
say 'with a weak one'
echo 'key: !secret env:GOLDEN_KEY' >>landfall.yaml
export GOLDEN_KEY=password1234
refused apply eu --yes
say 'with a good one'
export GOLDEN_KEY=0123456789abcdef0123456789abcdef
landfall apply eu --yes
landfall output eu token | sed -E 's/"[0-9a-f]{64}"/"<digest>"/'
landfall plan eu --exit-code --quiet
say 'another process hands it on, and the driver that says it aloud is not heard'
more <<'END'
issuer.door "token" { name = "token", secret = key.token }
issuer.door "phrase" { name = "phrase", secret = key.phrase }
END
landfall plan eu --json -o eu.plan >told.json
landfall apply eu --yes --verbose >told 2>&1
grep -qF '[secret]' told || fail 'nothing was filtered'
landfall show eu >/dev/null
landfall history eu >>told
landfall status eu --json >>told
for secret in token-of-the-realm open-sesame-please "$GOLDEN_KEY"; do
  ! grep -rqF "$secret" . || fail "the secret $secret is in a file of the project: $(grep -rlF "$secret" .)"
  ! grep -rqF "$(printf %s "$secret" | base64 -w0 | tr -d =)" . || fail "$secret is there in base64"
done
! grep -qF '"sealed"' told.json eu.plan || fail 'what is sealed belongs in the store alone'
say 'the lengths that the driver told'
landfall plan eu --exit-code --quiet
sqlite3 .landfall/eu.db "SELECT address, json_extract(observed, '\$.length') FROM res WHERE address LIKE 'issuer.door%' ORDER BY 1"
say 'with another key'
export GOLDEN_KEY=fedcba9876543210fedcba9876543210
refused apply eu --yes --replace issuer.door.token
