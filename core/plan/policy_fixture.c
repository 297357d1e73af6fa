#include "plan/policy_fixture.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "model/addr.h"
#include "model/money.h"
#include "model/schema.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/plan.h"
#include "plugin/contract.h"
#include "plugin/registry.h"
#include "region/region.h"
#include "store/store.h"

static const char *const plan_keys[] = {"apply",  "approval",  "budget", "destroy",
                                        "region", "residency", "steps",  NULL};
/* Without a word: created, by a type that has the attributes of `desired`, in the region's place. */
static const char *const step_keys[] = {"action",   "conflict",   "cost",  "desired", "driver",  "holds",
                                        "instance", "keeps_data", "owner", "place",   "protect", "reason",
                                        "shared",   "stage",      "takes", NULL};
/* Amounts as region files write them: whole numbers, or text.  An empty table: it costs something, and nobody
 * knows how much. */
static const char *const cost_keys[] = {"guess",         "month_expected", "month_high", "month_low",
                                        "once_expected", "once_high",      "once_low",   NULL};

struct fixture {
    struct arena *mem;
    const char *file;
    uint32_t line;
    struct plan *plan;
    struct region *region;
};

static bool is_empty(const struct value *v)
{
    return !v || ((v->kind == VALUE_LIST || v->kind == VALUE_MAP) && v->count == 0);
}

bool policy_fixture_check(const struct value *map, const char *what, const char *const *known,
                          struct err *err)
{
    size_t count = 0;
    if (is_empty(map))
        return true;
    if (map->kind != VALUE_MAP) {
        err_set(err, "policy.case", "%s is no table of names and values", what);
        return err_advise(err, "write { %s = ... }", known[0]);
    }
    while (known[count])
        count++;
    for (size_t i = 0; i < map->count; i++) {
        size_t k = 0;
        while (k < count && strcmp(known[k], map->pairs[i].key) != 0)
            k++;
        if (k < count)
            continue;
        const char *near = str_nearest(map->pairs[i].key, known, count);
        err_set(err, "policy.case", "%s takes no '%s'", what, map->pairs[i].key);
        return near ? err_advise(err, "did you mean '%s'?", near)
                    : err_advise(err, "the README lists what a case may say");
    }
    return true;
}

static const char *const *texts_of(struct arena *mem, const struct value *list, size_t *count)
{
    size_t most = value_kind(list) == VALUE_LIST ? list->count : 0;
    const char **at = ARENA_ARRAY(mem, const char *, most + 1);
    *count = 0;
    for (size_t i = 0; i < most; i++) {
        if (value_as_text(list->items[i]))
            at[(*count)++] = list->items[i]->text;
    }
    return at;
}

/* ---- a step ---------------------------------------------------------------------------------------- */

static bool action_of(const struct value *v, enum plan_action otherwise, enum plan_action *out,
                      struct err *err)
{
    const char *names[PLAN_FORGET];
    const char *text = value_get_text(v, "action", NULL);
    *out = otherwise;
    for (unsigned a = PLAN_KEEP; a <= PLAN_FORGET; a++) {
        names[a - 1] = plan_action_name((enum plan_action)a);
        if (text && strcmp(names[a - 1], text) == 0)
            *out = (enum plan_action)a;
    }
    if (!text || strcmp(plan_action_name(*out), text) == 0)
        return true;
    const char *near = str_nearest(text, names, COUNT_OF(names));
    err_set(err, "policy.case", "there is no action '%s'", text);
    return err_advise(err, near ? "did you mean '%s'?" : "actions are create, update, keep, ...%s",
                      near ? near : "");
}

