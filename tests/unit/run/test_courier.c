/* The courier on a virtual clock: a tap in front of all HTTP plays the sinks, the store is a real one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/str.h"
#include "base/tick.h"
#include "io/http.h"
#include "io/loop.h"
#include "model/value.h"
#include "region/notices.h"
#include "run/courier.h"
#include "store/store.h"

#define LINEAGE "00112233445566778899aabbccddeeff"
#define KEY     "the-key-of-the-hook"

struct post {
    char id[64], stamp[32], signature[64], body[512];
    int64_t at_ms;
};

struct rig {
    struct arena *mem;
    struct loop *loop;
    struct http *http;
    struct store_writer *writer;
    struct courier *courier;
    char folder[64];
    const char *path;
    struct notices notices;
    struct http_tap tap;
    uint32_t status;    /* what sinks answer; 0: nothing, ever */
    uint32_t retry_ms;  /* with it */
    const char *poison; /* a body that holds it is answered 400 */
    struct post posts[64];
    size_t post_count;
    bool hurry;
};

/* ---- the sinks -------------------------------------------------------------------------------------- */

static void copy_header(char *out, size_t room, const struct http_ask *ask, const char *name)
{
    for (size_t i = 0; i < ask->header_count; i++)
        if (strcmp(ask->headers[i].name, name) == 0)
            snprintf(out, room, "%s", ask->headers[i].value);
}

static enum http_tap_way on_leave(void *user, const struct http_ask *ask, struct http_reply *instead)
{
    struct rig *r = user;
    struct post *p = &r->posts[r->post_count % COUNT_OF(r->posts)]; /* the last ones */
    r->post_count++;
    copy_header(p->id, sizeof(p->id), ask, "webhook-id");
    copy_header(p->stamp, sizeof(p->stamp), ask, "webhook-timestamp");
    copy_header(p->signature, sizeof(p->signature), ask, "webhook-signature");
    snprintf(p->body, sizeof(p->body), "%.*s", (int)ask->body_count, ask->body);
    p->at_ms = loop_now_ms(r->loop);
    if (r->status == 0)
        return HTTP_TAP_SILENT;
    uint32_t status = r->poison && strstr(p->body, r->poison) ? 400 : r->status;
    *instead = (struct http_reply){.sent = HTTP_REPLY,
                                   .status = status,
                                   .body = "",
                                   .retry_after_ms = r->retry_ms,
                                   .certificate_left_s = -1};
    return HTTP_TAP_ANSWER;
}

static size_t most(const struct notices_sink *sink)
{
    return sink->kind == NOTICES_WEBHOOK ? 1 : 3;
}

static bool make(void *user, struct arena *mem, const struct notices_sink *sink, const char *const *bodies,
                 size_t count, struct courier_message *out, struct err *err)
{
    const char *text = bodies[0];
    (void)user, (void)sink, (void)err;
    for (size_t i = 1; i < count; i++)
        text = arena_print(mem, "%s|%s", text, bodies[i]);
    *out = (struct courier_message){"application/json", text, strlen(text)};
    return true;
}

static bool reveal(void *user, const struct value *v, const char **text, struct err *err)
{
    (void)user;
    if (value_kind(v) != VALUE_SECRET) {
        *text = v->text;
        return true;
    }
    *text = KEY;
    return str_equal(v->secret->source, "env:KEY") || err_set(err, "secrets.not_set", "it is not set");
}

static const char *mask(void *user, struct arena *mem, const char *text)
{
    (void)user;
    return arena_print(mem, "%s (masked)", text);
}

/* ---- the rig ----------------------------------------------------------------------------------------- */

static void open_courier(struct rig *r)
{
    struct err err;
    if (!store_writer_open(r->loop, r->path, "eu", LINEAGE, "test", &r->writer, &err))
        fail_msg("%s", err.summary);
    struct courier_ask ask = {.loop = r->loop,
                              .http = r->http,
                              .writer = r->writer,
                              .store_path = r->path,
                              .notices = &r->notices,
                              .most = most,
                              .make = make,
                              .reveal = reveal,
                              .mask = mask,
                              .hurry = r->hurry};
    r->courier = courier_new(&ask);
    assert_true(courier_load(r->courier, &err));
}

static void close_courier(struct rig *r)
{
    courier_stop(r->courier);
    store_writer_close(r->writer);
    courier_free(r->courier);
    r->writer = NULL;
    r->courier = NULL;
}

