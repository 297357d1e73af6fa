#include "tryton_wire.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#define DIGITS "0123456789"

const struct lf_value *wire_text(const struct kit *kit, struct lf_op *op, const char *text)
{
    return text ? kit->values->of_text(op, text, strlen(text)) : kit->values->of_null(op);
}

const struct lf_value *wire_list(const struct kit *kit, struct lf_op *op, size_t count, ...)
{
    const struct lf_value **items = kit->ops->scratch(op, (count + 1) * sizeof(*items));
    va_list args;
    va_start(args, count);
    for (size_t i = 0; i < count; i++)
        items[i] = va_arg(args, const struct lf_value *);
    va_end(args);
    return kit->values->of_list(op, items, count);
}

const struct lf_value *wire_texts(const struct kit *kit, struct lf_op *op, const char *const *texts)
{
    size_t count = 0;
    while (texts[count])
        count++;
    const struct lf_value **items = kit->ops->scratch(op, (count + 1) * sizeof(*items));
    for (size_t i = 0; i < count; i++)
        items[i] = wire_text(kit, op, texts[i]);
    return kit->values->of_list(op, items, count);
}

/* Keys of Tryton hold dots, which divide a path unless they are quoted. */
static const char *quoted(const struct kit *kit, struct lf_op *op, const char *key)
{
    return kit_format(kit, op, "\"%s\"", key);
}

const struct lf_value *wire_put(const struct kit *kit, struct lf_op *op, const struct lf_value *map,
                                const char *key, const struct lf_value *value)
{
    return kit_put(kit, op, map, quoted(kit, op, key), value);
}

const struct lf_value *wire_get(const struct kit *kit, struct lf_op *op, const struct lf_value *map,
                                const char *key)
{
    return kit_get(kit, map, quoted(kit, op, key));
}

const char *wire_get_text(const struct kit *kit, struct lf_op *op, const struct lf_value *map,
                          const char *key)
{
    const struct lf_value *value = wire_get(kit, op, map, key);
    return value ? kit->values->as_text(value, NULL) : NULL;
}

/* ---- domains ------------------------------------------------------------------------------ */

const struct lf_value *wire_clause(const struct kit *kit, struct lf_op *op, const char *name, const char *how,
                                   const struct lf_value *value)
{
    return wire_list(kit, op, 3, wire_text(kit, op, name), wire_text(kit, op, how), value);
}

const struct lf_value *wire_clause_text(const struct kit *kit, struct lf_op *op, const char *name,
                                        const char *how, const char *value)
{
    return wire_clause(kit, op, name, how, wire_text(kit, op, value));
}

void wire_any_add(const struct kit *kit, struct lf_op *op, struct wire_any *any,
                  const struct lf_value *clause)
{
    if (any->count == any->room) {
        size_t room = any->room > 0 ? any->room * 2 : 16;
        const struct lf_value **clauses = kit->ops->scratch(op, room * sizeof(*clauses));
        if (any->count > 0)
            memcpy(clauses, any->clauses, any->count * sizeof(*clauses));
        any->clauses = clauses;
        any->room = room;
    }
    any->clauses[any->count++] = clause;
}

const struct lf_value *wire_any_domain(const struct kit *kit, struct lf_op *op, const struct wire_any *any)
{
    if (any->count == 0) /* an empty "OR" matches everything */
        return wire_list(kit, op, 1, wire_clause(kit, op, "id", "=", kit->values->of_int(op, -1)));
    const struct lf_value **items = kit->ops->scratch(op, (any->count + 1) * sizeof(*items));
    items[0] = wire_text(kit, op, "OR");
    memcpy(items + 1, any->clauses, any->count * sizeof(*items));
    return kit->values->of_list(op, items, any->count + 1);
}

/* ---- elements of a one2many --------------------------------------------------------------- */

const struct lf_value *wire_make(const struct kit *kit, struct lf_op *op, const struct lf_value *values)
{
    return wire_list(kit, op, 2, wire_text(kit, op, "create"), wire_list(kit, op, 1, values));
}

const struct lf_value *wire_alter(const struct kit *kit, struct lf_op *op, int64_t id,
                                  const struct lf_value *values)
{
    return wire_list(kit, op, 3, wire_text(kit, op, "write"),
                     wire_list(kit, op, 1, kit->values->of_int(op, id)), values);
}

