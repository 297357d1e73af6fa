#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "bench.h"
#include "model/diag.h"
#include "model/schema.h"
#include "model/value.h"
#include "plugin/contract.h"

/* Commands are judged by what they left in a folder: `log` has a line for each run, by the tool itself. */

#define DRIVER PLUGINS_FOLDER "/exec-exec.so"

static const char tool[] =
    "#!/bin/sh\n"
    "echo \"$1 verb=$LANDFALL_VERB token=$LANDFALL_TOKEN marker=$LANDFALL_MARKER at=$LANDFALL_ADDRESS\" "
    ">>log\n"
    "case $1 in\n"
    "make) cat >thing; echo '{\"size\":7,\"name\":\"made\"}' ;;\n"
    "probe) [ -e thing ] && echo '{\"size\":7,\"kind\":{\"a\":1,\"b\":2}}' ;;\n"
    "undo) rm -f thing ;;\n"
    "code) echo \"it said: no\" >&2; exit \"$2\" ;;\n"
    "make-and-fail) echo x >thing; echo halfway >&2; exit 9 ;;\n"
    "make-and-hang) echo x >thing; sleep 60 ;;\n"
    "hang) sleep 60 ;;\n"
    "big) head -c 2000000 /dev/zero | tr '\\0' x ;;\n"
    "words) shift; printf '%s|' \"$@\" >words ;;\n"
    "show) env | grep -v '^\\(PWD\\|OLDPWD\\|SHLVL\\|_\\)=' | LC_ALL=C sort >shown ;;\n"
    "esac\n";

#define EXIT  "'exit':{'done':[0],'retry':[75],'refused':[64,77],'unsure':[8]}"
#define PROBE "'probe':{'argv':['./tool','probe'],'done':[0],'absent':[1],'timeout_s':30}"

struct world {
    struct bench *b;
    char folder[64];
};

static struct world world;

static void put_file(const char *name, const char *text, mode_t mode)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", world.folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static const char *get_file(const char *name)
{
    static char text[8192];
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", world.folder, name);
    FILE *file = fopen(path, "r");
    size_t len = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
    text[len] = '\0';
    if (file)
        fclose(file);
    return text;
}

static bool has_thing(void)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/thing", world.folder);
    return access(path, F_OK) == 0;
}

