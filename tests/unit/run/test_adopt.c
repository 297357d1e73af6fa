#include "base/str.h"
#include "fake_rows.h"
#include "fake_run.h"
#include "model/schema.h"
#include "plan/taken.h"
#include "run/adopt.h"

/* What exists becomes ours: what is shown before somebody says yes, and what is refused with which way on. */

#define LOST "0123456789abcdef0123456789abcdef"

static struct run run;
static struct adopt_ask ask;
static struct adoption *adoption;
static struct adopt_found found;

/* A region beside ours has one object; the others that are met are nobody's. */
static bool owner(void *user, const char *marker, struct taken_owner *out)
{
    *out = (struct taken_owner){"us", "fake.named.theirs"};
    return strcmp(marker, user) == 0;
}

static char theirs[] = FAKE_FOREIGN_MARKER;
static const struct taken_others others = {.user = theirs, .owner = owner};

static int setup(void **state)
{
    (void)state;
    run_open(&run);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    run_close(&run);
    return 0;
}

static bool look(const char *address)
{
    struct rig *rig = &run.rig;
    rig->ask.adopting = address;
    rig_plan(rig);
    ask = (struct adopt_ask){.loop = rig->loop,
                             .registry = rig->registry,
                             .plan = rig->plan,
                             .address = address,
                             .lineage = ask.lineage,
                             .run_id = LOST,
                             .as_it_is = ask.as_it_is,
                             .by = "ada",
                             .why = "it was ours",
                             .tell = run_tell,
                             .tell_user = &run};
    return adopt_look(rig->mem, &ask, &adoption, &found, &rig->err);
}

static bool take(void)
{
    if (!run_take_store(&run))
        fail_msg("%s", run.rig.err.summary);
    bool ok = adopt_take(adoption, run.writer, &run.rig.err);
    store_writer_close(run.writer);
    run.writer = NULL;
    run_read(&run);
    return ok;
}

static void refused(const char *address, const char *code, const char *summary, const char *advice)
{
    assert_false(look(address));
    assert_string_equal(run.rig.err.code, code);
    if (!strstr(run.rig.err.summary, summary))
        fail_msg("'%s' is not in: %s", summary, run.rig.err.summary);
    if (!strstr(run.rig.err.advice, advice))
        fail_msg("'%s' is not in: %s", advice, run.rig.err.advice);
}

/* ---- what is shown --------------------------------------------------------------------------------- */

static void test_what_is_shown_is_what_is_changed(void **state)
{
    (void)state;
    struct fake_object *o = rig_object(&run.rig, "named", "x", "", "{'name': 'x', 'size': 7}");
    rig_step(&run.rig, "fake.named.x", "{'name': 'x', 'size': 3}");
    assert_true(look("fake.named.x"));
    assert_string_equal(found.id, "named-1");
    assert_int_equal(found.diff_count, 1);
    assert_string_equal(found.diffs[0].path, "size");
    assert_int_equal(found.diffs[0].before->number, 7);
    assert_int_equal(found.diffs[0].after->number, 3);
    assert_string_equal(o->state, "{\"name\":\"x\",\"size\":7}");
    assert_false(file_exists(run.rig.store_path));
    assert_true(take());
    assert_non_null(strstr(o->state, "\"size\":3"));
    assert_string_equal(o->marker, run_row(&run, "fake.named.x")->marker);
    assert_true(run_row(&run, "fake.named.x")->adopted);
}

