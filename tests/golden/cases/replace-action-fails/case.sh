# An action that is run again and fails this time is not done any more: the next plan has it to do, and what was given out stays.
cat >>playbooks/main.lua <<'END'
action "seed" {
  version = 1,
  step = { after = { "database.database.main" } },
  run = function(ctx)
    ctx:call("insert", database.query, { database = "main", sql = "insert into seeded values (1)" })
  end,
}
END
landfall apply eu --yes -q --target database
sqlite3 out/eu/databases/main.db 'create table seeded (a)'
landfall apply eu --yes -q
say 'the table is gone when it runs again'
sqlite3 out/eu/databases/main.db 'drop table seeded'
landfall apply eu --yes -q --replace action.seed
landfall plan eu --exit-code -q
landfall output eu
say 'and is there again'
sqlite3 out/eu/databases/main.db 'create table seeded (a)'
landfall resume eu --yes -q
landfall plan eu --exit-code -q
