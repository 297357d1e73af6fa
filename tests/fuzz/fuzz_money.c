/* Whatever is read as an amount is exact: once a thousand thousandths is itself, and what a currency prints
 * is at most half its smallest unit away. */
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "fuzz.h"
#include "model/money.h"

static void check_printed(int64_t amount, const char *currency, int64_t half_unit)
{
    struct buf text;
    struct err err = {0};
    int64_t again;
    buf_init(&text, 0);
    money_print_plain(&text, amount, currency);
    if (money_parse(text.at, &again, &err))
        MUST_HOLD(again - amount <= half_unit && amount - again <= half_unit);
    else
        MUST_HOLD(strcmp(err.code, "money.range") == 0); /* rounding went past the largest amount */
    money_print(&text, amount, currency, false);
    buf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct arena *mem = arena_new();
    struct err err = {0};
    int64_t amount, same;
    if (money_parse(arena_text_n(mem, (const char *)bytes, count), &amount, &err)) {
        MUST_HOLD(money_times(amount, 1000, &same) && same == amount);
        MUST_HOLD(!money_add(amount, amount, &same) || same / 2 == amount);
        check_printed(amount, "EUR", 5000);
        check_printed(amount, "JPY", 500000);
        check_printed(amount, "CLF", 50);
    } else {
        MUST_HOLD(err.code[0] && err.summary[0]);
    }
    arena_free(mem);
    return 0;
}
