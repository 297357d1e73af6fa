#include "report/as_text_plan_row.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "model/decl.h"
#include "model/expr.h"
#include "model/origins.h"
#include "model/path.h"
#include "model/schema.h"
#include "model/value.h"
#include "plan/plan.h"
#include "plugin/contract.h"
#include "plugin/registry.h"
#include "region/region.h"
#include "report/brief.h"
#include "report/cell.h"
#include "store/store.h"

#define VALUE_COLUMNS  48 /* of one value in a line */
#define CREATE_COLUMNS 96 /* more attributes than this are not added to the line */
#define CHANGES_MAX    6  /* changed paths listed below a step, unless all are asked for */
#define AFTER_MAX      3  /* addresses an action names that it comes after */
#define INDENT         8

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

/* ---- values that are not known yet ----------------------------------------------------------- */

struct wait {
    const struct plan *plan;
    const char *address; /* of the first step that has to be done before */
};

static bool find_wait(void *user, const struct expr *ref)
{
    struct wait *w = user;
    uint32_t i = plan_find(w->plan, ref->address);
    if (!w->address)
        w->address = ref->address;
    if (i == UINT32_MAX)
        return true;
    const struct plan_step *s = &w->plan->steps[i];
    const struct value *known = s->promise ? value_get(s->promise, ref->path) : NULL;
    if (known && !value_has_unknown(known))
        return true;
    w->address = ref->address;
    return false;
}

/* A value as far as it is known; `declared` says what it waits for, or is NULL. */
static void print_known(struct buf *out, const struct out *o, const struct plan *p, const struct value *v,
                        const struct value *declared, size_t columns)
{
    if (!value_has_unknown(v)) {
        brief_value(out, o, v, columns);
        return;
    }
    struct wait w = {.plan = p};
    if (declared)
        expr_each_ref(declared, find_wait, &w);
    buf_text(out, "(known after ");
    cell_add(out, o, w.address ? w.address : "this step");
    buf_char(out, ')');
}

static const struct value *declared_at(const struct plan_step *s, const char *name)
{
    return s->decl ? value_get(s->decl->attrs, name) : NULL;
}

static void print_attr(struct buf *out, const struct out *o, const struct plan *p, const struct plan_step *s,
                       const char *name, const struct value *v, size_t columns)
{
    const struct schema_attr *a = s->type ? schema_find(s->type->facts.schema, name) : NULL;
    if (a && (a->flags & SCHEMA_SECRET) && value_kind(v) != VALUE_SECRET && !value_has_unknown(v))
        buf_text(out, "(secret)");
    else
        print_known(out, o, p, v, declared_at(s, name), columns);
}

/* ---- creating -------------------------------------------------------------------------------- */

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
        const struct value *declared = declared_at(s, a->name);
        bool is_reference = value_kind(declared) == VALUE_EXPR && declared->expr->op == EXPR_REF &&
                            strcmp(declared->expr->path, "id") == 0;
        if (!(a->flags & SCHEMA_KEY) || !v || is_reference)
            continue;
        if (out->count)
            buf_char(out, ' ');
        brief_value(out, o, v, VALUE_COLUMNS);
    }
}

static void print_created(struct buf *out, const struct out *o, const struct plan *p,
                          const struct plan_step *s)
{
    const struct schema *schema = s->type->facts.schema;
    print_keys(out, o, schema, s);
    for (size_t k = 0; s->desired && k < s->desired->count; k++) {
        const struct pair *pair = &s->desired->pairs[k];
        const struct schema_attr *a = schema_find(schema, pair->key);
        if ((a && (a->flags & SCHEMA_KEY)) || is_default(a, pair->value))
            continue;
        if (out->count > CREATE_COLUMNS && o->style.columns > 0)
            break;
        if (out->count)
            buf_text(out, ", ");
        cell_add(out, o, pair->key);
        buf_char(out, ' ');
        print_attr(out, o, p, s, pair->key, pair->value, VALUE_COLUMNS);
    }
}

