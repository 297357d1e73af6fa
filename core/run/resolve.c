#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "model/decl.h"
#include "model/diag.h"
#include "model/path.h"
#include "model/schema.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plugin/host_secret.h"
#include "plugin/op.h"
#include "plugin/registry.h"
#include "region/region.h"
#include "run/executor_state.h"

/* Resolving: what was unknown when the plan was made is known now that everything before it is done.  The
 * step may turn out weaker than planned, never stronger than what was shown. */

bool resolve_find(void *executor, const struct expr *ref, const struct value **out, struct err *err)
{
    struct executor *x = executor;
    uint32_t i = plan_find(x->plan, ref->address);
    *out = NULL;
    if (i == UINT32_MAX)
        return err_set(err, "run.no_step", "there is no step '%s'", ref->address);
    const struct step_truth *truth = &x->truth[i];
    const struct plan_step *s = &x->plan->steps[i];
    /* What --target leaves out and was never built is done with, and still unknown. */
    if (x->state[i] != STEP_DONE || (!s->targeted && !s->row))
        return true;
    if (strcmp(ref->path, "id") == 0) {
        if (truth->id && !x->ids[i])
            x->ids[i] = value_text_borrow(x->mem, truth->id, strlen(truth->id));
        *out = truth->id ? x->ids[i] : value_null();
        return true;
    }
    const struct value *found = value_get(truth->state, ref->path);
    if (!found)
        found = path_get_text(x->mem, truth->state, ref->path);
    *out = found ? found : value_null();
    return true;
}

static void fail(struct step_run *r, const char *code, const char *summary, const char *advice)
{
    struct err err;
    err_set(&err, code, "%s", summary);
    if (advice)
        err_advise(&err, "%s", advice);
    executor_fail_step(r, &err);
}

/* Evaluates and checks; false when the step failed. */
static bool evaluate(struct step_run *r, const struct value **out)
{
    const struct plan_step *s = &r->x->plan->steps[r->i];
    struct arena *mem = resource_memory(r, s->type);
    struct err err;
    const struct value *v;
    struct diags diags;
    if (!expr_eval(mem, s->decl->attrs, &r->x->world, &v, &err)) {
        executor_fail_step(r, &err);
        return false;
    }
    if (s->type) {
        diag_init(&diags, r->mem);
        v = schema_check(mem, s->type->facts.schema, v, s->address, NULL, &diags);
        uint32_t where;
        if (!diag_ok(&diags, &err) || (s->decl->kind == DECL_RESOURCE &&
                                       !host_secret_digests(mem, s->driver->host, v, &v, &where, &err))) {
            executor_fail_step(r, &err);
            return false;
        }
    }
    if (value_has_unknown(v)) {
        fail(r, "run.still_unknown", "a value it needs is still unknown after everything before it is done",
             "the driver of a step before it did not give the attribute: see `landfall show`");
        return false;
    }
    if (r->x->ask.judge && !r->x->ask.judge(r->x->ask.judge_user, r->i, v, &err)) {
        executor_fail_step(r, &err);
        return false;
    }
    *out = v;
    return true;
}

static const struct value *keep_ignored(struct step_run *r, const struct value *desired)
{
    const struct plan_step *s = &r->x->plan->steps[r->i];
    struct arena *mem = resource_memory(r, s->type);
    for (size_t k = 0; s->observed && k < s->decl->meta.ignore_count; k++) {
        struct path path;
        struct err err;
        if (!path_parse(r->mem, s->decl->meta.ignore[k], &path, &err))
            continue; /* the plan was refused for it */
        const struct value *is = path_get(s->observed, &path);
        if (is && !path_with(mem, desired, &path, is, &desired, &err))
            continue;
    }
    return desired;
}

/* Not stronger than what was planned, or than what the plan said it may become. */
static void go(struct step_run *r, enum plan_action action, const struct value *promise)
{
    const struct plan_step *s = &r->x->plan->steps[r->i];
    bool foreseen = action <= s->action || (action == PLAN_REPLACE && s->may_replace);
    if (!foreseen) {
        fail(r, "plan.exceeded",
             arena_print(r->mem, "now that its inputs are known it would be a %s, and the plan said %s",
                         plan_action_name(action), plan_action_name(s->action)),
             "plan again and look: nothing was changed");
        return;
    }
    if (action == PLAN_REPLACE && s->decl->meta.protect) {
        fail(r, "plan.protected", "now that its inputs are known it would be replaced, and it is protected",
             "take the change back, or set `protect = false` in its step table; nothing was changed");
        return;
    }
    r->action = action;
    r->planned = promise;
    resource_go(r);
}

static void by_schema(struct step_run *r)
{
    const struct plan_step *s = &r->x->plan->steps[r->i];
    struct schema_diffs diffs = {0};
    const struct value *promise = NULL;
    bool anew = s->action == PLAN_CREATE || s->action == PLAN_REPLACE;
    enum schema_change change = schema_compare(resource_memory(r, s->type), s->type->facts.schema,
                                               anew ? NULL : s->observed, r->desired, &diffs, &promise);
    enum plan_action action = anew                      ? s->action
                              : change == SCHEMA_SAME   ? PLAN_KEEP
                              : change == SCHEMA_UPDATE ? (s->type->has_update ? PLAN_UPDATE : PLAN_REPLACE)
                                                        : PLAN_REPLACE;
    go(r, action, promise);
}

