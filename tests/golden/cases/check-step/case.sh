# A probe: a call that only reads, tried until it gives what is expected.
cat >>playbooks/main.lua <<'END'
check "database-answers" {
  call = database.query,
  args = { database = "main", sql = "select 1 as one" },
  expect = { rows = { { one = 1 } } },
  within = 1,
  step = { after = { "database.database.main" } },
}
END
landfall apply eu --yes --target check -q
say 'one that fails'
edit playbooks/main.lua -e 's/select 1 as one/select 2 as one/'
landfall apply eu --yes --target check -q
landfall status eu
say 'nobody listens there'
cat >>playbooks/main.lua <<'END'
check "login" { http = { url = "http://127.0.0.1:9/healthz", expect = 200 }, within = 1 }
END
landfall apply eu --yes --target check.login -q