/* ---- changing -------------------------------------------------------------------------------- */

/* The first part of "values[0]" or "options.size": a name of the schema. */
static size_t head_of(const char *path)
{
    return strcspn(path, ".[");
}

static void print_change(struct buf *out, const struct out *o, const struct plan *p,
                         const struct plan_step *s, const struct schema_diff *d)
{
    cell_add(out, o, d->path);
    buf_text(out, ": ");
    if (d->secret) {
        buf_text(out, "(secret) changes");
        return;
    }
    if (d->before)
        brief_value(out, o, d->before, VALUE_COLUMNS);
    else
        buf_text(out, "nothing");
    cell_sign(out, o, " → ", " -> ");
    if (!d->after) {
        buf_text(out, "nothing");
        return;
    }
    char name[64];
    size_t head = head_of(d->path);
    const struct value *declared = NULL;
    if (head < sizeof(name)) {
        memcpy(name, d->path, head);
        name[head] = '\0';
        declared = declared_at(s, name);
    }
    print_known(out, o, p, d->after, declared, VALUE_COLUMNS);
}

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
        brief_value(out, o, before, VALUE_COLUMNS);
        cell_sign(out, o, " → ", " -> ");
        brief_value(out, o, now->pairs[k].value, VALUE_COLUMNS);
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
        print_change(out, o, p, s, &s->diffs[0]);
    else if (s->diff_count > 1)
        as_text_plan_changes(out, s);
    else
        cell_add(out, o, s->reason);
}

/* ---- the other kinds ------------------------------------------------------------------------- */

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

/* What a check asks: the URL of an HTTP probe, or its attributes. */
static void print_check(struct buf *out, const struct out *o, const struct plan *p, const struct plan_step *s)
{
    const struct value *http = value_get(s->desired, "http");
    if (!http) {
        print_known(out, o, p, s->desired, s->decl->attrs, VALUE_COLUMNS);
        return;
    }
    const struct value *url = value_get(http, "url"), *expect = value_get(http, "expect");
    cell_add(out, o, value_get_text(http, "method", "GET"));
    buf_char(out, ' ');
    print_known(out, o, p, url, value_get(value_get(s->decl->attrs, "http"), "url"), VALUE_COLUMNS * 2);
    if (expect) {
        buf_text(out, " gives ");
        brief_value(out, o, expect, VALUE_COLUMNS);
    }
}

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
        cell_add(&text, o, value_get_text(s->desired, "ask", s->reason));
    else if (s->action == PLAN_TODO)
        print_todo(&text, o, p, s);
    else
        print_reason_and_id(&text, o, s);
    buf_add(out, text.at, text.count);
    buf_done(&text);
}

/* ---- labels ---------------------------------------------------------------------------------- */

static void label(struct buf *out, const struct out *o, const char *text)
{
    if (!text || !text[0])
        return;
    if (out->count)
        buf_text(out, "  ");
    cell_add(out, o, text);
}

static bool takes_data_away(const struct plan_step *s)
{
    return (s->action == PLAN_DESTROY || s->action == PLAN_REPLACE) && s->type &&
           (s->type->facts.traits & CATALOG_HOLDS_DATA);
}

static void cost_label(struct buf *out, const struct out *o, int64_t low, int64_t high, const char *currency,
                       const char *unit)
{
    if (high <= 0)
        return;
    if (out->count)
        buf_text(out, "  ");
    brief_money(out, o, low, high, currency);
    buf_text(out, unit);
}

void as_text_plan_labels(struct buf *out, const struct out *o, const struct plan *p,
                         const struct plan_step *s)
{
    struct buf text;
    buf_init(&text, 0);
    if (s->shared)
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
    if (s->cost.priced) {
        cost_label(&text, o, s->cost.once_low, s->cost.once_high, p->region->currency, " once");
        cost_label(&text, o, s->cost.month_low, s->cost.month_high, p->region->currency, "/month");
    }
    buf_add(out, text.at, text.count);
    buf_done(&text);
}

