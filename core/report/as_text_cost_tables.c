#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "model/money.h"
#include "plan/cost_table.h"
#include "plan/plan.h"
#include "plan/reference.h"
#include "region/price_book.h"
#include "region/rates.h"
#include "region/region.h"
#include "report/as_text.h"
#include "report/as_text_cost.h"
#include "report/brief.h"
#include "report/cell.h"
#include "report/grid.h"
#include "report/out.h"

#define DEAREST_MOST 10
#define UNKNOWN_MOST 8 /* steps named for one reason, unless all are asked for */
#define INDENT       2

struct tables {
    struct out *o;
    const struct plan *p;
    enum as_text_detail detail;
    struct arena *tmp;
    struct buf text;
};

static void heading(struct tables *t, const char *what, const char *more)
{
    out_char(t->o, '\n');
    out_painted(t->o, OUT_BOLD, what);
    out_text(t->o, more);
    out_char(t->o, '\n');
}

/* ---- sums ------------------------------------------------------------------------------------ */

/* Cells are empty where there is nothing to say: a 0 in each of them would hide the figures. */
static void add_money(struct tables *t, struct grid *g, bool is, int64_t low, int64_t high, const char *unit)
{
    buf_clear(&t->text);
    if (is) {
        brief_money(&t->text, t->o, low, high, t->p->region->currency);
        buf_text(&t->text, unit);
    }
    grid_add(g, t->text.count ? t->text.at : "");
}

static void add_share(struct tables *t, struct grid *g, bool is, int64_t part, int64_t whole)
{
    buf_clear(&t->text);
    if (is && whole > 0)
        brief_share(&t->text, part, whole);
    grid_add(g, t->text.count ? t->text.at : "");
}

static void add_unknown(struct tables *t, struct grid *g, const struct cost_table_sum *s)
{
    buf_clear(&t->text);
    if (s->unknown > 0)
        buf_print(&t->text, "%u of %u", s->unknown, s->steps);
    grid_add(g, t->text.count ? t->text.at : "");
}

/* `other`: the same row of the reference, or NULL. */
static void add_sum(struct tables *t, struct grid *g, const char *name, const struct cost_table_sum *s,
                    const struct cost_table_sum *other)
{
    const struct plan_cost *c = &s->cost, *guess = &s->guess;
    grid_add_safe(g, name);
    add_money(t, g, c->priced, c->month_expected, c->month_expected, "");
    add_money(t, g, c->priced && c->month_low != c->month_high, c->month_low, c->month_high, "");
    add_share(t, g, c->priced, c->month_expected, t->p->totals.cost.month_expected);
    add_share(t, g, c->priced && other && other->cost.priced, c->month_expected,
              other ? other->cost.month_expected : 0);
    add_money(t, g, c->once_high > 0, c->once_low, c->once_high, "");
    add_money(t, g, guess->month_high > 0, guess->month_low, guess->month_high, "");
    add_money(t, g, guess->once_high > 0, guess->once_low, guess->once_high, "");
    add_unknown(t, g, s);
}

static struct cost_table_sum total_of(const struct plan *p)
{
    const struct plan_totals *t = &p->totals;
    return (struct cost_table_sum){.cost = t->cost,
                                   .guess = t->guess,
                                   .steps = t->priceable,
                                   .priced = t->priced,
                                   .guessed = t->guessed,
                                   .unknown = t->priceable - t->priced - t->guessed};
}

