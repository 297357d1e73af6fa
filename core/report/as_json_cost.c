#include "report/as_json_cost.h"

#include <assert.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/err.h"
#include "model/value.h"
#include "plan/cost_table.h"
#include "plan/reference.h"
#include "region/price_book.h"
#include "region/rates.h"
#include "region/region.h"
#include "report/brief.h"
#include "report/doc.h"

static void amounts(struct doc *d, const struct plan_cost *c, const char *currency)
{
    doc_money(d, "once_low", c->once_low, currency);
    doc_money(d, "once_expected", c->once_expected, currency);
    doc_money(d, "once_high", c->once_high, currency);
    doc_money(d, "month_low", c->month_low, currency);
    doc_money(d, "month_expected", c->month_expected, currency);
    doc_money(d, "month_high", c->month_high, currency);
}

/* Thousandths as the decimal they are. */
static const char *quantity(struct buf *text, int64_t milli)
{
    buf_clear(text);
    brief_quantity(text, milli);
    return text->at;
}

static void lines(struct doc *d, const struct plan_step *s, const char *currency)
{
    struct buf text;
    buf_init(&text, 0);
    doc_list(d, "lines");
    for (uint32_t k = 0; k < s->cost_line_count; k++) {
        const struct plan_cost_line *l = &s->cost_lines[k];
        doc_map(d, NULL);
        doc_text(d, "what", l->what);
        doc_text(d, "sku", l->sku);
        doc_text(d, "unit", l->unit);
        doc_text(d, "quantity_low", quantity(&text, l->low_milli));
        doc_text(d, "quantity_expected", quantity(&text, l->expected_milli));
        doc_text(d, "quantity_high", quantity(&text, l->high_milli));
        doc_text(d, "per", l->per);
        buf_clear(&text);
        brief_price(&text, l->price);
        doc_text(d, "price", text.at);
        doc_text(d, "currency", l->currency);
        doc_text(d, "rate", l->rate);
        doc_text(d, "book", l->book);
        doc_money(d, "low", l->low, currency);
        doc_money(d, "expected", l->expected, currency);
        doc_money(d, "high", l->high, currency);
        doc_close(d);
    }
    doc_close(d);
    buf_done(&text);
}

/* A step that could not be priced has no amounts at all: a 0 would be taken for a price. */
void as_json_cost_step(struct doc *d, const struct plan_step *s, const char *currency)
{
    const struct plan_cost *c = &s->cost;
    if (!c->priced && !c->why_not)
        return;
    doc_map(d, "cost");
    doc_flag(d, "priced", c->priced);
    if (c->guess)
        doc_flag(d, "guess", true);
    doc_text(d, "why_not", c->priced ? NULL : c->why_not);
    if (c->priced)
        amounts(d, c, currency);
    if (s->cost_line_count > 0)
        lines(d, s, currency);
    doc_close(d);
}

static void guesses(struct doc *d, const struct plan_cost *guess, const char *currency)
{
    if (!guess->priced)
        return;
    doc_map(d, "guesses");
    amounts(d, guess, currency);
    doc_close(d);
}

/* A row is a part of the whole, which fits, so it fits as well. */
static void tables(struct doc *d, const struct plan *p)
{
    static const char *const keys[] = {[COST_TABLE_STAGE] = "by_stage",
                                       [COST_TABLE_SUBSYSTEM] = "by_subsystem",
                                       [COST_TABLE_OWNER] = "by_owner"};
    struct arena *tmp = arena_new();
    for (int by = 0; by < COST_TABLE_WAYS; by++) {
        struct cost_table table = {0};
        struct err none;
        bool fits = cost_table_make(tmp, p, (enum cost_table_by)by, &table, &none);
        assert(fits);
        doc_list(d, keys[by]);
        for (size_t k = 0; fits && k < table.count; k++) {
            const struct cost_table_sum *sum = &table.rows[k].sum;
            doc_map(d, NULL);
            doc_text(d, cost_table_by_name((enum cost_table_by)by), table.rows[k].name);
            doc_count(d, "priced", sum->priced);
            doc_count(d, "guessed", sum->guessed);
            doc_count(d, "priceable", sum->steps);
            if (sum->cost.priced)
                amounts(d, &sum->cost, p->region->currency);
            guesses(d, &sum->guess, p->region->currency);
            doc_close(d);
        }
        doc_close(d);
    }
    arena_free(tmp);
}

/* The books that count and the rates they were converted with. */
static void sources(struct doc *d, const struct plan *p)
{
    const struct price_books *books = p->prices;
    const struct rates *rates = p->region->rates;
    doc_list(d, "price_books");
    for (size_t i = 0; books && i < books->file_count; i++) {
        const struct price_book_file *f = &books->files[i];
        if (!p->prices_used[i])
            continue;
        doc_map(d, NULL);
        doc_text(d, "path", f->path);
        doc_text(d, "currency", f->currency);
        doc_text(d, "dated", f->dated);
        doc_text(d, "valid_until", f->valid_until);
        doc_text(d, "source", f->source);
        doc_close(d);
    }
    doc_close(d);
    if (!rates)
        return;
    doc_map(d, "rates");
    doc_text(d, "dated", rates->dated);
    doc_text(d, "valid_until", rates->valid_until);
    doc_text(d, "source", rates->source);
    for (size_t k = 0; k < rates->count; k++)
        doc_text(d, rates->at[k].currency, rates->at[k].text);
    doc_close(d);
}

/* Shares are left to the reader: the two amounts are here. */
static void reference(struct doc *d, const struct plan_reference *r, const char *currency)
{
    doc_map(d, "reference");
    doc_text(d, "region", r->region);
    doc_text(d, "why_not", r->why_not);
    doc_text(d, "stated_as_of", r->dated);
    if (!r->why_not)
        doc_money(d, "month_expected", r->month, currency);
    if (!r->why_not && !r->dated) {
        doc_count(d, "priced", r->sum.priced);
        doc_count(d, "guessed", r->sum.guessed);
        doc_count(d, "priceable", r->sum.steps);
    }
    doc_close(d);
}

void as_json_cost(struct doc *d, const struct plan *p)
{
    static const struct {
        const char *key, *name;
    } budgets[] = {{"monthly", "budget_monthly"}, {"one_off", "budget_one_off"}};
    const struct plan_cost *c = &p->totals.cost;
    const char *currency = p->region->currency;
    int64_t amount;
    doc_map(d, "cost");
    doc_text(d, "currency", currency);
    doc_count(d, "priced", p->totals.priced);
    doc_count(d, "priceable", p->totals.priceable);
    doc_count(d, "guessed", p->totals.guessed);
    if (c->priced)
        amounts(d, c, currency);
    guesses(d, &p->totals.guess, currency);
    for (size_t k = 0; k < COUNT_OF(budgets); k++)
        if (brief_amount(value_get(p->region->budget, budgets[k].key), &amount))
            doc_money(d, budgets[k].name, amount, currency);
    if (p->reference)
        reference(d, p->reference, currency);
    if (p->totals.priceable > 0)
        tables(d, p);
    sources(d, p);
    doc_close(d);
}
