#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "bench.h"
#include "model/value.h"
#include "world.h"

#define DRIVER PLUGINS_FOLDER "/queue-local.so"

/* One test's folder and driver. */
struct set {
    struct arena *mem;
    char *folder;
    const char *data;
    const char *file;
    struct bench *b;
};

static struct bench *open_bench(const struct set *set)
{
    return bench_open(DRIVER, arena_print(set->mem, "{'path':'%s','place':'here'}", set->data));
}

static int open_set(void **state)
{
    struct arena *mem = arena_new();
    struct set *set = ARENA_NEW(mem, struct set);
    set->mem = mem;
    set->folder = world_new(mem);
    set->data = arena_print(mem, "%s/deep/data", set->folder);
    set->file = arena_print(mem, "%s/queues.db", set->data);
    set->b = open_bench(set);
    *state = set;
    return 0;
}

static int close_set(void **state)
{
    struct set *set = *state;
    size_t breaches = 0;
    (void)bench_breaches(set->b, &breaches);
    assert_int_equal(breaches, 0);
    bench_close(set->b);
    world_remove(set->folder);
    arena_free(set->mem);
    return 0;
}

static const struct op_result *want(struct set *set, uint32_t verb, const char *type, const char *json)
{
    struct op_item item = {.verb = verb, .desired = bench_value(set->b, json)};
    return bench_run(set->b, type, item);
}

static void made(struct set *set, const char *type, const char *json)
{
    const struct op_result *r = want(set, LF_VERB_CREATE, type, json);
    assert_null(r->broke);
    assert_int_equal(r->status, LF_END_OK);
}

static void refused(struct set *set, uint32_t verb, const char *type, const char *json, const char *code)
{
    const struct op_result *r = want(set, verb, type, json);
    assert_null(r->broke);
    assert_int_equal(r->status, LF_END_REFUSED);
    assert_true(bench_has_note(set->b, code));
}

static const struct op_result *send(struct set *set, const char *token, const char *json)
{
    struct op_item item = {.verb = LF_VERB_CALL, .token = token, .args = bench_value(set->b, json)};
    return bench_call(set->b, "send", item);
}

static const char *ask(struct set *set, const char *sql)
{
    return world_ask(set->mem, set->file, sql);
}

/* ---- objects ---------------------------------------------------------------------------------------------
 */

static void test_a_created_queue_says_everything_and_reads_back_the_same(void **state)
{
    struct set *set = *state;
    const struct op_result *r =
        want(set, LF_VERB_CREATE, "queue", "{'name':'orders','visibility_timeout_s':5}");
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->id, "orders");
    assert_string_equal(r->marker, "lf1.benchbenchbenchbenchbenchbe");
    const char *expected = arena_print(set->mem,
                                       "{'name':'orders','visibility_timeout_s':5,'retention_s':345600,"
                                       "'place':'here','url':'sqlite:%s?queue=orders','host':'localhost'}",
                                       set->file);
    assert_true(value_equal(r->state, bench_value(set->b, expected)));
    struct op_item item = {.verb = LF_VERB_READ, .id = "orders"};
    const struct op_result *again = bench_run(set->b, "queue", item);
    assert_int_equal(again->status, LF_END_OK);
    assert_true(value_equal(again->state, r->state));
}

static void test_creating_twice_makes_one_object_and_keeps_its_messages(void **state)
{
    struct set *set = *state;
    made(set, "queue", "{'name':'orders'}");
    world_sql(set->file, "insert into message (queue, body) values ('orders', 'one')");
    made(set, "queue", "{'name':'orders','visibility_timeout_s':7}");
    assert_string_equal(ask(set, "select count(*) from queue"), "1");
    assert_string_equal(ask(set, "select visibility_timeout_s from queue"), "7");
    assert_string_equal(ask(set, "select body from message"), "one");
}

static void test_an_update_changes_what_is_asked_and_drops_what_is_not(void **state)
{
    struct set *set = *state;
    made(set, "queue", "{'name':'dead'}");
    made(set, "queue", "{'name':'orders','max_receives':3,'dead_letter':'dead'}");
    const struct op_result *r = want(set, LF_VERB_UPDATE, "queue", "{'name':'orders','retention_s':60}");
    assert_int_equal(r->status, LF_END_OK);
    assert_int_equal(value_get_int(r->state, "retention_s", 0), 60);
    assert_null(value_get(r->state, "dead_letter"));
    assert_string_equal(ask(set, "select max_receives from queue where name = 'orders'"), "(null)");
    r = want(set, LF_VERB_UPDATE, "queue", "{'name':'nobody'}");
    assert_int_equal(r->status, LF_END_GONE);
}