/* A row is a part of the whole, which fits, so it fits as well. */
static void print_table(struct tables *t, enum cost_table_by by)
{
    static const char *const nameless[] = {[COST_TABLE_STAGE] = "(before the first stage)",
                                           [COST_TABLE_SUBSYSTEM] = "(none)",
                                           [COST_TABLE_OWNER] = "(nobody)"};
    const struct plan_reference *r = t->p->reference && !t->p->reference->why_not ? t->p->reference : NULL;
    const char *of = r ? arena_print(t->tmp, "of %s", r->region) : "";
    const struct grid_column columns[] = {{cost_table_by_name(by), false, 0},
                                          {"a month", true, 0},
                                          {"low to high", true, 5},
                                          {"share", true, 4},
                                          {of, true, 3},
                                          {"once", true, 1},
                                          {"guessed", true, 0},
                                          {"guessed once", true, 2},
                                          {"unknown", true, 0}};
    struct cost_table_sum all = total_of(t->p);
    struct cost_table table = {0};
    struct grid g;
    struct err none;
    bool fits = cost_table_make(t->tmp, t->p, by, &table, &none);
    assert(fits);
    (void)fits;
    out_char(t->o, '\n');
    grid_init(&g, t->o, columns, COUNT_OF(columns), 0);
    for (size_t k = 0; k < table.count; k++) {
        const char *name = table.rows[k].name;
        add_sum(t, &g, name[0] ? name : nameless[by], &table.rows[k].sum,
                r && !r->dated ? reference_row(r, by, name) : NULL);
    }
    const struct cost_table_sum whole = {.cost = {.priced = true, .month_expected = r ? r->month : 0}};
    add_sum(t, &g, "all", &all, r ? &whole : NULL);
    grid_print(&g, true);
    grid_done(&g);
}

/* ---- steps ----------------------------------------------------------------------------------- */

/* Dearest first; equal ones by address, so that the same plan reads the same. */
static int by_cost(const void *a, const void *b)
{
    const struct plan_step *const *x = a, *const *y = b;
    int64_t left = (*x)->cost.month_expected, right = (*y)->cost.month_expected;
    return left != right ? (left > right ? -1 : 1) : strcmp((*x)->address, (*y)->address);
}

static const struct plan_step **pick(struct tables *t, bool guesses, size_t *count)
{
    const struct plan_step **at = ARENA_ARRAY(t->tmp, const struct plan_step *, t->p->count + 1);
    *count = 0;
    for (uint32_t i = 0; i < t->p->count; i++) {
        const struct plan_step *s = &t->p->steps[i];
        bool costs = s->cost.month_high > 0 || s->cost.once_high > 0;
        if (s->targeted && s->cost.priced && s->cost.guess == guesses && (costs || guesses))
            at[(*count)++] = s;
    }
    if (*count > 1)
        qsort(at, *count, sizeof(const struct plan_step *), by_cost);
    return at;
}

static void print_steps(struct tables *t, const char *head, const struct plan_step *const *at, size_t count)
{
    const struct grid_column columns[] = {{head, false, 0},
                                          {"a month", true, 0},
                                          {"low to high", true, 2},
                                          {"once", true, 0},
                                          {"owner", false, 3}};
    struct grid g;
    if (count == 0)
        return;
    out_char(t->o, '\n');
    grid_init(&g, t->o, columns, COUNT_OF(columns), 0);
    for (size_t k = 0; k < count; k++) {
        const struct plan_cost *c = &at[k]->cost;
        grid_add_safe(&g, at[k]->address);
        add_money(t, &g, c->month_high > 0, c->month_expected, c->month_expected, "");
        add_money(t, &g, c->month_low != c->month_high, c->month_low, c->month_high, "");
        add_money(t, &g, c->once_high > 0, c->once_low, c->once_high, "");
        grid_add_safe(&g, at[k]->decl->meta.owner);
    }
    grid_print(&g, false);
    grid_done(&g);
}

/* "2 node × 0.129 EUR an hour × 730 h = €188.34  (prices/eur.yaml)": with -v, what the dearest are made of.
 */
