#include "plan/price.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/err.h"
#include "landfall/plugin.h"
#include "model/money.h"
#include "model/value.h"
#include "region/price_book.h"
#include "region/rates.h"
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

/* What the line comes to, and the texts that say how. */
static bool make_line(const struct price_ask *ask, const struct priced *priced, const struct lf_cost *line,
                      struct plan_cost_line *out)
{
    static const char *const pers[] = {
        [PRICE_BOOK_ONCE] = "once", [PRICE_BOOK_HOUR] = "hour", [PRICE_BOOK_MONTH] = "month"};
    const struct price_book_item *item = priced->item;
    *out = (struct plan_cost_line){.what = line->what,
                                   .sku = item->sku,
                                   .unit = item->unit,
                                   .low_milli = line->low_milli,
                                   .expected_milli = line->expected_milli,
                                   .high_milli = line->high_milli,
                                   .per = pers[item->per],
                                   .price = item->price,
                                   .currency = item->currency,
                                   .rate = priced->rate ? priced->rate->text : NULL,
                                   .book = ask->books->files[item->file].path};
    return price_book_cost(item, line->low_milli, priced->rate, &out->low) &&
           price_book_cost(item, line->expected_milli, priced->rate, &out->expected) &&
           price_book_cost(item, line->high_milli, priced->rate, &out->high);
}

static bool add_line(const struct priced *priced, const struct plan_cost_line *line, struct plan_cost *sum)
{
    if (priced->item->per == PRICE_BOOK_ONCE)
        return money_add(sum->once_low, line->low, &sum->once_low) &&
               money_add(sum->once_expected, line->expected, &sum->once_expected) &&
               money_add(sum->once_high, line->high, &sum->once_high);
    return money_add(sum->month_low, line->low, &sum->month_low) &&
           money_add(sum->month_expected, line->expected, &sum->month_expected) &&
           money_add(sum->month_high, line->high, &sum->month_high);
}

bool price_of(struct arena *mem, const struct price_ask *ask, const struct lf_cost *lines, size_t count,
              struct plan_cost *out, struct price_lines *made, struct err *err)
{
    struct plan_cost sum = {.priced = true};
    struct plan_cost_line one, *kept = made ? ARENA_ARRAY(mem, struct plan_cost_line, count + 1) : NULL;
    for (size_t k = 0; k < count; k++) {
        struct priced priced = {0};
        const char *why_not = NULL;
        if (!find_price(mem, ask, &lines[k], &priced, &why_not, err))
            return false;
        if (why_not) {
            price_by_guess(ask->guess, why_not, out);
            return true;
        }
        if (!make_line(ask, &priced, &lines[k], &one) || !add_line(&priced, &one, &sum)) {
            err_set(err, "cost.overflow", "'%s' comes to more money than can be counted", lines[k].sku);
            return err_advise(err, "look at the quantity that is declared, and at its price in %s", one.book);
        }
        one.what = made ? arena_text(mem, one.what) : NULL; /* the driver's, gone with its answer */
        if (made)
            kept[k] = one;
    }
    *out = sum;
    if (made)
        *made = (struct price_lines){kept, (uint32_t)count};
    return true;
}
