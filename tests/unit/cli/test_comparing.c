/* Comparing: how often the playbook is read, counted by the kernel.  Each reading of a large one takes longer
 * than all that is made of it. */
#include "rig.h"

#include <sys/inotify.h>

/* No driver is needed for a step that people do. */
static void write_project(struct rig *r, const char *eu, const char *playbook)
{
    rig_write(r, "landfall.yaml", "playbook: playbooks/main.lua\n");
    rig_write(r, "regions/us.yaml",
              "{ region: us, title: US, jurisdiction: US, place: p-us, domain: us.acme.example,\n"
              "  currency: EUR, services: { size: 9 }, drivers: {} }\n");
    rig_write(r, "regions/eu.yaml",
              arena_print(r->mem,
                          "{ region: eu, title: EU, jurisdiction: EU, place: p-eu, domain: eu.acme.example,\n"
                          "  currency: EUR, from: us, drivers: {}%s }\n",
                          eu));
    rig_write(r, "playbooks/main.lua", playbook);
}

static int readings(struct rig *r, const char *line)
{
    char events[4096];
    int count = 0, watch = inotify_init1(IN_NONBLOCK);
    ssize_t got;
    assert_true(watch >= 0);
    /* Events that are the same and follow each other are told as one: closing it lies in between. */
    assert_true(inotify_add_watch(watch, file_join(r->mem, r->folder, "playbooks/main.lua"),
                                  IN_OPEN | IN_CLOSE_NOWRITE) >= 0);
    rig_run(r, line);
    if (!r->ran)
        fail_msg("%s: %s", line, r->err.summary);
    while ((got = read(watch, events, sizeof(events))) > 0) {
        const struct inotify_event *e;
        for (ssize_t at = 0; at < got; at += (ssize_t)(sizeof(*e) + e->len)) {
            e = (const void *)(events + at);
            count += (e->mask & IN_OPEN) != 0;
        }
    }
    close(watch);
    return count;
}

static const char where[] = "human \"dpa\" { ask = \"sign at \" .. landfall.region.domain }\n";
static const char size[] = "human \"dpa\" { ask = \"sign \" .. landfall.region.services.size }\n";
static const char shrunk[] = ", shrink: [{ match: services.size, to: 3, why: fewer people }]";

static void test_what_explains_itself_takes_one_reading_of_each_region(void **state)
{
    struct rig *r = *state;
    write_project(r, "", where);
    assert_int_equal(readings(r, "diff eu us"), 2);
    assert_non_null(strstr(r->said, "1 explained, 0 unexplained"));
}

static void test_the_plan_of_a_launch_is_one_of_the_readings(void **state)
{
    struct rig *r = *state;
    write_project(r, "", where);
    assert_int_equal(readings(r, "plan eu"), 2); /* its cost is compared with that of us */
    assert_int_equal(readings(r, "launch eu"), 2);
}

static void test_a_rule_takes_one_reading_more(void **state)
{
    struct rig *r = *state;
    write_project(r, shrunk, size);
    assert_int_equal(readings(r, "diff eu us"), 3);
    assert_non_null(strstr(r->said, "shrunk services.size: fewer people"));
    assert_int_equal(readings(r, "launch eu"), 3);
    assert_null(strstr(r->said, "parity"));
}

static void test_cost_and_parity_of_a_report_share_the_reference(void **state)
{
    struct rig *r = *state;
    write_project(r, shrunk, size);
    assert_int_equal(readings(r, "report eu -o eu.html"), 3);
}

static void test_a_reference_that_does_not_go_through_is_tried_once(void **state)
{
    struct rig *r = *state;
    write_project(r, "",
                  "if landfall.region.region == \"us\" then error(\"not for us\") end\n"
                  "human \"dpa\" { ask = \"sign\" }\n");
    assert_int_equal(readings(r, "report eu --format md -o eu.md"), 2);
    assert_non_null(strstr(rig_read(r, "eu.md"), "region 'us': not for us"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)
        TEST(test_what_explains_itself_takes_one_reading_of_each_region),
        TEST(test_the_plan_of_a_launch_is_one_of_the_readings),
        TEST(test_a_rule_takes_one_reading_more),
        TEST(test_cost_and_parity_of_a_report_share_the_reference),
        TEST(test_a_reference_that_does_not_go_through_is_tried_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
