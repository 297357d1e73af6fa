#include "report/as_text_plan_foot.h"

#include <string.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/str.h"
#include "model/diag.h"
#include "model/money.h"
#include "model/value.h"
#include "plan/plan.h"
#include "plugin/registry.h"
#include "region/region.h"
#include "report/brief.h"
#include "report/cell.h"
#include "report/out.h"
#include "store/store.h"

/* Reasons for a missing price that are named in the short form. */
#define WHY_NOT_MAX 3

/* "Cost  ", "Absent  ": a bold word, then the rest behind one margin. */
static void labeled(struct out *o, const char *label, const char *text)
{
    size_t column = strlen(label) + 2;
    out_painted(o, OUT_BOLD, label);
    out_text(o, "  ");
    cell_paragraph(o, column, column, text);
}

/* ---- counts ---------------------------------------------------------------------------------- */

struct count_word {
    enum plan_action action;
    const char *what;
    bool always; /* also when it is 0 */
};

static const struct count_word count_words[] = {
    {PLAN_CREATE, "to create", true},   {PLAN_UPDATE, "to change", true},  {PLAN_REPLACE, "to replace", true},
    {PLAN_DESTROY, "to destroy", true}, {PLAN_RUN, "to run", false},       {PLAN_CHECK, "to check", false},
    {PLAN_FORGET, "to forget", false},  {PLAN_LOOKUP, "looked up", false}, {PLAN_KEEP, "kept", false},
};

static void add_part(struct buf *out, const struct out *o)
{
    if (out->count)
        cell_sign(out, o, " · ", " | ");
}

/* The four that change the world are always there, also with 0: that nothing is destroyed is news. */
static void add_counts(struct buf *out, const struct out *o, const struct plan *p)
{
    const struct plan_totals *t = &p->totals;
    for (size_t k = 0; k < COUNT_OF(count_words); k++) {
        uint32_t n = t->by_action[count_words[k].action];
        if (n == 0 && !count_words[k].always)
            continue;
        if (k > 0 && count_words[k].always)
            buf_text(out, ", ");
        else
            add_part(out, o);
        buf_print(out, "%u %s", n, count_words[k].what);
    }
    if (t->shared > 0) {
        add_part(out, o);
        buf_print(out, "%u SHARED with other regions", t->shared);
    }
    if (t->by_action[PLAN_WAIT] > 0) {
        add_part(out, o);
        buf_print(out, "%u %s for people", t->by_action[PLAN_WAIT],
                  t->by_action[PLAN_WAIT] == 1 ? "waits" : "wait");
    }
    if (t->by_action[PLAN_TODO] > 0) {
        add_part(out, o);
        brief_count(out, t->by_action[PLAN_TODO], "todo");
    }
}

static uint32_t count_left_out(const struct plan *p)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->count; i++)
        n += !p->steps[i].targeted;
    return n;
}

static void counts_line(struct out *o, const struct plan *p)
{
    struct buf text;
    uint32_t left_out = count_left_out(p);
    buf_init(&text, 0);
    add_counts(&text, o, p);
    if (left_out > 0) {
        add_part(&text, o);
        buf_print(&text, "%u left out by --target", left_out);
    }
    out_paint(o, OUT_BOLD);
    cell_paragraph(o, 0, 2, text.at);
    out_paint(o, OUT_PLAIN);
    buf_done(&text);
}

/* ---- cost ------------------------------------------------------------------------------------ */

