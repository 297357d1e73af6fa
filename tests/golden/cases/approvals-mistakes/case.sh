# What landfall.yaml may say of approvals, and every mistake in it.
approvals() {
  sed -i '/^approvals/,$d' landfall.yaml
  cat >>landfall.yaml
  refused check eu
}
approvals <<'END'
approvals:
  neeed: { local: 1 }
  need: { local: 17, sharde: 1 }
  signed: true
  valid_days: 0
END
approvals <<'END'
approvals:
  need: { local: 1, shared: 3 }
  people:
    ada: [local, shraed]
    -x: [local]
  allowed_signers: nobody
  within_budget: yes
END
