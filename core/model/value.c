#include "model/value.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/expr.h"

/* Above this many pairs qsort wins over the insertion sort; attribute maps are far below it. */
#define SORT_SMALL 24

static const struct value null_value = {.kind = VALUE_NULL};

/* The other members are zero: no origin, no count. */
static struct value *new_value(struct arena *mem, enum value_kind kind)
{
    struct value *v = ARENA_NEW(mem, struct value);
    v->kind = (uint8_t)kind;
    return v;
}

/* One allocation for the value and what it holds. */
static struct value *new_holder(struct arena *mem, enum value_kind kind, size_t bytes, size_t count,
                                void **inside)
{
    struct value *v = arena_alloc(mem, sizeof(struct value) + bytes);
    v->kind = (uint8_t)kind;
    v->count = count;
    *inside = v + 1;
    return v;
}

const struct value *value_null(void)
{
    return &null_value;
}

const struct value *value_bool(bool b)
{
    static const struct value no = {.kind = VALUE_BOOL, .truth = false};
    static const struct value yes = {.kind = VALUE_BOOL, .truth = true};
    return b ? &yes : &no;
}

const struct value *value_int(struct arena *mem, int64_t n)
{
    struct value *v = new_value(mem, VALUE_INT);
    v->number = n;
    return v;
}

const struct value *value_real(struct arena *mem, double d)
{
    assert(isfinite(d));
    struct value *v = new_value(mem, VALUE_REAL);
    /* Minus zero becomes zero: the two are equal, so they must print as equal bytes. */
    v->real = d == 0 ? 0 : d;
    return v;
}

const struct value *value_text(struct arena *mem, const char *text)
{
    return value_text_n(mem, text, strlen(text));
}

const struct value *value_text_or_null(struct arena *mem, const char *text)
{
    return text && text[0] ? value_text(mem, text) : value_null();
}

const struct value *value_text_n(struct arena *mem, const char *bytes, size_t count)
{
    assert(count == 0 || !memchr(bytes, '\0', count));
    void *inside;
    struct value *v = new_holder(mem, VALUE_TEXT, count + 1, count, &inside);
    if (count)
        memcpy(inside, bytes, count);
    v->text = inside;
    return v;
}

/* For text that already lives as long as the arena: JSON and YAML keys, columns of the store. */
const struct value *value_text_borrow(struct arena *mem, const char *text, size_t count)
{
    assert(text[count] == '\0');
    struct value *v = new_value(mem, VALUE_TEXT);
    v->text = text;
    v->count = count;
    return v;
}

const struct value *value_list(struct arena *mem, const struct value *const *items, size_t count)
{
    void *inside;
    struct value *v = new_holder(mem, VALUE_LIST, count * sizeof(*items), count, &inside);
    if (count)
        memcpy(inside, items, count * sizeof(*items));
    v->items = inside;
    return v;
}

static int pair_order(const void *a, const void *b)
{
    return strcmp(((const struct pair *)a)->key, ((const struct pair *)b)->key);
}

/* Insertion sort costs nothing on what is already sorted, which is what the store and JSON give. */
static void sort_pairs(struct pair *pairs, size_t count)
{
    if (count > SORT_SMALL) {
        qsort(pairs, count, sizeof(*pairs), pair_order);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        struct pair one = pairs[i];
        size_t at = i;
        for (; at > 0 && strcmp(pairs[at - 1].key, one.key) > 0; at--)
            pairs[at] = pairs[at - 1];
        pairs[at] = one;
    }
}

/* A map over pairs that are sorted already; the array is copied. */
static struct value *sorted_map(struct arena *mem, const struct pair *pairs, size_t count)
{
    void *inside;
    struct value *v = new_holder(mem, VALUE_MAP, count * sizeof(*pairs), count, &inside);
    if (count)
        memcpy(inside, pairs, count * sizeof(*pairs));
    v->pairs = inside;
    return v;
}

const struct value *value_list_borrow(struct arena *mem, const struct value *const *items, size_t count,
                                      uint32_t where)
{
    struct value *v = new_value(mem, VALUE_LIST);
    v->items = items;
    v->count = count;
    v->where = where;
    return v;
}

const struct value *value_map_borrow(struct arena *mem, const struct pair *pairs, size_t count,
                                     uint32_t where)
{
    struct value *v = new_value(mem, VALUE_MAP);
    v->pairs = pairs;
    v->count = count;
    v->where = where;
    return v;
}

