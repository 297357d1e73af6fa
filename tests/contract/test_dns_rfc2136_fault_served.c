#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>

#include <cmocka.h>

#include "dynamic.h"
#include "model/value.h"
#include "relay.h"
#include "server.h"

/* What networks, dying clients, stopped servers and wrong clocks do to records, on BIND and Knot. */

static struct relay *relay;

/* The library that signs asks this clock; a test may be wrong about the time. */
static long wrong_by_s;
__attribute__((visibility("default"))) int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec real;
    (void)zone;
    (void)clock_gettime(CLOCK_REALTIME, &real);
    now->tv_sec = real.tv_sec + wrong_by_s;
    now->tv_usec = real.tv_nsec / 1000;
    return 0;
}

static int enter(void **state, const char *kind)
{
    static struct dynamic d;
    memset(&d, 0, sizeof(d));
    wrong_by_s = 0;
    dynamic_start(&d, kind, "", "acme.test");
    relay = relay_open(d.port, 0);
    dynamic_drive(&d, "writer", relay_port(relay), ",'zones':['acme.test']");
    *state = &d;
    return 0;
}

static int enter_bind(void **state)
{
    return enter(state, "bind");
}

static int enter_knot(void **state)
{
    return enter(state, "knot");
}

static int leave(void **state)
{
    dynamic_stop(*state);
    relay_close(relay);
    return 0;
}

#define EMPTY "acme.test. 300 NS ns1.acme.test.\nns1.acme.test. 300 A 127.0.0.1\n"
#define MADE                                                                                                 \
    "_a.api._landfall.acme.test. 60 TXT \"" DYNAMIC_OURS "\" \"token-1\" \"dns.record.api\"\n"               \
    "acme.test. 300 NS ns1.acme.test.\napi.acme.test. 60 A 192.0.2.1\nns1.acme.test. 300 A 127.0.0.1\n"
#define API "'type':'A','name':'api','values':['192.0.2.1'],'ttl':60"

static const struct op_result *preflight(struct dynamic *d)
{
    return bench_run(d->b, NULL, (struct op_item){.verb = LF_VERB_PREFLIGHT});
}

/* ---- in doubt ------------------------------------------------------------------------------------------ */

static void test_a_create_whose_answer_was_lost_is_found_afterwards(void **state)
{
    struct dynamic *d = *state;
    relay_next(relay, RELAY_UPDATE, 0, RELAY_LOSE);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_UNSURE);
    dynamic_assert_note(d, "rfc2136.no_answer");
    const struct op_result *r = dynamic_ask_record(d, LF_VERB_RECOVER, API);
    dynamic_assert_end(d, r, LF_END_OK);
    assert_string_equal(r->marker, DYNAMIC_OURS);
    assert_string_equal(r->id, "acme.test/api/A");
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_OK);
    assert_string_equal(dynamic_dump(d, "acme.test"), MADE);
}

static void test_a_create_that_never_arrived_is_sent_again(void **state)
{
    struct dynamic *d = *state;
    relay_next(relay, RELAY_UPDATE, 0, RELAY_DROP);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_UNSURE);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_RECOVER, API), LF_END_GONE);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_OK);
    assert_string_equal(dynamic_dump(d, "acme.test"), MADE);
}

static void test_a_create_that_lands_late_makes_no_second(void **state)
{
    struct dynamic *d = *state;
    relay_next(relay, RELAY_UPDATE, 0, RELAY_LATE);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_UNSURE);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_RECOVER, API), LF_END_GONE);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_OK);
    long serial = dynamic_serial(d, "acme.test");
    relay_land(relay);
    assert_string_equal(dynamic_dump(d, "acme.test"), MADE);
    assert_int_equal(dynamic_serial(d, "acme.test"), serial);
}

