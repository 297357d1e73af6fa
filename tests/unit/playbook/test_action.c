/* Actions: durable units, coroutines, and what a crash leaves behind.  The world here is a record in memory
 * and a list of open calls that the test answers when it likes. */
#include "fake_project.h"

#include "base/array.h"
#include "base/map.h"
#include "playbook/action.h"

struct entry {
    const char *digest;
    const struct value *reply;
};

struct world {
    struct fixture *f;
    struct action *action;
    struct arena *mem;
    struct map *record; /* key -> struct entry */
    ARRAY(struct action_unit *) open;
    ARRAY(struct action_unit *) records; /* to be made durable */
    ARRAY(const char *) calls;           /* every key that was called, in order */
    struct {
        void (*fn)(void *arg);
        void *arg;
    } soon[8];
    size_t soon_count, soons;
    const struct value *known; /* of every reference */
    uint64_t done, total, most_open;
    int ended;
    bool ok;
    const char *result;
    struct err err;
    bool hold_records;
};

static bool world_get(void *user, const struct expr *ref, struct arena *mem, const struct value **out,
                      struct err *err)
{
    struct world *w = user;
    (void)mem;
    if (!w->known)
        return err_set(err, "test.unknown", "'%s' is not known", ref->address);
    *out = w->known;
    return true;
}

static bool world_find(void *user, const char *key, const char *digest, struct arena *mem, bool *found,
                       const struct value **reply, struct err *err)
{
    struct world *w = user;
    const struct entry *e = map_find(w->record, key);
    (void)mem;
    *found = e != NULL;
    if (!e)
        return true;
    if (strcmp(e->digest, digest) != 0) {
        err_set(err, "action.diverged", "'%s' was recorded with other arguments", key);
        return false;
    }
    *reply = e->reply;
    return true;
}

static void world_call(void *user, struct action_unit *unit)
{
    struct world *w = user;
    ARRAY_PUSH(&w->open, unit);
    ARRAY_PUSH(&w->calls, arena_text(w->mem, unit->key));
    w->most_open = w->open.count > w->most_open ? w->open.count : w->most_open;
}

static void keep(struct world *w, const struct action_unit *unit, const struct value *reply)
{
    struct entry *e = ARENA_NEW(w->mem, struct entry);
    *e = (struct entry){arena_text(w->mem, unit->digest), value_copy(w->mem, reply)};
    map_put(w->record, arena_text(w->mem, unit->key), e);
}

static void world_record(void *user, struct action_unit *unit, const struct value *reply)
{
    struct world *w = user;
    if (!w->hold_records)
        keep(w, unit, reply);
    ARRAY_PUSH(&w->records, unit);
}

static void world_progress(void *user, const char *name, uint64_t done, uint64_t total)
{
    struct world *w = user;
    (void)name;
    assert_true(done <= total);
    w->done = done;
    w->total = total;
}

static void world_ended(void *user, const struct value *result, const struct err *err)
{
    struct world *w = user;
    w->ended++;
    w->ok = err == NULL;
    if (err)
        w->err = *err;
    else
        w->result = value_json_text(w->mem, result);
}

static void world_soon(void *user, void (*fn)(void *arg), void *arg)
{
    struct world *w = user;
    assert_true(w->soon_count < COUNT_OF(w->soon));
    w->soon[w->soon_count].fn = fn;
    w->soon[w->soon_count++].arg = arg;
    w->soons++;
}

/* One turn of the loop; false when there was nothing to do. */
static bool turn(struct world *w)
{
    bool worked = w->soon_count > 0;
    while (w->soon_count > 0) {
        w->soon_count--;
        void (*fn)(void *arg) = w->soon[w->soon_count].fn;
        fn(w->soon[w->soon_count].arg);
    }
    return worked;
}

/* Answers the oldest open call: a recorded reply {"n": <its parameter>}, or the error. */
static void answer(struct world *w, const char *error)
{
    struct action_unit *unit = w->open.at[0];
    memmove(w->open.at, w->open.at + 1, --w->open.count * sizeof(*w->open.at));
    if (error) {
        struct err err;
        err_set(&err, "test.refused", "%s", error);
        action_answer(w->action, unit, NULL, &err);
        return;
    }
    struct pair pair = {"sql", value_get(unit->args, "sql")};
    const struct value *reply = value_map(w->mem, &pair, 1);
    keep(w, unit, reply);
    action_answer(w->action, unit, reply, NULL);
}

