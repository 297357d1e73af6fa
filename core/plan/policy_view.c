#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "model/addr.h"
#include "model/money.h"
#include "model/schema.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/policy_parts.h"
#include "plan/residence.h"
#include "plugin/contract.h"
#include "plugin/registry.h"
#include "region/region.h"
#include "script/script_call.h"
#include "script/script_value.h"
#include "store/store.h"

/* What a check is given: the plan and its steps as things to read.  A hundred thousand steps times twenty
 * rules leave no room for tables: a step is a number until a rule asks it something, and what it answers is
 * made then and there.  A list is a copy, so that no rule can change what the next one sees. */

static void push_value(lua_State *L, const struct value *v, uint32_t step, const char *top);

/* ---- unknown values -------------------------------------------------------------------------------- */

struct unknown {
    uint32_t step;
    uint32_t reads; /* not asked about yet */
    uint32_t check; /* of which check: an older one's is nobody's business any more */
};

/* Counted the moment it is read: Lua asks nobody before it compares with == or looks whether it is nil.  One
 * that an earlier check read, and kept, was not counted in this one. */
static int refuse(lua_State *L, const char *what)
{
    struct policy *p = policy_of(L);
    p->stuck = true;
    if (!p->unknown) {
        p->unknown = "what it kept";
        p->unknown_of = "an earlier check";
    }
    return script_call_fail(L, "policy.unknown", "ask unknown(v) first, and say what holds until it is known",
                            "'%s' was tried on a value that is known only later", what);
}

static int refuse_unknown(lua_State *L, struct arena *tmp)
{
    (void)tmp;
    return refuse(L, lua_tostring(L, 2));
}

static int index_unknown(lua_State *L, struct arena *tmp)
{
    (void)tmp;
    return refuse(L, ".");
}

static const struct script_word unknown_words[] = {{"__index", index_unknown}, {0}};
static const struct script_word refuse_unknown_word = {"refuse", refuse_unknown};
static const struct script_type unknown_type = {"unknown", unknown_words, &refuse_unknown_word};

static void push_unknown(lua_State *L, uint32_t step, const char *top)
{
    struct policy *p = policy_of(L);
    struct unknown *u = script_call_new(L, &unknown_type, sizeof(*u));
    *u = (struct unknown){.step = step, .reads = 1, .check = p->check};
    if (step == p->step && step != UINT32_MAX)
        p->own++;
    else
        p->foreign++;
    if (!p->unknown) {
        p->unknown = top ? top : "a part of it";
        p->unknown_of = step != UINT32_MAX ? p->plan->steps[step].address : "the plan";
    }
}

static bool take_one(struct policy *p, struct unknown *u)
{
    uint32_t *open = u->step == p->step && u->step != UINT32_MAX ? &p->own : &p->foreign;
    if (u->check == p->check && *open >= u->reads)
        *open -= u->reads;
    u->reads = 0;
    return true;
}

/* A list that holds one is not known either; lists inside lists were copied, so none holds itself. */
bool policy_view_take_unknown(lua_State *L, int index)
{
    struct unknown *u = script_call_test(L, index, &unknown_type);
    bool any = false;
    if (u)
        return take_one(policy_of(L), u);
    if (lua_type(L, index) != LUA_TTABLE || lua_getmetatable(L, index))
        return false;
    index = lua_absindex(L, index);
    luaL_checkstack(L, 4, "a table");
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
        any = policy_view_take_unknown(L, -1) || any;
    return any;
}

/* ---- maps ------------------------------------------------------------------------------------------ */

struct attrs {
    const struct value *map;     /* NULL: nothing is asked of what goes */
    const struct schema *schema; /* of a step's attributes, or NULL */
    uint32_t step;
    const char *top; /* the attribute it is part of, for messages */
};

static bool is_secret(const struct attrs *a, const char *key)
{
    const struct schema_attr *attr = a->schema ? schema_find(a->schema, key) : NULL;
    return attr && (attr->flags & SCHEMA_SECRET);
}

