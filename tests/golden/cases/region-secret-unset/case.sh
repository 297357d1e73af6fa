# A secret that is not set is found before anything is built; where it is looked for is told, what it holds never.
edit regions/eu.yaml -e 's/^services:/services:\n  password: !secret env:GOLDEN_SECRET/'
more <<'END'
database.user "reader" { database = "main", name = "reader", password = region.services.password, step = { after = { "database.database.main" } } }
END
refused apply eu --yes -q --target database.user.reader
say 'too short to be one'
export GOLDEN_SECRET=short
refused apply eu --yes -q --target database.user.reader
say 'set'
export GOLDEN_SECRET=correct-horse-battery
landfall apply eu --yes --target database.user.reader
! grep -rqF "$GOLDEN_SECRET" . || fail 'the secret is in a file of the project'
say 'in a setting that is no secret'
edit regions/eu.yaml -e 's#path: out/eu/dns#path: !secret env:GOLDEN_UNSET#'
refused plan eu
