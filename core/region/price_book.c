#include "region/price_book.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "base/tick.h"
#include "model/diag.h"
#include "model/money.h"
#include "model/origins.h"
#include "model/value.h"
#include "region/findings.h"
#include "region/keys.h"
#include "region/rates.h"

static const struct keys_rule top_rules[] = {
    {"currency", KEYS_TEXT, true},     {"source", KEYS_TEXT, true}, {"dated", KEYS_TEXT, true},
    {"valid_until", KEYS_TEXT, false}, {"items", KEYS_MAP, true},
};
static const struct keys top_keys = {"price_book", "a price book", top_rules, COUNT_OF(top_rules)};

static const struct keys_rule item_rules[] = {
    {"unit", KEYS_TEXT, true},
    {"per", KEYS_TEXT, true},
    {"price", KEYS_DECIMAL, true},
};
static const struct keys item_keys = {"price_book", "an item", item_rules, COUNT_OF(item_rules)};

static const char *const pers[] = {"once", "hour", "month"}; /* enum price_book_per from 1 */

struct load {
    struct findings f;
    ARRAY(struct price_book_item) items;
    ARRAY(struct price_book_file) files;
};

static void check_date(struct findings *f, const struct value *date)
{
    int64_t wall_ms;
    if (value_kind(date) == VALUE_TEXT && date->count > 0 && !tick_parse(date->text, &wall_ms))
        findings_error(f, "price_book.date", date, "write a date such as 2026-11-01", "'%s' is not a date",
                       date->text);
}

static bool parse_per(struct findings *f, const struct value *per, enum price_book_per *out)
{
    for (size_t i = 0; i < COUNT_OF(pers); i++) {
        if (strcmp(pers[i], per->text) == 0) {
            *out = (enum price_book_per)(i + 1);
            return true;
        }
    }
    findings_error(f, "price_book.per", per, keys_advice(f, per->text, pers, COUNT_OF(pers)),
                   "'%s' is not a period", per->text);
    return false;
}

/* Integers are whole units of the currency, text is decimal.  A price below zero would lower the sum of a
 * plan and is no price. */
static bool parse_price(struct findings *f, const struct value *price, int64_t *out)
{
    struct err err;
    int64_t amount = 0;
    bool fits = true;
    if (price->kind == VALUE_REAL) {
        findings_error(f, "price_book.money_float", price,
                       "quote it, such as \"0.0730\": an unquoted number with a point may be rounded",
                       "'price' is money and may not be a float");
        return false;
    }
    if (price->kind == VALUE_TEXT && !money_parse(price->text, &amount, &err)) {
        findings_add_err(f, price, &err);
        return false;
    }
    if (price->kind == VALUE_INT)
        fits = !__builtin_mul_overflow(price->number, (int64_t)MONEY_UNIT, &amount);
    if (!fits || amount < 0) {
        findings_error(f, "price_book.price", price, "write what one unit costs, 0 or more",
                       "'price' cannot be a price");
        return false;
    }
    *out = amount;
    return true;
}

static void load_item(struct load *l, const struct pair *pair, const char *currency)
{
    struct price_book_item item = {
        .sku = pair->key, .currency = currency, .file = (uint32_t)l->files.count - 1};
    if (!keys_check(&l->f, &item_keys, pair->value))
        return;
    item.unit = value_get_text(pair->value, "unit", NULL);
    if (parse_per(&l->f, value_get(pair->value, "per"), &item.per) &&
        parse_price(&l->f, value_get(pair->value, "price"), &item.price))
        ARRAY_PUSH(&l->items, item);
}

/* An item knows its file, so that a plan can say where a number comes from. */
static void load_file(struct load *l, const struct price_book_at *at)
{
    const struct value *root;
    if (!findings_read(&l->f, at->folder, at->name, &root) || !keys_check(&l->f, &top_keys, root))
        return;
    const struct value *currency = value_get(root, "currency");
    const struct value *items = value_get(root, "items");
    const struct findings_source *read = &l->f.sources.at[l->f.sources.count - 1];
    struct price_book_file file = {
        .path = read->name,
        .digest = read->digest,
        .currency = currency->text,
        .source = value_get_text(root, "source", NULL),
        .dated = value_get_text(root, "dated", NULL),
        .valid_until = value_get_text(root, "valid_until", NULL),
        .ours = at->ours,
    };
    if (money_digits(currency->text) < 0)
        findings_error(&l->f, "price_book.currency", currency, "write an ISO 4217 code, such as EUR",
                       "'%s' is not a currency", currency->text);
    check_date(&l->f, value_get(root, "dated"));
    check_date(&l->f, value_get(root, "valid_until"));
    ARRAY_PUSH(&l->files, file);
    for (size_t i = 0; i < items->count; i++)
        load_item(l, &items->pairs[i], file.currency);
}