/* Whatever it is: rules may see that a secret is there, never what it is. */
static void push_attr(lua_State *L, const struct attrs *a, const char *key, struct arena *tmp)
{
    const struct value *v = value_get(a->map, key);
    static const struct secret hidden = {.source = "attribute"};
    enum value_kind kind = value_kind(v);
    if (is_secret(a, key) && kind != VALUE_NULL && kind != VALUE_UNKNOWN && kind != VALUE_SECRET)
        v = value_secret(tmp, &hidden);
    push_value(L, v, a->step, a->top ? a->top : v ? key : NULL);
}

static int attrs_index(lua_State *L, struct arena *tmp);
static int attrs_view(lua_State *L, struct arena *tmp);

static int attrs_refuse(lua_State *L, struct arena *tmp)
{
    (void)tmp;
    return script_call_fail(L, "script.read_only", "copy what you need into a local table of your own",
                            "'%s' was tried on what a rule may only read", lua_tostring(L, 2));
}

static const struct script_word attrs_words[] = {{"__index", attrs_index}, {"__view", attrs_view}, {0}};
static const struct script_word attrs_refuse_word = {"refuse", attrs_refuse};
static const struct script_type attrs_type = {"table", attrs_words, &attrs_refuse_word};

static void push_attrs(lua_State *L, struct attrs a)
{
    *(struct attrs *)script_call_new(L, &attrs_type, sizeof(a)) = a;
}

static int attrs_index(lua_State *L, struct arena *tmp)
{
    const struct attrs *a = script_call_test(L, 1, &attrs_type);
    if (!a || lua_type(L, 2) != LUA_TSTRING)
        lua_pushnil(L);
    else
        push_attr(L, a, lua_tostring(L, 2), tmp);
    return 1;
}

/* What pairs goes through: a copy. */
static int attrs_view(lua_State *L, struct arena *tmp)
{
    const struct attrs *a = script_call_test(L, 1, &attrs_type);
    size_t count = a && value_kind(a->map) == VALUE_MAP ? a->map->count : 0;
    lua_createtable(L, 0, (int)count);
    for (size_t i = 0; i < count; i++) {
        push_attr(L, a, a->map->pairs[i].key, tmp);
        lua_setfield(L, -2, a->map->pairs[i].key);
    }
    return 1;
}

static void push_value(lua_State *L, const struct value *v, uint32_t step, const char *top)
{
    luaL_checkstack(L, 4, "a value");
    switch (value_kind(v)) {
    case VALUE_MAP:
        push_attrs(L, (struct attrs){.map = v, .step = step, .top = top});
        return;
    case VALUE_LIST:
        lua_createtable(L, (int)v->count, 0);
        for (size_t i = 0; i < v->count; i++) {
            push_value(L, v->items[i], step, top);
            lua_rawseti(L, -2, (lua_Integer)i + 1);
        }
        return;
    case VALUE_UNKNOWN:
    case VALUE_EXPR:
        push_unknown(L, step, top);
        return;
    default:
        script_value_give(L, v);
    }
}

/* ---- steps ----------------------------------------------------------------------------------------- */

struct view {
    uint32_t step, era;
};

struct field {
    const char *name;
    void (*push)(lua_State *L, const struct policy *p, const struct plan_step *s, struct arena *tmp);
};

static void push_text(lua_State *L, const char *text)
{
    if (text && *text)
        lua_pushstring(L, text);
    else
        lua_pushnil(L);
}

