#include "launch/parity.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "launch/parity_built.h"
#include "launch/parity_causes.h"
#include "launch/parity_decls.h"
#include "launch/parity_list.h"
#include "launch/parity_open.h"
#include "launch/parity_view.h"
#include "launch/parity_words.h"
#include "model/decl.h"
#include "model/origins.h"
#include "model/value.h"
#include "region/region.h"

/* Each round tries again what the playbook refused; chains of such dependencies are short. */
#define ROUNDS_MAX 4

struct making {
    struct arena *mem;
    const struct parity_ask *ask;
    struct parity_words words;
    struct parity_view view;
    struct parity_list list;
    struct parity_open open;
    struct parity_causes *own_words;
    /* What the turn under way is about; NULL: nothing but who the region is. */
    const struct parity_causes_more *more;
};

const char *parity_by_name(enum parity_by by)
{
    static const char *const names[] = {
        [PARITY_OWN] = "own",         [PARITY_SHRUNK] = "shrunk",           [PARITY_ABSENT] = "absent",
        [PARITY_DIFFERS] = "differs", [PARITY_UNEXPLAINED] = "unexplained", [PARITY_BUILT] = "built",
    };
    return names[by];
}

/* ---- where it comes from --------------------------------------------------------------------------- */

static const struct parity_cause own_words = {
    .by = PARITY_OWN, .why = "the region's own name, place, domain, jurisdiction or currency"};
static const struct parity_cause own_choice = {.by = PARITY_UNEXPLAINED,
                                               .why = "the playbook decides it by which region it builds"};
static const struct parity_cause own_unknown = {.by = PARITY_UNEXPLAINED,
                                                .why = "no value of the two regions leads to it"};

/* Called for whatever changed in one turn. */
static void turned(void *user, const struct parity_place *p)
{
    static const struct parity_cause *const words[] = {&own_words}, *const choice[] = {&own_choice};
    static const struct parity_causes_more by_words = {words, 1}, by_choice = {choice, 1};
    struct making *m = user;
    struct parity_causes **causes = parity_open_find(&m->open, p->address, p->setting);
    const struct parity_causes_more *more = m->more;
    if (causes == NULL)
        return;
    if (more == NULL)
        more = p->left && parity_words_same(&m->words, p->left, p->right) ? &by_words : &by_choice;
    *causes = parity_causes_join(m->mem, *causes, more);
}

static void compare_turn(struct making *m, struct arena *tmp, const struct decls *before,
                         const struct decls *now, const struct parity_words *words,
                         const struct parity_causes_more *more)
{
    m->more = more->count > 0 ? more : NULL;
    parity_open_walk(&m->open);
    parity_decls_compare(tmp, before, now, words, turned, m);
}

/* The turns that are left, each of one group; in brief the explained ones are one turn, since which of them
 * it was is not asked. */
struct turn {
    size_t first, count; /* of the view's groups */
    bool done;
};

struct turning {
    struct making *m;
    struct region region; /* a mixture of the two */
    struct arena *here, *before;
    const struct decls *decls;
};

/* The causes of `count` groups. */
static void add_causes(const struct making *m, const struct turn *turn, const struct parity_cause **at,
                       size_t *count)
{
    for (size_t i = turn->first; i < turn->first + turn->count; i++)
        for (size_t k = 0; k < COUNT_OF(m->view.groups[i].causes); k++)
            if (m->view.groups[i].causes[k] != NULL)
                at[(*count)++] = m->view.groups[i].causes[k];
}

static struct parity_causes_more *causes_of(const struct making *m, const struct turn *turns, size_t count)
{
    struct parity_causes_more *more = ARENA_NEW(m->mem, struct parity_causes_more);
    const struct parity_cause **at =
        ARENA_ARRAY(m->mem, const struct parity_cause *, m->view.group_count * 2 + 1);
    for (size_t i = 0; i < count; i++)
        add_causes(m, &turns[i], at, &more->count);
    more->at = at;
    return more;
}

