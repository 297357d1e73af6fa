#include "plan/spend.h"

#include "base/err.h"
#include "model/money.h"
#include "plan/plan.h"

bool spend_counts(const struct plan_step *s)
{
    return s->decl && s->decl->kind == DECL_RESOURCE && s->targeted && s->action != PLAN_LOOKUP;
}

bool spend_of_plan(const struct plan *p, struct spend *out, struct err *err)
{
    struct spend sum = {0};
    for (uint32_t i = 0; i < p->count; i++) {
        const struct plan_step *s = &p->steps[i];
        const struct plan_cost *c = &s->cost;
        if (!spend_counts(s))
            continue;
        if (!c->priced) {
            sum.unpriced++;
            continue;
        }
        sum.priced++;
        if (!money_add(sum.month_low, c->month_low, &sum.month_low) ||
            !money_add(sum.month_high, c->month_high, &sum.month_high) ||
            !money_add(sum.once_low, c->once_low, &sum.once_low) ||
            !money_add(sum.once_high, c->once_high, &sum.once_high)) {
            err_set(err, "plan.money", "the cost of this plan is beyond all money, at step '%s'", s->address);
            return err_advise(err, "look at its quantities and at the price books");
        }
    }
    *out = sum;
    return true;
}

static void narrow(bool *has, int64_t *limit, bool has_other, int64_t other)
{
    if (has_other && (!*has || other < *limit))
        *limit = other;
    *has = *has || has_other;
}

void spend_limit_narrow(struct spend_limit *limit, const struct spend_limit *by)
{
    narrow(&limit->has_month, &limit->month, by->has_month, by->month);
    narrow(&limit->has_once, &limit->once, by->has_once, by->once);
}
