#include "plan/reference.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/err.h"
#include "model/decl.h"
#include "model/diag.h"
#include "model/expr.h"
#include "model/money.h"
#include "model/schema.h"
#include "model/value.h"
#include "plan/estimates.h"
#include "plan/price.h"
#include "plugin/op.h"
#include "plugin/registry.h"
#include "region/rates.h"
#include "region/region.h"

#define PARALLEL 256 /* as a plan has it */

struct pricing {
    struct arena *mem; /* until the sums are made */
    const struct reference_ask *ask;
    struct plan costed; /* the declarations as steps, with nothing but their costs */
};

/* ---- what is declared ------------------------------------------------------------------------ */

/* Another step's attribute is known where it is written down as it is; whatever a service would have to say
 * is not, and neither is what is computed from it. */
static bool find_declared(void *user, const struct expr *ref, const struct value **out, struct err *err)
{
    (void)err;
    const struct pricing *p = user;
    const struct decl *d = decl_find(p->ask->decls, ref->address);
    const struct value *v = d && d->kind == DECL_RESOURCE ? value_get(d->attrs, ref->path) : NULL;
    *out = v && !value_has_expr(v) ? v : NULL;
    return true;
}

/* Nothing is computed with what is not known, and a function of the playbook is asked for nothing else. */
static bool call_nothing(void *user, uint32_t fn, const struct value *arg, struct arena *mem,
                         const struct value **out, struct err *err)
{
    (void)user;
    (void)fn;
    (void)arg;
    (void)mem;
    (void)err;
    *out = value_unknown(VALUE_ANY);
    return true;
}

/* No driver gets to see a secret that is not its own. */
static const struct value *without_secrets(struct arena *mem, const struct value *v)
{
    for (size_t k = 0; value_kind(v) == VALUE_MAP && k < v->count; k++) {
        if (value_has_secret(v->pairs[k].value))
            v = value_with_key(mem, v, v->pairs[k].key, value_unknown(VALUE_ANY));
    }
    return v;
}

/* What a first plan would promise, or NULL when the type refuses it: fallbacks filled in, computed attributes
 * unknown. */
static const struct value *promise_of(struct pricing *p, const struct decl *d,
                                      const struct contract_type *type)
{
    const struct expr_world world = {.user = p, .find = find_declared, .call = call_nothing};
    const struct value *v, *promise = NULL;
    struct schema_diffs none = {0};
    struct diags diags;
    struct err err;
    diag_init(&diags, p->mem);
    if (!expr_eval(p->mem, d->attrs, &world, &v, &err))
        return NULL;
    v = schema_check(p->mem, type->facts.schema, v, d->address, NULL, &diags);
    if (diags.errors > 0)
        return NULL;
    schema_compare(p->mem, type->facts.schema, NULL, without_secrets(p->mem, v), &none, &promise);
    return promise;
}

/* ---- what it costs --------------------------------------------------------------------------- */

static void told(void *user, uint32_t i, const struct op_result *result)
{
    struct pricing *p = user;
    struct plan_step *s = &p->costed.steps[i];
    const struct price_ask ask = {
        .books = p->ask->plan->prices, .region = p->ask->plan->region, .guess = s->decl->meta.guess};
    struct err err;
    if (result->status != LF_END_OK)
        price_by_guess(ask.guess, "the driver could not estimate it", &s->cost);
    else if (!price_of(p->mem, &ask, result->costs, result->cost_count, &s->cost, NULL, &err))
        price_by_guess(ask.guess, arena_text(p->mem, err.summary), &s->cost);
}

/* The other region may have an instance that this one has not: any driver of the subsystem can say what its
 * types take. */
static const struct driver *find_driver(const struct registry *registry, const struct decl *d)
{
    size_t count;
    const struct driver *found = registry_find(registry, d->subsystem, d->instance);
    const struct driver *const *all = registry_drivers(registry, &count);
    for (size_t i = 0; i < count && !found; i++)
        found = strcmp(all[i]->subsystem, d->subsystem) == 0 ? all[i] : NULL;
    return found;
}

