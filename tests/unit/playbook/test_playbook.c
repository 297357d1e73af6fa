/* A playbook becomes declarations. */
#include "fake_project.h"

static const char example[] =
    "local region = landfall.region\n"
    "local dns, database = landfall.use(\"dns\", \"database\")\n"
    "\n"
    "stage \"names\"\n"
    "local parent = dns.zone:existing \"parent\" { name = region.parent_domain, step = { driver = \"parent\" "
    "} }\n"
    "local zone   = dns.zone \"apex\" { name = region.domain }\n"
    "dns.record \"delegation\" {\n"
    "  zone = parent.id, type = \"NS\", name = region.region, values = zone.nameservers,\n"
    "  step = { driver = \"parent\", shared = true, owner = \"dns-team\" },\n"
    "}\n"
    "\n"
    "stage \"data\"\n"
    "for name, spec in pairs(region.services.databases) do\n"
    "  local db = database.database(name) { size = spec.size, step = { holds = { \"customer\" }, protect = "
    "true } }\n"
    "  dns.record(\"db-\" .. name) { zone = zone.id, type = \"CNAME\", name = name .. \".db\", values = { "
    "db.host } }\n"
    "end\n"
    "\n"
    "action \"seed-reference-data\" {\n"
    "  version = 1,\n"
    "  step = { after = { \"database.database.main\" } },\n"
    "  run = function(ctx)\n"
    "    ctx:each(\"countries\", landfall.read_csv \"countries.csv\", { key = \"code\", width = 64 }, "
    "function(row)\n"
    "      ctx:call(\"insert\", database.query, { database = \"main\", sql = \"insert\", params = { row.code "
    "} })\n"
    "    end)\n"
    "  end,\n"
    "}\n"
    "\n"
    "human \"dpa-signed\" { ask = \"Countersign\", step = { owner = \"legal\", blocks = \"launch\" } }\n"
    "check \"login\" { http = { url = \"https://app.\" .. region.domain .. \"/healthz\", expect = 200 } }\n"
    "todo \"whatsapp\" { step = { owner = \"channels\", guess = { days = 10, monthly = 300 } } }\n"
    "landfall.output { app_url = \"https://app.\" .. region.domain }\n";

static void test_the_example_of_the_design_becomes_declarations(void **state)
{
    struct fixture *f = *state;
    const struct decls *d = loaded(f, example);
    static const char *const addresses[] = {
        "action.seed-reference-data", "check.login",         "database.database.audit",
        "database.database.main",     "dns.record.db-audit", "dns.record.db-main",
        "dns.record.delegation",      "dns.zone.apex",       "dns.zone.parent",
        "human.dpa-signed",           "todo.whatsapp"};
    assert_int_equal(d->count, COUNT_OF(addresses));
    for (size_t i = 0; i < d->count; i++)
        assert_string_equal(d->at[i].address, addresses[i]);

    const struct decl *delegation = decl_find(d, "dns.record.delegation");
    assert_int_equal(delegation->kind, DECL_RESOURCE);
    assert_string_equal(delegation->instance, "parent");
    assert_string_equal(delegation->stage, "names");
    assert_string_equal(delegation->file, "playbooks/saas.lua");
    assert_int_equal(delegation->line, 7);
    assert_true(delegation->meta.shared);
    assert_string_equal(delegation->meta.owner, "dns-team");
    assert_string_equal(shown(f, "dns.record.delegation", "zone"), "(dns.zone.parent.id)");
    assert_string_equal(shown(f, "dns.record.delegation", "values"), "(dns.zone.apex.nameservers)");
    assert_string_equal(shown(f, "dns.record.delegation", "step"), "(none)");

    const struct decl *parent = decl_find(d, "dns.zone.parent");
    assert_int_equal(parent->kind, DECL_EXISTING);
    assert_string_equal(parent->name, "parent");
    assert_string_equal(parent->type, "zone");

    const struct decl *action = decl_find(d, "action.seed-reference-data");
    assert_int_equal(action->version, 1);
    assert_int_not_equal(action->run, 0);
    assert_string_equal(action->meta.after[0], "database.database.main");
    assert_null(value_get(action->attrs, "run"));

    const struct decl *main = decl_find(d, "database.database.main");
    assert_true(main->meta.protect);
    assert_string_equal(main->meta.holds[0], "customer");
    assert_string_equal(main->stage, "data");
    assert_string_equal(decl_find(d, "human.dpa-signed")->meta.blocks, "launch");
    assert_int_equal(value_get_int(decl_find(d, "todo.whatsapp")->meta.guess, "monthly", 0), 300);
    assert_string_equal(shown(f, "check.login", "http"),
                        "{\"expect\":200,\"url\":\"https://app.eu.acme.example/healthz\"}");

    assert_int_equal(d->stage_count, 2);
    assert_string_equal(d->stages[1], "data");
    assert_string_equal(value_json_text(f->mem, d->outputs), "{\"app_url\":\"https://app.eu.acme.example\"}");
    assert_int_equal(d->file_count, 1);
    assert_string_equal(d->files[0].path, "playbooks/saas.lua");
    assert_int_equal(strlen(d->files[0].digest), 64);
}

