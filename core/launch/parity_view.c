#include "launch/parity_view.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "launch/parity_words.h"
#include "model/origins.h"
#include "model/value.h"
#include "region/region.h"

#define DEPTH_MAX 256 /* deeper than any file may nest */

/* One of the two regions, and the files in which it says something that the other did not inherit. */
struct side {
    const struct region *region;
    const char **files;
    size_t count;
    bool left;
};

struct found {
    struct parity_delta delta;
    struct parity_group group;
};

/* The outermost thing that the left region wrote of its own: who adds a block adds one thing, and not each
 * line of it. */
struct root {
    const char *path; /* NULL: none */
    const struct value *left, *right;
};

struct compare {
    struct arena *mem;
    const struct parity_words *words;
    struct side left, right;
    struct map *causes; /* by place and kind: one rule is one cause, however often it is met */
    struct root root;   /* around the value being compared */
    struct path_part at[DEPTH_MAX];
    size_t depth;
    ARRAY(struct found) found;
};

/* ---- who says what ------------------------------------------------------------------------------ */

static bool is_region_file(const char *path)
{
    return !str_equal(path, "regions/services.schema.yaml");
}

/* Files are kept as they were read: the region's own, then those it is copied from. */
static bool reads(const struct region *region, const char *file)
{
    for (size_t i = 0; i < region->file_count; i++)
        if (is_region_file(region->files[i].path) && str_equal(region->files[i].path, file))
            return true;
    return false;
}

/* What both are copied from is where they agree; without such a file each speaks for itself. */
static void own_files(struct side *side, struct arena *mem, const struct region *region,
                      const struct region *other, bool left)
{
    *side = (struct side){.region = region, .left = left};
    side->files = ARENA_ARRAY(mem, const char *, region->file_count + 1);
    for (size_t i = 0; i < region->file_count; i++)
        if (is_region_file(region->files[i].path) && !reads(other, region->files[i].path))
            side->files[side->count++] = region->files[i].path;
}

static bool is_own(const struct side *side, const struct origin *at)
{
    for (size_t i = 0; at != NULL && i < side->count; i++)
        if (str_equal(side->files[i], at->file))
            return true;
    return false;
}

static const char *place_of(struct arena *mem, const struct origin *at)
{
    return at != NULL ? arena_print(mem, "%s:%u", at->file, at->line) : NULL;
}

static const char *path_text(struct compare *c)
{
    struct buf text;
    buf_init(&text, 0);
    for (size_t i = 0; i < c->depth; i++) {
        if (c->at[i].kind == PATH_KEY)
            path_print_key(&text, c->at[i].key, i == 0);
        else
            path_print_index(&text, c->at[i].index);
    }
    const char *kept = buf_keep(&text, c->mem);
    buf_done(&text);
    return kept;
}

/* Does a rule's path name the value being compared, or something around it? */
static bool covers(struct compare *c, const char *what)
{
    struct arena *tmp = arena_new();
    struct path path;
    struct err none;
    bool fits = path_parse(tmp, what, &path, &none) && path.count <= c->depth;
    for (size_t i = 0; fits && i < path.count; i++) {
        const struct path_part *rule = &path.at[i], *here = &c->at[i];
        fits = rule->kind == PATH_ANY ||
               (rule->kind == here->kind &&
                (rule->kind == PATH_KEY ? strcmp(rule->key, here->key) == 0 : rule->index == here->index));
    }
    arena_free(tmp);
    return fits;
}

/* ---- causes -------------------------------------------------------------------------------------- */

static const struct parity_cause *keep_cause(struct compare *c, const struct side *side,
                                             struct parity_cause cause, const char *where, const char *other)
{
    const char *key = arena_print(c->mem, "%d %s %s", (int)cause.by, where ? where : "",
                                  cause.by == PARITY_UNEXPLAINED || !where ? cause.what : "");
    struct parity_cause *kept = map_find(c->causes, key);
    if (kept != NULL)
        return kept;
    kept = ARENA_NEW(c->mem, struct parity_cause);
    *kept = cause;
    kept->left = side->left ? where : other;
    kept->right = side->left ? other : where;
    map_put(c->causes, key, kept);
    return kept;
}

static const struct parity_cause *find_differs(struct compare *c, const struct side *side)
{
    const struct region *region = side->region;
    for (size_t i = 0; i < region->differs_count; i++) {
        const struct region_differs *d = &region->differs[i];
        const struct origin *at = origins_get(region->origins, d->where);
        if (d->of_steps || !is_own(side, at) || !covers(c, d->what))
            continue;
        struct parity_cause cause = {
            .by = PARITY_DIFFERS, .what = d->what, .why = d->why, .owner = d->owner, .revisit = d->revisit};
        return keep_cause(c, side, cause, place_of(c->mem, at), NULL);
    }
    return NULL;
}