static void test_destroying_a_queue_takes_its_messages_along_once(void **state)
{
    struct set *set = *state;
    made(set, "queue", "{'name':'orders'}");
    world_sql(set->file, "insert into message (queue, body) values ('orders', 'one')");
    struct op_item item = {.verb = LF_VERB_DESTROY, .id = "orders"};
    assert_int_equal(bench_run(set->b, "queue", item)->status, LF_END_OK);
    assert_string_equal(ask(set, "select count(*) from message"), "0");
    assert_int_equal(bench_run(set->b, "queue", item)->status, LF_END_GONE);
}

static void test_an_object_of_somebody_else_is_left_alone(void **state)
{
    struct set *set = *state;
    made(set, "topic", "{'name':'t'}");
    world_sql(set->file,
              "insert into queue (name, marker) values ('theirs', 'lf1.other'), ('nobodys', null)");
    const char *before = world_picture(set->mem, set->folder);
    const uint32_t verbs[] = {LF_VERB_CREATE, LF_VERB_UPDATE, LF_VERB_DESTROY, LF_VERB_RECOVER};
    for (size_t i = 0; i < 4; i++) {
        const struct op_result *r = want(set, verbs[i], "queue", "{'name':'theirs','retention_s':60}");
        assert_int_equal(r->status, LF_END_EXISTS);
        assert_string_equal(r->marker, "lf1.other");
        r = want(set, verbs[i], "queue", "{'name':'nobodys'}");
        assert_int_equal(r->status, LF_END_EXISTS);
        assert_null(r->marker);
    }
    assert_string_equal(world_picture(set->mem, set->folder), before);
}

static void test_adoption_compares_the_marker_it_saw(void **state)
{
    struct set *set = *state;
    made(set, "topic", "{'name':'t'}");
    world_sql(set->file, "insert into queue (name, marker) values ('old', 'lf1.before')");
    struct op_item item = {.verb = LF_VERB_FIND, .desired = bench_value(set->b, "{'name':'old'}")};
    const struct op_result *r = bench_run(set->b, "queue", item);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->marker, "lf1.before");
    item.verb = LF_VERB_UPDATE;
    item.memo = bench_value(set->b, "{'adopt':true,'was':''}");
    assert_int_equal(bench_run(set->b, "queue", item)->status, LF_END_EXISTS);
    item.memo = bench_value(set->b, "{'adopt':true,'was':'lf1.before'}");
    r = bench_run(set->b, "queue", item);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->marker, "lf1.benchbenchbenchbenchbenchbe");
}

static void test_recover_tells_ours_from_theirs_from_nothing(void **state)
{
    struct set *set = *state;
    const struct op_result *r = want(set, LF_VERB_RECOVER, "queue", "{'name':'orders'}");
    assert_int_equal(r->status, LF_END_GONE);
    made(set, "queue", "{'name':'orders'}");
    r = want(set, LF_VERB_RECOVER, "queue", "{'name':'orders'}");
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->id, "orders");
    assert_int_equal(value_get_int(r->state, "retention_s", 0), 345600);
    assert_int_equal(want(set, LF_VERB_RECOVER, "queue", "{'name':'other'}")->status, LF_END_GONE);
}

static void test_a_batch_is_settled_item_by_item(void **state)
{
    struct set *set = *state;
    made(set, "queue", "{'name':'old'}");
    struct op_item items[] = {
        {.verb = LF_VERB_CREATE, .marker = "lf1.a", .desired = bench_value(set->b, "{'name':'a'}")},
        {.verb = LF_VERB_CREATE,
         .marker = "lf1.b",
         .desired = bench_value(set->b, "{'name':'b','namespace':'no'}")},
        {.verb = LF_VERB_CREATE, .marker = "lf1.c", .desired = bench_value(set->b, "{'name':'c c'}")},
        {.verb = LF_VERB_DESTROY, .id = "old"},
        {.verb = LF_VERB_UPDATE,
         .marker = "lf1.a",
         .id = "a",
         .desired = bench_value(set->b, "{'name':'a','retention_s':61}")},
    };
    const struct op_result *r = bench_run_many(set->b, "queue", items, 5);
    assert_int_equal(r[0].status, LF_END_OK);
    assert_int_equal(r[1].status, LF_END_REFUSED);
    assert_int_equal(r[2].status, LF_END_REFUSED);
    assert_int_equal(r[3].status, LF_END_OK);
    assert_int_equal(r[4].status, LF_END_OK);
    assert_true(bench_has_note(set->b, "queue.no_namespace"));
    assert_true(bench_has_note(set->b, "queue.bad_name"));
    assert_string_equal(ask(set, "select group_concat(name || retention_s) from queue"), "a61");
}

