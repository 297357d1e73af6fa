more <<'END'
stage "people"
human "entity" { ask = "Found the company", step = { owner = "legal", guess = { days = 12 } } }
human "bank" { ask = "Open the account", step = { owner = "finance", after = { "human.entity" }, guess = { days = 5 } } }
human "tax-id" { ask = "Apply for the tax number", step = { owner = "finance", after = { "human.entity" }, guess = { days = 3 } } }
dns.record "payments" {
  zone = zone.id, type = "TXT", name = "payments", values = { "on" },
  step = { after = { "human.bank", "human.tax-id" }, guess = { days = 0.5 } },
}
human "security-review" { ask = "Review the new region", step = { owner = "security" } }
dns.record "status-page" {
  zone = zone.id, type = "TXT", name = "status", values = { "on" }, step = { after = { "human.security-review" } },
}
todo "support-rota" { step = { owner = "support", blocks = "pilot", guess = { days = 4 } } }
human "pilot-customer" { ask = "Sign the pilot customer", step = { owner = "sales", blocks = "pilot", after = { "todo.support-rota" }, guess = { days = 6 } } }
END
edit regions/eu.yaml -e 's/can_follow: .*/can_follow: [todo.whatsapp, todo.nothing]\n  milestones: { pilot: 2026-12-08 }/'
landfall launch eu --on 2026-11-26
landfall launch eu pilot --on 2026-11-26
say 'short, and on another day'
landfall launch eu --on 2026-12-10 -q
say 'all of it, nothing beyond ASCII'
landfall launch eu --on 2026-11-26 -v --ascii
say 'what may follow is needed by what may not'
edit regions/eu.yaml -e 's/todo.nothing/human.security-review/'
landfall launch eu --on 2026-11-26 | grep -A2 security
