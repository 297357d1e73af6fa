/* An operation's whole surroundings without a shared object: a loop, pools, a host and one driver whose verbs
 * a test writes itself.  What the owner of an operation was told is kept in order, as short words. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "io/loop.h"
#include "io/pool.h"
#include "model/diag.h"
#include "model/value.h"
#include "plugin/contract.h"
#include "plugin/host.h"
#include "plugin/op.h"
#include "plugin/registry.h"

struct fixture {
    struct arena *mem;
    struct loop *loop;
    struct pools *pools;
    struct host *host;
    struct lf_resource raw;
    struct lf_plugin plugin;
    struct contract_type type;
    struct driver driver;

    struct buf said; /* "item0=1 note:x.y saved0=id end" */
    struct op_result last[8];
    char words[8200]; /* of the last note: path, summary, advice and detail */
    char broke[300];
    char id[64];
    size_t ended;
    bool hold_saves; /* the test acknowledges them itself */
    struct op *holding;
    bool stay; /* leaving() says no */
    bool read_only;
};

static inline void fixture_on_item(void *user, struct op *op, size_t i, const struct op_result *r)
{
    struct fixture *f = user;
    (void)op;
    buf_print(&f->said, "item%zu=%u ", i, r->status);
    if (i < 8)
        f->last[i] = *r;
    snprintf(f->broke, sizeof(f->broke), "%s", r->broke ? r->broke : "");
    snprintf(f->id, sizeof(f->id), "%s", r->id ? r->id : "");
}

static inline void fixture_on_found(void *user, struct op *op, const struct op_result *r)
{
    (void)op;
    buf_print(&((struct fixture *)user)->said, "found:%s ", r->id);
}

static inline void fixture_on_save(void *user, struct op *op, size_t i, const char *id, const struct value *v)
{
    struct fixture *f = user;
    (void)v;
    buf_print(&f->said, "saved%zu=%s ", i, id ? id : "-");
    if (f->hold_saves)
        f->holding = op;
    else
        op_saved(op, i);
}

static inline void fixture_on_note(void *user, struct op *op, const struct diag *d)
{
    struct fixture *f = user;
    (void)op;
    buf_print(&f->said, "note:%s@%s ", d->code, d->address ? d->address : "-");
    snprintf(f->words, sizeof(f->words), "%s|%s|%s|%s", d->path ? d->path : "", d->summary,
             d->advice ? d->advice : "", d->detail ? d->detail : "");
}

static inline bool fixture_on_leaving(void *user, struct op *op)
{
    (void)op;
    return !((struct fixture *)user)->stay;
}

static inline void fixture_on_end(void *user, struct op *op)
{
    struct fixture *f = user;
    (void)op;
    buf_text(&f->said, "end ");
    f->ended++;
}

static inline void fixture_on_broke(void *user, const struct diag *d)
{
    buf_print(&((struct fixture *)user)->said, "told:%s ", d->summary);
}

static inline void fixture_finish(struct fixture *f, struct lf_op *op, uint32_t status)
{
    struct lf_result r = {.struct_size = sizeof(r), .status = status, .id = "id-1"};
    host_table(f->host)->ops->finish(op, &r);
}

/* Verbs get the fixture as their self. */
static inline void fixture_ok(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    fixture_finish(self, op, LF_END_OK);
}

static inline void fixture_init(struct fixture *f, struct loop *loop)
{
    memset(f, 0, sizeof(*f));
    f->mem = arena_new();
    f->loop = loop;
    f->pools = pools_new(loop, 4);
    struct host_parts parts = {.loop = loop, .pools = f->pools};
    parts.watcher = (struct host_watcher){.user = f, .broke = fixture_on_broke};
    f->host = host_new(parts);
    f->raw = (struct lf_resource){.struct_size = sizeof(f->raw), .name = "thing"};
    f->raw.read = f->raw.create = f->raw.update = f->raw.destroy = fixture_ok;
    f->plugin = (struct lf_plugin){.struct_size = sizeof(f->plugin), .subsystem = "toy", .name = "box"};
    f->type = (struct contract_type){.raw = &f->raw, .pool = "toy"};
    f->driver = (struct driver){.subsystem = "toy", .name = "box", .plugin = &f->plugin, .self = f};
    f->driver.host = f->host;
    buf_init(&f->said, 0);
}

static inline void fixture_done(struct fixture *f)
{
    host_free(f->host);
    pools_free(f->pools);
    loop_free(f->loop);
    buf_done(&f->said);
    arena_free(f->mem);
}

static inline struct op *fixture_start_many(struct fixture *f, const struct op_item *items, size_t count,
                                            int64_t timeout_ms)
{
    static const struct op_events events = {
        .leaving = fixture_on_leaving,
        .item = fixture_on_item,
        .found = fixture_on_found,
        .save = fixture_on_save,
        .note = fixture_on_note,
        .end = fixture_on_end,
    };
    struct op_ask ask = {.driver = &f->driver, .type = &f->type, .count = count, .timeout_ms = timeout_ms};
    ask.read_only = f->read_only;
    ask.items = arena_copy(f->mem, items, count * sizeof(*items));
    return op_start(&ask, &events, f);
}

static inline struct op *fixture_start(struct fixture *f, uint32_t verb, int64_t timeout_ms)
{
    struct op_item item = {.verb = verb, .address = "toy.thing.a"};
    return fixture_start_many(f, &item, 1, timeout_ms);
}

static inline void fixture_said(struct fixture *f, const char *words)
{
    assert_string_equal(f->said.at, words);
    buf_clear(&f->said);
}
