#include "plan/taken.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "model/decl.h"
#include "model/expr.h"
#include "plan/plan.h"
#include "plugin/contract.h"
#include "plugin/registry.h"

#define AWAITED_MAX 3 /* steps that are named; of more it is said that there are more */

/* Every landfall's marker begins so: of another region, another project, or of a store that was lost. */
static bool is_marked(const struct taken *t)
{
    return t->marker && str_starts(t->marker, "lf1.");
}

bool taken_is_others(const struct taken *t, struct taken_owner *out)
{
    return is_marked(t) && !t->own && t->others && t->others->owner(t->others->user, t->marker, out);
}

const char *taken_whose(struct arena *mem, const struct taken *t)
{
    struct taken_owner owner;
    if (taken_is_others(t, &owner))
        return arena_print(mem, "it belongs to region '%s' (%s)", owner.region, owner.address);
    return t->marker ? arena_print(mem, "it carries the marker %s", t->marker) : "it is not ours";
}

const char *taken_reason(struct arena *mem, const struct taken *t, const char *note)
{
    const char *whose =
        arena_print(mem, "something with this name is there already, and %s", taken_whose(mem, t));
    return note ? arena_print(mem, "%s (%s)", whose, note) : whose;
}

const char *taken_hindrance(const struct contract_type *type)
{
    return !type->has_find     ? "it cannot be adopted: its driver cannot look it up by its name"
           : !type->has_update ? "it cannot be adopted: its driver cannot change it in place"
                               : NULL;
}

struct awaited {
    const struct plan *plan;
    const char *at[AWAITED_MAX];
    size_t count;
    bool more;
};

static bool await(void *user, const struct expr *ref)
{
    struct awaited *w = user;
    uint32_t i = plan_find(w->plan, ref->address);
    if (i == UINT32_MAX || plan_knows(&w->plan->steps[i], ref->path))
        return true;
    for (size_t k = 0; k < w->count; k++) {
        if (str_equal(w->at[k], ref->address))
            return true;
    }
    if (w->count < AWAITED_MAX)
        w->at[w->count++] = ref->address;
    else
        w->more = true;
    return !w->more;
}

const char *taken_awaited(struct arena *mem, const struct plan *plan, const struct plan_step *s)
{
    struct awaited w = {.plan = plan};
    struct buf text;
    if (!s->unknown || !s->decl)
        return NULL;
    expr_each_ref(s->decl->attrs, await, &w);
    if (w.count == 0)
        return NULL;
    buf_init(&text, 0);
    for (size_t k = 0; k < w.count; k++)
        buf_print(&text, "%s%s", k ? ", " : "", w.at[k]);
    if (w.more)
        buf_text(&text, " and more");
    const char *kept = buf_keep(&text, mem);
    buf_done(&text);
    return kept;
}

const char *taken_apart(struct arena *mem, const struct taken *t, const struct taken_owner *owner)
{
    const struct driver *d = t->driver;
    return arena_print(mem,
                       "two regions cannot have it both: give the step another name, or let '%s%s%s' in the "
                       "drivers block of regions/%s.yaml work elsewhere than that of region '%s' does",
                       d->subsystem, d->instance[0] ? "/" : "", d->instance, t->region, owner->region);
}

/* A marker is made of its store's lineage, its region and its address: one of another lineage is taken over
 * where the other two are the same. */
const char *taken_adoption(struct arena *mem, const struct taken *t)
{
    const char *after = t->before ? arena_print(mem, "after %s, ", t->before) : "";
    if (is_marked(t) && !t->own)
        return arena_print(
            mem,
            "if a lost store of region '%s' made it for this step, %s`landfall adopt %s %s --yes "
            "--why TEXT --lineage OLD` with that store's lineage to take it over",
            t->region, after, t->region, t->address);
    return arena_print(mem, "%s`landfall adopt %s %s --yes --why TEXT` to take it over",
                       t->before ? after : "then ", t->region, t->address);
}

const char *taken_advice(struct arena *mem, const struct taken *t, const char *else_do)
{
    struct taken_owner owner;
    if (taken_is_others(t, &owner))
        return arena_print(mem, "%s%s", taken_apart(mem, t, &owner), else_do);
    if (t->hindrance)
        return arena_print(mem, "give the step another name, remove or rename what is there%s; %s", else_do,
                           t->hindrance);
    return arena_print(mem, "look at it; %s, or give the step another name%s", taken_adoption(mem, t),
                       else_do);
}
