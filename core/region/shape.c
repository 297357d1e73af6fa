#include "region/shape.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "base/tick.h"
#include "model/money.h"
#include "model/origins.h"
#include "model/path.h"
#include "model/value.h"
#include "region/findings.h"
#include "region/keys.h"
#include "region/spec.h"

struct check {
    struct findings *f;
    struct buf path;
};

static const struct {
    const char *name;
    uint32_t kinds;
} kinds[] = {
    {"text", KEYS_TEXT},     {"integer", KEYS_INT},   {"number", KEYS_INT | (1u << VALUE_REAL)},
    {"boolean", KEYS_BOOL},  {"money", KEYS_DECIMAL}, {"date", KEYS_TEXT},
    {"secret", KEYS_SECRET}, {"list", KEYS_LIST},     {"map", KEYS_MAP},
    {"any", KEYS_ANY},
};

/* 0: no such word.  Checked when the schema is loaded, so later it never is. */
static uint32_t kinds_of(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return kinds[i].kinds;
    return 0;
}

static void check_word(struct findings *f, const struct value *word)
{
    const char *known[COUNT_OF(kinds)];
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        known[i] = kinds[i].name;
    if (kinds_of(word->text) == 0)
        findings_error(f, "shape.unknown_kind", word, keys_advice(f, word->text, known, COUNT_OF(kinds)),
                       "'%s' is not a kind of value", word->text);
}

/* The schema itself; depth is bounded by that of the file. */
static void check_shape(struct findings *f, const struct value *shape)
{
    enum value_kind kind = value_kind(shape);
    if (kind == VALUE_TEXT) {
        check_word(f, shape);
    } else if (kind == VALUE_LIST && shape->count == 1) {
        check_shape(f, shape->items[0]);
    } else if (kind == VALUE_MAP) {
        for (size_t i = 0; i < shape->count; i++)
            check_shape(f, shape->pairs[i].value);
    } else {
        findings_error(f, "shape.wrong_kind", shape,
                       "write a kind such as text, a map of shapes, or a list of one shape",
                       "this does not say what a value looks like");
    }
}

/* No file means that the project does not want its services checked; that is no finding. */
bool shape_load(struct findings *f, const char *project, const struct value **out)
{
    size_t before = f->errors;
    const struct value *shape = NULL;
    if (file_exists(file_join(f->mem, project, SHAPE_FILE))) {
        if (!findings_read(f, project, SHAPE_FILE, &shape))
            return false;
        check_shape(f, shape);
    }
    *out = shape;
    return f->errors == before;
}

/* Points at the text, not at the `from:` that copied it: that is the line to mend. */
static void refuse(struct check *c, const char *code, const struct value *v, bool key, const char *advice,
                   const char *summary)
{
    struct finding one = {
        DIAG_ERROR, code, origins_text_of(c->f->origins, v->where), key, buf_keep(&c->path, c->f->mem),
        advice};
    findings_add(c->f, &one, "%s", summary);
}

/* A real is refused although it prints the same: what follows the point may be rounded before anyone looks.
 */
static void check_money(struct check *c, const struct value *v)
{
    struct err err;
    int64_t millionths;
    if (v->kind == VALUE_REAL)
        refuse(c, "region.money_float", v, false,
               "quote it, such as \"1842.50\": an unquoted number with a point may be rounded",
               arena_print(c->f->mem, "'%s' is money and may not be a float", c->path.at));
    else if (v->kind == VALUE_TEXT && !money_parse(v->text, &millionths, &err))
        refuse(c, "region.money", v, false, "write an amount such as \"1842.50\"",
               arena_print(c->f->mem, "'%s' is not an amount of money", c->path.at));
}

static void check_leaf(struct check *c, const char *kind, const struct value *v)
{
    int64_t wall_ms;
    if (!(kinds_of(kind) & (1u << v->kind)))
        refuse(c, "region.wrong_kind", v, false,
               arena_print(c->f->mem, "write %s, or change %s", kind, SHAPE_FILE),
               arena_print(c->f->mem, "'%s' must be %s, not %s", c->path.at, kind,
                           value_kind_name((enum value_kind)v->kind)));
    else if (strcmp(kind, "money") == 0)
        check_money(c, v);
    else if (strcmp(kind, "date") == 0 && !tick_parse(v->text, &wall_ms))
        refuse(c, "region.date", v, false, "write a date such as 2026-12-15",
               arena_print(c->f->mem, "'%s' is not a date", c->path.at));
}

static void check_value(struct check *c, const struct value *shape, const struct value *v);

static void check_map(struct check *c, const struct value *shape, const struct value *v)
{
    size_t length = c->path.count;
    for (size_t i = 0; i < v->count; i++) {
        const char *key = v->pairs[i].key;
        const struct value *one = value_get(shape, key);
        /* A named key beats the star, so that one entry among many may differ. */
        if (one == NULL)
            one = value_get(shape, "*");
        path_print_key(&c->path, key, false);
        if (one != NULL)
            check_value(c, one, v->pairs[i].value);
        else
            refuse(c, "region.unknown_key", v->pairs[i].value, true, keys_advice_of_map(c->f, key, shape),
                   arena_print(c->f->mem, "'%s' is not in %s", c->path.at, SHAPE_FILE));
        c->path.count = length;
        c->path.at[length] = '\0';
    }
}

static void check_items(struct check *c, const struct value *shape, const struct value *v)
{
    size_t length = c->path.count;
    for (size_t i = 0; i < v->count; i++) {
        path_print_index(&c->path, i);
        check_value(c, shape, v->items[i]);
        c->path.count = length;
        c->path.at[length] = '\0';
    }
}

/* Both trees are walked together; the shallower one ends the recursion.  What is still open has been told,
 * and is of no kind yet. */
static void check_value(struct check *c, const struct value *shape, const struct value *v)
{
    if (str_equal(value_as_text(v), SPEC_OPEN))
        return;
    if (shape->kind == VALUE_TEXT)
        check_leaf(c, shape->text, v);
    else if (shape->kind != v->kind)
        check_leaf(c, shape->kind == VALUE_MAP ? "map" : "list", v);
    else if (shape->kind == VALUE_MAP)
        check_map(c, shape, v);
    else
        check_items(c, shape->items[0], v);
}

void shape_check(struct findings *f, const struct value *shape, const struct value *services)
{
    struct check c = {.f = f};
    if (shape == NULL)
        return;
    buf_init(&c.path, 0);
    buf_text(&c.path, "services");
    check_value(&c, shape, services);
    buf_done(&c.path);
}
