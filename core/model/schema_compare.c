#include "model/schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "model/path.h"

/* Where a comparison is: a chain on the stack, printed only for what differs. */
struct place {
    const struct place *up; /* NULL: the top */
    const char *key;        /* NULL: a list item */
    size_t index;
};

/* With `diffs` NULL a comparison only asks whether there is a difference, and stops at the first. */
struct compare {
    struct arena *mem;
    struct schema_diffs *diffs;
    size_t room;
    enum schema_change change;
};

/* What the attribute says, handed down to everything inside it. */
struct shape {
    const struct schema *of;
    uint32_t flags;
};

static bool same_map(struct compare *c, const struct schema *s, uint32_t flags, const struct value *prior,
                     const struct value *desired, const struct place *at);
/* Equal kinds go inside, so that a path names the innermost difference.  An unknown is never the same,
 * whatever was there before. */
static bool same_value(struct compare *c, struct shape shape, const struct value *prior,
                       const struct value *desired, const struct place *at);
static const struct value *fill_map(struct arena *mem, const struct schema *s, const struct value *prior,
                                    const struct value *desired);

static void print_place(struct buf *out, const struct place *at)
{
    if (!at)
        return;
    print_place(out, at->up);
    if (at->key)
        path_print_key(out, at->key, at->up == NULL);
    else
        path_print_index(out, at->index);
}

static const char *place_text(struct arena *mem, const struct place *at)
{
    struct buf text;
    buf_init(&text, 0);
    print_place(&text, at);
    const char *kept = buf_keep(&text, mem);
    buf_done(&text);
    return kept;
}

/* Diffs grow in the arena by doubling: what an earlier, smaller array took is lost until it ends. */
static struct schema_diff *diff_room(struct compare *c)
{
    struct schema_diffs *d = c->diffs;
    if (d->count == c->room) {
        c->room = c->room ? c->room * 2 : 4;
        struct schema_diff *more = ARENA_ARRAY(c->mem, struct schema_diff, c->room);
        if (d->count)
            memcpy(more, d->at, d->count * sizeof(*more));
        d->at = more;
    }
    return &d->at[d->count++];
}

/* Always false, so that a comparison can end with it.  A fixed attribute that is not known yet may
 * turn out to be the same: it is an update until it is known. */
static bool differ(struct compare *c, uint32_t flags, const struct value *before, const struct value *after,
                   const struct place *at)
{
    if (!c->diffs)
        return false;
    bool fixed = flags & SCHEMA_FIXED, open = value_has_unknown(after) || value_has_expr(after);
    c->diffs->may_replace |= fixed && open;
    enum schema_change change = fixed && !open ? SCHEMA_REPLACE : SCHEMA_UPDATE;
    if (c->change < change)
        c->change = change;
    *diff_room(c) = (struct schema_diff){
        .path = place_text(c->mem, at),
        .before = before,
        .after = after,
        .fixed = fixed && !open,
        .secret = (flags & SCHEMA_SECRET) || value_has_secret(before) || value_has_secret(after),
    };
    return false;
}

/* Whether equality of items is more than equality of values: a computed part may be missing in one. */
static bool has_computed(const struct schema *s)
{
    for (size_t i = 0; s && i < s->count; i++)
        if (s->attrs[i].flags & SCHEMA_COMPUTED || has_computed(s->attrs[i].of))
            return true;
    return false;
}

static int item_order(const void *a, const void *b)
{
    return value_compare(*(const struct value *const *)a, *(const struct value *const *)b);
}

static const struct value **sorted_items(struct arena *mem, const struct value *list)
{
    const struct value **items = arena_copy(mem, list->items, list->count * sizeof(*items));
    qsort(items, list->count, sizeof(*items), item_order);
    return items;
}

/* As multisets, for lists of one length. */
static bool equal_sorted(struct arena *mem, const struct value *a, const struct value *b)
{
    const struct value **left = sorted_items(mem, a), **right = sorted_items(mem, b);
    for (size_t i = 0; i < a->count; i++)
        if (!value_equal(left[i], right[i]))
            return false;
    return true;
}

