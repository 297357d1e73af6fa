#include "model/value_yaml_scalar.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/str.h"
#include "model/value.h"

#define DIGITS      "0123456789"
#define REAL_DIGITS 15 /* DBL_DIG: any decimal of that many digits survives the way through a double */

/* -?(0|[1-9][0-9]*)(\.[0-9]+)? */
static bool is_number(const char *text, bool *real)
{
    const char *at = text + (*text == '-');
    size_t whole = strspn(at, DIGITS);
    if (whole == 0 || (whole > 1 && *at == '0'))
        return false;
    at += whole;
    *real = *at == '.';
    if (!*real)
        return *at == '\0';
    size_t part = strspn(++at, DIGITS);
    return part > 0 && at[part] == '\0';
}

/* Digits with underscores and at most one dot, then perhaps an exponent. */
static bool looks_decimal(const char *at)
{
    bool digit = false, dot = false;
    for (; *at != '\0' && strchr(DIGITS "_.", *at) != NULL; at++) {
        if (*at == '.' && dot)
            return false;
        dot |= *at == '.';
        digit |= *at != '.' && *at != '_';
        if (*at == '_' && !digit)
            return false;
    }
    if (!digit)
        return false;
    if (*at == 'e' || *at == 'E') {
        at++;
        at += *at == '+' || *at == '-';
        size_t power = strspn(at, DIGITS);
        at += power;
        if (power == 0)
            return false;
    }
    return *at == '\0';
}

/* What YAML 1.1, YAML 1.2 or a reader in a hurry takes for a number. */
static bool looks_like_number(const char *text)
{
    const char *at = text + (*text == '-' || *text == '+');
    if (strcasecmp(at, ".inf") == 0 || strcasecmp(at, ".nan") == 0)
        return true;
    if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X'))
        return at[2] != '\0' && at[2 + strspn(at + 2, DIGITS "abcdefABCDEF_")] == '\0';
    if (at[0] == '0' && (at[1] == 'o' || at[1] == 'b'))
        return at[2] != '\0' && at[2 + strspn(at + 2, DIGITS "_")] == '\0';
    return looks_decimal(at);
}

static size_t significant_digits(const char *text)
{
    size_t digits = 0;
    for (text += strspn(text, "-0."); *text != '\0'; text++)
        digits += *text != '.';
    return digits;
}

/* strtod asks the locale what a decimal point is; the C locale's answer is the only one here. */
static double real_of(const char *text)
{
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    double real = strtod_l(text, NULL, plain);
    freelocale(plain);
    return real;
}

static bool parse_number(struct arena *mem, const char *text, bool real, const struct value **out,
                         struct err *err)
{
    int64_t number;
    if (real && significant_digits(text) <= REAL_DIGITS) {
        *out = value_real(mem, real_of(text));
        return true;
    }
    if (!real && str_to_int(text, &number)) {
        *out = value_int(mem, number);
        return true;
    }
    err_set(err, "yaml.number_range", "the number '%s' does not fit", text);
    err_detail(err, real ? "a number with a decimal point may have 15 digits"
                         : "an integer is between -9223372036854775808 and 9223372036854775807");
    return err_advise(err, "write it as text: \"%s\"", text);
}

bool value_yaml_scalar_plain(struct arena *mem, const char *text, const struct value **out, struct err *err)
{
    bool real = false;
    if (is_number(text, &real))
        return parse_number(mem, text, real, out, err);
    if (looks_like_number(text)) {
        err_set(err, "yaml.number", "'%s' could be a number or a text", text);
        return err_advise(err, "write \"%s\" for the text; a number is written like 123, -4 or 0.25", text);
    }
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        *out = value_bool(*text == 't');
    else if (strcmp(text, "null") == 0)
        *out = value_null();
    else
        *out = value_text(mem, text);
    return true;
}

static bool is_env_name(const char *name)
{
    return *name != '\0' && (*name < '0' || *name > '9') &&
           name[strspn(name, DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")] == '\0';
}

bool value_yaml_scalar_secret(struct arena *mem, const char *source, const struct value **out,
                              struct err *err)
{
    bool env = str_starts(source, "env:");
    bool good = env ? is_env_name(source + 4) : str_starts(source, "file:") && source[5] != '\0';
    if (!good) {
        /* The source itself is not repeated: someone may have put the secret there. */
        err_set(err, "yaml.secret", "!secret does not say where the secret is");
        return err_advise(err, "write !secret env:NAME or !secret file:PATH; never the secret itself");
    }
    struct secret secret = {.source = arena_text(mem, source)};
    *out = value_secret(mem, &secret);
    return true;
}
