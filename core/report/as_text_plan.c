#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/str.h"
#include "model/decl.h"
#include "plan/plan.h"
#include "region/region.h"
#include "report/as_text.h"
#include "report/as_text_plan_foot.h"
#include "report/as_text_plan_row.h"
#include "report/as_text_policy.h"
#include "report/cell.h"
#include "report/out.h"

#define SIGN_COLUMNS  4 /* right-aligned sign and a blank */
#define LEGEND_GAP    3
#define GAP           2   /* between columns */
#define WIDTH_MAX     132 /* on a wider terminal the eye loses the line */
#define ADDRESS_SHARE 2   /* an address may take up to 1/2 of the line before it breaks it */
#define ADDRESS_PIPE  48
#define WHAT_PIPE     64
#define WHAT_LEAST    16 /* with less room the text goes to the line below */

/* One step as it will be printed; texts lie in one buffer, each with its NUL. */
struct row {
    uint32_t step;
    size_t what, labels; /* where in the texts */
    size_t address_columns, what_columns, label_columns;
};

struct table {
    struct out *o;
    const struct plan *plan;
    enum as_text_detail detail;
    struct buf texts;
    ARRAY(struct row) rows;
    size_t columns, address_columns, what_columns;
};

/* ---- the head -------------------------------------------------------------------------------- */

static void print_head(struct out *o, const struct plan *p)
{
    const struct region *r = p->region;
    struct buf text;
    buf_init(&text, 0);
    cell_sign(&text, o, " · region ", " | region ");
    buf_print(&text, "%s (%s, %s)", r->name, r->title, r->place);
    if (r->from) {
        cell_sign(&text, o, " · from ", " | from ");
        buf_text(&text, r->from);
    }
    if (p->playbook) {
        cell_sign(&text, o, " · playbook ", " | playbook ");
        buf_text(&text, file_name(p->playbook));
    }
    const char *title = p->destroy        ? "landfall plan --destroy"
                        : p->refresh_only ? "landfall plan --refresh-only"
                                          : "landfall plan";
    out_painted(o, OUT_BOLD, title);
    cell_paragraph(o, strlen(title), 2, text.at);
    buf_done(&text);
}

/* What the signs mean, those that are used. */
static void print_legend(struct out *o, const struct plan *p, enum as_text_detail detail)
{
    size_t column = 0;
    out_paint(o, OUT_DIM);
    for (uint32_t a = PLAN_KEEP; a <= PLAN_FORGET; a++) {
        if (p->totals.by_action[a] == 0 || (a == PLAN_KEEP && detail != AS_TEXT_FULL))
            continue;
        const char *sign = as_text_plan_sign_of(a), *name = as_text_plan_sign_name(a);
        size_t wide = strlen(sign) + 1 + strlen(name);
        if (column > 0 && o->style.columns > 0 && column + LEGEND_GAP + wide > o->style.columns) {
            out_char(o, '\n');
            column = 0;
        }
        out_fill(o, ' ', column > 0 ? LEGEND_GAP : 0);
        out_print(o, "%s %s", sign, name);
        column += (column > 0 ? LEGEND_GAP : 0) + wide;
    }
    out_paint(o, OUT_PLAIN);
    out_text(o, column > 0 ? "\n" : "");
}

/* ---- rows ------------------------------------------------------------------------------------ */

static bool is_shown(const struct plan_step *s, enum as_text_detail detail)
{
    bool quiet = s->action == PLAN_KEEP && !s->pending && s->deposed_left == 0;
    return s->targeted && (!quiet || detail == AS_TEXT_FULL);
}

static void add_row(struct table *t, uint32_t i)
{
    const struct plan_step *s = &t->plan->steps[i];
    struct row row = {.step = i, .what = t->texts.count};
    as_text_plan_what(&t->texts, t->o, t->plan, s);
    row.what_columns = str_columns(t->texts.at + row.what);
    buf_add(&t->texts, "", 1);
    row.labels = t->texts.count;
    as_text_plan_labels(&t->texts, t->o, t->plan, s);
    row.label_columns = str_columns(t->texts.at + row.labels);
    buf_add(&t->texts, "", 1);
    row.address_columns = strlen(s->address);
    ARRAY_PUSH(&t->rows, row);
}

static bool is_same_stage(const struct plan_step *a, const struct plan_step *b)
{
    if (!a->decl || !b->decl)
        return a->decl == b->decl;
    return a->decl->stage == b->decl->stage || strcmp(a->decl->stage, b->decl->stage) == 0;
}

/* Columns are aligned inside a stage: one long address does not take the room of all others. */
static void set_widths(struct table *t, size_t first)
{
    size_t address_most = t->columns ? t->columns / ADDRESS_SHARE : ADDRESS_PIPE;
    const struct plan_step *head = &t->plan->steps[t->rows.at[first].step];
    t->address_columns = t->what_columns = 0;
    for (size_t k = first; k < t->rows.count; k++) {
        const struct row *row = &t->rows.at[k];
        if (!is_same_stage(head, &t->plan->steps[row->step]))
            break;
        if (row->address_columns > t->address_columns && row->address_columns <= address_most)
            t->address_columns = row->address_columns;
        if (row->what_columns > t->what_columns)
            t->what_columns = row->what_columns < WHAT_PIPE ? row->what_columns : WHAT_PIPE;
    }
}

