# What a region says for itself is never taken over: a copy asks for all of it, and check tells at once what it lacks.
edit regions/us.yaml -e 's/^  hosts: .*/&\n  own:\n    US:\n      network: "10.20"\n      edges:\n        web: { ipv4: [192.0.2.10, 192.0.2.11] }\n      entity: { name: Acme Inc., vat_id: "541234567", token: !secret env:US_TOKEN }\n      tax: { name: Sales tax, rates: { US-NY: "4", US-TX: "6.25" } }\n      prices: { team: { month: "59.00", year: "590.00" } }\n      sign_offs: { soc2-letter: { days: 10 } }/'
cat >regions/services.schema.yaml <<'END'
databases: { "*": map }
queues: { "*": map }
hosts: [text]
own: { "*": { network: text, edges: map, entity: map, tax: { name: text, rates: { "*": text } },
              prices: { "*": { "*": money } }, sign_offs: { "*": { days: integer } } } }
END
more <<'END'
local own = (region.services.own or {})[region.jurisdiction]
if not own then
  error("regions/" .. region.region .. ".yaml says nothing of its own: add services.own." .. region.jurisdiction)
end
for _, interval in ipairs { "month", "year" } do
  if not own.prices.team[interval] then error("no price: add prices.team." .. interval) end
end
local entity = own.entity.name .. own.entity.vat_id
END
landfall copy us de
sed -n '/^# `own`/,/^$/p' regions/de.yaml
say 'all that is open is named in one go, each as what it is and not as the wrong kind'
landfall check de --json | sed -e 1d -e '$d' | jq -r '.diagnostics[] | .code + " " + .summary'
say 'an older copy has nothing of its own'
edit regions/de.yaml -e '/^services:/,/^$/c\services: {}\n'
edit regions/de.yaml -e 's/^title: FILL IN/title: Germany/' -e 's/^jurisdiction: FILL IN/jurisdiction: DE/' \
  -e 's/^place: FILL IN/place: eu-central-1/' -e 's/^domain: FILL IN/domain: de.acme.example/' \
  -e 's/^currency: FILL IN/currency: EUR/' -e 's#^timezone: FILL IN#timezone: Europe/Berlin#' \
  -e 's#^  (.*): \{ use: FILL IN \}.*#  \1: { use: local, path: out/de/\1 }#'
refused check de
say 'another word than the jurisdiction'
edit regions/de.yaml -e 's/^services: .*/services:\n  own:\n    GER: { network: "10.30" }/'
refused check de
say 'what is half said, and what the playbook stops at'
edit regions/de.yaml -e 's/^    GER: .*/    DE:\n      network: "10.30"\n      edges: { web: {} }\n      entity: { name: Acme GmbH }\n      tax: { name: VAT, rates: {} }\n      prices: { team: { year: "550.00" } }/'
refused check de
say 'what the playbook does not miss is not missed'
edit regions/de.yaml -e 's/name: Acme GmbH/&, vat_id: DE123456789/' -e 's/year: "550.00"/month: "55.00", &/'
landfall check de
