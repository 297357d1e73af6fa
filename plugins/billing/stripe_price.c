/* billing.price: a price of Stripe's with the code as its lookup key, which no two active prices share.  What
 * a price says can never be changed there: another amount is another price. */
#include "currency.h"
#include "stripe_api.h"
#include "stripe_look.h"
#include "stripe_money.h"

#include <ctype.h>
#include <inttypes.h>
#include <landfall/billing.h>
#include <string.h>

static const char *list_prices(const struct look *look)
{
    struct kit_text query = {0};
    kit_text_add(look->kit, look->op, &query, "", 0);
    for (size_t i = 0; i < look->count; i++) {
        const char *code = kit_get_text(look->kit, look_subject(look->reqs[i]), "code");
        if (code)
            kit_text_print(look->kit, look->op, &query, "&lookup_keys%%5B%%5D=%s",
                           kit_http_encode(look->kit, look->op, code));
    }
    return query.bytes;
}

static bool is_same_price(const struct look *look, const struct lf_value *row, const struct lf_value *asked)
{
    const char *key = kit_get_text(look->kit, row, "lookup_key");
    const char *code = kit_get_text(look->kit, asked, "code");
    return key && code && strcmp(key, code) == 0;
}

/* ---- what a price says -------------------------------------------------------------------- */

static const char *currency_of(const struct look *look, const struct lf_value *row)
{
    const char *lower = terms_text(look->kit, row, "currency", "");
    char *upper = kit_copy(look->kit, look->op, lower, strlen(lower));
    for (char *at = upper; *at; at++)
        *at = (char)toupper((unsigned char)*at);
    return upper;
}

/* "month", or what people made of it: "3 months". */
static const char *interval_of(const struct look *look, const struct lf_value *row)
{
    const struct lf_value *recurring = kit_get(look->kit, row, "recurring");
    const char *interval = kit_get_text(look->kit, recurring, "interval");
    int64_t count = kit_get_int(look->kit, recurring, "interval_count", 1);
    const char *usage = terms_text(look->kit, recurring, "usage_type", "licensed");
    if (!interval)
        return "one_time";
    if (count != 1)
        return kit_format(look->kit, look->op, "%" PRId64 " %ss", count, interval);
    if (strcmp(usage, "licensed") != 0)
        return kit_format(look->kit, look->op, "%s, %s", interval, usage);
    return interval;
}

/* Spelled as asked where that is the same money; else with decimals, or as an integer where one was asked. */
static const struct lf_value *spell(const struct look *look, const char *currency, int64_t minor,
                                    const struct lf_value *spelled)
{
    const struct lf_values *values = look->kit->values;
    const struct lf_value *amount = kit_get(look->kit, spelled, "amount");
    const char *theirs = kit_get_text(look->kit, spelled, "currency");
    char text[CURRENCY_TEXT];
    uint32_t decimals = 2;
    if (amount && theirs && strcmp(theirs, currency) == 0 && terms_minor(look->kit, spelled) == minor)
        return amount;
    if (amount && values->kind(amount) == LF_KIND_INT)
        return values->of_int(look->op, minor);
    (void)currency_find(currency, &decimals);
    currency_print(minor, decimals, text);
    return values->of_text(look->op, text, strlen(text));
}

/* Tiers, amounts that the buyer chooses and fractions of a minor unit are none of the contract's: they show
 * as an amount that nobody can have asked for. */
static const struct lf_value *put_amount(const struct look *look, const struct lf_value *row,
                                         const struct lf_value *state, const struct lf_value *spelled)
{
    const struct kit *kit = look->kit;
    const char *currency = kit_get_text(kit, state, "currency");
    const char *exact = kit_get_text(kit, row, "unit_amount_decimal");
    int64_t units = kit_get_int(kit, row, "unit_amount", -1);
    int64_t minor = units >= 0 ? money_from_stripe(currency, units) : -1;
    const char *strange = exact ? exact : terms_text(kit, row, "billing_scheme", "unknown");
    if (minor < 0)
        return kit_put_text(kit, look->op, state, "amount",
                            kit_format(kit, look->op, "%s at Stripe", strange));
    state = kit_put(kit, look->op, state, "amount", spell(look, currency, minor, spelled));
    return kit_put_int(kit, look->op, state, "amount_minor", minor);
}