/* ---- the lines below ------------------------------------------------------------------------- */

static void line(struct out *o, enum out_color color, const char *text)
{
    out_fill(o, ' ', INDENT);
    out_paint(o, color);
    cell_print(o, text, o->style.columns > INDENT ? o->style.columns - INDENT : 0);
    out_paint(o, OUT_PLAIN);
    out_char(o, '\n');
}

/* A long reason goes on over further lines: it is not cut. */
static void reason_line(struct out *o, const char *text)
{
    out_fill(o, ' ', INDENT);
    out_paint(o, OUT_DIM);
    cell_paragraph(o, INDENT, INDENT, text);
    out_paint(o, OUT_PLAIN);
}

static bool drifted(struct arena *tmp, const struct plan_step *s, const char *path)
{
    return s->stored && s->observed && s->stored != s->observed &&
           !value_equal(path_get_text(tmp, s->stored, path), path_get_text(tmp, s->observed, path));
}

/* " (shrunk: 3 % of US traffic)" when the region file made the value small. */
static void add_origin(struct buf *text, const struct out *o, const struct plan *p, const struct value *v)
{
    const struct origin *at = v && v->where ? origins_get(p->region->origins, v->where) : NULL;
    if (!at || at->kind != ORIGIN_SHRUNK || !at->why)
        return;
    buf_text(text, " (shrunk: ");
    cell_add(text, o, at->why);
    buf_char(text, ')');
}

static void add_remarks(struct buf *text, const struct out *o, const struct plan *p,
                        const struct plan_step *s, const struct schema_diff *d, struct arena *tmp)
{
    if (d->fixed && s->action == PLAN_REPLACE)
        buf_text(text, " (cannot change in place)");
    if (drifted(tmp, s, d->path))
        buf_text(text, " (changed outside landfall)");
    add_origin(text, o, p, d->after);
}

static void change_lines(struct out *o, const struct plan *p, const struct plan_step *s, uint32_t most,
                         bool told)
{
    struct arena *tmp = arena_new();
    struct buf text, remarks;
    buf_init(&text, 0);
    buf_init(&remarks, 0);
    for (uint32_t k = 0; k < s->diff_count && k < most; k++) {
        buf_clear(&text);
        buf_clear(&remarks);
        add_remarks(&remarks, o, p, s, &s->diffs[k], tmp);
        if (!told)
            print_change(&text, o, p, s, &s->diffs[k]);
        buf_text(&text, told && remarks.count ? remarks.at + 1 : remarks.at);
        if (text.count)
            line(o, told ? OUT_DIM : OUT_PLAIN, text.at);
    }
    if (s->diff_count > most) {
        buf_clear(&text);
        buf_print(&text, "and %u more (-v shows all)", s->diff_count - most);
        line(o, OUT_DIM, text.at);
    }
    buf_done(&text);
    buf_done(&remarks);
    arena_free(tmp);
}

/* Where a created object is smaller than its model: what the reference has, and why. */
static void shrunk_lines(struct out *o, const struct plan *p, const struct plan_step *s)
{
    const struct value *attrs = s->desired;
    for (size_t k = 0; value_kind(attrs) == VALUE_MAP && k < attrs->count; k++) {
        const struct value *v = attrs->pairs[k].value;
        const struct origin *at = v->where ? origins_get(p->region->origins, v->where) : NULL;
        const struct origin *from =
            at && at->kind == ORIGIN_SHRUNK && at->from ? origins_get(p->region->origins, at->from) : NULL;
        if (!from)
            continue;
        struct buf text;
        buf_init(&text, 0);
        cell_add(&text, o, attrs->pairs[k].key);
        buf_text(&text, ": ");
        brief_value(&text, o, from->value, VALUE_COLUMNS);
        cell_sign(&text, o, " → ", " -> ");
        brief_value(&text, o, v, VALUE_COLUMNS);
        add_origin(&text, o, p, v);
        line(o, OUT_DIM, text.at);
        buf_done(&text);
    }
}

