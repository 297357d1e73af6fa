#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/zone.h"
#include "model/diag.h"
#include "model/expr.h"
#include "model/path.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/planner.h"
#include "plan/residence.h"
#include "plugin/host_secret.h"
#include "plugin/registry.h"
#include "region/region.h"
#include "region/residency.h"
#include "store/store.h"

/* ---- two steps, one object ------------------------------------------------------------------- */

/* `dns.record "www" "A" (dns.zone.apex.id)`: what the service knows the object by, or NULL when it has no
 * natural key.  What is known later is told apart by where it comes from: one reference gives one value. */
static const char *natural_key(struct arena *mem, const struct plan_step *s, struct buf *scratch)
{
    const struct schema *schema = s->type->facts.schema;
    bool any = false;
    const char *instance = s->decl ? s->decl->instance : s->row->instance;
    buf_clear(scratch);
    buf_print(scratch, "%s%s%s.%s", s->type->facts.subsystem, instance[0] ? "/" : "", instance,
              s->type->facts.name);
    for (size_t k = 0; k < schema->count; k++) {
        if (!(schema->attrs[k].flags & SCHEMA_KEY))
            continue;
        const struct value *is = s->desired ? s->desired : s->decl ? s->promise : s->observed;
        const struct value *v = value_get(is, schema->attrs[k].name);
        if (s->decl && value_has_unknown(v))
            v = value_get(s->decl->attrs, schema->attrs[k].name);
        if (value_has_unknown(v))
            return NULL;
        buf_char(scratch, ' ');
        if (value_kind(v) == VALUE_EXPR)
            expr_print(scratch, v->expr);
        else
            value_json_print(scratch, v);
        any = true;
    }
    return any ? buf_keep(scratch, mem) : NULL;
}

static void report_twins(struct planner *p, const struct plan_step *a, const struct plan_step *b,
                         const char *key)
{
    const struct plan_step *made = b->decl ? b : a, *other = b->decl ? a : b;
    uint32_t i = (uint32_t)(made - p->plan->steps);
    if (a->decl && b->decl)
        planner_error(p, i, "plan.same_object", NULL,
                      arena_print(p->mem, "'%s' and '%s' are the same object: both are %s", made->address,
                                  other->address, key),
                      arena_print(p->mem, "give one of them another name; '%s' is declared at %s:%u",
                                  other->address, other->decl->file, other->decl->line));
    else
        planner_error(
            p, i, "plan.renamed", NULL,
            arena_print(
                p->mem,
                "'%s' would be made under the name that '%s' has, which is no longer declared: both are %s",
                made->address, other->address, key),
            arena_print(p->mem,
                        "if the step was only renamed, say so: landfall.moved { from = \"%s\", to = \"%s\" "
                        "}; to build it "
                        "anew, apply once without it",
                        other->address, made->address));
}

/* Has it a place among the objects there will be: declared, or standing and to be destroyed? */
static bool has_object(const struct plan_step *s)
{
    if (!s->type || s->broken)
        return false;
    return s->decl ? s->decl->kind == DECL_RESOURCE : s->action == PLAN_DESTROY && s->row && s->observed;
}

static void check_natural_keys(struct planner *p)
{
    struct arena *tmp = arena_new();
    struct map *seen = map_new();
    struct buf scratch;
    buf_init(&scratch, 0);
    for (uint32_t i = 0; i < p->plan->count; i++) {
        const struct plan_step *s = &p->plan->steps[i];
        if (!has_object(s))
            continue;
        const char *key = natural_key(tmp, s, &scratch);
        const struct plan_step *other = key ? map_find(seen, key) : NULL;
        if (key && !other)
            map_put(seen, key, (void *)s);
        if (other)
            report_twins(p, other, s, key);
    }
    buf_done(&scratch);
    map_free(seen);
    arena_free(tmp);
}

/* ---- protection ------------------------------------------------------------------------------ */

static void check_protection(struct planner *p)
{
    for (uint32_t i = 0; i < p->plan->count; i++) {
        const struct plan_step *s = &p->plan->steps[i];
        bool guarded = s->decl ? s->decl->meta.protect : s->row && s->row->protect;
        if (!guarded || !s->targeted || (s->action != PLAN_REPLACE && s->action != PLAN_DESTROY))
            continue;
        planner_error(p, i, "plan.protected", s->because ? s->because[0] : NULL,
                      arena_print(p->mem, "'%s' is protected, and the plan would %s it: %s", s->address,
                                  plan_action_name(s->action), s->reason),
                      s->decl ? "take the change back, or set `protect = false` in its step table and apply "
                                "that first"
                      : p->plan->destroy ? "set `protect = false` in its step table and apply that first"
                                         : "declare it again with `protect = false` and apply that first");
    }
}

/* A protection that is declared and not yet applied protects from nothing but this playbook's own plans: say
 * so. */
static void check_remembered_protection(struct planner *p)
{
    for (uint32_t i = 0; i < p->plan->count; i++) {
        const struct plan_step *s = &p->plan->steps[i];
        if (!s->decl || s->action != PLAN_KEEP || !s->row || !s->decl->meta.protect || s->row->protect)
            continue;
        struct diag one = {
            .severity = DIAG_WARNING,
            .code = "plan.protection_not_applied",
            .address = s->address,
            .where = planner_where(p, i),
            .summary = arena_print(p->mem, "'%s' is declared protected and was built without", s->address),
            .advice = "apply once: until then `landfall destroy` does not know of it"};
        diag_add(p->diags, &one);
    }
}

/* ---- people ---------------------------------------------------------------------------------- */