/* The check for repeated keys is free of cost in release builds: whoever reads maps from outside has
 * refused them long before, with a place to show. */
const struct value *value_map(struct arena *mem, const struct pair *pairs, size_t count)
{
    struct value *v = sorted_map(mem, pairs, count);
    struct pair *own = (struct pair *)(void *)(v + 1);
    sort_pairs(own, count);
    for (size_t i = 1; i < count; i++)
        assert(strcmp(own[i - 1].key, own[i].key) != 0);
    return v;
}

/* Unknowns are many - every computed attribute of every new step is one - so they share statics. */
const struct value *value_unknown(enum value_kind will_be)
{
#define UNKNOWN(k) [k] = {.kind = VALUE_UNKNOWN, .unknown_kind = k }
    static const struct value unknowns[] = {
        UNKNOWN(VALUE_NULL), UNKNOWN(VALUE_BOOL),   UNKNOWN(VALUE_INT),
        UNKNOWN(VALUE_REAL), UNKNOWN(VALUE_TEXT),   UNKNOWN(VALUE_LIST),
        UNKNOWN(VALUE_MAP),  UNKNOWN(VALUE_SECRET), UNKNOWN(VALUE_ANY),
    };
#undef UNKNOWN
    bool known = will_be <= VALUE_ANY && unknowns[will_be].kind == VALUE_UNKNOWN;
    return &unknowns[known ? will_be : VALUE_ANY];
}

const struct value *value_secret(struct arena *mem, const struct secret *secret)
{
    void *inside;
    struct value *v = new_holder(mem, VALUE_SECRET, sizeof(*secret), 0, &inside);
    memcpy(inside, secret, sizeof(*secret));
    v->secret = inside;
    return v;
}

const struct value *value_expr(struct arena *mem, const struct expr *expr)
{
    struct value *v = new_value(mem, VALUE_EXPR);
    v->expr = expr;
    return v;
}

const struct value *value_at_origin(struct arena *mem, const struct value *v, uint32_t where)
{
    if (!v)
        v = &null_value;
    if (v->where == where)
        return v;
    struct value *moved = arena_copy(mem, v, sizeof(*v));
    moved->where = where;
    return moved;
}

/* The bytes go along: a copy is as much able to reveal as its source, and dies with its own arena. */
static const struct secret *copy_secret(struct arena *mem, const struct secret *s)
{
    struct secret *copy = arena_copy(mem, s, sizeof(*s));
    copy->source = arena_text(mem, s->source);
    copy->digest = arena_text(mem, s->digest);
    copy->bytes = s->bytes ? arena_text_n(mem, s->bytes, s->count) : NULL;
    copy->sealed = arena_text(mem, s->sealed);
    return copy;
}

static const struct expr *copy_expr(struct arena *mem, const struct expr *e)
{
    struct expr *copy = arena_copy(mem, e, sizeof(*e));
    copy->file = arena_text(mem, e->file);
    if (e->op == EXPR_REF) {
        copy->address = arena_text(mem, e->address);
        copy->path = arena_text(mem, e->path);
        return copy;
    }
    for (size_t i = 0; i < COUNT_OF(e->args); i++)
        copy->args[i] = e->args[i] ? value_copy(mem, e->args[i]) : NULL;
    return copy;
}

/* Recursion is as deep as the value, which every reader from outside caps. */
const struct value *value_copy(struct arena *mem, const struct value *v)
{
    if (!v)
        return &null_value;
    struct value *copy = arena_copy(mem, v, sizeof(*v));
    switch (v->kind) {
    case VALUE_TEXT:
        copy->text = arena_text_n(mem, v->text, v->count);
        break;
    case VALUE_LIST: {
        const struct value **items = ARENA_ARRAY(mem, const struct value *, v->count);
        for (size_t i = 0; i < v->count; i++)
            items[i] = value_copy(mem, v->items[i]);
        copy->items = items;
        break;
    }
    case VALUE_MAP: {
        struct pair *pairs = ARENA_ARRAY(mem, struct pair, v->count);
        for (size_t i = 0; i < v->count; i++)
            pairs[i] = (struct pair){arena_text(mem, v->pairs[i].key), value_copy(mem, v->pairs[i].value)};
        copy->pairs = pairs;
        break;
    }
    case VALUE_SECRET:
        copy->secret = copy_secret(mem, v->secret);
        break;
    case VALUE_EXPR:
        copy->expr = copy_expr(mem, v->expr);
        break;
    default:
        break;
    }
    return copy;
}

