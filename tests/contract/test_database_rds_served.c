#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "bench.h"
#include "model/value.h"
#include "twin.h"

/* database-rds against a strict double of the service, judged by what the double holds in the end. */

#define DRIVER PLUGINS_FOLDER "/database-rds.so"
#define MINE   "lf1.mine"
#define OTHER  "lf1.other"
#define KEYS                                                                                                 \
    "'access_key':{'$secret':{'source':'test:AKIDEXAMPLE'}},"                                                \
    "'secret_key':{'$secret':{'source':'test:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'}}"
#define SMALL "'name':'acme-eu','size':'db.t4g.medium','storage_gb':100"
#define TREE  "{" SMALL "}"

struct world {
    struct twin *twin;
    struct bench *b;
};

static void open_at(struct world *w, int port, const char *keys)
{
    char settings[1024];
    (void)snprintf(
        settings, sizeof(settings),
        "{'region':'eu-west-1','partition':'aws','endpoint':'http://127.0.0.1:%d','poll_ms':50,%s}", port,
        keys);
    if (w->b)
        bench_close(w->b);
    w->b = bench_open(DRIVER, settings);
}

static int enter(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    assert_non_null(w);
    w->twin = twin_start("rds");
    open_at(w, twin_port(w->twin), KEYS);
    *state = w;
    return 0;
}

static int leave(void **state)
{
    struct world *w = *state;
    size_t breaches = 0;
    const struct diag *said = bench_breaches(w->b, &breaches);
    if (breaches)
        (void)fprintf(stderr, "%s\n", said[0].summary);
    int bugs = twin_count(w->twin, "log", "double.bug");
    /* What a driver sends is well-formed, whatever comes of it. */
    int malformed = twin_count(w->twin, "log", "DoubleBadRequest") +
                    twin_count(w->twin, "log", "InvalidAction") +
                    twin_count(w->twin, "log", "MissingParameter");
    if (bugs || malformed)
        (void)fprintf(stderr, "%s\n", twin_tell(w->twin, "log", NULL));
    bench_close(w->b);
    twin_stop(w->twin);
    free(w);
    assert_int_equal(breaches, 0);
    assert_int_equal(bugs, 0);
    assert_int_equal(malformed, 0);
    return 0;
}

/* ---- helpers ------------------------------------------------------------------------------------------- */

