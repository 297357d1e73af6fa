#include "run/purse.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "model/money.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/plan.h"
#include "region/region.h"
#include "store/store.h"

/* Its object is there: it costs by the month already, at what it is planned to cost. */
static bool stands(const struct plan_step *s)
{
    return s->action == PLAN_KEEP || s->action == PLAN_UPDATE || s->action == PLAN_REPLACE;
}

static bool costs_once(const struct plan_step *s)
{
    return s->action == PLAN_CREATE || s->action == PLAN_REPLACE || plan_may_replace(s);
}

void purse_open(struct purse *p, const struct purse_terms *terms, const struct plan *plan)
{
    *p = (struct purse){.terms = *terms, .currency = plan->region->currency, .once = terms->spent_once};
    if (!p->terms.digest)
        p->terms.digest = "";
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct plan_step *s = &plan->steps[i];
        /* A plan whose whole cost does not fit is refused before: these are a part of it. */
        if (spend_counts(s) && s->cost.priced && stands(s) &&
            !money_add(p->month, s->cost.month_high, &p->month))
            p->month = INT64_MAX;
    }
}

static const char *beyond(const struct purse *p, struct arena *mem, const char *when, int64_t step,
                          int64_t committed, int64_t limit)
{
    struct buf out;
    buf_init(&out, 0);
    buf_text(&out, "not started: it costs up to ");
    money_print(&out, step, p->currency, true);
    buf_print(&out, " %s; ", when);
    money_print(&out, committed, p->currency, true);
    buf_text(&out, " are committed, and the ceiling is ");
    money_print(&out, limit, p->currency, true);
    buf_print(&out, " (%s)", p->terms.limit_by);
    const char *text = buf_keep(&out, mem);
    buf_done(&out);
    return text;
}

/* One side of it: what the step adds to what is committed.  False: that passes the limit. */
static bool add(int64_t committed, int64_t step, bool has_limit, int64_t limit, int64_t *sum)
{
    if (!money_add(committed, step, sum))
        *sum = INT64_MAX;
    return !has_limit || *sum <= limit;
}

bool purse_take(struct purse *p, struct arena *mem, const struct plan_step *s, const char **why)
{
    const struct spend_limit *l = &p->terms.limit;
    if (!spend_counts(s) || !s->cost.priced)
        return true;
    int64_t month = s->cost.month_high, once = costs_once(s) ? s->cost.once_high : 0;
    int64_t others = stands(s) ? p->month - month : p->month, new_month, new_once;
    if (!add(others, month, l->has_month && month > 0, l->month, &new_month)) {
        *why = beyond(p, mem, "by the month", month, others, l->month);
        return false;
    }
    if (!add(p->once, once, l->has_once && once > 0, l->once, &new_once)) {
        *why = beyond(p, mem, "once", once, p->once, l->once);
        return false;
    }
    p->month = new_month;
    p->once = new_once;
    return true;
}

/* A digest's first digits tell one plan of a region from another. */
#define OF_DIGITS 16

const char *purse_note(const struct purse *p, struct arena *mem, const struct plan_step *s)
{
    if (!spend_counts(s) || !s->cost.priced || !costs_once(s) || s->cost.once_high == 0)
        return NULL;
    return arena_print(mem, "{\"of\":\"%.*s\",\"once\":\"%" PRId64 "\"}", OF_DIGITS, p->terms.digest,
                       s->cost.once_high);
}

/* Refused and met by something foreign: nothing was made, unless an identity says otherwise. */
static bool may_have_cost(const struct store_op *op)
{
    bool refused = op->state == STORE_OP_FAILED || op->state == STORE_OP_CONFLICT;
    return !refused || op->ext_id;
}

static bool add_op(struct arena *mem, const struct store_op *op, const char *of, int64_t *sum,
                   struct err *err)
{
    const struct value *meta = NULL;
    int64_t once = 0;
    if (!op->meta || !may_have_cost(op))
        return true;
    if (!value_json_parse(mem, op->meta, strlen(op->meta), &meta, err))
        return err_wrap(err, "reading what '%s' cost", op->address);
    const struct value *note = value_get(meta, "spent");
    const char *text = value_get_text(note, "once", NULL);
    if (!text || strncmp(value_get_text(note, "of", ""), of, OF_DIGITS) != 0 || !str_to_int(text, &once))
        return true;
    if (!money_add(*sum, once, sum))
        *sum = INT64_MAX;
    return true;
}

bool purse_read_spent(const char *store_path, const char *run_id, const char *digest, int64_t *out,
                      struct err *err)
{
    struct arena *mem = arena_new();
    struct store_op *ops = NULL;
    size_t count = 0;
    int64_t sum = 0;
    bool ok = store_read_ops_of_run(mem, store_path, run_id, &ops, &count, err);
    for (size_t i = 0; ok && i < count; i++)
        ok = add_op(mem, &ops[i], digest, &sum, err);
    arena_free(mem);
    if (ok)
        *out = sum;
    return ok;
}
