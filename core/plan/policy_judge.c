#include <stdlib.h>
#include <string.h>

#include <lua.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "model/addr.h"
#include "model/diag.h"
#include "model/value.h"
#include "plan/policy_parts.h"
#include "region/region.h"
#include "region/waiver.h"
#include "script/script_call.h"
#include "script/script_value.h"
#include "store/store.h"

/* Asking the rules, and what becomes of their answers.  All checks of one plan are one run of the script: a
 * protected call for each would cost more than most checks do.  Only a check that computes with an unknown
 * ends the run; it goes on behind it. */

struct answer {
    struct plan_finding finding;
    size_t rule;
    size_t order; /* as it was given: one check may find several things */
};

struct judge {
    struct policy *p;
    const struct policy_ask *ask;
    struct arena *mem;
    ARRAY(struct answer) answers;
    uint32_t step; /* the next one to ask about; plan->count: rules of the whole plan are next */
    size_t rule;   /* the next one to ask */
    bool again;    /* policy_judge_step */
};

/* ---- which rules are asked ------------------------------------------------------------------------- */

/* A change that may become a replacement is one to whoever asks about those: when it is one, it is too late.
 */
static uint32_t actions_of(const struct plan_step *s)
{
    return 1u << s->action | (plan_may_replace(s) ? 1u << PLAN_REPLACE : 0);
}

static bool is_asked(const struct judge *j, const struct policy_rule *r, const struct plan_step *s)
{
    const struct plan *plan = j->p->plan;
    if (j->ask->at_apply && !r->at_apply)
        return false;
    if (!s)
        return !r->each && !plan->destroy;
    if (!r->each || !s->targeted || s->broken)
        return false;
    if (r->actions ? !(r->actions & actions_of(s)) : !s->decl || plan->destroy)
        return false;
    for (size_t i = 0; i < r->each_count; i++) {
        if (addr_matches(r->each[i], s->address))
            return true;
    }
    return false;
}

/* ---- what a check returned ------------------------------------------------------------------------- */

static int no_verdict(lua_State *L, const struct policy_rule *r, const char *what)
{
    struct err *e = script_call_err(L);
    err_set(e, "policy.verdict", "the check returned %s, which is no verdict", what);
    err_at(e, r->file, r->line, 0);
    err_advise(e,
               "return nothing when the rule holds, else what is wrong: a text, or { message = ..., todo = "
               "... }, or a list of those");
    return script_call_raise(L);
}

static const char *where_of(struct arena *mem, const struct plan_step *s)
{
    if (s->decl && s->decl->file)
        return arena_print(mem, "%s:%u", s->decl->file, s->decl->line);
    return s->row ? s->row->declared_at : NULL;
}

/* A check that read what is not known has not decided, whatever it says.  Of its own step it is asked again
 * when that starts; of others, and of the whole plan, nobody knows when that would be, so the rule must say
 * what holds meanwhile. */
static void add(struct judge *j, uint32_t step, const char *message, const char *advice)
{
    struct policy *p = j->p;
    const struct policy_rule *r = &p->rules.at[j->rule];
    const struct plan_step *s = step != UINT32_MAX ? &p->plan->steps[step] : NULL;
    struct plan_finding f = {
        .rule = r->name,
        .why = r->why,
        .level = r->level,
        .verdict = PLAN_BROKEN,
        .address = s ? s->address : NULL,
        .message = message,
        .advice = advice,
        .where = s ? where_of(j->mem, s) : NULL,
        .rule_where = arena_print(j->mem, "%s:%u", r->file, r->line),
    };
    bool has_later = p->step != UINT32_MAX;
    if (!message && (p->foreign > 0 || !has_later)) {
        f.message = arena_print(j->mem,
                                "cannot be told from this plan: it reads '%s' of %s, which is known "
                                "only later",
                                p->unknown, p->unknown_of);
        f.advice = arena_print(j->mem, "let the rule ask unknown(v) and say what holds until it is known: %s",
                               f.rule_where);
    } else if (has_later && (p->own > 0 || p->stuck)) {
        f.verdict = PLAN_CANNOT_TELL;
        f.message = message ? arena_print(j->mem, "%s (but '%s' is known only later)", message, p->unknown)
                            : arena_print(j->mem, "'%s' is known only later", p->unknown);
        if (!j->again)
            p->undecided[p->step] = 1;
    }
    struct answer a = {.finding = f, .rule = j->rule, .order = j->answers.count};
    ARRAY_PUSH(&j->answers, a);
}

