#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/err.h"
#include "base/str.h"
#include "model/value.h"
#include "plan/approval.h"
#include "plan/plan.h"
#include "plan/plan_file.h"
#include "region/approvals.h"

struct subject {
    struct arena *mem;
    struct approval_subject *out;
    ARRAY(const char *) shared;
    ARRAY(const char *) irreversible;
};

static enum plan_action action_of(const char *name)
{
    for (int a = PLAN_KEEP; a <= PLAN_FORGET; a++) {
        if (strcmp(plan_action_name((enum plan_action)a), name) == 0)
            return (enum plan_action)a;
    }
    return PLAN_KEEP;
}

/* Does something to the world, or to what is remembered of it; a probe does neither. */
static bool is_change(enum plan_action a)
{
    return (a >= PLAN_UPDATE && a <= PLAN_DESTROY) || a == PLAN_RUN || a == PLAN_FORGET;
}

static uint32_t classes_of(enum plan_action action, bool shared, bool irreversible)
{
    uint32_t bits = (irreversible ? APPROVALS_BIT(APPROVALS_IRREVERSIBLE) : 0) |
                    (shared ? APPROVALS_BIT(APPROVALS_SHARED) : 0);
    if (!is_change(action) && !irreversible)
        return 0;
    return bits ? bits : APPROVALS_BIT(APPROVALS_LOCAL);
}

uint32_t approval_classes_of(const struct plan *plan)
{
    uint32_t bits = 0;
    for (uint32_t i = 0; !plan->refresh_only && i < plan->count; i++) {
        const struct plan_step *s = &plan->steps[i];
        if (s->targeted)
            bits |= classes_of(s->action, s->shared, plan_loses_data(s));
    }
    return bits;
}

static void read_step(struct subject *s, const struct value *step)
{
    const char *name = value_get_text(step, "action", "");
    enum plan_action action = action_of(name);
    bool irreversible = value_get_bool(step, "irreversible", false);
    bool shared = value_get_bool(step, "shared", false);
    if (!value_get_bool(step, "targeted", false))
        return;
    s->out->by_action[action]++;
    uint32_t classes = classes_of(action, shared, irreversible);
    if (classes == 0)
        return;
    s->out->classes |= classes;
    const char *text = arena_print(s->mem, "%s %s", name, value_get_text(step, "address", "?"));
    if (classes & APPROVALS_BIT(APPROVALS_IRREVERSIBLE))
        ARRAY_PUSH(&s->irreversible, text);
    if (classes & APPROVALS_BIT(APPROVALS_SHARED))
        ARRAY_PUSH(&s->shared, text);
}

static bool read_number(const struct value *v, int64_t *out)
{
    const char *text = value_as_text(v);
    return text && str_to_int(text, out);
}

static bool read_cost(const struct value *cost, struct approval_subject *out)
{
    const struct value *month = value_get(cost, "monthly"), *once = value_get(cost, "one_off");
    int64_t priced = value_get_int(cost, "priced", -1), unpriced = value_get_int(cost, "unpriced", -1);
    out->currency = value_get_text(cost, "currency", NULL);
    if (!out->currency || priced < 0 || unpriced < 0)
        return false;
    out->spend.priced = (uint32_t)priced;
    out->spend.unpriced = (uint32_t)unpriced;
    return read_number(value_item(month, 0), &out->spend.month_low) &&
           read_number(value_item(month, 1), &out->spend.month_high) &&
           read_number(value_item(once, 0), &out->spend.once_low) &&
           read_number(value_item(once, 1), &out->spend.once_high);
}

bool approval_subject_of(struct arena *mem, const struct plan_file *file, struct approval_subject *out,
                         struct err *err)
{
    struct approval_subject subject = {
        .region = file->region, .digest = file->digest, .lineage = file->lineage, .planned_by = file->by};
    subject.is_first = value_get(file->body, "follows") == NULL;
    const struct value *steps = value_get(file->body, "steps");
    struct subject s = {.mem = mem, .out = &subject};
    if (!read_cost(value_get(file->body, "cost"), &subject) || !*file->by) {
        err_set(err, "approval.old_plan", "this plan does not say what it costs, or who made it");
        return err_advise(err, "an older landfall made it; plan again: landfall plan %s -o FILE",
                          file->region);
    }
    /* Refreshing changes nothing in the world, whatever the steps would otherwise be. */
    bool refreshes = value_get_bool(file->body, "refresh_only", false);
    for (size_t i = 0; !refreshes && value_kind(steps) == VALUE_LIST && i < steps->count; i++)
        read_step(&s, steps->items[i]);
    subject.shared_count = s.shared.count;
    subject.shared = ARRAY_KEEP(&s.shared, mem);
    subject.irreversible_count = s.irreversible.count;
    subject.irreversible = ARRAY_KEEP(&s.irreversible, mem);
    ARRAY_DONE(&s.shared);
    ARRAY_DONE(&s.irreversible);
    *out = subject;
    return true;
}
