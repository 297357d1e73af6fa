# The rules landfall comes with, on a project that never heard of them.
edit landfall.yaml -e '$apolicies: [residency, encryption, naming, backups, budget, deletion-protection, shared-approval]'
landfall policy test
landfall plan eu | sed -n '/^Rules/,$p'
say 'with what they ask for'
edit playbooks/main.lua -e 's/holds = \{ "customer" \}/&, protect = true/' \
  -e 's/(name = name .. "-dead") \}/\1, step = { holds = { "customer" }, protect = true } }/' \
  -e 's/(\[name\].max_receives) \}/\1, step = { holds = { "customer" }, protect = true } }/'
landfall plan eu | sed -n '/^Rules/,$p'
say 'a change that others feel'
edit regions/eu.yaml -e 's|use: local, path: out/eu/dns |use: local, path: out/eu/dns, shared: true |'
landfall plan eu | sed -n '/^Rules/,$p'
refused apply eu --yes -q
say 'with an approval of local changes only'
cat >>landfall.yaml <<'END'
approvals:
  people: { ada: [local], bob: [local, shared] }
END
landfall plan eu -o eu.plan -q
landfall approve eu.plan --by ada --why 'small enough' --yes -q
refused apply eu.plan --yes -q
say 'and with one of shared ones'
landfall approve eu.plan --by bob --why 'the others know' --yes -q
landfall apply eu.plan --yes -q
landfall resume eu --yes -q
say 'over the budget: nobody can say yes to it'
edit regions/eu.yaml -e 's/budget: .*/budget: { monthly: 5, one_off: 0 }/'
landfall plan eu | sed -n '/^Rules/,$p'
landfall plan eu -o eu.plan -q
landfall approve eu.plan --by bob --why 'it is worth it' --yes