/* How often the tool ran with this first word. */
static int runs(const char *word)
{
    int count = 0;
    size_t len = strlen(word);
    const char *log = get_file("log");
    for (const char *at = log; at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
        count += strncmp(at, word, len) == 0 && at[len] == ' ';
    return count;
}

static int enter(void **state)
{
    memset(&world, 0, sizeof(world));
    (void)snprintf(world.folder, sizeof(world.folder), "/tmp/landfall-exec-XXXXXX");
    assert_non_null(mkdtemp(world.folder));
    put_file("tool", tool, 0755);
    world.b = bench_open(DRIVER, "{'env':{'PATH':'/usr/bin:/bin','FROM_SETTINGS':'yes'},"
                                 "'secrets':{'API_KEY':{'$secret':{'source':'test:sesame-open-now'}}}}");
    *state = &world;
    return 0;
}

static int leave(void **state)
{
    char command[128];
    (void)state;
    bench_close(world.b);
    (void)snprintf(command, sizeof(command), "rm -rf %s", world.folder);
    return system(command);
}

/* As the core hands it over: checked, and with its defaults. */
static const struct value *filled(const struct value *v)
{
    struct diags diags;
    diag_init(&diags, bench_arena(world.b));
    const struct schema *schema = driver_type(bench_driver(world.b), "command")->facts.schema;
    v = schema_check(bench_arena(world.b), schema, v, "exec.command.x", NULL, &diags);
    if (diags.errors > 0)
        fail_msg("%s", diags.at[0].summary);
    return v;
}

/* `more` comes first and may hold any other attribute. */
static const struct value *step(const char *more)
{
    return filled(
        bench_value(world.b, arena_print(bench_arena(world.b),
                                         "{%s,'cwd':'%s','env':{},'secrets':{},'timeout_s':20," EXIT "}",
                                         more, world.folder)));
}

static const struct op_result *run(uint32_t verb, const struct value *desired, const struct value *prior)
{
    struct op_item item = {.verb = verb, .desired = desired, .prior = prior, .id = prior ? "id-1" : NULL};
    return bench_run(world.b, "command", item);
}

static const struct op_result *create(const char *more)
{
    return run(LF_VERB_CREATE, step(more), NULL);
}

static const struct op_result *create_again(const char *more)
{
    struct op_item item = {.verb = LF_VERB_CREATE, .attempt = 2, .desired = step(more)};
    item.saved = bench_value(world.b, "{'ran':true}");
    return bench_run(world.b, "command", item);
}

#define MAKE "'argv':['./tool','make'],'input':'hello','undo':['./tool','undo'],"

/* ---- create ------------------------------------------------------------------------------------------- */

static void test_a_command_runs_once_and_its_probe_sees_it(void **state)
{
    (void)state;
    const struct op_result *r = create(MAKE PROBE);
    assert_int_equal(r->status, LF_END_OK);
    assert_null(r->broke);
    assert_string_equal(r->id, "lf1.benchbenchbenchbenchbenchbe");
    assert_true(value_get_bool(r->state, "ran", false));
    assert_string_equal(get_file("thing"), "hello");
    assert_non_null(strstr(get_file("log"), "make verb=create token=bench-token "
                                            "marker=lf1.benchbenchbenchbenchbenchbe at=bench.step\n"));
    assert_non_null(strstr(get_file("log"), "probe verb=probe token= marker=lf1.bench"));
    /* That it will run is durable before it runs. */
    size_t count;
    const struct bench_save *saves = bench_saves(world.b, &count);
    assert_int_equal(count, 1);
    assert_null(saves[0].id);
    assert_true(value_get_bool(saves[0].progress, "ran", false));
    /* The reply was lost: asked again with the same token it is still run once. */
    r = create_again(MAKE PROBE);
    assert_int_equal(r->status, LF_END_OK);
    assert_true(value_get_bool(r->state, "ran", false));
    assert_int_equal(runs("make"), 1);
}

static void test_what_is_done_already_is_neither_run_nor_undone(void **state)
{
    (void)state;
    put_file("thing", "somebody's", 0644);
    const struct op_result *r = create(MAKE PROBE);
    assert_int_equal(r->status, LF_END_OK);
    assert_false(value_get_bool(r->state, "ran", true));
    assert_int_equal(runs("make"), 0);
    assert_int_equal(run(LF_VERB_DESTROY, NULL, r->state)->status, LF_END_GONE);
    assert_true(bench_has_note(world.b, "exec.kept"));
    assert_int_equal(runs("undo"), 0);
    assert_string_equal(get_file("thing"), "somebody's");
}

static void test_words_are_handed_over_as_they_are(void **state)
{
    (void)state;
    const struct op_result *r =
        create("'argv':['./tool','words','a b','$(touch thing)','*',';','','\\u0027'],'keep':true");
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(get_file("words"), "a b|$(touch thing)|*|;||'|");
    assert_false(has_thing());
}

static void test_the_environment_is_an_allow_list(void **state)
{
    (void)state;
    assert_int_equal(setenv("LANDFALL_TEST_LEAK", "1", 1), 0);
    const struct value *desired = bench_value(
        world.b, arena_print(bench_arena(world.b),
                             "{'argv':['./tool','show'],'keep':true,'cwd':'%s','timeout_s':20," EXIT
                             ",'env':{'FROM_SETTINGS':'no','OWN':'1 2'},"
                             "'secrets':{'DB':{'$secret':{'source':'test:longer-than-eight'}}}}",
                             world.folder));
    const struct op_result *r = run(LF_VERB_CREATE, desired, NULL);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(get_file("shown"), "API_KEY=sesame-open-now\n"
                                           "DB=longer-than-eight\n"
                                           "FROM_SETTINGS=no\n"
                                           "LANDFALL_ADDRESS=bench.step\n"
                                           "LANDFALL_MARKER=lf1.benchbenchbenchbenchbenchbe\n"
                                           "LANDFALL_TOKEN=bench-token\n"
                                           "LANDFALL_VERB=create\n"
                                           "OWN=1 2\n"
                                           "PATH=/usr/bin:/bin\n");
    /* What comes back has the handle, never the bytes. */
    assert_int_equal(value_kind(value_get(value_get(r->state, "secrets"), "DB")), VALUE_SECRET);
}

/* ---- exit codes --------------------------------------------------------------------------------------- */

static void test_an_exit_code_means_what_the_step_says(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        uint32_t status;
        const char *note;
    } codes[] = {{"0", LF_END_OK, NULL},
                 {"75", LF_END_RETRY, "exec.retry"},
                 {"64", LF_END_REFUSED, "exec.refused"},
                 {"77", LF_END_REFUSED, "exec.refused"},
                 {"8", LF_END_UNSURE, "exec.unsure"},
                 {"3", LF_END_FAILED, "exec.failed"}};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        const struct op_result *r = create(
            arena_print(bench_arena(world.b), "'argv':['./tool','code','%s'],'keep':true", codes[i].code));
        assert_int_equal(r->status, codes[i].status);
        assert_true(!codes[i].note || bench_has_note(world.b, codes[i].note));
    }
    size_t count;
    const struct diag *note = bench_notes(world.b, &count);
    assert_int_equal(count, 1);
    assert_string_equal(note->summary, "'./tool' failed");
    assert_string_equal(note->detail, "it ended with exit code 3: it said: no");
}