static bool turn_one(struct turning *t, struct turn *turn, bool *progress, struct err *err)
{
    struct making *m = t->m;
    const struct value *view = t->region.view;
    for (size_t i = 0; i < turn->count; i++)
        if (!parity_view_turn(m->mem, &m->view, (uint32_t)(turn->first + i), view, &view, err))
            return false;
    struct region mixed = t->region;
    const struct decls *next;
    struct err none;
    mixed.view = view;
    mixed.services = value_get(view, "services");
    if (!m->ask->evaluate(m->ask->user, &mixed, t->here, &next, &none)) {
        arena_reset(t->here);
        return true;
    }
    compare_turn(m, t->here, t->decls, next, NULL, causes_of(m, turn, 1));
    *turn = (struct turn){.done = true};
    *progress = true;
    t->region = mixed;
    t->decls = next;
    arena_free(t->before);
    t->before = t->here;
    t->here = arena_new();
    return true;
}

static struct turn *plan_turns(const struct making *m, size_t *count)
{
    struct turn *turns = ARENA_ARRAY(m->mem, struct turn, m->view.group_count + 1);
    for (size_t i = 0; i < m->view.group_count; i++) {
        bool joins =
            m->ask->brief && *count > 0 && m->view.groups[i].explained && m->view.groups[i - 1].explained;
        if (joins)
            turns[*count - 1].count++;
        else
            turns[(*count)++] = (struct turn){.first = i, .count = 1};
    }
    return turns;
}

/* What could not be turned on its own went over with the rest of the region; it may be the cause of whatever
 * changed then. */
static void turn_rest(struct turning *t, const struct turn *turns, size_t count, const struct decls *right)
{
    struct making *m = t->m;
    compare_turn(m, t->here, t->decls, right, &m->words, causes_of(m, turns, count));
}

/* A mixture of two regions may be none that the playbook accepts: a price list of the one, the products of
 * the other.  Then that turn waits until others were made. */
static bool turn_all(struct making *m, const struct decls *left, const struct decls *right, struct err *err)
{
    size_t count = 0;
    parity_view_compare(m->mem, m->ask->left, m->ask->right, &m->words, &m->view);
    struct turn *turns = plan_turns(m, &count);
    struct turning t = {.m = m, .region = *m->ask->left, .here = arena_new(), .decls = left};
    bool ok = true, progress = true;
    for (int round = 0; ok && progress && round < ROUNDS_MAX; round++) {
        progress = false;
        for (size_t i = 0; ok && i < count; i++)
            ok = turns[i].done || turn_one(&t, &turns[i], &progress, err);
    }
    if (ok)
        turn_rest(&t, turns, count, right);
    arena_free(t.before);
    arena_free(t.here);
    return ok;
}

/* ---- what differs ----------------------------------------------------------------------------------- */

/* Rules about steps are the last word: who wrote one had the very step in mind. */
static struct parity_causes *find_meant(struct making *m, const struct parity_place *p)
{
    for (size_t i = 0; i < m->list.step_rule_count; i++) {
        struct parity_list_rule *rule = &m->list.step_rules[i];
        if (!parity_list_covers(rule, p->address, p->setting))
            continue;
        rule->used = true;
        return rule->causes;
    }
    return NULL;
}

static const struct value *attrs_of(const struct decl *decl)
{
    return decl != NULL ? decl->attrs : NULL;
}

static void differs(void *user, const struct parity_place *p)
{
    struct making *m = user;
    const struct parity_list_decl *decl =
        parity_list_decl_of(&m->list, p->left_decl != NULL ? p->left_decl : p->right_decl);
    struct parity_difference d = {
        .address = p->address,
        .kind = decl->kind,
        .setting = parity_list_setting(&m->list, p->setting),
        .left = p->setting != NULL ? p->left : attrs_of(p->left_decl),
        .right = p->setting != NULL ? p->right : attrs_of(p->right_decl),
        .declared = decl->declared,
    };
    struct parity_causes *causes = find_meant(m, p);
    if (causes == NULL && p->left != NULL && parity_words_same(&m->words, p->left, p->right))
        causes = m->own_words;
    if (causes != NULL)
        parity_list_add(&m->list, &d, causes);
    else
        parity_open_add(&m->open, &d);
}