static enum decl_kind kind_of(const char *address, enum plan_action *usual)
{
    static const struct {
        const char *prefix;
        enum decl_kind kind;
        enum plan_action usual;
    } kinds[] = {{"action.", DECL_ACTION, PLAN_RUN},
                 {"check.", DECL_CHECK, PLAN_CHECK},
                 {"human.", DECL_HUMAN, PLAN_WAIT},
                 {"todo.", DECL_TODO, PLAN_TODO}};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (str_starts(address, kinds[i].prefix)) {
            *usual = kinds[i].usual;
            return kinds[i].kind;
        }
    }
    *usual = PLAN_CREATE;
    return DECL_RESOURCE;
}

/* The attributes that are there, those the step says its type takes besides, and the place. */
static const struct contract_type *type_of(struct fixture *f, const struct value *v,
                                           const struct value *desired, const char *subsystem,
                                           const char *name)
{
    size_t take_count, count = 0;
    const char *const *takes = texts_of(f->mem, value_get(v, "takes"), &take_count);
    const struct value *all = desired;
    for (size_t i = 0; i < take_count; i++) {
        if (!value_get(all, takes[i]))
            all = value_with_key(f->mem, all, takes[i], value_null());
    }
    if (value_get(v, "place"))
        all = value_with_key(f->mem, all, "place", value_null());
    struct schema_attr *attrs = ARENA_ARRAY(f->mem, struct schema_attr, all->count + 1);
    for (size_t i = 0; i < all->count; i++)
        attrs[count++] =
            (struct schema_attr){.name = all->pairs[i].key,
                                 .kind = VALUE_ANY,
                                 .flags = strcmp(all->pairs[i].key, "place") == 0 ? SCHEMA_PLACE : 0};
    struct schema *schema = ARENA_NEW(f->mem, struct schema);
    *schema = (struct schema){.version = 1, .attrs = attrs, .count = count};
    struct contract_type *type = ARENA_NEW(f->mem, struct contract_type);
    type->facts =
        (struct catalog_type){.subsystem = subsystem,
                              .name = name,
                              .schema = schema,
                              .traits = value_get_bool(v, "keeps_data", false) ? CATALOG_HOLDS_DATA : 0};
    type->pool = "";
    return type;
}

/* One number stands for all three. */
static bool amounts_of(struct arena *mem, const struct value *map, const char *const keys[3], int64_t *out[3],
                       struct err *err)
{
    bool any = false;
    for (size_t i = 0; i < 3; i++) {
        const struct value *v = value_get(map, keys[i]);
        int64_t before = i > 0 && any ? *out[i - 1] : 0;
        *out[i] = before;
        if (value_kind(v) == VALUE_NULL)
            continue;
        if (!money_parse(v->kind == VALUE_TEXT ? v->text : value_json_text(mem, v), out[i], err))
            return false;
        any = true;
    }
    return true;
}

static bool add_cost(struct plan_cost *sum, const struct plan_cost *c)
{
    sum->priced = true;
    return money_add(sum->month_low, c->month_low, &sum->month_low) &&
           money_add(sum->month_expected, c->month_expected, &sum->month_expected) &&
           money_add(sum->month_high, c->month_high, &sum->month_high) &&
           money_add(sum->once_low, c->once_low, &sum->once_low) &&
           money_add(sum->once_expected, c->once_expected, &sum->once_expected) &&
           money_add(sum->once_high, c->once_high, &sum->once_high);
}

static bool cost_of(struct fixture *f, const struct value *v, struct plan_cost *out, struct err *err)
{
    static const char *const month[] = {"month_low", "month_expected", "month_high"};
    static const char *const once[] = {"once_low", "once_expected", "once_high"};
    const struct value *map = value_get(v, "cost");
    struct plan_totals *t = &f->plan->totals;
    if (!map)
        return true;
    t->priceable++;
    if (is_empty(map)) {
        out->why_not = "no price";
        return true;
    }
    if (!policy_fixture_check(map, "a step's cost", cost_keys, err) ||
        !amounts_of(f->mem, map, month,
                    (int64_t *[]){&out->month_low, &out->month_expected, &out->month_high}, err) ||
        !amounts_of(f->mem, map, once, (int64_t *[]){&out->once_low, &out->once_expected, &out->once_high},
                    err))
        return false;
    out->priced = true;
    out->guess = value_get_bool(map, "guess", false);
    *(out->guess ? &t->guessed : &t->priced) += 1;
    return add_cost(out->guess ? &t->guess : &t->cost, out) ||
           err_set(err, "money.range", "the costs of the case do not fit");
}

