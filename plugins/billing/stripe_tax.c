/* billing.tax: a tax rate of Stripe's.  It knows no names, so the code is kept in metadata; its percentage is
 * for ever, it has no days, and it is never deleted, only archived. */
#include "stripe_api.h"
#include "stripe_look.h"

#include <inttypes.h>
#include <landfall/billing.h>
#include <string.h>

#define NAME_MOST     50
#define CATEGORY_MOST 500
#define RATE_SCALE    10000 /* four decimals, the most that the contract has and Stripe keeps */

static const char *list_taxes(const struct look *look)
{
    (void)look;
    return "&active=true";
}

static bool is_same_tax(const struct look *look, const struct lf_value *row, const struct lf_value *asked)
{
    const char *theirs = kind_meta(look, row, "code"), *code = kit_get_text(look->kit, asked, "code");
    return theirs && code && strcmp(theirs, code) == 0;
}

/* ---- rates -------------------------------------------------------------------------------- */

/* "8.875" is 88750; -1: not a rate of at most four decimals. */
static int64_t rate_parse(const char *text)
{
    int64_t sum = 0, scale = RATE_SCALE;
    const char *at = text ? text : "";
    size_t whole = strspn(at, "0123456789");
    if (whole < 1 || whole > 3)
        return -1;
    for (; whole > 0; whole--)
        sum = sum * 10 + (*at++ - '0');
    sum *= RATE_SCALE;
    if (*at == '.')
        at++;
    for (; *at >= '0' && *at <= '9' && scale > 1; at++) {
        scale /= 10;
        sum += (*at - '0') * scale;
    }
    return *at == '\0' ? sum : -1;
}

static const char *rate_print(const struct look *look, int64_t rate)
{
    char *text =
        kit_format(look->kit, look->op, "%" PRId64 ".%04" PRId64, rate / RATE_SCALE, rate % RATE_SCALE);
    size_t len = strlen(text);
    while (text[len - 1] == '0')
        text[--len] = '\0';
    if (text[len - 1] == '.')
        text[--len] = '\0';
    return text;
}

/* Stripe answers with a JSON number, which reaches a driver as a double: of those with three digits and four
 * decimals each is nearest to exactly one, so rounding finds the number that was written. */
static const char *rate_of(const struct look *look, const struct lf_value *row,
                           const struct lf_value *spelled)
{
    const struct lf_value *percentage = kit_get(look->kit, row, "percentage");
    const char *asked = kit_get_text(look->kit, spelled, "rate");
    double real = percentage ? look->kit->values->as_real(percentage, -1.0) : -1.0;
    if (percentage && look->kit->values->kind(percentage) == LF_KIND_INT)
        real = (double)look->kit->values->as_int(percentage, -1);
    if (real < 0.0 || real > 999.0)
        return kit_format(look->kit, look->op, "%.17g", real);
    int64_t whole = (int64_t)(real * RATE_SCALE + 0.5);
    double off = real * RATE_SCALE - (double)whole;
    if (off > 1e-6 || off < -1e-6)
        return kit_format(look->kit, look->op, "%.17g", real);
    return rate_parse(asked) == whole ? asked : rate_print(look, whole);
}

/* ---- what a rate says --------------------------------------------------------------------- */

/* The jurisdiction as invoices print it is the code; country and state say the same where Stripe has them. */
static const char *jurisdiction_of(const struct look *look, const struct lf_value *row)
{
    const char *printed = terms_text(look->kit, row, "jurisdiction", "");
    const char *country = kit_get_text(look->kit, row, "country");
    const char *state = kit_get_text(look->kit, row, "state");
    if (!country || (strncmp(printed, country, 2) == 0 &&
                     (!state || (printed[2] == '-' && strcmp(printed + 3, state) == 0))))
        return printed;
    return state ? kit_format(look->kit, look->op, "%s-%s", country, state) : country;
}

/* A rate must have a name at Stripe; one that was given none has its code. */
static const struct lf_value *put_name(const struct look *look, const struct lf_value *row,
                                       const struct lf_value *state, const struct lf_value *spelled)
{
    const char *name = terms_text(look->kit, row, "display_name", ""), *code = kind_meta(look, row, "code");
    bool is_filled_in = code && strcmp(name, code) == 0 && !kit_has(look->kit, spelled, "name");
    return is_filled_in ? state : kit_put_text(look->kit, look->op, state, "name", name);
}

static const struct lf_value *tax_state(const struct look *look, const struct lf_value *row,
                                        const struct lf_value *spelled)
{
    const struct kit *kit = look->kit;
    const struct lf_value *state = kit_map(kit, look->op);
    const char *category = kind_meta(look, row, "category");
    bool inclusive = kit_get_bool(kit, row, "inclusive", false);
    state = kit_put_text(kit, look->op, state, "code", kind_meta(look, row, "code"));
    state = kit_put_text(kit, look->op, state, "jurisdiction", jurisdiction_of(look, row));
    state = kit_put_text(kit, look->op, state, "category", category ? category : "standard");
    state = kit_put_text(kit, look->op, state, "rate", rate_of(look, row, spelled));
    state = put_name(look, row, state, spelled);
    const struct lf_value *options = kit_get(kit, spelled, "options");
    if (inclusive || kit_has(kit, options, "inclusive"))
        options = kit_put_bool(kit, look->op, kit_map(kit, look->op), "inclusive", inclusive);
    return options ? kit_put(kit, look->op, state, "options", options) : state;
}