static void test_what_is_told_of_it_is_an_adoption_and_no_change(void **state)
{
    (void)state;
    struct store_event *events;
    size_t count;
    rig_object(&run.rig, "named", "x", "", "{'name': 'x', 'size': 7}");
    rig_step(&run.rig, "fake.named.x", "{'name': 'x', 'size': 3}");
    ask.as_it_is = true;
    assert_true(look("fake.named.x") && take());
    ask.as_it_is = false;
    assert_true(store_read_events(run.rig.mem, run.rig.store_path, "fake.named.x", 10, &events, &count,
                                  &run.rig.err));
    assert_int_equal(count, 2);
    assert_string_equal(events[0].kind, "step.done");
    assert_string_equal(events[0].verb, "adopt");
    assert_string_equal(events[1].kind, "resolved");
    assert_string_equal(events[1].verb, "adopt");
    assert_string_equal(rig_find(&run.rig, "x")->state, "{\"name\":\"x\",\"size\":7}");
}

static void test_what_changed_since_it_was_shown_is_not_touched(void **state)
{
    (void)state;
    static const struct {
        const char *marker, *state;
    } since[] = {{"", "{\"name\":\"x\",\"size\":8}"},
                 {"lf1.somebodyelsesomebodyelseso", "{\"name\":\"x\",\"size\":7}"}};
    struct fake_object *o = rig_object(&run.rig, "named", "x", "", "{'name': 'x', 'size': 7}");
    rig_step(&run.rig, "fake.named.x", "{'name': 'x', 'size': 3}");
    for (size_t i = 0; i < COUNT_OF(since); i++) {
        snprintf(o->marker, sizeof(o->marker), "%s", "");
        snprintf(o->state, sizeof(o->state), "%s", "{\"name\":\"x\",\"size\":7}");
        assert_true(look("fake.named.x"));
        snprintf(o->marker, sizeof(o->marker), "%s", since[i].marker);
        snprintf(o->state, sizeof(o->state), "%s", since[i].state);
        assert_false(take());
        assert_string_equal(run.rig.err.code, "adopt.overtaken");
        assert_string_equal(o->state, since[i].state);
        assert_string_equal(o->marker, since[i].marker);
        assert_int_equal(run.rig.truth.res_count, 0);
    }
}

/* ---- what is written of it -------------------------------------------------------------------------- */

/* c stands on b, and b on a; b holds data. */
static void declare_chain(void)
{
    rig_step(&run.rig, "fake.named.a", "{'name': 'a'}");
    struct decl *d = rig_step(&run.rig, "fake.named.b", "{'name': 'b'}");
    d->meta.holds = rig_texts(&run.rig, "customer");
    d->meta.holds_count = 1;
    rig_after(&run.rig, d, "fake.named.a");
    rig_after(&run.rig, rig_step(&run.rig, "fake.named.c", "{'name': 'c'}"), "fake.named.b");
}

/* All of a row but that it was adopted, and when it was put. */
static void assert_written_alike(const struct store_res *adopted, const struct store_res *built)
{
    struct store_res row = *adopted;
    assert_true(row.adopted && !built->adopted);
    assert_int_equal(row.generation, built->generation);
    assert_int_equal(row.kind, built->kind);
    assert_int_equal(row.schema_version, built->schema_version);
    assert_true(row.protect == built->protect && row.shared == built->shared);
    assert_true(row.deposed == built->deposed && row.damaged == built->damaged);
    const char *const texts[][2] = {{row.subsystem, built->subsystem},
                                    {row.type, built->type},
                                    {row.instance, built->instance},
                                    {row.driver, built->driver},
                                    {row.driver_version, built->driver_version},
                                    {row.ext_id, built->ext_id},
                                    {row.marker, built->marker},
                                    {row.desired, built->desired},
                                    {row.observed, built->observed},
                                    {row.memo, built->memo},
                                    {row.depends_on, built->depends_on},
                                    {row.holds, built->holds},
                                    {row.inputs, built->inputs},
                                    {row.declared_at, built->declared_at}};
    for (size_t k = 0; k < COUNT_OF(texts); k++)
        if (!str_equal(texts[k][0], texts[k][1]))
            fail_msg("%s, text %zu: adopted '%s', built '%s'", row.address, k,
                     texts[k][0] ? texts[k][0] : "-", texts[k][1] ? texts[k][1] : "-");
}

