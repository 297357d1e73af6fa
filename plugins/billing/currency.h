/* Currencies and amounts of money: integers of minor units, never a float. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Long enough for any amount as text. */
#define CURRENCY_TEXT 32

/* How many decimals the currency has; false where ISO 4217 knows no such code. */
bool currency_find(const char *code, uint32_t *decimals);

/* "49.00" of a currency with two decimals is 4900.  On failure *why is a sentence. */
bool currency_parse(const char *text, uint32_t decimals, int64_t *minor, const char **why);

/* 4900 is "49.00"; `text` has CURRENCY_TEXT bytes.  `minor` is not negative. */
void currency_print(int64_t minor, uint32_t decimals, char *text);