/* There and back again: the value is what the late request expects, but its marker is another's. */
static void test_an_update_that_lands_late_meets_a_state_it_was_not_meant_for(void **state)
{
    struct dynamic *d = *state;
    const char *other = "'type':'A','name':'api','values':['192.0.2.2'],'ttl':60";
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_OK);
    relay_next(relay, RELAY_UPDATE, 0, RELAY_LATE);
    dynamic_assert_end(d, dynamic_change_record(d, API, other), LF_END_UNSURE);
    dynamic_assert_end(d, dynamic_change_record(d, API, other), LF_END_OK);
    struct op_item back = dynamic_record(d, LF_VERB_UPDATE, API);
    back.prior = dynamic_record(d, LF_VERB_READ, other).prior;
    back.token = "token-3";
    dynamic_assert_end(d, bench_run(d->b, "record", back), LF_END_OK);
    relay_land(relay);
    dynamic_assert_answer(d, "api.acme.test A", "192.0.2.1\n");
    dynamic_assert_answer(d, "_a.api._landfall.acme.test TXT",
                          "\"" DYNAMIC_OURS "\" \"token-3\" \"dns.record.api\"\n");
}

static void test_a_destroy_that_lands_late_removes_nothing_made_since(void **state)
{
    struct dynamic *d = *state;
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_OK);
    relay_next(relay, RELAY_UPDATE, 0, RELAY_LATE);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_DESTROY, API), LF_END_UNSURE);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_DESTROY, API), LF_END_GONE);
    struct op_item again = dynamic_record(d, LF_VERB_CREATE, API);
    again.marker = "lf1.nextnextnextnextnextnextne";
    dynamic_assert_end(d, bench_run(d->b, "record", again), LF_END_OK);
    relay_land(relay);
    dynamic_assert_answer(d, "api.acme.test A", "192.0.2.1\n");
}

static void test_a_lost_destroy_is_done_when_it_is_asked_again(void **state)
{
    struct dynamic *d = *state;
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_OK);
    relay_next(relay, RELAY_UPDATE, 0, RELAY_LOSE);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_DESTROY, API), LF_END_UNSURE);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_RECOVER, API), LF_END_GONE);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_DESTROY, API), LF_END_GONE);
    assert_string_equal(dynamic_dump(d, "acme.test"), EMPTY);
}

static void test_a_zone_taken_in_doubt_is_found_or_taken_again(void **state)
{
    struct dynamic *d = *state;
    const char *zone = "{'name':'acme.test','ttl':300}";
    relay_next(relay, RELAY_UPDATE, 0, RELAY_DROP);
    dynamic_assert_end(d, dynamic_ask_zone(d, LF_VERB_CREATE, zone), LF_END_UNSURE);
    dynamic_assert_end(d, dynamic_ask_zone(d, LF_VERB_RECOVER, zone), LF_END_GONE);
    relay_next(relay, RELAY_UPDATE, 0, RELAY_LOSE);
    dynamic_assert_end(d, dynamic_ask_zone(d, LF_VERB_CREATE, zone), LF_END_UNSURE);
    dynamic_assert_end(d, dynamic_ask_zone(d, LF_VERB_RECOVER, zone), LF_END_OK);
    dynamic_assert_end(d, dynamic_ask_zone(d, LF_VERB_CREATE, zone), LF_END_OK);
}

/* ---- answers that are none ------------------------------------------------------------------------------
 */

static void test_no_bad_answer_is_taken_for_one(void **state)
{
    static const enum relay_fault faults[] = {RELAY_HALF, RELAY_TWIST, RELAY_OTHER, RELAY_NOISE};
    struct dynamic *d = *state;
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        relay_next(relay, RELAY_QUERY, 0, faults[i]);
        dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_READ, API), LF_END_CANNOT_TELL);
        relay_next(relay, RELAY_QUERY, 1, faults[i]);
        dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_RECOVER, API), LF_END_CANNOT_TELL);
        relay_next(relay, RELAY_QUERY, 2, faults[i]);
        dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_FIND, API), LF_END_CANNOT_TELL);
        /* Nothing was asked for yet: for certain nothing happened. */
        relay_next(relay, RELAY_QUERY, 1, faults[i]);
        dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_RETRY);
        relay_next(relay, RELAY_QUERY, 0, faults[i]);
        dynamic_assert_end(d, preflight(d), LF_END_CANNOT_TELL);
    }
    assert_string_equal(dynamic_dump(d, "acme.test"), EMPTY);
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        relay_next(relay, RELAY_UPDATE, 0, faults[i]);
        dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_UNSURE);
        (void)dynamic_ask_record(d, LF_VERB_DESTROY, API);
    }
}

