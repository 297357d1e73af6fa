#include "model/expr.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "model/path.h"
#include "model/value_json.h"

struct eval {
    struct arena *mem;
    const struct expr_world *world;
    struct err *err;
};

static bool eval_value(struct eval *e, const struct value *v, const struct value **out);

/* The place the playbook wrote it, for an error that names none yet. */
static bool at_place(struct eval *e, const struct expr *x)
{
    if (x->file && !e->err->where[0])
        err_at(e->err, x->file, x->line, 0);
    return false;
}

/* The world decides what can never work: a step that is not there, an attribute its type does not have. */
static bool eval_ref(struct eval *e, const struct expr *x, const struct value **out)
{
    const struct value *found = NULL;
    if (!e->world->find(e->world->user, x, &found, e->err))
        return at_place(e, x);
    *out = found ? found : value_unknown(VALUE_ANY);
    return true;
}

/* Numbers join as they print in JSON, so that no locale and no printf format shows in a plan. */
static bool join_part(struct eval *e, const struct expr *x, struct buf *text, const struct value *part)
{
    switch (value_kind(part)) {
    case VALUE_TEXT:
        buf_add(text, part->text, part->count);
        return true;
    case VALUE_INT:
    case VALUE_REAL:
        value_json_print(text, part);
        return true;
    case VALUE_SECRET:
        err_set(e->err, "expr.joins_secret", "a secret cannot be joined with text");
        err_advise(e->err,
                   "pass the secret to an attribute of its own; joined it would be written into the plan");
        return at_place(e, x);
    default:
        err_set(e->err, "expr.joins_kind", "only texts and numbers can be joined with '..', not %s",
                value_kind_name(value_kind(part)));
        err_advise(e->err, "choose one item of it, or make a text with landfall.map");
        return at_place(e, x);
    }
}

/* All parts are looked at even after an unknown one: a part that can never join is told in the plan,
 * not when the unknown is settled in the middle of an apply. */
static bool eval_join(struct eval *e, const struct expr *x, const struct value **out)
{
    const struct value *parts;
    if (!eval_value(e, x->args[0], &parts))
        return false;
    struct buf text;
    buf_init(&text, 0);
    bool ok = true, unknown = false;
    for (size_t i = 0; ok && parts && i < parts->count; i++) {
        if (value_kind(parts->items[i]) == VALUE_UNKNOWN)
            unknown = true;
        else
            ok = join_part(e, x, &text, parts->items[i]);
    }
    if (ok)
        *out = unknown ? value_unknown(VALUE_TEXT) : value_text_n(e->mem, text.at, text.count);
    buf_done(&text);
    return ok;
}

/* The function runs on known values only, so it needs no word for what is not known yet. */
static bool eval_map(struct eval *e, const struct expr *x, const struct value **out)
{
    const struct value *arg, *made = NULL;
    if (!eval_value(e, x->args[0], &arg))
        return false;
    if (value_has_unknown(arg)) {
        *out = value_unknown(VALUE_ANY);
        return true;
    }
    if (!e->world->call(e->world->user, x->fn, arg, e->mem, &made, e->err))
        return at_place(e, x);
    *out = made ? made : value_null();
    return true;
}

/* An unknown equals nothing, not even itself: two references may settle to different values. */
static bool eval_is(struct eval *e, const struct expr *x, const struct value **out)
{
    const struct value *a, *b;
    if (!eval_value(e, x->args[0], &a) || !eval_value(e, x->args[1], &b))
        return false;
    if (value_has_unknown(a) || value_has_unknown(b))
        *out = value_unknown(VALUE_BOOL);
    else
        *out = value_bool(value_equal(a, b));
    return true;
}

/* The branch that is not chosen is not evaluated: it may refer to what will never be. */
static bool eval_when(struct eval *e, const struct expr *x, const struct value **out)
{
    const struct value *condition;
    if (!eval_value(e, x->args[0], &condition))
        return false;
    if (value_kind(condition) == VALUE_UNKNOWN) {
        *out = value_unknown(VALUE_ANY);
        return true;
    }
    if (value_kind(condition) != VALUE_BOOL) {
        err_set(e->err, "expr.not_a_condition", "the condition of landfall.when is %s, not true or false",
                value_kind_name(value_kind(condition)));
        err_advise(e->err, "compare with landfall.is(value, other)");
        return at_place(e, x);
    }
    return eval_value(e, x->args[condition->truth ? 1 : 2], out);
}

static bool eval_expr(struct eval *e, const struct expr *x, const struct value **out)
{
    typedef bool eval_fn(struct eval *, const struct expr *, const struct value **);
    static eval_fn *const ops[] = {
        [EXPR_REF] = eval_ref, [EXPR_JOIN] = eval_join, [EXPR_MAP] = eval_map,
        [EXPR_IS] = eval_is,   [EXPR_WHEN] = eval_when,
    };
    return ops[x->op](e, x, out);
}