static int compare(const char *sku, const char *currency, const struct price_book_item *item)
{
    int order = strcmp(sku, item->sku);
    return order != 0 ? order : strcmp(currency, item->currency);
}

/* An item with the place where it was read: qsort keeps no order of its own. */
struct placed {
    struct price_book_item item;
    size_t order;
};

static int by_sku(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    int order = compare(x->item.sku, x->item.currency, &y->item);
    return order != 0 ? order : x->order < y->order ? -1 : 1;
}

/* Sorted once, so that finding a price stays cheap with 100 000 steps; of equal ones the last read stays. */
static struct price_books *build(struct load *l)
{
    struct arena *mem = l->f.mem;
    size_t count = l->items.count;
    struct placed *placed = ARENA_ARRAY(mem, struct placed, count);
    struct price_book_item *items = ARENA_ARRAY(mem, struct price_book_item, count);
    struct price_books *books = ARENA_NEW(mem, struct price_books);
    for (size_t i = 0; i < count; i++)
        placed[i] = (struct placed){l->items.at[i], i};
    if (count > 1)
        qsort(placed, count, sizeof(*placed), by_sku);
    for (size_t i = 0; i < count; i++) {
        const struct price_book_item *one = &placed[i].item;
        bool same = books->count > 0 && compare(one->sku, one->currency, &items[books->count - 1]) == 0;
        books->count += same ? 0 : 1;
        items[books->count - 1] = *one;
    }
    books->items = items;
    books->file_count = l->files.count;
    books->files = ARRAY_KEEP(&l->files, mem);
    return books;
}

bool price_book_load(struct arena *mem, const struct price_book_at *at, size_t count,
                     struct price_books **out, struct diags *diags, struct err *err)
{
    struct load l = {0};
    struct origins origins;
    origins_init(&origins, mem);
    findings_init(&l.f, mem, &origins);
    for (size_t i = 0; i < count; i++)
        load_file(&l, &at[i]);
    bool ok = findings_report(&l.f, diags, err);
    if (ok)
        *out = build(&l);
    findings_done(&l.f);
    ARRAY_DONE(&l.items);
    ARRAY_DONE(&l.files);
    return ok;
}

/* The first item of the SKU, in whatever currency; books->count when there is none. */
static size_t first_of(const struct price_books *books, const char *sku)
{
    size_t low = 0, high = books->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(books->items[middle].sku, sku) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < books->count && strcmp(books->items[low].sku, sku) == 0 ? low : books->count;
}

static bool counts_before(const struct price_books *books, const struct price_book_item *a, bool a_converts,
                          const struct price_book_item *b, bool b_converts)
{
    bool a_ours = books->files[a->file].ours, b_ours = books->files[b->file].ours;
    if (a_ours != b_ours)
        return a_ours;
    return a_converts != b_converts ? b_converts : a->file > b->file;
}

const struct price_book_item *price_book_find(const struct price_books *books, const char *sku,
                                              const char *currency, const struct rates *rates,
                                              const struct rates_one **rate)
{
    const struct price_book_item *best = NULL;
    *rate = NULL;
    for (size_t i = first_of(books, sku); i < books->count; i++) {
        const struct price_book_item *one = &books->items[i];
        const struct rates_one *converts = NULL;
        if (strcmp(one->sku, sku) != 0)
            break;
        if (strcmp(one->currency, currency) != 0) {
            converts = rates_find(rates, one->currency);
            if (!converts)
                continue;
        }
        if (best && !counts_before(books, one, converts, best, *rate))
            continue;
        best = one;
        *rate = converts;
    }
    return best;
}

const char *price_book_other(const struct price_books *books, const char *sku)
{
    size_t i = first_of(books, sku);
    return i < books->count ? books->items[i].currency : NULL;
}

bool price_book_cost(const struct price_book_item *item, int64_t quantity_milli, const struct rates_one *rate,
                     int64_t *millionths)
{
    if (item->per == PRICE_BOOK_HOUR &&
        __builtin_mul_overflow(quantity_milli, (int64_t)PRICE_BOOK_HOURS, &quantity_milli))
        return false;
    if (rate)
        return money_convert(item->price, quantity_milli, rate->rate, millionths);
    return money_times(item->price, quantity_milli, millionths);
}
