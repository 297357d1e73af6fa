#include "stripe_money.h"

#include "currency.h"

#include <string.h>

#define UNITS_MOST INT64_C(999999999999) /* twelve digits: the most Stripe takes in any currency */

/* Where Stripe's number of decimals is not ISO's (docs: "Supported currencies", special cases). */
static const struct {
    char code[4];
    uint32_t decimals;
} exceptions[] = {
    {"ISK", 2}, /* none in ISO, two at Stripe, and those must be 00 */
    {"MGA", 0}, /* fifths in ISO, whole ones at Stripe              */
    {"UGX", 2}, /* as ISK                                           */
};

static uint32_t iso_decimals(const char *currency)
{
    uint32_t decimals = 2;
    (void)currency_find(currency, &decimals);
    return decimals;
}

uint32_t money_decimals(const char *currency)
{
    for (size_t i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++)
        if (strcmp(exceptions[i].code, currency) == 0)
            return exceptions[i].decimals;
    return iso_decimals(currency);
}

static int64_t power(uint32_t decimals)
{
    int64_t factor = 1;
    while (decimals-- > 0)
        factor *= 10;
    return factor;
}

bool money_to_stripe(const char *currency, int64_t minor, int64_t *units, const char **why)
{
    uint32_t iso = iso_decimals(currency), theirs = money_decimals(currency);
    int64_t wider = theirs > iso ? power(theirs - iso) : 1;
    int64_t narrower = theirs < iso ? power(iso - theirs) : 1;
    *why = "Stripe has no currency with more than three decimals";
    if (iso > 3)
        return false;
    *why = "Stripe takes whole units of this currency alone";
    if (minor % narrower != 0)
        return false;
    *why = "Stripe wants the last of this currency's three decimals to be 0";
    if (theirs == 3 && minor % 10 != 0)
        return false;
    *why = "Stripe takes amounts of up to twelve digits";
    if (minor / narrower > UNITS_MOST / wider)
        return false;
    *units = minor / narrower * wider;
    return true;
}

int64_t money_from_stripe(const char *currency, int64_t units)
{
    uint32_t iso = iso_decimals(currency), theirs = money_decimals(currency);
    if (units < 0 || units > UNITS_MOST)
        return -1;
    if (theirs > iso)
        return units % power(theirs - iso) == 0 ? units / power(theirs - iso) : -1;
    return units * power(iso - theirs);
}