const struct lf_value *wire_drop(const struct kit *kit, struct lf_op *op, int64_t id)
{
    return wire_list(kit, op, 2, wire_text(kit, op, "delete"),
                     wire_list(kit, op, 1, kit->values->of_int(op, id)));
}

/* ---- decimals and dates ------------------------------------------------------------------- */

const struct lf_value *wire_decimal(const struct kit *kit, struct lf_op *op, const char *text)
{
    const struct lf_value *map = kit_put_text(kit, op, kit_map(kit, op), "__class__", "Decimal");
    return kit_put_text(kit, op, map, "decimal", text);
}

const struct lf_value *wire_date(const struct kit *kit, struct lf_op *op, const char *text)
{
    static const struct {
        const char *key;
        size_t at;
        size_t len;
    } parts[] = {{"year", 0, 4}, {"month", 5, 2}, {"day", 8, 2}};
    if (!text)
        return kit->values->of_null(op);
    const struct lf_value *map = kit_put_text(kit, op, kit_map(kit, op), "__class__", "date");
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        int64_t number = 0;
        for (size_t at = parts[i].at; at < parts[i].at + parts[i].len; at++)
            number = number * 10 + (text[at] - '0');
        map = kit_put_int(kit, op, map, parts[i].key, number);
    }
    return map;
}

static bool is_class(const struct kit *kit, const struct lf_value *value, const char *name)
{
    if (!value || kit->values->kind(value) != LF_KIND_MAP)
        return false;
    const char *text = kit_get_text(kit, value, "__class__");
    return text && strcmp(text, name) == 0;
}

const char *wire_decimal_text(const struct kit *kit, const struct lf_value *value)
{
    return is_class(kit, value, "Decimal") ? kit_get_text(kit, value, "decimal") : NULL;
}

const char *wire_date_text(const struct kit *kit, struct lf_op *op, const struct lf_value *value)
{
    if (!is_class(kit, value, "date"))
        return NULL;
    return kit_format(kit, op, "%04" PRId64 "-%02" PRId64 "-%02" PRId64, kit_get_int(kit, value, "year", 0),
                      kit_get_int(kit, value, "month", 0), kit_get_int(kit, value, "day", 0));
}

/* ---- rates -------------------------------------------------------------------------------- */

/* The digits of a number without its point, and how many of them stand before it. */
static bool take_apart(const char *text, char *digits, size_t *point)
{
    size_t whole = strspn(text, DIGITS);
    size_t fraction = text[whole] == '.' ? strspn(text + whole + 1, DIGITS) : 0;
    size_t end = whole + fraction + (text[whole] == '.' ? 1 : 0);
    if (whole == 0 || text[end] != '\0' || whole + fraction + 4 >= WIRE_RATE)
        return false;
    memcpy(digits, text, whole);
    memcpy(digits + whole, text + end - fraction, fraction);
    digits[whole + fraction] = '\0';
    *point = whole;
    return true;
}

/* Digits with the point at `point`, without zeros that mean nothing. */
static void put_together(const char *digits, size_t point, char *text)
{
    size_t count = strlen(digits), from = 0, at = 0;
    while (from + 1 < point && digits[from] == '0')
        from++;
    while (count > point && digits[count - 1] == '0')
        count--;
    for (size_t i = from; i < count; i++) {
        if (i == point)
            text[at++] = '.';
        text[at++] = digits[i];
    }
    text[at] = '\0';
}

bool wire_rate_of_percent(const char *percent, char *text)
{
    char digits[WIRE_RATE], padded[WIRE_RATE] = "00";
    size_t point = 0;
    if (!take_apart(percent, digits, &point))
        return false;
    memcpy(padded + 2, digits, strlen(digits) + 1);
    put_together(padded, point, text);
    return true;
}

bool wire_percent_of_rate(const char *rate, char *text)
{
    char digits[WIRE_RATE];
    size_t point = 0;
    if (!take_apart(rate, digits, &point))
        return false;
    while (strlen(digits) < point + 2)
        memcpy(digits + strlen(digits), "0", 2);
    put_together(digits, point + 2, text);
    return true;
}

bool wire_same_number(const char *a, const char *b)
{
    char left[WIRE_RATE], right[WIRE_RATE];
    return wire_percent_of_rate(a, left) && wire_percent_of_rate(b, right) && strcmp(left, right) == 0;
}
