/* A run on the rig: recover, plan, execute, as `landfall apply` does it, with the real store; and what must
 * hold afterwards whatever happened.  Each process of a test calls run_apply; what it finds is in the files.
 */
#pragma once

#include "base/buf.h"
#include "base/digest.h"
#include "fake_rig.h"
#include "model/event.h"
#include "run/executor.h"
#include "run/recover.h"

struct run {
    struct rig rig;
    struct store_writer *writer;
    struct executor *executor;
    struct executor_outcome out;
    struct recover_outcome recovered;
    struct buf said; /* "done fake.named.a" per line: what was told, in order */
    const char *command;
    const char *run_id; /* goes on with that one; NULL: a run of its own */
    bool refresh_only, quiet;
    uint32_t parallel, tries;
    int64_t timeout_ms;
    void (*on_event)(struct run *r, const struct event *e);
    struct event last; /* the last failure told; texts in rig.mem */
};

static inline void run_open(struct run *r)
{
    memset(r, 0, sizeof(*r));
    rig_open(&r->rig);
    buf_init(&r->said, 0);
    r->command = "apply";
}

static inline void run_close(struct run *r)
{
    buf_done(&r->said);
    rig_close(&r->rig);
}

static inline void run_tell(void *user, const struct event *e)
{
    struct run *r = user;
    const char *name = strchr(event_name(e->kind), '.');
    if (e->kind == EVENT_STEP_FAILED || e->kind == EVENT_STEP_HELD || e->kind == EVENT_STEP_CONFLICT) {
        r->last = *e;
        r->last.code = arena_text(r->rig.mem, e->code);
        r->last.text = arena_text(r->rig.mem, e->text);
        r->last.advice = arena_text(r->rig.mem, e->advice);
    }
    if (!r->quiet)
        buf_print(&r->said, "%s %s\n", name ? name + 1 : event_name(e->kind), e->address ? e->address : "-");
    if (r->on_event)
        r->on_event(r, e);
}

static inline bool run_said(const struct run *r, const char *line)
{
    char text[200];
    snprintf(text, sizeof(text), "%s\n", line);
    const char *at = strstr(r->said.at, text);
    return at && (at == r->said.at || at[-1] == '\n');
}

/* Was the one told before the other? */
static inline bool run_order(const struct run *r, const char *first, const char *then)
{
    const char *a = strstr(r->said.at, first), *b = strstr(r->said.at, then);
    return a && b && a < b;
}

static inline void run_read(struct run *r)
{
    if (!store_read(r->rig.mem, r->rig.store_path, &r->rig.truth, &r->rig.err))
        fail_msg("%s: %s", r->rig.err.code, r->rig.err.summary);
}

static inline bool run_take_store(struct run *r)
{
    struct rig *rig = &r->rig;
    if (!store_writer_open(rig->loop, rig->store_path, "eu", RIG_LINEAGE, r->command, &r->writer, &rig->err))
        return false;
    run_read(r);
    return true;
}

static inline bool run_recover(struct run *r)
{
    struct rig *rig = &r->rig;
    struct recover_ask ask = {.loop = rig->loop,
                              .registry = rig->registry,
                              .writer = r->writer,
                              .truth = &rig->truth,
                              .tell = run_tell,
                              .tell_user = r,
                              .run_id = "recover",
                              .region = "eu"};
    r->recovered = (struct recover_outcome){0};
    bool ok = recover_run(&ask, &r->recovered, &rig->err);
    run_read(r);
    return ok;
}

static inline bool run_execute(struct run *r)
{
    struct rig *rig = &r->rig;
    char run_id[33];
    digest_random_hex(16, run_id);
    struct executor_ask ask = {.loop = rig->loop,
                               .registry = rig->registry,
                               .writer = r->writer,
                               .plan = rig->plan,
                               .run_id = r->run_id ? r->run_id : run_id,
                               .command = r->command,
                               .tell = run_tell,
                               .tell_user = r,
                               .parallel = r->parallel,
                               .tries = r->tries,
                               .timeout_read_ms = r->timeout_ms,
                               .timeout_change_ms = r->timeout_ms};
    r->executor = executor_new(&ask);
    bool ok = executor_run(r->executor, &r->out, &rig->err);
    if (ok)
        executor_free(r->executor);
    r->executor = NULL;
    return ok;
}

