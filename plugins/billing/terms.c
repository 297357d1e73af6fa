#include "terms.h"

#include "currency.h"

#include <ctype.h>
#include <string.h>

#define CODE_LONGEST   64
#define PREFIX_LONGEST 12
#define UPPER          "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS         "0123456789"

static bool known(const struct kit *kit, const struct lf_value *map, const char *key)
{
    return kit_is_known(kit, kit_get(kit, map, key));
}

static bool refuse(struct terms_problem *problem, const char *code, const char *path, const char *summary,
                   const char *detail, const char *advice)
{
    *problem = (struct terms_problem){code, path, summary, detail, advice};
    return false;
}

/* ---- single attributes -------------------------------------------------------------------- */

static bool check_code(const struct kit *kit, struct lf_op *op, const struct lf_value *asked,
                       struct terms_problem *problem)
{
    const char *code = kit_get_text(kit, asked, "code");
    if (!known(kit, asked, "code"))
        return true;
    size_t len = code ? strlen(code) : 0;
    if (len > 0 && len <= CODE_LONGEST && isalnum((unsigned char)code[0]) &&
        strspn(code, "abcdefghijklmnopqrstuvwxyz" DIGITS "._-") == len)
        return true;
    return refuse(
        problem, "billing.code", "code", kit_format(kit, op, "'%s' cannot be a code", code ? code : ""),
        "a code has 1 to 64 of a-z, 0-9, '.', '_' and '-', and begins with a letter or digit", NULL);
}

static bool check_options(const struct kit *kit, struct lf_op *op, const char *driver,
                          const struct lf_value *asked, struct terms_problem *problem)
{
    const struct lf_value *options = kit_get(kit, asked, "options");
    if (!options || kit->values->kind(options) != LF_KIND_MAP || kit->values->count(options) == 0)
        return true;
    const char *key = NULL;
    (void)kit->values->at(options, 0, &key);
    return refuse(problem, "billing.option_unknown", kit_format(kit, op, "options.%s", key),
                  kit_format(kit, op, "driver '%s' has no option '%s'", driver, key),
                  "it has no options at all", "leave the option out for regions that use this driver");
}

/* ISO 3166-1 alpha-2, and where `parts` is set also ISO 3166-2: two capitals, then "-" and up to three more.
 */
static bool check_place(const struct kit *kit, struct lf_op *op, const struct lf_value *asked,
                        const char *key, bool parts, struct terms_problem *problem)
{
    const char *text = kit_get_text(kit, asked, key);
    if (!known(kit, asked, key))
        return true;
    size_t len = text ? strlen(text) : 0;
    if (len == 2 && strspn(text, UPPER) == 2)
        return true;
    if (parts && len >= 4 && len <= 6 && strspn(text, UPPER) >= 2 && text[2] == '-' &&
        strspn(text + 3, UPPER DIGITS) == len - 3)
        return true;
    return refuse(
        problem, "billing.place", key, kit_format(kit, op, "'%s' is not an ISO 3166 code", text ? text : ""),
        parts ? "two capital letters, or those with a part: IE, US-CA" : "two capital letters: IE", NULL);
}

static bool check_one_of(const struct kit *kit, struct lf_op *op, const struct lf_value *asked,
                         const char *key, const char *const *words, struct terms_problem *problem)
{
    const char *text = kit_get_text(kit, asked, key);
    if (!kit_has(kit, asked, key))
        return true;
    const char *all = words[0];
    for (size_t i = 0; words[i]; i++) {
        if (text && strcmp(text, words[i]) == 0)
            return true;
        if (i > 0)
            all = kit_format(kit, op, "%s, %s", all, words[i]);
    }
    return refuse(problem, "billing.choice", key,
                  kit_format(kit, op, "'%s' is no choice here", text ? text : ""),
                  kit_format(kit, op, "it is one of: %s", all), NULL);
}

/* ---- entities ----------------------------------------------------------------------------- */

static bool check_prefix(const struct kit *kit, struct lf_op *op, const struct lf_value *asked,
                         struct terms_problem *problem)
{
    const char *prefix = kit_get_text(kit, asked, "invoice_prefix");
    if (!known(kit, asked, "invoice_prefix"))
        return true;
    size_t len = prefix ? strlen(prefix) : 0;
    if (len > 0 && len <= PREFIX_LONGEST && strspn(prefix, UPPER DIGITS "-/") == len)
        return true;
    return refuse(problem, "billing.invoice_prefix", "invoice_prefix",
                  kit_format(kit, op, "'%s' cannot begin invoice numbers", prefix ? prefix : ""),
                  "a prefix has 1 to 12 of A-Z, 0-9, '-' and '/'", NULL);
}

