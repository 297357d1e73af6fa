#include "rest.h"

#include "model/diag.h"
#include "model/schema.h"
#include "plugin/contract.h"

/* http.resource. */

/* ---- steps ----------------------------------------------------------------------------------------------
 */

#define THINGS                                                                                               \
    "'create':{'path':'/v1/things','id':'id'},'read':{'path':'/v1/things/{id}'},"                            \
    "'update':{'path':'/v1/things/{id}'},'delete':{'path':'/v1/things/{id}'},'marker':'labels.owner'"
#define SEARCH ",'search':{'path':'/v1/things?owner={marker}','list':'data','more':'next'},'inflight_ms':0"
#define FIND   ",'find':{'path':'/v1/things?name={name}','by':'name','list':'data','more':'next'}"
#define NAMED(key)                                                                                           \
    "'key':'" key "','create':{'method':'PUT','path':'/v1/named/{key}'},'read':{'path':'/v1/named/{key}'},"  \
    "'update':{'method':'PUT','path':'/v1/named/{key}'},'delete':{'path':'/v1/named/{key}'},"                \
    "'marker':'labels.owner'"
#define READY ",'ready':{'at':'state','is':['ready'],'failed':['broken'],'every_ms':100}"

static const struct value *step(const char *text)
{
    struct diags diags;
    const struct value *v = bench_value(world.b, arena_print(bench_arena(world.b), "{%s}", text));
    diag_init(&diags, bench_arena(world.b));
    v = schema_check(bench_arena(world.b), driver_type(bench_driver(world.b), "resource")->facts.schema, v,
                     "http.resource.x", NULL, &diags);
    if (diags.errors > 0)
        fail_msg("%s", diags.at[0].summary);
    return v;
}

static const struct op_result *create(const char *text)
{
    return bench_run(world.b, "resource", (struct op_item){.verb = LF_VERB_CREATE, .desired = step(text)});
}

static const struct op_result *with(uint32_t verb, const char *id, const struct value *prior,
                                    const struct value *desired)
{
    struct op_item item = {.verb = verb, .id = id, .prior = prior, .desired = desired};
    return bench_run(world.b, "resource", item);
}

static const char *first_detail(void)
{
    size_t count;
    const struct diag *notes = bench_notes(world.b, &count);
    return count && notes[0].detail ? notes[0].detail : "";
}

/* ---- the service chooses the id --------------------------------------------------------------------------
 */

static void test_an_object_is_made_read_changed_and_deleted(void **state)
{
    (void)state;
    const struct op_result *r =
        create("'body':{'name':'one','size':3},'outputs_at':{'cost':'price','how':'state'}," THINGS);
    assert_int_equal(r->status, LF_END_OK);
    assert_null(r->broke);
    assert_string_equal(r->id, "t-1");
    assert_string_equal(r->marker, OURS);
    assert_true(
        value_equal(value_get(r->state, "outputs"), bench_value(world.b, "{'cost':1.5,'how':'ready'}")));
    assert_true(value_equal(value_get(r->state, "body"), bench_value(world.b, "{'name':'one','size':3}")));
    rest_stands("t-1 one 3 " OURS " -\n");
    size_t count;
    const struct bench_save *saves = bench_saves(world.b, &count);
    assert_int_equal(count, 1);
    assert_string_equal(saves[0].id, "t-1");

    const struct value *made = r->state;
    r = with(LF_VERB_READ, "t-1", made, NULL);
    assert_int_equal(r->status, LF_END_OK);
    assert_true(value_equal(r->state, made));

    r = with(LF_VERB_UPDATE, "t-1", made, step("'body':{'name':'two','size':4}," THINGS));
    assert_int_equal(r->status, LF_END_OK);
    rest_stands("t-1 two 4 " OURS " -\n");

    assert_int_equal(with(LF_VERB_DESTROY, "t-1", r->state, NULL)->status, LF_END_GONE);
    rest_stands("");
    assert_int_equal(with(LF_VERB_DESTROY, "t-1", made, NULL)->status, LF_END_GONE);
    assert_int_equal(with(LF_VERB_READ, "t-1", made, NULL)->status, LF_END_GONE);
}