static void push_texts(lua_State *L, const char *const *at, size_t count)
{
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_pushstring(L, at[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static uint32_t index_of(const struct policy *p, const struct plan_step *s)
{
    return (uint32_t)(s - p->plan->steps);
}

static enum decl_kind kind_of(const struct plan_step *s)
{
    return s->decl ? s->decl->kind : s->row ? (enum decl_kind)s->row->kind : DECL_RESOURCE;
}

static void push_action(lua_State *L, const struct policy *p, const struct plan_step *s, struct arena *tmp)
{
    (void)p;
    (void)tmp;
    lua_pushstring(L, plan_action_name(s->action));
}

static void push_address(lua_State *L, const struct policy *p, const struct plan_step *s, struct arena *tmp)
{
    (void)p;
    (void)tmp;
    lua_pushstring(L, s->address);
}

static void push_changes(lua_State *L, const struct policy *p, const struct plan_step *s, struct arena *tmp)
{
    (void)p;
    (void)tmp;
    lua_pushboolean(L, s->action == PLAN_CREATE || s->action == PLAN_UPDATE || s->action == PLAN_REPLACE ||
                           s->action == PLAN_DESTROY);
}

static void push_conflict(lua_State *L, const struct policy *p, const struct plan_step *s, struct arena *tmp)
{
    (void)p;
    (void)tmp;
    lua_pushboolean(L, plan_is_conflict(s));
}

static void push_cost(lua_State *L, const struct policy *p, const struct plan_step *s, struct arena *tmp)
{
    const struct plan_cost *c = &s->cost;
    const struct {
        const char *name;
        int64_t amount;
    } amounts[] = {
        {"once_low", c->once_low},   {"once_expected", c->once_expected},   {"once_high", c->once_high},
        {"month_low", c->month_low}, {"month_expected", c->month_expected}, {"month_high", c->month_high},
    };
    (void)p;
    (void)tmp;
    lua_createtable(L, 0, 9);
    lua_pushboolean(L, c->priced);
    lua_setfield(L, -2, "priced");
    lua_pushboolean(L, c->guess);
    lua_setfield(L, -2, "guess");
    push_text(L, c->why_not);
    lua_setfield(L, -2, "why_not");
    for (size_t i = 0; i < COUNT_OF(amounts) && c->priced; i++) {
        lua_pushinteger(L, amounts[i].amount);
        lua_setfield(L, -2, amounts[i].name);
    }
}

static void push_desired(lua_State *L, const struct policy *p, const struct plan_step *s, struct arena *tmp)
{
    (void)tmp;
    uint32_t i = index_of(p, s);
    const struct value *v = i == p->known_at ? p->known : s->desired;
    push_attrs(L, (struct attrs){
                      .map = v         ? v
                             : s->decl ? s->decl->attrs
                                       : NULL,
                      .schema = s->type ? s->type->facts.schema : NULL,
                      .step = i,
                  });
}

static void push_driver(lua_State *L, const struct policy *p, const struct plan_step *s, struct arena *tmp)
{
    (void)p;
    (void)tmp;
    push_text(L, s->driver ? s->driver->name : s->row ? s->row->driver : NULL);
}

/* Of what goes, as the store kept it. */
static void push_holds(lua_State *L, const struct policy *p, const struct plan_step *s, struct arena *tmp)
{
    const struct value *kept = NULL;
    struct err none;
    (void)p;
    if (s->decl) {
        push_texts(L, s->decl->meta.holds, s->decl->meta.holds_count);
        return;
    }
    if (!s->row || !s->row->holds ||
        !value_json_parse(tmp, s->row->holds, strlen(s->row->holds), &kept, &none) ||
        value_kind(kept) != VALUE_LIST)
        kept = value_list(tmp, NULL, 0);
    script_value_give(L, kept);
}

static void push_instance(lua_State *L, const struct policy *p, const struct plan_step *s, struct arena *tmp)
{
    (void)p;
    (void)tmp;
    push_text(L, s->decl ? s->decl->instance : s->row ? s->row->instance : NULL);
}

static void push_keeps_data(lua_State *L, const struct policy *p, const struct plan_step *s,
                            struct arena *tmp)
{
    (void)p;
    (void)tmp;
    lua_pushboolean(L, s->type && (s->type->facts.traits & CATALOG_HOLDS_DATA));
}

static void push_kind(lua_State *L, const struct policy *p, const struct plan_step *s, struct arena *tmp)
{
    static const char *const names[] = {
        [DECL_RESOURCE] = "resource", [DECL_EXISTING] = "existing", [DECL_ACTION] = "action",
        [DECL_CHECK] = "check",       [DECL_HUMAN] = "human",       [DECL_TODO] = "todo"};
    enum decl_kind kind = kind_of(s);
    (void)p;
    (void)tmp;
    push_text(L, (size_t)kind < COUNT_OF(names) ? names[kind] : NULL);
}

static void push_name(lua_State *L, const struct policy *p, const struct plan_step *s, struct arena *tmp)
{
    const char *dot = strrchr(s->address, '.');
    (void)p;
    (void)tmp;
    lua_pushstring(L, dot ? dot + 1 : s->address);
}

static void push_owner(lua_State *L, const struct policy *p, const struct plan_step *s, struct arena *tmp)
{
    (void)p;
    (void)tmp;
    push_text(L, s->decl ? s->decl->meta.owner : NULL);
}

/* As far as anybody can say before it is built. */
static void push_place(lua_State *L, const struct policy *p, const struct plan_step *s, struct arena *tmp)
{
    struct residence is = {0};
    const struct residence_ask ask = {.region = p->plan->region,
                                      .driver = s->driver,
                                      .type = s->type,
                                      .address = s->address,
                                      .holds = value_list(tmp, NULL, 0),
                                      .asked = s->desired ? s->desired
                                               : s->decl  ? s->decl->attrs
                                                          : NULL,
                                      .state = s->promise ? s->promise : s->observed};
    if (s->type && s->driver)
        residence_judge(tmp, &ask, &is);
    push_text(L, is.told ? is.told : is.asked);
}

static void push_protect(lua_State *L, const struct policy *p, const struct plan_step *s, struct arena *tmp)
{
    (void)p;
    (void)tmp;
    lua_pushboolean(L, s->decl ? s->decl->meta.protect : s->row && s->row->protect);
}

static void push_reason(lua_State *L, const struct policy *p, const struct plan_step *s, struct arena *tmp)
{
    (void)p;
    (void)tmp;
    push_text(L, s->reason);
}

static void push_shared(lua_State *L, const struct policy *p, const struct plan_step *s, struct arena *tmp)
{
    (void)p;
    (void)tmp;
    lua_pushboolean(L, s->shared);
}

static void push_stage(lua_State *L, const struct policy *p, const struct plan_step *s, struct arena *tmp)
{
    (void)p;
    (void)tmp;
    push_text(L, s->decl ? s->decl->stage : NULL);
}

static void push_subsystem(lua_State *L, const struct policy *p, const struct plan_step *s, struct arena *tmp)
{
    (void)p;
    (void)tmp;
    push_text(L, s->decl ? s->decl->subsystem : s->row ? s->row->subsystem : NULL);
}

/* The attributes its type knows: whether a rule about one can be asked at all. */
static void push_takes(lua_State *L, const struct policy *p, const struct plan_step *s, struct arena *tmp)
{
    const struct schema *schema = s->type ? s->type->facts.schema : NULL;
    (void)p;
    (void)tmp;
    lua_createtable(L, 0, schema ? (int)schema->count : 0);
    for (size_t k = 0; schema && k < schema->count; k++) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, schema->attrs[k].name);
    }
}

static void push_type(lua_State *L, const struct policy *p, const struct plan_step *s, struct arena *tmp)
{
    (void)p;
    (void)tmp;
    push_text(L, s->decl ? s->decl->type : s->row ? s->row->type : NULL);
}

/* Sorted by name, for bsearch. */
static const struct field fields[] = {
    {"action", push_action},         {"address", push_address}, {"changes", push_changes},
    {"conflict", push_conflict},     {"cost", push_cost},       {"desired", push_desired},
    {"driver", push_driver},         {"holds", push_holds},     {"instance", push_instance},
    {"keeps_data", push_keeps_data}, {"kind", push_kind},       {"name", push_name},
    {"owner", push_owner},           {"place", push_place},     {"protect", push_protect},
    {"reason", push_reason},         {"shared", push_shared},   {"stage", push_stage},
    {"subsystem", push_subsystem},   {"takes", push_takes},     {"type", push_type},
};

static int by_name(const void *key, const void *field)
{
    return strcmp(key, ((const struct field *)field)->name);
}

static int no_field(lua_State *L, struct arena *tmp, const char *what, const char *key,
                    const char *const *names, size_t count)
{
    const char *near = str_nearest(key, names, count);
    return script_call_fail(L, "policy.no_field",
                            near ? arena_print(tmp, "did you mean '%s.%s'?", what, near)
                                 : "the README lists what a rule may read",
                            "a %s has no '%s'", what, key);
}

static int view_index(lua_State *L, struct arena *tmp);
static const struct script_word view_words[] = {{"__index", view_index}, {0}};
static const struct script_type view_type = {"step", view_words, &attrs_refuse_word};

static int view_index(lua_State *L, struct arena *tmp)
{
    const struct policy *p = policy_of(L);
    const struct view *v = script_call_test(L, 1, &view_type);
    const char *key = script_call_text(L, 2, "step", "write step.address or another of its fields");
    if (!v || v->era != p->era)
        return script_call_fail(L, "policy.old_step", "look at the step that is given to the check",
                                "a step of an earlier plan is read");
    const struct field *f = bsearch(key, fields, COUNT_OF(fields), sizeof(fields[0]), by_name);
    if (!f) {
        const char *names[COUNT_OF(fields)];
        for (size_t i = 0; i < COUNT_OF(fields); i++)
            names[i] = fields[i].name;
        return no_field(L, tmp, "step", key, names, COUNT_OF(names));
    }
    f->push(L, p, &p->plan->steps[v->step], tmp);
    return 1;
}

void policy_view_push_step(lua_State *L, uint32_t step)
{
    struct view *v = script_call_new(L, &view_type, sizeof(*v));
    *v = (struct view){.step = step, .era = policy_of(L)->era};
}

/* ---- the plan -------------------------------------------------------------------------------------- */

static int plan_steps(lua_State *L, struct arena *tmp)
{
    const struct policy *p = policy_of(L);
    const char *pattern = script_call_text(L, 1, "plan.steps", "write plan.steps \"database.*\"");
    lua_Integer n = 0;
    (void)tmp;
    if (!addr_pattern_is_valid(pattern))
        return script_call_fail(L, "policy.rule", "write an address or its first parts: plan.steps \"dns\"",
                                "'%s' is no pattern of addresses", pattern);
    script_charge(L, p->plan->count);
    lua_newtable(L);
    for (uint32_t i = 0; i < p->plan->count; i++) {
        if (!p->plan->steps[i].targeted || !addr_matches(pattern, p->plan->steps[i].address))
            continue;
        policy_view_push_step(L, i);
        lua_rawseti(L, -2, ++n);
    }
    return 1;
}

/* nil where there is none: a rule may ask. */
static int plan_step(lua_State *L, struct arena *tmp)
{
    const struct policy *p = policy_of(L);
    const char *address = script_call_text(L, 1, "plan.step", "write plan.step \"dns.zone.apex\"");
    uint32_t i = plan_find(p->plan, address);
    (void)tmp;
    if (i == UINT32_MAX)
        lua_pushnil(L);
    else
        policy_view_push_step(L, i);
    return 1;
}

static const struct script_word plan_words[] = {{"step", plan_step}, {"steps", plan_steps}};

static int plan_index(lua_State *L, struct arena *tmp);
static const struct script_word plan_metas[] = {{"__index", plan_index}, {0}};
static const struct script_type plan_type = {"plan", plan_metas, &attrs_refuse_word};

static int plan_index(lua_State *L, struct arena *tmp)
{
    const struct policy *p = policy_of(L);
    const char *key = script_call_text(L, 2, "plan", "write plan.totals or another of its fields");
    const struct value *v = value_get(p->facts, key);
    for (size_t i = 0; i < COUNT_OF(plan_words); i++) {
        if (strcmp(plan_words[i].name, key) == 0) {
            script_call_push(L, &plan_words[i], 0);
            return 1;
        }
    }
    if (!v) {
        size_t count = p->facts->count;
        const char **names = ARENA_ARRAY(tmp, const char *, count + COUNT_OF(plan_words));
        for (size_t i = 0; i < count; i++)
            names[i] = p->facts->pairs[i].key;
        for (size_t i = 0; i < COUNT_OF(plan_words); i++)
            names[count + i] = plan_words[i].name;
        return no_field(L, tmp, "plan", key, names, count + COUNT_OF(plan_words));
    }
    push_value(L, v, UINT32_MAX, key);
    return 1;
}

void policy_view_push_plan(lua_State *L)
{
    script_call_new(L, &plan_type, 1);
}

/* As region files write money: whole numbers, or text. */
static const struct value *budget_of(struct arena *mem, const struct value *budget)
{
    static const char *const names[] = {"monthly", "one_off"};
    struct pair pairs[COUNT_OF(names)];
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const struct value *v = value_get(budget, names[i]);
        struct err none;
        int64_t millionths;
        if (value_kind(v) == VALUE_NULL ||
            !money_parse(v->kind == VALUE_TEXT ? v->text : value_json_text(mem, v), &millionths, &none))
            continue;
        pairs[count++] = (struct pair){names[i], value_int(mem, millionths)};
    }
    return value_map(mem, pairs, count);
}