static void test_a_done_change_is_done_also_when_nobody_can_look_again(void **state)
{
    struct dynamic *d = *state;
    relay_next(relay, RELAY_QUERY, 3, RELAY_DROP);
    const struct op_result *r =
        dynamic_ask_record(d, LF_VERB_CREATE, "'type':'TXT','name':'api','values':['x'],'ttl':77");
    dynamic_assert_end(d, r, LF_END_OK);
    assert_int_equal(value_get_int(r->state, "ttl", 0), 77);
    relay_next(relay, RELAY_QUERY, 4, RELAY_DROP);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_DESTROY, "'type':'TXT','name':'api','values':['x']"),
                       LF_END_GONE);
}

#define MANY 900

static void fill(struct dynamic *d, struct op_item *items, uint32_t verb)
{
    for (size_t i = 0; i < MANY; i++) {
        char json[128];
        (void)snprintf(json, sizeof(json), "'type':'A','name':'h%zu','values':['192.0.2.%zu']", i, i % 250);
        items[i] = dynamic_record(d, verb, json);
    }
}

static size_t count_ends(const struct op_result *r, uint32_t status)
{
    size_t count = 0;
    for (size_t i = 0; i < MANY; i++)
        count += r[i].status == status ? 1 : 0;
    return count;
}

static void test_a_batch_cut_off_tells_done_unsure_and_never_sent_apart(void **state)
{
    struct dynamic *d = *state;
    static struct op_item items[MANY];
    fill(d, items, LF_VERB_CREATE);
    relay_next(relay, RELAY_UPDATE, 1, RELAY_DROP);
    const struct op_result *r = bench_run_many(d->b, "record", items, MANY);
    size_t done = count_ends(r, LF_END_OK);
    size_t unsure = count_ends(r, LF_END_UNSURE);
    assert_true(done > 0 && unsure > 0 && done + unsure < MANY);
    assert_int_equal(count_ends(r, LF_END_RETRY), MANY - done - unsure);
    dynamic_assert_answer(d, "h0.acme.test A", "192.0.2.0\n");
    dynamic_assert_answer(d, "h899.acme.test A", "");
    r = bench_run_many(d->b, "record", items, MANY);
    assert_int_equal(count_ends(r, LF_END_OK), MANY);
    assert_true(relay_count(relay, RELAY_UPDATE) < 20);
    assert_true(relay_count(relay, RELAY_TRANSFER) <= 4);
}

static void test_no_bad_transfer_is_taken_for_a_zone(void **state)
{
    static const enum relay_fault faults[] = {RELAY_DROP,  RELAY_HALF,  RELAY_TWIST,
                                              RELAY_OTHER, RELAY_NOISE, RELAY_REPEAT};
    struct dynamic *d = *state;
    static struct op_item items[MANY];
    fill(d, items, LF_VERB_CREATE);
    assert_int_equal(count_ends(bench_run_many(d->b, "record", items, MANY), LF_END_OK), MANY);
    fill(d, items, LF_VERB_READ);
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        relay_next(relay, RELAY_TRANSFER, 0, faults[i]);
        const struct op_result *r = bench_run_many(d->b, "record", items, MANY);
        assert_int_equal(count_ends(r, LF_END_CANNOT_TELL), MANY);
        relay_next(relay, RELAY_TRANSFER, 0, faults[i]);
        dynamic_assert_end(d, bench_run(d->b, "record", (struct op_item){.verb = LF_VERB_OWNED}),
                           LF_END_CANNOT_TELL);
    }
    assert_int_equal(count_ends(bench_run_many(d->b, "record", items, MANY), LF_END_OK), MANY);
}

/* ---- others -------------------------------------------------------------------------------------------- */

static void interfere(void *user)
{
    dynamic_update(user, "acme.test", "update add api.acme.test 60 A 203.0.113.66");
}

static void test_who_comes_between_looking_and_writing_is_not_overwritten(void **state)
{
    struct dynamic *d = *state;
    relay_hook(relay, interfere, d);
    relay_next(relay, RELAY_UPDATE, 0, RELAY_HOLD);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_RETRY);
    dynamic_assert_note(d, "rfc2136.changed_meanwhile");
    dynamic_assert_answer(d, "api.acme.test A", "203.0.113.66\n");
    dynamic_assert_answer(d, "_a.api._landfall.acme.test TXT", "");
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_EXISTS);
}