bool terms_entity(const struct kit *kit, struct lf_op *op, const char *driver, const struct lf_value *asked,
                  struct terms_problem *problem)
{
    const char *vat = kit_get_text(kit, asked, "vat_id");
    size_t len = vat ? strlen(vat) : 0;
    if (vat && (len < 4 || len > 20 || strspn(vat, UPPER DIGITS) != len))
        return refuse(problem, "billing.vat_id", "vat_id",
                      kit_format(kit, op, "'%s' cannot be a tax number", vat),
                      "it has 4 to 20 capital letters and digits, without blanks or dots", NULL);
    if (kit_get_int(kit, asked, "first_invoice", 1) < 1)
        return refuse(problem, "billing.first_invoice", "first_invoice",
                      "invoice numbers begin at 1 or later", NULL, NULL);
    return check_code(kit, op, asked, problem) && check_place(kit, op, asked, "country", false, problem) &&
           check_prefix(kit, op, asked, problem) && check_options(kit, op, driver, asked, problem);
}

/* ---- products ----------------------------------------------------------------------------- */

bool terms_product(const struct kit *kit, struct lf_op *op, const char *driver, const struct lf_value *asked,
                   struct terms_problem *problem)
{
    return check_code(kit, op, asked, problem) && check_options(kit, op, driver, asked, problem);
}

/* ---- prices ------------------------------------------------------------------------------- */

static bool check_amount(const struct kit *kit, struct lf_op *op, const struct lf_value *asked,
                         const char *currency, uint32_t decimals, struct terms_problem *problem)
{
    static const char example[] = "1234567";
    const struct lf_value *amount = kit_get(kit, asked, "amount");
    uint32_t kind = amount ? kit->values->kind(amount) : LF_KIND_NULL;
    int64_t minor = 0;
    const char *why = "an amount is an integer of minor units or decimal text, never a float";
    const char *seen = "";
    if (kind == LF_KIND_INT) {
        if (kit->values->as_int(amount, -1) >= 0)
            return true;
        why = "it is negative";
    } else if (kind == LF_KIND_TEXT) {
        seen = kit->values->as_text(amount, NULL);
        if (currency_parse(seen, decimals, &minor, &why))
            return true;
    }
    return refuse(problem, "billing.amount", "amount",
                  kit_format(kit, op, "'%s' is not an amount in %s", seen, currency),
                  kit_format(kit, op, "%s (%s has %u decimals)", why, currency, decimals),
                  kit_format(kit, op, "write it like \"%.*s%s%.*s\"", decimals > 0 ? 2 : 4, example,
                             decimals > 0 ? "." : "", (int)decimals, example + 2));
}

bool terms_price(const struct kit *kit, struct lf_op *op, const char *driver, const struct lf_value *asked,
                 struct terms_problem *problem)
{
    static const char *const behaviors[] = {"inclusive", "exclusive", NULL};
    static const char *const intervals[] = {"month", "year", "one_time", NULL};
    const char *currency = kit_get_text(kit, asked, "currency");
    uint32_t decimals = 0;
    if (known(kit, asked, "currency") && (!currency || !currency_find(currency, &decimals)))
        return refuse(problem, "billing.currency", "currency",
                      kit_format(kit, op, "'%s' is not a currency of ISO 4217", currency ? currency : ""),
                      NULL, "write its three capital letters, such as EUR");
    if (currency && known(kit, asked, "amount") && !check_amount(kit, op, asked, currency, decimals, problem))
        return false;
    return check_code(kit, op, asked, problem) &&
           check_one_of(kit, op, asked, "tax_behavior", behaviors, problem) &&
           check_one_of(kit, op, asked, "interval", intervals, problem) &&
           check_options(kit, op, driver, asked, problem);
}

