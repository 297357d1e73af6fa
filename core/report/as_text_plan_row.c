#include "report/as_text_plan_row.h"

#include <string.h>

#include "base/array.h"
#include "base/buf.h"
#include "model/decl.h"
#include "model/expr.h"
#include "model/schema.h"
#include "model/value.h"
#include "plan/plan.h"
#include "plugin/contract.h"
#include "plugin/registry.h"
#include "region/region.h"
#include "report/as_text_cost.h"
#include "report/as_text_plan_value.h"
#include "report/brief.h"
#include "report/cell.h"

#define CREATE_COLUMNS 96 /* more attributes than this are not added to the line */
#define AFTER_MAX      3  /* addresses an action names that it comes after */

/* ---- signs ----------------------------------------------------------------------------------- */

struct sign {
    const char *text, *name;
    enum out_color color;
};

/* ASCII all of them, so that a plan can be read and searched anywhere. */
static const struct sign signs[] = {
    [PLAN_KEEP] = {"=", "keep", OUT_DIM},       [PLAN_UPDATE] = {"~", "change", OUT_YELLOW},
    [PLAN_CREATE] = {"+", "create", OUT_GREEN}, [PLAN_REPLACE] = {"-/+", "replace", OUT_RED},
    [PLAN_DESTROY] = {"-", "destroy", OUT_RED}, [PLAN_LOOKUP] = {">", "look up", OUT_DIM},
    [PLAN_RUN] = {"?", "run", OUT_CYAN},        [PLAN_CHECK] = {"*", "check", OUT_CYAN},
    [PLAN_WAIT] = {"@", "person", OUT_BLUE},    [PLAN_TODO] = {"!", "todo", OUT_YELLOW},
    [PLAN_FORGET] = {"x", "forget", OUT_DIM},
};

const char *as_text_plan_sign_of(uint32_t action)
{
    return action < COUNT_OF(signs) && signs[action].text ? signs[action].text : " ";
}

const char *as_text_plan_sign_name(uint32_t action)
{
    return action < COUNT_OF(signs) ? signs[action].name : NULL;
}

const char *as_text_plan_sign(const struct plan_step *s)
{
    return as_text_plan_sign_of(s->action);
}

enum out_color as_text_plan_color(const struct plan_step *s)
{
    return (size_t)s->action < COUNT_OF(signs) ? signs[s->action].color : OUT_PLAIN;
}

/* ---- creating -------------------------------------------------------------------------------- */

/* What everybody has says nothing about this one. */
static bool is_default(const struct schema_attr *a, const struct value *v)
{
    return value_is_null(v) || (a && a->fallback && value_equal(a->fallback, v));
}

/* What the service will know the object by comes first and bare: it is what a reader looks for.  A key that
 * is the id of another step says nothing here. */
static void print_keys(struct buf *out, const struct out *o, const struct schema *schema,
                       const struct plan_step *s)
{
    for (size_t k = 0; k < schema->count; k++) {
        const struct schema_attr *a = &schema->attrs[k];
        const struct value *v = value_get(s->desired, a->name);
        const struct value *declared = as_text_plan_declared(s, a->name);
        bool is_reference = value_kind(declared) == VALUE_EXPR && declared->expr->op == EXPR_REF &&
                            strcmp(declared->expr->path, "id") == 0;
        if (!(a->flags & SCHEMA_KEY) || !v || is_reference)
            continue;
        if (out->count)
            buf_char(out, ' ');
        brief_value(out, o, v, AS_TEXT_PLAN_VALUE);
    }
}

/* Attributes that are no keys: first those the type requires, which tell most, then the others. */
static void print_others(struct buf *out, const struct out *o, const struct plan *p,
                         const struct plan_step *s, bool required)
{
    for (size_t k = 0; s->desired && k < s->desired->count; k++) {
        const struct pair *pair = &s->desired->pairs[k];
        const struct schema_attr *a = schema_find(s->type->facts.schema, pair->key);
        uint32_t flags = a ? a->flags : 0;
        if ((flags & SCHEMA_KEY) || required != ((flags & SCHEMA_REQUIRED) != 0) ||
            is_default(a, pair->value))
            continue;
        /* A terminal will not show more; a pipe gets everything. */
        if (out->count > CREATE_COLUMNS && o->style.columns > 0)
            return;
        if (out->count)
            buf_text(out, ", ");
        cell_add(out, o, pair->key);
        buf_char(out, ' ');
        as_text_plan_attr(out, o, p, s, pair->key, pair->value, AS_TEXT_PLAN_VALUE);
    }
}

