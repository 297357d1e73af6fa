# A new region begins as a copy: a file to finish, which no other command takes before it is finished.
edit regions/us.yaml -e 's/^services:/services:\n  mail: { from: robot@us.acme.example }/'
echo 'residency: { customer: [us-east-1, us-west-2] }' >>regions/us.yaml
landfall copy us de
cat regions/de.yaml
say 'what is left is named'
refused check de
say 'nothing is overwritten'
refused copy us de
refused copy us us
refused copy us De
refused copy uss fr
say 'filled in, it plans'
edit regions/de.yaml -e 's/^title: FILL IN/title: Germany/' -e 's/^jurisdiction: FILL IN/jurisdiction: DE/' \
  -e 's/^place: FILL IN/place: eu-central-1/' -e 's/^domain: FILL IN/domain: de.acme.example/' \
  -e 's/^currency: FILL IN/currency: EUR/' -e 's#^timezone: FILL IN#timezone: Europe/Berlin#' \
  -e 's/\[FILL IN\]/[eu-central-1]/' -e 's#^  (.*): \{ use: FILL IN \}.*#  \1: { use: local, path: out/de/\1 }#'
landfall check de
landfall plan de -q
say 'the story of one value, asked in either order'
landfall show eu services.databases.main.size --why
landfall show eu --why services.databases.main.storage_gb
landfall show de --why services.mail.from