/* "/v1/things/.." is "/v1/" to many a server: a DELETE of that would be one of everything. */
static void test_an_id_that_leads_elsewhere_is_not_asked_for(void **state)
{
    (void)state;
    const struct value *made = create("'body':{'name':'one','size':3}," THINGS)->state;
    int asked = rest_asked("");
    assert_int_equal(with(LF_VERB_READ, "..", made, NULL)->status, LF_END_CANNOT_TELL);
    assert_int_equal(with(LF_VERB_DESTROY, ".", made, NULL)->status, LF_END_REFUSED);
    size_t count;
    const struct diag *notes = bench_notes(world.b, &count);
    assert_int_equal(count, 1);
    assert_string_equal(notes->code, "http.no_value");
    assert_int_equal(rest_asked(""), asked);
    rest_stands("t-1 one 3 " OURS " -\n");
}

static void test_drift_is_seen_in_what_was_declared_and_nowhere_else(void **state)
{
    (void)state;
    const struct value *made = create("'body':{'name':'one','size':3}," THINGS)->state;
    rest_run(
        "curl -sf -X PATCH -H 'Authorization: Bearer sesame-open-now' -H 'Content-Type: application/json' "
        "-d '{\"size\":9}' http://127.0.0.1:%d/v1/things/t-1 >/dev/null",
        world.port);
    const struct op_result *r = with(LF_VERB_READ, "t-1", made, NULL);
    assert_int_equal(value_get_int(value_get(r->state, "body"), "size", 0), 9);
    assert_null(value_get(value_get(r->state, "body"), "price"));
    r = with(LF_VERB_PLAN, "t-1", r->state, step("'body':{'name':'one','size':3}," THINGS));
    assert_int_equal(r->action, LF_DO_UPDATE);
    assert_string_equal(r->because[0], "body");
    /* 3 and 3.0 are the same number, whoever wrote it. */
    r = with(LF_VERB_PLAN, "t-1", made, step("'body':{'name':'one','size':3.0}," THINGS));
    assert_int_equal(r->action, LF_DO_KEEP);
}

static void test_what_the_service_never_shows_is_no_drift(void **state)
{
    (void)state;
    const char *text =
        "'body':{'name':'one'},'secrets':{'password':{'$secret':{'source':'test:hunter2hunter2'}}}," THINGS;
    const struct op_result *r = create(text);
    assert_int_equal(r->status, LF_END_OK);
    rest_stands("t-1 one 0 " OURS " hunter2hunter2\n");
    assert_int_equal(value_kind(value_get(value_get(r->state, "secrets"), "password")), VALUE_SECRET);
    r = with(LF_VERB_READ, "t-1", r->state, NULL);
    assert_int_equal(with(LF_VERB_PLAN, "t-1", r->state, step(text))->action, LF_DO_KEEP);
    const char *plain = "'body':{'name':'two','password':'not-so-secret'},'write_only':['password']," THINGS;
    r = create(plain);
    assert_int_equal(with(LF_VERB_PLAN, "t-2", r->state, step(plain))->action, LF_DO_KEEP);
}

static void test_a_slow_object_is_waited_for_and_a_broken_one_is_damaged(void **state)
{
    (void)state;
    const struct op_result *r = create("'body':{'name':'slow-one'}," THINGS READY);
    assert_int_equal(r->status, LF_END_OK);
    assert_true(rest_asked("GET") >= 2);
    /* A delete that is only promised is waited for too. */
    assert_int_equal(with(LF_VERB_DESTROY, "t-1", r->state, NULL)->status, LF_END_GONE);
    rest_stands("");
    r = create("'body':{'name':'broken-one'}," THINGS READY);
    assert_int_equal(r->status, LF_END_DAMAGED);
    assert_true(bench_has_note(world.b, "http.not_ready"));
    assert_string_equal(r->id, "t-2");
}

static void test_somebody_elses_object_stays_as_it_is(void **state)
{
    (void)state;
    const struct value *made = create("'body':{'name':'one'}," THINGS)->state;
    struct op_item item = {.id = "t-1", .prior = made, .marker = "lf1.theirs"};
    item.verb = LF_VERB_UPDATE;
    item.desired = step("'body':{'name':'stolen'}," THINGS);
    const struct op_result *r = bench_run(world.b, "resource", item);
    assert_int_equal(r->status, LF_END_EXISTS);
    assert_string_equal(r->marker, OURS);
    item.verb = LF_VERB_DESTROY;
    item.desired = NULL;
    assert_int_equal(bench_run(world.b, "resource", item)->status, LF_END_EXISTS);
    item.verb = LF_VERB_RECOVER;
    assert_int_equal(bench_run(world.b, "resource", item)->status, LF_END_EXISTS);
    /* A taken name of a type without keys: nobody can say whose it is. */
    assert_int_equal(create("'body':{'name':'one'}," THINGS)->status, LF_END_EXISTS);
    assert_non_null(strstr(first_detail(), "the name 'one' is taken"));
    rest_stands("t-1 one 0 " OURS " -\n");
}