static const struct parity_cause *find_absent(struct compare *c, const struct side *side)
{
    const struct region *region = side->region;
    for (size_t i = 0; i < region->absent_count; i++) {
        const struct region_absent *a = &region->absents[i];
        const struct origin *at = origins_get(region->origins, a->where);
        if (!is_own(side, at) || !covers(c, a->what))
            continue;
        struct parity_cause cause = {
            .by = PARITY_ABSENT, .what = a->what, .why = a->why, .owner = a->owner, .revisit = a->revisit};
        return keep_cause(c, side, cause, place_of(c->mem, at), NULL);
    }
    return NULL;
}

/* The reason of a rule is kept in the origin, so that the rule is the one with that very text. */
static const struct parity_cause *shrunk(struct compare *c, const struct side *side, const struct origin *at)
{
    const struct region *region = side->region;
    const char *match = NULL;
    for (size_t i = 0; i < region->shrink_count && match == NULL; i++)
        if (region->shrinks[i].why == at->why)
            match = region->shrinks[i].match;
    struct parity_cause cause = {.by = PARITY_SHRUNK, .what = match, .why = at->why};
    return keep_cause(c, side, cause, place_of(c->mem, at), NULL);
}

static const struct parity_cause *unexplained(struct compare *c, const struct side *side,
                                              const struct origin *at, const struct value *other)
{
    const struct origins *origins = side->left ? c->right.region->origins : c->left.region->origins;
    struct parity_cause cause = {.by = PARITY_UNEXPLAINED, .why = "nobody said why it differs"};
    if (side->left && c->root.path != NULL) {
        cause.what = c->root.path;
        at = origins_get(side->region->origins, c->root.left->where);
        other = c->root.right;
    } else {
        cause.what = path_text(c);
    }
    const struct origin *there = other ? origins_get(origins, origins_text_of(origins, other->where)) : NULL;
    return keep_cause(c, side, cause, place_of(c->mem, at), place_of(c->mem, there));
}

/* What the region itself says of the value: the newest word counts. */
static const struct parity_cause *said(struct compare *c, const struct side *side, const struct value *v,
                                       const struct value *other)
{
    const struct origins *origins = side->region->origins;
    for (const struct origin *at = origins_get(origins, v->where); at != NULL;
         at = origins_get(origins, at->from)) {
        if (at->kind == ORIGIN_COPIED || !is_own(side, at))
            continue;
        if (at->kind == ORIGIN_SHRUNK)
            return shrunk(c, side, at);
        const struct parity_cause *meant = find_differs(c, side);
        if (meant != NULL)
            return meant;
        return unexplained(c, side, at, other);
    }
    return NULL;
}

/* Why a side has nothing where the other has something. */
static const struct parity_cause *missing(struct compare *c, const struct side *side,
                                          const struct value *other)
{
    const struct parity_cause *cause = find_absent(c, side);
    if (cause == NULL)
        cause = find_differs(c, side);
    if (cause != NULL || !value_has_secret(other))
        return cause;
    struct parity_cause own = {.by = PARITY_OWN, .what = path_text(c), .why = "secrets are never copied"};
    return keep_cause(c, side, own, NULL, NULL);
}

/* ---- walking ------------------------------------------------------------------------------------- */

static bool is_explained(const struct parity_group *g)
{
    return (g->causes[0] == NULL || g->causes[0]->by < PARITY_UNEXPLAINED) &&
           (g->causes[1] == NULL || g->causes[1]->by < PARITY_UNEXPLAINED);
}

static void add(struct compare *c, const struct value *left, const struct value *right)
{
    struct found one = {.delta = {.right = right}};
    one.group.causes[0] = left != NULL ? said(c, &c->left, left, right) : missing(c, &c->left, right);
    one.group.causes[1] = right != NULL ? said(c, &c->right, right, left) : missing(c, &c->right, left);
    if (one.group.causes[0] == NULL && one.group.causes[1] == NULL)
        one.group.causes[0] = unexplained(c, &c->left, NULL, right);
    one.group.explained = is_explained(&one.group);
    one.delta.path.at = arena_copy(c->mem, c->at, c->depth * sizeof(*c->at));
    one.delta.path.count = c->depth;
    ARRAY_PUSH(&c->found, one);
}

static void walk(struct compare *c, const struct value *left, const struct value *right);

static void enter(struct compare *c, struct path_part part, const struct value *left,
                  const struct value *right)
{
    struct root outside = c->root;
    c->at[c->depth++] = part;
    walk(c, left, right);
    c->depth--;
    c->root = outside;
}