static void test_the_same_playbook_gives_the_same_declarations(void **state)
{
    struct fixture *f = *state;
    char *first = NULL;
    for (int round = 0; round < 2; round++) {
        const struct decls *d = loaded(f, example);
        struct buf text;
        buf_init(&text, 0);
        for (size_t i = 0; i < d->count; i++) {
            buf_print(&text, "%s %u %u\n", d->at[i].address, d->at[i].order, d->at[i].line);
            if (!value_has_expr(d->at[i].attrs))
                value_json_print(&text, d->at[i].attrs);
        }
        if (round == 0)
            first = buf_keep(&text, f->mem);
        else
            assert_string_equal(text.at, first);
        buf_done(&text);
    }
}

static void test_the_globals_of_a_playbook_are_exactly_these(void **state)
{
    struct fixture *f = *state;
    const struct decls *d = loaded(f, "local n = ''\nfor k in pairs(_ENV) do n = n .. k .. ' ' end\n"
                                      "local m = ''\nfor k in pairs(landfall) do m = m .. k .. ' ' end\n"
                                      "landfall.output { names = n, words = m }");
    assert_string_equal(
        value_get_text(d->outputs, "names", ""),
        "action assert check error human ipairs landfall math pairs pcall require select stage "
        "string table todo tonumber tostring type xpcall ");
    assert_string_equal(value_get_text(d->outputs, "words", ""),
                        "is map moved output read_csv read_text region region_output use when ");
}

static void test_bad_playbooks_are_refused_with_place_and_advice(void **state)
{
    struct fixture *f = *state;
    f->limits.instructions = 50000000;
    f->limits.memory = 64 << 20;
    assert_refused(f, "local a = {\nlocal b\n", 2, "this is not Lua", "mend the line");
    assert_refused(f, "local x = 0\nwhile true do x = x + 1 end", 2, "50000000 instructions were spent",
                   "never ends");
    assert_refused(f, "while true do pcall(function() while true do end end) end", 1,
                   "50000000 instructions were spent", "never ends");
    assert_refused(f, "local s = ('x'):rep(2^40)", 1, "more than 16 MiB", "write less");
    assert_refused(f, "local t = {}\nfor i = 1, 1e9 do t[i] = ('x'):rep(100000) .. i end", 2,
                   "more than 64 MiB of memory", "grows without an end");
    assert_refused(f, "os.execute('true')", 1, "there is no 'os' here", "declares and does not do");
    assert_refused(f, "return ('a'):rep(64):find(('a-'):rep(12) .. 'b')", 1, "this pattern needs more than",
                   "fewer repeats");
    assert_refused(f, "region = landfall.region", 1, "the global 'region' is assigned",
                   "write 'local region = ...'");
    assert_refused(f, "local dns = landfall.use 'dsn'", 1, "there is no subsystem 'dsn'", "the region has");
    assert_refused(f, "local x = landfal.region", 1, "there is no 'landfal' here",
                   "did you mean 'landfall'?");
    assert_refused(f, "local x = landfall.regon", 1, "'landfall' has no 'regon'",
                   "did you mean 'landfall.region'?");
    assert_refused(f, "local x = landfall.region.domian", 1, "'landfall.region' has no 'domian'",
                   "did you mean 'landfall.region.domain'?");
    assert_refused(f, "landfall.region.domain = 'x'", 1, "'landfall.region' can only be read", "copy");
    put_file(f, "playbooks/saas.lua", "");
    assert_false(load(f, "\x1bLuaR"));
    assert_string_equal(f->err.code, "script.bytecode");
}

