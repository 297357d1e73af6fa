/* What the tests of billing-stripe share: the double, the driver, and ways to ask both. */
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
#include "bench.h"
#include "model/value.h"
#include "model/value_json.h"
#include "twin.h"

#define DRIVER PLUGINS_FOLDER "/billing-stripe.so"
#define MINE   "lf1.mine"
#define OTHER  "lf1.other"
#define KEY    "'api_key':{'$secret':{'source':'test:sk_test_double'}}"

#define TEAM  "{'code':'team','name':'Team','description':'For a team','category':'standard'}"
#define PRICE "{'code':'team-eur','product':'team','currency':'EUR','amount':'49.00','interval':'month'}"
#define VAT   "{'code':'ie','jurisdiction':'IE','category':'standard','name':'VAT','rate':'23'}"

struct world {
    struct twin *twin;
    struct bench *b;
};

/* `more`: further settings, beginning with a comma, or "". */
static inline void open_driver(struct world *w, const char *key, const char *more)
{
    char settings[1024];
    (void)snprintf(settings, sizeof(settings), "{'url':'http://127.0.0.1:%d',%s%s}", twin_port(w->twin), key,
                   more);
    if (w->b)
        bench_close(w->b);
    w->b = bench_open(DRIVER, settings);
}

static inline int enter(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    assert_non_null(w);
    w->twin = twin_start("stripe");
    open_driver(w, KEY, "");
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
        twin_count(w->twin, "log", "parameter_") + twin_count(w->twin, "log", "Unrecognized request");
    bench_close(w->b);
    twin_stop(w->twin);
    free(w);
    assert_int_equal(breaches, 0);
    assert_int_equal(bugs, 0);
    assert_int_equal(malformed, 0);
    return 0;
}

/* ---- helpers ------------------------------------------------------------------------------------------- */

static inline const char *text(struct world *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static inline const char *text(struct world *w, const char *format, ...)
{
    char buffer[8192];
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
    item.token = item.token ? item.token : "token-1";
    item.address = item.address ? item.address : "billing.thing.one";
    bench_read_only(w->b, reads);
    return bench_run(w->b, type, item);
}

static inline struct op_item item_of(struct world *w, uint32_t verb, const char *json)
{
    struct op_item item = {.verb = verb};
    if (verb == LF_VERB_DESTROY || verb == LF_VERB_READ)
        item.prior = bench_value(w->b, json);
    else
        item.desired = bench_value(w->b, json);
    return item;
}

static inline const struct op_result *run(struct world *w, const char *type, uint32_t verb, const char *json)
{
    return run_item(w, type, item_of(w, verb, json));
}

/* With a token and a marker of its own; its id. */
static inline const char *made(struct world *w, const char *type, const char *token, const char *marker,
                               const char *json)
{
    struct op_item item = item_of(w, LF_VERB_CREATE, json);
    item.token = token;
    item.marker = marker;
    const struct op_result *r = run_item(w, type, item);
    assert_int_equal(r->status, LF_END_OK);
    assert_null(r->broke);
    assert_string_equal(r->marker, marker);
    return arena_text(bench_arena(w->b), r->id);
}

static inline const struct op_result *with_id(struct world *w, const char *type, uint32_t verb,
                                              const char *id, const char *json)
{
    struct op_item item = item_of(w, verb, json);
    item.id = id;
    item.token = verb == LF_VERB_DESTROY ? "token-destroy" : "token-update";
    return run_item(w, type, item);
}

static inline const struct op_result *planned(struct world *w, const char *type, const char *prior,
                                              const char *desired)
{
    struct op_item item = item_of(w, LF_VERB_PLAN, desired);
    item.prior = prior ? bench_value(w->b, prior) : NULL;
    return run_item(w, type, item);
}

static inline void someone(struct world *w, const char *json)
{
    (void)twin_tell(w->twin, "do", json);
}

static inline void set(struct world *w, const char *json)
{
    (void)twin_tell(w->twin, "set", json);
}

static inline void fault(struct world *w, const char *action, const char *what, int times)
{
    (void)twin_tell(w->twin, "faults",
                    text(w, "[{'action':'%s','what':'%s','times':%d}]", action, what, times));
}

/* `words` stand in the double's state (or log), where ' is ". */
static inline int count_in(struct world *w, const char *where, const char *words)
{
    char *quoted = arena_text(bench_arena(w->b), words);
    for (char *c = quoted; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    return twin_count(w->twin, where, quoted);
}

static inline void assert_holds(struct world *w, const char *words)
{
    if (count_in(w, "dump", words) == 0)
        fail_msg("no %s in %s", words, twin_tell(w->twin, "dump", NULL));
}

static inline void assert_sent(struct world *w, const char *words)
{
    if (count_in(w, "log", words) == 0)
        fail_msg("no %s in %s", words, twin_tell(w->twin, "log", NULL));
}

/* How many there are, archived ones too. */
static inline int objects(struct world *w, const char *noun)
{
    return count_in(w, "dump", text(w, "'object': '%s'", noun));
}

static inline int changes(struct world *w)
{
    return count_in(w, "log", "'method': 'POST'") + count_in(w, "log", "'method': 'DELETE'");
}

static inline void assert_note(struct world *w, const char *code)
{
    size_t count = 0;
    const struct diag *notes = bench_notes(w->b, &count);
    if (!bench_has_note(w->b, code))
        fail_msg("no note %s but %s: %s (%s)", code, count ? notes[0].code : "none",
                 count ? notes[0].summary : "", count && notes[0].detail ? notes[0].detail : "");
}

static inline void assert_end(struct world *w, const struct op_result *r, uint32_t status)
{
    size_t count = 0;
    const struct diag *notes = bench_notes(w->b, &count);
    if (r->status != status)
        fail_msg("ended with %u, not %u: %s (%s)", r->status, status, count ? notes[0].summary : "no note",
                 count && notes[0].detail ? notes[0].detail : "");
    assert_null(r->broke);
}

static inline void assert_state(struct world *w, const struct op_result *r, const char *json)
{
    assert_non_null(r->state);
    const struct value *want = bench_value(w->b, json);
    if (!value_equal(r->state, want))
        fail_msg("the state is %s, not %s", value_json_text(bench_arena(w->b), r->state), json);
}

static inline void assert_refused(struct world *w, const char *type, const char *json, const char *code)
{
    assert_end(w, planned(w, type, NULL, json), LF_END_REFUSED);
    assert_note(w, code);
    assert_end(w, run(w, type, LF_VERB_CREATE, json), LF_END_REFUSED);
    assert_note(w, code);
}