/* ---- what may be asked -------------------------------------------------------------------- */

static bool check_options(const struct kit *kit, struct lf_op *op, const struct lf_value *asked,
                          struct terms_problem *problem)
{
    const struct lf_value *options = kit_get(kit, asked, "options");
    size_t count = options && kit->values->kind(options) == LF_KIND_MAP ? kit->values->count(options) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        uint32_t kind = kit->values->kind(kit->values->at(options, i, &key));
        bool is_known = strcmp(key, "inclusive") == 0;
        if (is_known && (kind == LF_KIND_BOOL || kind == LF_KIND_NULL || kind == LF_KIND_UNKNOWN))
            continue;
        *problem = (struct terms_problem){
            .code = is_known ? "billing.choice" : "billing.option_unknown",
            .path = kit_format(kit, op, "options.%s", key),
            .summary = is_known ? "'inclusive' is true or false"
                                : kit_format(kit, op, "driver 'stripe' has no option '%s' for a tax", key),
            .detail = "its option is 'inclusive': the tax is part of the price",
            .advice = "leave the option out for regions that use this driver",
        };
        return false;
    }
    return true;
}

static bool check_days(const struct kit *kit, struct lf_op *op, const struct lf_value *asked,
                       struct terms_problem *problem)
{
    static const char *const days[] = {"valid_from", "valid_to"};
    for (size_t i = 0; i < 2; i++) {
        const struct lf_value *day = kit_get(kit, asked, days[i]);
        if (!day || kit->values->kind(day) == LF_KIND_NULL)
            continue;
        *problem = (struct terms_problem){
            .code = "stripe.validity",
            .path = days[i],
            .summary = kit_format(kit, op, "Stripe's tax rates have no '%s'", days[i]),
            .detail = "a rate holds for what it is put on, from then on",
            .advice = "leave it out, and change the playbook when the rate changes",
        };
        return false;
    }
    return true;
}

static bool tax_terms(const struct stripe *stripe, struct lf_op *op, const struct lf_value *asked,
                      struct terms_problem *problem)
{
    const struct kit *kit = &stripe->kit;
    const char *rate = kit_get_text(kit, asked, "rate");
    if (!terms_tax(kit, op, "stripe", kind_bare(stripe, op, asked), problem) ||
        !check_options(kit, op, asked, problem) || !check_days(kit, op, asked, problem) ||
        !kind_check_text(stripe, op, asked, "name", NAME_MOST, problem) ||
        !kind_check_text(stripe, op, asked, "category", CATEGORY_MOST, problem))
        return false;
    if (!kit_get_text(kit, asked, "name") &&
        !kind_check_text(stripe, op, asked, "code", NAME_MOST, problem)) {
        problem->advice = "give the tax a name: without one its code is printed";
        return false;
    }
    if (!rate || rate_parse(rate) <= 100 * (int64_t)RATE_SCALE)
        return true;
    *problem = (struct terms_problem){
        .code = "stripe.rate",
        .path = "rate",
        .summary = kit_format(kit, op, "Stripe takes no rate of '%s'", rate),
        .detail = "a rate is 0 to 100 percent",
    };
    return false;
}

/* "23" and "23.0" are one rate. */
static bool tax_is_same(const struct kit *kit, const char *name, const struct lf_value *asked,
                        const struct lf_value *prior)
{
    int64_t rate = rate_parse(kit_get_text(kit, asked, "rate"));
    if (strcmp(name, "options") == 0)
        return kit_get_bool(kit, asked, "options.inclusive", false) ==
               kit_get_bool(kit, prior, "options.inclusive", false);
    return strcmp(name, "rate") == 0 && rate >= 0 && rate == rate_parse(kit_get_text(kit, prior, "rate"));
}

/* ---- what is written ---------------------------------------------------------------------- */

static void update_tax(const struct look *look, const struct lf_value *asked, struct kit_text *form)
{
    const struct kit *kit = look->kit;
    const char *place = kit_get_text(kit, asked, "jurisdiction"), *code = kit_get_text(kit, asked, "code");
    bool has_state = strlen(place) == strlen("US-CA");
    kind_field(look, form, "display_name", terms_text(kit, asked, "name", code));
    kind_field(look, form, "jurisdiction", place);
    kind_field(look, form, "country", kit_copy(kit, look->op, place, 2));
    kind_field(look, form, "state", has_state ? place + 3 : NULL); /* Stripe has those of two letters */
    kind_field(look, form, "metadata[code]", code);
    kind_field(look, form, "metadata[category]", terms_text(kit, asked, "category", "standard"));
}

static void create_tax(const struct look *look, const struct lf_value *asked, struct kit_text *form)
{
    bool inclusive = kit_get_bool(look->kit, asked, "options.inclusive", false);
    kind_field(look, form, "percentage", kit_get_text(look->kit, asked, "rate"));
    kind_field(look, form, "inclusive", inclusive ? "true" : "false");
    update_tax(look, asked, form);
}

static const char *const fixed[] = {"rate", "options", NULL};

const struct kind tax_kind = {
    .noun = "the tax",
    .path = "/v1/tax_rates",
    .schema = &lf_billing_tax,
    .fixed = fixed,
    .list = list_taxes,
    .is_same_name = is_same_tax,
    .state = tax_state,
    .terms = tax_terms,
    .is_same = tax_is_same,
    .create = create_tax,
    .update = update_tax,
};