static void test_an_update_compares_before_it_sets(void **state)
{
    struct dynamic *d = *state;
    const char *other = "'type':'A','name':'api','values':['192.0.2.2'],'ttl':60";
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_OK);
    relay_hook(relay, interfere, d);
    relay_next(relay, RELAY_UPDATE, 0, RELAY_HOLD);
    dynamic_assert_end(d, dynamic_change_record(d, API, other), LF_END_RETRY);
    dynamic_assert_answer(d, "api.acme.test A", "192.0.2.1\n203.0.113.66\n");
    relay_next(relay, RELAY_UPDATE, 0, RELAY_NONE);
    dynamic_assert_end(d, dynamic_change_record(d, API, other), LF_END_OK);
    dynamic_assert_answer(d, "api.acme.test A", "192.0.2.2\n");
}

static void test_a_change_the_server_took_and_does_not_show_is_in_doubt(void **state)
{
    struct dynamic *d = *state;
    struct dynamic stale = {0};
    char options[160];
    (void)snprintf(options, sizeof(options), "--secret %s", d->secret);
    dynamic_start(&stale, "bind", options, "acme.test");
    struct relay *both = relay_open(d->port, stale.port);
    dynamic_drive(d, "writer", relay_port(both), "");
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_UNSURE);
    dynamic_assert_note(d, "rfc2136.not_visible");
    dynamic_assert_end(d, dynamic_ask_zone(d, LF_VERB_FIND, "{'name':'acme.test'}"), LF_END_OK);
    dynamic_drive(d, "writer", d->port, "");
    relay_close(both);
    dynamic_stop(&stale);
}

/* ---- servers in trouble ----------------------------------------------------------------------------------
 */

static void test_a_server_that_is_not_there_was_sent_nothing(void **state)
{
    struct dynamic *d = *state;
    dynamic_drive(d, "writer", server_port(), ",'zones':['acme.test']");
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_RETRY);
    dynamic_assert_note(d, "rfc2136.unreachable");
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_READ, API), LF_END_CANNOT_TELL);
    dynamic_assert_end(d, preflight(d), LF_END_CANNOT_TELL);
    dynamic_assert_note(d, "rfc2136.unreachable");
    dynamic_assert_end(d, bench_run(d->b, "zone", (struct op_item){.verb = LF_VERB_OWNED}),
                       LF_END_CANNOT_TELL);
}

static void test_a_server_that_stopped_in_its_tracks_is_waited_for_no_longer_than_was_said(void **state)
{
    struct dynamic *d = *state;
    struct timespec before, after;
    dynamic_drive(d, "writer", d->port, ",'zones':['acme.test'],'timeout_s':2");
    dynamic_tell(d, "freeze");
    (void)clock_gettime(CLOCK_MONOTONIC, &before);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_RETRY);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_READ, API), LF_END_CANNOT_TELL);
    dynamic_assert_note(d, "rfc2136.no_answer");
    (void)clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true(after.tv_sec - before.tv_sec < 15); /* unsaid it would be ten seconds, twice */
    dynamic_tell(d, "thaw");
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_OK);
}

static atomic_bool frozen;

static void freeze(void *user)
{
    dynamic_tell(user, "freeze");
    frozen = true;
}

static void test_what_a_stopped_server_finds_when_it_wakes_up_is_settled_once(void **state)
{
    struct dynamic *d = *state;
    dynamic_drive(d, "writer", relay_port(relay), ",'zones':['acme.test'],'timeout_s':2");
    relay_hook(relay, freeze, d);
    relay_next(relay, RELAY_UPDATE, 0, RELAY_HOLD);
    frozen = false;
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_UNSURE);
    while (!frozen)
        (void)nanosleep(&(struct timespec){0, 10000000}, NULL);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_RECOVER, API), LF_END_CANNOT_TELL);
    dynamic_tell(d, "thaw");
    const struct op_result *r = dynamic_ask_record(d, LF_VERB_RECOVER, API);
    assert_true(r->status == LF_END_OK || r->status == LF_END_GONE);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_OK);
    assert_string_equal(dynamic_dump(d, "acme.test"), MADE);
}