static void print_line(struct tables *t, const struct plan_cost_line *l)
{
    struct buf *text = &t->text;
    bool range = l->low_milli != l->high_milli;
    buf_clear(text);
    brief_quantity(text, range ? l->low_milli : l->expected_milli);
    if (range) {
        cell_sign(text, t->o, " – ", " - ");
        brief_quantity(text, l->high_milli);
    }
    buf_char(text, ' ');
    cell_add(text, t->o, l->unit);
    cell_sign(text, t->o, " × ", " x ");
    brief_price(text, l->price);
    buf_print(text, " %s %s%s", l->currency,
              strcmp(l->per, "once") == 0   ? ""
              : strcmp(l->per, "hour") == 0 ? "an "
                                            : "a ",
              l->per);
    if (strcmp(l->per, "hour") == 0) {
        cell_sign(text, t->o, " × ", " x ");
        buf_print(text, "%d h", PRICE_BOOK_HOURS);
    }
    if (l->rate) {
        cell_sign(text, t->o, " × ", " x ");
        buf_text(text, l->rate);
    }
    buf_text(text, " = ");
    brief_money(text, t->o, l->low, l->high, t->p->region->currency);
    buf_text(text, "  (");
    cell_add(text, t->o, l->what ? l->what : l->sku);
    buf_text(text, "; ");
    cell_add(text, t->o, l->book);
    buf_char(text, ')');
    out_fill(t->o, ' ', INDENT * 2);
    cell_paragraph(t->o, INDENT * 2, INDENT * 3, text->at);
}

static void print_lines(struct tables *t, const struct plan_step *const *at, size_t count)
{
    bool any = false;
    for (size_t k = 0; k < count; k++) {
        if (at[k]->cost_line_count == 0)
            continue;
        if (!any)
            heading(t, "What they are made of", "");
        any = true;
        out_fill(t->o, ' ', INDENT);
        out_safe(t->o, at[k]->address);
        out_char(t->o, '\n');
        for (uint32_t i = 0; i < at[k]->cost_line_count; i++)
            print_line(t, &at[k]->cost_lines[i]);
    }
}

static void print_dearest(struct tables *t)
{
    size_t count, most = t->detail == AS_TEXT_FULL ? SIZE_MAX : DEAREST_MOST;
    const struct plan_step *const *priced = pick(t, false, &count);
    bool cut = count > most;
    print_steps(t, cut ? "the dearest steps" : "steps that cost", priced, cut ? most : count);
    print_lines(t, priced, count);
    const struct plan_step *const *guessed = pick(t, true, &count);
    print_steps(t, "guesses", guessed, count);
}

/* Reasons in the order they are met, each with its steps: an unknown is somebody's next task. */
struct unknown {
    const char *why;
    size_t count;
};

static void print_unknown_of(struct tables *t, const struct unknown *u)
{
    size_t shown = 0, most = t->detail == AS_TEXT_FULL ? SIZE_MAX : UNKNOWN_MOST;
    buf_clear(&t->text);
    cell_add(&t->text, t->o, u->why);
    for (uint32_t i = 0; i < t->p->count && shown < most; i++) {
        const struct plan_step *s = &t->p->steps[i];
        if (!s->targeted || s->cost.priced || !s->cost.why_not || strcmp(s->cost.why_not, u->why) != 0)
            continue;
        buf_text(&t->text, shown++ ? ", " : ": ");
        cell_add(&t->text, t->o, s->address);
    }
    if (u->count > shown)
        buf_print(&t->text, " and %zu more", u->count - shown);
    out_fill(t->o, ' ', INDENT);
    cell_paragraph(t->o, INDENT, INDENT + 2, t->text.at);
}

static void print_unknown(struct tables *t)
{
    struct map *seen = map_new();
    ARRAY(struct unknown) reasons = {0};
    for (uint32_t i = 0; i < t->p->count; i++) {
        const struct plan_step *s = &t->p->steps[i];
        if (!s->targeted || s->cost.priced || !s->cost.why_not)
            continue;
        uintptr_t at = (uintptr_t)map_find(seen, s->cost.why_not);
        if (at == 0) {
            struct unknown one = {.why = s->cost.why_not};
            ARRAY_PUSH(&reasons, one);
            at = reasons.count;
            map_put(seen, one.why, (void *)at);
        }
        reasons.at[at - 1].count++;
    }
    if (reasons.count > 0)
        heading(t, "Not estimated", "");
    for (size_t k = 0; k < reasons.count; k++)
        print_unknown_of(t, &reasons.at[k]);
    ARRAY_DONE(&reasons);
    map_free(seen);
}