static void test_what_cannot_be_started_is_refused_with_the_reason(void **state)
{
    (void)state;
    assert_int_equal(create("'argv':['no-such-program'],'keep':true")->status, LF_END_REFUSED);
    assert_true(bench_has_note(world.b, "exec.cannot_start"));
    size_t count;
    assert_string_equal(bench_notes(world.b, &count)->detail,
                        "cannot start 'no-such-program': no such file or directory");
}

static void test_without_a_probe_a_killed_command_is_in_doubt(void **state)
{
    (void)state;
    const struct value *desired = bench_value(
        world.b,
        arena_print(bench_arena(world.b),
                    "{'argv':['./tool','make-and-hang'],'keep':true,'cwd':'%s','timeout_s':1," EXIT "}",
                    world.folder));
    assert_int_equal(run(LF_VERB_CREATE, desired, NULL)->status, LF_END_UNSURE);
    size_t count;
    assert_string_equal(bench_notes(world.b, &count)->detail, "its time was over");
    assert_int_equal(run(LF_VERB_RECOVER, desired, NULL)->status, LF_END_CANNOT_TELL);
}

/* ---- the probe decides --------------------------------------------------------------------------------- */

static void test_after_a_failure_the_probe_is_believed(void **state)
{
    (void)state;
    const struct op_result *r = create("'argv':['./tool','make-and-fail'],'undo':['./tool','undo']," PROBE);
    assert_int_equal(r->status, LF_END_OK);
    assert_true(bench_has_note(world.b, "exec.done_anyway"));
    assert_true(value_get_bool(r->state, "ran", false));
    assert_int_equal(unlink(arena_print(bench_arena(world.b), "%s/thing", world.folder)), 0);
    assert_int_equal(create("'argv':['./tool','code','9'],'undo':['./tool','undo']," PROBE)->status,
                     LF_END_FAILED);
    assert_int_equal(create("'argv':['./tool','code','0'],'undo':['./tool','undo']," PROBE)->status,
                     LF_END_DAMAGED);
    assert_true(bench_has_note(world.b, "exec.not_seen"));
}

static void test_after_a_timeout_the_probe_decides(void **state)
{
    (void)state;
    const char *const words[] = {"make-and-hang", "hang"};
    const uint32_t ends[] = {LF_END_OK, LF_END_FAILED};
    for (int i = 0; i < 2; i++) {
        unlink(arena_print(bench_arena(world.b), "%s/thing", world.folder));
        const struct value *desired = bench_value(
            world.b, arena_print(bench_arena(world.b),
                                 "{'argv':['./tool','%s'],'undo':['./tool','undo']," PROBE ",'cwd':'%s',"
                                 "'timeout_s':1," EXIT "}",
                                 words[i], world.folder));
        assert_int_equal(run(LF_VERB_CREATE, desired, NULL)->status, ends[i]);
    }
}

static void test_a_probe_that_cannot_tell_stops_what_has_not_begun(void **state)
{
    (void)state;
    const char *odd = MAKE "'probe':{'argv':['./tool','code','5'],'done':[0],'absent':[1],'timeout_s':30}";
    assert_int_equal(create(odd)->status, LF_END_RETRY);
    assert_true(bench_has_note(world.b, "exec.probe_unclear"));
    assert_int_equal(runs("make"), 0);
    assert_int_equal(create_again(odd)->status, LF_END_UNSURE);
    assert_int_equal(run(LF_VERB_RECOVER, step(odd), NULL)->status, LF_END_CANNOT_TELL);
    assert_int_equal(run(LF_VERB_READ, NULL, step(odd))->status, LF_END_CANNOT_TELL);
}