/* Steps before the first stage need no heading. */
static void print_stage(struct out *o, const struct plan *p, const struct plan_step *s)
{
    const char *heading = s->decl      ? s->decl->stage
                          : p->destroy ? "everything that was built"
                                       : "no longer declared";
    if (!heading[0])
        return;
    out_painted(o, OUT_BOLD, heading);
    out_char(o, '\n');
}

static void print_labels(struct table *t, const struct row *row, size_t used)
{
    const struct plan_step *s = &t->plan->steps[row->step];
    if (row->label_columns == 0)
        return;
    size_t at = t->columns ? (t->columns > row->label_columns ? t->columns - row->label_columns : 0)
                           : SIGN_COLUMNS + t->address_columns + GAP + t->what_columns + GAP;
    if (t->columns > 0 && at < used + GAP) {
        out_char(t->o, '\n');
        used = 0;
    }
    out_fill(t->o, ' ', at > used + GAP ? at - used : GAP);
    out_paint(t->o, plan_is_conflict(s) ? OUT_RED : s->shared ? OUT_YELLOW : OUT_DIM);
    out_text(t->o, t->texts.at + row->labels);
    out_paint(t->o, OUT_PLAIN);
}

/* Columns the text may take between address and labels; SIZE_MAX: all it needs. */
static size_t room_for_what(const struct table *t, const struct row *row, size_t used)
{
    size_t taken = used + GAP + (row->label_columns ? row->label_columns + GAP : 0);
    if (t->columns == 0)
        return SIZE_MAX;
    return t->columns > taken ? t->columns - taken : 0;
}

static void print_sign(struct out *o, const struct plan_step *s)
{
    const char *sign = as_text_plan_sign(s);
    out_fill(o, ' ', SIGN_COLUMNS - 1 - strlen(sign));
    out_painted(o, as_text_plan_color(s), sign);
    out_char(o, ' ');
}

/* The attributes of a new object, and what is merely looked at, may be cut to their line; what somebody has
 * to decide about is shown whole. */
static bool may_be_cut(const struct plan_step *s)
{
    return s->action == PLAN_CREATE || s->action == PLAN_LOOKUP || s->action == PLAN_KEEP;
}

static void print_what_below(struct table *t, const struct plan_step *s, const char *what)
{
    size_t indent = SIGN_COLUMNS * 2;
    out_fill(t->o, ' ', indent);
    if (!may_be_cut(s)) {
        cell_paragraph(t->o, indent, indent + 2, what);
        return;
    }
    cell_print(t->o, what, t->columns > indent ? t->columns - indent : 0);
    out_char(t->o, '\n');
}

static void print_row(struct table *t, const struct row *row)
{
    const struct plan_step *s = &t->plan->steps[row->step];
    const char *what = t->texts.at + row->what;
    struct buf changes;
    bool told = s->diff_count <= 1;
    print_sign(t->o, s);
    cell_pad(t->o, s->address, t->address_columns);
    size_t used = SIGN_COLUMNS +
                  (row->address_columns > t->address_columns ? row->address_columns : t->address_columns);
    size_t room = room_for_what(t, row, used);
    buf_init(&changes, 0);
    if (row->what_columns > room && told && s->diff_count == 1) {
        as_text_plan_changes(&changes, s);
        what = changes.at;
        told = false;
    }
    bool below = str_columns(what) > room && (room < WHAT_LEAST || !may_be_cut(s));
    if (what[0] && !below) {
        out_fill(t->o, ' ', GAP);
        used += GAP + cell_print(t->o, what, room == SIZE_MAX ? 0 : room);
    }
    print_labels(t, row, used);
    out_char(t->o, '\n');
    if (what[0] && below)
        print_what_below(t, s, what);
    as_text_plan_more(t->o, t->plan, s, t->detail, told);
    buf_done(&changes);
}

static void print_steps(struct out *o, const struct plan *p, enum as_text_detail detail)
{
    struct arena *tmp = arena_new();
    struct table t = {.o = o, .plan = p, .detail = detail, .columns = cell_width(o, WIDTH_MAX)};
    const uint32_t *order = plan_order(tmp, p);
    buf_init(&t.texts, 0);
    for (uint32_t k = 0; k < p->count; k++) {
        if (is_shown(&p->steps[order[k]], detail))
            add_row(&t, order[k]);
    }
    if (t.rows.count > 0) {
        print_legend(o, p, detail);
        out_char(o, '\n');
    }
    for (size_t k = 0; k < t.rows.count; k++) {
        const struct plan_step *s = &p->steps[t.rows.at[k].step];
        if (k == 0 || !is_same_stage(&p->steps[t.rows.at[k - 1].step], s)) {
            set_widths(&t, k);
            print_stage(o, p, s);
        }
        print_row(&t, &t.rows.at[k]);
    }
    if (t.rows.count > 0)
        out_char(o, '\n');
    else if (p->count > 0)
        out_text(o, "\nNothing to do: everything is as declared.\n\n");
    ARRAY_DONE(&t.rows);
    buf_done(&t.texts);
    arena_free(tmp);
}

void as_text_plan(struct out *o, const struct plan *p, enum as_text_detail detail)
{
    if (detail != AS_TEXT_BRIEF) {
        print_head(o, p);
        print_steps(o, p, detail);
    }
    as_text_plan_totals(o, p, detail);
    as_text_plan_conflict_line(o, p);
    as_text_policy_line(o, p);
    as_text_policy_waivers(o, p->waivers, p->judged_ms);
    if (detail != AS_TEXT_BRIEF) {
        as_text_plan_foot(o, p);
        as_text_plan_conflicts(o, p, detail);
        as_text_policy_findings(o, p, detail);
    }
}