static void print_created(struct buf *out, const struct out *o, const struct plan *p,
                          const struct plan_step *s)
{
    print_keys(out, o, s->type->facts.schema, s);
    print_others(out, o, p, s, true);
    print_others(out, o, p, s, false);
}

/* ---- changing -------------------------------------------------------------------------------- */

/* Under --refresh-only there are no diffs: what the store remembers is compared with what was read. */
static void print_drift(struct buf *out, const struct out *o, const struct plan_step *s)
{
    const struct value *now = s->observed, *then = s->stored;
    for (size_t k = 0; value_kind(now) == VALUE_MAP && k < now->count; k++) {
        const struct value *before = value_get(then, now->pairs[k].key);
        if (before && value_equal(before, now->pairs[k].value))
            continue;
        if (out->count)
            buf_text(out, ", ");
        cell_add(out, o, now->pairs[k].key);
        buf_text(out, ": ");
        brief_value(out, o, before, AS_TEXT_PLAN_VALUE);
        cell_sign(out, o, " → ", " -> ");
        brief_value(out, o, now->pairs[k].value, AS_TEXT_PLAN_VALUE);
    }
    if (out->count == 0)
        cell_add(out, o, s->reason);
}

void as_text_plan_changes(struct buf *out, const struct plan_step *s)
{
    brief_count(out, s->diff_count, "change");
}

static void print_changed(struct buf *out, const struct out *o, const struct plan *p,
                          const struct plan_step *s)
{
    if (p->refresh_only)
        print_drift(out, o, s);
    else if (s->diff_count == 1)
        as_text_plan_change(out, o, p, s, &s->diffs[0]);
    else if (s->diff_count > 1)
        as_text_plan_changes(out, s);
    else
        cell_add(out, o, s->reason);
}

/* ---- the other kinds ------------------------------------------------------------------------- */

/* What it runs after is what a reader wants to know of a thing that runs once. */
static void print_action(struct buf *out, const struct out *o, const struct plan_step *s)
{
    const struct decl_meta *meta = &s->decl->meta;
    buf_print(out, "version %lld", (long long)s->decl->version);
    for (size_t k = 0; k < meta->after_count && k < AFTER_MAX; k++) {
        buf_text(out, k ? ", " : ", after ");
        cell_add(out, o, meta->after[k]);
    }
    if (meta->after_count > AFTER_MAX)
        buf_print(out, " and %zu more", meta->after_count - AFTER_MAX);
}

/* "database.query gives { rows = [{ one = 1 }] }" */
static void print_check_call(struct buf *out, const struct out *o, const struct plan_step *s)
{
    const struct value *call = value_get(s->desired, "call"), *expect = value_get(s->desired, "expect");
    cell_add(out, o, value_get_text(call, "subsystem", ""));
    buf_char(out, '.');
    cell_add(out, o, value_get_text(call, "call", ""));
    if (expect) {
        buf_text(out, " gives ");
        brief_value(out, o, expect, AS_TEXT_PLAN_VALUE);
    }
}

/* What a check asks: the URL of an HTTP probe, or the call. */
static void print_check(struct buf *out, const struct out *o, const struct plan *p, const struct plan_step *s)
{
    const struct value *http = value_get(s->desired, "http");
    if (!http) {
        print_check_call(out, o, s);
        return;
    }
    const struct value *url = value_get(http, "url"), *expect = value_get(http, "expect");
    cell_add(out, o, value_get_text(http, "method", "GET"));
    buf_char(out, ' ');
    as_text_plan_value(out, o, p, url, value_get(value_get(s->decl->attrs, "http"), "url"),
                       AS_TEXT_PLAN_VALUE * 2);
    if (expect) {
        buf_text(out, " gives ");
        brief_value(out, o, expect, AS_TEXT_PLAN_VALUE);
    }
}

