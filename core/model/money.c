#include "model/money.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

/* Millionths have six decimals. */
#define DECIMALS 6
/* Quantities are in thousandths. */
#define QUANTITY_UNIT 1000
/* Decimals to show for a currency nobody knows. */
#define USUAL_DIGITS 2

struct currency {
    char code[4];
    int8_t digits;
};

/* ISO 4217 list one of 2024-06-25 without the entries that have no minor unit (metals, testing). */
static const struct currency currencies[] = {
    {"AED", 2}, {"AFN", 2}, {"ALL", 2}, {"AMD", 2}, {"ANG", 2}, {"AOA", 2}, {"ARS", 2}, {"AUD", 2},
    {"AWG", 2}, {"AZN", 2}, {"BAM", 2}, {"BBD", 2}, {"BDT", 2}, {"BGN", 2}, {"BHD", 3}, {"BIF", 0},
    {"BMD", 2}, {"BND", 2}, {"BOB", 2}, {"BOV", 2}, {"BRL", 2}, {"BSD", 2}, {"BTN", 2}, {"BWP", 2},
    {"BYN", 2}, {"BZD", 2}, {"CAD", 2}, {"CDF", 2}, {"CHE", 2}, {"CHF", 2}, {"CHW", 2}, {"CLF", 4},
    {"CLP", 0}, {"CNY", 2}, {"COP", 2}, {"COU", 2}, {"CRC", 2}, {"CUC", 2}, {"CUP", 2}, {"CVE", 2},
    {"CZK", 2}, {"DJF", 0}, {"DKK", 2}, {"DOP", 2}, {"DZD", 2}, {"EGP", 2}, {"ERN", 2}, {"ETB", 2},
    {"EUR", 2}, {"FJD", 2}, {"FKP", 2}, {"GBP", 2}, {"GEL", 2}, {"GHS", 2}, {"GIP", 2}, {"GMD", 2},
    {"GNF", 0}, {"GTQ", 2}, {"GYD", 2}, {"HKD", 2}, {"HNL", 2}, {"HTG", 2}, {"HUF", 2}, {"IDR", 2},
    {"ILS", 2}, {"INR", 2}, {"IQD", 3}, {"IRR", 2}, {"ISK", 0}, {"JMD", 2}, {"JOD", 3}, {"JPY", 0},
    {"KES", 2}, {"KGS", 2}, {"KHR", 2}, {"KMF", 0}, {"KPW", 2}, {"KRW", 0}, {"KWD", 3}, {"KYD", 2},
    {"KZT", 2}, {"LAK", 2}, {"LBP", 2}, {"LKR", 2}, {"LRD", 2}, {"LSL", 2}, {"LYD", 3}, {"MAD", 2},
    {"MDL", 2}, {"MGA", 2}, {"MKD", 2}, {"MMK", 2}, {"MNT", 2}, {"MOP", 2}, {"MRU", 2}, {"MUR", 2},
    {"MVR", 2}, {"MWK", 2}, {"MXN", 2}, {"MXV", 2}, {"MYR", 2}, {"MZN", 2}, {"NAD", 2}, {"NGN", 2},
    {"NIO", 2}, {"NOK", 2}, {"NPR", 2}, {"NZD", 2}, {"OMR", 3}, {"PAB", 2}, {"PEN", 2}, {"PGK", 2},
    {"PHP", 2}, {"PKR", 2}, {"PLN", 2}, {"PYG", 0}, {"QAR", 2}, {"RON", 2}, {"RSD", 2}, {"RUB", 2},
    {"RWF", 0}, {"SAR", 2}, {"SBD", 2}, {"SCR", 2}, {"SDG", 2}, {"SEK", 2}, {"SGD", 2}, {"SHP", 2},
    {"SLE", 2}, {"SOS", 2}, {"SRD", 2}, {"SSP", 2}, {"STN", 2}, {"SVC", 2}, {"SYP", 2}, {"SZL", 2},
    {"THB", 2}, {"TJS", 2}, {"TMT", 2}, {"TND", 3}, {"TOP", 2}, {"TRY", 2}, {"TTD", 2}, {"TWD", 2},
    {"TZS", 2}, {"UAH", 2}, {"UGX", 0}, {"USD", 2}, {"USN", 2}, {"UYI", 0}, {"UYU", 2}, {"UYW", 4},
    {"UZS", 2}, {"VED", 2}, {"VES", 2}, {"VND", 0}, {"VUV", 0}, {"WST", 2}, {"XAF", 0}, {"XCD", 2},
    {"XOF", 0}, {"XPF", 0}, {"YER", 2}, {"ZAR", 2}, {"ZMW", 2}, {"ZWG", 2}, {"ZWL", 2},
};

