# Six rows; the fourth breaks a rule of the database.  After it is mended the first ones are not sent again.
mkdir sql
printf 'code,name\nat,Austria\nbe,Belgium\nde,Germany\nie,\nfr,France\nnl,Netherlands\n' >countries.csv
cat >sql/0001.sql <<'END'
create table country (code text primary key, name text not null check (name <> ''));
END
playbook <<'END'
local database = landfall.use "database"
local main = database.database "main" { name = "main", size = "small" }
database.migration "country" { database = main.id, name = "0001", sql = landfall.read_text "sql/0001.sql" }
action "seed" {
  version = 1,
  inputs = { database = main.id },
  step = { after = { "database.migration.country" } },
  run = function(ctx)
    local rows = landfall.read_csv "countries.csv"
    ctx:each("countries", rows, { key = "code", width = 1 }, function(row)
      ctx:call("insert", database.query, { database = ctx.inputs.database,
        sql = "insert into country (code, name) values (?, ?)", params = { row.code, row.name } })
    end)
    return { count = #rows }
  end,
}
END
landfall plan eu
landfall apply eu --yes -q
landfall status eu
sqlite3 out/eu/databases/main.db 'select code from country order by code' 2>&1
say 'mended, and a row inserted above'
edit countries.csv -e 's/^ie,$/ie,Ireland/' -e 's/^at,/bg,Bulgaria\nat,/'
landfall resume eu --yes
sqlite3 out/eu/databases/main.db 'select code, name from country order by code' 2>&1
landfall plan eu --exit-code
say 'a row that was done says something else now'
edit countries.csv -e 's/Austria/Oesterreich/'
edit playbooks/main.lua -e 's/database = main.id }/database = main.id, again = true }/'
landfall plan eu -q
landfall apply eu --yes -q