static void test_a_deadline_that_passes_leaves_a_doubt_and_no_stray_answer(void **state)
{
    struct dynamic *d = *state;
    relay_next(relay, RELAY_UPDATE, 0, RELAY_SILENT);
    bench_timeout(d->b, 4000);
    const struct op_result *r = dynamic_ask_record(d, LF_VERB_CREATE, API);
    assert_int_equal(r->status, LF_END_UNSURE);
    bench_timeout(d->b, 0);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_RECOVER, API), LF_END_GONE);
}

/* The file its journal should be is a folder: the server can begin an update and not keep it. */
static void test_a_server_that_fails_leaves_a_doubt(void **state)
{
    struct dynamic *d = *state;
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/zones/acme.test.db.jnl", d->folder);
    assert_int_equal(mkdir(path, 0700), 0);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_UNSURE);
    dynamic_assert_note(d, "rfc2136.server_failure");
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_RECOVER, API), LF_END_GONE);
}

static void test_clocks_that_differ_are_told_by_how_much(void **state)
{
    struct dynamic *d = *state;
    static const long wrong[] = {4000, -4000};
    for (size_t i = 0; i < 2; i++) {
        size_t count = 0;
        wrong_by_s = wrong[i];
        dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_REFUSED);
        dynamic_assert_note(d, "rfc2136.bad_time");
        dynamic_assert_end(d, preflight(d), LF_END_REFUSED);
        dynamic_assert_note(d, "rfc2136.bad_time");
        const struct diag *notes = bench_notes(d->b, &count);
        assert_non_null(strstr(notes[0].detail, wrong[i] > 0 ? "behind" : "ahead"));
        assert_non_null(strstr(notes[0].detail, "4000 seconds") ? notes[0].detail
                                                                : strstr(notes[0].detail, "3999 seconds"));
    }
    wrong_by_s = 200;
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_OK);
    wrong_by_s = 0;
}

int main(void)
{
#define ON(kind, test)                                                                                       \
    {                                                                                                        \
#kind ": " #test, test, enter_##kind, leave, NULL                                                    \
    }
#define ON_BOTH(test) ON(bind, test), ON(knot, test)
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_a_create_whose_answer_was_lost_is_found_afterwards),
        ON_BOTH(test_a_create_that_never_arrived_is_sent_again),
        ON_BOTH(test_a_create_that_lands_late_makes_no_second),
        ON_BOTH(test_an_update_that_lands_late_meets_a_state_it_was_not_meant_for),
        ON_BOTH(test_a_destroy_that_lands_late_removes_nothing_made_since),
        ON_BOTH(test_a_lost_destroy_is_done_when_it_is_asked_again),
        ON_BOTH(test_a_zone_taken_in_doubt_is_found_or_taken_again),
        ON_BOTH(test_no_bad_answer_is_taken_for_one),
        ON_BOTH(test_a_done_change_is_done_also_when_nobody_can_look_again),
        ON_BOTH(test_a_batch_cut_off_tells_done_unsure_and_never_sent_apart),
        ON_BOTH(test_no_bad_transfer_is_taken_for_a_zone),
        ON_BOTH(test_who_comes_between_looking_and_writing_is_not_overwritten),
        ON_BOTH(test_an_update_compares_before_it_sets),
        ON_BOTH(test_a_change_the_server_took_and_does_not_show_is_in_doubt),
        ON(bind, test_a_server_that_is_not_there_was_sent_nothing),
        ON(bind, test_a_server_that_stopped_in_its_tracks_is_waited_for_no_longer_than_was_said),
        ON(bind, test_what_a_stopped_server_finds_when_it_wakes_up_is_settled_once),
        ON_BOTH(test_a_deadline_that_passes_leaves_a_doubt_and_no_stray_answer),
        ON(bind, test_a_server_that_fails_leaves_a_doubt),
        ON_BOTH(test_clocks_that_differ_are_told_by_how_much),
    };
    int missing = server_missing(dynamic_programs, DYNAMIC_PACKAGES);
    return missing ? missing : cmocka_run_group_tests(tests, NULL, NULL);
}