static void check_deadlines(struct planner *p)
{
    const int64_t now_ms = p->ask->wall_ms;
    int64_t end_ms;
    for (uint32_t i = 0; i < p->plan->count && now_ms > 0; i++) {
        const struct plan_step *s = &p->plan->steps[i];
        const char *due = s->action == PLAN_WAIT ? value_get_text(s->desired, "deadline", NULL) : NULL;
        if (!due || !zone_day_end(p->plan->region->timezone, due, &end_ms) || now_ms < end_ms)
            continue;
        struct diag one = {.severity = DIAG_WARNING,
                           .code = "plan.overdue",
                           .address = s->address,
                           .where = planner_where(p, i),
                           .summary = arena_print(p->mem, "'%s' was due %s", s->address, due),
                           .advice = "see to it, or give it another deadline: no new signature is needed"};
        diag_add(p->diags, &one);
    }
}

/* ---- residency ------------------------------------------------------------------------------- */

/* Steps whose type tells no place: said once, with the first few, since nobody can do anything about one of
 * them in particular. */
struct untold {
    struct buf names;
    size_t count;
};

#define UNTOLD_NAMED 3

static bool tells_place(const struct contract_type *type)
{
    const struct schema *schema = type->facts.schema;
    for (size_t k = 0; k < schema->count; k++)
        if (schema->attrs[k].flags & SCHEMA_PLACE)
            return true;
    return false;
}

static bool holds_data(const struct plan_step *s)
{
    return s->decl && s->type && s->driver && !s->broken && s->decl->meta.holds_count > 0;
}

/* Where it will be as far as anybody can say before it is built: what is promised or there, else what is
 * asked for.  What is told when it stands is read back then. */
static void check_step_residency(struct planner *p, uint32_t i, struct untold *untold)
{
    const struct plan_step *s = &p->plan->steps[i];
    const struct residence_ask ask = {.region = p->plan->region,
                                      .driver = s->driver,
                                      .type = s->type,
                                      .address = s->address,
                                      .holds = value_list(p->mem, NULL, 0),
                                      .asked = s->desired ? s->desired : s->decl->attrs,
                                      .state = s->promise ? s->promise : s->observed};
    struct residence is;
    residence_judge(p->mem, &ask, &is);
    struct residency_use use = {.address = s->address,
                                .holds = s->decl->meta.holds,
                                .holds_count = s->decl->meta.holds_count,
                                .place = is.told ? is.told : is.asked,
                                .where = planner_where(p, i)};
    residency_check(p->plan->region, &use, 1, p->diags);
    if (tells_place(s->type))
        return;
    if (untold->count++ < UNTOLD_NAMED)
        buf_print(&untold->names, "%s'%s'", untold->names.count ? ", " : "", s->address);
}

static void say_untold(struct planner *p, const struct untold *untold)
{
    if (untold->count == 0)
        return;
    const char *more = untold->count > UNTOLD_NAMED
                           ? arena_print(p->mem, " and %zu more", untold->count - UNTOLD_NAMED)
                           : "";
    struct diag one = {
        .severity = DIAG_WARNING,
        .code = "residency.untold",
        .summary = arena_print(p->mem, "nobody will tell where the data of %s%s is", untold->names.at, more),
        .detail = "their types have no place; that they are where the region is, is taken from nothing but "
                  "their drivers block",
        .advice = arena_print(p->mem, "know it by other means; landfall residency %s lists them as not told",
                              p->plan->region->name)};
    diag_add(p->diags, &one);
}

static void check_residency(struct planner *p)
{
    struct untold untold = {0};
    if (!p->plan->region->residency)
        return;
    buf_init(&untold.names, 0);
    for (uint32_t i = 0; i < p->plan->count; i++)
        if (holds_data(&p->plan->steps[i]))
            check_step_residency(p, i, &untold);
    say_untold(p, &untold);
    buf_done(&untold.names);
}

/* ---- secrets ----------------------------------------------------------------------------------- */

/* Can what it is given be opened, and what it makes be kept?  A secret that cannot be sealed would be told
 * once and be lost. */
static bool can_go_on(const struct plan_step *s, struct arena *tmp, const char **what, struct err *err)
{
    const struct value *unused;
    *what = "needs";
    if (!host_secret_bytes(tmp, s->driver->host, s->desired, &unused, err))
        return false;
    *what = "makes";
    return !host_secret_is_made(s->type->facts.schema) || host_secret_can_keep(s->driver->host, err);
}

/* Asked before anything is changed, or taken down to make room. */
static void check_secrets(struct planner *p)
{
    struct arena *tmp = arena_new();
    for (uint32_t i = 0; i < p->plan->count; i++) {
        const struct plan_step *s = &p->plan->steps[i];
        struct err err;
        const char *what;
        bool changes = s->action == PLAN_CREATE || s->action == PLAN_UPDATE || s->action == PLAN_REPLACE;
        if (!changes || !s->targeted || s->broken || !s->decl || !s->type || can_go_on(s, tmp, &what, &err))
            continue;
        planner_error(p, i, err.code, NULL,
                      arena_print(p->mem, "'%s' %s a secret: %s", s->address, what, err.summary),
                      err.advice[0] ? arena_text(p->mem, err.advice) : NULL);
    }
    arena_free(tmp);
}

void rules_check(struct planner *p)
{
    if (!p->plan->destroy && !p->plan->refresh_only) {
        check_natural_keys(p);
        check_residency(p);
        check_secrets(p);
        check_deadlines(p);
    }
    if (!p->plan->refresh_only) {
        check_protection(p);
        check_remembered_protection(p);
    }
}
