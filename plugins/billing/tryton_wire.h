/* How Tryton spells things in JSON: domains, field lists, decimals and dates.  Numbers with a point are text
 * on both sides ({"__class__": "Decimal", "decimal": "0.08875"}); no double ever holds one.
 *
 * All values belong to the operation. */
#pragma once

#include "kit.h"

/* Long enough for any rate as text. */
#define WIRE_RATE 32

/* NULL is null. */
const struct lf_value *wire_text(const struct kit *kit, struct lf_op *op, const char *text);
/* `count` values. */
const struct lf_value *wire_list(const struct kit *kit, struct lf_op *op, size_t count, ...);
/* Texts, ended by NULL. */
const struct lf_value *wire_texts(const struct kit *kit, struct lf_op *op, const char *const *texts);
/* One key, which may hold dots, more in a map. */
const struct lf_value *wire_put(const struct kit *kit, struct lf_op *op, const struct lf_value *map,
                                const char *key, const struct lf_value *value);
const struct lf_value *wire_get(const struct kit *kit, struct lf_op *op, const struct lf_value *map,
                                const char *key);
const char *wire_get_text(const struct kit *kit, struct lf_op *op, const struct lf_value *map,
                          const char *key);

/* [name, operator, value] of a search. */
const struct lf_value *wire_clause(const struct kit *kit, struct lf_op *op, const char *name, const char *how,
                                   const struct lf_value *value);
const struct lf_value *wire_clause_text(const struct kit *kit, struct lf_op *op, const char *name,
                                        const char *how, const char *value);
/* A domain that grows: "OR" of all that is added.  {0} is an empty one; its value matches nothing then. */
struct wire_any {
    const struct lf_value **clauses;
    size_t count;
    size_t room;
};
void wire_any_add(const struct kit *kit, struct lf_op *op, struct wire_any *any,
                  const struct lf_value *clause);
const struct lf_value *wire_any_domain(const struct kit *kit, struct lf_op *op, const struct wire_any *any);

/* [["create", [values]]], [["write", [id], values]], [["delete", [id]]] are elements of a one2many. */
const struct lf_value *wire_make(const struct kit *kit, struct lf_op *op, const struct lf_value *values);
const struct lf_value *wire_alter(const struct kit *kit, struct lf_op *op, int64_t id,
                                  const struct lf_value *values);
const struct lf_value *wire_drop(const struct kit *kit, struct lf_op *op, int64_t id);

const struct lf_value *wire_decimal(const struct kit *kit, struct lf_op *op, const char *text);
/* "2027-01-01"; NULL is null. */
const struct lf_value *wire_date(const struct kit *kit, struct lf_op *op, const char *text);
/* NULL unless the value is one. */
const char *wire_decimal_text(const struct kit *kit, const struct lf_value *value);
const char *wire_date_text(const struct kit *kit, struct lf_op *op, const struct lf_value *value);

/* Percent to Tryton's fraction and back, by moving the point: "8.875" and "0.08875".  `text` has WIRE_RATE
 * bytes; false where it is not digits with at most one point. */
bool wire_rate_of_percent(const char *percent, char *text);
bool wire_percent_of_rate(const char *rate, char *text);
/* Equal as numbers: "20" and "20.0". */
bool wire_same_number(const char *a, const char *b);
