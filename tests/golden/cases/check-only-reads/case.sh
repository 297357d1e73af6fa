# A check looks; a statement that writes is refused, and nothing of it is there.
cat >>playbooks/main.lua <<'END'
check "sneaky" {
  call = database.query,
  args = { database = "main", sql = "create table sneaked (a)" },
  step = { after = { "database.database.main" } },
}
END
landfall apply eu --yes --target check -q
sqlite3 -readonly out/eu/databases/main.db "select count(*) from sqlite_master where name = 'sneaked'"
