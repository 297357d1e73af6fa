#include "region/decimal.h"

#include "model/value.h"

#define UNIT_MAX  1000000000         /* nine decimals */
#define EXACT_MAX 9007199254740992.0 /* 2^53: integers below it are exact in a double */

/* value_yaml reads at most 15 digits, and n / 10^k is the double nearest to that decimal; so the first n and
 * k that give the double back are the decimal that was written. */
static bool of_real(double real, struct decimal *out)
{
    for (int64_t unit = 1; unit <= UNIT_MAX; unit *= 10) {
        double near = real * (double)unit;
        if (near >= EXACT_MAX || near <= -EXACT_MAX)
            return false;
        int64_t digits = (int64_t)(near < 0 ? near - 0.5 : near + 0.5);
        if ((double)digits / (double)unit == real) {
            *out = (struct decimal){digits, unit};
            return true;
        }
    }
    return false;
}

static bool of_text(const char *text, struct decimal *out)
{
    bool minus = *text == '-', dot = false, digit = false;
    struct decimal d = {0, 1};
    for (text += minus; *text != '\0'; text++) {
        if (*text == '.' && digit && !dot) {
            dot = true;
            digit = false; /* one must follow */
            continue;
        }
        if (*text < '0' || *text > '9' || (dot && d.unit == UNIT_MAX))
            return false;
        if (__builtin_mul_overflow(d.digits, 10, &d.digits) ||
            __builtin_add_overflow(d.digits, *text - '0', &d.digits))
            return false;
        d.unit *= dot ? 10 : 1;
        digit = true;
    }
    if (!digit)
        return false;
    d.digits = minus ? -d.digits : d.digits;
    *out = d;
    return true;
}

bool decimal_of(const struct value *v, struct decimal *out)
{
    switch (value_kind(v)) {
    case VALUE_INT:
        *out = (struct decimal){v->number, 1};
        return true;
    case VALUE_REAL:
        return of_real(v->real, out);
    case VALUE_TEXT:
        return of_text(v->text, out);
    default:
        return false;
    }
}

bool decimal_times_up(struct decimal d, int64_t n, int64_t *out)
{
    int64_t product;
    if (__builtin_mul_overflow(d.digits, n, &product))
        return false;
    /* C divides toward zero, which is already up for what is negative. */
    *out = product / d.unit + (product % d.unit > 0);
    return true;
}

bool decimal_milli(struct decimal d, int64_t *out)
{
    int64_t product;
    if (__builtin_mul_overflow(d.digits, 1000, &product) || product % d.unit != 0)
        return false;
    *out = product / d.unit;
    return true;
}
