# A secret is remembered by a keyed digest: one that changes is an update, from the first apply on; what it was never shows.
edit regions/eu.yaml -e 's/^services:/services:\n  password: !secret env:GOLDEN_SECRET/'
more <<'END'
database.user "reader" { database = "main", name = "reader", password = region.services.password, step = { after = { "database.database.main" } } }
END
export GOLDEN_SECRET=correct-horse-battery
built apply eu --yes
say 'the same'
landfall plan eu --exit-code --quiet
say 'another'
export GOLDEN_SECRET=correct-nurse-battery
landfall plan eu --target database.user
say 'and another than the plan was made for'
built plan eu -o eu.plan
export GOLDEN_SECRET=third-time-is-the-charm
landfall apply eu.plan --yes
say 'not set: nothing is taken down first'
unset GOLDEN_SECRET
refused apply eu --yes --replace database.user.reader
say 'what does not need it can be built without'
landfall plan eu --target queue --quiet
for secret in correct-horse-battery correct-nurse-battery third-time-is-the-charm; do
  ! grep -rqF "$secret" . || fail "the secret $secret is in a file of the project"
done
