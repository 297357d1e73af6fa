#include "run/account.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/plan.h"
#include "store/store.h"

bool account_is_open(const struct plan_step *s)
{
    bool is_known = s->action == PLAN_LOOKUP && s->observed;
    return s->targeted && (s->action != PLAN_KEEP || s->pending) && !is_known;
}

static int64_t count_open(const struct plan *plan)
{
    int64_t n = 0;
    for (uint32_t i = 0; i < plan->count; i++)
        n += account_is_open(&plan->steps[i]);
    return n;
}

/* An entry of an outline is "create DIGEST". */
static bool says(const char *entry, enum plan_action action)
{
    const char *name = plan_action_name(action);
    size_t length = strlen(name);
    return strncmp(entry, name, length) == 0 && entry[length] == ' ';
}

/* What was to be done and stands now, whoever did it: a person's step is done between two parts of a run.
 * What is in no plan any more was destroyed, if that was the intention; else it was taken out of the
 * playbook. */
static bool was_done(const struct plan *plan, const char *address, const char *entry)
{
    uint32_t i = plan_find(plan, address);
    if (says(entry, PLAN_LOOKUP))
        return false;
    if (i == UINT32_MAX)
        return says(entry, PLAN_DESTROY) || says(entry, PLAN_FORGET);
    return !account_is_open(&plan->steps[i]);
}

static int64_t count_done(const struct plan *plan, const char *outline)
{
    const struct value *all;
    struct err none;
    struct arena *tmp = arena_new();
    int64_t n = 0;
    if (outline && value_json_parse(tmp, outline, strlen(outline), &all, &none)) {
        const struct value *steps = value_get(all, "steps");
        for (size_t i = 0; value_kind(steps) == VALUE_MAP && i < steps->count; i++) {
            const char *entry = value_as_text(steps->pairs[i].value);
            n += entry && was_done(plan, steps->pairs[i].key, entry);
        }
    }
    arena_free(tmp);
    return n;
}

/* The outline says it exactly, but begins anew when another yes was given on the way: then the row knows of
 * more.  That may count a step that has to be done again, so that it is believed only as far as there is room
 * for what is open. */
void account_open(struct account *a, const struct plan *plan, const char *run_id, int64_t now_ms)
{
    const struct store_run *last = plan->truth->last_run;
    int64_t open = count_open(plan);
    *a = (struct account){.opened_ms = now_ms, .total = open};
    if (!last || !str_equal(last->run_id, run_id))
        return;
    int64_t counted = count_done(plan, last->plan), room = last->total - open;
    int64_t kept = last->done < room ? last->done : room;
    a->opened_ms = last->started_ms;
    a->before = counted > kept ? counted : kept > 0 ? kept : 0;
    a->total = last->total > a->before + open ? last->total : a->before + open;
}

int64_t account_total(const struct account *a, uint32_t ended)
{
    int64_t seen = a->before + ended;
    return seen > a->total ? seen : a->total;
}

int64_t account_done(const struct account *a, uint32_t done)
{
    return a->before + done;
}