static void test_an_object_is_found_by_its_name_whosever_it_is(void **state)
{
    (void)state;
    const char *text = "'body':{'name':'a b&c','size':3}," THINGS FIND;
    assert_int_equal(with(LF_VERB_FIND, NULL, NULL, step(text))->status, LF_END_GONE);
    assert_int_equal(create(text)->status, LF_END_OK);
    const struct op_result *r = with(LF_VERB_FIND, NULL, NULL, step(text));
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->id, "t-1");
    assert_string_equal(r->marker, OURS);
    /* A taken name now tells whose it is. */
    struct op_item item = {.verb = LF_VERB_CREATE, .marker = "lf1.theirs", .desired = step(text)};
    r = bench_run(world.b, "resource", item);
    assert_int_equal(r->status, LF_END_EXISTS);
    assert_string_equal(r->marker, OURS);
    /* One without a mark is nobody's, and is taken over by an adopting update. */
    rest_run(
        "curl -sf -X PATCH -H 'Authorization: Bearer sesame-open-now' -H 'Content-Type: application/json' "
        "-d '{\"labels\":{}}' http://127.0.0.1:%d/v1/things/t-1 >/dev/null",
        world.port);
    r = with(LF_VERB_FIND, NULL, NULL, step(text));
    assert_int_equal(r->status, LF_END_OK);
    assert_null(r->marker);
    struct op_item adopt = {.verb = LF_VERB_UPDATE, .id = "t-1", .prior = r->state, .desired = step(text)};
    assert_int_equal(bench_run(world.b, "resource", adopt)->status, LF_END_EXISTS);
    adopt.memo = bench_value(world.b, "{'adopt':true,'was':''}");
    assert_int_equal(bench_run(world.b, "resource", adopt)->status, LF_END_OK);
    rest_stands("t-1 a b&c 3 " OURS " -\n");
    assert_int_equal(with(LF_VERB_FIND, NULL, NULL, step("'body':{'name':'x'}," THINGS))->status,
                     LF_END_CANNOT_TELL);
    assert_true(bench_has_note(world.b, "http.no_name"));
}

/* ---- the client chooses the id
 * ------------------------------------------------------------------------------ */

static void test_a_named_object_made_twice_is_made_once(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        const struct op_result *r = create("'body':{'name':'one','size':1}," NAMED("a b/c"));
        assert_int_equal(r->status, LF_END_OK);
        assert_string_equal(r->id, "a b/c");
    }
    assert_int_equal(rest_asked("PUT /v1/named/a%20b%2Fc"), 1);
    struct op_item item = {.verb = LF_VERB_CREATE, .marker = "lf1.theirs"};
    item.desired = step("'body':{'name':'stolen','size':1}," NAMED("a b/c"));
    const struct op_result *r = bench_run(world.b, "resource", item);
    assert_int_equal(r->status, LF_END_EXISTS);
    assert_string_equal(r->marker, OURS);
    rest_stands("a b/c one 1 " OURS " -\n");
    assert_int_equal(with(LF_VERB_RECOVER, NULL, NULL, step("'body':{'name':'x'}," NAMED("other")))->status,
                     LF_END_GONE);
    r = with(LF_VERB_FIND, NULL, NULL, step("'body':{'name':'one','size':1}," NAMED("a b/c")));
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->marker, OURS);
}

/* ---- doubt
 * -------------------------------------------------------------------------------------------------- */