static const char *text(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static const char *text(struct world *w, const char *format, ...)
{
    char buffer[4096];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(buffer, sizeof(buffer), format, args);
    va_end(args);
    return arena_text(bench_arena(w->b), buffer);
}

static const struct op_result *run_item(struct world *w, struct op_item item)
{
    bool reads = item.verb != LF_VERB_CREATE && item.verb != LF_VERB_UPDATE && item.verb != LF_VERB_DESTROY;
    if (!item.marker)
        item.marker = MINE;
    item.address = "database.cluster.main";
    bench_read_only(w->b, reads);
    return bench_run(w->b, item.verb == LF_VERB_PREFLIGHT ? NULL : "cluster", item);
}

static struct op_item item_of(struct world *w, uint32_t verb, const char *json)
{
    struct op_item item = {.verb = verb, .token = "lf-token-1"};
    if (verb == LF_VERB_DESTROY || verb == LF_VERB_READ)
        item.prior = bench_value(w->b, json);
    else
        item.desired = bench_value(w->b, json);
    return item;
}

static const struct op_result *run(struct world *w, uint32_t verb, const char *json)
{
    return run_item(w, item_of(w, verb, json));
}

static const struct op_result *update(struct world *w, const struct value *memo, const char *json)
{
    struct op_item item = item_of(w, LF_VERB_UPDATE, json);
    item.id = "acme-eu";
    item.prior = bench_value(w->b, TREE);
    item.memo = memo;
    return run_item(w, item);
}

static const struct op_result *destroy(struct world *w, const struct value *memo, const char *json)
{
    struct op_item item = item_of(w, LF_VERB_DESTROY, json);
    item.id = "acme-eu";
    item.memo = memo;
    return run_item(w, item);
}

static const struct op_result *plan(struct world *w, const char *prior, const char *desired)
{
    struct op_item item = item_of(w, LF_VERB_PLAN, desired);
    item.prior = prior ? bench_value(w->b, prior) : NULL;
    return run_item(w, item);
}

static void set(struct world *w, const char *json)
{
    (void)twin_tell(w->twin, "set", json);
}

static void fault(struct world *w, const char *action, const char *what, int times)
{
    (void)twin_tell(w->twin, "faults",
                    text(w, "[{'action':'%s','what':'%s','times':%d}]", action, what, times));
}

static void someone(struct world *w, const char *json)
{
    (void)twin_tell(w->twin, "do", json);
}

static bool holds(struct world *w, const char *words)
{
    char *quoted = arena_text(bench_arena(w->b), words);
    for (char *c = quoted; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    return strstr(twin_tell(w->twin, "dump", NULL), quoted) != NULL;
}

static void assert_holds(struct world *w, const char *words)
{
    if (!holds(w, words))
        fail_msg("no %s in %s", words, twin_tell(w->twin, "dump", NULL));
}

static int instances(struct world *w)
{
    return twin_count(w->twin, "dump", "\"DbiResourceId\"");
}

static int asked(struct world *w, const char *action)
{
    return twin_count(w->twin, "log", text(w, "\"action\": \"%s\"", action));
}

static void assert_note(struct world *w, const char *code)
{
    size_t count = 0;
    const struct diag *notes = bench_notes(w->b, &count);
    if (!bench_has_note(w->b, code))
        fail_msg("no note %s but %s: %s (%s)", code, count ? notes[0].code : "none",
                 count ? notes[0].summary : "", count && notes[0].detail ? notes[0].detail : "");
}

static void assert_end(struct world *w, const struct op_result *r, uint32_t status)
{
    size_t count = 0;
    const struct diag *notes = bench_notes(w->b, &count);
    if (r->status != status)
        fail_msg("ended %u instead of %u: %s (%s)", r->status, status, count ? notes[0].summary : "no note",
                 count && notes[0].detail ? notes[0].detail : "");
}

static void assert_state(struct world *w, const struct op_result *r, const char *key, const char *json)
{
    assert_non_null(r->state);
    assert_null(r->broke);
    if (!value_equal(value_get(r->state, key), value_get(bench_value(w->b, text(w, "{'v':%s}", json)), "v")))
        fail_msg("'%s' is not %s", key, json);
}

static const struct value *make(struct world *w)
{
    const struct op_result *r = run(w, LF_VERB_CREATE, TREE);
    assert_end(w, r, LF_END_OK);
    return r->memo;
}

/* ---- making -------------------------------------------------------------------------------------------- */

static void test_an_instance_is_made_marked_and_waited_for(void **state)
{
    struct world *w = *state;
    const struct op_result *r =
        run(w, LF_VERB_CREATE,
            "{" SMALL ",'replicas':1,'options':{'version':'16','user':'owner','subnet_group':'private',"
            "'security_groups':['sg-2','sg-1'],'backup_days':14,'deletion_protection':true,"
            "'final_snapshot':false}}");
    assert_end(w, r, LF_END_OK);
    assert_string_equal(r->id, "acme-eu");
    assert_string_equal(r->marker, MINE);
    assert_state(w, r, "size", "'db.t4g.medium'");
    assert_state(w, r, "storage_gb", "100");
    assert_state(w, r, "replicas", "1");
    assert_state(w, r, "place", "'eu-west-1'");
    assert_state(w, r, "host", "'acme-eu.c9akciq32.eu-west-1.rds.example'");
    assert_state(w, r, "options",
                 "{'version':'16','user':'owner','subnet_group':'private','security_groups':['sg-2','sg-1'],"
                 "'backup_days':14,'deletion_protection':true,'final_snapshot':false}");
    assert_holds(w, "'AllocatedStorage': '94'");
    assert_holds(w, "'StorageEncrypted': 'true'");
    assert_holds(w, "'ManageMasterUserPassword': 'true'");
    assert_holds(w, "'PubliclyAccessible': 'false'");
    assert_holds(w, "'tags': {'landfall': 'lf1.mine', 'landfall:address': 'database.cluster.main'}");
    assert_holds(w, "'DBInstanceStatus': 'available'");
    size_t saves = 0;
    assert_string_equal(bench_saves(w->b, &saves)[0].id, "acme-eu");
    assert_int_equal(saves, 1);
    assert_int_equal(twin_count(w->twin, "log", "MasterUserPassword="), 0);
}

static void test_made_twice_is_one(void **state)
{
    struct world *w = *state;
    (void)make(w);
    assert_end(w, run(w, LF_VERB_CREATE, TREE), LF_END_OK);
    assert_int_equal(instances(w), 1);
    assert_int_equal(asked(w, "ModifyDBInstance"), 0);
    /* The same again, with more asked: it is brought there. */
    assert_end(w, run(w, LF_VERB_CREATE, "{" SMALL ",'replicas':1}"), LF_END_OK);
    assert_holds(w, "'MultiAZ': 'true'");
}

static void test_a_lost_reply_makes_no_second(void **state)
{
    struct world *w = *state;
    fault(w, "CreateDBInstance", "lost", 1);
    assert_end(w, run(w, LF_VERB_CREATE, TREE), LF_END_UNSURE);
    /* Still being made: ours, and nothing that could be taken for finished. */
    const struct op_result *r = run(w, LF_VERB_RECOVER, TREE);
    assert_end(w, r, LF_END_OK);
    assert_string_equal(r->marker, MINE);
    assert_null(r->state);
    r = run(w, LF_VERB_CREATE, TREE);
    assert_end(w, r, LF_END_OK);
    assert_non_null(value_get(r->state, "host"));
    assert_int_equal(instances(w), 1);
    r = run(w, LF_VERB_RECOVER, TREE);
    assert_state(w, r, "storage_gb", "100");
    fault(w, "CreateDBInstance", "after_500", 1);
    assert_end(w, run(w, LF_VERB_CREATE, TREE), LF_END_UNSURE);
}

/* A process dies with the identity saved: the next one goes on from there, though no look shows it yet. */
static void test_a_create_goes_on_from_what_was_saved(void **state)
{
    struct world *w = *state;
    fault(w, "DescribeDBInstances", "reset", 99);
    bench_timeout(w->b, 3000);
    assert_end(w, run(w, LF_VERB_CREATE, TREE), LF_END_UNSURE);
    bench_timeout(w->b, 0);
    size_t count = 0;
    const struct bench_save *saves = bench_saves(w->b, &count);
    assert_int_equal(count, 1);
    struct op_item item = item_of(w, LF_VERB_CREATE, TREE);
    item.id = saves[0].id;
    item.saved = saves[0].progress;
    set(w, "{'faults':0,'lag':1.5}");
    assert_end(w, run_item(w, item), LF_END_OK);
    assert_int_equal(asked(w, "CreateDBInstance"), 1);
    /* Another of that name in its place is not the one that was begun. */
    someone(w, "{'at':'acme-eu','values':{'DbiResourceId':'db-ELSE'}}");
    set(w, "{'lag':0}");
    assert_end(w, run_item(w, item), LF_END_EXISTS);
}

static void test_looks_that_lag_are_waited_for(void **state)
{
    struct world *w = *state;
    set(w, "{'lag':0.5}");
    const struct value *memo = make(w);
    assert_end(w, update(w, memo, "{" SMALL ",'replicas':1}"), LF_END_OK);
    assert_int_equal(asked(w, "ModifyDBInstance"), 1);
    assert_end(w, destroy(w, memo, TREE), LF_END_GONE);
    assert_int_equal(asked(w, "DeleteDBInstance"), 1);
    assert_int_equal(instances(w), 0);
}

static void test_a_late_create_of_a_dead_process_makes_no_second(void **state)
{
    struct world *w = *state;
    (void)twin_tell(w->twin, "faults", "[{'action':'CreateDBInstance','what':'late','seconds':0.4}]");
    assert_end(w, run(w, LF_VERB_CREATE, TREE), LF_END_UNSURE);
    assert_end(w, run(w, LF_VERB_CREATE, TREE), LF_END_OK);
    while (!strstr(twin_tell(w->twin, "log", NULL), "\"late\": true"))
        ;
    assert_int_equal(twin_count(w->twin, "log", "DBInstanceAlreadyExists"), 1);
    assert_int_equal(instances(w), 1);
}

static void test_a_foreign_instance_is_a_conflict_and_untouched(void **state)
{
    struct world *w = *state;
    someone(w, "{'make':'acme-eu'}");
    const struct op_result *r = run(w, LF_VERB_CREATE, TREE);
    assert_end(w, r, LF_END_EXISTS);
    assert_null(r->marker);
    someone(w, "{'at':'acme-eu','tags':{'landfall':'" OTHER "'}}");
    r = run(w, LF_VERB_CREATE, TREE);
    assert_end(w, r, LF_END_EXISTS);
    assert_string_equal(r->marker, OTHER);
    assert_end(w, run(w, LF_VERB_RECOVER, TREE), LF_END_EXISTS);
    assert_end(w, update(w, NULL, TREE), LF_END_EXISTS);
    assert_end(w, destroy(w, NULL, TREE), LF_END_EXISTS);
    assert_int_equal(
        asked(w, "ModifyDBInstance") + asked(w, "DeleteDBInstance") + asked(w, "AddTagsToResource"), 0);
    assert_int_equal(instances(w), 1);
}

static void test_what_could_not_be_made_is_damaged(void **state)
{
    struct world *w = *state;
    static const char *const outcomes[] = {"failed", "incompatible-network", "incompatible-parameters"};
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
        set(w, text(w, "{'outcome':'%s'}", outcomes[i]));
        const struct op_result *r = run(w, LF_VERB_CREATE, TREE);
        assert_end(w, r, LF_END_DAMAGED);
        assert_state(w, r, "name", "'acme-eu'");
        assert_note(w, "rds.status");
        someone(w, "{'remove':'acme-eu'}");
    }
    /* Of what never was a database RDS takes no last snapshot. */
    set(w, "{'outcome':'failed'}");
    assert_end(w, run(w, LF_VERB_CREATE, TREE), LF_END_DAMAGED);
    assert_end(w, run(w, LF_VERB_READ, TREE), LF_END_DAMAGED);
    assert_end(w, destroy(w, NULL, TREE), LF_END_GONE);
    assert_int_equal(instances(w), 0);
}

static void test_ours_on_its_way_out_is_waited_for_and_made_anew(void **state)
{
    struct world *w = *state;
    (void)make(w);
    someone(w, "{'remove':'acme-eu'}");
    (void)make(w);
    set(w, "{'deleting':0.6}");
    bench_timeout(w->b, 400);
    assert_end(w, destroy(w, NULL, TREE), LF_END_UNSURE);
    bench_timeout(w->b, 0);
    assert_end(w, run(w, LF_VERB_CREATE, TREE), LF_END_OK);
    assert_holds(w, "'DbiResourceId': 'db-DOUBLE000003'");
    assert_int_equal(instances(w), 1);
}

static void test_refusals_of_the_service_are_told_in_words(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *set, *json, *code;
    } cases[] = {
        {"{'instances_most':0}", TREE, "rds.quota"},
        {"{'instances_most':40,'storage_most':50}", TREE, "rds.quota"},
        {"{'storage_most':100000,'room':false}", TREE, "rds.no_capacity"},
        {"{'room':true}", "{" SMALL ",'options':{'subnet_group':'nowhere'}}", "rds.no_subnet_group"},
        {"{}", "{'name':'a','size':'db.x9.huge','storage_gb':100}", "rds.not_offered"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        set(w, cases[i].set);
        assert_end(w, run(w, LF_VERB_CREATE, cases[i].json), LF_END_REFUSED);
        assert_note(w, cases[i].code);
    }
    assert_int_equal(instances(w), 0);
    static const struct {
        const char *what;
        uint32_t end;
        const char *code;
    } faults[] = {
        {"throttle", LF_END_RETRY, "rds.throttled"},    {"before_500", LF_END_UNSURE, "rds.trouble"},
        {"reset", LF_END_UNSURE, "rds.no_reply"},       {"truncate", LF_END_UNSURE, NULL},
        {"garbage", LF_END_UNSURE, "rds.garbled"},      {"giant", LF_END_UNSURE, NULL},
        {"expired", LF_END_REFUSED, "rds.credentials"},
    };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        fault(w, "CreateDBInstance", faults[i].what, 1);
        assert_end(w, run(w, LF_VERB_CREATE, TREE), faults[i].end);
        if (faults[i].code)
            assert_note(w, faults[i].code);
    }
    assert_true(instances(w) <= 1);
}