static void price_resource(struct pricing *p, struct estimates *estimates, uint32_t i)
{
    struct plan_step *s = &p->costed.steps[i];
    const struct decl *d = s->decl;
    const struct driver *driver = find_driver(p->ask->registry, d);
    const struct contract_type *type = driver ? driver_type(driver, d->type) : NULL;
    const struct value *promise = type && type->has_estimate ? promise_of(p, d, type) : NULL;
    if (!promise) {
        price_by_guess(d->meta.guess,
                       type ? "it cannot be estimated from its declaration alone" : "no driver has its type",
                       &s->cost);
        return;
    }
    estimates_ask(
        estimates, i,
        &(struct estimate_ask){.driver = driver, .type = type, .address = d->address, .desired = promise});
}

static void price_all(struct pricing *p)
{
    struct estimates estimates = {.loop = p->ask->loop,
                                  .most = p->ask->parallel ? p->ask->parallel : PARALLEL,
                                  .user = p,
                                  .told = told};
    for (uint32_t i = 0; i < p->costed.count; i++) {
        const struct decl *d = &p->ask->decls->at[i];
        p->costed.steps[i] = (struct plan_step){.address = d->address, .decl = d, .targeted = true};
        if (d->kind == DECL_RESOURCE)
            price_resource(p, &estimates, i);
        else
            price_by_guess(d->meta.guess, NULL, &p->costed.steps[i].cost);
    }
    estimates_wait(&estimates);
}

/* Anything beyond all money is a mistake in a file, and no figure to be compared with. */
static bool sum_up(struct arena *mem, const struct pricing *p, struct plan_reference *out, struct err *err)
{
    for (uint32_t i = 0; i < p->costed.count; i++) {
        if (!cost_table_add(&out->sum, &p->costed.steps[i]))
            return err_set(err, "cost.overflow", "it comes to more money than can be counted");
    }
    for (int by = 0; by < COST_TABLE_WAYS; by++) {
        if (!cost_table_make(mem, &p->costed, (enum cost_table_by)by, &out->tables[by], err))
            return false;
    }
    return true;
}

void reference_price(struct arena *mem, const struct reference_ask *ask, struct plan_reference *out)
{
    struct pricing p = {.mem = arena_new(), .ask = ask};
    struct plan_reference made = {.region = out->region};
    struct err err;
    p.costed =
        (struct plan){.region = ask->plan->region, .decls = ask->decls, .count = (uint32_t)ask->decls->count};
    p.costed.steps = ARENA_ARRAY(p.mem, struct plan_step, ask->decls->count + 1);
    price_all(&p);
    if (!sum_up(mem, &p, &made, &err))
        made = (struct plan_reference){.region = out->region, .why_not = arena_text(mem, err.summary)};
    else if (!made.sum.cost.priced)
        made.why_not = "none of its steps is priced here";
    made.month = made.sum.cost.month_expected;
    *out = made;
    arena_free(p.mem);
}

/* ---- what is stated -------------------------------------------------------------------------- */

/* Checked when the file was read. */
static int64_t stated_amount(const struct value *v)
{
    struct err unused;
    int64_t amount = 0;
    if (value_kind(v) == VALUE_INT)
        return v->number * MONEY_UNIT;
    return value_as_text(v) && money_parse(v->text, &amount, &unused) ? amount : 0;
}

void reference_state(struct arena *mem, const struct region *own, const struct region *other,
                     struct plan_reference *out)
{
    bool same = strcmp(own->currency, other->currency) == 0;
    const struct rates_one *rate = same ? NULL : rates_find(own->rates, other->currency);
    out->month = stated_amount(value_get(other->cost, "monthly"));
    out->dated = value_get_text(other->cost, "dated", NULL);
    if (same)
        return;
    if (!rate)
        out->why_not =
            arena_print(mem, "its file states its cost in %s: 'rates' in regions/%s.yaml can convert it",
                        other->currency, own->name);
    else if (!money_convert(out->month, 1000, rate->rate, &out->month))
        out->why_not = "its stated cost is more money than can be counted";
}

const struct cost_table_sum *reference_row(const struct plan_reference *r, enum cost_table_by by,
                                           const char *name)
{
    for (size_t k = 0; k < r->tables[by].count; k++)
        if (strcmp(r->tables[by].rows[k].name, name) == 0)
            return &r->tables[by].rows[k].sum;
    return NULL;
}
