# A look that fails is no conflict, and hinders no plan: apply finds out, and touches nothing that is not ours.
mkdir -p out/eu/queues
echo 'no database' >out/eu/queues/queues.db
landfall plan eu --target queue
say 'for programs'
"$binary" plan eu --target queue --json | jq '.totals.conflicts, .notes'
