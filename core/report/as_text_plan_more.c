#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "model/decl.h"
#include "model/origins.h"
#include "model/path.h"
#include "model/schema.h"
#include "model/value.h"
#include "plan/plan.h"
#include "region/region.h"
#include "report/as_text_plan_row.h"
#include "report/as_text_plan_value.h"
#include "report/brief.h"
#include "report/cell.h"
#include "store/store.h"

#define CHANGES_MAX 6 /* changed paths listed below a step, unless all are asked for */
#define INDENT      8

/* Cut in a terminal: an attribute may hold a whole SQL file. */
static void attribute_line(struct out *o, const char *text)
{
    out_fill(o, ' ', INDENT);
    out_paint(o, OUT_DIM);
    cell_print(o, text, o->style.columns > INDENT ? o->style.columns - INDENT : 0);
    out_paint(o, OUT_PLAIN);
    out_char(o, '\n');
}

/* What must not be cut goes on over further lines. */
static void wrapped_line(struct out *o, enum out_color color, const char *text)
{
    out_fill(o, ' ', INDENT);
    out_paint(o, color);
    cell_paragraph(o, INDENT, INDENT + 2, text);
    out_paint(o, OUT_PLAIN);
}

static void reason_line(struct out *o, const char *text)
{
    wrapped_line(o, OUT_DIM, text);
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

/* What makes a change more than an edit: it costs the object, somebody else made it, a rule is behind it. */
static void add_remarks(struct buf *text, const struct out *o, const struct plan *p,
                        const struct plan_step *s, const struct schema_diff *d, struct arena *tmp)
{
    if (d->fixed && s->action == PLAN_REPLACE)
        buf_text(text, " (cannot change in place)");
    if (drifted(tmp, s, d->path))
        buf_text(text, " (changed outside landfall)");
    add_origin(text, o, p, d->after);
}

/* `told`: the only change stands in the line above already, and only the remarks are missing. */
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
            as_text_plan_change(&text, o, p, s, &s->diffs[k]);
        buf_text(&text, told && remarks.count ? remarks.at + 1 : remarks.at);
        if (text.count)
            wrapped_line(o, told ? OUT_DIM : OUT_PLAIN, text.at);
    }
    if (s->diff_count > most) {
        buf_clear(&text);
        buf_print(&text, "and %u more (-v shows all)", s->diff_count - most);
        reason_line(o, text.at);
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
        brief_value(&text, o, from->value, AS_TEXT_PLAN_VALUE);
        cell_sign(&text, o, " → ", " -> ");
        brief_value(&text, o, v, AS_TEXT_PLAN_VALUE);
        add_origin(&text, o, p, v);
        reason_line(o, text.at);
        buf_done(&text);
    }
}

/* With -v: all of it, as it will be - or, for what goes, as it is. */
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
        as_text_plan_attr(&text, o, p, s, pair->key, pair->value, 0);
        attribute_line(o, text.at);
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

/* In the row too, not only at the foot: a reader of this step must not miss it. */
static void pending_line(struct out *o, const struct plan *p, const struct plan_step *s)
{
    enum store_op_state state = s->pending->state;
    struct buf text;
    buf_init(&text, 0);
    buf_text(&text, "begun by an earlier run and not settled: ");
    if (state == STORE_OP_HELD || state == STORE_OP_CONFLICT)
        buf_print(&text, "a person decides, see landfall status %s", p->region->name);
    else
        buf_print(&text, "landfall resume %s does that first", p->region->name);
    if (s->pending->reason) {
        buf_text(&text, ", ");
        buf_text(&text, s->pending->reason);
    }
    wrapped_line(o, OUT_YELLOW, text.at);
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

/* How a change is made, where that is not what everybody expects. */
static void way_lines(struct out *o, const struct plan_step *s)
{
    if (s->diff_count == 0 && s->because && s->because[0])
        because_line(o, s);
    if (s->action == PLAN_REPLACE && s->create_first)
        reason_line(o, "the new one is made before the old one goes");
    if (plan_may_replace(s))
        reason_line(o, plan_loses_data(s)
                           ? "may become a replacement, which loses its data: an attribute that "
                             "cannot change in place is known later"
                           : "may become a replacement: an attribute that cannot change in place "
                             "is known later");
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
    if (changes)
        way_lines(o, s);
    if (s->taken && s->taken->ours)
        reason_line(o, s->taken->reason);
    if (s->deposed_left > 0)
        deposed_line(o, s);
    if (s->pending)
        pending_line(o, p, s);
    if (detail == AS_TEXT_FULL)
        attribute_lines(o, p, s);
}