static void test_text_and_json_of_the_probe_are_conditions(void **state)
{
    (void)state;
    static const struct {
        const char *condition;
        uint32_t status;
    } looks[] = {{"'text':'\\'size\\':7'", LF_END_OK},     {"'text':'\\'size\\':8'", LF_END_GONE},
                 {"'json':{'size':7}", LF_END_OK},         {"'json':{'kind':{'b':2}}", LF_END_OK},
                 {"'json':{'kind':{'b':3}}", LF_END_GONE}, {"'json':{'more':1}", LF_END_GONE}};
    put_file("thing", "x", 0644);
    for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
        const struct op_result *r =
            run(LF_VERB_READ, NULL,
                step(arena_print(
                    bench_arena(world.b),
                    MAKE "'probe':{'argv':['./tool','probe'],'done':[0],'absent':[],'timeout_s':30,%s}",
                    looks[i].condition)));
        assert_int_equal(r->status, looks[i].status);
    }
}

/* ---- outputs ------------------------------------------------------------------------------------------- */

static void test_outputs_come_from_the_probe_or_else_from_the_command(void **state)
{
    (void)state;
    const struct op_result *r = create(MAKE "'has_outputs':true");
    assert_int_equal(r->status, LF_END_OK);
    assert_true(
        value_equal(value_get(r->state, "outputs"), bench_value(world.b, "{'size':7,'name':'made'}")));
    r = create(MAKE "'has_outputs':true," PROBE);
    assert_true(
        value_equal(value_get(r->state, "outputs"), bench_value(world.b, "{'size':7,'kind':{'a':1,'b':2}}")));
    r = run(LF_VERB_READ, NULL, r->state);
    assert_int_equal(r->status, LF_END_OK);
    assert_int_equal(value_get_int(value_get(r->state, "outputs"), "size", 0), 7);
    r = create(MAKE PROBE);
    assert_true(value_equal(value_get(r->state, "outputs"), bench_value(world.b, "{}")));
}

static void test_outputs_that_cannot_be_read_leave_a_damaged_object(void **state)
{
    (void)state;
    static const char *const words[] = {"undo", "big"};
    for (int i = 0; i < 2; i++) {
        const struct op_result *r = create(arena_print(
            bench_arena(world.b), "'argv':['./tool','%s'],'keep':true,'has_outputs':true", words[i]));
        assert_int_equal(r->status, LF_END_DAMAGED);
        assert_true(bench_has_note(world.b, "exec.bad_outputs"));
    }
}

/* ---- update, destroy, recover ----------------------------------------------------------------------------
 */

static void test_an_update_runs_the_command_again(void **state)
{
    (void)state;
    const struct op_result *r = create(MAKE PROBE);
    const struct value *prior = r->state;
    r = run(LF_VERB_UPDATE, step("'argv':['./tool','make'],'input':'bye','undo':['./tool','undo']," PROBE),
            prior);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(get_file("thing"), "bye");
    assert_int_equal(runs("make"), 2);
    assert_non_null(strstr(get_file("log"), "make verb=update "));
}

static void test_destroy_undoes_what_was_done(void **state)
{
    (void)state;
    const struct value *made = create(MAKE PROBE)->state;
    assert_int_equal(run(LF_VERB_DESTROY, NULL, made)->status, LF_END_GONE);
    assert_false(has_thing());
    assert_non_null(strstr(get_file("log"), "undo verb=destroy "));
    /* Gone already: nothing runs. */
    assert_int_equal(run(LF_VERB_DESTROY, NULL, made)->status, LF_END_GONE);
    assert_int_equal(runs("undo"), 1);
}

static void test_an_undo_that_undid_nothing_is_no_success(void **state)
{
    (void)state;
    const struct value *made = create("'argv':['./tool','make'],'undo':['./tool','code','0']," PROBE)->state;
    assert_int_equal(run(LF_VERB_DESTROY, NULL, made)->status, LF_END_FAILED);
    assert_true(bench_has_note(world.b, "exec.still_there"));
    assert_true(has_thing());
}

static void test_what_is_to_be_kept_stays_and_is_said(void **state)
{
    (void)state;
    const struct value *made = create("'argv':['./tool','make'],'keep':true," PROBE)->state;
    assert_int_equal(run(LF_VERB_DESTROY, NULL, made)->status, LF_END_GONE);
    assert_true(bench_has_note(world.b, "exec.kept"));
    assert_true(has_thing());
}