enum value_kind value_kind(const struct value *v)
{
    return v ? (enum value_kind)v->kind : VALUE_NULL;
}

bool value_is_null(const struct value *v)
{
    return value_kind(v) == VALUE_NULL;
}

const char *value_kind_name(enum value_kind kind)
{
    static const char *const names[] = {
        [VALUE_NULL] = "null",     [VALUE_BOOL] = "boolean",    [VALUE_INT] = "integer",
        [VALUE_REAL] = "real",     [VALUE_TEXT] = "text",       [VALUE_LIST] = "list",
        [VALUE_MAP] = "map",       [VALUE_UNKNOWN] = "unknown", [VALUE_ANY] = "any",
        [VALUE_SECRET] = "secret", [VALUE_EXPR] = "expression",
    };
    return (size_t)kind < COUNT_OF(names) && names[kind] ? names[kind] : "nothing known";
}

/* The pair of a key, or where it would be: *found tells which. */
static size_t find_key(const struct value *map, const char *key, bool *found)
{
    size_t low = 0, high = map->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(map->pairs[middle].key, key);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = false;
    return low;
}

/* Missing, null and wrong kind look alike here on purpose: schemas and region checks have told them
 * apart before anyone reads attributes. */
const struct value *value_get(const struct value *v, const char *key)
{
    if (value_kind(v) != VALUE_MAP)
        return NULL;
    bool found;
    size_t at = find_key(v, key, &found);
    return found ? v->pairs[at].value : NULL;
}

const char *value_get_text(const struct value *v, const char *key, const char *otherwise)
{
    const char *text = value_as_text(value_get(v, key));
    return text ? text : otherwise;
}

int64_t value_get_int(const struct value *v, const char *key, int64_t otherwise)
{
    const struct value *n = value_get(v, key);
    return value_kind(n) == VALUE_INT ? n->number : otherwise;
}

bool value_get_bool(const struct value *v, const char *key, bool otherwise)
{
    const struct value *b = value_get(v, key);
    return value_kind(b) == VALUE_BOOL ? b->truth : otherwise;
}

const struct value *value_item(const struct value *list, size_t i)
{
    return value_kind(list) == VALUE_LIST && i < list->count ? list->items[i] : NULL;
}

const char *value_as_text(const struct value *v)
{
    return value_kind(v) == VALUE_TEXT ? v->text : NULL;
}

/* One walk serves both questions, so that what sorts as equal is equal. */
bool value_equal(const struct value *a, const struct value *b)
{
    return value_compare(a, b) == 0;
}

static int compare_texts(const struct value *a, const struct value *b)
{
    size_t common = a->count < b->count ? a->count : b->count;
    int order = memcmp(a->text, b->text, common);
    return order ? order : (a->count > b->count) - (a->count < b->count);
}

static int compare_lists(const struct value *a, const struct value *b)
{
    size_t common = a->count < b->count ? a->count : b->count;
    for (size_t i = 0; i < common; i++) {
        int order = value_compare(a->items[i], b->items[i]);
        if (order)
            return order;
    }
    return (a->count > b->count) - (a->count < b->count);
}

/* Both are sorted: the first difference in key or content decides, then the number of pairs. */
static int compare_maps(const struct value *a, const struct value *b)
{
    size_t common = a->count < b->count ? a->count : b->count;
    for (size_t i = 0; i < common; i++) {
        int order = strcmp(a->pairs[i].key, b->pairs[i].key);
        if (!order)
            order = value_compare(a->pairs[i].value, b->pairs[i].value);
        if (order)
            return order;
    }
    return (a->count > b->count) - (a->count < b->count);
}

static int compare_optional(const char *a, const char *b)
{
    if (!a || !b)
        return (a != NULL) - (b != NULL);
    return strcmp(a, b);
}

/* The digest is what a secret is; the source stands in while one of the two is not resolved. */
static int compare_secrets(const struct secret *a, const struct secret *b)
{
    if (a->digest && b->digest)
        return strcmp(a->digest, b->digest);
    return compare_optional(a->source, b->source);
}

/* File and line are places, and like origins they do not count. */
static int compare_exprs(const struct expr *a, const struct expr *b)
{
    if (a == b)
        return 0;
    int order = (a->op > b->op) - (a->op < b->op);
    if (!order && a->op == EXPR_REF) {
        order = compare_optional(a->address, b->address);
        return order ? order : compare_optional(a->path, b->path);
    }
    if (!order)
        order = (a->fn > b->fn) - (a->fn < b->fn);
    for (size_t i = 0; i < COUNT_OF(a->args) && !order; i++)
        order = value_compare(a->args[i], b->args[i]);
    return order;
}

