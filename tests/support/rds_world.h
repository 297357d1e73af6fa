/* What the tests of database-rds share: the double, the driver, and ways to ask both. */
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
#include "twin.h"

#define RDS_DRIVER PLUGINS_FOLDER "/database-rds.so"
#define MINE       "lf1.mine"
#define OTHER      "lf1.other"
#define KEYS                                                                                                 \
    "'access_key':{'$secret':{'source':'test:AKIDEXAMPLE'}},"                                                \
    "'secret_key':{'$secret':{'source':'test:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'}}"
#define SMALL "'name':'acme-eu','size':'db.t4g.medium','storage_gb':100"
#define TREE  "{" SMALL "}"

struct world {
    struct twin *twin;
    struct bench *b;
};

static inline void open_at(struct world *w, int port, const char *keys)
{
    char settings[1024];
    (void)snprintf(
        settings, sizeof(settings),
        "{'region':'eu-west-1','partition':'aws','endpoint':'http://127.0.0.1:%d','poll_ms':50,%s}", port,
        keys);
    if (w->b)
        bench_close(w->b);
    w->b = bench_open(RDS_DRIVER, settings);
}

static inline int enter(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    assert_non_null(w);
    w->twin = twin_start("rds");
    open_at(w, twin_port(w->twin), KEYS);
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
    int malformed = twin_count(w->twin, "log", "DoubleBadRequest") +
                    twin_count(w->twin, "log", "InvalidAction") +
                    twin_count(w->twin, "log", "MissingParameter");
    if (bugs || malformed)
        (void)fprintf(stderr, "%s\n", twin_tell(w->twin, "log", NULL));
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
    char buffer[4096];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(buffer, sizeof(buffer), format, args);
    va_end(args);
    return arena_text(bench_arena(w->b), buffer);
}

static inline const struct op_result *run_item(struct world *w, struct op_item item)
{
    bool reads = item.verb != LF_VERB_CREATE && item.verb != LF_VERB_UPDATE && item.verb != LF_VERB_DESTROY;
    if (!item.marker)
        item.marker = MINE;
    item.address = "database.cluster.main";
    bench_read_only(w->b, reads);
    return bench_run(w->b, item.verb == LF_VERB_PREFLIGHT ? NULL : "cluster", item);
}

static inline struct op_item item_of(struct world *w, uint32_t verb, const char *json)
{
    struct op_item item = {.verb = verb, .token = "lf-token-1"};
    if (verb == LF_VERB_DESTROY || verb == LF_VERB_READ)
        item.prior = bench_value(w->b, json);
    else
        item.desired = bench_value(w->b, json);
    return item;
}

static inline const struct op_result *run(struct world *w, uint32_t verb, const char *json)
{
    return run_item(w, item_of(w, verb, json));
}

static inline const struct op_result *update(struct world *w, const struct value *memo, const char *json)
{
    struct op_item item = item_of(w, LF_VERB_UPDATE, json);
    item.id = "acme-eu";
    item.prior = bench_value(w->b, TREE);
    item.memo = memo;
    return run_item(w, item);
}

static inline const struct op_result *destroy(struct world *w, const struct value *memo, const char *json)
{
    struct op_item item = item_of(w, LF_VERB_DESTROY, json);
    item.id = "acme-eu";
    item.memo = memo;
    return run_item(w, item);
}

static inline const struct op_result *plan(struct world *w, const char *prior, const char *desired)
{
    struct op_item item = item_of(w, LF_VERB_PLAN, desired);
    item.prior = prior ? bench_value(w->b, prior) : NULL;
    return run_item(w, item);
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

static inline void someone(struct world *w, const char *json)
{
    (void)twin_tell(w->twin, "do", json);
}

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

static inline int instances(struct world *w)
{
    return twin_count(w->twin, "dump", "\"DbiResourceId\"");
}

static inline int asked(struct world *w, const char *action)
{
    return twin_count(w->twin, "log", text(w, "\"action\": \"%s\"", action));
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
        fail_msg("ended %u instead of %u: %s (%s)", r->status, status, count ? notes[0].summary : "no note",
                 count && notes[0].detail ? notes[0].detail : "");
}

static inline void assert_state(struct world *w, const struct op_result *r, const char *key, const char *json)
{
    assert_non_null(r->state);
    assert_null(r->broke);
    if (!value_equal(value_get(r->state, key), value_get(bench_value(w->b, text(w, "{'v':%s}", json)), "v")))
        fail_msg("'%s' is not %s", key, json);
}

static inline const struct value *make(struct world *w)
{
    const struct op_result *r = run(w, LF_VERB_CREATE, TREE);
    assert_end(w, r, LF_END_OK);
    return r->memo;
}
