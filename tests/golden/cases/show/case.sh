landfall show eu
landfall show eu services.databases
landfall show eu services.databases.main.replicas --why
landfall show eu services.databases.main.storage_gb --why
landfall show eu services.queues.legacy --why
landfall show eu place --why
landfall show eu services --why
landfall show eu drivers
landfall show eu --json | sed -e 1d -e '$d' | jq -S .