static void test_a_lost_reply_leaves_a_doubt_that_recover_settles(void **state)
{
    (void)state;
    const char *text = "'body':{'name':'one'}," THINGS SEARCH;
    rest_put("fault", "POST lost_after 1");
    assert_int_equal(create(text)->status, LF_END_UNSURE);
    const struct op_result *r = with(LF_VERB_RECOVER, NULL, NULL, step(text));
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->id, "t-1");
    assert_string_equal(r->marker, OURS);
    rest_stands("t-1 one 0 " OURS " -\n");
    rest_put("fault", "POST lost_before 1");
    const char *other = "'body':{'name':'two'}," THINGS SEARCH;
    assert_int_equal(create(other)->status, LF_END_UNSURE);
    struct op_item item = {.verb = LF_VERB_RECOVER, .desired = step(other), .marker = "lf1.second"};
    assert_int_equal(bench_run(world.b, "resource", item)->status, LF_END_GONE);
}

static void test_a_request_of_the_dead_that_lands_late_is_found(void **state)
{
    (void)state;
    const char *text = "'body':{'name':'one'}," THINGS SEARCH;
    rest_put("fault", "POST late 1");
    assert_int_equal(create(text)->status, LF_END_UNSURE);
    assert_int_equal(with(LF_VERB_RECOVER, NULL, NULL, step(text))->status, LF_END_GONE);
    /* Which is why the core waits `inflight_ms` before it believes that. */
    rest_run("test $(curl -sf http://127.0.0.1:%d/land) = 1", world.port);
    assert_int_equal(with(LF_VERB_RECOVER, NULL, NULL, step(text))->status, LF_END_OK);
    rest_stands("t-1 one 0 " OURS " -\n");
}

static void test_a_second_try_looks_before_it_makes_another(void **state)
{
    (void)state;
    const char *text = "'body':{'name':'one'}," THINGS SEARCH;
    rest_put("fault", "POST 500_after 1");
    assert_int_equal(create(text)->status, LF_END_UNSURE);
    struct op_item item = {.verb = LF_VERB_CREATE, .attempt = 2, .desired = step(text)};
    const struct op_result *r = bench_run(world.b, "resource", item);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->id, "t-1");
    assert_int_equal(rest_asked("POST"), 1);
}

static void test_a_token_makes_a_repeated_create_one_object(void **state)
{
    (void)state;
    const char *text = "'idempotency_header':'Idempotency-Key','body':{'name':'one'}," THINGS;
    rest_put("fault", "POST lost_after 1");
    assert_int_equal(create(text)->status, LF_END_UNSURE);
    const struct op_result *r = create(text);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->id, "t-1");
    rest_stands("t-1 one 0 " OURS " -\n");
    assert_int_equal(rest_asked("POST"), 2);
}

static void test_a_saved_id_is_gone_on_from(void **state)
{
    (void)state;
    const char *text = "'body':{'name':'slow-one'}," THINGS READY;
    (void)create(text);
    struct op_item item = {.verb = LF_VERB_CREATE, .attempt = 2, .id = "t-1", .desired = step(text)};
    item.saved = bench_value(world.b, "{}");
    assert_int_equal(bench_run(world.b, "resource", item)->status, LF_END_OK);
    assert_int_equal(rest_asked("POST"), 1);
}

static void test_several_of_ours_and_more_than_one_page_are_no_answer(void **state)
{
    (void)state;
    assert_int_equal(create("'body':{'name':'one'}," THINGS)->status, LF_END_OK);
    assert_int_equal(create("'body':{'name':'two'}," THINGS)->status, LF_END_OK);
    const struct value *v = step("'body':{'name':'x'}," THINGS SEARCH);
    assert_int_equal(with(LF_VERB_RECOVER, NULL, NULL, v)->status, LF_END_MANY);
    assert_true(bench_has_note(world.b, "http.many"));
    (void)create("'body':{'name':'three'}," THINGS);
    struct op_item item = {.verb = LF_VERB_RECOVER, .marker = "lf1.other"};
    item.desired =
        step("'body':{'name':'x'}," THINGS ",'search':{'path':'/v1/things','list':'data','more':'next'}");
    assert_int_equal(bench_run(world.b, "resource", item)->status, LF_END_CANNOT_TELL);
    assert_true(bench_has_note(world.b, "http.more_pages"));
    /* Without id and search nobody can tell. */
    assert_int_equal(with(LF_VERB_RECOVER, NULL, NULL, step("'body':{'name':'x'}," THINGS))->status,
                     LF_END_CANNOT_TELL);
}

static void test_a_reply_without_an_id_is_made_up_for_by_a_search(void **state)
{
    (void)state;
    const struct op_result *r = create("'body':{'name':'noid'}," THINGS SEARCH);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->id, "t-1");
    r = create("'body':{'name':'noid2'}," THINGS);
    assert_int_equal(r->status, LF_END_UNSURE);
    assert_true(bench_has_note(world.b, "http.no_id"));
}