static void test_an_endless_loop_of_steps_hits_the_cap(void **state)
{
    struct fixture *f = *state;
    f->limits.memory = 16 << 20;
    assert_refused(f, USE "local i = 0\nwhile true do\n i = i + 1\n dns.zone('z' .. i) { name = 'x' } end", 5,
                   "more than 16 MiB", "grows without an end");
}

static void test_bad_steps_are_refused(void **state)
{
    struct fixture *f = *state;
    assert_refused(f, USE "dns.zoen 'a' {}", 2, "'dns' has no type 'zoen'", "did you mean 'zone'?");
    assert_refused(f, USE "dns.zone 'a' { nmae = 'x' }", 2, "dns.zone.a: unknown attribute 'nmae'",
                   "did you mean 'name'?");
    assert_refused(f, USE "dns.zone 'a' { id = 'x' }", 2, "unknown attribute 'id'",
                   "the service gives the id");
    assert_refused(f, USE "dns.zone 'a' { owner = 'x' }", 2, "unknown attribute 'owner'",
                   "step = { owner = ... }");
    assert_refused(f, USE "\ndns.zone 'apex'\nlocal x = 1", 3,
                   "the step 'dns.zone.apex' has a name and no table", "write its table behind the name");
    assert_refused(f, USE "local z = dns.zone 'apex'\nlocal x = z.id", 3,
                   "the step 'dns.zone.apex' is used before it has its table", "write its table");
    assert_refused(f, USE "dns.zone 'a' { name = 'x' }\n\ndns.zone 'a' { name = 'y' }", 4,
                   "two steps have the address 'dns.zone.a'", "another name");
    assert_string_equal(f->err.detail, "the other one is at playbooks/saas.lua:2");
    assert_refused(f, USE "dns.zone 'a' { name = 'x' } { name = 'y' }", 2, "has its table already",
                   "second step");
    assert_refused(f, USE "dns.zone 'Apex' {}", 2, "the name 'Apex' must begin with a small letter",
                   "write 'apex'");
    assert_refused(f, USE "dns.zone { name = 'x' }", 2, "dns.zone needs a name",
                   "write dns.zone \"main\" { ... }");
    assert_refused(f, USE "action { version = 1 }", 2, "action needs a name",
                   "write action \"main\" { ... }");
    assert_refused(f, USE "dns.zone 'a' 'b'", 2, "something else than a table", "{ ... }");
    assert_refused(f, USE "dns.zone 'a' { 'x' }", 2, "dns.zone.a: the table of a step has names", "name");
    assert_refused(f, USE "dns.zone 'a' { name = 'x', 'y' }", 2, "dns.zone.a: mixes a list and a map",
                   "list");
    assert_refused(f, USE "dns.zone 'a' { options = { x = pairs } }", 2,
                   "dns.zone.a: 'options.x' is a function", "pass its result");
    assert_refused(f, USE "local z = dns.zone 'a' {}\ndns.record 'b' { zone = z }", 3,
                   "the step 'dns.zone.a' itself is passed where a value is wanted", "write .id behind it");
    assert_refused(f, USE "dns.record:existing 'a' { name = 'x' }", 2, "'dns.record' cannot be looked up",
                   "declare it");
    assert_refused(f, USE "dns.zone 'a' { name = 'x', step = { driver = 'prent' } }", 2,
                   "has no driver instance 'prent'", "did you mean 'parent'?");
    assert_refused(f, USE "local x = dns.zone.name", 2, "'dns.zone' is a type and has no attributes",
                   "local it = dns.zone \"main\"");
    assert_refused(f, USE "database.query { sql = 'x' }", 2, "a playbook makes no calls while it is read",
                   "ctx:call");
    assert_refused(f, USE "dns.zone 'a' { name = dns }", 2, "'name' is a subsystem", "attribute");
    assert_refused(f, USE "dns.zone = 1", 2, "the subsystem 'dns' can only be read", "local");
}