static void settle_records(struct world *w)
{
    for (size_t i = 0; i < w->records.count; i++)
        action_answer(w->action, w->records.at[i], NULL, NULL);
    w->records.count = 0;
}

/* Runs until nothing is left to do but what the test holds back. */
static void go(struct world *w, bool answers)
{
    bool worked = true;
    while (worked) {
        worked = turn(w);
        if (w->records.count > 0 && !w->hold_records) {
            settle_records(w);
            worked = true;
        }
        if (answers && w->open.count > 0) {
            answer(w, NULL);
            worked = true;
        }
    }
}

static struct world *world_new(struct fixture *f)
{
    struct world *w = ARENA_NEW(f->mem, struct world);
    w->f = f;
    w->mem = f->mem;
    w->record = map_new();
    return w;
}

static void world_done(struct world *w)
{
    action_free(w->action);
    turn(w); /* what was scheduled before finds nothing */
    map_free(w->record);
    ARRAY_DONE(&w->open);
    ARRAY_DONE(&w->records);
    ARRAY_DONE(&w->calls);
}

/* Starts the body over the record there is. */
static void start(struct world *w, const char *body)
{
    char *text =
        arena_print(w->mem,
                    USE "local zone = dns.zone 'z' { name = 'x' }\n"
                        "action 'seed' { version = 3, inputs = { id = zone.id .. '!', n = 7 }, run = "
                        "function(ctx)\n%s\nend }\n",
                    body);
    struct err err;
    struct action_world world = {.user = w,
                                 .get = world_get,
                                 .find = world_find,
                                 .call = world_call,
                                 .record = world_record,
                                 .progress = world_progress,
                                 .ended = world_ended,
                                 .soon = world_soon};
    action_free(w->action);
    w->action = NULL;
    turn(w);
    w->known = w->known ? w->known : value_text(w->mem, "zone-1");
    w->ended = 0;
    w->open.count = w->records.count = w->calls.count = 0;
    w->done = w->total = 0;
    const struct decl *d = decl_find(loaded(w->f, text), "action.seed");
    assert_true(action_start(w->f->p, d, &world, &w->action, &err));
    assert_int_equal(w->ended, 0);
}

#define ROWS "local rows = {}\nfor i = 1, %d do rows[i] = { code = 'c' .. i, n = i } end\n"
#define SEED                                                                                                 \
    "ctx:each('rows', rows, { key = 'code', width = 4 }, function(row)\n"                                    \
    "  ctx:call('insert', database.query, { database = 'main', sql = 'sql ' .. row.n, params = { row.code "  \
    "} })\n"                                                                                                 \
    "end)\n"

static const char *seed(struct world *w, int rows)
{
    return arena_print(w->mem, ROWS "%s", rows, SEED);
}

static void test_rows_run_in_order_and_at_most_width_at_once(void **state)
{
    struct world *w = world_new(*state);
    start(w, seed(w, 10));
    go(w, false);
    assert_int_equal(w->open.count, 4);
    assert_string_equal(w->calls.at[0], "3/rows/c1/insert");
    assert_string_equal(w->calls.at[3], "3/rows/c4/insert");
    assert_string_equal(w->open.at[0]->subsystem, "database");
    assert_string_equal(w->open.at[0]->call, "query");
    assert_string_equal(value_json_text(w->mem, w->open.at[0]->args),
                        "{\"database\":\"main\",\"params\":[\"c1\"],\"sql\":\"sql 1\"}");
    go(w, true);
    assert_int_equal(w->ended, 1);
    assert_true(w->ok);
    assert_int_equal(w->calls.count, 10);
    for (int i = 0; i < 10; i++)
        assert_string_equal(w->calls.at[i], arena_print(w->mem, "3/rows/c%d/insert", i + 1));
    assert_int_equal(w->most_open, 4);
    assert_int_equal(w->done, 10);
    assert_int_equal(w->total, 10);
    assert_true(map_has(w->record, "3/rows/c10"));
    world_done(w);
}

static void test_a_crash_in_the_middle_goes_on_there_with_a_row_inserted_above(void **state)
{
    struct world *w = world_new(*state);
    start(w, seed(w, 100));
    for (int i = 0; i < 50; i++) {
        go(w, false);
        answer(w, NULL);
    }
    go(w, false);
    size_t recorded = map_count(w->record);
    assert_true(recorded >= 50);
    start(w, arena_print(w->mem, ROWS "table.insert(rows, 1, { code = 'new', n = 0 })\n%s", 100, SEED));
    go(w, true);
    assert_true(w->ok);
    assert_int_equal(w->calls.count, 51);
    assert_string_equal(w->calls.at[0], "3/rows/new/insert");
    assert_string_equal(w->calls.at[1], "3/rows/c51/insert");
    start(w, seed(w, 100));
    go(w, true);
    assert_int_equal(w->calls.count, 0);
    assert_int_equal(w->done, 100);
    world_done(w);
}