static void test_owned_lists_what_carries_a_marker(void **state)
{
    struct set *set = *state;
    size_t count = 9;
    struct op_item item = {.verb = LF_VERB_OWNED};
    assert_int_equal(bench_run(set->b, "queue", item)->status, LF_END_OK);
    (void)bench_found(set->b, &count);
    assert_int_equal(count, 0);
    made(set, "queue", "{'name':'a'}");
    world_sql(set->file,
              "insert into queue (name, marker, address) values ('b', 'lf1.other', 'queue.queue.b'),"
              " ('c', null, null)");
    assert_int_equal(bench_run(set->b, "queue", item)->status, LF_END_OK);
    const struct op_result *found = bench_found(set->b, &count);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < count; i++)
        if (strcmp(found[i].id, "b") == 0) {
            assert_string_equal(found[i].marker, "lf1.other");
            assert_string_equal(value_get_text(found[i].memo, "address", ""), "queue.queue.b");
        }
}

/* ---- refusals ---------------------------------------------------------------------------------- */

static void test_bad_queues_are_refused_when_planned_and_when_made(void **state)
{
    struct set *set = *state;
    static const char *const cases[][2] = {
        {"{'name':'q','max_receives':3}", "queue.half_dead_letter"},
        {"{'name':'q','dead_letter':'d'}", "queue.half_dead_letter"},
        {"{'name':'q','dead_letter':'q','max_receives':2}", "queue.dead_letter_loop"},
        {"{'name':'q','visibility_timeout_s':43201}", "queue.out_of_range"},
        {"{'name':'q','retention_s':59}", "queue.out_of_range"},
        {"{'name':'../q'}", "queue.bad_name"},
        {"{'name':'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'}",
         "queue.bad_name"},
        {"{'name':'q','options':{'shiny':true}}", "queue.unknown_option"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        refused(set, LF_VERB_PLAN, "queue", cases[i][0], cases[i][1]);
        refused(set, LF_VERB_CREATE, "queue", cases[i][0], cases[i][1]);
    }
    assert_string_equal(world_picture(set->mem, set->data), "(no folder)");
}

static void test_what_an_object_needs_must_be_there(void **state)
{
    struct set *set = *state;
    made(set, "queue", "{'name':'a'}");
    refused(set, LF_VERB_CREATE, "queue", "{'name':'q','namespace':'n'}", "queue.no_namespace");
    refused(set, LF_VERB_CREATE, "topic", "{'name':'t','namespace':'n'}", "queue.no_namespace");
    refused(set, LF_VERB_CREATE, "queue", "{'name':'q','dead_letter':'d','max_receives':2}",
            "queue.no_dead_letter");
    refused(set, LF_VERB_CREATE, "subscription", "{'topic':'t','queue':'a'}", "queue.no_topic");
    made(set, "topic", "{'name':'t'}");
    refused(set, LF_VERB_CREATE, "subscription", "{'topic':'t','queue':'b'}", "queue.no_queue");
    refused(set, LF_VERB_CREATE, "subscription", "{'topic':'t','queue':'a','filter':{'kind':[]}}",
            "queue.bad_filter");
}

static void test_dead_letters_that_would_come_back_are_refused(void **state)
{
    struct set *set = *state;
    made(set, "queue", "{'name':'a'}");
    made(set, "queue", "{'name':'b','dead_letter':'a','max_receives':2}");
    made(set, "queue", "{'name':'c','dead_letter':'b','max_receives':2}");
    refused(set, LF_VERB_UPDATE, "queue", "{'name':'a','dead_letter':'c','max_receives':2}",
            "queue.dead_letter_loop");
    assert_string_equal(ask(set, "select dead_letter from queue where name = 'a'"), "(null)");
}

static void test_what_is_in_use_is_not_destroyed(void **state)
{
    struct set *set = *state;
    made(set, "namespace", "{'name':'n'}");
    made(set, "queue", "{'name':'a','namespace':'n'}");
    made(set, "topic", "{'name':'t'}");
    made(set, "subscription", "{'topic':'t','queue':'a'}");
    refused(set, LF_VERB_DESTROY, "namespace", "{'name':'n'}", "queue.in_use");
    refused(set, LF_VERB_DESTROY, "queue", "{'name':'a'}", "queue.in_use");
    refused(set, LF_VERB_DESTROY, "topic", "{'name':'t'}", "queue.in_use");
    assert_int_equal(want(set, LF_VERB_DESTROY, "subscription", "{'topic':'t','queue':'a'}")->status,
                     LF_END_OK);
    assert_int_equal(want(set, LF_VERB_DESTROY, "topic", "{'name':'t'}")->status, LF_END_OK);
    assert_int_equal(want(set, LF_VERB_DESTROY, "queue", "{'name':'a'}")->status, LF_END_OK);
    assert_int_equal(want(set, LF_VERB_DESTROY, "namespace", "{'name':'n'}")->status, LF_END_OK);
}

static void test_a_file_from_a_newer_driver_is_refused(void **state)
{
    struct set *set = *state;
    made(set, "queue", "{'name':'a'}");
    world_sql(set->file, "pragma user_version = 2");
    refused(set, LF_VERB_CREATE, "queue", "{'name':'b'}", "queue.newer_file");
    assert_string_equal(ask(set, "select count(*) from queue"), "1");
}

static void test_a_file_that_is_no_database_is_reported_and_kept(void **state)
{
    struct set *set = *state;
    made(set, "queue", "{'name':'a'}");
    world_write(set->file, "this file is somebody's notes, and it is longer than a header would be, so there;"
                           " it has nothing at all to do with any database whatever");
    const char *before = world_picture(set->mem, set->folder);
    assert_int_equal(want(set, LF_VERB_READ, "queue", "{'name':'a'}")->status, LF_END_FAILED);
    assert_int_equal(want(set, LF_VERB_RECOVER, "queue", "{'name':'a'}")->status, LF_END_FAILED);
    refused(set, LF_VERB_CREATE, "queue", "{'name':'b'}", "queue.not_a_database");
    assert_string_equal(world_picture(set->mem, set->folder), before);
}

/* ---- reading writes nothing -------------------------------------------------------------------- */

static void read_everything(struct set *set)
{
    static const char *const types[][2] = {{"namespace", "{'name':'n'}"},
                                           {"queue", "{'name':'a'}"},
                                           {"topic", "{'name':'t'}"},
                                           {"subscription", "{'topic':'t','queue':'a'}"}};
    const uint32_t verbs[] = {LF_VERB_READ, LF_VERB_PLAN,  LF_VERB_RECOVER,
                              LF_VERB_FIND, LF_VERB_OWNED, LF_VERB_ESTIMATE};
    bench_read_only(set->b, true);
    for (size_t t = 0; t < 4; t++)
        for (size_t v = 0; v < 6; v++) {
            const struct op_result *r = want(set, verbs[v], types[t][0], types[t][1]);
            assert_null(r->broke);
            assert_true(r->status == LF_END_OK || r->status == LF_END_GONE);
        }
    assert_int_equal(bench_run(set->b, NULL, (struct op_item){.verb = LF_VERB_PREFLIGHT})->status, LF_END_OK);
    struct op_item item = {.verb = LF_VERB_RECOVER, .args = bench_value(set->b, "{'queue':'a','body':'x'}")};
    assert_int_equal(bench_call(set->b, "send", item)->status, LF_END_GONE);
    bench_read_only(set->b, false);
}

static void test_verbs_that_read_never_make_or_write_a_file(void **state)
{
    struct set *set = *state;
    const char *before = world_picture(set->mem, set->folder);
    read_everything(set);
    assert_string_equal(world_picture(set->mem, set->folder), before);
    made(set, "namespace", "{'name':'n'}");
    made(set, "queue", "{'name':'a','namespace':'n'}");
    made(set, "topic", "{'name':'t'}");
    made(set, "subscription", "{'topic':'t','queue':'a'}");
    before = world_picture(set->mem, set->folder);
    read_everything(set);
    assert_string_equal(world_picture(set->mem, set->folder), before);
}

static void test_preflight_names_a_folder_that_cannot_be_used(void **state)
{
    struct set *set = *state;
    world_write(arena_print(set->mem, "%s/deep", set->folder), "a file in the way");
    const struct op_result *r = bench_run(set->b, NULL, (struct op_item){.verb = LF_VERB_PREFLIGHT});
    assert_int_equal(r->status, LF_END_REFUSED);
    assert_true(bench_has_note(set->b, "queue.bad_folder"));
    refused(set, LF_VERB_CREATE, "queue", "{'name':'a'}", "queue.cannot_open");
}

/* ---- costs and plans --------------------------------------------------------------------------- */

static void test_requests_are_priced_when_somebody_counted_them(void **state)
{
    struct set *set = *state;
    const struct op_result *r =
        want(set, LF_VERB_ESTIMATE, "queue", "{'name':'a','monthly_requests':2500001}");
    assert_int_equal(r->cost_count, 1);
    assert_string_equal(r->costs[0].sku, "queue.requests");
    assert_int_equal(r->costs[0].expected_milli, 2501);
    assert_int_equal(r->costs[0].flags, 0);
    r = want(set, LF_VERB_ESTIMATE, "queue", "{'name':'a'}");
    assert_int_equal(r->costs[0].flags, LF_COST_UNBOUNDED);
    assert_int_equal(want(set, LF_VERB_ESTIMATE, "topic", "{'name':'t'}")->cost_count, 0);
}

static void test_a_plan_tells_create_keep_update_and_replace_apart(void **state)
{
    struct set *set = *state;
    const struct op_result *r = want(set, LF_VERB_PLAN, "queue", "{'name':'a'}");
    assert_int_equal(r->action, LF_DO_CREATE);
    made(set, "queue", "{'name':'a'}");
    struct op_item item = {.verb = LF_VERB_PLAN, .id = "a"};
    item.prior = want(set, LF_VERB_READ, "queue", "{'name':'a'}")->state;
    item.desired = bench_value(set->b, "{'name':'a'}");
    assert_int_equal(bench_run(set->b, "queue", item)->action, LF_DO_KEEP);
    item.desired = bench_value(set->b, "{'name':'a','retention_s':99}");
    r = bench_run(set->b, "queue", item);
    assert_int_equal(r->action, LF_DO_UPDATE);
    assert_string_equal(r->because[0], "retention_s");
    item.desired = bench_value(set->b, "{'name':'a','namespace':'n'}");
    assert_int_equal(bench_run(set->b, "queue", item)->action, LF_DO_REPLACE);
}

/* ---- sending ----------------------------------------------------------------------------------- */

static void test_a_token_sent_twice_is_one_message_and_one_answer(void **state)
{
    struct set *set = *state;
    made(set, "queue", "{'name':'orders'}");
    const struct op_result *first = send(set, "token-1", "{'queue':'orders','body':'hello'}");
    assert_int_equal(first->status, LF_END_OK);
    const struct op_result *second = send(set, "token-1", "{'queue':'orders','body':'hello'}");
    assert_int_equal(second->status, LF_END_OK);
    assert_true(value_equal(first->reply, second->reply));
    assert_string_equal(ask(set, "select count(*) from message"), "1");
    assert_int_equal(send(set, "token-2", "{'queue':'orders','body':'hello'}")->status, LF_END_OK);
    assert_string_equal(ask(set, "select count(*) from message"), "2");
}

static void test_recover_of_a_send_looks_its_token_up(void **state)
{
    struct set *set = *state;
    made(set, "queue", "{'name':'orders'}");
    struct op_item item = {.verb = LF_VERB_RECOVER, .token = "t"};
    item.args = bench_value(set->b, "{'queue':'orders','body':'hello'}");
    assert_int_equal(bench_call(set->b, "send", item)->status, LF_END_GONE);
    const struct op_result *sent = send(set, "t", "{'queue':'orders','body':'hello'}");
    const struct op_result *r = bench_call(set->b, "send", item);
    assert_int_equal(r->status, LF_END_OK);
    assert_true(value_equal(r->reply, sent->reply));
}

static void test_a_topic_reaches_each_subscription_that_wants_it(void **state)
{
    struct set *set = *state;
    made(set, "topic", "{'name':'events'}");
    made(set, "queue", "{'name':'all'}");
    made(set, "queue", "{'name':'orders'}");
    made(set, "queue", "{'name':'german'}");
    made(set, "subscription", "{'topic':'events','queue':'all'}");
    made(set, "subscription", "{'topic':'events','queue':'orders','filter':{'kind':['order','refund']}}");
    made(set, "subscription",
         "{'topic':'events','queue':'german','filter':{'kind':'order','country.code':'DE','test':false}}");
    const struct op_result *r = send(set, "1",
                                     "{'topic':'events','body':'one','attributes':"
                                     "{'kind':'order','country.code':'DE','test':false}}");
    assert_int_equal(r->status, LF_END_OK);
    assert_int_equal(value_get(r->reply, "ids")->count, 3);
    (void)send(set, "2", "{'topic':'events','body':'two','attributes':{'kind':'refund'}}");
    (void)send(set, "3", "{'topic':'events','body':'three'}");
    assert_string_equal(ask(set, "select group_concat(body, ' ') from message where queue = 'all'"),
                        "one two three");
    assert_string_equal(ask(set, "select group_concat(body, ' ') from message where queue = 'orders'"),
                        "one two");
    assert_string_equal(ask(set, "select group_concat(body, ' ') from message where queue = 'german'"),
                        "one");
}

static void test_a_bad_send_is_refused_and_leaves_nothing(void **state)
{
    struct set *set = *state;
    struct op_item item = {.verb = LF_VERB_CALL, .args = bench_value(set->b, "{'queue':'a','body':'x'}")};
    assert_int_equal(bench_call(set->b, "send", item)->status, LF_END_REFUSED);
    assert_true(bench_has_note(set->b, "queue.no_file"));
    made(set, "queue", "{'name':'a'}");
    made(set, "topic", "{'name':'t'}");
    static const char *const cases[][2] = {
        {"{'body':'x'}", "queue.where_to"},
        {"{'body':'x','queue':'a','topic':'t'}", "queue.where_to"},
        {"{'body':'x','queue':'b'}", "queue.no_target"},
        {"{'body':'x','topic':'b'}", "queue.no_target"},
        {"{'body':'x','queue':'a','delay_s':901}", "queue.out_of_range"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct op_result *r = send(set, "t", cases[i][0]);
        assert_int_equal(r->status, LF_END_REFUSED);
        assert_true(bench_has_note(set->b, cases[i][1]));
    }
    char *body = arena_alloc(set->mem, 262144 + 2);
    memset(body, 'x', 262145);
    body[262145] = '\0';
    (void)send(set, "t", arena_print(set->mem, "{'queue':'a','body':'%s'}", body));
    assert_true(bench_has_note(set->b, "queue.bad_body"));
    body[262144] = '\0';
    assert_int_equal(send(set, "t", arena_print(set->mem, "{'queue':'a','body':'%s'}", body))->status,
                     LF_END_OK);
    assert_string_equal(
        ask(set, "select count(*) || ' ' || (select count(*) from landfall_calls) from message"), "1 1");
}

/* ---- a program that knows nothing but the README ----------------------------------------------- */

/* The README's block that begins with `title`, to the letter. */
static const char *readme_sql(struct set *set, const char *title)
{
    const char *text = NULL;
    size_t size = 0;
    struct err err;
    assert_true(
        file_read(set->mem, TESTS_FOLDER "/../plugins/queue/README.md", WORLD_FILE_MAX, &text, &size, &err));
    const char *at = strstr(text, title);
    assert_non_null(at);
    const char *from = strstr(at, "```sql\n");
    assert_non_null(from);
    from += strlen("```sql\n");
    const char *to = strstr(from, "```");
    assert_non_null(to);
    return arena_text_n(set->mem, from, (size_t)(to - from));
}

/* Runs each statement with ?1 ?2 ?3 bound where it has them; the row of a RETURNING as "id|receipt|body|...",
 * or
 * "(none)"; *changes of the last. */
static const char *program(struct set *set, const char *sql, const char *const *values, int *changes)
{
    sqlite3 *db = NULL;
    const char *answer = "(none)";
    assert_int_equal(sqlite3_open(set->file, &db), SQLITE_OK);
    for (const char *rest = sql; *rest;) {
        sqlite3_stmt *row = NULL;
        if (sqlite3_prepare_v2(db, rest, -1, &row, &rest) != SQLITE_OK)
            fail_msg("%s: %s", sql, sqlite3_errmsg(db));
        if (!row)
            continue;
        for (int i = 1; i <= sqlite3_bind_parameter_count(row); i++)
            assert_int_equal(sqlite3_bind_text(row, i, values[i - 1], -1, SQLITE_STATIC), SQLITE_OK);
        while (sqlite3_step(row) == SQLITE_ROW) {
            answer = "";
            for (int c = 0; c < sqlite3_column_count(row); c++)
                answer = arena_print(set->mem, "%s%s%s", answer, c ? "|" : "",
                                     (const char *)sqlite3_column_text(row, c));
        }
        if (sqlite3_finalize(row) != SQLITE_OK)
            fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    }
    *changes = sqlite3_changes(db);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return answer;
}

/* What was received, cut at the bars. */
struct received {
    bool any;
    const char *id, *receipt, *body, *attributes, *times;
};

static struct received receive(struct set *set, const char *queue)
{
    int changes = 0;
    const char *row =
        program(set, readme_sql(set, "Receive one message"), (const char *const[]){queue}, &changes);
    struct received got = {.any = strcmp(row, "(none)") != 0};
    const char **fields[] = {&got.id, &got.receipt, &got.body, &got.attributes, &got.times};
    for (size_t i = 0; got.any && i < 5; i++) {
        size_t len = strcspn(row, "|");
        *fields[i] = arena_text_n(set->mem, row, len);
        row += row[len] ? len + 1 : len;
    }
    return got;
}

/* As if that many seconds went by. */
static void pass(struct set *set, int seconds)
{
    world_sql(set->file,
              arena_print(set->mem, "update message set visible_at = visible_at - %d, sent_at = sent_at - %d",
                          seconds, seconds));
}

static void test_a_program_receives_and_deletes_with_the_documented_sql(void **state)
{
    struct set *set = *state;
    int changes = 0;
    made(set, "queue", "{'name':'orders'}");
    (void)program(set, readme_sql(set, "Send to a queue"), (const char *const[]){"orders", "hello", "0"},
                  &changes);
    assert_int_equal(changes, 1);
    struct received got = receive(set, "orders");
    assert_true(got.any);
    assert_string_equal(got.body, "hello");
    assert_string_equal(got.times, "1");
    assert_int_equal(strlen(got.receipt), 32);
    assert_false(receive(set, "orders").any);
    (void)program(set, readme_sql(set, "Delete it once"), (const char *const[]){got.id, got.receipt},
                  &changes);
    assert_int_equal(changes, 1);
    assert_string_equal(ask(set, "select count(*) from message"), "0");
}

static void test_a_message_that_was_not_deleted_comes_again_with_a_new_receipt(void **state)
{
    struct set *set = *state;
    int changes = 0;
    made(set, "queue", "{'name':'orders','visibility_timeout_s':30}");
    (void)send(set, "t", "{'queue':'orders','body':'hello'}");
    struct received first = receive(set, "orders");
    pass(set, 29);
    assert_false(receive(set, "orders").any);
    pass(set, 1);
    struct received second = receive(set, "orders");
    assert_true(second.any);
    assert_string_equal(second.id, first.id);
    assert_string_equal(second.times, "2");
    assert_string_not_equal(second.receipt, first.receipt);
    const char *delete = readme_sql(set, "Delete it once");
    (void)program(set, delete, (const char *const[]){first.id, first.receipt}, &changes);
    assert_int_equal(changes, 0);
    (void)program(set, readme_sql(set, "Give it back"), (const char *const[]){second.id, second.receipt, "0"},
                  &changes);
    assert_int_equal(changes, 1);
    assert_string_equal(receive(set, "orders").times, "3");
}

static void test_a_message_nobody_can_handle_goes_to_the_dead_letters(void **state)
{
    struct set *set = *state;
    made(set, "queue", "{'name':'dead'}");
    made(set, "queue", "{'name':'orders','visibility_timeout_s':10,'max_receives':2,'dead_letter':'dead'}");
    (void)send(set, "t", "{'queue':'orders','body':'poison'}");
    for (int i = 0; i < 2; i++) {
        assert_true(receive(set, "orders").any);
        assert_false(receive(set, "dead").any);
        pass(set, 10);
    }
    assert_false(receive(set, "orders").any);
    struct received got = receive(set, "dead");
    assert_true(got.any);
    assert_string_equal(got.body, "poison");
    assert_string_equal(got.times, "1");
    assert_string_equal(ask(set, "select dead_from from message"), "orders");
}

static void test_delays_and_retention_hold_for_programs(void **state)
{
    struct set *set = *state;
    int changes = 0;
    made(set, "topic", "{'name':'t'}");
    made(set, "queue", "{'name':'orders','retention_s':60}");
    made(set, "subscription", "{'topic':'t','queue':'orders'}");
    (void)send(set, "t", "{'queue':'orders','body':'late','delay_s':20}");
    assert_false(receive(set, "orders").any);
    pass(set, 20);
    assert_true(receive(set, "orders").any);
    pass(set, 40);
    assert_false(receive(set, "orders").any);
    assert_string_equal(ask(set, "select count(*) from message"), "0");
    const char *const values[] = {"t", "fan", "{}"};
    (void)program(set, readme_sql(set, "Send to a topic"), values, &changes);
    assert_string_equal(receive(set, "orders").body, "fan");
}

/* ---- dying ------------------------------------------------------------------------------------- */

static void build_all(void *user)
{
    struct set *set = user;
    set->b = open_bench(set);
    made(set, "queue", "{'name':'a'}");
    made(set, "topic", "{'name':'t'}");
    made(set, "subscription", "{'topic':'t','queue':'a'}");
    assert_int_equal(send(set, "token", "{'topic':'t','body':'once'}")->status, LF_END_OK);
}

static void test_killed_at_any_statement_and_built_again_nothing_is_lost_or_doubled(void **state)
{
    struct set *set = *state;
    int kills = 0;
    while (world_killed(kills, build_all, set)) {
        struct op_item item = {.verb = LF_VERB_RECOVER, .token = "token"};
        item.args = bench_value(set->b, "{'topic':'t','body':'once'}");
        uint32_t sent = bench_call(set->b, "send", item)->status;
        assert_true(sent == LF_END_OK || sent == LF_END_GONE);
        uint32_t there = want(set, LF_VERB_RECOVER, "queue", "{'name':'a'}")->status;
        assert_true(there == LF_END_OK || there == LF_END_GONE);
        assert_false(world_killed(INT_MAX, build_all, set));
        assert_string_equal(
            ask(set, "select (select count(*) from queue) || (select count(*) from subscription)"
                     " || (select count(*) from message) || (select count(*) from landfall_calls)"),
            "1111");
        world_remove(set->data);
        kills++;
    }
    assert_true(kills > 30);
}

/* Spills more than the cache holds, so that the file itself is half written when it dies. */
static void die_half_way(void *user)
{
    struct set *set = user;
    world_sql(set->file, "pragma cache_size = 1; begin; update queue set retention_s = 99;"
                         "with recursive n (i) as (select 1 union all select i + 1 from n where i < 2000)"
                         " insert into message (queue, body) select 'a', hex(zeroblob(200)) from n;"
                         " select die()");
}

static void test_recover_rolls_back_what_a_dead_program_left_and_a_read_only_says_so(void **state)
{
    struct set *set = *state;
    made(set, "queue", "{'name':'a'}");
    assert_true(world_killed(INT_MAX, die_half_way, set));
    assert_int_equal(access(arena_print(set->mem, "%s-journal", set->file), F_OK), 0);
    const char *before = world_picture(set->mem, set->folder);
    bench_read_only(set->b, true);
    assert_int_equal(want(set, LF_VERB_READ, "queue", "{'name':'a'}")->status, LF_END_CANNOT_TELL);
    assert_true(bench_has_note(set->b, "queue.unfinished_transaction"));
    assert_string_equal(world_picture(set->mem, set->folder), before);
    bench_read_only(set->b, false);
    const struct op_result *r = want(set, LF_VERB_RECOVER, "queue", "{'name':'a'}");
    assert_int_equal(r->status, LF_END_OK);
    assert_int_equal(value_get_int(r->state, "retention_s", 0), 345600);
    assert_int_equal(want(set, LF_VERB_READ, "queue", "{'name':'a'}")->status, LF_END_OK);
    assert_string_equal(ask(set, "select count(*) from message"), "0");
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, open_set, close_set)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_a_created_queue_says_everything_and_reads_back_the_same),
        STORY(test_creating_twice_makes_one_object_and_keeps_its_messages),
        STORY(test_an_update_changes_what_is_asked_and_drops_what_is_not),
        STORY(test_destroying_a_queue_takes_its_messages_along_once),
        STORY(test_an_object_of_somebody_else_is_left_alone),
        STORY(test_adoption_compares_the_marker_it_saw),
        STORY(test_recover_tells_ours_from_theirs_from_nothing),
        STORY(test_a_batch_is_settled_item_by_item),
        STORY(test_owned_lists_what_carries_a_marker),
        STORY(test_bad_queues_are_refused_when_planned_and_when_made),
        STORY(test_what_an_object_needs_must_be_there),
        STORY(test_dead_letters_that_would_come_back_are_refused),
        STORY(test_what_is_in_use_is_not_destroyed),
        STORY(test_a_file_from_a_newer_driver_is_refused),
        STORY(test_a_file_that_is_no_database_is_reported_and_kept),
        STORY(test_verbs_that_read_never_make_or_write_a_file),
        STORY(test_preflight_names_a_folder_that_cannot_be_used),
        STORY(test_requests_are_priced_when_somebody_counted_them),
        STORY(test_a_plan_tells_create_keep_update_and_replace_apart),
        STORY(test_a_token_sent_twice_is_one_message_and_one_answer),
        STORY(test_recover_of_a_send_looks_its_token_up),
        STORY(test_a_topic_reaches_each_subscription_that_wants_it),
        STORY(test_a_bad_send_is_refused_and_leaves_nothing),
        STORY(test_a_program_receives_and_deletes_with_the_documented_sql),
        STORY(test_a_message_that_was_not_deleted_comes_again_with_a_new_receipt),
        STORY(test_a_message_nobody_can_handle_goes_to_the_dead_letters),
        STORY(test_delays_and_retention_hold_for_programs),
        STORY(test_killed_at_any_statement_and_built_again_nothing_is_lost_or_doubled),
        STORY(test_recover_rolls_back_what_a_dead_program_left_and_a_read_only_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
