/* Amounts as Stripe counts them, which is not always as ISO 4217 does. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* `minor` units of ISO 4217 as Stripe's `unit_amount`; false with *why, a sentence, where Stripe cannot say
 * it. */
bool money_to_stripe(const char *currency, int64_t minor, int64_t *units, const char **why);
/* The other way; -1: it is no whole number of ISO's minor units. */
int64_t money_from_stripe(const char *currency, int64_t units);
/* How many decimals Stripe's `unit_amount` has, for an amount that has none in ISO's units. */
uint32_t money_decimals(const char *currency);