/* What goes is known from the store alone. */
static const struct store_res *row_of(struct fixture *f, const struct value *v, const struct decl *d)
{
    struct store_res *row = ARENA_NEW(f->mem, struct store_res);
    const struct value *holds = value_get(v, "holds");
    row->address = d->address;
    row->generation = 1;
    row->kind = d->kind;
    row->subsystem = d->subsystem;
    row->type = d->type;
    row->instance = d->instance;
    row->driver = value_get_text(v, "driver", "");
    row->holds = value_kind(holds) == VALUE_LIST ? value_json_text(f->mem, holds) : NULL;
    row->declared_at = arena_print(f->mem, "%s:%u", f->file, f->line);
    row->protect = d->meta.protect;
    row->shared = d->meta.shared;
    return row;
}

static const struct driver *driver_of(struct fixture *f, const struct value *v, const struct decl *d)
{
    struct driver *driver = ARENA_NEW(f->mem, struct driver);
    driver->subsystem = d->subsystem;
    driver->instance = d->instance;
    driver->name = value_get_text(v, "driver", "local");
    return driver;
}

static struct decl *decl_of(struct fixture *f, const char *address, const struct value *v,
                            const struct value *desired, enum decl_kind kind)
{
    struct decl *d = ARENA_NEW(f->mem, struct decl);
    const char *dot = strchr(address, '.'), *last = strrchr(address, '.');
    *d = (struct decl){.address = address,
                       .kind = kind,
                       .name = last + 1,
                       .instance = value_get_text(v, "instance", ""),
                       .stage = value_get_text(v, "stage", ""),
                       .attrs = desired,
                       .file = f->file,
                       .line = f->line};
    if (kind == DECL_RESOURCE) {
        d->subsystem = arena_text_n(f->mem, address, (size_t)(dot - address));
        d->type = arena_text_n(f->mem, dot + 1, (size_t)(last - dot - 1));
    }
    d->meta.owner = value_get_text(v, "owner", NULL);
    d->meta.holds = texts_of(f->mem, value_get(v, "holds"), &d->meta.holds_count);
    d->meta.protect = value_get_bool(v, "protect", false);
    d->meta.shared = value_get_bool(v, "shared", false);
    return d;
}

static bool is_change(enum plan_action a)
{
    return a == PLAN_CREATE || a == PLAN_UPDATE || a == PLAN_REPLACE || a == PLAN_DESTROY;
}

static const struct plan_taken somebodys = {.reason = "something with this name is there already"};

/* What goes is in the store alone, everything else is declared. */
static void fill_step(struct fixture *f, struct plan_step *s, const struct decl *d, const struct value *v)
{
    const struct value *place = value_get(v, "place");
    bool goes = s->action == PLAN_DESTROY || s->action == PLAN_FORGET;
    s->address = d->address;
    s->decl = goes ? NULL : d;
    s->row = goes ? row_of(f, v, d) : NULL;
    s->reason = value_get_text(v, "reason", "new");
    s->desired = goes ? NULL : d->attrs;
    s->promise = place ? value_with_key(f->mem, d->attrs, "place", place) : d->attrs;
    s->shared = d->meta.shared;
    s->targeted = true;
    s->generation = 1;
    if (value_get_bool(v, "conflict", false))
        s->taken = &somebodys;
    if (d->subsystem) {
        s->type = type_of(f, v, d->attrs, d->subsystem, d->type);
        s->driver = driver_of(f, v, d);
    }
    f->plan->totals.by_action[s->action]++;
    f->plan->totals.shared += s->shared && is_change(s->action);
    f->plan->totals.conflicts += plan_is_conflict(s);
}

