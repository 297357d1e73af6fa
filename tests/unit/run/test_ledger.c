/* The ledger: what a simulated service knows, and what it tells at the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "run/ledger.h"

static struct ledger *ledger;
static struct arena *mem;

static int setup(void **state)
{
    (void)state;
    ledger = ledger_new(1000);
    mem = arena_new();
    return ledger ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    ledger_free(ledger);
    arena_free(mem);
    return 0;
}

static struct ledger_thing *make(const char *address, const char *key, const char *marker, const char *token)
{
    struct ledger_thing like = {
        .scope = "dns.zone", .address = address, .key = key, .marker = marker, .token = token, .state = "{}"};
    return ledger_thing_new(ledger, &like, "zone");
}

static void test_an_object_is_found_by_all_it_is_known_by(void **state)
{
    (void)state;
    struct ledger_thing *t = make("dns.zone.a", "a.example", "m1", "t1");
    assert_null(ledger_by_id(ledger, "dns.zone", t->id)); /* it has not landed */
    ledger_land(ledger, t);
    assert_ptr_equal(ledger_by_id(ledger, "dns.zone", t->id), t);
    assert_ptr_equal(ledger_by_key(ledger, "dns.zone", "a.example"), t);
    assert_ptr_equal(ledger_by_marker(ledger, "dns.zone", "m1"), t);
    assert_ptr_equal(ledger_by_token(ledger, "dns.zone", "t1"), t);
    assert_ptr_equal(ledger_by_address(ledger, "dns.zone", "dns.zone.a"), t);
    assert_null(ledger_by_key(ledger, "dns/parent.zone", "a.example"));
    ledger_remove(ledger, t);
    assert_null(ledger_by_key(ledger, "dns.zone", "a.example"));
    assert_null(ledger_by_marker(ledger, "dns.zone", "m1"));
}

/* Ids are the same in every build, or nothing that refers to them could be compared. */
static void test_the_same_object_has_the_same_id_and_a_second_one_another(void **state)
{
    (void)state;
    struct ledger *other = ledger_new(99);
    struct ledger_thing like = {.scope = "dns.zone", .address = "dns.zone.a", .state = "{}"};
    const char *first = ledger_thing_new(ledger, &like, "zone")->id;
    assert_string_equal(ledger_thing_new(other, &like, "zone")->id, first);
    const char *second = ledger_thing_new(ledger, &like, "zone")->id;
    assert_string_not_equal(second, first);
    assert_memory_equal(second, first, strlen(first));
    ledger_free(other);
}

static void test_two_of_one_marker_are_a_double(void **state)
{
    (void)state;
    ledger_land(ledger, make("dns.zone.a", NULL, "m1", NULL));
    assert_int_equal(ledger->doubles, 0);
    ledger_land(ledger, make("dns.zone.a", NULL, "m1", NULL));
    assert_int_equal(ledger->doubles, 1);
    size_t count;
    (void)ledger_lines(ledger, mem, &count);
    assert_int_equal(count, 2);
}

static void test_what_comes_late_comes_when_it_is_due_and_not_over_another(void **state)
{
    (void)state;
    struct ledger_thing *late = make("dns.zone.a", "a.example", "m1", NULL),
                        *later = make("dns.zone.b", "a.example", "m2", NULL);
    ledger_come_later(ledger, 3000, later);
    ledger_come_later(ledger, 2000, late);
    ledger_pass_time(ledger, 1999);
    assert_false(late->alive);
    ledger_pass_time(ledger, 5000);
    assert_true(late->alive);
    assert_false(later->alive); /* the name is taken: the service refused it */
    ledger_pass_time(ledger, 4000);
    assert_int_equal(ledger->now_ms, 5000); /* time does not go back */
}

static void test_a_deed_happens_once_where_the_service_can_tell(void **state)
{
    (void)state;
    struct ledger_deed *d = ledger_deed_get(ledger, "action.a", "db.query", "{}");
    assert_ptr_equal(ledger_deed_get(ledger, "action.a", "db.query", "{}"), d);
    ledger_happen(ledger, d, "t1", "t1");
    ledger_happen(ledger, d, "t1", "t1");
    assert_int_equal(d->times, 1);
    ledger_happen(ledger, d, "t2", NULL);
    ledger_happen_later(ledger, 2000, d, "t2", NULL);
    ledger_pass_time(ledger, 2000);
    assert_int_equal(d->times, 3);
    assert_true(ledger_token_is_used(ledger, "t2"));
    assert_false(ledger_token_is_used(ledger, "t3"));
}

static void test_a_token_is_good_for_its_time(void **state)
{
    (void)state;
    struct ledger_thing *t = make("dns.zone.a", NULL, "m1", "t1");
    t->token_until_ms = 2000;
    ledger_land(ledger, t);
    assert_non_null(ledger_by_token(ledger, "dns.zone", "t1"));
    ledger_pass_time(ledger, 2000);
    assert_null(ledger_by_token(ledger, "dns.zone", "t1"));
}

static void test_what_is_only_looked_up_is_no_work_of_the_build(void **state)
{
    (void)state;
    struct ledger_thing like = {.scope = "dns.zone", .address = "dns.zone.p", .state = "{}", .foreign = true};
    ledger_land(ledger, ledger_thing_new(ledger, &like, "zone"));
    size_t count;
    (void)ledger_lines(ledger, mem, &count);
    assert_int_equal(count, 0);
}

static void test_it_outlives_the_process_that_wrote_it_and_many_keys(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        char address[32];
        for (int i = 0; i < 5000; i++) {
            snprintf(address, sizeof(address), "dns.zone.z%d", i);
            ledger_unit_get(ledger, address, "create")->tries++;
            ledger_land(ledger, make(address, address, address, NULL));
        }
        _exit(0);
    }
    int how;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_int_equal(how, 0);
    size_t count;
    (void)ledger_lines(ledger, mem, &count);
    assert_int_equal(count, 5000);
    assert_int_equal(ledger_unit_get(ledger, "dns.zone.z4999", "create")->tries, 1);
    assert_non_null(ledger_by_key(ledger, "dns.zone", "dns.zone.z17"));
}

/* An end in order, with a word for the parent, and no crash. */
static void test_a_full_ledger_ends_the_process_by_its_own_code(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        for (;;)
            (void)ledger_alloc(ledger, (size_t)200 << 20);
    }
    int how;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), LEDGER_FULL);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_an_object_is_found_by_all_it_is_known_by),
        CASE(test_the_same_object_has_the_same_id_and_a_second_one_another),
        CASE(test_two_of_one_marker_are_a_double),
        CASE(test_what_comes_late_comes_when_it_is_due_and_not_over_another),
        CASE(test_a_deed_happens_once_where_the_service_can_tell),
        CASE(test_a_token_is_good_for_its_time),
        CASE(test_what_is_only_looked_up_is_no_work_of_the_build),
        CASE(test_it_outlives_the_process_that_wrote_it_and_many_keys),
        CASE(test_a_full_ledger_ends_the_process_by_its_own_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