/* Whoever was adopted first: a run has nothing to add to it, and a destroy takes it down from the top. */
static void test_what_is_written_is_what_a_run_would_have_written(void **state)
{
    (void)state;
    static const char *const orders[][3] = {{"fake.named.a", "fake.named.b", "fake.named.c"},
                                            {"fake.named.c", "fake.named.b", "fake.named.a"},
                                            {"fake.named.b", "fake.named.c", "fake.named.a"}};
    for (size_t i = 0; i < COUNT_OF(orders); i++) {
        declare_chain();
        run_apply(&run);
        const struct store_snapshot built = run.rig.truth;
        rig_remove_store(&run.rig);
        run.rig.truth = (struct store_snapshot){0};
        ask.lineage = RIG_LINEAGE;
        for (size_t k = 0; k < 3; k++)
            if (!look(orders[i][k]) || !take())
                fail_msg("%s", run.rig.err.summary);
        ask.lineage = run.rig.ask.adopting = NULL;
        assert_int_equal(run.rig.truth.res_count, built.res_count);
        for (size_t k = 0; k < built.res_count; k++)
            assert_written_alike(run_row(&run, built.res[k].address), &built.res[k]);
        const struct store_snapshot adopted = run.rig.truth;
        run_apply(&run);
        for (size_t k = 0; k < adopted.res_count; k++)
            assert_int_equal(run_row(&run, adopted.res[k].address)->row_version, adopted.res[k].row_version);
        rig_forget_steps(&run.rig);
        run_apply(&run);
        assert_true(run_order(&run, "done fake.named.c", "started fake.named.b"));
        assert_true(run_order(&run, "done fake.named.b", "started fake.named.a"));
        assert_int_equal(run.rig.truth.res_count, 0);
    }
}

/* ---- whose it is ----------------------------------------------------------------------------------- */

static void test_what_is_another_regions_is_told_as_its(void **state)
{
    (void)state;
    run.rig.ask.others = &others;
    rig_object(&run.rig, "named", "x", FAKE_FOREIGN_MARKER, "{'name': 'x'}");
    rig_step(&run.rig, "fake.named.x", "{'name': 'x'}");
    refused("fake.named.x", "adopt.owned", "it belongs to region 'us' (fake.named.theirs)",
            "let 'fake' in the drivers block of regions/eu.yaml work elsewhere than that of region 'us'");
    assert_null(strstr(run.rig.err.advice, "--lineage"));
}

/* A marker is of one lineage, one region and one address. */
static void test_a_lineage_takes_over_what_it_made_for_this_step(void **state)
{
    (void)state;
    char marker[DIGEST_MARKER];
    run.rig.ask.others = &others;
    digest_marker(LOST, "eu", "fake.named.x", 2, marker);
    rig_object(&run.rig, "named", "x", marker, "{'name': 'x'}");
    rig_step(&run.rig, "fake.named.x", "{'name': 'x'}");
    refused("fake.named.x", "adopt.owned", "of another landfall store", "--lineage LINEAGE");
    ask.lineage = FAKE_FOREIGN_MARKER;
    refused("fake.named.x", "adopt.owned", "no store of lineage", "under this very address");
    assert_null(strstr(run.rig.err.advice, "--lineage"));
    ask.lineage = LOST;
    assert_true(look("fake.named.x") && take());
    ask.lineage = NULL;
}

/* ---- what can be ----------------------------------------------------------------------------------- */