static bool make_step(struct fixture *f, const char *address, const struct value *v, struct err *err)
{
    struct plan_step *s = &f->plan->steps[f->plan->count];
    const struct value *desired = value_get(v, "desired");
    enum plan_action usual;
    if (!addr_is_valid(address)) {
        err_set(err, "policy.case", "'%s' is no address", address);
        return err_advise(err, "write [\"dns.zone.main\"] = { ... }");
    }
    enum decl_kind kind = kind_of(address, &usual);
    if (is_empty(desired))
        desired = value_map(f->mem, NULL, 0);
    if (!policy_fixture_check(v, arena_print(f->mem, "the step '%s'", address), step_keys, err) ||
        !action_of(v, usual, &s->action, err) || !cost_of(f, v, &s->cost, err))
        return false;
    if (desired->kind != VALUE_MAP)
        return err_set(err, "policy.case", "'desired' of '%s' is no table of attributes", address);
    fill_step(f, s, decl_of(f, address, v, desired, s->action == PLAN_LOOKUP ? DECL_EXISTING : kind), v);
    f->plan->count++;
    return true;
}

/* ---- the plan -------------------------------------------------------------------------------------- */

static void make_region(struct fixture *f, const struct value *plan)
{
    const struct value *view = value_get(plan, "region");
    struct region *r = f->region;
    if (is_empty(view) || view->kind != VALUE_MAP)
        view = value_map(f->mem, NULL, 0);
    static const char *const usual[][2] = {
        {"region", "eu"},    {"title", "Europe"}, {"jurisdiction", "EU"},       {"place", "eu-place"},
        {"currency", "EUR"}, {"timezone", "UTC"}, {"domain", "eu.acme.example"}};
    for (size_t i = 0; i < COUNT_OF(usual); i++) {
        if (!value_get(view, usual[i][0]))
            view = value_with_key(f->mem, view, usual[i][0], value_text(f->mem, usual[i][1]));
    }
    r->name = value_get_text(view, "region", "eu");
    r->title = value_get_text(view, "title", "");
    r->jurisdiction = value_get_text(view, "jurisdiction", "");
    r->place = value_get_text(view, "place", "");
    r->currency = value_get_text(view, "currency", "EUR");
    r->timezone = value_get_text(view, "timezone", "UTC");
    r->domain = value_get_text(view, "domain", "");
    r->view = view;
    r->budget = value_get(plan, "budget");
    const struct value *residency = value_get(plan, "residency");
    r->residency = value_kind(residency) == VALUE_MAP ? residency : NULL;
}

bool policy_fixture_make(struct arena *mem, const struct value *described, const char *file, uint32_t line,
                         struct policy_fixture *out, struct err *err)
{
    static const struct decls none;
    struct fixture f = {.mem = mem, .file = file, .line = line};
    if (!policy_fixture_check(described, "the plan of a case", plan_keys, err))
        return false;
    const struct value *steps = value_get(described, "steps");
    size_t count = value_kind(steps) == VALUE_MAP ? steps->count : 0;
    if (!is_empty(steps) && count == 0)
        return err_set(err, "policy.case", "'steps' is no table of addresses and steps");
    f.plan = ARENA_NEW(mem, struct plan);
    f.region = ARENA_NEW(mem, struct region);
    make_region(&f, described);
    f.plan->region = f.region;
    f.plan->decls = &none;
    f.plan->destroy = value_get_bool(described, "destroy", false);
    f.plan->steps = ARENA_ARRAY(mem, struct plan_step, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (!make_step(&f, steps->pairs[i].key, steps->pairs[i].value, err))
            return false;
    }
    out->plan = f.plan;
    out->at_apply = value_get_bool(described, "apply", false);
    out->approval = value_get(described, "approval");
    return true;
}