/* ---- changing ------------------------------------------------------------------------------------------ */

static void test_an_update_is_sent_once_and_waited_for(void **state)
{
    struct world *w = *state;
    const struct value *memo = make(w);
    set(w, "{'noticing':0.4}"); /* so long it looks as if nothing had been asked */
    const struct op_result *r =
        update(w, memo,
               "{'name':'acme-eu','size':'db.t4g.large','storage_gb':200,'replicas':1,"
               "'options':{'backup_days':30,'deletion_protection':true,'security_groups':['sg-9']}}");
    assert_end(w, r, LF_END_OK);
    assert_state(w, r, "size", "'db.t4g.large'");
    assert_state(w, r, "storage_gb", "200");
    assert_state(w, r, "options", "{'backup_days':30,'deletion_protection':true,'security_groups':['sg-9']}");
    assert_holds(w, "'AllocatedStorage': '187'");
    assert_holds(w, "'pending': {}");
    assert_int_equal(asked(w, "ModifyDBInstance"), 1);
    assert_end(w, run(w, LF_VERB_READ, TREE), LF_END_OK);
    r = update(w, memo, "{'name':'acme-eu','size':'db.t4g.large','storage_gb':200,'replicas':1}");
    assert_end(w, r, LF_END_OK);
    assert_int_equal(asked(w, "ModifyDBInstance"), 1);
    /* From 400 GiB on gp3 wants its operations a second named. */
    r = update(w, memo, "{'name':'acme-eu','size':'db.t4g.large','storage_gb':500,'replicas':1}");
    assert_end(w, r, LF_END_OK);
    assert_holds(w, "'Iops': '12000'");
}

