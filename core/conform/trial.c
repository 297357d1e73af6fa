#include "conform/trial.h"

#include <string.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/str.h"
#include "io/loop.h"
#include "model/diag.h"
#include "model/schema.h"
#include "model/value.h"
#include "plugin/registry.h"

#define TRIES       8
#define RETRY_MS    100
#define RETRY_MOST  5000 /* a pause that a service asks for is kept up to here */
#define LOOK_EVERY  200
#define DRAIN_GRACE 50 /* clocks of two processes are read a moment apart */

/* ---- asking ---------------------------------------------------------------------------------------------
 */

struct op_item trial_item(const struct thing *x, uint32_t verb)
{
    bool has_desired = verb != LF_VERB_READ && verb != LF_VERB_DESTROY && verb != LF_VERB_OWNED;
    return (struct op_item){
        .verb = verb,
        .attempt = 1,
        .address = x->address,
        .token = x->token,
        .marker = x->marker,
        .id = x->id,
        .prior = x->state,
        .desired = has_desired ? x->desired : NULL,
        .memo = x->memo,
        .prior_version = x->state ? x->type->facts.schema->version : 0,
    };
}

static bool changes(uint32_t verb)
{
    return verb == LF_VERB_CREATE || verb == LF_VERB_UPDATE || verb == LF_VERB_DESTROY;
}

/* A recover runs under the region's lock, and may roll back what a dead process left open. */
static bool is_read_only(const struct trial *t, uint32_t verb)
{
    return !changes(verb) && (verb != LF_VERB_RECOVER || t->only_plans);
}

static struct rig_answer *ask_once(struct trial *t, const struct op_item *items, size_t count)
{
    struct rig_ask ask = {.type = t->type,
                          .items = items,
                          .count = count,
                          .read_only = is_read_only(t, items[0].verb),
                          .timeout_ms = t->timeout_ms};
    return rig_run(t->run->rig, t->mem, &ask);
}

/* RETRY is the core's to follow, so where nothing is broken on purpose it is followed here as well. */
struct rig_answer *trial_ask(struct trial *t, const struct op_item *item)
{
    struct op_item again = *item;
    uint64_t wait = RETRY_MS;
    for (;; wait *= 2) {
        struct rig_answer *a = ask_once(t, &again, 1);
        const struct op_result *r = &a->results[0];
        if (r->status != LF_END_RETRY || !t->keeps_trying || again.attempt++ == TRIES)
            return a;
        uint64_t asked = r->retry_after_ms > RETRY_MOST ? RETRY_MOST : r->retry_after_ms;
        rig_wait(t->run->rig, asked > wait ? asked : wait);
    }
}

struct rig_answer *trial_ask_many(struct trial *t, const struct op_item *items, size_t count)
{
    return ask_once(t, items, count);
}

static void remember(struct trial *t, struct thing *x, const struct op_result *r)
{
    x->id = arena_text(t->run->mem, r->id);
    x->state = r->state ? value_copy(t->run->mem, r->state) : NULL;
    x->memo = r->memo ? value_copy(t->run->mem, r->memo) : NULL;
}

struct rig_answer *trial_do(struct trial *t, struct thing *x, uint32_t verb)
{
    struct op_item item = trial_item(x, verb);
    /* A recover asks about a create here; what a destroy left is asked about where it is tried. */
    if (verb == LF_VERB_CREATE || verb == LF_VERB_FIND || verb == LF_VERB_RECOVER)
        item.prior = item.memo = NULL;
    if (verb == LF_VERB_FIND || verb == LF_VERB_RECOVER)
        item.id = NULL;
    struct rig_answer *a = trial_ask(t, &item);
    const struct op_result *r = &a->results[0];
    if ((verb == LF_VERB_CREATE || verb == LF_VERB_UPDATE) &&
        (r->status == LF_END_OK || r->status == LF_END_DAMAGED))
        remember(t, x, r);
    return a;
}

struct rig_answer *trial_look(struct trial *t, struct thing *x)
{
    const struct tick *tick = loop_tick(t->run->loop);
    int64_t until = tick_mono_ms(tick) + trial_lag_ms(t);
    for (;;) {
        struct rig_answer *a = trial_do(t, x, LF_VERB_READ);
        if (a->results[0].status != LF_END_GONE || tick_mono_ms(tick) >= until)
            return a;
        rig_wait(t->run->rig, LOOK_EVERY);
    }
}

/* ---- plans ----------------------------------------------------------------------------------------------
 */

static uint32_t plan_by_schema(struct trial *t, const struct value *prior, const struct value *desired,
                               const struct value **promise)
{
    static const uint32_t actions[] = {
        [SCHEMA_SAME] = LF_DO_KEEP, [SCHEMA_UPDATE] = LF_DO_UPDATE, [SCHEMA_REPLACE] = LF_DO_REPLACE};
    struct schema_diffs diffs = {0};
    enum schema_change change =
        schema_compare(t->run->mem, t->type->facts.schema, prior, desired, &diffs, promise);
    if (!prior)
        return LF_DO_CREATE;
    if (change == SCHEMA_UPDATE && !t->type->has_update)
        change = SCHEMA_REPLACE;
    return actions[change];
}