static void test_a_call_that_was_made_is_not_made_again_when_its_row_was_not_recorded(void **state)
{
    struct world *w = world_new(*state);
    w->hold_records = true;
    start(w, seed(w, 1));
    go(w, false);
    answer(w, NULL);
    go(w, false);
    assert_int_equal(w->records.count, 1);
    assert_string_equal(w->records.at[0]->key, "3/rows/c1");
    assert_int_equal(w->ended, 0);
    w->hold_records = false;
    start(w, seed(w, 1));
    go(w, true);
    assert_int_equal(w->calls.count, 0);
    assert_true(w->ok);
    world_done(w);
}

static void test_changed_arguments_stop_the_action_and_no_pcall_hides_it(void **state)
{
    struct world *w = world_new(*state);
    start(w, "ctx:call('a', database.query, { database = 'main', sql = 'one' })");
    go(w, true);
    assert_true(w->ok);
    start(w, "pcall(function() ctx:call('a', database.query, { database = 'main', sql = 'two' }) "
             "end)\nreturn 'fine'");
    go(w, true);
    assert_int_equal(w->ended, 1);
    assert_false(w->ok);
    assert_string_equal(w->err.code, "action.diverged");
    assert_int_equal(w->calls.count, 0);
    world_done(w);
}

static void test_a_changed_row_stops_the_action_after_the_running_ones(void **state)
{
    struct world *w = world_new(*state);
    start(w, seed(w, 3));
    go(w, true);
    start(w, "local rows = { { code = 'x', n = 0 }, { code = 'c2', n = 99 }, { code = 'y', n = 1 } }\n" SEED);
    go(w, false);
    assert_int_equal(w->ended, 0);
    assert_int_equal(w->open.count, 1);
    answer(w, NULL);
    go(w, false);
    assert_int_equal(w->ended, 1);
    assert_string_equal(w->err.code, "action.diverged");
    world_done(w);
}

static void test_a_row_that_fails_lets_the_running_ones_finish_and_names_itself(void **state)
{
    struct world *w = world_new(*state);
    start(w, seed(w, 10));
    go(w, false);
    answer(w, NULL);
    go(w, false);
    answer(w, "the disk is full"); /* c2; c3, c4, c5 are running */
    go(w, true);
    assert_int_equal(w->ended, 1);
    assert_false(w->ok);
    assert_string_equal(w->err.summary, "row 'c2' of 'rows': 3/rows/c2/insert: the disk is full");
    assert_string_equal(w->err.where, "playbooks/saas.lua:7");
    assert_int_equal(w->calls.count, 5);
    assert_true(map_has(w->record, "3/rows/c5"));
    assert_false(map_has(w->record, "3/rows/c2"));
    assert_false(map_has(w->record, "3/rows/c6"));
    world_done(w);
}

static void test_an_error_in_a_row_names_its_line(void **state)
{
    struct world *w = world_new(*state);
    start(w,
          "ctx:each('r', { 'a', 'b' }, nil, function(row)\n  if row == 'b' then error('bad row') end\nend)");
    go(w, true);
    assert_string_equal(w->err.summary, "row 'b' of 'r': bad row");
    assert_string_equal(w->err.where, "playbooks/saas.lua:5");
    assert_true(map_has(w->record, "3/r/a"));
    world_done(w);
}

static void test_every_row_may_fail_at_once(void **state)
{
    struct world *w = world_new(*state);
    start(w, "ctx:each('r', { 1, 2, 3, 4 }, { width = 2 }, function(row) local x = nil + row end)");
    go(w, true);
    assert_int_equal(w->ended, 1);
    assert_non_null(strstr(w->err.summary, "row '1' of 'r': attempt to perform arithmetic"));
    world_done(w);
}

static void test_the_body_may_catch_what_a_call_or_a_row_raises(void **state)
{
    struct world *w = world_new(*state);
    start(w,
          "local ok, why = pcall(function() return ctx:call('a', database.query, { database = 'm', sql = 's' "
          "}) end)\n"
          "local fine, row = pcall(function() ctx:each('e', { 1 }, nil, function() error('x', 0) end) end)\n"
          "return { why, row }");
    go(w, false);
    answer(w, "no such table");
    go(w, true);
    assert_true(w->ok);
    assert_string_equal(w->result,
                        "[\"playbooks/saas.lua:4: 3/a: no such table\",\"playbooks/saas.lua:5: row '1' of "
                        "'e': x\"]");
    world_done(w);
}