/* ---- types with a plan of their own ------------------------------------------------------------------- */

struct question {
    struct step_run *r;
    struct op_item item;
    uint32_t status, action;
    const struct value *state;
    const char *id;
    struct diag note;
};

static void on_item(void *user, struct op *op, size_t n, const struct op_result *result)
{
    (void)op;
    (void)n;
    struct question *q = user;
    q->status = result->status;
    q->action = result->action;
    struct arena *mem = resource_memory(q->r, q->r->x->plan->steps[q->r->i].type);
    q->state = result->state ? value_copy(mem, result->state) : NULL;
    q->id = arena_text(q->r->mem, result->id);
    if (result->broke)
        q->note.summary = arena_text(q->r->mem, result->broke);
}

static void on_note(void *user, struct op *op, const struct diag *note)
{
    (void)op;
    struct question *q = user;
    struct arena *mem = q->r->mem;
    if (note->severity == DIAG_ERROR)
        q->note = (struct diag){.code = arena_text(mem, note->code),
                                .summary = arena_text(mem, note->summary),
                                .advice = arena_text(mem, note->advice)};
}

static void ask(struct step_run *r, uint32_t verb, const struct op_events *events)
{
    const struct plan_step *s = &r->x->plan->steps[r->i];
    struct question *q = ARENA_NEW(r->mem, struct question);
    bool anew = s->action == PLAN_CREATE || s->action == PLAN_REPLACE;
    q->r = r;
    q->item = (struct op_item){.verb = verb,
                               .attempt = 1,
                               .address = s->address,
                               .marker = s->row && !anew ? s->row->marker : NULL,
                               .id = anew ? NULL : s->id,
                               .prior = anew ? NULL : s->observed,
                               .desired = r->desired,
                               .memo = anew ? NULL : s->memo};
    struct op_ask op = {
        .driver = s->driver, .type = s->type, .items = &q->item, .count = 1, .read_only = true};
    op_start(&op, events, q);
}

static void refused(struct question *q, const char *what)
{
    fail(q->r, q->note.code ? q->note.code : "run.refused", q->note.summary ? q->note.summary : what,
         q->note.advice ? q->note.advice : "change what the playbook asks for, then plan again");
}

static void on_planned(void *user, struct op *op)
{
    (void)op;
    struct question *q = user;
    struct step_run *r = q->r;
    const struct plan_step *s = &r->x->plan->steps[r->i];
    if (q->status != LF_END_OK) {
        refused(q, "the driver cannot plan it now that its inputs are known");
        return;
    }
    bool anew = s->action == PLAN_CREATE || s->action == PLAN_REPLACE;
    enum plan_action action = anew ? s->action : (enum plan_action)q->action;
    go(r, action, q->state ? q->state : r->desired);
}

void resolve_begin(struct step_run *r)
{
    static const struct op_events events = {.item = on_item, .note = on_note, .end = on_planned};
    if (!evaluate(r, &r->desired))
        return;
    r->desired = keep_ignored(r, r->desired);
    if (r->x->plan->steps[r->i].type->has_plan)
        ask(r, LF_VERB_PLAN, &events);
    else
        by_schema(r);
}

/* ---- existing objects whose inputs were unknown ------------------------------------------------------- */

static void on_looked_up(void *user, struct op *op)
{
    (void)op;
    struct question *q = user;
    struct step_run *r = q->r;
    if (q->status == LF_END_OK) {
        r->x->truth[r->i].state = q->state ? value_copy(r->x->mem, q->state) : NULL;
        r->x->truth[r->i].id = arena_text(r->x->mem, q->id);
        executor_end_step(r, STEP_END_DONE);
    } else {
        refused(q,
                q->status == LF_END_GONE ? "it should exist, and it does not" : "it could not be looked up");
    }
}

void resolve_lookup(struct step_run *r)
{
    static const struct op_events events = {.item = on_item, .note = on_note, .end = on_looked_up};
    if (evaluate(r, &r->desired))
        ask(r, LF_VERB_FIND, &events);
}

/* ---- what a step without driver runs on ------------------------------------------------------------------
 */

const char *resolve_inputs(struct step_run *r)
{
    const struct executor *x = r->x;
    const struct graph *g = x->plan->graph;
    const struct plan_step *s = &x->plan->steps[r->i];
    if (s->inputs)
        return s->inputs;
    if (!evaluate(r, &r->desired))
        return NULL;
    struct digest_stream *d = digest_stream_new(r->mem);
    digest_stream_text(d, arena_print(r->mem, "%lld", (long long)s->decl->version));
    digest_stream_text(d, value_json_text(r->mem, r->desired));
    for (uint32_t e = g->needs_at[r->i]; e < g->needs_at[r->i + 1]; e++) {
        const struct step_truth *need = &x->truth[g->needs[e]];
        digest_stream_text(d, g->nodes[g->needs[e]].address);
        digest_stream_text(d, need->id ? need->id : need->inputs ? need->inputs : "");
        if (x->plan->steps[g->needs[e]].generation > 1) /* as plan/decide_inputs has it */
            digest_stream_text(
                d, arena_print(r->mem, "%lld", (long long)x->plan->steps[g->needs[e]].generation));
    }
    uint8_t bytes[DIGEST_BYTES];
    char hex[DIGEST_HEX];
    digest_stream_end(d, bytes);
    digest_hex(bytes, sizeof(bytes), hex);
    return arena_text(r->mem, hex);
}
