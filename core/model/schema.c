#include "model/schema.h"

#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "model/diag.h"
#include "model/expr.h"
#include "model/path.h"

/* Where in the value a check is: a chain on the stack, printed only when there is something to say. */
struct place {
    const struct place *up; /* NULL: the top */
    const char *key;        /* NULL: a list item */
    size_t index;
};

struct check {
    struct arena *mem;
    const char *address, *where;
    struct diags *out;
};

static const struct value *check_map(struct check *c, const struct schema *s, const struct value *v,
                                     const struct place *at);

const struct schema_attr *schema_find(const struct schema *s, const char *name)
{
    size_t low = 0, high = s->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(s->attrs[middle].name, name);
        if (order == 0)
            return &s->attrs[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* Only called when something is wrong already, so a list made for it may cost. */
const char *schema_nearest(const struct schema *s, const char *name)
{
    struct arena *tmp = arena_new();
    const char **names = ARENA_ARRAY(tmp, const char *, s->count);
    for (size_t i = 0; i < s->count; i++)
        names[i] = s->attrs[i].name;
    const char *nearest = str_nearest(name, names, s->count);
    arena_free(tmp);
    return nearest;
}

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

static void report(struct check *c, const char *code, const struct place *at, const char *summary,
                   const char *advice)
{
    diag_add(c->out, &(struct diag){
                         .severity = DIAG_ERROR,
                         .code = code,
                         .address = c->address,
                         .path = at ? place_text(c->mem, at) : NULL,
                         .where = c->where,
                         .summary = summary,
                         .advice = advice,
                     });
}

/* What there is, for a name that comes near nothing.  Capped, because a type may have a hundred attributes
 * and advice is one line. */
static const char *names_of(struct check *c, const struct schema *s)
{
    if (s->count == 0)
        return "there are no attributes here: leave it out";
    struct buf text;
    buf_init(&text, 400);
    buf_text(&text, "known here: ");
    for (size_t i = 0; i < s->count; i++)
        buf_print(&text, "%s%s", i ? ", " : "", s->attrs[i].name);
    const char *kept = buf_keep(&text, c->mem);
    buf_done(&text);
    return kept;
}

static void report_unknown_name(struct check *c, const struct schema *s, const struct place *at)
{
    const char *advice, *nearest = schema_nearest(s, at->key);
    if (!at->up && str_equal(at->key, "id"))
        advice = "the service gives the id; other steps refer to it, none sets it";
    else if (nearest)
        advice = arena_print(c->mem, "did you mean '%s'?", nearest);
    else
        advice = names_of(c, s);
    report(c, "schema.unknown_attribute", at,
           arena_print(c->mem, "unknown attribute '%s'", place_text(c->mem, at)), advice);
}

/* The doc of the attribute is the advice: it says what belongs there. */
static void report_missing(struct check *c, const struct schema_attr *a, const struct place *at)
{
    const char *about = a->doc ? a->doc : value_kind_name(a->kind);
    report(c, "schema.missing_attribute", at,
           arena_print(c->mem, "required attribute '%s' is missing", place_text(c->mem, at)),
           arena_print(c->mem, "add '%s': %s", a->name, about));
}

/* "an integer", "text": the kind in a sentence. */
static const char *kind_phrase(enum value_kind kind)
{
    static const char *const phrases[] = {
        [VALUE_NULL] = "null",     [VALUE_BOOL] = "true or false", [VALUE_INT] = "an integer",
        [VALUE_REAL] = "a number", [VALUE_TEXT] = "text",          [VALUE_LIST] = "a list",
        [VALUE_MAP] = "a map",     [VALUE_SECRET] = "a secret",    [VALUE_ANY] = "any value",
    };
    return (size_t)kind < COUNT_OF(phrases) && phrases[kind] ? phrases[kind] : value_kind_name(kind);
}

/* The usual slip behind a pair of kinds; the first row that fits counts, VALUE_ANY fits every kind. */
static const struct {
    enum value_kind wanted, seen;
    const char *advice;
} slips[] = {
    {VALUE_ANY, VALUE_SECRET, "only attributes that are marked as secret take one"},
    {VALUE_INT, VALUE_REAL, "write it without a decimal point; in a playbook divide with // and not with /"},
    {VALUE_TEXT, VALUE_INT, "put it in quotes"},
    {VALUE_TEXT, VALUE_REAL, "put it in quotes"},
    {VALUE_TEXT, VALUE_BOOL, "put it in quotes"},
    {VALUE_LIST, VALUE_ANY, "one item is a list too: put it in brackets"},
    {VALUE_INT, VALUE_TEXT, "write a number, without quotes"},
    {VALUE_REAL, VALUE_TEXT, "write a number, without quotes"},
    {VALUE_BOOL, VALUE_TEXT, "write true or false, without quotes; yes, no, on and off are texts"},
    {VALUE_MAP, VALUE_ANY, "write its keys and values"},
    {VALUE_ANY, VALUE_LIST, "it takes one value: write one of the list's items"},
};

static void report_kind(struct check *c, enum value_kind wanted, enum value_kind seen, const struct place *at)
{
    const char *advice = NULL;
    for (size_t i = 0; i < COUNT_OF(slips) && !advice; i++) {
        bool fits = (slips[i].wanted == VALUE_ANY || slips[i].wanted == wanted) &&
                    (slips[i].seen == VALUE_ANY || slips[i].seen == seen);
        advice = fits ? slips[i].advice : NULL;
    }
    report(c, "schema.wrong_kind", at,
           arena_print(c->mem, "'%s' must be %s, not %s", place_text(c->mem, at), kind_phrase(wanted),
                       kind_phrase(seen)),
           advice);
}

/* The kind a value will have, as far as it can be told: VALUE_ANY when it cannot. */
static enum value_kind kind_to_be(const struct value *v)
{
    enum value_kind kind = value_kind(v);
    if (kind == VALUE_UNKNOWN)
        return v->unknown_kind;
    if (kind != VALUE_EXPR)
        return kind;
    switch (v->expr->op) {
    case EXPR_JOIN:
        return VALUE_TEXT;
    case EXPR_IS:
        return VALUE_BOOL;
    case EXPR_WHEN: {
        enum value_kind first = kind_to_be(v->expr->args[1]);
        return first == kind_to_be(v->expr->args[2]) ? first : VALUE_ANY;
    }
    default:
        return VALUE_ANY;
    }
}

/* What is not known yet fits everywhere; apply checks again when it is. */
static bool kind_fits(enum value_kind wanted, enum value_kind seen)
{
    return wanted == VALUE_ANY || wanted == 0 || seen == VALUE_ANY || seen == VALUE_NULL || wanted == seen;
}

/* A secret in plain text would end up in plan and store, where security forbids it. */
static void check_secret(struct check *c, const struct schema_attr *a, const struct value *v,
                         const struct place *at)
{
    enum value_kind kind = value_kind(v);
    if (kind == VALUE_SECRET || kind == VALUE_NULL || kind == VALUE_UNKNOWN || kind == VALUE_EXPR)
        return;
    if (kind != VALUE_TEXT) {
        report_kind(c, a->kind, kind, at);
        return;
    }
    report(c, "schema.plain_secret", at,
           arena_print(c->mem, "'%s' is a secret and stands here in plain text", place_text(c->mem, at)),
           "name where it comes from in the region file: !secret env:NAME or !secret file:PATH");
}

/* An element of a list or map: checked by shape where there is one, otherwise by kind. */
static const struct value *check_element(struct check *c, const struct schema_attr *a, const struct value *v,
                                         const struct place *at)
{
    enum value_kind wanted = a->of ? VALUE_MAP : a->of_kind, seen = kind_to_be(v);
    if (wanted == VALUE_REAL && value_kind(v) == VALUE_INT)
        return value_at_origin(c->mem, value_real(c->mem, (double)v->number), v->where);
    if (!kind_fits(wanted, seen))
        report_kind(c, wanted, seen, at);
    else if (a->of && value_kind(v) == VALUE_MAP)
        return check_map(c, a->of, v, at);
    return v;
}

/* Copies the items only when one of them becomes another. */
static const struct value *check_list(struct check *c, const struct schema_attr *a, const struct value *v,
                                      const struct place *at)
{
    const struct value **items = NULL;
    for (size_t i = 0; i < v->count; i++) {
        const struct value *item = check_element(c, a, v->items[i], &(struct place){.up = at, .index = i});
        if (item != v->items[i] && !items)
            items = arena_copy(c->mem, v->items, v->count * sizeof(*items));
        if (items)
            items[i] = item;
    }
    return items ? value_at_origin(c->mem, value_list(c->mem, items, v->count), v->where) : v;
}

/* A map of free keys whose values have one kind. */
static const struct value *check_free_map(struct check *c, const struct schema_attr *a, const struct value *v,
                                          const struct place *at)
{
    struct pair *pairs = NULL;
    for (size_t i = 0; i < v->count; i++) {
        const struct pair *p = &v->pairs[i];
        const struct value *one = check_element(c, a, p->value, &(struct place){.up = at, .key = p->key});
        if (one != p->value && !pairs)
            pairs = arena_copy(c->mem, v->pairs, v->count * sizeof(*pairs));
        if (pairs)
            pairs[i].value = one;
    }
    return pairs ? value_at_origin(c->mem, value_map(c->mem, pairs, v->count), v->where) : v;
}

/* An integer where a real is wanted becomes one here, so that 1 and 1.0 do not differ for ever between
 * what a playbook says and what a driver reports. */
static const struct value *check_attr(struct check *c, const struct schema_attr *a, const struct value *v,
                                      const struct place *at)
{
    if (a->flags & SCHEMA_SECRET && (a->kind == VALUE_TEXT || a->kind == VALUE_SECRET)) {
        check_secret(c, a, v, at);
        return v;
    }
    if (a->kind == VALUE_REAL && value_kind(v) == VALUE_INT)
        return value_at_origin(c->mem, value_real(c->mem, (double)v->number), v->where);
    if (!(a->kind == VALUE_REAL && kind_to_be(v) == VALUE_INT) && !kind_fits(a->kind, kind_to_be(v))) {
        report_kind(c, a->kind, kind_to_be(v), at);
        return v;
    }
    if (value_kind(v) == VALUE_LIST)
        return check_list(c, a, v, at);
    if (value_kind(v) == VALUE_MAP)
        return a->of ? check_map(c, a->of, v, at) : check_free_map(c, a, v, at);
    return v;
}

/* What stands under an attribute's name once it is checked; NULL: nothing.  A null does for absent
 * where the attribute is required, and is a value of its own everywhere else. */
static const struct value *check_given(struct check *c, const struct schema_attr *a,
                                       const struct value *given, const struct place *at)
{
    bool required = a->flags & SCHEMA_REQUIRED;
    if (given && !(required && value_is_null(given)))
        return check_attr(c, a, given, at);
    if (!given && a->fallback)
        return a->fallback;
    if (required)
        report_missing(c, a, at);
    return given;
}

/* Most maps are small and most checks change nothing: their pairs are collected on the stack. */
#define PAIRS_FEW 32

/* Pairs and attributes are both sorted, so one walk over the two meets every name once.  The pairs
 * are copied only when a fallback or a conversion makes the result another one. */
static const struct value *check_map(struct check *c, const struct schema *s, const struct value *v,
                                     const struct place *at)
{
    struct pair few[PAIRS_FEW];
    size_t most = v->count + s->count, count = 0, i = 0, k = 0;
    struct pair *pairs = most <= PAIRS_FEW ? few : ARENA_ARRAY(c->mem, struct pair, most);
    bool changed = false;
    while (i < v->count || k < s->count) {
        const struct pair *p = i < v->count ? &v->pairs[i] : NULL;
        const struct schema_attr *a = k < s->count ? &s->attrs[k] : NULL;
        int order = !p ? 1 : !a ? -1 : strcmp(p->key, a->name);
        struct place here = {.up = at, .key = order > 0 ? a->name : p->key};
        const struct value *given = order > 0 ? NULL : p->value, *made = given;
        if (order < 0)
            report_unknown_name(c, s, &here);
        else
            made = check_given(c, a, given, &here);
        if (made)
            pairs[count++] = (struct pair){here.key, made};
        changed |= made != given;
        i += order <= 0;
        k += order >= 0;
    }
    return changed ? value_at_origin(c->mem, value_map(c->mem, pairs, count), v->where) : v;
}

const struct value *schema_check(struct arena *mem, const struct schema *s, const struct value *v,
                                 const char *address, const char *where, struct diags *out)
{
    struct check c = {.mem = mem, .address = address, .where = where, .out = out};
    if (value_kind(v) != VALUE_MAP) {
        report(&c, "schema.wrong_kind", NULL,
               arena_print(mem, "attributes must be a map, not %s", kind_phrase(value_kind(v))), NULL);
        return v;
    }
    return check_map(&c, s, v, NULL);
}