/* Only signs that mean one currency to every reader; dollars other than US carry their letters. */
static const struct {
    const char *code, *sign;
} signs[] = {
    {"EUR", "\u20ac"}, {"USD", "$"},      {"GBP", "\u00a3"}, {"INR", "\u20b9"}, {"KRW", "\u20a9"},
    {"ILS", "\u20aa"}, {"UAH", "\u20b4"}, {"VND", "\u20ab"}, {"NGN", "\u20a6"}, {"TRY", "\u20ba"},
    {"PHP", "\u20b1"}, {"AUD", "A$"},     {"BRL", "R$"},     {"CAD", "CA$"},    {"HKD", "HK$"},
    {"MXN", "MX$"},    {"NZD", "NZ$"},    {"TWD", "NT$"},    {"JPY", "\u00a5"},
};

static int by_code(const void *code, const void *currency)
{
    return strcmp(code, ((const struct currency *)currency)->code);
}

int money_digits(const char *currency)
{
    const struct currency *found = bsearch(currency, currencies, sizeof(currencies) / sizeof(currencies[0]),
                                           sizeof(currencies[0]), by_code);
    return found ? found->digits : -1;
}

/* Not isdigit: that one asks the locale. */
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool bad_amount(const char *text, struct err *err)
{
    err_set(err, "money.syntax", "'%.60s' is not an amount of money", text);
    return err_advise(err, "write it as \"1842.50\": digits, a point, at most %d decimals, no grouping",
                      DECIMALS);
}

/* Past this magnitude an amount no longer grows, so that digits without end cannot overflow it. */
static const __int128 amount_limit = (__int128)INT64_MAX + 1;

static void push_digit(__int128 *amount, int digit)
{
    if (*amount <= amount_limit)
        *amount = *amount * 10 + digit;
}

/* Returns where the digits end. */
static const char *push_digits(const char *at, __int128 *amount)
{
    for (; is_digit(*at); at++)
        push_digit(amount, *at - '0');
    return at;
}

/* The grammar of JSON numbers without exponent, so that text in YAML, JSON and Lua reads the same. */
bool money_parse(const char *text, int64_t *millionths, struct err *err)
{
    const char *at = text + (text[0] == '-');
    if (!is_digit(*at) || (*at == '0' && is_digit(at[1])))
        return bad_amount(text, err);
    __int128 amount = 0;
    ptrdiff_t decimals = 0;
    at = push_digits(at, &amount);
    if (*at == '.') {
        const char *start = at + 1;
        at = push_digits(start, &amount);
        decimals = at - start;
        if (decimals == 0 || decimals > DECIMALS)
            return bad_amount(text, err);
    }
    if (*at)
        return bad_amount(text, err);
    for (; decimals < DECIMALS; decimals++)
        push_digit(&amount, 0);
    if (text[0] == '-')
        amount = -amount;
    if (amount > INT64_MAX || amount < INT64_MIN) {
        err_set(err, "money.range", "'%.60s' is more money than can be counted", text);
        return err_advise(err, "the limit is 9223372036854.775807 either way");
    }
    *millionths = (int64_t)amount;
    return true;
}

static int64_t power_of_ten(int exponent)
{
    int64_t power = 1;
    for (; exponent > 0; exponent--)
        power *= 10;
    return power;
}

/* Half away from zero, so that a refund undoes a charge exactly. */
static __int128 divide_rounded(__int128 amount, int64_t by)
{
    return (amount < 0 ? amount - by / 2 : amount + by / 2) / by;
}

bool money_times(int64_t price, int64_t quantity_milli, int64_t *out)
{
    __int128 product = divide_rounded((__int128)price * quantity_milli, QUANTITY_UNIT);
    if (product > INT64_MAX || product < INT64_MIN)
        return false;
    *out = (int64_t)product;
    return true;
}

/* Of the rarer currencies one unit is worth 0.00004 of another, and rates have six digits that count. */
#define RATE_DECIMALS 12

bool money_rate_parse(const char *text, struct money_rate *rate, struct err *err)
{
    __int128 digits = 0;
    int64_t unit = 1;
    const char *at = push_digits(text, &digits);
    bool good = at > text;
    if (good && *at == '.') {
        const char *start = at + 1;
        at = push_digits(start, &digits);
        good = at > start && at - start <= RATE_DECIMALS;
        unit = good ? power_of_ten((int)(at - start)) : 1;
    }
    if (!good || *at || digits == 0 || digits > INT64_MAX) {
        err_set(err, "money.rate", "'%.60s' is not a rate", text);
        return err_advise(
            err,
            "write what one unit of it is worth, such as \"0.9215\": above 0, a point, at most %d "
            "decimals",
            RATE_DECIMALS);
    }
    *rate = (struct money_rate){(int64_t)digits, unit};
    return true;
}