static void test_recover_only_looks(void **state)
{
    (void)state;
    const struct value *desired = step(MAKE PROBE);
    assert_int_equal(run(LF_VERB_RECOVER, desired, NULL)->status, LF_END_GONE);
    put_file("thing", "x", 0644);
    struct op_item item = {.verb = LF_VERB_RECOVER, .desired = desired};
    item.saved = bench_value(world.b, "{'ran':true}");
    const struct op_result *r = bench_run(world.b, "command", item);
    assert_int_equal(r->status, LF_END_OK);
    assert_true(value_get_bool(r->state, "ran", false));
    assert_int_equal(runs("make") + runs("undo"), 0);
    /* What may run twice does, after a doubt that nobody can settle. */
    assert_int_equal(run(LF_VERB_RECOVER, step(MAKE "'idempotent':true"), NULL)->status, LF_END_GONE);
    assert_int_equal(run(LF_VERB_RECOVER, NULL, step(MAKE "'idempotent':true"))->status, LF_END_OK);
}

static uint32_t settle(uint32_t verb, const char *more, uint32_t *lag_ms)
{
    struct lf_settle out;
    struct op_item item = {.verb = verb, .desired = step(more), .address = "a"};
    const struct driver *d = bench_driver(world.b);
    if (verb == LF_VERB_DESTROY) {
        item.prior = item.desired;
        item.desired = NULL;
    }
    op_settle_of(d, driver_type(d, "command"), &item, &out);
    *lag_ms = out.visible_after_ms;
    return verb == LF_VERB_CREATE ? out.create : verb == LF_VERB_UPDATE ? out.update : out.destroy;
}

static void test_a_doubt_is_settled_as_far_as_the_step_allows(void **state)
{
    (void)state;
    uint32_t lag;
    assert_int_equal(settle(LF_VERB_CREATE, MAKE "'lane':'x'", &lag), LF_SETTLE_BLIND);
    assert_int_equal(settle(LF_VERB_CREATE, MAKE PROBE, &lag), LF_SETTLE_FINDABLE);
    assert_int_equal(settle(LF_VERB_UPDATE, MAKE PROBE, &lag), LF_SETTLE_BLIND);
    assert_int_equal(settle(LF_VERB_DESTROY, MAKE PROBE, &lag), LF_SETTLE_FINDABLE);
    assert_int_equal(settle(LF_VERB_DESTROY, MAKE "'lane':'x'", &lag), LF_SETTLE_BLIND);
    assert_int_equal(settle(LF_VERB_DESTROY, "'argv':['true'],'keep':true", &lag), LF_SETTLE_NAMED);
    assert_int_equal(lag, 0);
    assert_int_equal(settle(LF_VERB_UPDATE, MAKE "'idempotent':true,'lag_s':3", &lag), LF_SETTLE_NAMED);
    assert_int_equal(lag, 3000);
}

/* ---- looking changes nothing ------------------------------------------------------------------------------
 */

static void test_in_a_plan_nothing_but_probes_runs(void **state)
{
    (void)state;
    const struct value *made = create(MAKE PROBE)->state;
    put_file("log", "", 0644);
    bench_read_only(world.b, true);
    assert_int_equal(run(LF_VERB_READ, NULL, made)->status, LF_END_OK);
    assert_int_equal(run(LF_VERB_FIND, step(MAKE PROBE), NULL)->status, LF_END_OK);
    assert_int_equal(run(LF_VERB_PLAN, step(MAKE PROBE), made)->status, LF_END_OK);
    assert_int_equal(runs("make") + runs("undo"), 0);
    assert_int_equal(runs("probe"), 2);
    /* A create that some mistake lets through is stopped by the gate. */
    (void)create(MAKE "'lane':'x'");
    assert_int_equal(runs("make"), 0);
}