/* own: { EU: ... } of the one is own: { US: ... } of the other: each keeps its own under its own word. */
static void walk_maps(struct compare *c, const struct value *left, const struct value *right)
{
    const char **paired = ARENA_ARRAY(c->mem, const char *, left->count + 1);
    size_t count = 0;
    for (size_t i = 0; i < left->count; i++) {
        const char *key = left->pairs[i].key;
        const struct value *other = value_get(right, key);
        const char *word = parity_words_other(c->words, key);
        /* A copy has its original's block as well as its own; the original has one. */
        if (word != NULL && value_get(right, word) != NULL &&
            (other == NULL || value_get(left, word) == NULL)) {
            other = value_get(right, word);
            paired[count++] = word;
        }
        enter(c, (struct path_part){.kind = PATH_KEY, .key = key}, left->pairs[i].value, other);
    }
    for (size_t i = 0; i < right->count; i++) {
        const char *key = right->pairs[i].key;
        bool done = value_get(left, key) != NULL;
        for (size_t k = 0; k < count && !done; k++)
            done = str_equal(paired[k], key);
        if (!done)
            enter(c, (struct path_part){.kind = PATH_KEY, .key = key}, NULL, right->pairs[i].value);
    }
}

static void note_root(struct compare *c, const struct value *left, const struct value *right)
{
    const struct origin *at = left ? origins_get(c->left.region->origins, left->where) : NULL;
    if (c->root.path == NULL && at != NULL && at->kind == ORIGIN_WRITTEN && is_own(&c->left, at) &&
        c->depth > 1)
        c->root = (struct root){path_text(c), left, right};
}

static bool are_both(const struct value *left, const struct value *right, enum value_kind kind)
{
    return value_kind(left) == kind && value_kind(right) == kind;
}

static void walk(struct compare *c, const struct value *left, const struct value *right)
{
    if (left != NULL && right != NULL && value_equal(left, right))
        return;
    note_root(c, left, right);
    bool deep = c->depth + 1 < DEPTH_MAX;
    if (deep && are_both(left, right, VALUE_MAP)) {
        walk_maps(c, left, right);
    } else if (deep && are_both(left, right, VALUE_LIST) && left->count == right->count) {
        for (size_t i = 0; i < left->count; i++)
            enter(c, (struct path_part){.kind = PATH_INDEX, .index = i}, left->items[i], right->items[i]);
    } else {
        add(c, left, right);
    }
}

/* ---- groups -------------------------------------------------------------------------------------- */

static uint32_t group_of(struct parity_group *groups, size_t *count, const struct parity_group *g)
{
    for (size_t i = 0; i < *count; i++)
        if (groups[i].causes[0] == g->causes[0] && groups[i].causes[1] == g->causes[1])
            return (uint32_t)i;
    groups[*count] = *g;
    return (uint32_t)(*count)++;
}

/* Unexplained ones first: what they change is then seen against the left region as it is, and with none of
 * them the rest need not be told apart at all. */
static void group_all(struct compare *c, struct parity_view *out)
{
    struct parity_delta *deltas = ARENA_ARRAY(c->mem, struct parity_delta, c->found.count + 1);
    struct parity_group *groups = ARENA_ARRAY(c->mem, struct parity_group, c->found.count + 1);
    size_t count = 0;
    for (int explained = 0; explained <= 1; explained++) {
        for (size_t i = 0; i < c->found.count; i++) {
            struct found *one = &c->found.at[i];
            deltas[i] = one->delta;
            if (one->group.explained == (explained == 1))
                one->delta.group = group_of(groups, &count, &one->group);
            deltas[i].group = one->delta.group;
        }
    }
    *out = (struct parity_view){deltas, c->found.count, groups, count};
}

void parity_view_compare(struct arena *mem, const struct region *left, const struct region *right,
                         const struct parity_words *words, struct parity_view *out)
{
    struct compare c = {.mem = mem, .words = words, .causes = map_new()};
    own_files(&c.left, mem, left, right, true);
    own_files(&c.right, mem, right, left, false);
    struct path_part services = {.kind = PATH_KEY, .key = "services"};
    enter(&c, services, left->services, right->services);
    group_all(&c, out);
    ARRAY_DONE(&c.found);
    map_free(c.causes);
}

bool parity_view_turn(struct arena *mem, const struct parity_view *v, uint32_t group,
                      const struct value *view, const struct value **out, struct err *err)
{
    for (size_t i = 0; i < v->delta_count; i++) {
        const struct parity_delta *d = &v->deltas[i];
        if (d->group == group && !path_with(mem, view, &d->path, d->right, &view, err))
            return false;
    }
    *out = view;
    return true;
}