/* `{ message = ..., todo = ..., address = ... }`: the last for rules of the whole plan. */
static void add_map(struct judge *j, lua_State *L, const struct policy_rule *r, const struct value *v)
{
    static const char *const keys[] = {"address", "message", "todo"};
    uint32_t step = j->p->step;
    for (size_t i = 0; i < v->count; i++) {
        bool known = false;
        for (size_t k = 0; k < COUNT_OF(keys); k++)
            known = known || strcmp(keys[k], v->pairs[i].key) == 0;
        if (!known || !value_as_text(v->pairs[i].value))
            no_verdict(L, r, "a table with other things than texts as message, todo and address");
    }
    const char *message = value_get_text(v, "message", NULL), *address = value_get_text(v, "address", NULL);
    if (!message || !*message)
        no_verdict(L, r, "a table without a message");
    if (address)
        step = plan_find(j->p->plan, address);
    if (address && step == UINT32_MAX)
        no_verdict(L, r, "an address that is not in the plan");
    add(j, step, message, value_get_text(v, "todo", NULL));
}

static void add_one(struct judge *j, lua_State *L, const struct policy_rule *r, const struct value *v)
{
    if (value_kind(v) == VALUE_MAP)
        add_map(j, L, r, v);
    else if (value_as_text(v) && v->count > 0)
        add(j, j->p->step, v->text, NULL);
    else
        no_verdict(L, r,
                   value_kind(v) == VALUE_TEXT   ? "an empty text"
                   : value_kind(v) == VALUE_BOOL ? "true or false"
                   : value_kind(v) == VALUE_LIST ? "a list inside a list"
                                                 : "a number");
}

/* The answer lies on the stack. */
static void take_answer(struct judge *j, lua_State *L, const struct policy_rule *r)
{
    struct policy *p = j->p;
    if (lua_isnil(L, -1)) {
        if (p->own + p->foreign > 0)
            add(j, p->step, NULL, NULL);
        return;
    }
    const struct value *v =
        script_value_take(L, -1, j->mem, &(struct script_value_rules){.what = "the verdict"});
    if (value_kind(v) != VALUE_LIST) {
        add_one(j, L, r, v);
        return;
    }
    for (size_t i = 0; i < v->count; i++)
        add_one(j, L, r, v->items[i]);
}

/* ---- the run --------------------------------------------------------------------------------------- */

static void begin_check(struct judge *j, uint32_t step)
{
    struct policy *p = j->p;
    p->check++;
    p->step = step;
    p->own = p->foreign = 0;
    p->unknown = p->unknown_of = NULL;
    p->stuck = false;
}

/* Stack: the plan, then the step where there is one. */
static void ask(struct judge *j, lua_State *L, uint32_t step)
{
    const struct policy_rule *r = &j->p->rules.at[j->rule];
    begin_check(j, step);
    lua_rawgeti(L, LUA_REGISTRYINDEX, r->check);
    if (step != UINT32_MAX)
        lua_pushvalue(L, 3);
    lua_pushvalue(L, 2);
    lua_call(L, step != UINT32_MAX ? 2 : 1, 1);
    take_answer(j, L, r);
    lua_pop(L, 1);
}

static void ask_about_step(struct judge *j, lua_State *L, uint32_t i)
{
    const struct plan_step *s = &j->p->plan->steps[i];
    for (; j->rule < j->p->rules.count; j->rule++) {
        if (!is_asked(j, &j->p->rules.at[j->rule], s))
            continue;
        if (lua_gettop(L) < 3)
            policy_view_push_step(L, i);
        ask(j, L, i);
    }
    lua_settop(L, 2);
    j->rule = 0;
}

static int judge_inside(lua_State *L)
{
    struct judge *j = lua_touserdata(L, 1);
    policy_view_push_plan(L);
    for (; j->step < j->p->plan->count; j->step++) {
        ask_about_step(j, L, j->step);
        if (j->again)
            return 0;
    }
    for (; j->rule < j->p->rules.count; j->rule++) {
        if (is_asked(j, &j->p->rules.at[j->rule], NULL))
            ask(j, L, UINT32_MAX);
    }
    return 0;
}

/* The world says what a playbook would do instead, and a rule can do none of that. */
static void advise(struct err *err)
{
    if (strcmp(err->code, "script.no_name") == 0 &&
        (strstr(err->advice, "playbook") || strstr(err->advice, "project")))
        err_advise(err, "a rule only looks at the plan: no commands, files, clock or environment");
    else if (strcmp(err->code, "script.failed") == 0 && strstr(err->advice, "playbook"))
        err_advise(err, "mend the rule at the place named above");
}