static void test_find_sees_by_the_probe_and_claims_nothing(void **state)
{
    (void)state;
    assert_int_equal(run(LF_VERB_FIND, step(MAKE PROBE), NULL)->status, LF_END_GONE);
    put_file("thing", "x", 0644);
    const struct op_result *r = run(LF_VERB_FIND, step(MAKE PROBE), NULL);
    assert_int_equal(r->status, LF_END_OK);
    assert_null(r->marker);
    assert_false(value_get_bool(r->state, "ran", true));
    struct op_item adopt = {
        .verb = LF_VERB_UPDATE, .desired = step(MAKE PROBE), .prior = r->state, .id = r->id};
    adopt.memo = bench_value(world.b, "{'adopt':true,'was':''}");
    assert_int_equal(bench_run(world.b, "command", adopt)->status, LF_END_OK);
    assert_int_equal(runs("make"), 0);
    assert_int_equal(run(LF_VERB_FIND, step(MAKE "'lane':'x'"), NULL)->status, LF_END_CANNOT_TELL);
    assert_true(bench_has_note(world.b, "exec.no_probe"));
}

/* ---- plan
 * ---------------------------------------------------------------------------------------------------- */

static void test_what_is_wrong_is_refused_in_the_plan(void **state)
{
    (void)state;
    static const struct {
        const char *step, *code, *path;
    } wrong[] = {
        {"'argv':[],'keep':true", "exec.bad_words", "argv"},
        {"'argv':['make all'],'keep':true", "exec.bad_words", "argv"},
        {"'argv':['x']", "exec.no_undo", "undo"},
        {"'argv':['x'],'keep':true,'undo':['y']", "exec.no_undo", "undo"},
        {"'argv':['x'],'keep':true,'env':{'1A':'x'}", "exec.bad_variable", "env"},
        {"'argv':['x'],'keep':true,'env':{'LANDFALL_TOKEN':'x'}", "exec.bad_variable", "env"},
        {"'argv':['x'],'keep':true,'env':{'A':'x'},'secrets':{'A':{'$secret':{'source':'test:12345678'}}}",
         "exec.bad_variable", "env.A"},
        {"'argv':['x'],'keep':true,'timeout_s':0", "exec.out_of_range", "timeout_s"},
        {"'argv':['x'],'keep':true,'lag_s':3601", "exec.out_of_range", "lag_s"},
        {"'argv':['x'],'keep':true,'exit':{'done':[0,256]}", "exec.bad_code", "exit.done[1]"},
        {"'argv':['x'],'keep':true,'exit':{'done':[0],'retry':[0]}", "exec.bad_code", "exit.retry[0]"},
        {"'argv':['x'],'keep':true,'probe':{'argv':['y'],'done':[0],'absent':[]}", "exec.probe_never_no",
         "probe"},
        {"'argv':['x'],'keep':true,'probe':{'argv':[],'done':[0],'absent':[1]}", "exec.bad_words",
         "probe.argv"},
        {"'argv':['x'],'keep':true,'probe':{'argv':['y'],'done':[1],'absent':[1]}", "exec.bad_code",
         "probe.absent[0]"},
        {"'argv':['x'],'keep':true,'input':'a','secret_input':{'$secret':{'source':'test:12345678'}}",
         "exec.two_inputs", "input"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const struct value *desired =
            bench_value(world.b, arena_print(bench_arena(world.b), "{%s}", wrong[i].step));
        const struct op_result *r = run(LF_VERB_PLAN, desired, NULL);
        size_t count;
        const struct diag *notes = bench_notes(world.b, &count);
        if (r->status != LF_END_REFUSED || count != 1 || strcmp(notes->code, wrong[i].code) != 0 ||
            strcmp(notes->path, wrong[i].path) != 0)
            fail_msg("%s: status %u, %zu notes, first %s at %s", wrong[i].step, r->status, count,
                     count ? notes->code : "-", count ? notes->path : "-");
    }
}

static void test_a_plan_promises_outputs_only_where_there_are_some(void **state)
{
    (void)state;
    const struct op_result *r = run(LF_VERB_PLAN, step(MAKE "'has_outputs':true"), NULL);
    assert_int_equal(r->action, LF_DO_CREATE);
    assert_int_equal(value_kind(value_get(r->state, "outputs")), VALUE_UNKNOWN);
    r = run(LF_VERB_PLAN, step(MAKE PROBE), NULL);
    assert_true(value_equal(value_get(r->state, "outputs"), bench_value(world.b, "{}")));
    const struct value *made = create(MAKE PROBE)->state;
    r = run(LF_VERB_PLAN, step(MAKE PROBE), made);
    assert_int_equal(r->action, LF_DO_KEEP);
}

static const struct value *with_secret(const char *digest)
{
    return bench_value(
        world.b,
        arena_print(bench_arena(world.b),
                    "{'argv':['x'],'keep':true,'secrets':{'A':{'$secret':{'source':'env:A','digest':'%s'}}}}",
                    digest));
}

static void test_a_secret_that_stayed_the_same_is_no_change(void **state)
{
    (void)state;
    const struct value *prior = with_secret("d1"), *same = with_secret("d1"), *other = with_secret("d2");
    prior = run(LF_VERB_READ, NULL, prior)->state;
    /* Defaults that the core would have filled in. */
    assert_int_equal(run(LF_VERB_PLAN, same, prior)->status, LF_END_OK);
    const struct op_result *r = run(LF_VERB_PLAN, other, prior);
    assert_int_equal(r->action, LF_DO_UPDATE);
    bool because = false;
    for (const char *const *b = r->because; b && *b; b++)
        because = because || strcmp(*b, "secrets") == 0;
    assert_true(because);
    r = run(LF_VERB_PLAN, same, prior);
    for (const char *const *b = r->because; b && *b; b++)
        assert_string_not_equal(*b, "secrets");
}

/* ---- preflight
 * ----------------------------------------------------------------------------------------------- */

static void test_preflight_asks_whether_all_is_ready(void **state)
{
    (void)state;
    const struct op_item look = {.verb = LF_VERB_PREFLIGHT};
    assert_int_equal(bench_run(world.b, NULL, look)->status, LF_END_OK);
    struct bench *good = bench_open(DRIVER, "{'ready':[['true'],['sh','-c','exit 0']]}");
    assert_int_equal(bench_run(good, NULL, look)->status, LF_END_OK);
    bench_close(good);
    struct bench *bad =
        bench_open(DRIVER, "{'ready':[['no-such-tool','version'],['true'],['sh','-c','exit 4']]}");
    assert_int_equal(bench_run(bad, NULL, look)->status, LF_END_REFUSED);
    size_t count;
    const struct diag *notes = bench_notes(bad, &count);
    assert_int_equal(count, 2);
    assert_string_equal(notes[0].code, "exec.not_ready");
    assert_string_equal(notes[0].path, "ready[0]");
    assert_string_equal(notes[1].detail, "it ended with exit code 4");
    bench_close(bad);
}

static void test_settings_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    struct bench *b;
    struct err err;
    assert_false(bench_try(DRIVER, "{'ready':[[]]}", &b, &err));
    assert_non_null(strstr(err.summary, "'ready' is a list of commands"));
    assert_false(bench_try(DRIVER, "{'ready':[[1]]}", &b, &err));
    assert_false(bench_try(DRIVER, "{'shell':'bash'}", &b, &err));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
    const struct CMUnitTest tests[] = {
        TEST(test_a_command_runs_once_and_its_probe_sees_it),
        TEST(test_what_is_done_already_is_neither_run_nor_undone),
        TEST(test_words_are_handed_over_as_they_are),
        TEST(test_the_environment_is_an_allow_list),
        TEST(test_an_exit_code_means_what_the_step_says),
        TEST(test_what_cannot_be_started_is_refused_with_the_reason),
        TEST(test_without_a_probe_a_killed_command_is_in_doubt),
        TEST(test_after_a_failure_the_probe_is_believed),
        TEST(test_after_a_timeout_the_probe_decides),
        TEST(test_a_probe_that_cannot_tell_stops_what_has_not_begun),
        TEST(test_text_and_json_of_the_probe_are_conditions),
        TEST(test_outputs_come_from_the_probe_or_else_from_the_command),
        TEST(test_outputs_that_cannot_be_read_leave_a_damaged_object),
        TEST(test_an_update_runs_the_command_again),
        TEST(test_destroy_undoes_what_was_done),
        TEST(test_an_undo_that_undid_nothing_is_no_success),
        TEST(test_what_is_to_be_kept_stays_and_is_said),
        TEST(test_recover_only_looks),
        TEST(test_a_doubt_is_settled_as_far_as_the_step_allows),
        TEST(test_in_a_plan_nothing_but_probes_runs),
        TEST(test_find_sees_by_the_probe_and_claims_nothing),
        TEST(test_what_is_wrong_is_refused_in_the_plan),
        TEST(test_a_plan_promises_outputs_only_where_there_are_some),
        TEST(test_a_secret_that_stayed_the_same_is_no_change),
        TEST(test_preflight_asks_whether_all_is_ready),
        TEST(test_settings_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
