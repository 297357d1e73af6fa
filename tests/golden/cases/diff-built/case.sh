# Where a region is built, what stands has to be what is declared, too.
edit regions/eu.yaml -e 's#out/eu/queues }#out/eu/queues, place: eu-west-1 }#'
cat >>regions/eu.yaml <<'END'
differs:
  - { what: services.databases.main.storage_gb, why: the pilot tenants bring 80 GB along, owner: data-platform }
END
playbook <<'END'
local region = landfall.region
local dns, database, queue = landfall.use("dns", "database", "queue")
local zone = dns.zone "apex" { name = region.domain }
dns.record "api" { zone = zone.id, type = "A", name = "api", values = { "192.0.2.10", "192.0.2.11" } }
queue.queue "mail" { name = "mail", visibility_timeout_s = 30 }
queue.queue "old" { name = "old" }
END
built apply eu --yes --yes-destroy-data
landfall diff eu us --exit-code
say 'edited since, and not applied: the order of addresses is no difference'
edit playbooks/main.lua -e 's/"192.0.2.10", "192.0.2.11"/"192.0.2.11", "192.0.2.10"/' -e 's/visibility_timeout_s = 30/visibility_timeout_s = 90/' \
  -e '/"old"/d'
more <<'END'
queue.queue "new" { name = "new" }
END
landfall diff eu us --exit-code
landfall diff eu us --json --exit-code
say 'applied'
built apply eu --yes --yes-destroy-data
landfall diff eu us --exit-code
say 'what the service filled in is written down: it is the same thing'
edit playbooks/main.lua -e 's/name = "new" }/name = "new", place = "eu-west-1" }/'
landfall plan eu --exit-code -q | sed -n 2p
landfall diff eu us --exit-code -q
