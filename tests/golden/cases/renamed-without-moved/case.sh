# A rename that nobody told of would destroy a database and make it again: the plan says what to write instead.
landfall apply eu --yes -q --target database
edit playbooks/main.lua 's/local db = database.database\(name\)/local db = database.database(name .. "-db")/'
refused plan eu
echo 'landfall.moved { from = "database.database.main", to = "database.database.main-db" }' >>playbooks/main.lua
landfall plan eu --target database
