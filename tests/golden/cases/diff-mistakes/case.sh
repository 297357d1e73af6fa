refused diff eu
refused diff eu eu
refused diff eu su
refused diff eu ../eu
say 'entries that explain nothing, or nobody'
cat >>regions/eu.yaml <<'END'
differs:
  - what: services.databases.man.storage_gb
    why: the pilot tenants bring 80 GB along
    owner: data-platform
  - what: services.databases.main.storage_gb
    why: the pilot tenants bring 80 GB along
  - what: services.databases.main.storage_gb
    because: the pilot tenants bring 80 GB along
    owner: data-platform
  - what: Databases
    why: a slip
    owner: data-platform
  - what: dns.record.api#
    why: a slip
    owner: data-platform
  - what: services.databases.main
    why: for now
    owner: data-platform
    revisit: some day
END
refused diff eu us
say 'the other region has the mistake'
edit regions/eu.yaml -e '/^differs:/,$d'
edit regions/us.yaml -e 's/^currency:/curency:/'
refused diff eu us
edit regions/us.yaml -e 's/^curency:/currency:/' -e 's/hosts: .*/hosts: 7/'
edit regions/eu.yaml -e 's/^services:/services:\n  hosts: [api]/'
say 'and the playbook cannot be evaluated for it'
refused diff eu us
