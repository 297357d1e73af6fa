#include "cli/resuming.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/plan.h"

static enum plan_action action_of(const char *name)
{
    for (int a = PLAN_KEEP; a <= PLAN_FORGET; a++) {
        if (strcmp(plan_action_name((enum plan_action)a), name) == 0)
            return (enum plan_action)a;
    }
    return PLAN_KEEP;
}

/* The first five are ordered by strength; of the others each is a thing of its own.  Letting go of a row that
 * was to be destroyed, and is gone, is less. */
static bool is_covered(enum plan_action agreed, enum plan_action now)
{
    if (now == agreed)
        return true;
    if (now == PLAN_FORGET)
        return agreed == PLAN_DESTROY;
    return now <= PLAN_DESTROY && agreed <= PLAN_DESTROY && now < agreed;
}

/* These do nothing to the world. */
static bool is_harmless(enum plan_action a)
{
    return a == PLAN_KEEP || a == PLAN_LOOKUP || a == PLAN_WAIT || a == PLAN_TODO;
}

/* A yes given for "create" is no yes for whatever the step has become; but what is harmless needs none. */
void resuming_compare(struct arena *mem, const char *outline, const struct plan *now,
                      struct resuming_difference **out, size_t *count)
{
    const struct value *agreed = NULL;
    struct err none;
    if (outline && !value_json_parse(mem, outline, strlen(outline), &agreed, &none))
        agreed = NULL;
    *out = ARENA_ARRAY(mem, struct resuming_difference, now->count + 1);
    *count = 0;
    for (uint32_t i = 0; i < now->count; i++) {
        const struct plan_step *s = &now->steps[i];
        if (!s->targeted || is_harmless(s->action))
            continue;
        const char *before = value_get_text(agreed, s->address, NULL);
        if (before && is_covered(action_of(before), s->action))
            continue;
        (*out)[(*count)++] = (struct resuming_difference){s->address, before, plan_action_name(s->action)};
    }
}