static void test_a_refused_step_stays_refused_when_the_playbook_catches_the_error(void **state)
{
    struct fixture *f = *state;
    assert_refused(f, USE "pcall(function() dns.zone 'a' { nmae = 'x' } end)", 2, "has a name and no table",
                   "{ ... }");
}

static void test_an_error_in_a_function_lists_who_called_it(void **state)
{
    struct fixture *f = *state;
    assert_refused(f, USE "local function add(n)\n  dns.zone(n) { nmae = n }\n  return 1\nend\n\nadd('a')\n",
                   3, "unknown attribute 'nmae'", "did you mean");
    assert_string_equal(f->err.detail, "at playbooks/saas.lua:3, in add\ncalled from playbooks/saas.lua:7");
}

static void test_actions_and_checks_are_checked(void **state)
{
    struct fixture *f = *state;
    assert_refused(f, "action 'a' { run = function() end }", 1, "action.a: version must be a whole number",
                   "version = 1");
    assert_refused(f, "action 'a' { version = 1.5, run = function() end }", 1, "version must be",
                   "version = 1");
    assert_refused(f, "action 'a' { version = 1 }", 1, "action.a: run must be a function", "function(ctx)");
    assert_refused(f, "action 'a' { version = 1, run = function() end, input = {} }", 1,
                   "unknown attribute 'input'", "did you mean 'inputs'?");
    assert_refused(f, "action 'a' { version = 1, run = function() end, inputs = { 1 } }", 1,
                   "inputs must be a map", "ctx.inputs");
    assert_refused(f, "check 'a' { }", 1, "a check needs either http or call", "expect = 200");
    assert_refused(f, "check 'a' { http = { expect = 200 } }", 1, "http needs a url", "expect = 200");
    assert_refused(f, "check 'a' { call = 'query' }", 1, "call must be a call of a subsystem",
                   "database.query");
    loaded(f, USE
           "local z = dns.zone 'z' {}\nlocal a = action 'a' { version = 2, inputs = { zone = z.id }, run = "
           "function() end }\ncheck 'b' { call = database.query, args = { sql = a.count }, expect = { n = 1 "
           "} }");
    assert_string_equal(shown(f, "check.b", "call"),
                        "{\"call\":\"query\",\"instance\":\"\",\"subsystem\":\"database\"}");
    assert_int_equal(decl_find(playbook_decls(f->p), "action.a")->version, 2);
    const struct value *inputs = value_get(decl_find(playbook_decls(f->p), "action.a")->attrs, "inputs");
    assert_string_equal(value_get(inputs, "zone")->expr->address, "dns.zone.z");
}

static void test_instances_are_chosen_by_use_or_by_step(void **state)
{
    struct fixture *f = *state;
    const struct decls *d = loaded(f, "local dns, parent = landfall.use('dns', 'dns/parent')\n"
                                      "dns.zone 'a' {}\nparent.zone 'b' {}\nparent.zone:existing 'c' {}\n"
                                      "dns.zone 'd' { step = { driver = 'parent' } }");
    assert_string_equal(decl_find(d, "dns.zone.a")->instance, "");
    assert_string_equal(decl_find(d, "dns.zone.b")->instance, "parent");
    assert_string_equal(decl_find(d, "dns.zone.c")->instance, "parent");
    assert_string_equal(decl_find(d, "dns.zone.d")->instance, "parent");
}

