#include "currency.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ISO 4217 list one (SIX, the maintenance agency), active codes and their minor units, without the codes
 * for metals, funds, testing and "no currency", in which nothing is invoiced.  Sorted. */
static const struct {
    char code[4];
    uint8_t decimals;
} currencies[] = {
    {"AED", 2}, {"AFN", 2}, {"ALL", 2}, {"AMD", 2}, {"ANG", 2}, {"AOA", 2}, {"ARS", 2}, {"AUD", 2},
    {"AWG", 2}, {"AZN", 2}, {"BAM", 2}, {"BBD", 2}, {"BDT", 2}, {"BGN", 2}, {"BHD", 3}, {"BIF", 0},
    {"BMD", 2}, {"BND", 2}, {"BOB", 2}, {"BRL", 2}, {"BSD", 2}, {"BTN", 2}, {"BWP", 2}, {"BYN", 2},
    {"BZD", 2}, {"CAD", 2}, {"CDF", 2}, {"CHF", 2}, {"CLF", 4}, {"CLP", 0}, {"CNY", 2}, {"COP", 2},
    {"CRC", 2}, {"CUP", 2}, {"CVE", 2}, {"CZK", 2}, {"DJF", 0}, {"DKK", 2}, {"DOP", 2}, {"DZD", 2},
    {"EGP", 2}, {"ERN", 2}, {"ETB", 2}, {"EUR", 2}, {"FJD", 2}, {"FKP", 2}, {"GBP", 2}, {"GEL", 2},
    {"GHS", 2}, {"GIP", 2}, {"GMD", 2}, {"GNF", 0}, {"GTQ", 2}, {"GYD", 2}, {"HKD", 2}, {"HNL", 2},
    {"HTG", 2}, {"HUF", 2}, {"IDR", 2}, {"ILS", 2}, {"INR", 2}, {"IQD", 3}, {"IRR", 2}, {"ISK", 0},
    {"JMD", 2}, {"JOD", 3}, {"JPY", 0}, {"KES", 2}, {"KGS", 2}, {"KHR", 2}, {"KMF", 0}, {"KPW", 2},
    {"KRW", 0}, {"KWD", 3}, {"KYD", 2}, {"KZT", 2}, {"LAK", 2}, {"LBP", 2}, {"LKR", 2}, {"LRD", 2},
    {"LSL", 2}, {"LYD", 3}, {"MAD", 2}, {"MDL", 2}, {"MGA", 2}, {"MKD", 2}, {"MMK", 2}, {"MNT", 2},
    {"MOP", 2}, {"MRU", 2}, {"MUR", 2}, {"MVR", 2}, {"MWK", 2}, {"MXN", 2}, {"MYR", 2}, {"MZN", 2},
    {"NAD", 2}, {"NGN", 2}, {"NIO", 2}, {"NOK", 2}, {"NPR", 2}, {"NZD", 2}, {"OMR", 3}, {"PAB", 2},
    {"PEN", 2}, {"PGK", 2}, {"PHP", 2}, {"PKR", 2}, {"PLN", 2}, {"PYG", 0}, {"QAR", 2}, {"RON", 2},
    {"RSD", 2}, {"RUB", 2}, {"RWF", 0}, {"SAR", 2}, {"SBD", 2}, {"SCR", 2}, {"SDG", 2}, {"SEK", 2},
    {"SGD", 2}, {"SHP", 2}, {"SLE", 2}, {"SOS", 2}, {"SRD", 2}, {"SSP", 2}, {"STN", 2}, {"SVC", 2},
    {"SYP", 2}, {"SZL", 2}, {"THB", 2}, {"TJS", 2}, {"TMT", 2}, {"TND", 3}, {"TOP", 2}, {"TRY", 2},
    {"TTD", 2}, {"TWD", 2}, {"TZS", 2}, {"UAH", 2}, {"UGX", 0}, {"USD", 2}, {"UYU", 2}, {"UYW", 4},
    {"UZS", 2}, {"VED", 2}, {"VES", 2}, {"VND", 0}, {"VUV", 0}, {"WST", 2}, {"XAF", 0}, {"XCD", 2},
    {"XCG", 2}, {"XOF", 0}, {"XPF", 0}, {"YER", 2}, {"ZAR", 2}, {"ZMW", 2}, {"ZWG", 2},
};

#define WHOLE_DIGITS_MOST 14 /* with four decimals still within 63 bits */

static int by_code(const void *code, const void *entry)
{
    return strcmp(code, entry);
}

bool currency_find(const char *code, uint32_t *decimals)
{
    size_t count = sizeof(currencies) / sizeof(currencies[0]);
    const char *entry = bsearch(code, currencies, count, sizeof(currencies[0]), by_code);
    if (!entry)
        return false;
    *decimals = currencies[(size_t)(entry - currencies[0].code) / sizeof(currencies[0])].decimals;
    return true;
}

bool currency_parse(const char *text, uint32_t decimals, int64_t *minor, const char **why)
{
    size_t whole = strspn(text, "0123456789");
    size_t fraction = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
    size_t end = whole + fraction + (text[whole] == '.' ? 1 : 0);
    *why = "an amount is digits, with a dot before the decimals";
    if (whole == 0 || text[end] != '\0' || (text[whole] == '.' && fraction == 0) ||
        (whole > 1 && text[0] == '0'))
        return false;
    *why = "it is too large";
    if (whole > WHOLE_DIGITS_MOST)
        return false;
    *why = "it has the wrong number of decimals for its currency";
    if (fraction != decimals)
        return false;
    int64_t sum = 0;
    for (size_t i = 0; i < end; i++)
        if (isdigit((unsigned char)text[i]))
            sum = sum * 10 + (text[i] - '0');
    *minor = sum;
    return true;
}

void currency_print(int64_t minor, uint32_t decimals, char *text)
{
    int64_t factor = 1;
    for (uint32_t i = 0; i < decimals; i++)
        factor *= 10;
    if (decimals == 0)
        (void)snprintf(text, CURRENCY_TEXT, "%" PRId64, minor);
    else
        (void)snprintf(text, CURRENCY_TEXT, "%" PRId64 ".%0*" PRId64, minor / factor, (int)decimals,
                       minor % factor);
}
