/* The judge is judged: what is planted in a finished region is counted as what it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "judge.h"

struct court {
    struct sandbox_tools tools;
    struct sandbox reference, box;
    struct judge judge;
};

static int open_court(void **state)
{
    struct court *c = calloc(1, sizeof(*c));
    assert_non_null(c);
    c->tools = (struct sandbox_tools){PROGRAM, KILLER, PROJECT, WORK};
    (void)mkdir(WORK, 0755);
    *state = c;
    return judge_open(&c->judge, &c->tools, &c->reference, stdout) ? 0 : -1;
}

static int close_court(void **state)
{
    struct court *c = *state;
    sandbox_remove(&c->reference);
    judge_close(&c->judge);
    free(c);
    return 0;
}

/* A finished region in which `line` of the shell has done something. */
static struct census_result look_after(struct court *c, const char *line)
{
    char whole[1024];
    struct census_result r = {0};
    FILE *nowhere = fopen("/dev/null", "w");
    sandbox_make(&c->box, &c->tools, "planted");
    sandbox_copy(&c->reference, &c->box);
    snprintf(whole, sizeof(whole), "cd '%s' && %s", c->box.folder, line);
    assert_int_equal(system(whole), 0);
    judge_look(&c->judge, &c->box, &r, nowhere);
    fclose(nowhere);
    sandbox_remove(&c->box);
    return r;
}

static void test_an_untouched_region_is_clean(void **state)
{
    struct census_result r = look_after(*state, "true");
    assert_true(census_is_clean(&r));
}

static void test_a_message_that_was_sent_twice_is_a_duplicate(void **state)
{
    struct census_result r =
        look_after(*state, "sqlite3 out/eu/queues/queues.db \"insert into message (queue, body, attributes) "
                           "select queue, body, attributes from message limit 1\"");
    assert_int_equal(r.duplicates, 1);
    assert_int_equal(r.orphans + r.losses, 0);
}

static void test_a_row_that_is_missing_is_a_loss(void **state)
{
    struct census_result r =
        look_after(*state, "sqlite3 out/eu/databases/main.db \"delete from country where code = 'IE'\"");
    assert_int_equal(r.losses, 1);
    assert_int_equal(r.duplicates + r.orphans, 0);
}

static void test_a_queue_nobody_asked_for_is_an_orphan(void **state)
{
    struct census_result r =
        look_after(*state, "sqlite3 out/eu/queues/queues.db \"insert into queue (name, marker, address) "
                           "values ('stray', 'lf1.aaaaaaaaaaaaaaaaaaaaaaaaaa', 'queue.queue.stray')\"");
    assert_int_equal(r.orphans, 2); /* the row itself, and a marker the store does not know */
    assert_int_equal(r.duplicates + r.losses, 0);
}

static void test_a_record_that_stands_twice_is_a_duplicate(void **state)
{
    struct census_result r = look_after(*state, "grep '^_dmarc' out/eu/dns/eu.acme.example.zone > one && "
                                                "cat one >> out/eu/dns/eu.acme.example.zone");
    assert_int_equal(r.duplicates, 1);
}

static void test_a_price_that_is_gone_from_the_catalogue_is_a_loss(void **state)
{
    struct census_result r =
        look_after(*state, "jq 'del(.prices[\"team-month\"])' out/eu/billing/catalogue.json > one && "
                           "mv one out/eu/billing/catalogue.json");
    assert_int_equal(r.losses, 2); /* the price, and the artefact of a row of the store */
    assert_true(r.broken > 0);     /* the plan wants to make it again */
}

static void test_a_temporary_file_that_stayed_is_an_orphan(void **state)
{
    struct census_result r = look_after(*state, "touch out/eu/dns/.eu.acme.example.zone.Ab3dEf");
    assert_int_equal(r.orphans, 1);
}

static void test_a_zone_file_no_server_would_load_is_broken(void **state)
{
    struct court *c = *state;
    struct census_result r = look_after(c, "echo 'x IN A 300.1.1.1' >> out/eu/dns/eu.acme.example.zone");
    assert_true(r.broken > 0 || !c->judge.has_checker);
}

static void test_an_op_left_in_doubt_is_broken(void **state)
{
    struct census_result r = look_after(
        *state, "sqlite3 .landfall/eu.db 'update op set state = 2 where id = (select max(id) from op)'");
    assert_true(r.broken > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_untouched_region_is_clean),
        cmocka_unit_test(test_a_message_that_was_sent_twice_is_a_duplicate),
        cmocka_unit_test(test_a_row_that_is_missing_is_a_loss),
        cmocka_unit_test(test_a_queue_nobody_asked_for_is_an_orphan),
        cmocka_unit_test(test_a_record_that_stands_twice_is_a_duplicate),
        cmocka_unit_test(test_a_price_that_is_gone_from_the_catalogue_is_a_loss),
        cmocka_unit_test(test_a_temporary_file_that_stayed_is_an_orphan),
        cmocka_unit_test(test_a_zone_file_no_server_would_load_is_broken),
        cmocka_unit_test(test_an_op_left_in_doubt_is_broken),
    };
    return cmocka_run_group_tests(tests, open_court, close_court);
}