/* Reasons and how often each, in the order they are met. */
static void add_why_not(struct buf *out, const struct out *o, const struct plan *p,
                        enum as_text_detail detail)
{
    struct map *seen = map_new();
    for (uint32_t i = 0; i < p->count; i++) {
        const char *why = p->steps[i].cost.why_not;
        if (p->steps[i].cost.priced || !why || !p->steps[i].targeted)
            continue;
        map_put(seen, why, (void *)((uintptr_t)map_find(seen, why) + 1));
    }
    const char *why;
    void *times;
    size_t shown = 0, most = detail == AS_TEXT_FULL ? SIZE_MAX : WHY_NOT_MAX;
    for (size_t at = 0; map_next(seen, &at, &why, &times) && shown < most; shown++) {
        buf_text(out, shown ? "; " : ": ");
        cell_add(out, o, why);
        if ((uintptr_t)times > 1 && map_count(seen) > 1)
            buf_print(out, " (%zu times)", (size_t)(uintptr_t)times);
    }
    if (map_count(seen) > shown)
        buf_print(out, "; and %zu more reasons", map_count(seen) - shown);
    map_free(seen);
}

/* As the region file has it: either part may be missing. */
static void add_budget(struct buf *out, const struct out *o, const struct plan *p)
{
    static const struct {
        const char *key, *unit;
    } parts[] = {{"monthly", "/month"}, {"one_off", " once"}};
    int64_t amount;
    bool any = false;
    for (size_t k = 0; k < COUNT_OF(parts); k++) {
        if (!brief_amount(value_get(p->region->budget, parts[k].key), &amount))
            continue;
        if (any)
            buf_text(out, ", ");
        else
            cell_sign(out, o, " · budget ", " | budget ");
        brief_money(out, o, amount, amount, p->region->currency);
        buf_text(out, parts[k].unit);
        any = true;
    }
}

/* "is" when even the low end is too much, "may be" when only the high end is.  Steps without a price can only
 * make it worse, so they are told here again. */
static void over_budget(struct out *o, const struct plan *p, const char *key, const char *what, int64_t low,
                        int64_t high)
{
    int64_t budget;
    if (!brief_amount(value_get(p->region->budget, key), &budget) || high <= budget)
        return;
    struct buf text;
    buf_init(&text, 0);
    buf_print(&text, "OVER BUDGET: the %s cost %s ", what, low > budget ? "is" : "may be");
    brief_money(&text, o, low > budget ? low : high, high, p->region->currency);
    buf_text(&text, ", ");
    brief_money(&text, o, high - budget, high - budget, p->region->currency);
    buf_text(&text, " more than the budget allows");
    if (p->totals.priced < p->totals.priceable)
        buf_print(&text, " - and %u of %u are not estimated", p->totals.priceable - p->totals.priced,
                  p->totals.priceable);
    out_paint(o, OUT_BOLD);
    out_paint(o, OUT_RED);
    cell_paragraph(o, 0, 2, text.at);
    out_paint(o, OUT_PLAIN);
    buf_done(&text);
}

/* No amount is printed when no step has a price. */
static void cost_lines(struct out *o, const struct plan *p, enum as_text_detail detail)
{
    const struct plan_totals *t = &p->totals;
    struct buf text;
    if (t->priceable == 0)
        return;
    buf_init(&text, 0);
    if (t->priced > 0) {
        buf_text(&text, "one-off ");
        brief_money(&text, o, t->cost.once_low, t->cost.once_high, p->region->currency);
        cell_sign(&text, o, " · monthly ", " | monthly ");
        brief_money(&text, o, t->cost.month_low, t->cost.month_high, p->region->currency);
    } else {
        buf_text(&text, "not estimated");
    }
    add_budget(&text, o, p);
    add_part(&text, o);
    buf_print(&text, "%u of %u priced", t->priced, t->priceable);
    if (t->priced < t->priceable) {
        buf_print(&text, " (%u not estimated", t->priceable - t->priced);
        add_why_not(&text, o, p, detail);
        buf_char(&text, ')');
    }
    labeled(o, "Cost", text.at);
    buf_done(&text);
    if (t->priced > 0) {
        over_budget(o, p, "monthly", "monthly", t->cost.month_low, t->cost.month_high);
        over_budget(o, p, "one_off", "one-off", t->cost.once_low, t->cost.once_high);
    }
}

void as_text_plan_totals(struct out *o, const struct plan *p, enum as_text_detail detail)
{
    counts_line(o, p);
    cost_lines(o, p, detail);
}