static void attribute_lines(struct out *o, const struct plan *p, const struct plan_step *s)
{
    bool goes = s->action == PLAN_DESTROY || s->action == PLAN_FORGET;
    const struct value *all = goes         ? (s->observed ? s->observed : s->stored)
                              : s->promise ? s->promise
                              : s->desired ? s->desired
                                           : s->observed;
    struct buf text;
    buf_init(&text, 0);
    for (size_t k = 0; value_kind(all) == VALUE_MAP && k < all->count; k++) {
        const struct pair *pair = &all->pairs[k];
        if (value_is_null(pair->value))
            continue;
        buf_clear(&text);
        cell_add(&text, o, pair->key);
        buf_text(&text, " = ");
        print_attr(&text, o, p, s, pair->key, pair->value, 0);
        line(o, OUT_DIM, text.at);
    }
    buf_done(&text);
}

/* Is the reason more than what the sign and the line say already? */
static bool reason_is_news(const struct plan_step *s)
{
    if (!s->reason || s->action == PLAN_WAIT || s->action == PLAN_TODO || s->action == PLAN_LOOKUP ||
        s->action == PLAN_DESTROY || s->action == PLAN_FORGET || s->action == PLAN_KEEP)
        return false;
    if (s->action == PLAN_CREATE)
        return strcmp(s->reason, "new") != 0;
    if (s->action == PLAN_RUN || s->action == PLAN_CHECK)
        return s->row != NULL;
    return s->diff_count > 0 && !str_starts(s->reason, s->diffs[0].path);
}

static void because_line(struct out *o, const struct plan_step *s)
{
    struct buf text;
    buf_init(&text, 0);
    for (size_t k = 0; s->because[k]; k++) {
        buf_text(&text, k ? ", " : "because of ");
        buf_text(&text, s->because[k]);
    }
    reason_line(o, text.at);
    buf_done(&text);
}

static void pending_line(struct out *o, const struct plan_step *s)
{
    struct buf text;
    buf_init(&text, 0);
    buf_print(&text, "an earlier change is not settled: %s", store_op_state_name(s->pending->state));
    if (s->pending->reason) {
        buf_text(&text, ", ");
        buf_text(&text, s->pending->reason);
    }
    out_fill(o, ' ', INDENT);
    out_paint(o, OUT_YELLOW);
    cell_paragraph(o, INDENT, INDENT, text.at);
    out_paint(o, OUT_PLAIN);
    buf_done(&text);
}

static void deposed_line(struct out *o, const struct plan_step *s)
{
    struct buf text;
    buf_init(&text, 0);
    brief_count(&text, s->deposed_left, "older object");
    buf_text(&text, " of it will be destroyed");
    reason_line(o, text.at);
    buf_done(&text);
}

void as_text_plan_more(struct out *o, const struct plan *p, const struct plan_step *s,
                       enum as_text_detail detail, bool told)
{
    bool changes = s->action == PLAN_UPDATE || s->action == PLAN_REPLACE;
    if (changes)
        change_lines(o, p, s, detail == AS_TEXT_FULL ? UINT32_MAX : CHANGES_MAX, told);
    if (s->action == PLAN_CREATE)
        shrunk_lines(o, p, s);
    if (reason_is_news(s))
        reason_line(o, s->reason);
    if (changes && s->diff_count == 0 && s->because && s->because[0])
        because_line(o, s);
    if (s->action == PLAN_REPLACE && s->create_first)
        reason_line(o, "the new one is made before the old one goes");
    if (s->action == PLAN_UPDATE && s->may_replace)
        reason_line(o, "may become a replacement: an attribute that cannot change in place is known later");
    if (s->deposed_left > 0)
        deposed_line(o, s);
    if (s->pending)
        pending_line(o, s);
    if (detail == AS_TEXT_FULL)
        attribute_lines(o, p, s);
}