static void test_an_update_in_doubt_is_settled(void **state)
{
    struct world *w = *state;
    const struct value *memo = make(w);
    const char *wider = "{" SMALL ",'replicas':1}";
    set(w, "{'noticing':0.2,'changing':0.4}");
    fault(w, "ModifyDBInstance", "lost", 1);
    assert_end(w, update(w, memo, wider), LF_END_UNSURE);
    struct op_item item = item_of(w, LF_VERB_RECOVER, wider);
    item.prior = bench_value(w->b, TREE);
    item.memo = memo;
    assert_end(w, run_item(w, item), LF_END_CANNOT_TELL);
    assert_note(w, "rds.busy");
    assert_end(w, update(w, memo, wider), LF_END_OK);
    const struct op_result *r = run_item(w, item);
    assert_end(w, r, LF_END_OK);
    assert_state(w, r, "replicas", "1");
}

static void test_what_waits_for_the_window_is_not_waited_for(void **state)
{
    struct world *w = *state;
    const struct value *memo = make(w);
    someone(w, "{'pend':'acme-eu','values':{'DBInstanceClass':'db.r6g.large'}}");
    assert_end(w, update(w, memo, TREE), LF_END_OK);
    assert_int_equal(asked(w, "ModifyDBInstance"), 0);
}

