#include "cli/comparing.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "cli/session.h"
#include "launch/parity.h"
#include "model/diag.h"
#include "plan/plan.h"
#include "plan/reference.h"
#include "playbook/playbook.h"
#include "plugin/registry.h"
#include "region/project.h"
#include "region/region.h"
#include "store/store.h"

struct comparing {
    struct session *s;
    struct catalog catalog; /* of the session's drivers */
};

/* The types of a subsystem are the same whoever serves it.  A region may have an instance that the session's
 * has not, and its own drivers may need secrets that are not here: so any instance answers.  The next one,
 * from *at on; NULL: there is none, or something else is wrong than that an instance is missing. */
static const char *next_instance(const struct comparing *c, const char *subsystem, const struct err *err,
                                 size_t *at)
{
    size_t count;
    const struct driver *const *drivers = registry_drivers(c->s->registry, &count);
    while (*at < count && str_equal(err->code, "catalog.no_instance")) {
        const struct driver *d = drivers[(*at)++];
        if (str_equal(d->subsystem, subsystem))
            return d->instance;
    }
    return NULL;
}

static bool find_type(void *user, const char *subsystem, const char *instance, const char *type,
                      const struct catalog_type **out, struct err *err)
{
    const struct comparing *c = user;
    struct err none;
    size_t at = 0;
    bool found = c->catalog.type(c->catalog.user, subsystem, instance, type, out, err);
    for (const char *other; !found && (other = next_instance(c, subsystem, err, &at));)
        found = c->catalog.type(c->catalog.user, subsystem, other, type, out, &none);
    return found;
}

static bool find_call(void *user, const char *subsystem, const char *instance, const char *call,
                      const struct catalog_call **out, struct err *err)
{
    const struct comparing *c = user;
    struct err none;
    size_t at = 0;
    bool found = c->catalog.call(c->catalog.user, subsystem, instance, call, out, err);
    for (const char *other; !found && (other = next_instance(c, subsystem, err, &at));)
        found = c->catalog.call(c->catalog.user, subsystem, other, call, out, &none);
    return found;
}

static bool has_subsystem(void *user, const char *subsystem, struct err *err)
{
    const struct comparing *c = user;
    return c->catalog.subsystem(c->catalog.user, subsystem, err);
}

/* The other region, read once for its cost and for parity. */
struct comparing_other {
    const char *name;
    struct region *region;
    bool read;                 /* the playbook for it */
    const struct decls *decls; /* NULL: it did not go through, and this is why */
    struct err why_not;
};

/* Only what is declared is wanted, so the Lua world goes at once. */
static bool evaluate(struct comparing *c, const struct region *region, struct arena *mem,
                     const struct decls **out, struct err *err)
{
    struct catalog catalog = {.user = c, .subsystem = has_subsystem, .type = find_type, .call = find_call};
    struct playbook *playbook;
    if (!session_evaluate(c->s, region, catalog, mem, &playbook, err))
        return false;
    struct decls *decls = ARENA_NEW(mem, struct decls);
    *decls = *playbook_decls(playbook);
    *out = decls;
    playbook_free(playbook);
    return true;
}

/* What is wrong with its file is told to whoever asks first, and keeps nobody from asking again. */
static bool open_other(struct session *s, const char *name, struct diags *diags, struct err *err)
{
    struct region *region;
    if (s->other && str_equal(s->other->name, name))
        return true;
    if (!region_load(s->mem, s->project->folder, name, &region, diags, err))
        return false;
    s->other = ARENA_NEW(s->mem, struct comparing_other);
    *s->other = (struct comparing_other){.name = arena_text(s->mem, name), .region = region};
    return true;
}

static bool declare_other(struct comparing *c, const struct decls **out, struct err *err)
{
    struct comparing_other *other = c->s->other;
    if (!other->read && !evaluate(c, other->region, c->s->mem, &other->decls, &other->why_not))
        other->decls = NULL;
    other->read = true;
    if (other->decls)
        *out = other->decls;
    else
        *err = other->why_not;
    return other->decls != NULL;
}

/* Mixtures of the two are read for parity alone; what was read for a plan or its cost is in hand. */
static bool declare(void *user, const struct region *region, struct arena *mem, const struct decls **out,
                    struct err *err)
{
    struct comparing *c = user;
    if (region == c->s->other->region)
        return declare_other(c, out, err);
    if (region != c->s->region || !c->s->playbook)
        return evaluate(c, region, mem, out, err);
    *out = playbook_decls(c->s->playbook);
    return true;
}

bool comparing_make(struct session *s, const char *other, bool brief, struct parity **out, struct err *err)
{
    struct store_snapshot truth;
    struct comparing c = {.s = s, .catalog = registry_catalog(s->registry)};
    const char *path = file_join(s->mem, s->project->store, arena_print(s->mem, "%s.db", other));
    if (!open_other(s, other, &s->diags, err) || !store_read(s->mem, path, &truth, err))
        return false;
    struct parity_ask ask = {.left = s->region,
                             .right = s->other->region,
                             .catalog = c.catalog,
                             .evaluate = declare,
                             .user = &c,
                             .left_truth = &s->truth,
                             .right_truth = &truth,
                             .brief = brief};
    return parity_make(s->mem, &ask, out, err);
}

/* A part of a region compared with the whole of another would be a figure that says nothing. */
static bool is_whole(const struct plan *plan)
{
    if (!plan->region->from || plan->refresh_only || plan->destroy)
        return false;
    for (uint32_t i = 0; i < plan->count; i++) {
        if (!plan->steps[i].targeted)
            return false;
    }
    return true;
}

/* Declared by the same playbook, with the other region's facts. */
static void price_declared(struct session *s, const struct plan *plan, struct plan_reference *out)
{
    struct comparing c = {.s = s, .catalog = registry_catalog(s->registry)};
    struct reference_ask ask = {
        .plan = plan, .loop = s->loop, .registry = s->registry, .parallel = s->project->parallel};
    struct err err;
    if (declare_other(&c, &ask.decls, &err))
        reference_price(s->mem, &ask, out);
    else
        out->why_not = arena_print(s->mem, "the playbook does not go through for it: %s", err.summary);
}

void comparing_price(struct session *s, struct plan *plan)
{
    if (!is_whole(plan))
        return;
    struct plan_reference *out = ARENA_NEW(s->mem, struct plan_reference);
    struct diags diags;
    struct err err;
    diag_init(&diags, s->mem);
    out->region = plan->region->from;
    if (!open_other(s, plan->region->from, &diags, &err))
        out->why_not = arena_print(s->mem, "its file does not go through: %s", err.summary);
    else if (s->other->region->cost)
        reference_state(s->mem, plan->region, s->other->region, out);
    else
        price_declared(s, plan, out);
    plan->reference = out;
}