static void test_outputs_and_moves_are_collected(void **state)
{
    struct fixture *f = *state;
    const struct decls *d = loaded(f, USE "local z = dns.zone 'b' {}\n"
                                          "landfall.moved { from = 'dns.zone.a', to = 'dns.zone.b' }\n"
                                          "landfall.output { id = z.id }\nlandfall.output { n = 1 }");
    assert_int_equal(d->moved_count, 1);
    assert_string_equal(d->moved[0].from, "dns.zone.a");
    assert_int_equal(d->moved[0].line, 3);
    assert_int_equal(d->outputs->count, 2);
    assert_int_equal(value_get(d->outputs, "id")->kind, VALUE_EXPR);
    assert_refused(f, "landfall.output { a = 1 }\nlandfall.output { a = 2 }", 2,
                   "the output 'a' is given twice", "");
    assert_refused(f, "landfall.moved { from = 'x', to = 'dns.zone.a' }", 1, "'from' must be an address",
                   "write");
    assert_refused(f, "landfall.moved { from = 'dns.zone.a', too = 'dns.zone.b' }", 1, "'from' and 'to' only",
                   "");
}

static void test_a_secret_of_the_region_reaches_an_attribute_unseen(void **state)
{
    struct fixture *f = *state;
    loaded(f, USE "database.database 'm' { password = landfall.region.password }");
    const struct value *v =
        value_get(decl_find(playbook_decls(f->p), "database.database.m")->attrs, "password");
    assert_int_equal(v->kind, VALUE_SECRET);
    assert_string_equal(v->secret->source, "env:DB_PASSWORD");
    assert_refused(f, "local s = landfall.region.password .. 'x'", 1, "'..' was tried on a secret",
                   "attribute");
    assert_refused(f, "local s = tostring(landfall.region.password)", 1, "tried on a secret", "attribute");
}

static void test_outputs_of_other_regions_are_values(void **state)
{
    struct fixture *f = *state;
    const struct decls *d =
        loaded(f, "landfall.output { host = landfall.region_output('us', 'db_host') .. '!' }");
    assert_string_equal(value_get_text(d->outputs, "host", ""), "db.us.example!");
    assert_refused(f, "landfall.region_output('us', 'nope')", 1, "has no output 'nope'", "apply 'us' first");
    assert_refused(f, "landfall.region_output('eu', 'x')", 1, "'eu' is the region this playbook builds", "");
}

static void test_the_region_as_a_whole_is_a_map(void **state)
{
    struct fixture *f = *state;
    const struct decls *d = loaded(f, "landfall.output { all = landfall.region }");
    assert_string_equal(value_get_text(value_get(d->outputs, "all"), "domain", ""), "eu.acme.example");
    assert_int_equal(value_get(d->outputs, "all")->count, f->region.view->count);
}

static void test_a_hundred_thousand_steps_are_light(void **state)
{
    struct fixture *f = *state;
    size_t before = arena_used(f->mem);
    const struct decls *d =
        loaded(f, USE "local zone = dns.zone 'z' { name = 'x' }\nfor i = 1, 100000 do\n"
                      "  dns.record('r' .. i) { zone = zone.id, type = 'A', name = 'r' .. i, "
                      "values = { '10.0.0.1' } }\nend");
    assert_int_equal(d->count, 100001);
    assert_true((arena_used(f->mem) - before) / 100000 < 900);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_example_of_the_design_becomes_declarations),
        TEST(test_the_same_playbook_gives_the_same_declarations),
        TEST(test_the_globals_of_a_playbook_are_exactly_these),
        TEST(test_bad_playbooks_are_refused_with_place_and_advice),
        TEST(test_an_endless_loop_of_steps_hits_the_cap),
        TEST(test_bad_steps_are_refused),
        TEST(test_a_refused_step_stays_refused_when_the_playbook_catches_the_error),
        TEST(test_an_error_in_a_function_lists_who_called_it),
        TEST(test_actions_and_checks_are_checked),
        TEST(test_instances_are_chosen_by_use_or_by_step),
        TEST(test_outputs_and_moves_are_collected),
        TEST(test_a_secret_of_the_region_reaches_an_attribute_unseen),
        TEST(test_outputs_of_other_regions_are_values),
        TEST(test_the_region_as_a_whole_is_a_map),
        TEST(test_a_hundred_thousand_steps_are_light),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
