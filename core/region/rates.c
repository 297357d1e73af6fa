#include "region/rates.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/tick.h"
#include "model/value.h"
#include "region/findings.h"
#include "region/keys.h"

/* The keys that are no currency. */
static const struct keys_rule head_rules[] = {
    {"dated", KEYS_TEXT, true}, {"source", KEYS_TEXT, true}, {"valid_until", KEYS_TEXT, false}};
static const struct keys head_keys = {"region", "'rates'", head_rules, COUNT_OF(head_rules)};

static bool is_head(const char *key)
{
    for (size_t i = 0; i < COUNT_OF(head_rules); i++)
        if (strcmp(head_rules[i].name, key) == 0)
            return true;
    return false;
}

static void check_date(struct findings *f, const struct value *date)
{
    int64_t wall_ms;
    if (value_kind(date) == VALUE_TEXT && date->count > 0 && !tick_parse(date->text, &wall_ms))
        findings_error(f, "region.date", date, "write a date such as 2026-11-01", "'%s' is not a date",
                       date->text);
}

/* Three capitals mean a currency that is not known; anything else was meant for one of the other keys. */
static void not_a_currency(struct findings *f, const struct pair *pair)
{
    static const char *const head[] = {"dated", "source", "valid_until"};
    const char *near = str_nearest(pair->key, head, COUNT_OF(head));
    findings_error_key(f, "region.rates_currency", pair->value,
                       near ? arena_print(f->mem, "did you mean '%s'?", near)
                            : "write an ISO 4217 code, such as USD",
                       "'%s' is not a currency", pair->key);
}

static bool parse_rate(struct findings *f, const struct pair *pair, struct rates_one *out)
{
    const struct value *v = pair->value;
    struct err err;
    if (value_kind(v) == VALUE_REAL) {
        findings_error(f, "region.money_float", v,
                       "quote it, such as \"0.9215\": an unquoted number with a point may be rounded",
                       "the rate of '%s' is money and may not be a float", pair->key);
        return false;
    }
    if (!keys_check_kind(f, "region", pair->key, KEYS_INT | KEYS_TEXT, v))
        return false;
    *out = (struct rates_one){.currency = pair->key};
    out->text = v->kind == VALUE_INT ? arena_print(f->mem, "%lld", (long long)v->number) : v->text;
    if (money_rate_parse(out->text, &out->rate, &err))
        return true;
    findings_add_err(f, v, &err);
    return false;
}

/* False where the entry is no rate, whether or not that is wrong. */
static bool parse_entry(struct findings *f, const struct pair *pair, const char *currency,
                        struct rates_one *out)
{
    if (is_head(pair->key))
        return false;
    if (money_digits(pair->key) < 0) {
        not_a_currency(f, pair);
        return false;
    }
    if (str_equal(pair->key, currency)) {
        findings_error_key(f, "region.rates_own", pair->value, "remove it",
                           "'%s' is the region's own currency", currency);
        return false;
    }
    return parse_rate(f, pair, out);
}

static int by_currency(const void *a, const void *b)
{
    return strcmp(((const struct rates_one *)a)->currency, ((const struct rates_one *)b)->currency);
}

const struct rates *rates_parse(struct findings *f, const struct value *block, const char *currency)
{
    if (value_kind(block) != VALUE_MAP)
        return NULL;
    struct rates *rates = ARENA_NEW(f->mem, struct rates);
    struct rates_one *at = ARENA_ARRAY(f->mem, struct rates_one, block->count + 1);
    struct pair head[COUNT_OF(head_rules)];
    size_t head_count = 0;
    for (size_t i = 0; i < block->count; i++) {
        if (is_head(block->pairs[i].key))
            head[head_count++] = block->pairs[i];
        rates->count += parse_entry(f, &block->pairs[i], currency, &at[rates->count]);
    }
    (void)keys_check(f, &head_keys,
                     value_at_origin(f->mem, value_map(f->mem, head, head_count), block->where));
    check_date(f, value_get(block, "dated"));
    check_date(f, value_get(block, "valid_until"));
    if (rates->count > 1)
        qsort(at, rates->count, sizeof(*at), by_currency);
    rates->at = at;
    rates->dated = value_get_text(block, "dated", NULL);
    rates->source = value_get_text(block, "source", NULL);
    rates->valid_until = value_get_text(block, "valid_until", NULL);
    rates->where = block->where;
    return rates;
}

const struct rates_one *rates_find(const struct rates *rates, const char *currency)
{
    struct rates_one wanted = {.currency = currency};
    if (!rates || rates->count == 0)
        return NULL;
    return bsearch(&wanted, rates->at, rates->count, sizeof(wanted), by_currency);
}
