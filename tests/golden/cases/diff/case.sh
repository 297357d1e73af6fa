# The copy of a region says of each difference why it is there, or the launch waits for whoever knows.
landfall diff eu us --exit-code
say 'somebody knew'
cat >>regions/eu.yaml <<'END'
differs:
  - what: services.databases.main.storage_gb
    why: the pilot tenants bring 80 GB along
    owner: data-platform
    revisit: 2027-06-01
END
landfall diff eu us --exit-code
say 'from the other side it is the same difference'
landfall diff us eu --exit-code
say 'a playbook that decides by the name, and a step that only one region has'
more <<'END'
if region.region == "eu" then
  queue.queue "audit" { name = "audit", visibility_timeout_s = 60 }
end
dns.record "limit" { zone = zone.id, type = "TXT", name = "limit", values = { region.region == "eu" and "10" or "20" } }
dns.record "eu-note" { zone = zone.id, type = "TXT", name = region.region, values = { "region " .. region.region } }
END
edit playbooks/main.lua -e 's/dns.record "eu-note"/dns.record(region.region .. "-note")/'
landfall diff eu us --exit-code
say 'meant: a step, and one setting of another'
cat >>regions/eu.yaml <<'END'
  - what: queue.queue.audit
    why: the regulator reads it
    owner: legal
  - what: dns.record.limit#values
    why: half the size
    owner: platform
  - what: billing.tax
    why: nobody has any yet
    owner: finance
END
landfall diff eu us --exit-code
landfall diff eu us -q
landfall diff eu us -v
landfall diff eu us --json