/* Whoever adds up what is shown comes to a cent more or less, and should not have to wonder. */
static void print_rounding(struct tables *t)
{
    if (!t->p->totals.cost.priced && !t->p->totals.guess.priced)
        return;
    out_char(t->o, '\n');
    out_paint(t->o, OUT_DIM);
    cell_paragraph(t->o, 0, 0, "Each amount is rounded by itself; sums are of the exact amounts.");
    out_paint(t->o, OUT_PLAIN);
}

/* ---- where the figures come from -------------------------------------------------------------- */

static void add_dates(struct tables *t, const char *dated, const char *valid_until, const char *source)
{
    buf_text(&t->text, ", dated ");
    cell_add(&t->text, t->o, dated);
    if (valid_until) {
        buf_text(&t->text, ", valid until ");
        cell_add(&t->text, t->o, valid_until);
    }
    buf_text(&t->text, ": ");
    cell_add(&t->text, t->o, source);
}

static void print_rates(struct tables *t)
{
    const struct rates *rates = t->p->region->rates;
    if (!rates || rates->count == 0)
        return;
    buf_clear(&t->text);
    for (size_t k = 0; k < rates->count; k++)
        buf_print(&t->text, "%s1 %s = %s %s", k ? ", " : "", rates->at[k].currency, rates->at[k].text,
                  t->p->region->currency);
    add_dates(t, rates->dated, rates->valid_until, rates->source);
    out_fill(t->o, ' ', INDENT);
    cell_paragraph(t->o, INDENT, INDENT + 2, t->text.at);
}

static void print_sources(struct tables *t)
{
    const struct price_books *books = t->p->prices;
    bool any = false;
    for (size_t i = 0; books && i < books->file_count; i++) {
        const struct price_book_file *f = &books->files[i];
        if (!t->p->prices_used[i])
            continue;
        if (!any)
            heading(t, "Prices", "");
        any = true;
        buf_clear(&t->text);
        cell_add(&t->text, t->o, f->path);
        buf_print(&t->text, " in %s", f->currency);
        add_dates(t, f->dated, f->valid_until, f->source);
        out_fill(t->o, ' ', INDENT);
        cell_paragraph(t->o, INDENT, INDENT + 2, t->text.at);
    }
    if (any)
        print_rates(t);
}

/* ---- the whole -------------------------------------------------------------------------------- */

static void print_head(struct tables *t)
{
    const struct region *r = t->p->region;
    buf_clear(&t->text);
    cell_sign(&t->text, t->o, " · region ", " | region ");
    buf_print(&t->text, "%s (%s, %s)", r->name, r->title, r->place);
    if (r->from) {
        cell_sign(&t->text, t->o, " · from ", " | from ");
        buf_text(&t->text, r->from);
    }
    cell_sign(&t->text, t->o, " · in ", " | in ");
    buf_text(&t->text, r->currency);
    out_painted(t->o, OUT_BOLD, "landfall plan --cost");
    cell_paragraph(t->o, strlen("landfall plan --cost"), INDENT, t->text.at);
}

void as_text_cost_tables(struct out *o, const struct plan *p, enum as_text_detail detail)
{
    struct tables t = {.o = o, .p = p, .detail = detail, .tmp = arena_new()};
    buf_init(&t.text, 0);
    print_head(&t);
    if (p->totals.priceable > 0) {
        as_text_cost_lines(o, p, detail);
        for (int by = 0; by < COST_TABLE_WAYS; by++)
            print_table(&t, (enum cost_table_by)by);
        print_dearest(&t);
        print_rounding(&t);
        print_unknown(&t);
        print_sources(&t);
    } else {
        out_text(o, "Nothing in this plan may cost anything.\n");
    }
    buf_done(&t.text);
    arena_free(t.tmp);
}
