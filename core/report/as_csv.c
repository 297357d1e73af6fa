#include "report/as_csv.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/tick.h"
#include "model/decl.h"
#include "model/money.h"
#include "plan/graph.h"
#include "plan/plan.h"
#include "plugin/registry.h"
#include "region/region.h"
#include "report/facts.h"
#include "report/out.h"
#include "report/timeline.h"
#include "store/store.h"

/* What begins like this is computed when a file is opened (OWASP, CSV injection); a blank in front does not
 * keep every program from it. */
static bool is_formula(const char *text)
{
    text += strspn(text, " \t\r\n");
    return *text && strchr("=+-@", *text);
}

void as_csv_field(struct buf *row, const char *text)
{
    if (!text)
        return;
    bool quoted = is_formula(text) || strpbrk(text, ",\"\r\n") != NULL;
    if (!quoted) {
        buf_text(row, text);
        return;
    }
    buf_text(row, is_formula(text) ? "\"'" : "\"");
    for (; *text; text++) {
        if (*text == '"')
            buf_char(row, '"');
        buf_char(row, *text);
    }
    buf_char(row, '"');
}

/* ---- one row --------------------------------------------------------------------------------- */

struct table {
    struct out *out;
    const struct plan *plan;
    const struct timeline_bar *const *bars;
    struct buf row, text, safe;
};

static void next(struct table *t)
{
    if (t->row.count > 0)
        buf_char(&t->row, ',');
}

/* Anybody's text: known secrets are looked for before quotes are doubled. */
static void field(struct table *t, const char *text)
{
    next(t);
    if (!text)
        return;
    buf_clear(&t->text);
    buf_clear(&t->safe);
    out_filter_mask(t->out->filter, &t->text, text, strlen(text));
    str_safe(&t->safe, t->text.at, t->text.count);
    as_csv_field(&t->row, t->safe.at);
}

static void money(struct table *t, bool known, int64_t amount)
{
    next(t);
    if (known)
        money_print_plain(&t->row, amount, t->plan->region->currency);
}

static void moment(struct table *t, bool known, int64_t wall_ms)
{
    char text[TICK_TEXT];
    next(t);
    if (!known)
        return;
    tick_print(wall_ms, text);
    buf_text(&t->row, text);
}

static void flag(struct table *t, bool is)
{
    next(t);
    buf_text(&t->row, is ? "yes" : "no");
}

/* Several texts in one field, a blank between them: addresses and categories have none. */
static void texts(struct table *t, const char *const *at, size_t count)
{
    struct buf all;
    buf_init(&all, 0);
    for (size_t k = 0; k < count; k++)
        buf_print(&all, k ? " %s" : "%s", at[k]);
    field(t, all.at);
    buf_done(&all);
}

static void needs(struct table *t, uint32_t i)
{
    const struct graph *g = t->plan->graph;
    struct buf all;
    buf_init(&all, 0);
    for (uint32_t e = g->needs_at[i]; e < g->needs_at[i + 1]; e++)
        buf_print(&all, all.count ? " %s" : "%s", g->nodes[g->needs[e]].address);
    field(t, all.at);
    buf_done(&all);
}

static const char *const columns[] = {
    "address",   "action",         "reason",     "stage",    "subsystem",     "type",
    "driver",    "instance",       "id",         "owner",    "blocks",        "holds",
    "shared",    "protect",        "currency",   "once_low", "once_expected", "once_high",
    "month_low", "month_expected", "month_high", "guess",    "not_priced",    "outcome",
    "started",   "ended",          "took_ms",    "critical", "needs",         "declared_at",
};

static void print_cost(struct table *t, const struct plan_cost *c)
{
    field(t, t->plan->region->currency);
    money(t, c->priced, c->once_low);
    money(t, c->priced, c->once_expected);
    money(t, c->priced, c->once_high);
    money(t, c->priced, c->month_low);
    money(t, c->priced, c->month_expected);
    money(t, c->priced, c->month_high);
    flag(t, c->guess);
    field(t, c->priced ? NULL : c->why_not);
}

static void print_bar(struct table *t, const struct timeline_bar *bar)
{
    field(t, bar ? bar->event->kind : NULL);
    moment(t, bar != NULL, bar ? bar->start_ms : 0);
    moment(t, bar != NULL, bar ? bar->end_ms : 0);
    next(t);
    if (bar)
        buf_print(&t->row, "%lld", (long long)(bar->end_ms - bar->start_ms));
    flag(t, bar && bar->critical);
}

static void print_declared(struct table *t, const struct plan_step *s)
{
    struct buf where;
    buf_init(&where, 0);
    if (s->decl)
        buf_print(&where, "%s:%u", s->decl->file, s->decl->line);
    else if (s->row && s->row->declared_at)
        buf_text(&where, s->row->declared_at);
    field(t, where.at);
    buf_done(&where);
}

static void print_step(struct table *t, uint32_t i)
{
    const struct plan_step *s = &t->plan->steps[i];
    const struct decl *d = s->decl;
    buf_clear(&t->row);
    field(t, s->address);
    field(t, plan_action_name(s->action));
    field(t, s->reason);
    field(t, d ? d->stage : NULL);
    field(t, d ? d->subsystem : s->row ? s->row->subsystem : NULL);
    field(t, d ? d->type : s->row ? s->row->type : NULL);
    field(t, s->driver ? s->driver->name : NULL);
    field(t, s->driver ? s->driver->instance : NULL);
    field(t, s->id);
    field(t, d ? d->meta.owner : NULL);
    field(t, d ? d->meta.blocks : NULL);
    texts(t, d ? d->meta.holds : NULL, d ? d->meta.holds_count : 0);
    flag(t, s->shared);
    flag(t, d && d->meta.protect);
    print_cost(t, &s->cost);
    print_bar(t, t->bars[i]);
    needs(t, i);
    print_declared(t, s);
    buf_text(&t->row, "\r\n");
    out_text(t->out, t->row.at);
}

void as_csv_report(struct out *o, const struct facts_report *f)
{
    struct arena *mem = arena_new();
    struct timeline line;
    struct table t = {.out = o, .plan = f->plan};
    timeline_make(mem, f->plan, f->events, f->event_count, &line);
    t.bars = timeline_by_step(mem, f->plan, &line);
    buf_init(&t.row, 0);
    buf_init(&t.text, 0);
    buf_init(&t.safe, 0);
    for (size_t k = 0; k < COUNT_OF(columns); k++)
        out_print(o, k ? ",%s" : "%s", columns[k]);
    out_text(o, "\r\n");
    const uint32_t *order = plan_order(mem, f->plan);
    for (uint32_t k = 0; k < f->plan->count; k++)
        print_step(&t, order[k]);
    buf_done(&t.row);
    buf_done(&t.text);
    buf_done(&t.safe);
    arena_free(mem);
}
