#include "report/as_text_plan_foot.h"

#include <string.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/str.h"
#include "model/diag.h"
#include "plan/plan.h"
#include "plugin/registry.h"
#include "region/region.h"
#include "report/as_text_cost.h"
#include "report/brief.h"
#include "report/cell.h"
#include "report/out.h"
#include "store/store.h"

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
    if (t->conflicts > 0) {
        add_part(out, o);
        buf_print(out, "%u in conflict", t->conflicts);
    }
    if (t->by_action[PLAN_WAIT] > 0) {
        add_part(out, o);
        buf_print(out, "%u %s", t->by_action[PLAN_WAIT],
                  t->by_action[PLAN_WAIT] == 1 ? "waits for a person" : "wait for people");
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

void as_text_plan_totals(struct out *o, const struct plan *p, enum as_text_detail detail)
{
    counts_line(o, p);
    as_text_cost_lines(o, p, detail);
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

/* ---- names that somebody else has ------------------------------------------------------------ */

/* So many are told in full, unless all are asked for. */
#define CONFLICTS_MAX 5

void as_text_plan_conflict_line(struct out *o, const struct plan *p)
{
    struct buf text;
    if (p->totals.conflicts == 0)
        return;
    buf_init(&text, 0);
    brief_count(&text, p->totals.conflicts, "name");
    buf_print(&text, " %s TAKEN: this plan will not be applied", p->totals.conflicts == 1 ? "is" : "are");
    out_paint(o, OUT_RED);
    labeled(o, "Conflicts", text.at);
    buf_done(&text);
}

static void conflict(struct out *o, const struct plan_step *s)
{
    struct buf where;
    buf_init(&where, 0);
    buf_print(&where, "%s:%u", s->decl->file, s->decl->line);
    struct diag one = {.severity = DIAG_ERROR,
                       .code = "plan.conflict",
                       .address = s->address,
                       .where = where.at,
                       .summary = s->taken->reason,
                       .detail = s->taken->detail,
                       .advice = s->taken->advice};
    out_char(o, '\n');
    as_text_diag(o, &one);
    buf_done(&where);
}

void as_text_plan_conflicts(struct out *o, const struct plan *p, enum as_text_detail detail)
{
    uint32_t most = detail == AS_TEXT_FULL ? UINT32_MAX : CONFLICTS_MAX, told = 0;
    for (uint32_t i = 0; i < p->count && told < p->totals.conflicts && told < most; i++) {
        if (!plan_is_conflict(&p->steps[i]))
            continue;
        conflict(o, &p->steps[i]);
        told++;
    }
    if (told < p->totals.conflicts)
        out_print(o, "\nand %u more names that are taken: -v shows them\n", p->totals.conflicts - told);
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