static void test_a_busy_or_sick_instance_is_not_pushed(void **state)
{
    struct world *w = *state;
    const struct value *memo = make(w);
    const char *wider = "{" SMALL ",'replicas':1}";
    someone(w, "{'at':'acme-eu','values':{'DBInstanceStatus':'stopped'}}");
    assert_end(w, update(w, memo, wider), LF_END_REFUSED);
    assert_note(w, "rds.status");
    assert_end(w, run(w, LF_VERB_READ, TREE), LF_END_OK); /* its data is there */
    assert_note(w, "rds.status");
    someone(w, "{'at':'acme-eu','values':{'DBInstanceStatus':'rebooting'}}");
    bench_timeout(w->b, 400);
    assert_end(w, update(w, memo, wider), LF_END_UNSURE);
    bench_timeout(w->b, 0);
    assert_int_equal(asked(w, "ModifyDBInstance"), 0);
    /* Full is no illness: more storage is the cure. */
    someone(w, "{'at':'acme-eu','values':{'DBInstanceStatus':'storage-full'}}");
    assert_end(w, update(w, memo, "{'name':'acme-eu','size':'db.t4g.medium','storage_gb':200}"), LF_END_OK);
    someone(w, "{'at':'acme-eu','values':{'DBInstanceStatus':'deleting'}}");
    assert_end(w, update(w, memo, wider), LF_END_REFUSED);
    assert_note(w, "rds.deleting");
}