int64_t terms_minor(const struct kit *kit, const struct lf_value *asked)
{
    const struct lf_value *amount = kit_get(kit, asked, "amount");
    const char *currency = kit_get_text(kit, asked, "currency");
    const char *text = amount ? kit->values->as_text(amount, NULL) : NULL;
    const char *why = NULL;
    uint32_t decimals = 0;
    int64_t minor = -1;
    if (!currency || !currency_find(currency, &decimals))
        return -1;
    if (!text)
        return amount ? kit->values->as_int(amount, -1) : -1;
    return currency_parse(text, decimals, &minor, &why) ? minor : -1;
}

/* ---- taxes -------------------------------------------------------------------------------- */

static bool is_date(const char *text)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
        return false;
    for (size_t i = 0; i < 10; i++)
        if (i != 4 && i != 7 && !isdigit((unsigned char)text[i]))
            return false;
    int year = (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 + text[3] - '0';
    int month = (text[5] - '0') * 10 + text[6] - '0';
    int day = (text[8] - '0') * 10 + text[9] - '0';
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month < 1 || month > 12)
        return false;
    return day >= 1 && day <= days[month - 1] + (month == 2 && leap ? 1 : 0);
}

static bool check_date(const struct kit *kit, struct lf_op *op, const struct lf_value *asked, const char *key,
                       struct terms_problem *problem)
{
    const char *text = kit_get_text(kit, asked, key);
    if (!kit_has(kit, asked, key) || (text && is_date(text)))
        return true;
    return refuse(problem, "billing.date", key, kit_format(kit, op, "'%s' is not a date", text ? text : ""),
                  "a date is written year-month-day: 2027-01-01", NULL);
}

/* Up to three digits, and up to four decimals. */
static bool check_rate(const struct kit *kit, struct lf_op *op, const struct lf_value *asked,
                       struct terms_problem *problem)
{
    const char *rate = kit_get_text(kit, asked, "rate");
    if (!known(kit, asked, "rate"))
        return true;
    size_t whole = rate ? strspn(rate, DIGITS) : 0;
    size_t fraction = rate && rate[whole] == '.' ? strspn(rate + whole + 1, DIGITS) : 0;
    bool dotted = rate && rate[whole] == '.';
    if (whole >= 1 && whole <= 3 && rate[whole + (dotted ? 1 : 0) + fraction] == '\0' &&
        (!dotted || fraction >= 1) && fraction <= 4)
        return true;
    return refuse(problem, "billing.rate", "rate",
                  kit_format(kit, op, "'%s' is not a rate", rate ? rate : ""),
                  "a rate is percent as decimal text, with up to four decimals: \"23\", \"8.875\"", NULL);
}

bool terms_tax(const struct kit *kit, struct lf_op *op, const char *driver, const struct lf_value *asked,
               struct terms_problem *problem)
{
    const char *from = kit_get_text(kit, asked, "valid_from");
    const char *to = kit_get_text(kit, asked, "valid_to");
    if (!check_date(kit, op, asked, "valid_from", problem) ||
        !check_date(kit, op, asked, "valid_to", problem))
        return false;
    if (from && to && strcmp(from, to) > 0)
        return refuse(problem, "billing.validity", "valid_to", "the rule ends before it begins",
                      kit_format(kit, op, "it holds from %s to %s", from, to), NULL);
    return check_code(kit, op, asked, problem) &&
           check_place(kit, op, asked, "jurisdiction", true, problem) &&
           check_rate(kit, op, asked, problem) && check_options(kit, op, driver, asked, problem);
}

const char *terms_text(const struct kit *kit, const struct lf_value *map, const char *key,
                       const char *otherwise)
{
    const char *text = kit_get_text(kit, map, key);
    return text ? text : otherwise;
}

/* Dates of this form sort as text; both ends are days on which the rule holds. */
bool terms_overlap(const struct kit *kit, const struct lf_value *a, const struct lf_value *b)
{
    static const char ever[] = "0000-00-00";
    static const char never[] = "9999-99-99";
    return strcmp(terms_text(kit, a, "jurisdiction", ""), terms_text(kit, b, "jurisdiction", "")) == 0 &&
           strcmp(terms_text(kit, a, "category", "standard"), terms_text(kit, b, "category", "standard")) ==
               0 &&
           strcmp(terms_text(kit, a, "valid_from", ever), terms_text(kit, b, "valid_to", never)) <= 0 &&
           strcmp(terms_text(kit, b, "valid_from", ever), terms_text(kit, a, "valid_to", never)) <= 0;
}