/* Kinds order by number; the same pointer is the usual case for shared parts and costs nothing. */
int value_compare(const struct value *a, const struct value *b)
{
    if (a == b)
        return 0;
    enum value_kind kind = value_kind(a), other = value_kind(b);
    if (kind != other)
        return kind < other ? -1 : 1;
    switch (kind) {
    case VALUE_BOOL:
        return a->truth - b->truth;
    case VALUE_INT:
        return (a->number > b->number) - (a->number < b->number);
    case VALUE_REAL:
        return (a->real > b->real) - (a->real < b->real);
    case VALUE_TEXT:
        return compare_texts(a, b);
    case VALUE_LIST:
        return compare_lists(a, b);
    case VALUE_MAP:
        return compare_maps(a, b);
    case VALUE_UNKNOWN:
        return a->unknown_kind - b->unknown_kind;
    case VALUE_SECRET:
        return compare_secrets(a->secret, b->secret);
    case VALUE_EXPR:
        return compare_exprs(a->expr, b->expr);
    default:
        return 0;
    }
}

/* Looks into lists and maps but not into the arguments of expressions: those are not values yet. */
static bool has_kind(const struct value *v, enum value_kind kind)
{
    enum value_kind own = value_kind(v);
    if (own == VALUE_LIST) {
        for (size_t i = 0; i < v->count; i++)
            if (has_kind(v->items[i], kind))
                return true;
    } else if (own == VALUE_MAP) {
        for (size_t i = 0; i < v->count; i++)
            if (has_kind(v->pairs[i].value, kind))
                return true;
    }
    return own == kind;
}

bool value_has_unknown(const struct value *v)
{
    return has_kind(v, VALUE_UNKNOWN);
}

bool value_has_expr(const struct value *v)
{
    return has_kind(v, VALUE_EXPR);
}

bool value_has_secret(const struct value *v)
{
    return has_kind(v, VALUE_SECRET);
}

const struct value *value_with_key(struct arena *mem, const struct value *base, const char *key,
                                   const struct value *v)
{
    static const struct value empty = {.kind = VALUE_MAP};
    if (!base)
        base = &empty;
    assert(base->kind == VALUE_MAP);
    bool found;
    size_t at = find_key(base, key, &found);
    if (!v && !found)
        return base;

    /* The place of the key is known, so the new array is written in order and never sorted. */
    size_t count = base->count + (v && !found) - (!v && found);
    void *inside;
    struct value *made = new_holder(mem, VALUE_MAP, count * sizeof(struct pair), count, &inside);
    struct pair *pairs = inside;
    for (size_t i = 0; i < at; i++)
        pairs[i] = base->pairs[i];
    size_t next = at;
    if (v)
        pairs[next++] = (struct pair){found ? base->pairs[at].key : key, v};
    for (size_t i = at + found; i < base->count; i++)
        pairs[next++] = base->pairs[i];
    made->pairs = pairs;
    made->where = base->where;
    return made;
}

/* Both maps are sorted, so one walk over the two gives a sorted result.  Parts that only one side has
 * are shared.  The result was written where `over` was, as far as that is known. */
const struct value *value_merge(struct arena *mem, const struct value *base, const struct value *over)
{
    if (!over)
        return base;
    if (value_kind(base) != VALUE_MAP || over->kind != VALUE_MAP)
        return over;

    struct pair *pairs = ARENA_ARRAY(mem, struct pair, base->count + over->count);
    size_t b = 0, o = 0, count = 0;
    while (b < base->count || o < over->count) {
        int order = b == base->count   ? 1
                    : o == over->count ? -1
                                       : strcmp(base->pairs[b].key, over->pairs[o].key);
        if (order < 0) {
            pairs[count++] = base->pairs[b++];
        } else if (order > 0) {
            pairs[count++] = over->pairs[o++];
        } else {
            const struct value *both = value_merge(mem, base->pairs[b].value, over->pairs[o].value);
            pairs[count++] = (struct pair){base->pairs[b].key, both};
            b++;
            o++;
        }
    }
    struct value *made = new_value(mem, VALUE_MAP);
    made->pairs = pairs;
    made->count = count;
    made->where = over->where ? over->where : base->where;
    return made;
}