static void test_what_cannot_become_is_refused_by_what_stands(void **state)
{
    struct world *w = *state;
    const struct value *memo = make(w);
    static const struct {
        const char *json, *code;
    } cases[] = {
        {"{'name':'acme-eu','size':'db.t4g.medium','storage_gb':50}", "rds.storage_shrink"},
        {"{" SMALL ",'options':{'user':'someone'}}", "rds.fixed"},
        {"{" SMALL ",'place':'eu-west-1a'}", "rds.fixed"},
        {"{" SMALL ",'options':{'version':'15'}}", "rds.version"},
        {"{" SMALL ",'options':{'version':'16.3'}}", "rds.version"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_end(w, update(w, memo, cases[i].json), LF_END_REFUSED);
        assert_note(w, cases[i].code);
    }
    assert_int_equal(asked(w, "ModifyDBInstance"), 0);
}

static void test_an_instance_is_found_and_adopted(void **state)
{
    struct world *w = *state;
    assert_end(w, run(w, LF_VERB_FIND, TREE), LF_END_GONE);
    assert_end(w, run(w, LF_VERB_RECOVER, TREE), LF_END_GONE);
    someone(w, "{'make':'acme-eu','tags':{'team':'web'}}");
    const struct op_result *r = run(w, LF_VERB_FIND, "{'name':'acme-eu'}");
    assert_end(w, r, LF_END_OK);
    assert_null(r->marker);
    assert_state(w, r, "storage_gb", "100");
    assert_state(w, r, "host", "'acme-eu.host.rds.example'");
    assert_end(w, update(w, bench_value(w->b, "{'adopt':true}"), TREE), LF_END_OK);
    assert_holds(w, "'team': 'web', 'landfall': 'lf1.mine'");
    /* What another has marked since is not taken over. */
    someone(w, "{'at':'acme-eu','tags':{'landfall':'" OTHER "'}}");
    assert_end(w, update(w, bench_value(w->b, "{'adopt':true}"), TREE), LF_END_EXISTS);
}

static void test_an_instance_of_another_engine_is_not_adopted(void **state)
{
    struct world *w = *state;
    someone(w, "{'make':'acme-eu','values':{'Engine':'aurora-postgresql'}}");
    assert_end(w, update(w, bench_value(w->b, "{'adopt':true}"), TREE), LF_END_REFUSED);
    assert_note(w, "rds.fixed");
    assert_int_equal(asked(w, "ModifyDBInstance"), 0);
}

/* ---- removing ------------------------------------------------------------------------------------------ */

static void test_a_destroy_leaves_a_snapshot_and_only_one(void **state)
{
    struct world *w = *state;
    const struct value *memo = make(w);
    fault(w, "DeleteDBInstance", "lost", 1);
    assert_end(w, destroy(w, memo, TREE), LF_END_UNSURE);
    assert_end(w, destroy(w, memo, TREE), LF_END_GONE);
    assert_end(w, destroy(w, memo, TREE), LF_END_GONE);
    assert_int_equal(instances(w), 0);
    assert_holds(w, "'snapshots': {'acme-eu-final-lf-token-1': 'acme-eu'}");
    memo = make(w);
    assert_end(w, destroy(w, memo, "{" SMALL ",'options':{'final_snapshot':false}}"), LF_END_GONE);
    assert_holds(w, "'snapshots': {'acme-eu-final-lf-token-1': 'acme-eu'}");
    /* One of that id is there, and the instance too: nothing is thrown away on a guess. */
    memo = make(w);
    assert_end(w, destroy(w, memo, TREE), LF_END_REFUSED);
    assert_note(w, "rds.snapshot_taken");
    assert_int_equal(instances(w), 1);
}

static void test_a_protected_instance_stays(void **state)
{
    struct world *w = *state;
    const struct value *memo = make(w);
    someone(w, "{'at':'acme-eu','values':{'DeletionProtection':'true'}}");
    assert_end(w, destroy(w, memo, TREE), LF_END_REFUSED);
    assert_note(w, "rds.protected");
    assert_int_equal(asked(w, "DeleteDBInstance"), 0);
    assert_end(w, update(w, memo, "{" SMALL ",'options':{'deletion_protection':false}}"), LF_END_OK);
    assert_end(w, destroy(w, memo, TREE), LF_END_GONE);
}

/* A snapshot that was restored under the old name has the old tags, and other data. */
static void test_another_instance_of_the_name_is_not_ours(void **state)
{
    struct world *w = *state;
    const struct value *memo = make(w);
    someone(w, "{'remove':'acme-eu'}");
    someone(w, "{'make':'acme-eu','tags':{'landfall':'" MINE "'}}");
    struct op_item item = item_of(w, LF_VERB_READ, TREE);
    item.memo = memo;
    assert_end(w, run_item(w, item), LF_END_GONE);
    assert_note(w, "rds.replaced");
    assert_end(w, update(w, memo, "{" SMALL ",'replicas':1}"), LF_END_GONE);
    assert_end(w, destroy(w, memo, TREE), LF_END_GONE);
    assert_int_equal(instances(w), 1);
    assert_int_equal(asked(w, "ModifyDBInstance") + asked(w, "DeleteDBInstance"), 0);
    assert_end(w, run(w, LF_VERB_CREATE, TREE), LF_END_OK); /* a plan has shown it */
}

/* ---- plans, sweeps, preflight ---------------------------------------------------------------------------
 */

static void test_what_can_never_be_is_refused_in_the_plan(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *prior, *desired, *code;
    } cases[] = {
        {NULL, "{'name':'Acme','size':'db.t4g.medium','storage_gb':100}", "rds.name"},
        {NULL, "{'name':'acme--eu','size':'db.t4g.medium','storage_gb':100}", "rds.name"},
        {NULL, "{'name':'acme\\'; drop','size':'db.t4g.medium','storage_gb':100}", "rds.name"},
        {NULL,
         "{'name':'a123456789012345678901234567890123456789012345678901234567890123','size':'db.t4g.medium',"
         "'storage_gb':100}",
         "rds.name"},
        {NULL, "{'name':'acme-eu','storage_gb':100}", "rds.size"},
        {NULL, "{'name':'acme-eu','size':'t4g.medium','storage_gb':100}", "rds.size"},
        {NULL, "{'name':'acme-eu','size':'db.t4g.medium'}", "rds.storage"},
        {NULL, "{'name':'acme-eu','size':'db.t4g.medium','storage_gb':20}", "rds.storage"},
        {NULL, "{" SMALL ",'replicas':2}", "rds.replicas"},
        {NULL, "{" SMALL ",'place':'us-east-1'}", "rds.place"},
        {NULL, "{" SMALL ",'place':'eu-west-1a','replicas':1}", "rds.place"},
        {NULL, "{" SMALL ",'options':{'engine':'aurora-postgresql'}}", "rds.option"},
        {NULL, "{" SMALL ",'options':{'engine':'mysql'}}", "rds.option"},
        {NULL, "{" SMALL ",'options':{'version':'sixteen'}}", "rds.option"},
        {NULL, "{" SMALL ",'options':{'user':'admin'}}", "rds.option"},
        {NULL, "{" SMALL ",'options':{'kms_key':'alias/x'}}", "rds.option"},
        {NULL, "{" SMALL ",'options':{'backup_days':36}}", "rds.option"},
        {NULL, "{" SMALL ",'options':{'public':'yes'}}", "rds.option"},
        {NULL, "{" SMALL ",'options':{'security_groups':[]}}", "rds.option"},
        {NULL, "{" SMALL ",'options':{'iops':3000}}", "database.option_unknown"},
        {NULL, "{'name':'acme-eu','size':'db.x9.huge','storage_gb':100}", "rds.not_offered"},
        {NULL, "{'name':'acme-eu','size':'db.t4g.micro','storage_gb':100,'replicas':1}", "rds.not_offered"},
        {NULL, "{" SMALL ",'options':{'version':'16.9'}}", "rds.not_offered"},
        {NULL, "{" SMALL ",'place':'eu-west-1f'}", "rds.not_offered"},
        {TREE, "{'name':'acme-eu','size':'db.t4g.medium','storage_gb':50}", "rds.storage_shrink"},
        {TREE, "{'name':'acme-eu','size':'db.t4g.medium','storage_gb':105}", "rds.storage_step"},
        {"{" SMALL ",'options':{'user':'a'}}", "{" SMALL ",'options':{'user':'b'}}", "rds.fixed"},
        {"{" SMALL ",'place':'eu-west-1a'}", "{" SMALL ",'place':'eu-west-1b'}", "rds.fixed"},
        {"{" SMALL ",'options':{'version':'16.4'}}", "{" SMALL ",'options':{'version':'17'}}", "rds.version"},
        {"{" SMALL ",'options':{'version':'16.4'}}", "{" SMALL ",'options':{'version':'16.3'}}",
         "rds.version"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct op_result *r = plan(w, cases[i].prior, cases[i].desired);
        if (r->status != LF_END_REFUSED)
            fail_msg("%s is planned", cases[i].desired);
        assert_note(w, cases[i].code);
    }
    assert_int_equal(instances(w), 0);
}

static void test_a_plan_promises_what_comes(void **state)
{
    struct world *w = *state;
    size_t count = 0;
    const struct op_result *r = plan(w, NULL, TREE);
    assert_end(w, r, LF_END_OK);
    assert_int_equal(r->action, LF_DO_CREATE);
    assert_state(w, r, "place", "'eu-west-1'");
    (void)bench_notes(w->b, &count);
    assert_int_equal(count, 0);
    (void)plan(w, NULL, "{" SMALL ",'replicas':1}");
    assert_note(w, "rds.standby");
    (void)make(w);
    r = run(w, LF_VERB_READ, TREE);
    assert_end(w, r, LF_END_OK);
    struct op_item item = item_of(w, LF_VERB_PLAN, TREE);
    item.prior = r->state;
    assert_int_equal(run_item(w, item)->action, LF_DO_KEEP);
    item.desired = bench_value(w->b, "{" SMALL ",'replicas':1}");
    assert_int_equal(run_item(w, item)->action, LF_DO_UPDATE);
    item.desired = bench_value(w->b, "{'name':'acme-b','size':'db.t4g.medium','storage_gb':21}");
    assert_int_equal(run_item(w, item)->action, LF_DO_REPLACE);
    /* Who may not ask plans all the same, and is told. */
    set(w, "{'keys':[{'access':'AKIDEXAMPLE','secret':'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',"
           "'denied':['DescribeOrderableDBInstanceOptions']}]}");
    assert_end(w, plan(w, NULL, TREE), LF_END_OK);
    assert_note(w, "rds.offer_unknown");
}

static void test_a_sweep_finds_what_is_marked_on_every_page(void **state)
{
    struct world *w = *state;
    (void)make(w);
    set(w, "{'page':2}");
    for (int i = 0; i < 5; i++)
        someone(w, text(w, "{'make':'n%d','tags':{'%s':'lf1.x'}}", i, i == 3 ? "landfall" : "team"));
    size_t count = 0;
    assert_end(w, run_item(w, (struct op_item){.verb = LF_VERB_OWNED}), LF_END_OK);
    const struct op_result *found = bench_found(w->b, &count);
    assert_int_equal(count, 2);
    assert_string_equal(found[0].marker, MINE);
    assert_string_equal(value_get_text(found[0].memo, "address", ""), "database.cluster.main");
    assert_string_equal(found[1].id, "n3");
    assert_int_equal(asked(w, "DescribeDBInstances") >= 3, 1);
    fault(w, "DescribeDBInstances", "before_500", 1);
    assert_end(w, run_item(w, (struct op_item){.verb = LF_VERB_OWNED}), LF_END_CANNOT_TELL);
}

static void preflight_ends(struct world *w, uint32_t status, const char *code)
{
    assert_end(w, run_item(w, (struct op_item){.verb = LF_VERB_PREFLIGHT}), status);
    if (code)
        assert_note(w, code);
}

static void test_preflight_says_what_is_wrong(void **state)
{
    struct world *w = *state;
    size_t count = 0;
    preflight_ends(w, LF_END_OK, NULL);
    (void)bench_notes(w->b, &count);
    assert_int_equal(count, 0);
    set(w, "{'instances_most':0}");
    preflight_ends(w, LF_END_OK, "rds.quota");
    fault(w, "DescribeDBInstances", "before_500", 1);
    preflight_ends(w, LF_END_CANNOT_TELL, "rds.trouble");
    set(w, "{'keys':[{'access':'AKIDEXAMPLE','secret':'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',"
           "'denied':['DescribeAccountAttributes']}]}");
    preflight_ends(w, LF_END_OK, "rds.quota_unknown");
    set(w, "{'keys':[{'access':'AKIDEXAMPLE','secret':'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',"
           "'denied':['DescribeDBInstances']}]}");
    preflight_ends(w, LF_END_REFUSED, "rds.forbidden");
    set(w, "{'region':'us-gov-west-1'}");
    preflight_ends(w, LF_END_REFUSED, "rds.signature");
    open_at(w, twin_port(w->twin),
            "'access_key':{'$secret':{'source':'test:WRONG'}},'secret_key':{'$secret':{'source':'test:x'}}");
    preflight_ends(w, LF_END_REFUSED, "rds.credentials");
    open_at(w, 9, KEYS);
    preflight_ends(w, LF_END_RETRY, "rds.unreachable");
}

static void test_looking_verbs_change_nothing(void **state)
{
    struct world *w = *state;
    (void)make(w);
    set(w, "{'log':0}");
    static const uint32_t verbs[] = {LF_VERB_READ, LF_VERB_FIND, LF_VERB_RECOVER, LF_VERB_PLAN,
                                     LF_VERB_ESTIMATE};
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        assert_end(w, run(w, verbs[i], TREE), LF_END_OK);
    assert_int_equal(twin_count(w->twin, "log", "\"action\": \"Describe"),
                     twin_count(w->twin, "log", "\"action\": "));
    /* No answer is never "gone". */
    fault(w, "DescribeDBInstances", "reset", 1);
    assert_end(w, run(w, LF_VERB_READ, TREE), LF_END_CANNOT_TELL);
    fault(w, "DescribeDBInstances", "garbage", 1);
    assert_end(w, run(w, LF_VERB_RECOVER, TREE), LF_END_CANNOT_TELL);
}

static void test_a_standby_costs_what_its_primary_costs(void **state)
{
    struct world *w = *state;
    const struct op_result *r = run(w, LF_VERB_ESTIMATE, "{" SMALL ",'replicas':1}");
    assert_end(w, r, LF_END_OK);
    assert_int_equal(r->cost_count, 3);
    assert_string_equal(r->costs[0].sku, "rds.eu-west-1.db.t4g.medium");
    assert_int_equal(r->costs[0].expected_milli, 2000);
    assert_string_equal(r->costs[1].sku, "rds.eu-west-1.storage.gp3");
    assert_int_equal(r->costs[1].expected_milli, 188000);
}

static void test_the_suite_of_all_drivers_passes(void **state)
{
    struct world *w = *state;
    char path[128], command[512], line[512];
    (void)snprintf(path, sizeof(path), "%s/sheet.yaml", twin_folder(w->twin));
    FILE *sheet = fopen(path, "w");
    assert_non_null(sheet);
    assert_true(fprintf(sheet,
                        "settings:\n  region: eu-west-1\n  partition: aws\n  poll_ms: 50\n"
                        "  endpoint: \"http://127.0.0.1:%d\"\n  access_key: !secret env:TWIN_ACCESS_KEY\n"
                        "  secret_key: !secret env:TWIN_SECRET_KEY\n"
                        "types:\n  cluster:\n"
                        "    create: { name: \"${name}\", size: db.t4g.medium, storage_gb: 100 }\n",
                        twin_port(w->twin)) > 0);
    assert_int_equal(fclose(sheet), 0);
    set(w, "{'making':0.05,'backing':0.05,'noticing':0.05,'changing':0.05,'deleting':0.05}");
    assert_int_equal(setenv("TWIN_ACCESS_KEY", "AKIDEXAMPLE", 1), 0);
    assert_int_equal(setenv("TWIN_SECRET_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", 1), 0);
    (void)snprintf(command, sizeof(command), "%s plugin test %s --settings %s 2>&1", LANDFALL, DRIVER, path);
    FILE *out = popen(command, "r");
    assert_non_null(out);
    while (fgets(line, sizeof(line), out))
        if (!strstr(line, "  ok  "))
            (void)fputs(line, stderr);
    assert_int_equal(pclose(out), 0);
    assert_int_equal(instances(w), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
    const struct CMUnitTest tests[] = {
        TEST(test_an_instance_is_made_marked_and_waited_for),
        TEST(test_made_twice_is_one),
        TEST(test_a_lost_reply_makes_no_second),
        TEST(test_a_create_goes_on_from_what_was_saved),
        TEST(test_looks_that_lag_are_waited_for),
        TEST(test_a_late_create_of_a_dead_process_makes_no_second),
        TEST(test_a_foreign_instance_is_a_conflict_and_untouched),
        TEST(test_what_could_not_be_made_is_damaged),
        TEST(test_ours_on_its_way_out_is_waited_for_and_made_anew),
        TEST(test_refusals_of_the_service_are_told_in_words),
        TEST(test_an_update_is_sent_once_and_waited_for),
        TEST(test_an_update_in_doubt_is_settled),
        TEST(test_what_waits_for_the_window_is_not_waited_for),
        TEST(test_a_busy_or_sick_instance_is_not_pushed),
        TEST(test_what_cannot_become_is_refused_by_what_stands),
        TEST(test_an_instance_is_found_and_adopted),
        TEST(test_an_instance_of_another_engine_is_not_adopted),
        TEST(test_a_destroy_leaves_a_snapshot_and_only_one),
        TEST(test_a_protected_instance_stays),
        TEST(test_another_instance_of_the_name_is_not_ours),
        TEST(test_what_can_never_be_is_refused_in_the_plan),
        TEST(test_a_plan_promises_what_comes),
        TEST(test_a_sweep_finds_what_is_marked_on_every_page),
        TEST(test_preflight_says_what_is_wrong),
        TEST(test_looking_verbs_change_nothing),
        TEST(test_a_standby_costs_what_its_primary_costs),
        TEST(test_the_suite_of_all_drivers_passes),
    };
    int end = 0;
    const char *missing = twin_missing(&end);
    if (missing) {
        (void)fprintf(stderr, "%s\n", missing);
        return end;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