uint32_t trial_plan(struct trial *t, const struct thing *x, const struct value *prior,
                    const struct value *desired, const struct value **promise)
{
    *promise = NULL;
    if (!t->type->has_plan)
        return plan_by_schema(t, prior, desired, promise);
    struct op_item item = trial_item(x, LF_VERB_PLAN);
    item.token = NULL;
    item.prior = prior;
    item.desired = desired;
    item.id = prior ? x->id : NULL;
    const struct rig_answer *a = trial_ask(t, &item);
    const struct op_result *r = &a->results[0];
    if (!trial_expect(t, a, TRIAL_BIT(LF_END_OK), "the plan",
                      "if the sample asks for what the service cannot do, give another one in the file"))
        return 0;
    *promise = r->state ? value_copy(t->run->mem, r->state) : NULL;
    if (*promise && !trial_keeps(t, desired, *promise, "planning"))
        return 0;
    if (!*promise)
        plan_by_schema(t, r->action == LF_DO_REPLACE ? NULL : prior, desired, promise);
    /* For what is not there yet the action says nothing that the core does not know. */
    return prior ? r->action : LF_DO_CREATE;
}

bool trial_create(struct trial *t, struct thing *x, const char *doing)
{
    const struct value *promise;
    if (!trial_plan(t, x, NULL, x->desired, &promise))
        return false;
    struct op_item item = trial_item(x, LF_VERB_CREATE);
    item.prior = item.memo = NULL;
    item.planned = promise;
    const struct rig_answer *a = trial_ask(t, &item);
    if (!trial_expect(t, a, TRIAL_BIT(LF_END_OK), doing, NULL))
        return false;
    remember(t, x, &a->results[0]);
    return trial_keeps(t, promise, x->state, doing);
}

/* ---- counting and waiting -------------------------------------------------------------------------------
 */

/* Each object once, however often a list shows it. */
static int count_marked(const struct rig_answer *a, const char *marker)
{
    int count = 0;
    for (size_t i = 0; i < a->found_count; i++) {
        bool seen = false;
        for (size_t k = 0; k < i && !seen; k++)
            seen = str_equal(a->found[k].id, a->found[i].id) && str_equal(a->found[k].marker, marker);
        count += !seen && str_equal(a->found[i].marker, marker);
    }
    return count;
}

int trial_count(struct trial *t, const struct thing *x)
{
    if (!t->type->has_owned)
        return -1;
    struct op_item item = {.verb = LF_VERB_OWNED, .attempt = 1, .address = x->address, .marker = x->marker};
    const struct rig_answer *a = trial_ask(t, &item);
    return a->results[0].status == LF_END_OK ? count_marked(a, x->marker) : -1;
}

int64_t trial_lag_ms(const struct trial *t)
{
    int64_t given = t->run->sheet->lag_ms;
    return given < 0 ? (int64_t)t->type->settle.visible_after_ms : given;
}

int64_t trial_inflight_ms(const struct trial *t)
{
    int64_t given = t->run->sheet->lag_ms;
    return given < 0 ? (int64_t)t->type->settle.max_inflight_ms : given;
}

void trial_drain(struct trial *t)
{
    rig_settle(t->run->rig);
    if (t->type->settle.create != LF_SETTLE_CONDITIONAL)
        rig_wait(t->run->rig, (uint64_t)(trial_inflight_ms(t) + trial_lag_ms(t)) + DRAIN_GRACE);
}

/* ---- tidying up -----------------------------------------------------------------------------------------
 */

/* What a fault has left is known by its marker alone. */
static void clean_one(struct trial *t, struct thing *x)
{
    if (t->type->has_recover) {
        const struct rig_answer *a = trial_do(t, x, LF_VERB_RECOVER);
        const struct op_result *r = &a->results[0];
        bool ours = r->status == LF_END_OK || r->status == LF_END_DAMAGED;
        if (ours && (!r->marker || strcmp(r->marker, x->marker) == 0))
            remember(t, x, r);
        else if (r->status == LF_END_GONE || r->status == LF_END_EXISTS)
            return;
    }
    if (x->id)
        (void)trial_do(t, x, LF_VERB_DESTROY);
}

void trial_clean(struct trial *t)
{
    t->keeps_trying = true;
    t->timeout_ms = 0;
    const struct contract_type *own = t->type;
    for (size_t i = t->things.count; i-- > 0;) {
        t->type = t->things.at[i]->type;
        clean_one(t, t->things.at[i]);
    }
    t->type = own;
    ARRAY_DONE(&t->things);
}

void trial_run_clean(struct trial *t)
{
    struct trial_run *run = t->run;
    t->keeps_trying = true;
    for (size_t i = run->stands.count; i-- > 0;) {
        t->type = run->stands.at[i]->type;
        (void)trial_do(t, run->stands.at[i], LF_VERB_DESTROY);
    }
    ARRAY_DONE(&run->stands);
}
