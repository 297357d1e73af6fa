#include "launch/parity.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "launch/parity_built.h"
#include "launch/parity_decls.h"
#include "launch/parity_list.h"
#include "launch/parity_view.h"
#include "launch/parity_words.h"
#include "model/decl.h"
#include "model/origins.h"
#include "model/value.h"
#include "region/region.h"

/* Each round tries again what the playbook refused; chains of such dependencies are short. */
#define ROUNDS_MAX 4

/* What is known of one place in which the two sides differ: where it comes from. */
struct note {
    ARRAY(const struct parity_cause *) causes;
};

struct making {
    struct arena *mem;
    const struct parity_ask *ask;
    struct parity_words words;
    struct parity_view view;
    struct map *notes; /* by address, or address and setting */
    struct parity_list list;
    /* The turn under way: what it is about. */
    const struct parity_group *pending;
    size_t pending_count;
    bool last;
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

static const char *key_of(struct arena *mem, const char *address, const char *setting)
{
    return setting != NULL ? arena_print(mem, "%s %s", address, setting) : arena_text(mem, address);
}

static void note(struct making *m, const struct parity_place *p, const struct parity_cause *cause)
{
    const char *key = key_of(m->mem, p->address, p->setting);
    struct note *n = map_find(m->notes, key);
    if (n == NULL) {
        n = calloc(1, sizeof(*n));
        if (n == NULL)
            abort();
        map_put(m->notes, key, n);
    }
    for (size_t i = 0; i < n->causes.count; i++)
        if (n->causes.at[i] == cause)
            return;
    ARRAY_PUSH(&n->causes, cause);
}

static const struct parity_cause own_words = {
    .by = PARITY_OWN, .why = "the region's own name, place, domain, jurisdiction or currency"};
static const struct parity_cause own_choice = {.by = PARITY_UNEXPLAINED,
                                               .why = "the playbook decides it by which region it builds"};
static const struct parity_cause own_unknown = {.by = PARITY_UNEXPLAINED,
                                                .why = "no value of the two regions leads to it"};

/* Called for whatever changed in one turn. */
static void turned(void *user, const struct parity_place *p)
{
    struct making *m = user;
    for (size_t i = 0; i < m->pending_count; i++) {
        for (size_t k = 0; k < COUNT_OF(m->pending[i].causes); k++)
            if (m->pending[i].causes[k] != NULL)
                note(m, p, m->pending[i].causes[k]);
    }
    if (m->last && m->pending_count == 0)
        note(m, p, p->left && parity_words_same(&m->words, p->left, p->right) ? &own_words : &own_choice);
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
    m->pending = &m->view.groups[turn->first];
    m->pending_count = turn->count;
    parity_decls_compare(m->mem, t->decls, next, NULL, turned, m);
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
    struct parity_group *rest = ARENA_ARRAY(m->mem, struct parity_group, m->view.group_count + 1);
    m->pending = rest;
    m->pending_count = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < turns[i].count; k++)
            rest[m->pending_count++] = m->view.groups[turns[i].first + k];
    m->last = true;
    parity_decls_compare(m->mem, t->decls, right, &m->words, turned, m);
}

/* A mixture of two regions may be none that the playbook accepts: a price list of the one, the products of
 * the other.  Then that turn waits until others were made. */
static bool turn_all(struct making *m, const struct decls *left, const struct decls *right, struct err *err)
{
    size_t count = 0;
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
static const struct parity_cause *find_meant(struct making *m, const struct parity_place *p)
{
    for (size_t i = 0; i < m->list.step_rule_count; i++) {
        struct parity_list_rule *rule = &m->list.step_rules[i];
        if (!parity_list_covers(rule, p->address, p->setting))
            continue;
        rule->used = true;
        return &rule->cause;
    }
    return NULL;
}

static void use_note(struct parity_difference *d, struct arena *mem, const struct note *n)
{
    d->causes = ARRAY_KEEP(&n->causes, mem);
    d->cause_count = n->causes.count;
}

static void explain(struct making *m, const struct parity_place *p, struct parity_difference *d)
{
    const struct parity_cause *one = find_meant(m, p);
    if (one == NULL && p->left != NULL && parity_words_same(&m->words, p->left, p->right))
        one = &own_words;
    const struct note *n = one == NULL ? map_find(m->notes, key_of(m->mem, p->address, p->setting)) : NULL;
    /* A step that went and came back in between: what moved it moved its settings. */
    if (one == NULL && n == NULL && p->setting != NULL)
        n = map_find(m->notes, p->address);
    if (n != NULL) {
        use_note(d, m->mem, n);
    } else {
        const struct parity_cause **only = ARENA_NEW(m->mem, const struct parity_cause *);
        *only = one != NULL ? one : &own_unknown;
        d->causes = only;
        d->cause_count = 1;
    }
    d->explained = true;
    for (size_t i = 0; i < d->cause_count; i++)
        d->explained = d->explained && d->causes[i]->by < PARITY_UNEXPLAINED;
}

static void differs(void *user, const struct parity_place *p)
{
    struct making *m = user;
    const struct decl *decl = p->left_decl != NULL ? p->left_decl : p->right_decl;
    struct parity_difference d = {
        .address = arena_text(m->mem, p->address),
        .kind = parity_list_kind(m->mem, decl),
        .setting = p->setting,
        .left = p->setting != NULL     ? p->left
                : p->left_decl != NULL ? decl->attrs
                                       : NULL,
        .right = p->setting != NULL      ? p->right
                 : p->right_decl != NULL ? decl->attrs
                                         : NULL,
        .declared = arena_print(m->mem, "%s:%u", decl->file, decl->line),
    };
    explain(m, p, &d);
    parity_list_add(&m->list, &d);
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
        .causes = arena_copy(m->mem, &cause, sizeof(struct parity_cause *)),
        .cause_count = 1,
        .explained = true,
    };
    parity_list_add(&m->list, &d);
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

static void free_notes(struct map *notes)
{
    const char *key;
    void *value;
    for (size_t at = 0; map_next(notes, &at, &key, &value);) {
        struct note *n = value;
        ARRAY_DONE(&n->causes);
        free(n);
    }
    map_free(notes);
}

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
    parity_view_compare(m->mem, ask->left, ask->right, &m->words, &m->view);
    if (!turn_all(m, left, right, err))
        return false;
    parity_decls_compare(m->mem, left, right, &m->words, differs, m);
    compare_drivers(m);
    p->left_steps = left->count;
    p->right_steps = right->count;
    return parity_built_compare(m->mem, ask, left, right, &m->list, p, err);
}

bool parity_make(struct arena *mem, const struct parity_ask *ask, struct parity **out, struct err *err)
{
    struct parity *p = ARENA_NEW(mem, struct parity);
    struct making m = {.mem = mem, .ask = ask, .notes = map_new()};
    p->left = ask->left;
    p->right = ask->right;
    parity_words_of(&m.words, mem, ask->left, ask->right);
    parity_list_init(&m.list, mem, ask->left, ask->right);
    bool ok = compare_all(&m, p, err);
    if (ok) {
        parity_list_keep(&m.list, p);
        *out = p;
    }
    parity_list_done(&m.list);
    free_notes(m.notes);
    return ok;
}
