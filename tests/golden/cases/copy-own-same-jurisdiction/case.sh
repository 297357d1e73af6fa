# A copy inside the jurisdiction of its original reads that one's block: what it takes over that way is told, and so is the block nobody reads.
edit regions/eu.yaml -e 's/^services:/&\n  own:\n    EU:\n      network: "10.30"\n      entity: { code: acme-europe, vat_id: IE1234567T }\n      tax: { rates: { DE: "19", IE: "23" } }/'
more <<'END'
local own = (region.services.own or {})[region.jurisdiction]
if not own then
  error("regions/" .. region.region .. ".yaml says nothing of its own: add services.own." .. region.jurisdiction)
end
dns.record("entity") { zone = zone.id, name = "entity", type = "TXT", values = { own.entity.code, own.entity.vat_id, own.network } }
END
built copy eu de
edit regions/de.yaml -e 's/^title: FILL IN/title: Germany/' -e 's/^jurisdiction: FILL IN/jurisdiction: EU/' \
  -e 's/^place: FILL IN/place: eu-central-1/' -e 's/^domain: FILL IN/domain: de.acme.example/' \
  -e 's/^currency: FILL IN/currency: EUR/' -e 's#^timezone: FILL IN#timezone: Europe/Berlin#' \
  -e 's/^  customer: .*/  customer: [eu-central-1]/' \
  -e 's#^  (.*): \{ use: FILL IN.*#  \1: { use: local, path: out/de/\1 }#' \
  -e 's/code: FILL IN/code: acme-germany/' -e 's/vat_id: FILL IN/vat_id: DE999999999/' -e 's/network: FILL IN/network: "10.40"/' \
  -e 's/^          (DE|IE): FILL IN.*/          \1: "19"/'
say 'filled in under its name, and of the jurisdiction of the other'
landfall check de
say 'a plan uses the values of the other, and tells it as well'
landfall plan de | grep -e 'record\.entity' -e '^warning' -e '(own\.'
say 'under the word that is read, and what it does not say is named'
edit regions/de.yaml -e 's/^    DE:$/    EU:/' -e '/vat_id: /d' -e '/^          IE: /d'
landfall check de
say 'what is its own again'
edit regions/de.yaml -e 's/code: acme-germany/&\n        vat_id: DE999999999/' -e 's/^          DE: .*/&\n          IE: "19"/'
landfall check de
landfall plan de | grep 'record\.entity'
