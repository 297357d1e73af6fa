/* What the tests of queue-sqs share: the double, the driver, and ways to ask both. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "bench.h"
#include "model/value.h"
#include "twin.h"

#define SQS_DRIVER PLUGINS_FOLDER "/queue-sqs.so"
#define MINE       "lf1.mine"
#define OTHER      "lf1.other"
#define ACCOUNT    "123456789012"
#define QUEUE(n)   "arn:aws:sqs:eu-west-1:" ACCOUNT ":" n
#define TOPIC(n)   "arn:aws:sns:eu-west-1:" ACCOUNT ":" n
#define KEYS                                                                                                 \
    "'access_key':{'$secret':{'source':'test:AKIDEXAMPLE'}},"                                                \
    "'secret_key':{'$secret':{'source':'test:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'}}"
#define PLACE "'region':'eu-west-1','partition':'aws'"

struct world {
    struct twin *twin;
    struct bench *b;
};

static inline void open_driver(struct world *w, const char *account, const char *keys, int port)
{
    char settings[1024];
    (void)snprintf(settings, sizeof(settings),
                   "{" PLACE ",'account':'%s','endpoint':'http://127.0.0.1:%d',"
                   "'sns_endpoint':'http://127.0.0.1:%d',%s}",
                   account, port, port, keys);
    if (w->b)
        bench_close(w->b);
    w->b = bench_open(SQS_DRIVER, settings);
}

static inline int enter(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    assert_non_null(w);
    w->twin = twin_start("sqs");
    open_driver(w, ACCOUNT, KEYS, twin_port(w->twin));
    *state = w;
    return 0;
}

static inline int leave(void **state)
{
    struct world *w = *state;
    size_t breaches = 0;
    const struct diag *said = bench_breaches(w->b, &breaches);
    if (breaches)
        (void)fprintf(stderr, "%s\n", said[0].summary);
    int bugs = twin_count(w->twin, "log", "double.bug");
    /* What a driver sends is well-formed, whatever comes of it. */
    int malformed =
        twin_count(w->twin, "log", "MalformedInput") + twin_count(w->twin, "log", "InvalidAttributeName") +
        twin_count(w->twin, "log", "InvalidAction") + twin_count(w->twin, "log", "InvalidMessageContents");
    bench_close(w->b);
    twin_stop(w->twin);
    free(w);
    assert_int_equal(breaches, 0);
    assert_int_equal(bugs, 0);
    assert_int_equal(malformed, 0);
    return 0;
}

/* ---- asking the driver --------------------------------------------------------------------------------- */

static inline const char *text(struct world *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static inline const char *text(struct world *w, const char *format, ...)
{
    char buffer[4096];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(buffer, sizeof(buffer), format, args);
    va_end(args);
    return arena_text(bench_arena(w->b), buffer);
}

static inline const struct op_result *run_item(struct world *w, const char *type, struct op_item item)
{
    bool reads = item.verb != LF_VERB_CREATE && item.verb != LF_VERB_UPDATE && item.verb != LF_VERB_DESTROY;
    item.marker = item.marker ? item.marker : MINE;
    item.address = item.address ? item.address : "queue.queue.one";
    item.token = item.token ? item.token : "token-1";
    bench_read_only(w->b, reads);
    return bench_run(w->b, type, item);
}

static inline const struct op_result *want(struct world *w, const char *type, uint32_t verb, const char *json)
{
    struct op_item item = {.verb = verb, .desired = bench_value(w->b, json)};
    return run_item(w, type, item);
}

static inline const struct op_result *by_id(struct world *w, const char *type, uint32_t verb, const char *id)
{
    struct op_item item = {.verb = verb, .id = id, .prior = bench_value(w->b, "{}")};
    return run_item(w, type, item);
}

static inline const struct op_result *change(struct world *w, const char *type, const struct op_result *from,
                                             const char *json)
{
    struct op_item item = {
        .verb = LF_VERB_UPDATE, .id = from->id, .prior = from->state, .desired = bench_value(w->b, json)};
    return run_item(w, type, item);
}

static inline const struct op_result *send_token(struct world *w, const char *token, const char *json)
{
    struct op_item item = {.verb = LF_VERB_CALL, .token = token, .args = bench_value(w->b, json)};
    bench_read_only(w->b, false);
    return bench_call(w->b, "send", item);
}

/* ---- asking the double --------------------------------------------------------------------------------- */

static inline void set(struct world *w, const char *json)
{
    (void)twin_tell(w->twin, "set", json);
}

static inline void fault(struct world *w, const char *action, const char *what)
{
    (void)twin_tell(w->twin, "faults", text(w, "[{'action':'%s','what':'%s'}]", action, what));
}

static inline void someone(struct world *w, const char *json)
{
    (void)twin_tell(w->twin, "do", json);
}

/* The double's state holds `words`, which have ' for ". */
static inline bool holds(struct world *w, const char *words)
{
    char *quoted = arena_text(bench_arena(w->b), words);
    for (char *c = quoted; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    return strstr(twin_tell(w->twin, "dump", NULL), quoted) != NULL;
}

static inline void assert_holds(struct world *w, const char *words)
{
    if (!holds(w, words))
        fail_msg("no %s in %s", words, twin_tell(w->twin, "dump", NULL));
}

static inline int asked(struct world *w, const char *action)
{
    return twin_count(w->twin, "log", text(w, "\"action\": \"%s\"", action));
}

static inline int queues(struct world *w)
{
    return twin_count(w->twin, "dump", "\"QueueArn\"");
}

static inline int subscriptions(struct world *w)
{
    return twin_count(w->twin, "dump", "\"endpoint\"");
}

static inline int messages(struct world *w)
{
    return twin_count(w->twin, "dump", "\"body\"");
}

/* ---- what must hold ------------------------------------------------------------------------------------ */

static inline void assert_note(struct world *w, const char *code)
{
    size_t count = 0;
    const struct diag *notes = bench_notes(w->b, &count);
    if (!bench_has_note(w->b, code))
        fail_msg("no note %s but %s: %s (%s)", code, count ? notes[0].code : "none",
                 count ? notes[0].summary : "", count && notes[0].detail ? notes[0].detail : "");
}

static inline void assert_state(struct world *w, const struct op_result *r, const char *key, const char *json)
{
    assert_non_null(r->state);
    assert_null(r->broke);
    if (!value_equal(value_get(r->state, key), value_get(bench_value(w->b, text(w, "{'v':%s}", json)), "v")))
        fail_msg("'%s' is not %s", key, json);
}

static inline void refuses(struct world *w, const char *type, const char *json, const char *code)
{
    const struct op_result *r = want(w, type, LF_VERB_PLAN, json);
    if (r->status != LF_END_REFUSED)
        fail_msg("%s is not refused (%u)", json, r->status);
    assert_null(r->broke);
    assert_note(w, code);
}
