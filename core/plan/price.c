#include "plan/price.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/err.h"
#include "landfall/plugin.h"
#include "model/money.h"
#include "model/value.h"
#include "region/price_book.h"
#include "region/region.h"

/* Playbooks are checked when they are read: what is no amount here was not written there. */
static bool amount_of(const struct value *v, int64_t *millionths)
{
    struct err unused;
    if (value_kind(v) == VALUE_INT)
        return v->number >= 0 && !__builtin_mul_overflow(v->number, (int64_t)MONEY_UNIT, millionths);
    return value_kind(v) == VALUE_TEXT && money_parse(v->text, millionths, &unused) && *millionths >= 0;
}

void price_by_guess(const struct value *guess, const char *why_not, struct plan_cost *out)
{
    int64_t month = 0, once = 0;
    bool monthly = amount_of(value_get(guess, "monthly"), &month);
    bool one_off = amount_of(value_get(guess, "one_off"), &once);
    *out = (struct plan_cost){.why_not = why_not};
    if (!monthly && !one_off)
        return;
    *out = (struct plan_cost){.priced = true,
                              .guess = true,
                              .once_low = once,
                              .once_expected = once,
                              .once_high = once,
                              .month_low = month,
                              .month_expected = month,
                              .month_high = month};
}

/* NULL when the line has a price; otherwise why it has none. */
static const char *find_price(struct arena *mem, const struct price_ask *ask, const struct lf_cost *line,
                              const struct price_book_item **out)
{
    const char *currency = ask->region->currency;
    if (line->flags & LF_COST_UNBOUNDED)
        return arena_print(mem, "%s cannot be bounded: give the step a guess",
                           line->what ? line->what : line->sku);
    const struct price_book_item *item = ask->books ? price_book_find(ask->books, line->sku, currency) : NULL;
    if (!item)
        return arena_print(mem, "no price for '%s' in %s", line->sku, currency);
    if (strcmp(item->unit, line->unit) != 0)
        return arena_print(mem, "'%s' is counted in '%s' and priced by '%s'", line->sku, line->unit,
                           item->unit);
    *out = item;
    return NULL;
}

static bool add_line(const struct price_book_item *item, const struct lf_cost *line, struct plan_cost *sum)
{
    bool once = item->per == PRICE_BOOK_ONCE;
    const int64_t quantities[] = {line->low_milli, line->expected_milli, line->high_milli};
    int64_t *const sums[] = {once ? &sum->once_low : &sum->month_low,
                             once ? &sum->once_expected : &sum->month_expected,
                             once ? &sum->once_high : &sum->month_high};
    for (size_t k = 0; k < COUNT_OF(sums); k++) {
        int64_t amount;
        if (!price_book_cost(item, quantities[k], &amount) || !money_add(*sums[k], amount, sums[k]))
            return false;
    }
    return true;
}

bool price_of(struct arena *mem, const struct price_ask *ask, const struct lf_cost *lines, size_t count,
              struct plan_cost *out, struct err *err)
{
    struct plan_cost sum = {.priced = true};
    for (size_t k = 0; k < count; k++) {
        const struct price_book_item *item = NULL;
        const char *why_not = find_price(mem, ask, &lines[k], &item);
        if (why_not) {
            price_by_guess(ask->guess, why_not, out);
            return true;
        }
        if (!add_line(item, &lines[k], &sum)) {
            err_set(err, "cost.overflow", "'%s' comes to more money than can be counted", lines[k].sku);
            return err_advise(err, "look at the quantity that is declared, and at its price in %s",
                              item->file);
        }
    }
    *out = sum;
    return true;
}