/* ---- a bad network and a bad service
 * ------------------------------------------------------------------------ */

static void test_each_fault_ends_as_it_must(void **state)
{
    (void)state;
    static const struct {
        const char *fault;
        uint32_t status;
        const char *note;
    } faults[] = {
        {"POST 429 1", LF_END_RETRY, "http.throttled"},
        {"POST 503 1", LF_END_UNSURE, "http.trouble"},
        {"POST 500_before 1", LF_END_UNSURE, "http.trouble"},
        {"POST 401 1", LF_END_REFUSED, "http.credentials"},
        {"POST 403 1", LF_END_REFUSED, "http.forbidden"},
        {"POST cut 1", LF_END_UNSURE, "http.no_reply"},
        {"POST giant 1", LF_END_UNSURE, "http.no_reply"},
        {"POST hang 1", LF_END_UNSURE, "http.no_reply"},
        {"POST html 1", LF_END_UNSURE, "http.no_id"},
        {"GET html 1", LF_END_UNSURE, "http.no_object"},
        {"GET 503 1", LF_END_UNSURE, "http.trouble"},
        {"GET cut 1", LF_END_UNSURE, "http.no_reply"},
    };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        rest_put("fault", faults[i].fault);
        const struct op_result *r =
            create(arena_print(bench_arena(world.b), "'body':{'name':'n%zu'}," THINGS, i));
        if (r->status != faults[i].status || !bench_has_note(world.b, faults[i].note)) {
            size_t count;
            const struct diag *notes = bench_notes(world.b, &count);
            fail_msg("%s: status %u, note %s", faults[i].fault, r->status, count ? notes->code : "-");
        }
    }
    rest_put("fault", "POST 429 1");
    assert_int_equal(create("'body':{'name':'later'}," THINGS)->retry_after_ms, 1000);
    /* What a step declares harmless is tried again. */
    rest_put("fault", "POST 503 1");
    assert_int_equal(create("'body':{'name':'later'},'retry':[503]," THINGS)->status, LF_END_RETRY);
}

static void test_no_answer_is_never_gone(void **state)
{
    (void)state;
    const struct value *made = create("'body':{'name':'one'}," THINGS)->state;
    static const char *const faults[] = {"GET 503 1",  "GET 401 1",         "GET cut 1",
                                         "GET html 1", "GET lost_before 2", "GET hang 1"};
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        rest_put("fault", faults[i]);
        assert_int_equal(with(LF_VERB_READ, "t-1", made, NULL)->status, LF_END_CANNOT_TELL);
        rest_put("fault", faults[i]);
        uint32_t status = with(LF_VERB_DESTROY, "t-1", made, NULL)->status;
        assert_true(status == LF_END_RETRY || status == LF_END_REFUSED);
    }
    rest_stands("t-1 one 0 " OURS " -\n");
}

static void test_the_services_own_words_are_passed_on(void **state)
{
    (void)state;
    assert_int_equal(create("'body':{'name':'one','colour':'red'}," THINGS)->status, LF_END_REFUSED);
    assert_non_null(strstr(first_detail(), "HTTP 422: {\"error\": \"unknown member 'colour'\"}"));
    assert_int_equal(
        create("'body':{'name':'a-name-of-more-than-forty-characters-is-too-long'}," THINGS)->status,
        LF_END_REFUSED);
    assert_non_null(strstr(first_detail(), "longer than 40"));
}

static void test_looking_sends_nothing_but_get(void **state)
{
    (void)state;
    const struct value *made = create("'body':{'name':'one'}," THINGS SEARCH)->state;
    rest_put("log", "");
    bench_read_only(world.b, true);
    (void)with(LF_VERB_READ, "t-1", made, NULL);
    (void)with(LF_VERB_PLAN, "t-1", made, step("'body':{'name':'two'}," THINGS SEARCH));
    (void)with(LF_VERB_RECOVER, NULL, NULL, step("'body':{'name':'two'}," THINGS SEARCH));
    (void)bench_run(world.b, NULL, (struct op_item){.verb = LF_VERB_PREFLIGHT});
    assert_true(rest_asked("GET") >= 4);
    assert_int_equal(rest_asked(""), rest_asked("GET"));
}