static void settle(struct making *m)
{
    struct parity_causes *unknown = parity_causes_one(m->mem, &own_unknown);
    for (size_t i = 0; i < m->open.steps.count; i++) {
        const struct parity_open_step *step = &m->open.steps.at[i];
        for (size_t k = step->first; k < step->first + step->count; k++) {
            struct parity_open_place *place = &m->open.places.at[k];
            struct parity_causes *causes = parity_open_causes(&m->open, step, place);
            parity_list_add(&m->list, &place->difference, causes != NULL ? causes : unknown);
        }
    }
}

static const struct region_driver *find_driver(const struct region *region, const struct region_driver *like)
{
    for (size_t i = 0; i < region->driver_count; i++)
        if (str_equal(region->drivers[i].subsystem, like->subsystem) &&
            str_equal(region->drivers[i].instance, like->instance))
            return &region->drivers[i];
    return NULL;
}

static const char *place_of(struct arena *mem, const struct region *region, const struct region_driver *d)
{
    const struct origin *at = d != NULL ? origins_get(region->origins, d->where) : NULL;
    return at != NULL ? arena_print(mem, "%s:%u", at->file, at->line) : NULL;
}

static void add_driver(struct making *m, const struct region_driver *left, const struct region_driver *right)
{
    const struct region_driver *some = left != NULL ? left : right;
    if (left != NULL && right != NULL && str_equal(left->driver, right->driver))
        return;
    struct parity_cause *cause = ARENA_NEW(m->mem, struct parity_cause);
    *cause = (struct parity_cause){.by = PARITY_OWN,
                                   .what = "drivers",
                                   .why = "each region names its own drivers",
                                   .left = place_of(m->mem, m->ask->left, left),
                                   .right = place_of(m->mem, m->ask->right, right)};
    struct parity_difference d = {
        .kind = "drivers",
        .setting =
            arena_print(m->mem, "%s%s%s", some->subsystem, some->instance[0] ? "/" : "", some->instance),
        .left = left != NULL ? value_text(m->mem, left->driver) : NULL,
        .right = right != NULL ? value_text(m->mem, right->driver) : NULL,
    };
    parity_list_add(&m->list, &d, parity_causes_one(m->mem, cause));
}

/* Which driver serves a region is nobody's copy; it is told because who reads "the same queue" should know
 * that it is another kind of queue. */
static void compare_drivers(struct making *m)
{
    const struct region *left = m->ask->left, *right = m->ask->right;
    for (size_t i = 0; i < left->driver_count; i++)
        add_driver(m, &left->drivers[i], find_driver(right, &left->drivers[i]));
    for (size_t i = 0; i < right->driver_count; i++)
        if (find_driver(left, &right->drivers[i]) == NULL)
            add_driver(m, NULL, &right->drivers[i]);
}

/* ---- all of it -------------------------------------------------------------------------------------- */

static bool evaluate(struct making *m, const struct region *region, const struct decls **out, struct err *err)
{
    return m->ask->evaluate(m->ask->user, region, m->mem, out, err) ||
           err_wrap(err, "evaluating the playbook for region '%s'", region->name);
}

static bool compare_all(struct making *m, struct parity *p, struct err *err)
{
    const struct parity_ask *ask = m->ask;
    const struct decls *left, *right;
    if (!evaluate(m, ask->left, &left, err) || !evaluate(m, ask->right, &right, err))
        return false;
    parity_decls_compare(m->mem, left, right, &m->words, differs, m);
    if (m->open.places.count > 0 && !turn_all(m, left, right, err))
        return false;
    settle(m);
    compare_drivers(m);
    p->left_steps = left->count;
    p->right_steps = right->count;
    return parity_built_compare(m->mem, ask, left, right, &m->list, p, err);
}

bool parity_make(struct arena *mem, const struct parity_ask *ask, struct parity **out, struct err *err)
{
    struct parity *p = ARENA_NEW(mem, struct parity);
    struct making m = {.mem = mem, .ask = ask, .own_words = parity_causes_one(mem, &own_words)};
    p->left = ask->left;
    p->right = ask->right;
    parity_words_of(&m.words, mem, ask->left, ask->right);
    parity_list_init(&m.list, mem, ask->left, ask->right, ask->brief);
    bool ok = compare_all(&m, p, err);
    if (ok) {
        parity_list_keep(&m.list, p);
        *out = p;
    }
    parity_list_done(&m.list);
    parity_open_done(&m.open);
    return ok;
}