static int set_up(void **state)
{
    struct rig *r = calloc(1, sizeof(*r));
    r->mem = arena_new();
    r->loop = loop_new_virtual();
    r->http = http_new(r->loop, (struct http_limits){0});
    snprintf(r->folder, sizeof(r->folder), "/tmp/landfall-test-XXXXXX");
    assert_non_null(mkdtemp(r->folder));
    r->path = arena_print(r->mem, "%s/eu.db", r->folder);
    struct notices_sink *sinks = ARENA_ARRAY(r->mem, struct notices_sink, 2);
    struct secret key = {.source = "env:KEY"};
    sinks[0] = (struct notices_sink){.name = "ops",
                                     .kind = NOTICES_WEBHOOK,
                                     .url = value_text(r->mem, "https://ops.example/"),
                                     .key = value_secret(r->mem, &key)};
    sinks[1] = (struct notices_sink){
        .name = "team", .kind = NOTICES_SLACK, .url = value_text(r->mem, "https://team.example/")};
    r->notices = (struct notices){.sinks = sinks, .sink_count = 2, .give_up_ms = 3600000};
    r->tap = (struct http_tap){.user = r, .leaves = on_leave};
    http_set_tap(r->http, &r->tap);
    r->status = 200;
    open_courier(r);
    *state = r;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

static int tear_down(void **state)
{
    struct rig *r = *state;
    if (r->courier)
        close_courier(r);
    http_free(r->http);
    loop_free(r->loop);
    nftw(r->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    arena_free(r->mem);
    free(r);
    return 0;
}

static void put(struct rig *r, const char *key, const char *sink, const char *text)
{
    const struct tick *tick = loop_tick(r->loop);
    char at[TICK_TEXT];
    tick_print(tick->wall_ms(tick->user), at);
    courier_put(r->courier, key, sink, arena_print(r->mem, "{\"at\":\"%s\",\"text\":\"%s\"}", at, text));
}

static void stop(void *user)
{
    loop_stop(user);
}

static void run_for(struct rig *r, uint64_t ms)
{
    loop_after(r->loop, ms, stop, r->loop);
    loop_run(r->loop);
}

static const struct store_notice *row(struct rig *r, const char *key)
{
    struct store_notice *rows;
    size_t count;
    struct err err;
    assert_true(store_read_notices(r->mem, r->path, NULL, &rows, &count, &err));
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].key, key) == 0)
            return &rows[i];
    fail_msg("there is no notice '%s'", key);
    return NULL;
}

/* ---- the stories -------------------------------------------------------------------------------------- */

static void test_what_is_put_is_sent_once_it_is_durable_and_marked(void **state)
{
    struct rig *r = *state;
    put(r, "event-1", "ops", "one");
    assert_int_equal(r->post_count, 0);
    courier_linger(r->courier, 5000);
    assert_int_equal(r->post_count, 1);
    assert_string_equal(r->posts[0].id, "event-1");
    close_courier(r);
    assert_string_equal(row(r, "event-1")->state, "sent");
}

/* Recomputed here over the headers and the body as they left. */
static void test_a_signature_covers_id_time_and_body(void **state)
{
    struct rig *r = *state;
    put(r, "event-1", "ops", "one");
    courier_linger(r->courier, 5000);
    const struct post *p = &r->posts[0];
    const char *whole = arena_print(r->mem, "%s.%s.%s", p->id, p->stamp, p->body);
    uint8_t hash[DIGEST_BYTES];
    digest_hmac_sha256(KEY, strlen(KEY), whole, strlen(whole), hash);
    assert_string_equal(p->signature,
                        arena_print(r->mem, "v1,%s", digest_base64(r->mem, hash, sizeof(hash))));
    const struct tick *tick = loop_tick(r->loop);
    assert_int_equal(strtoll(p->stamp, NULL, 10), tick->wall_ms(tick->user) / 1000);
}

static void test_a_sink_that_is_down_is_asked_ever_more_seldom(void **state)
{
    struct rig *r = *state;
    r->status = 500;
    put(r, "event-1", "ops", "one");
    run_for(r, 31000);
    /* At once, then after 2, 4, 8 and 16 seconds. */
    assert_int_equal(r->post_count, 5);
    assert_int_equal(r->posts[4].at_ms - r->posts[3].at_ms, 16000);
    assert_string_equal(r->posts[4].id, "event-1");
    r->status = 200;
    run_for(r, 33000);
    assert_int_equal(r->post_count, 6);
    close_courier(r);
    assert_string_equal(row(r, "event-1")->state, "sent");
    assert_int_equal(row(r, "event-1")->attempt, 5);
}

static void test_a_sink_may_ask_for_more_time(void **state)
{
    struct rig *r = *state;
    r->status = 503;
    r->retry_ms = 60000;
    put(r, "event-1", "ops", "one");
    run_for(r, 59000);
    assert_int_equal(r->post_count, 1);
    run_for(r, 2000);
    assert_int_equal(r->post_count, 2);
}