/* ---- plan
 * ---------------------------------------------------------------------------------------------------- */

static void test_what_is_wrong_is_refused_in_the_plan(void **state)
{
    (void)state;
    static const struct {
        const char *step, *code, *path;
    } wrong[] = {
        {"'key':'k','body':{},'create':{'path':'/t/{key}'},'read':{'path':'/t/{key}'},'delete':{'path':'/t/"
         "{key}'}",
         "http.no_marker", "marker"},
        {"'body':{},'create':{'path':'/t'},'read':{'path':'/t/{key}'},'delete':{'path':'/t/{id}'}",
         "http.no_key", "read.path"},
        {"'key':'..','body':{},'marker':'m','create':{'path':'/t/{key}','method':'PUT'},'read':{'path':'/t/"
         "{key}'},'delete':{'path':'/t/{key}'}",
         "http.bad_key", "key"},
        {"'body':{},'create':{'path':'/t/{id}'},'read':{'path':'/t/{id}'},'delete':{'path':'/t/{id}'}",
         "http.no_id_yet", "create.path"},
        {"'body':{},'create':{'path':'t'},'read':{'path':'/t/{id}'},'delete':{'path':'/t/{id}'}",
         "http.bad_path", "create.path"},
        {"'body':{},'create':{'path':'//evil/t'},'read':{'path':'/t/{id}'},'delete':{'path':'/t/{id}'}",
         "http.bad_path", "create.path"},
        {"'body':{},'create':{'path':'/t t'},'read':{'path':'/t/{id}'},'delete':{'path':'/t/{id}'}",
         "http.bad_path", "create.path"},
        {"'body':{},'create':{'path':'/t/{nam}'},'read':{'path':'/t/{id}'},'delete':{'path':'/t/{id}'}",
         "http.bad_path", "create.path"},
        {"'body':{},'create':{'path':'/t/{name}'},'read':{'path':'/t/{id}'},'delete':{'path':'/t/{id}'}",
         "http.no_name", "create.path"},
        {"'body':{},'create':{'path':'/t','method':'put'},'read':{'path':'/t/{id}'},'delete':{'path':'/t/"
         "{id}'}",
         "http.bad_method", "create.method"},
        {"'body':{'a':'text'},'marker':'a.b','create':{'path':'/t'},'read':{'path':'/t/"
         "{id}'},'delete':{'path':'/t'}",
         "http.bad_place", "marker"},
        {"'body':{'a':'text'},'marker':'a','create':{'path':'/t'},'read':{'path':'/t/"
         "{id}'},'delete':{'path':'/t'}",
         "http.bad_place", "marker"},
        {"'body':{},'search':{'path':'/t'},'create':{'path':'/t'},'read':{'path':'/t/"
         "{id}'},'delete':{'path':'/t'}",
         "http.no_marker", "marker"},
        {"'body':{},'headers':{'A:B':'x'},'create':{'path':'/t'},'read':{'path':'/t/"
         "{id}'},'delete':{'path':'/t'}",
         "http.bad_header", "headers"},
        {"'body':{},'headers':{'A':'x\\r\\nB: y'},'create':{'path':'/t'},'read':{'path':'/t/{id}'},"
         "'delete':{'path':'/t'}",
         "http.bad_header", "headers"},
        {"'body':{},'inflight_ms':-1,'create':{'path':'/t'},'read':{'path':'/t/{id}'},'delete':{'path':'/t'}",
         "http.out_of_range", "inflight_ms"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const struct op_result *r = with(LF_VERB_PLAN, NULL, NULL, step(wrong[i].step));
        size_t count;
        const struct diag *notes = bench_notes(world.b, &count);
        if (r->status != LF_END_REFUSED || count != 1 || strcmp(notes->code, wrong[i].code) != 0 ||
            strcmp(notes->path, wrong[i].path) != 0)
            fail_msg("%s: status %u, %zu notes, first %s at %s", wrong[i].step, r->status, count,
                     count ? notes->code : "-", count ? notes->path : "-");
    }
    assert_int_equal(rest_asked(""), 0);
}

static uint32_t settle(const char *text, struct lf_settle *out)
{
    struct op_item item = {.verb = LF_VERB_CREATE, .desired = step(text), .address = "a"};
    const struct driver *d = bench_driver(world.b);
    op_settle_of(d, driver_type(d, "resource"), &item, out);
    return out->create;
}

static void test_a_doubt_is_settled_as_far_as_the_step_allows(void **state)
{
    (void)state;
    struct lf_settle out;
    assert_int_equal(settle("'body':{}," THINGS, &out), LF_SETTLE_BLIND);
    assert_int_equal(out.max_inflight_ms, 5000);
    assert_int_equal(settle("'body':{}," THINGS SEARCH ",'lag_ms':70", &out), LF_SETTLE_FINDABLE);
    assert_int_equal(out.max_inflight_ms, 0);
    assert_int_equal(out.visible_after_ms, 70);
    assert_int_equal(settle("'body':{}," NAMED("k"), &out), LF_SETTLE_NAMED);
    assert_int_equal(settle("'body':{},'idempotency_header':'K','idempotency_s':60," THINGS, &out),
                     LF_SETTLE_TOKENED);
    assert_int_equal(out.token_retention_s, 60);
    assert_int_equal(out.update, LF_SETTLE_NAMED);
    assert_int_equal(out.destroy, LF_SETTLE_NAMED);
}

/* ---- preflight
 * ------------------------------------------------------------------------------------------------ */

static void test_preflight_tells_a_good_service_from_a_bad_one(void **state)
{
    (void)state;
    const struct op_item look = {.verb = LF_VERB_PREFLIGHT};
    assert_int_equal(bench_run(world.b, NULL, look)->status, LF_END_OK);
    struct bench *stranger = bench_open(DRIVER, rest_settings("http", "not-the-token"));
    assert_int_equal(bench_run(stranger, NULL, look)->status, LF_END_REFUSED);
    assert_true(bench_has_note(stranger, "http.credentials"));
    bench_close(stranger);
    int port = world.port;
    world.port = 1;
    struct bench *nobody = bench_open(DRIVER, rest_settings("http", "sesame-open-now"));
    world.port = port;
    assert_int_equal(bench_run(nobody, NULL, look)->status, LF_END_RETRY);
    assert_true(bench_has_note(nobody, "http.unreachable"));
    bench_close(nobody);
}

static void test_settings_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"{'url':'ftp://a'}",
                                        "{'url':'https://'}",
                                        "{'url':'https://u@h/'}",
                                        "{'url':'https://h/?q'}",
                                        "{'url':'https://h','ready':'up'}",
                                        "{'url':'https://h','timeout_ms':0}",
                                        "{}"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct bench *b;
        struct err err;
        assert_false(bench_try(DRIVER, wrong[i], &b, &err));
    }
}