/* A todo has no driver to ask: the playbook's guess, marked as one. */
static void print_guess(struct buf *out, const struct out *o, const struct plan *p, const struct value *guess)
{
    static const struct {
        const char *key, *unit;
    } parts[] = {{"monthly", "/month"}, {"one_off", " once"}};
    int64_t days = value_get_int(guess, "days", 0), amount;
    bool any = days > 0;
    if (days > 0) {
        buf_char(out, '~');
        brief_count(out, (uint64_t)days, "day");
    }
    for (size_t k = 0; k < COUNT_OF(parts); k++) {
        if (!brief_amount(value_get(guess, parts[k].key), &amount))
            continue;
        if (any)
            cell_sign(out, o, " · ", ", ");
        buf_char(out, '~');
        brief_money(out, o, amount, amount, p->region->currency);
        buf_text(out, parts[k].unit);
        any = true;
    }
    if (any)
        buf_text(out, " (guess)");
}

static void print_todo(struct buf *out, const struct out *o, const struct plan *p, const struct plan_step *s)
{
    const char *ask = value_get_text(s->decl->attrs, "ask", NULL);
    cell_add(out, o, ask ? ask : "not written yet");
    if (!s->decl->meta.guess)
        return;
    cell_sign(out, o, " · ", ", ");
    print_guess(out, o, p, s->decl->meta.guess);
}

static void print_human(struct buf *out, const struct out *o, const struct plan_step *s)
{
    const char *deadline = value_get_text(s->desired, "deadline", NULL);
    cell_add(out, o, value_get_text(s->desired, "ask", s->reason));
    if (!deadline)
        return;
    cell_sign(out, o, " · due ", ", due ");
    cell_add(out, o, deadline);
}

static void print_reason_and_id(struct buf *out, const struct out *o, const struct plan_step *s)
{
    cell_add(out, o, s->reason);
    if (!s->id)
        return;
    if (out->count)
        buf_text(out, ", ");
    buf_text(out, "id ");
    cell_add(out, o, s->id);
}

void as_text_plan_what(struct buf *out, const struct out *o, const struct plan *p, const struct plan_step *s)
{
    struct buf text;
    buf_init(&text, 0);
    if (s->action == PLAN_CREATE && s->type)
        print_created(&text, o, p, s);
    else if (s->action == PLAN_UPDATE || s->action == PLAN_REPLACE)
        print_changed(&text, o, p, s);
    else if (s->action == PLAN_RUN)
        print_action(&text, o, s);
    else if (s->action == PLAN_CHECK)
        print_check(&text, o, p, s);
    else if (s->action == PLAN_WAIT)
        print_human(&text, o, s);
    else if (s->action == PLAN_TODO)
        print_todo(&text, o, p, s);
    else
        print_reason_and_id(&text, o, s);
    buf_add(out, text.at, text.count);
    buf_done(&text);
}

/* ---- labels ---------------------------------------------------------------------------------- */

/* Two blanks keep labels apart; one may hold blanks of its own. */
static void label(struct buf *out, const struct out *o, const char *text)
{
    if (!text || !text[0])
        return;
    if (out->count)
        buf_text(out, "  ");
    cell_add(out, o, text);
}

/* A label that is never there for a mere update: it must not wear off. */
static bool takes_data_away(const struct plan_step *s)
{
    return (s->action == PLAN_DESTROY || s->action == PLAN_REPLACE) && s->type &&
           (s->type->facts.traits & CATALOG_HOLDS_DATA);
}

void as_text_plan_labels(struct buf *out, const struct out *o, const struct plan *p,
                         const struct plan_step *s)
{
    struct buf text;
    buf_init(&text, 0);
    if (plan_is_conflict(s))
        label(&text, o, "CONFLICT");
    if (s->shared && s->action != PLAN_KEEP && s->action != PLAN_LOOKUP)
        label(&text, o, "SHARED");
    if (takes_data_away(s))
        label(&text, o, "DATA");
    if (s->decl && s->decl->meta.blocks && s->action != PLAN_KEEP) {
        struct buf blocks;
        buf_init(&blocks, 0);
        buf_text(&blocks, "blocks ");
        buf_text(&blocks, s->decl->meta.blocks);
        label(&text, o, blocks.at);
        buf_done(&blocks);
    }
    if (s->driver && s->driver->instance[0]) {
        struct buf instance;
        buf_init(&instance, 0);
        buf_print(&instance, "%s/%s", s->driver->subsystem, s->driver->instance);
        label(&text, o, instance.at);
        buf_done(&instance);
    }
    if (s->decl)
        label(&text, o, s->decl->meta.owner);
    as_text_cost_label(&text, o, p, s);
    buf_add(out, text.at, text.count);
    buf_done(&text);
}
