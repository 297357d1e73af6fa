/* Money: exact.  An amount is an integer count of millionths of the currency's major unit in 64 bits, up to
 * 9.2 * 10^12 units; products are made in 128 bits, so that a price per thousandth of a unit times any
 * quantity is exact or refused.  Text in and out is decimal.  Never a float. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct buf;
struct err;

#define MONEY_UNIT 1000000 /* millionths */

/* Decimal digits of an ISO 4217 currency (2 for EUR, 0 for JPY, 3 for KWD), or -1 when there is no such code.
 * Source: ISO 4217 list one, 2024-06-25. */
int money_digits(const char *currency);
/* "1842.50", "-3", at most 6 decimals: error "money.syntax" otherwise, "money.range" when it does not fit. */
MUST_USE bool money_parse(const char *text, int64_t *millionths, struct err *err);
/* quantity in thousandths times price in millionths, half a millionth rounded away from zero; false on
 * overflow. */
MUST_USE bool money_times(int64_t price, int64_t quantity_milli, int64_t *out);
/* What one unit of another currency is in ours: digits / unit, both above 0. */
struct money_rate {
    int64_t digits;
    int64_t unit; /* a power of ten */
};
/* "0.9215", at most 12 decimals, above 0: error "money.rate" otherwise. */
MUST_USE bool money_rate_parse(const char *text, struct money_rate *rate, struct err *err);
/* quantity in thousandths times price in millionths of another currency, in ours.  Made in 192 bits and
 * rounded once, half a millionth away from zero: a price of a fraction of a cent loses nothing on the way.
 * False on overflow. */
MUST_USE bool money_convert(int64_t price, int64_t quantity_milli, struct money_rate rate, int64_t *out);
MUST_USE bool money_add(int64_t a, int64_t b, int64_t *sum);
/* Up to the next amount that the currency's digits can print, so that what is shown is not less than what it
 * may come to. */
int64_t money_round_up(int64_t millionths, const char *currency);
/* "1842.50": rounded to the currency's digits, halves away from zero; two digits for an unknown currency;
 * no grouping. */
void money_print_plain(struct buf *out, int64_t millionths, const char *currency);
/* "€1 842.50" (sign before, groups of three by a space) or "EUR 1 842.50" in ASCII and where no sign is
 * known; "-€3.00". */
void money_print(struct buf *out, int64_t millionths, const char *currency, bool ascii);