static void test_what_is_too_old_is_given_up_and_says_why(void **state)
{
    struct rig *r = *state;
    size_t count;
    r->status = 500;
    put(r, "event-1", "ops", "one");
    run_for(r, 3 * 3600000);
    close_courier(r);
    const struct store_notice *n = row(r, "event-1");
    assert_string_equal(n->state, "given_up");
    assert_string_equal(n->why, "it answered 500 (masked)");
    open_courier(r);
    (void)courier_tallies(r->courier, r->mem, &count);
    assert_int_equal(count, 0);
}

static void test_the_next_run_sends_what_the_last_one_could_not(void **state)
{
    struct rig *r = *state;
    r->status = 500;
    put(r, "event-1", "ops", "one");
    run_for(r, 100);
    close_courier(r);
    assert_string_equal(row(r, "event-1")->state, "due");
    r->status = 200;
    open_courier(r);
    run_for(r, 1000);
    assert_int_equal(r->post_count, 1); /* not before it is due */
    run_for(r, 1500);
    assert_int_equal(r->post_count, 2);
    close_courier(r);
    assert_string_equal(row(r, "event-1")->state, "sent");
}

static void test_who_is_in_a_hurry_does_not_wait_until_it_is_due(void **state)
{
    struct rig *r = *state;
    r->status = 500;
    put(r, "event-1", "ops", "one");
    run_for(r, 10000);
    close_courier(r);
    r->status = 200;
    r->hurry = true;
    open_courier(r);
    courier_linger(r->courier, 1000);
    close_courier(r);
    assert_string_equal(row(r, "event-1")->state, "sent");
}

/* Sent and not yet marked as sent: the process died in between. */
static void test_a_death_between_sending_and_marking_sends_it_again_under_the_same_key(void **state)
{
    struct rig *r = *state;
    r->status = 0;
    put(r, "event-1", "ops", "one");
    run_for(r, 100);
    assert_int_equal(r->post_count, 1);
    close_courier(r);
    r->status = 200;
    open_courier(r);
    run_for(r, 5000);
    assert_int_equal(r->post_count, 2);
    assert_string_equal(r->posts[0].id, r->posts[1].id);
}

static void test_a_sink_that_hangs_is_waited_for_once_and_then_no_more(void **state)
{
    struct rig *r = *state;
    r->status = 0;
    put(r, "event-1", "ops", "one");
    int64_t began = loop_now_ms(r->loop);
    courier_linger(r->courier, 2000);
    assert_int_equal(loop_now_ms(r->loop) - began, 2000);
    close_courier(r);
    assert_int_equal(row(r, "event-1")->attempt, 1);
    open_courier(r);
    run_for(r, 3000); /* it is tried again, and hangs again */
    assert_int_equal(r->post_count, 2);
    put(r, "event-2", "ops", "two");
    began = loop_now_ms(r->loop);
    courier_linger(r->courier, 2000);
    assert_int_equal(loop_now_ms(r->loop) - began, 0);
}

static void test_a_sink_that_hangs_does_not_hold_up_another(void **state)
{
    struct rig *r = *state;
    size_t count;
    r->status = 0;
    put(r, "event-1", "ops", "one");
    run_for(r, 10);
    r->status = 200;
    put(r, "event-2", "team", "two");
    run_for(r, 10);
    const struct courier_tally *t = courier_tallies(r->courier, r->mem, &count);
    assert_int_equal(count, 2);
    assert_int_equal(t[0].due, 1);
    assert_int_equal(t[1].sent, 1);
}

static void test_what_is_due_together_goes_in_one_message_where_the_sink_can(void **state)
{
    struct rig *r = *state;
    for (int i = 0; i < 7; i++)
        put(r, arena_print(r->mem, "event-%d", i), "team", arena_print(r->mem, "n%d", i));
    courier_linger(r->courier, 5000);
    /* The first leaves alone, since nothing else was durable before it. */
    assert_in_range(r->post_count, 3, 4);
    assert_non_null(strstr(r->posts[0].body, "n0"));
    assert_non_null(strstr(r->posts[r->post_count - 1].body, "n6"));
    close_courier(r);
    for (int i = 0; i < 7; i++)
        assert_string_equal(row(r, arena_print(r->mem, "event-%d", i))->state, "sent");
}