static const struct lf_value *price_state(const struct look *look, const struct lf_value *row,
                                          const struct lf_value *spelled)
{
    const struct kit *kit = look->kit;
    const struct lf_value *state = kit_map(kit, look->op);
    state = kit_put_text(kit, look->op, state, "code", terms_text(kit, row, "lookup_key", ""));
    state = kit_put_text(kit, look->op, state, "product", kit_get_text(kit, row, "product"));
    state = kit_put_text(kit, look->op, state, "currency", currency_of(look, row));
    state = put_amount(look, row, state, spelled);
    state = kit_put_text(kit, look->op, state, "tax_behavior", kit_get_text(kit, row, "tax_behavior"));
    return kit_put_text(kit, look->op, state, "interval", interval_of(look, row));
}

/* ---- what may be asked -------------------------------------------------------------------- */

static bool price_terms(const struct stripe *stripe, struct lf_op *op, const struct lf_value *asked,
                        struct terms_problem *problem)
{
    const struct kit *kit = &stripe->kit;
    const char *currency = kit_get_text(kit, asked, "currency"), *why = NULL;
    int64_t units = 0;
    if (!terms_price(kit, op, "stripe", asked, problem))
        return false;
    int64_t minor = terms_minor(kit, asked);
    if (minor < 0 || money_to_stripe(currency, minor, &units, &why))
        return true;
    *problem = (struct terms_problem){
        .code = "stripe.amount",
        .path = "amount",
        .summary = kit_format(kit, op, "Stripe cannot ask for this amount in %s", currency),
        .detail = kit_format(kit, op, "%" PRId64 " in minor units: %s", minor, why),
        .advice = "choose an amount that Stripe can ask for",
    };
    return false;
}

static const struct lf_value *price_computed(const struct stripe *stripe, struct lf_op *op,
                                             const struct lf_value *asked)
{
    const struct kit *kit = &stripe->kit;
    int64_t minor = terms_minor(kit, asked);
    const struct lf_value *value =
        minor < 0 ? kit->values->unknown(op, LF_KIND_INT) : kit->values->of_int(op, minor);
    return kit_put(kit, op, kit_map(kit, op), "amount_minor", value);
}

/* 4900 and "49.00" are one amount of euros. */
static bool price_is_same(const struct kit *kit, const char *name, const struct lf_value *asked,
                          const struct lf_value *prior)
{
    int64_t minor = terms_minor(kit, asked);
    return strcmp(name, "amount") == 0 && minor >= 0 && minor == kit_get_int(kit, prior, "amount_minor", -1);
}

/* ---- what is written ---------------------------------------------------------------------- */

static void create_price(const struct look *look, const struct lf_value *asked, struct kit_text *form)
{
    const struct kit *kit = look->kit;
    const char *currency = kit_get_text(kit, asked, "currency"), *why = NULL;
    const char *interval = terms_text(kit, asked, "interval", "month");
    int64_t units = 0;
    (void)money_to_stripe(currency, terms_minor(kit, asked), &units, &why); /* the terms have looked at it */
    char *lower = kit_copy(kit, look->op, currency, strlen(currency));
    for (char *at = lower; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    kind_field(look, form, "lookup_key", kit_get_text(kit, asked, "code"));
    kind_field(look, form, "product", kit_get_text(kit, asked, "product"));
    kind_field(look, form, "currency", lower);
    kind_field(look, form, "unit_amount", kit_format(kit, look->op, "%" PRId64, units));
    kind_field(look, form, "tax_behavior", terms_text(kit, asked, "tax_behavior", "exclusive"));
    if (strcmp(interval, "one_time") != 0)
        kind_field(look, form, "recurring[interval]", interval);
}

/* The rest is for ever. */
static void update_price(const struct look *look, const struct lf_value *asked, struct kit_text *form)
{
    kind_field(look, form, "lookup_key", kit_get_text(look->kit, asked, "code"));
}

static void retire_price(const struct look *look, struct kit_text *form)
{
    kind_field(look, form, "lookup_key", "");
}

static const char *const fixed[] = {"amount", NULL};

const struct kind price_kind = {
    .noun = "the price",
    .path = "/v1/prices",
    .schema = &lf_billing_price,
    .fixed = fixed,
    .list = list_prices,
    .is_same_name = is_same_price,
    .state = price_state,
    .terms = price_terms,
    .computed = price_computed,
    .is_same = price_is_same,
    .create = create_price,
    .update = update_price,
    .retire = retire_price,
};