/* ---- what to know besides -------------------------------------------------------------------- */

/* The part under `services` is what people call it by. */
static const char *short_path(const char *path)
{
    return str_starts(path, "services.") ? path + strlen("services.") : path;
}

/* The rules, not the values: one line says what a hundred steps have in common.  A rule that changed nothing
 * is the region file's matter, not the plan's. */
static void shrunk_lines(struct out *o, const struct plan *p)
{
    struct buf text;
    buf_init(&text, 0);
    for (size_t k = 0; k < p->region->shrink_count; k++) {
        const struct region_shrink *s = &p->region->shrinks[k];
        if (s->hits == 0)
            continue;
        buf_clear(&text);
        buf_print(&text, "%s (", short_path(s->match));
        brief_count(&text, s->hits, "value");
        buf_print(&text, "): %s", s->why);
        if (s->grow_back)
            buf_print(&text, "; grows back: %s", s->grow_back);
        labeled(o, "Shrunk", text.at);
    }
    buf_done(&text);
}

static void absent_lines(struct out *o, const struct plan *p)
{
    struct buf text;
    buf_init(&text, 0);
    for (size_t k = 0; k < p->region->absent_count; k++) {
        const struct region_absent *a = &p->region->absents[k];
        buf_clear(&text);
        buf_print(&text, "%s: %s (%s", short_path(a->what), a->why, a->owner);
        if (a->revisit)
            buf_print(&text, ", revisit %s", a->revisit);
        buf_char(&text, ')');
        labeled(o, "Absent on purpose", text.at);
    }
    buf_done(&text);
}

static void move_lines(struct out *o, const struct plan *p)
{
    struct buf text;
    buf_init(&text, 0);
    for (size_t k = 0; k < p->move_count; k++) {
        buf_clear(&text);
        buf_print(&text, "%s is called %s from now on; nothing is rebuilt", p->moves[k].from, p->moves[k].to);
        labeled(o, "Moved", text.at);
    }
    buf_done(&text);
}

/* Traces are for --json. */
static void note_lines(struct out *o, const struct plan *p)
{
    for (size_t k = 0; k < p->note_count; k++) {
        if (p->notes[k].severity == DIAG_TRACE)
            continue;
        out_char(o, '\n');
        as_text_diag(o, &p->notes[k]);
    }
}

/* Whose word it is that the dry run was dry: drivers that reach their service past landfall's gate. */
static void word_line(struct out *o, const struct plan *p)
{
    ARRAY(const struct driver *) drivers = {0};
    const struct driver *last = NULL;
    struct buf text;
    buf_init(&text, 0);
    for (uint32_t i = 0; i < p->count; i++) {
        const struct plan_step *s = &p->steps[i];
        if (!s->by_word || !s->driver || !s->targeted || s->driver == last)
            continue;
        last = s->driver;
        /* A region has a handful of drivers. */
        size_t k = 0;
        while (k < drivers.count && drivers.at[k] != last)
            k++;
        if (k < drivers.count)
            continue;
        ARRAY_PUSH(&drivers, last);
        buf_print(&text, "%s%s-%s%s%s", text.count ? ", " : "", last->subsystem, last->name,
                  last->instance[0] ? " as /" : "", last->instance);
    }
    if (text.count) {
        buf_text(&text, " (they reach their service past landfall's read-only gate)");
        labeled(o, "Dry by the driver's word", text.at);
    }
    ARRAY_DONE(&drivers);
    buf_done(&text);
}

void as_text_plan_foot(struct out *o, const struct plan *p)
{
    if (!p->destroy) {
        shrunk_lines(o, p);
        absent_lines(o, p);
    }
    move_lines(o, p);
    word_line(o, p);
    note_lines(o, p);
    if (p->truth->op_count > 0)
        out_char(o, '\n');
    as_text_pending(o, p->region->name, p->truth);
}