static void test_who_asks_for_something_else_hears_what_can_be_adopted(void **state)
{
    (void)state;
    rig_step(&run.rig, "human.sign", "{}");
    refused("human.sign", "adopt.cannot", "a person does it", "only resources that are not ours yet can be");
    rig_step(&run.rig, "fake.no_update.n", "{'name': 'n'}");
    rig_step(&run.rig, "fake.named.b", "{'name': 'b', 'ref': '$fake.named.a:serial'}");
    rig_step(&run.rig, "fake.named.a", "{'name': 'a'}");
    refused("human.sign", "adopt.cannot", "a person does it", "can be: fake.named.a");
    assert_null(strstr(run.rig.err.advice, "fake.named.a,"));
    refused("fake.named.b", "adopt.cannot", "known only after other steps", "first, then it: fake.named.a");
    refused("fake.no_update.n", "adopt.cannot", "its driver cannot change it in place", "another name");
    for (char c = 'c'; c <= 'h'; c++)
        rig_step(&run.rig, arena_print(run.rig.mem, "fake.named.%c", c), "{'name': 'more'}")->attrs =
            rig_json(&run.rig, arena_print(run.rig.mem, "{'name': '%c'}", c));
    refused("human.sign", "adopt.cannot", "a person does it", "fake.named.e, fake.named.f and 2 more");
}

static void test_what_is_not_there_is_created_by_an_apply(void **state)
{
    (void)state;
    rig_step(&run.rig, "fake.named.x", "{'name': 'x'}");
    refused("fake.named.x", "adopt.not_found", "it is not there", "landfall apply eu creates it");
}

/* ---- met on the way -------------------------------------------------------------------------------- */

static void apply_meets(const char *type, const char *marker)
{
    rig_object(&run.rig, type, "x", marker, "{'name': 'x', 'size': 7}");
    rig_step(&run.rig, arena_print(run.rig.mem, "fake.%s.x", type), "{'name': 'x'}");
    run_apply(&run);
    assert_int_equal(run.out.conflict, 1);
    assert_string_equal(run.last.code, "run.conflict");
}

static void test_an_apply_advises_what_works(void **state)
{
    (void)state;
    apply_meets("no_update", "");
    assert_null(strstr(run.last.advice, "landfall adopt"));
    assert_non_null(strstr(run.last.advice, "its driver cannot change it in place"));
    assert_non_null(strstr(run.last.advice, "landfall resume eu"));
}

static void test_an_apply_that_meets_another_region_says_which(void **state)
{
    (void)state;
    run.rig.ask.others = &others;
    apply_meets("named", FAKE_FOREIGN_MARKER);
    assert_null(strstr(run.last.advice, "landfall adopt"));
    assert_non_null(strstr(run.last.text, "it belongs to region 'us' (fake.named.theirs)"));
    assert_non_null(strstr(run.last.advice, "landfall resume eu"));
}

static void test_what_was_ours_and_is_another_regions_is_let_go(void **state)
{
    (void)state;
    run.rig.ask.others = &others;
    rig_built(&run.rig, "fake.named.a", "{'name': 'a', 'size': 2}");
    snprintf(run.rig.world->objects[0].marker, 40, "%s", FAKE_FOREIGN_MARKER);
    rig_sort_rows(&run.rig);
    assert_non_null(strstr(rig_refused(&run.rig, "plan.foreign"), "it belongs to region 'us'"));
    assert_non_null(strstr(run.rig.diags.at[0].advice, "`landfall resolve eu fake.named.a --forget"));
    assert_null(strstr(run.rig.diags.at[0].advice, "landfall adopt"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    static const struct CMUnitTest tests[] = {
        T(test_what_is_shown_is_what_is_changed),
        T(test_what_is_told_of_it_is_an_adoption_and_no_change),
        T(test_what_changed_since_it_was_shown_is_not_touched),
        T(test_what_is_written_is_what_a_run_would_have_written),
        T(test_what_is_another_regions_is_told_as_its),
        T(test_a_lineage_takes_over_what_it_made_for_this_step),
        T(test_who_asks_for_something_else_hears_what_can_be_adopted),
        T(test_what_is_not_there_is_created_by_an_apply),
        T(test_an_apply_advises_what_works),
        T(test_an_apply_that_meets_another_region_says_which),
        T(test_what_was_ours_and_is_another_regions_is_let_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
