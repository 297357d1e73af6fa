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

/* One line of an estimate that has a price: what to multiply it with. */
struct priced {
    const struct price_book_item *item;
    const struct rates_one *rate; /* or NULL */
};

/* Without any rates a foreign price is one more thing nobody has looked up, and the plan goes on and says so.
 * A region that fixes rates means its foreign prices to count: there a missing one is an error. */
static bool no_price(struct arena *mem, const struct price_ask *ask, const char *sku, const char **why_not,
                     struct err *err)
{
    const struct region *r = ask->region;
    const char *other = ask->books ? price_book_other(ask->books, sku) : NULL;
    if (!other)
        *why_not = arena_print(mem, "no price for '%s' in %s", sku, r->currency);
    else if (!r->rates)
        *why_not =
            arena_print(mem, "no price for '%s' in %s, one in %s: 'rates' in regions/%s.yaml can convert it",
                        sku, r->currency, other, r->name);
    if (!other || !r->rates)
        return true;
    err_set(err, "cost.no_rate", "region '%s' has no rate for %s, and there are prices in it", r->name,
            other);
    err_detail(err, "one of them is that of '%s'", sku);
    return err_advise(
        err,
        "add to 'rates' in regions/%s.yaml what one %s is in %s, such as %s: \"0.9215\"; or put "
        "prices in %s into a book of your own",
        r->name, other, r->currency, other, r->currency);
}

/* False: an error.  *why_not: the line has no price, for that reason. */
static bool find_price(struct arena *mem, const struct price_ask *ask, const struct lf_cost *line,
                       struct priced *out, const char **why_not, struct err *err)
{
    const struct region *r = ask->region;
    if (line->flags & LF_COST_UNBOUNDED) {
        *why_not = arena_print(mem, "%s cannot be bounded: give the step a guess",
                               line->what ? line->what : line->sku);
        return true;
    }
    out->item = ask->books ? price_book_find(ask->books, line->sku, r->currency, r->rates, &out->rate) : NULL;
    if (!out->item)
        return no_price(mem, ask, line->sku, why_not, err);
    if (strcmp(out->item->unit, line->unit) != 0)
        *why_not = arena_print(mem, "'%s' is counted in '%s' and priced by '%s'", line->sku, line->unit,
                               out->item->unit);
    else if (ask->used)
        ask->used[out->item->file] = true;
    return true;
}

static bool add_line(const struct priced *priced, const struct lf_cost *line, struct plan_cost *sum)
{
    bool once = priced->item->per == PRICE_BOOK_ONCE;
    const int64_t quantities[] = {line->low_milli, line->expected_milli, line->high_milli};
    int64_t *const sums[] = {once ? &sum->once_low : &sum->month_low,
                             once ? &sum->once_expected : &sum->month_expected,
                             once ? &sum->once_high : &sum->month_high};
    for (size_t k = 0; k < COUNT_OF(sums); k++) {
        int64_t amount;
        if (!price_book_cost(priced->item, quantities[k], priced->rate, &amount) ||
            !money_add(*sums[k], amount, sums[k]))
            return false;
    }
    return true;
}

bool price_of(struct arena *mem, const struct price_ask *ask, const struct lf_cost *lines, size_t count,
              struct plan_cost *out, struct err *err)
{
    struct plan_cost sum = {.priced = true};
    for (size_t k = 0; k < count; k++) {
        struct priced priced = {0};
        const char *why_not = NULL;
        if (!find_price(mem, ask, &lines[k], &priced, &why_not, err))
            return false;
        if (why_not) {
            price_by_guess(ask->guess, why_not, out);
            return true;
        }
        if (!add_line(&priced, &lines[k], &sum)) {
            err_set(err, "cost.overflow", "'%s' comes to more money than can be counted", lines[k].sku);
            return err_advise(err, "look at the quantity that is declared, and at its price in %s",
                              ask->books->files[priced.item->file].path);
        }
    }
    *out = sum;
    return true;
}