static void test_steps_keep_what_they_return(void **state)
{
    struct world *w = world_new(*state);
    const char *body = "local a = ctx:step('first', function()\n"
                       "  local reply = ctx:call('ask', database.query, { database = 'm', sql = 'q' })\n"
                       "  return { got = reply.sql }\nend)\nreturn a.got .. ctx.inputs.id .. ctx.inputs.n";
    start(w, body);
    go(w, true);
    assert_true(w->ok);
    assert_string_equal(w->result, "\"qzone-1!7\"");
    assert_string_equal(w->calls.at[0], "3/first/ask");
    const struct entry *e = map_find(w->record, "3/first");
    assert_string_equal(value_json_text(w->mem, e->reply), "{\"got\":\"q\"}");
    start(w, body);
    go(w, true);
    assert_string_equal(w->result, "\"qzone-1!7\"");
    assert_int_equal(w->calls.count, 0);
    world_done(w);
}

static void test_nested_rows_have_nested_keys(void **state)
{
    struct world *w = world_new(*state);
    start(w,
          "ctx:each('o', { 'a', 'b' }, nil, function(o)\n"
          "  ctx:each('i', { 1, 2 }, { width = 1 }, function(i)\n"
          "    ctx:call('c', database.query, { database = 'm', sql = o .. i }, { if_in_doubt = 'again' })\n"
          "  end)\n  ctx:step('last', function() end)\nend)");
    go(w, false);
    assert_int_equal(w->open.count, 2);
    assert_true(w->open.at[0]->again_in_doubt);
    go(w, true);
    assert_true(w->ok);
    assert_int_equal(w->calls.count, 4);
    assert_true(map_has(w->record, "3/o/b/i/2/c"));
    assert_true(map_has(w->record, "3/o/b/i/2"));
    assert_true(map_has(w->record, "3/o/b/last"));
    assert_true(map_has(w->record, "3/o/b"));
    world_done(w);
}

static void test_get_gives_values_of_references(void **state)
{
    struct world *w = world_new(*state);
    start(
        w,
        "return { ctx:get(zone.id), ctx:get('x' .. zone.id), ctx:get({ a = { zone.id } }).a[1], ctx:get(5), "
        "ctx:get(landfall.map(zone.id, function(v) return #v end)) }");
    go(w, true);
    if (!w->ok)
        fail_msg("%s", w->err.summary);
    assert_string_equal(w->result, "[\"zone-1\",\"xzone-1\",\"zone-1\",5,6]");
    w->known = value_unknown(VALUE_TEXT);
    start(w, "return 1");
    go(w, true);
    assert_string_equal(w->err.summary, "a value the action asks for is not known yet");
    world_done(w);
}