/* Copies the items only when one of them becomes another; so do the pairs below. */
static bool eval_list(struct eval *e, const struct value *v, const struct value **out)
{
    const struct value **items = NULL;
    for (size_t i = 0; i < v->count; i++) {
        const struct value *item;
        if (!eval_value(e, v->items[i], &item))
            return false;
        if (item != v->items[i] && !items)
            items = arena_copy(e->mem, v->items, v->count * sizeof(*items));
        if (items)
            items[i] = item;
    }
    *out = items ? value_list_borrow(e->mem, items, v->count, v->where) : v;
    return true;
}

static bool eval_pairs(struct eval *e, const struct value *v, const struct value **out)
{
    struct pair *pairs = NULL;
    for (size_t i = 0; i < v->count; i++) {
        const struct value *one;
        if (!eval_value(e, v->pairs[i].value, &one))
            return false;
        if (one != v->pairs[i].value && !pairs)
            pairs = arena_copy(e->mem, v->pairs, v->count * sizeof(*pairs));
        if (pairs)
            pairs[i].value = one;
    }
    *out = pairs ? value_map_borrow(e->mem, pairs, v->count, v->where) : v;
    return true;
}

static bool eval_value(struct eval *e, const struct value *v, const struct value **out)
{
    switch (value_kind(v)) {
    case VALUE_EXPR:
        return eval_expr(e, v->expr, out);
    case VALUE_LIST:
        return eval_list(e, v, out);
    case VALUE_MAP:
        return eval_pairs(e, v, out);
    default:
        *out = v ? v : value_null();
        return true;
    }
}

bool expr_eval(struct arena *mem, const struct value *v, const struct expr_world *world,
               const struct value **out, struct err *err)
{
    struct eval e = {.mem = mem, .world = world, .err = err};
    const struct value *made;
    if (!eval_value(&e, v, &made))
        return false;
    *out = made;
    return true;
}

/* Also through branches that will not be chosen: which one is may depend on the very reference. */
bool expr_each_ref(const struct value *v, expr_ref_fn *fn, void *user)
{
    switch (value_kind(v)) {
    case VALUE_EXPR:
        if (v->expr->op == EXPR_REF)
            return fn(user, v->expr);
        for (size_t i = 0; i < COUNT_OF(v->expr->args); i++)
            if (!expr_each_ref(v->expr->args[i], fn, user))
                return false;
        return true;
    case VALUE_LIST:
        for (size_t i = 0; i < v->count; i++)
            if (!expr_each_ref(v->items[i], fn, user))
                return false;
        return true;
    case VALUE_MAP:
        for (size_t i = 0; i < v->count; i++)
            if (!expr_each_ref(v->pairs[i].value, fn, user))
                return false;
        return true;
    default:
        return true;
    }
}

/* A value as the playbook would write it, expressions inside. */
static void print_arg(struct buf *out, const struct value *v)
{
    if (value_kind(v) == VALUE_EXPR) {
        expr_print(out, v->expr);
    } else if (!value_has_expr(v)) {
        value_json_print(out, v);
    } else {
        bool map = v->kind == VALUE_MAP;
        buf_text(out, "{ ");
        for (size_t i = 0; i < v->count; i++) {
            if (i)
                buf_text(out, ", ");
            if (map) {
                path_print_key(out, v->pairs[i].key, true);
                buf_text(out, " = ");
            }
            print_arg(out, map ? v->pairs[i].value : v->items[i]);
        }
        buf_text(out, " }");
    }
}

static void print_call(struct buf *out, const char *word, const struct expr *e, size_t count)
{
    buf_print(out, "%s(", word);
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_text(out, ", ");
        print_arg(out, e->args[i]);
    }
}

void expr_print(struct buf *out, const struct expr *e)
{
    switch (e->op) {
    case EXPR_REF:
        /* An index follows its step without a dot: (a.b.c[0]). */
        buf_print(out, "(%s%s%s)", e->address, e->path[0] == '[' ? "" : ".", e->path);
        break;
    case EXPR_JOIN:
        for (size_t i = 0; e->args[0] && i < e->args[0]->count; i++) {
            if (i)
                buf_text(out, " .. ");
            print_arg(out, e->args[0]->items[i]);
        }
        break;
    case EXPR_MAP:
        print_call(out, "landfall.map", e, 1);
        if (e->file)
            buf_print(out, ", function at %s:%u)", e->file, e->line);
        else
            buf_text(out, ", function)");
        break;
    case EXPR_IS:
        print_call(out, "landfall.is", e, 2);
        buf_char(out, ')');
        break;
    case EXPR_WHEN:
        print_call(out, "landfall.when", e, 3);
        buf_char(out, ')');
        break;
    }
}