/* Whether each item of `want` has an item of `have` of its own that `fits`.  Quadratic, so used only
 * where sorting cannot help: items that are partly unknown or partly computed. */
typedef bool fits_fn(struct arena *mem, const struct schema *of, const struct value *have,
                     const struct value *want);

static bool each_has_its_own(struct arena *mem, const struct schema *of, const struct value *have,
                             const struct value *want, fits_fn *fits)
{
    bool *taken = ARENA_ARRAY(mem, bool, have->count);
    /* What is wholly known chooses first: it has the fewest choices. */
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < want->count; i++) {
            if (value_has_unknown(want->items[i]) != (pass == 1))
                continue;
            size_t k = 0;
            while (k < have->count && (taken[k] || !fits(mem, of, have->items[k], want->items[i])))
                k++;
            if (k == have->count)
                return false;
            taken[k] = true;
        }
    }
    return true;
}

/* At a place that is never printed: without diffs nothing asks for it. */
static bool item_is_same(struct arena *mem, const struct schema *of, const struct value *have,
                         const struct value *want)
{
    struct compare only = {.mem = mem};
    return same_value(&only, (struct shape){.of = of}, have, want, NULL);
}

/* One diff for the whole list: without an order an index means nothing to a reader. */
static bool same_unordered(struct compare *c, struct shape shape, const struct value *prior,
                           const struct value *desired, const struct place *at)
{
    bool same = prior->count == desired->count && !value_has_unknown(desired) && !value_has_expr(desired);
    if (same && !value_equal(prior, desired)) {
        struct arena *tmp = arena_new();
        same = equal_sorted(tmp, prior, desired) ||
               (has_computed(shape.of) && each_has_its_own(tmp, shape.of, prior, desired, item_is_same));
        arena_free(tmp);
    }
    return same || differ(c, shape.flags, prior, desired, at);
}

/* By index, also past the end of the shorter one, so that a reader sees which items come and go. */
static bool same_list(struct compare *c, struct shape shape, const struct value *prior,
                      const struct value *desired, const struct place *at)
{
    if (shape.flags & SCHEMA_UNORDERED)
        return same_unordered(c, shape, prior, desired, at);
    bool same = true;
    size_t count = prior->count > desired->count ? prior->count : desired->count;
    for (size_t i = 0; i < count && (same || c->diffs); i++) {
        const struct value *before = value_item(prior, i), *after = value_item(desired, i);
        struct place here = {.up = at, .index = i};
        if (!before || !after)
            same = differ(c, shape.flags, before, after, &here);
        else
            same &= same_value(c, shape, before, after, &here);
    }
    return same;
}

static bool same_value(struct compare *c, struct shape shape, const struct value *prior,
                       const struct value *desired, const struct place *at)
{
    enum value_kind kind = value_kind(desired);
    if (kind == value_kind(prior)) {
        if (kind == VALUE_MAP)
            return same_map(c, shape.of, shape.flags, prior, desired, at);
        if (kind == VALUE_LIST)
            return same_list(c, shape, prior, desired, at);
        if (kind != VALUE_UNKNOWN && kind != VALUE_EXPR && value_equal(prior, desired))
            return true;
    }
    return differ(c, shape.flags, prior, desired, at);
}

/* Names are asked for in rising order, so the search goes on where the last one ended. */
static const struct schema_attr *next_attr(const struct schema *s, size_t *at, const char *name)
{
    if (!s)
        return NULL;
    while (*at < s->count && strcmp(s->attrs[*at].name, name) < 0)
        (*at)++;
    return *at < s->count && strcmp(s->attrs[*at].name, name) == 0 ? &s->attrs[*at] : NULL;
}

/* One key of either map.  Under a schema a key it does not name is what an older version of the
 * driver left in `prior`: only what is desired counts. */
static bool same_key(struct compare *c, const struct schema *s, const struct schema_attr *a, uint32_t flags,
                     const struct pair *before, const struct pair *after, const struct place *up)
{
    const struct value *prior = before ? before->value : NULL, *desired = after ? after->value : NULL;
    if (value_is_null(desired) && ((a && a->flags & SCHEMA_COMPUTED) || (s && !a) || value_is_null(prior)))
        return true;
    struct shape shape = {.of = a ? a->of : NULL, .flags = flags};
    if (a)
        shape.flags = (flags & ~SCHEMA_UNORDERED) | a->flags;
    struct place at = {.up = up, .key = before ? before->key : after->key};
    if (!prior || !desired)
        return differ(c, shape.flags, prior, desired, &at);
    return same_value(c, shape, prior, desired, &at);
}