static void test_bad_bodies_end_with_a_message(void **state)
{
    static const char *const cases[][2] = {
        {"ctx:call('a', database.query, { database = 'm', sql = 's' })\nctx:call('a', database.query, { "
         "database = "
         "'m', sql = 's' })",
         "the unit '3/a' is used twice"},
        {"ctx:each('r', { { code = 1 }, { code = 2 }, { code = 1 } }, { key = 'code' }, print_nothing)",
         "there is no 'print_nothing' here"},
        {"ctx:each('r', { { code = 1 }, { code = 2 }, { code = 1 } }, { key = 'code' }, function() end)",
         "rows 1 and 3 of 'r' have the same key '1'"},
        {"ctx:each('r', { { code = 1 }, {} }, { key = 'code' }, function() end)",
         "row 2 of 'r' has no key in 'code'"},
        {"ctx:each('r', { {} }, nil, function() end)", "does not say what its rows are told apart by"},
        {"ctx:each('r', {}, { width = 0 }, function() end)", "width, a whole number from 1 to 1000"},
        {"ctx:each('r', {}, function() end)", "the last argument of ctx:each must be a function"},
        {"ctx:each('R', {}, nil, function() end)", "must begin with a small letter"},
        {"ctx.each('r', {}, nil, function() end)", "ctx.each is called without ctx in front"},
        {"ctx:calls('r')", "ctx has no 'calls'"},
        {"ctx:call('a', 'query', {})", "is no call of a subsystem"},
        {"ctx:call('a', database.query, { sql = 's' })",
         "database.query: required attribute 'database' is missing"},
        {"ctx:call('a', database.query, { sqll = 's' })", "database.query: "},
        {"ctx:call('a', database.query, { database = zone.id, sql = 's' })", "hold a reference"},
        {"ctx:call('a', database.query, {}, { again = true })", "if_in_doubt = \"again\" only"},
        {"ctx:step('a', 5)", "must be a function"},
        {"return zone.id", "an action's function returned a reference"},
        {"return pairs", "the result: is a function"},
        {"stage 'late'", "'stage' is used after the playbook has ended"},
        {"dns.zone 'late' {}", "'dns.zone' is used after the playbook has ended"},
        {"x = 1", "the global 'x' is assigned"},
        {"table.sort({ 1, 2 }, function() ctx:call('a', database.query, { database = 'm', sql = 's' }) end)",
         "ctx:call cannot wait inside a function that sort or gsub calls"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct world *w = world_new(*state);
        start(w, cases[i][0]);
        go(w, true);
        assert_int_equal(w->ended, 1);
        if (w->ok || !strstr(w->err.summary, cases[i][1]))
            fail_msg("'%s' is not in '%s'", cases[i][1], w->ok ? "(it was fine)" : w->err.summary);
        /* What is returned has no line of its own. */
        unsigned line = i == 0 ? 5 : strncmp(cases[i][0], "return", 6) == 0 ? 3 : 4;
        assert_string_equal(w->err.where, arena_print(w->mem, "playbooks/saas.lua:%u", line));
        world_done(w);
    }
}

static void test_an_endless_body_is_stopped(void **state)
{
    struct fixture *f = *state;
    f->limits.instructions = 5000000;
    struct world *w = world_new(f);
    start(w, "while true do end");
    go(w, true);
    assert_int_equal(w->ended, 1);
    assert_string_equal(w->err.code, "script.budget");
    world_done(w);
}

static void test_an_action_can_be_dropped_at_any_time(void **state)
{
    struct world *w = world_new(*state);
    for (int turns = 0; turns < 4; turns++) {
        start(w, seed(w, 10));
        for (int i = 0; i < turns; i++)
            turn(w);
        action_free(w->action);
        w->action = NULL;
        turn(w);
        assert_int_equal(w->ended, 0);
    }
    world_done(w);
}

static void test_row_keys_cannot_pass_for_paths(void **state)
{
    struct world *w = world_new(*state);
    start(w, "ctx:each('r', { 'a/b', '50%', 7 }, nil, function(row) end)");
    go(w, true);
    assert_true(w->ok);
    assert_true(map_has(w->record, "3/r/a%2Fb"));
    assert_true(map_has(w->record, "3/r/50%25"));
    assert_true(map_has(w->record, "3/r/7"));
    world_done(w);
}

static void test_nothing_runs_long_in_one_turn(void **state)
{
    struct world *w = world_new(*state);
    start(w, seed(w, 10000));
    go(w, true);
    assert_true(w->ok);
    assert_int_equal(w->done, 10000);
    start(w, seed(w, 10000));
    w->soons = 0;
    go(w, true);
    assert_true(w->ok);
    assert_int_equal(w->calls.count, 0);
    /* 256 rows a turn. */
    assert_in_range(w->soons, 39, 45);
    world_done(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_rows_run_in_order_and_at_most_width_at_once),
        TEST(test_a_crash_in_the_middle_goes_on_there_with_a_row_inserted_above),
        TEST(test_a_call_that_was_made_is_not_made_again_when_its_row_was_not_recorded),
        TEST(test_changed_arguments_stop_the_action_and_no_pcall_hides_it),
        TEST(test_a_changed_row_stops_the_action_after_the_running_ones),
        TEST(test_a_row_that_fails_lets_the_running_ones_finish_and_names_itself),
        TEST(test_an_error_in_a_row_names_its_line),
        TEST(test_every_row_may_fail_at_once),
        TEST(test_the_body_may_catch_what_a_call_or_a_row_raises),
        TEST(test_steps_keep_what_they_return),
        TEST(test_nested_rows_have_nested_keys),
        TEST(test_get_gives_values_of_references),
        TEST(test_bad_bodies_end_with_a_message),
        TEST(test_an_endless_body_is_stopped),
        TEST(test_an_action_can_be_dropped_at_any_time),
        TEST(test_row_keys_cannot_pass_for_paths),
        TEST(test_nothing_runs_long_in_one_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