static uint64_t magnitude(int64_t n)
{
    return n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
}

/* Schoolbook, in limbs of 64 bits, the lowest first: product * factor + half, divided by `by`. */
static bool divide_wide(unsigned __int128 product, uint64_t factor, uint64_t by, uint64_t *out)
{
    unsigned __int128 low = (unsigned __int128)(uint64_t)product * factor;
    unsigned __int128 high = (unsigned __int128)(uint64_t)(product >> 64) * factor + (uint64_t)(low >> 64);
    unsigned __int128 first = (unsigned __int128)(uint64_t)low + by / 2;
    high += (uint64_t)(first >> 64);
    const uint64_t limbs[] = {(uint64_t)first, (uint64_t)high, (uint64_t)(high >> 64)};
    uint64_t rest = 0, quotient = 0;
    for (size_t i = sizeof(limbs) / sizeof(limbs[0]); i > 0; i--) {
        if (quotient != 0)
            return false;
        unsigned __int128 part = (unsigned __int128)rest << 64 | limbs[i - 1];
        quotient = (uint64_t)(part / by); /* rest < by, so that it fits */
        rest = (uint64_t)(part % by);
    }
    *out = quotient;
    return true;
}

bool money_convert(int64_t price, int64_t quantity_milli, struct money_rate rate, int64_t *out)
{
    unsigned __int128 product = (unsigned __int128)magnitude(price) * magnitude(quantity_milli);
    uint64_t amount;
    if (!divide_wide(product, (uint64_t)rate.digits, (uint64_t)rate.unit * QUANTITY_UNIT, &amount) ||
        amount > INT64_MAX)
        return false;
    *out = (price < 0) != (quantity_milli < 0) ? -(int64_t)amount : (int64_t)amount;
    return true;
}

bool money_add(int64_t a, int64_t b, int64_t *sum)
{
    int64_t made;
    if (__builtin_add_overflow(a, b, &made))
        return false;
    *sum = made;
    return true;
}

/* The digits without a sign; `group` stands between thousands, 0: nothing does. */
static void print_digits(struct buf *out, uint64_t minor, int digits, char group)
{
    uint64_t unit = (uint64_t)power_of_ten(digits), whole = minor / unit;
    char text[40]; /* 20 digits and 6 gaps at most */
    size_t at = sizeof(text), count = 0;
    do {
        if (group && count && count % 3 == 0)
            text[--at] = group;
        text[--at] = (char)('0' + whole % 10);
        whole /= 10;
        count++;
    } while (whole);
    buf_add(out, text + at, sizeof(text) - at);
    if (digits)
        buf_print(out, ".%0*llu", digits, (unsigned long long)(minor % unit));
}

/* In minor units of the currency, rounded; *digits: how many of them are decimals. */
static __int128 to_minor(int64_t millionths, const char *currency, int *digits)
{
    *digits = money_digits(currency);
    if (*digits < 0)
        *digits = USUAL_DIGITS;
    return divide_rounded(millionths, power_of_ten(DECIMALS - *digits));
}

int64_t money_round_up(int64_t millionths, const char *currency)
{
    int digits = money_digits(currency);
    int64_t unit = power_of_ten(DECIMALS - (digits < 0 ? USUAL_DIGITS : digits));
    int64_t rest = millionths % unit;
    if (rest <= 0)
        return millionths - rest;
    return millionths > INT64_MAX - unit ? millionths : millionths - rest + unit;
}

void money_print_plain(struct buf *out, int64_t millionths, const char *currency)
{
    int digits;
    __int128 minor = to_minor(millionths, currency, &digits);
    if (minor < 0)
        buf_char(out, '-');
    print_digits(out, (uint64_t)(minor < 0 ? -minor : minor), digits, 0);
}

/* Two dozen entries, asked once per printed amount: a walk is enough. */
static const char *sign_of(const char *currency)
{
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
        if (strcmp(signs[i].code, currency) == 0)
            return signs[i].sign;
    return NULL;
}

void money_print(struct buf *out, int64_t millionths, const char *currency, bool ascii)
{
    int digits;
    __int128 minor = to_minor(millionths, currency, &digits);
    const char *sign = ascii ? NULL : sign_of(currency);
    if (minor < 0)
        buf_char(out, '-');
    buf_text(out, sign ? sign : currency);
    if (!sign)
        buf_char(out, ' ');
    print_digits(out, (uint64_t)(minor < 0 ? -minor : minor), digits, ' ');
}