/* Both maps and the attributes are sorted: one walk over the three. */
static bool same_map(struct compare *c, const struct schema *s, uint32_t flags, const struct value *prior,
                     const struct value *desired, const struct place *at)
{
    size_t p = 0, d = 0, k = 0;
    bool same = true;
    while ((p < prior->count || d < desired->count) && (same || c->diffs)) {
        const struct pair *before = p < prior->count ? &prior->pairs[p] : NULL;
        const struct pair *after = d < desired->count ? &desired->pairs[d] : NULL;
        int order = !before ? 1 : !after ? -1 : strcmp(before->key, after->key);
        if (order < 0)
            after = NULL;
        else if (order > 0)
            before = NULL;
        const struct schema_attr *a = next_attr(s, &k, before ? before->key : after->key);
        same &= same_key(c, s, a, flags, before, after, at);
        p += order <= 0;
        d += order >= 0;
    }
    return same;
}

/* ---- the promise ------------------------------------------------------------------------------ */

static const struct value *fill_list(struct arena *mem, const struct schema_attr *a,
                                     const struct value *prior, const struct value *desired)
{
    /* Without an order nothing says which item was which, unless nothing changed at all. */
    if (a->flags & SCHEMA_UNORDERED) {
        struct compare only = {.mem = mem};
        struct shape shape = {.of = a->of, .flags = a->flags};
        if (value_kind(prior) == VALUE_LIST && same_unordered(&only, shape, prior, desired, NULL))
            return prior;
        prior = NULL;
    }
    const struct value **items = NULL;
    for (size_t i = 0; i < desired->count; i++) {
        const struct value *one = desired->items[i];
        if (value_kind(one) == VALUE_MAP)
            one = fill_map(mem, a->of, value_item(prior, i), one);
        if (one != desired->items[i] && !items)
            items = arena_copy(mem, desired->items, desired->count * sizeof(*items));
        if (items)
            items[i] = one;
    }
    return items ? value_list(mem, items, desired->count) : desired;
}

/* What an attribute will be; NULL: absent. */
static const struct value *fill_attr(struct arena *mem, const struct schema_attr *a,
                                     const struct value *prior, const struct value *desired)
{
    if (value_is_null(desired) && a->flags & SCHEMA_COMPUTED)
        return prior ? prior : value_unknown(a->kind ? a->kind : VALUE_ANY);
    if (!a->of)
        return desired;
    if (value_kind(desired) == VALUE_MAP)
        return fill_map(mem, a->of, prior, desired);
    return value_kind(desired) == VALUE_LIST ? fill_list(mem, a, prior, desired) : desired;
}

/* Most maps are small: their pairs are collected on the stack. */
#define PAIRS_FEW 32

/* `desired` itself when there is nothing to fill in. */
static const struct value *fill_map(struct arena *mem, const struct schema *s, const struct value *prior,
                                    const struct value *desired)
{
    struct pair few[PAIRS_FEW];
    size_t most = desired->count + s->count, count = 0, d = 0, k = 0;
    struct pair *pairs = most <= PAIRS_FEW ? few : ARENA_ARRAY(mem, struct pair, most);
    bool changed = false;
    while (d < desired->count || k < s->count) {
        const struct pair *p = d < desired->count ? &desired->pairs[d] : NULL;
        const struct schema_attr *a = k < s->count ? &s->attrs[k] : NULL;
        int order = !p ? 1 : !a ? -1 : strcmp(p->key, a->name);
        if (order < 0) {
            pairs[count++] = *p;
        } else {
            const struct value *given = order == 0 ? p->value : NULL;
            const struct value *made = fill_attr(mem, a, value_get(prior, a->name), given);
            if (made)
                pairs[count++] = (struct pair){a->name, made};
            changed |= made != given;
        }
        d += order <= 0;
        k += order >= 0;
    }
    return changed ? value_map(mem, pairs, count) : desired;
}