int main(void)
{
    int missing = rest_missing();
    if (missing)
        return missing;
#define TEST(name) cmocka_unit_test_setup_teardown(name, rest_enter, rest_leave)
    const struct CMUnitTest tests[] = {
        TEST(test_an_object_is_made_read_changed_and_deleted),
        TEST(test_an_id_that_leads_elsewhere_is_not_asked_for),
        TEST(test_drift_is_seen_in_what_was_declared_and_nowhere_else),
        TEST(test_what_the_service_never_shows_is_no_drift),
        TEST(test_a_slow_object_is_waited_for_and_a_broken_one_is_damaged),
        TEST(test_somebody_elses_object_stays_as_it_is),
        TEST(test_an_object_is_found_by_its_name_whosever_it_is),
        TEST(test_a_named_object_made_twice_is_made_once),
        TEST(test_a_lost_reply_leaves_a_doubt_that_recover_settles),
        TEST(test_a_request_of_the_dead_that_lands_late_is_found),
        TEST(test_a_second_try_looks_before_it_makes_another),
        TEST(test_a_token_makes_a_repeated_create_one_object),
        TEST(test_a_saved_id_is_gone_on_from),
        TEST(test_several_of_ours_and_more_than_one_page_are_no_answer),
        TEST(test_a_reply_without_an_id_is_made_up_for_by_a_search),
        TEST(test_each_fault_ends_as_it_must),
        TEST(test_no_answer_is_never_gone),
        TEST(test_the_services_own_words_are_passed_on),
        TEST(test_looking_sends_nothing_but_get),
        TEST(test_what_is_wrong_is_refused_in_the_plan),
        TEST(test_a_doubt_is_settled_as_far_as_the_step_allows),
        TEST(test_preflight_tells_a_good_service_from_a_bad_one),
        TEST(test_settings_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, rest_start, rest_stop);
}