/* The rule that was being asked is broken itself. */
static bool blame(const struct judge *j, struct err *err)
{
    const struct policy_rule *r = &j->p->rules.at[j->rule];
    if (j->p->step == UINT32_MAX)
        err_wrap(err, "rule '%s'", r->name);
    else
        err_wrap(err, "rule '%s' about '%s'", r->name, j->p->plan->steps[j->p->step].address);
    if (!err->where[0])
        err_at(err, r->file, r->line, 0);
    advise(err);
    return false;
}

static bool run(struct judge *j, struct err *err)
{
    struct policy *p = j->p;
    script_keep_in(p->script, p->mem); /* what a plan added to it meanwhile is not the script's */
    while (!script_protect(p->script, judge_inside, j, err)) {
        /* A function of Lua's own library refuses an unknown as it refuses anything it cannot use. */
        p->stuck = p->stuck ? strcmp(err->code, "policy.unknown") == 0
                            : p->own + p->foreign > 0 && strcmp(err->code, "script.failed") == 0;
        if (!p->stuck)
            return blame(j, err);
        add(j, p->step, NULL, NULL);
        j->rule++;
    }
    return true;
}

/* By rule as they were read, then by address. */
static int by_rule(const void *a, const void *b)
{
    const struct answer *x = a, *y = b;
    if (x->rule != y->rule)
        return x->rule < y->rule ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

/* ---- waivers --------------------------------------------------------------------------------------- */

static const struct policy_rule *find_rule(const struct policy *p, const char *name)
{
    for (size_t i = 0; i < p->rules.count; i++) {
        if (strcmp(p->rules.at[i].name, name) == 0)
            return &p->rules.at[i];
    }
    return NULL;
}

static bool no_rule(const struct policy *p, const struct waiver *w, struct err *err)
{
    struct arena *tmp = arena_new();
    const char **names = ARENA_ARRAY(tmp, const char *, p->rules.count + 1);
    for (size_t i = 0; i < p->rules.count; i++)
        names[i] = p->rules.at[i].name;
    const char *near = str_nearest(w->rule, names, p->rules.count);
    err_set(err, "waiver.unknown_rule", "the waiver '%s' bends '%s', and there is no such rule", w->name,
            w->rule);
    err_at(err, w->where, 0, 0);
    err_detail(err, "%s", w->detail);
    if (near)
        err_advise(err, "did you mean '%s'?", near);
    else
        err_advise(err, "landfall policy list names the rules there are");
    arena_free(tmp);
    return false;
}

bool policy_check_waivers(const struct policy *p, const struct waivers *all, struct err *err)
{
    for (size_t i = 0; all && i < all->count; i++) {
        const struct waiver *w = &all->at[i];
        const struct policy_rule *r = find_rule(p, w->rule);
        if (!r)
            return no_rule(p, w, err);
        if (r->level != PLAN_MUST)
            continue;
        err_set(err, "waiver.must", "the waiver '%s' bends '%s', and that rule is a must", w->name, w->rule);
        err_at(err, w->where, 0, 0);
        err_detail(err, "%s", w->detail);
        return err_advise(err, "mend what breaks it, or let the rule be \"must_with_waiver\": %s:%u", r->file,
                          r->line);
    }
    return true;
}

/* The first that holds; else the one that ended last. */
static void waive(const struct policy *p, struct plan_finding *f, bool *used)
{
    const struct waivers *all = p->waivers;
    const char *address = f->address ? f->address : "";
    if (f->level == PLAN_MUST)
        return;
    for (size_t i = 0; all && i < all->count; i++) {
        const struct waiver *w = &all->at[i];
        if (!waiver_covers(w, f->rule, address))
            continue;
        used[i] = true;
        if (!waiver_is_expired(w, p->now_ms)) {
            f->waiver = f->waiver ? f->waiver : w;
        } else if (!f->ended || w->expires_ms > f->ended->expires_ms) {
            f->ended = w;
        }
    }
    if (f->waiver && f->verdict == PLAN_BROKEN)
        f->verdict = PLAN_WAIVED;
}

/* met_now: it is applied, and there is no later at which a rule could be met that waits for that. */
static void judge_level(struct plan_finding *f, bool at_apply, bool met_now)
{
    if (f->verdict == PLAN_BROKEN && at_apply && !met_now)
        f->verdict = PLAN_AT_APPLY;
    f->blocks = f->level != PLAN_ADVISORY && f->verdict == PLAN_BROKEN;
}

/* A part of a plan says nothing about what the rest still needs. */
static bool is_whole(const struct plan *plan)
{
    for (uint32_t i = 0; i < plan->count; i++) {
        if (!plan->steps[i].targeted)
            return false;
    }
    return !plan->destroy && !plan->refresh_only;
}

static void warn_unused(const struct judge *j, const bool *used, struct diags *diags)
{
    const struct waivers *all = j->p->waivers;
    if (!all || !j->ask->all || j->ask->at_apply || !is_whole(j->p->plan))
        return;
    for (size_t i = 0; i < all->count; i++) {
        if (used[i])
            continue;
        struct diag one = {
            .severity = DIAG_WARNING,
            .code = "waiver.unused",
            .where = all->at[i].where,
            .summary =
                arena_print(j->mem, "the waiver '%s' bends nothing: no step it names breaks the rule '%s'",
                            all->at[i].name, all->at[i].rule),
            .advice = arena_print(j->mem, "remove %s, or name the steps it is for", all->at[i].file)};
        diag_add(diags, &one);
    }
}

static const struct plan_finding *finish(struct judge *j, size_t *count, struct diags *diags)
{
    struct plan_finding *found = ARENA_ARRAY(j->mem, struct plan_finding, j->answers.count + 1);
    size_t waiver_count = j->p->waivers ? j->p->waivers->count : 0;
    bool *used = ARENA_ARRAY(j->mem, bool, waiver_count + 1);
    if (j->answers.count > 1)
        qsort(j->answers.at, j->answers.count, sizeof(*j->answers.at), by_rule);
    for (size_t i = 0; i < j->answers.count; i++) {
        const struct policy_rule *r = &j->p->rules.at[j->answers.at[i].rule];
        found[i] = j->answers.at[i].finding;
        waive(j->p, &found[i], used);
        judge_level(&found[i], r->at_apply, j->ask->at_apply || j->again);
    }
    warn_unused(j, used, diags);
    *count = j->answers.count;
    return found;
}

/* What the whole judgment left open stays open at apply.  Of a plan that was never judged as a whole nothing
 * is decided: each of its steps is asked about when it starts. */
static void open_undecided(struct arena *mem, struct policy *p, const struct policy_ask *asked)
{
    size_t count = asked->plan->count + (size_t)1;
    if (asked->at_apply && p->undecided && p->plan == asked->plan)
        return;
    p->undecided = ARENA_ARRAY(mem, uint8_t, count);
    memset(p->undecided, asked->at_apply, count);
}

bool policy_judge(struct arena *mem, struct policy *p, const struct policy_ask *asked,
                  const struct plan_finding **out, size_t *count, struct diags *diags, struct err *err)
{
    struct judge j = {.p = p, .ask = asked, .mem = mem};
    open_undecided(mem, p, asked);
    p->plan = asked->plan;
    p->era++;
    p->waivers = asked->waivers;
    p->now_ms = asked->now_ms;
    p->currency = asked->plan->region->currency;
    p->known_at = UINT32_MAX;
    p->facts = policy_view_facts(mem, asked->plan, asked->approval);
    bool ok = (!asked->all || policy_check_waivers(p, asked->waivers, err)) &&
              (asked->plan->refresh_only || run(&j, err));
    if (ok)
        *out = finish(&j, count, diags);
    ARRAY_DONE(&j.answers);
    return ok;
}

/* ---- again, when a step starts --------------------------------------------------------------------- */

static bool tell_broken(const struct plan_finding *f, struct err *err)
{
    err_set(err, "policy.broken", "rule '%s': %s", f->rule, f->message);
    err_detail(err, "%s", f->why);
    if (f->ended)
        return err_advise(err, "the waiver '%s' ended on %s: mend the step, or renew %s", f->ended->name,
                          f->ended->expires, f->ended->file);
    return err_advise(err, "%s", f->advice ? f->advice : "mend what the step is given, then resume");
}

bool policy_judge_step(struct policy *p, uint32_t i, const struct value *desired, struct err *err)
{
    if (!p->undecided || !p->undecided[i])
        return true;
    struct policy_ask none = {.plan = p->plan};
    struct arena *tmp = arena_new();
    struct diags unsaid;
    const struct plan_finding *found = NULL;
    size_t count = 0;
    struct judge j = {.p = p, .ask = &none, .mem = tmp, .step = i, .again = true};
    diag_init(&unsaid, tmp);
    p->known_at = i;
    p->known = desired;
    bool ok = run(&j, err);
    if (ok)
        found = finish(&j, &count, &unsaid);
    for (size_t k = 0; k < count && ok; k++) {
        /* Its values are all there are: what it cannot tell now it will never tell. */
        bool open = found[k].verdict == PLAN_CANNOT_TELL && !found[k].waiver;
        if (found[k].blocks || (open && found[k].level != PLAN_ADVISORY))
            ok = tell_broken(&found[k], err);
    }
    p->known_at = UINT32_MAX;
    ARRAY_DONE(&j.answers);
    arena_free(tmp);
    return ok;
}