/* The promise comes last, because only then is it known whether the object stays the same. */
enum schema_change schema_compare(struct arena *mem, const struct schema *s, const struct value *prior,
                                  const struct value *desired, struct schema_diffs *diffs,
                                  const struct value **promise)
{
    *diffs = (struct schema_diffs){0};
    struct compare c = {.mem = mem, .diffs = diffs, .change = prior ? SCHEMA_SAME : SCHEMA_UPDATE};
    if (prior)
        same_map(&c, s, 0, prior, desired, NULL);
    if (promise)
        *promise = fill_map(mem, s, c.change == SCHEMA_REPLACE ? NULL : prior, desired);
    return c.change;
}

/* ---- keeping it ------------------------------------------------------------------------------- */

/* `breach` gets the first broken place; NULL: only asked whether. */
struct keeping {
    struct arena *mem;
    const char **breach;
};

static bool keeps(struct keeping *k, struct shape shape, const struct value *promise,
                  const struct value *result, const struct place *at);

static bool broken(struct keeping *k, const struct place *at)
{
    if (k->breach)
        *k->breach = place_text(k->mem, at);
    return false;
}

static bool item_keeps(struct arena *mem, const struct schema *of, const struct value *have,
                       const struct value *want)
{
    struct keeping only = {.mem = mem};
    return keeps(&only, (struct shape){.of = of}, want, have, NULL);
}

static bool keeps_list(struct keeping *k, struct shape shape, const struct value *promise,
                       const struct value *result, const struct place *at)
{
    if (promise->count != result->count)
        return broken(k, at);
    if (shape.flags & SCHEMA_UNORDERED) {
        struct arena *tmp = arena_new();
        bool kept = equal_sorted(tmp, promise, result) ||
                    ((shape.of || value_has_unknown(promise)) &&
                     each_has_its_own(tmp, shape.of, result, promise, item_keeps));
        arena_free(tmp);
        return kept || broken(k, at);
    }
    for (size_t i = 0; i < promise->count; i++)
        if (!keeps(k, shape, promise->items[i], result->items[i], &(struct place){.up = at, .index = i}))
            return false;
    return true;
}

/* Every key of the promise; what the result has beyond it was not promised.  Without a schema the
 * keys are the user's own, and one too many is a breach. */
static bool keeps_map(struct keeping *k, struct shape shape, const struct value *promise,
                      const struct value *result, const struct place *up)
{
    if (!shape.of && result->count > promise->count)
        return broken(k, up);
    size_t at = 0;
    for (size_t i = 0; i < promise->count; i++) {
        const struct pair *p = &promise->pairs[i];
        const struct schema_attr *a = next_attr(shape.of, &at, p->key);
        struct shape inner = {.of = a ? a->of : NULL, .flags = a ? a->flags : shape.flags};
        struct place here = {.up = up, .key = p->key};
        if (!keeps(k, inner, p->value, value_get(result, p->key), &here))
            return false;
    }
    return true;
}

/* Kinds are compared first, so that an integer is never taken for a real. */
static bool keeps(struct keeping *k, struct shape shape, const struct value *promise,
                  const struct value *result, const struct place *at)
{
    enum value_kind kind = value_kind(promise);
    if (kind == VALUE_UNKNOWN)
        return true;
    /* A service does not tell a secret again: silence keeps the promise. */
    if (value_is_null(result) && (shape.flags & SCHEMA_SECRET || kind == VALUE_SECRET))
        return true;
    if (kind == value_kind(result)) {
        if (kind == VALUE_MAP)
            return keeps_map(k, shape, promise, result, at);
        if (kind == VALUE_LIST)
            return keeps_list(k, shape, promise, result, at);
        if (value_equal(promise, result))
            return true;
    }
    return broken(k, at);
}

bool schema_keeps_promise(struct arena *mem, const struct schema *s, const struct value *promise,
                          const struct value *result, const char **path)
{
    struct keeping k = {.mem = mem, .breach = path};
    return keeps(&k, (struct shape){.of = s}, promise, result, NULL);
}