/* Recover, plan, execute; afterwards rig.truth is what the store holds.  False: rig.err. */
static inline bool run_try(struct run *r)
{
    buf_clear(&r->said);
    r->out = (struct executor_outcome){0};
    bool ok = run_take_store(r) && run_recover(r) && rig_try_plan(&r->rig) && run_execute(r);
    store_writer_close(r->writer);
    r->writer = NULL;
    if (ok)
        run_read(r);
    return ok;
}

static inline void run_apply(struct run *r)
{
    if (!run_try(r))
        fail_msg("%s: %s | %s", r->rig.err.code, r->rig.err.summary, r->rig.err.detail);
}

/* As a later process would: everything in memory is new. */
static inline void run_restart(struct run *r)
{
    rig_stop(&r->rig);
    rig_start(&r->rig);
}

/* ---- what is remembered ------------------------------------------------------------------------- */

/* The live row of an address, or NULL. */
static inline const struct store_res *run_row(const struct run *r, const char *address)
{
    const struct store_res *found = NULL;
    for (size_t i = 0; i < r->rig.truth.res_count; i++) {
        if (strcmp(r->rig.truth.res[i].address, address) == 0 && !r->rig.truth.res[i].deposed)
            found = &r->rig.truth.res[i];
    }
    return found;
}

static inline const struct store_op *run_op(const struct run *r, const char *address)
{
    for (size_t i = 0; i < r->rig.truth.op_count; i++) {
        if (strcmp(r->rig.truth.ops[i].address, address) == 0)
            return &r->rig.truth.ops[i];
    }
    return NULL;
}

/* ---- the invariants of durability.md ------------------------------------------------------------- */

/* Is this object remembered: by a row, or by an operation that waits for a person? */
static inline bool run_remembers(const struct run *r, const struct fake_object *o)
{
    const struct store_snapshot *t = &r->rig.truth;
    for (size_t i = 0; i < t->res_count; i++) {
        if (t->res[i].ext_id && strcmp(t->res[i].ext_id, o->id) == 0)
            return true;
    }
    for (size_t i = 0; i < t->op_count; i++) {
        if (t->ops[i].marker && strcmp(t->ops[i].marker, o->marker) == 0)
            return true;
    }
    return false;
}

static inline void run_check_objects(const struct run *r)
{
    const struct fake_world *w = r->rig.world;
    if (w->doubles)
        fail_msg("at %u moments two objects carried one marker", w->doubles);
    for (uint32_t i = 0; i < w->object_count; i++) {
        const struct fake_object *o = &w->objects[i];
        bool foreign = !o->marker[0] || strcmp(o->marker, FAKE_FOREIGN_MARKER) == 0;
        if (o->alive && !foreign && !run_remembers(r, o))
            fail_msg("%s ('%s', %s) is lost: no row, no open operation", o->id, o->key, o->marker);
    }
}

static inline void run_check_rows(const struct run *r)
{
    const struct store_snapshot *t = &r->rig.truth;
    for (size_t i = 0; i < t->res_count; i++) {
        const struct store_res *row = &t->res[i];
        bool there = row->kind != DECL_RESOURCE;
        for (uint32_t k = 0; k < r->rig.world->object_count && !there; k++)
            there = r->rig.world->objects[k].alive && strcmp(r->rig.world->objects[k].id, row->ext_id) == 0;
        if (!there && !run_op(r, row->address))
            fail_msg("the row of '%s' names %s, which is not there", row->address, row->ext_id);
    }
    for (size_t i = 0; i < t->op_count; i++) {
        if (t->ops[i].state != STORE_OP_HELD)
            fail_msg("the operation on '%s' is left %s", t->ops[i].address,
                     store_op_state_name(t->ops[i].state));
    }
}

/* After a run that was not interrupted. */
static inline void run_check(struct run *r)
{
    run_read(r);
    run_check_objects(r);
    run_check_rows(r);
}