static void add_count(struct arena *mem, struct pair *pairs, size_t *n, const char *name, int64_t count)
{
    pairs[(*n)++] = (struct pair){name, value_int(mem, count)};
}

/* What people guess is summed apart, under `guess`. */
static size_t add_costs(struct arena *mem, struct pair *pairs, const struct plan_cost *c)
{
    size_t n = 0;
    add_count(mem, pairs, &n, "once_low", c->once_low);
    add_count(mem, pairs, &n, "once_expected", c->once_expected);
    add_count(mem, pairs, &n, "once_high", c->once_high);
    add_count(mem, pairs, &n, "month_low", c->month_low);
    add_count(mem, pairs, &n, "month_expected", c->month_expected);
    add_count(mem, pairs, &n, "month_high", c->month_high);
    return n;
}

static const struct value *totals_of(struct arena *mem, const struct plan *plan)
{
    const struct plan_totals *t = &plan->totals;
    struct pair pairs[32], guess[8];
    size_t n = add_costs(mem, pairs, &t->cost);
    for (unsigned a = PLAN_KEEP; a <= PLAN_FORGET; a++)
        add_count(mem, pairs, &n, plan_action_name((enum plan_action)a), t->by_action[a]);
    add_count(mem, pairs, &n, "shared", t->shared);
    add_count(mem, pairs, &n, "conflicts", t->conflicts);
    add_count(mem, pairs, &n, "priced", t->priced);
    add_count(mem, pairs, &n, "guessed", t->guessed);
    add_count(mem, pairs, &n, "priceable", t->priceable);
    pairs[n++] = (struct pair){"guess", value_map(mem, guess, add_costs(mem, guess, &t->guess))};
    return value_map(mem, pairs, n);
}

const struct value *policy_view_facts(struct arena *mem, const struct plan *plan,
                                      const struct value *approval)
{
    const struct region *r = plan->region;
    const struct value *none = value_map(mem, NULL, 0);
    struct pair pairs[] = {
        {"approval", approval ? approval : value_null()},
        {"budget", budget_of(mem, r->budget)},
        {"destroy", value_bool(plan->destroy)},
        {"region", r->view ? r->view : none},
        {"residency", r->residency ? r->residency : value_null()},
        {"totals", totals_of(mem, plan)},
    };
    return value_map(mem, pairs, COUNT_OF(pairs));
}

void policy_view_open(lua_State *L)
{
    script_call_add_type(L, &unknown_type);
    script_call_add_type(L, &attrs_type);
    script_call_add_type(L, &view_type);
    script_call_add_type(L, &plan_type);
}
