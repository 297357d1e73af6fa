/* A call of many whose items are not all answered at the same time, by a driver without lanes: what is
 * answered early may be sent again, and end, while the call still waits for others. */
#include "fake_run.h"

static struct run run;
static uint32_t batches, singles;

static struct lf_result made(struct lf_op *op, const struct lf_request *req, uint32_t status)
{
    (void)op;
    return (struct lf_result){.struct_size = sizeof(struct lf_result),
                              .status = status,
                              .id = req->address,
                              .marker = req->marker,
                              .state = req->desired};
}

static const struct lf_ops *ops(void)
{
    return host_table(run.rig.host)->ops;
}

struct late {
    const struct lf_request *const *reqs;
    size_t count;
};

static void answer_rest(struct lf_op *op, void *user, int canceled)
{
    const struct late *late = user;
    assert_false(canceled);
    for (size_t i = 1; i < late->count; i++) {
        struct lf_result r = made(op, late->reqs[i], LF_END_OK);
        ops()->item(op, i, &r);
    }
    ops()->finish(op, &(struct lf_result){.struct_size = sizeof(struct lf_result), .status = LF_END_OK});
}

/* The first is to come again at once; the others take a minute. */
static void change_many(void *self, struct lf_op *op, const struct lf_request *const *reqs, size_t count)
{
    (void)self;
    struct late *late = ops()->scratch(op, sizeof(*late));
    struct lf_result again = {.struct_size = sizeof(again), .status = LF_END_RETRY};
    *late = (struct late){reqs, count};
    batches++;
    ops()->item(op, 0, &again);
    ops()->after(op, 60000, answer_rest, late);
}

static void create(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)self;
    struct lf_result r = made(op, req, LF_END_OK);
    singles++;
    ops()->finish(op, &r);
}

static const struct lf_plugin *take(void *user, struct arena *mem, const struct driver *d, void **self)
{
    struct lf_plugin *plugin = ARENA_NEW(mem, struct lf_plugin);
    struct lf_resource *many = ARENA_NEW(mem, struct lf_resource);
    const struct lf_resource **list = ARENA_ARRAY(mem, const struct lf_resource *, 2);
    (void)user;
    for (size_t i = 0; d->plugin->resources[i]; i++) {
        if (strcmp(d->plugin->resources[i]->name, "many") == 0)
            *many = *d->plugin->resources[i];
    }
    many->lane = NULL;
    many->create = create;
    many->change_many = change_many;
    list[0] = many;
    *plugin = *d->plugin;
    plugin->resources = list;
    plugin->calls = NULL;
    plugin->preflight = NULL;
    plugin->close = NULL; /* nothing was opened */
    *self = plugin;
    return plugin;
}

static void test_an_item_sent_again_while_its_call_waits_ends_once(void **state)
{
    static const struct registry_stand_in stand_in = {.take = take};
    (void)state;
    run_open(&run);
    const struct pair pairs[] = {{"world", value_text(run.rig.mem, run.rig.world_path)}};
    struct registry_ask ask = {
        .subsystem = "fake", .instance = "early", .driver = "fake", .stand_in = &stand_in};
    ask.settings = value_map(run.rig.mem, pairs, 1);
    assert_true(registry_add(run.rig.registry, &ask, &run.rig.err));
    rig_step(&run.rig, "fake.many.a", "{'name': 'a'}")->instance = "early";
    rig_step(&run.rig, "fake.many.b", "{'name': 'b'}")->instance = "early";
    rig_step(&run.rig, "fake.many.c", "{'name': 'c'}")->instance = "early";
    run_apply(&run);
    assert_int_equal(run.out.done, 3);
    assert_int_equal(batches, 1);
    assert_int_equal(singles, 1);
    assert_true(run_order(&run, "done fake.many.a", "done fake.many.b"));
    run_close(&run);
}

static void test_a_stand_in_keeps_the_place_and_the_name_of_what_it_stands_for(void **state)
{
    static const struct registry_stand_in stand_in = {.take = take};
    (void)state;
    run_open(&run);
    struct registry_ask ask = {
        .subsystem = "fake", .instance = "early", .driver = "fake", .stand_in = &stand_in};
    /* Settings are checked against the real one's schema, and it is not opened. */
    assert_false(registry_add(run.rig.registry, &ask, &run.rig.err));
    assert_string_equal(run.rig.err.code, "schema.missing_attribute");
    const struct pair pairs[] = {{"world", value_text(run.rig.mem, "/nowhere")}};
    ask.settings = value_map(run.rig.mem, pairs, 1);
    assert_true(registry_add(run.rig.registry, &ask, &run.rig.err));
    const struct driver *d = registry_find(run.rig.registry, "fake", "early");
    assert_string_equal(d->name, "fake");
    assert_non_null(d->so_digest);
    assert_non_null(driver_type(d, "many"));
    assert_null(driver_type(d, "named"));
    run_close(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_item_sent_again_while_its_call_waits_ends_once),
        cmocka_unit_test(test_a_stand_in_keeps_the_place_and_the_name_of_what_it_stands_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