static void test_one_that_is_refused_keeps_none_of_the_others(void **state)
{
    struct rig *r = *state;
    r->poison = "n3";
    for (int i = 0; i < 7; i++)
        put(r, arena_print(r->mem, "event-%d", i), "team", arena_print(r->mem, "n%d", i));
    run_for(r, 1000);
    close_courier(r);
    for (int i = 0; i < 7; i++)
        assert_string_equal(row(r, arena_print(r->mem, "event-%d", i))->state, i == 3 ? "due" : "sent");
}

/* More than are kept in memory while a sink is slow: the rest waits in the store, and none is sent twice. */
static void test_none_of_very_many_is_lost_or_doubled(void **state)
{
    struct rig *r = *state;
    struct store_notice *rows;
    size_t count;
    struct err err;
    r->status = 0;
    put(r, "event-first", "ops", "one");
    run_for(r, 10);
    for (int i = 0; i < 10500; i++)
        put(r, arena_print(r->mem, "event-%d", i), "ops", "n");
    run_for(r, 10);
    r->status = 200;
    courier_linger(r->courier, 600000);
    courier_linger(r->courier, 600000);
    run_for(r, 600000);
    close_courier(r);
    assert_true(store_read_notices(r->mem, r->path, NULL, &rows, &count, &err));
    assert_int_equal(count, 10501);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(rows[i].state, "sent");
    assert_int_equal(r->post_count, 10501 + 1); /* the first hung once */
}

static void test_what_is_told_once_is_told_once(void **state)
{
    struct rig *r = *state;
    size_t count;
    assert_false(courier_knows(r->courier, "once-a"));
    put(r, "once-a", "ops", "one");
    put(r, "once-a", "ops", "one");
    courier_linger(r->courier, 5000);
    assert_int_equal(r->post_count, 1);
    assert_true(courier_knows(r->courier, "once-a"));
    const struct courier_tally *tally = courier_tallies(r->courier, r->mem, &count);
    assert_int_equal(tally->sent, 1);
    assert_int_equal(tally->due, 0);
    close_courier(r);
    open_courier(r);
    assert_true(courier_knows(r->courier, "once-a"));
    put(r, "once-a", "ops", "one");
    put(r, "once-b", "ops", "two");
    courier_linger(r->courier, 5000);
    assert_int_equal(r->post_count, 2);
    assert_string_equal(r->posts[1].id, "once-b");
}

static void test_a_secret_that_is_not_there_is_a_reason_and_no_end(void **state)
{
    struct rig *r = *state;
    struct secret other = {.source = "env:OTHER"};
    ((struct notices_sink *)r->notices.sinks)[0].key = value_secret(r->mem, &other);
    put(r, "event-1", "ops", "one");
    courier_linger(r->courier, 5000);
    assert_int_equal(r->post_count, 0);
    close_courier(r);
    assert_string_equal(row(r, "event-1")->state, "due");
    assert_non_null(strstr(row(r, "event-1")->why, "the key of sink 'ops': it is not set"));
}

static void test_a_sink_that_left_the_file_is_kept_until_it_is_too_old(void **state)
{
    struct rig *r = *state;
    r->status = 500;
    put(r, "event-1", "team", "one");
    run_for(r, 10);
    close_courier(r);
    r->notices.sink_count = 1;
    open_courier(r);
    run_for(r, 10);
    close_courier(r);
    assert_string_equal(row(r, "event-1")->state, "due");
    run_for(r, 3600000);
    open_courier(r);
    close_courier(r);
    assert_string_equal(row(r, "event-1")->state, "given_up");
    assert_non_null(strstr(row(r, "event-1")->why, "no sink of this name"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_put_is_sent_once_it_is_durable_and_marked),
        TEST(test_a_signature_covers_id_time_and_body),
        TEST(test_a_sink_that_is_down_is_asked_ever_more_seldom),
        TEST(test_a_sink_may_ask_for_more_time),
        TEST(test_what_is_too_old_is_given_up_and_says_why),
        TEST(test_the_next_run_sends_what_the_last_one_could_not),
        TEST(test_who_is_in_a_hurry_does_not_wait_until_it_is_due),
        TEST(test_a_death_between_sending_and_marking_sends_it_again_under_the_same_key),
        TEST(test_a_sink_that_hangs_is_waited_for_once_and_then_no_more),
        TEST(test_a_sink_that_hangs_does_not_hold_up_another),
        TEST(test_what_is_due_together_goes_in_one_message_where_the_sink_can),
        TEST(test_one_that_is_refused_keeps_none_of_the_others),
        TEST(test_none_of_very_many_is_lost_or_doubled),
        TEST(test_what_is_told_once_is_told_once),
        TEST(test_a_secret_that_is_not_there_is_a_reason_and_no_end),
        TEST(test_a_sink_that_left_the_file_is_kept_until_it_is_too_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
