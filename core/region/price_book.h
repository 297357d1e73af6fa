/* The price book: what one unit of something costs, as the operator read it off a provider's page or a
 * contract.  The driver says what and how much, the book says what it costs; no price is ever guessed.
 *
 *     currency: EUR
 *     source: https://provider.example/pricing
 *     dated: 2026-11-01
 *     valid_until: 2027-01-31            # optional
 *     items:
 *       database.medium: { unit: node, per: hour, price: "0.0730" }
 *
 * Lives in the arena it was loaded into. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"

struct diags;
struct err;
struct rates;
struct rates_one;

/* Hours of a month: 8760 / 12, what the large providers bill by. */
#define PRICE_BOOK_HOURS 730

/* LF_PER_* of the plugin contract, number for number. */
enum price_book_per { PRICE_BOOK_ONCE = 1, PRICE_BOOK_HOUR = 2, PRICE_BOOK_MONTH = 3 };

struct price_book_item {
    const char *sku, *unit, *currency;
    enum price_book_per per;
    int64_t price; /* millionths of the currency's unit, for one `unit` */
    uint32_t file; /* index into price_books.files */
};

struct price_book_file {
    const char *path, *digest; /* hex */
    const char *currency, *source, *dated;
    const char *valid_until; /* a date, or NULL */
    bool ours; /* the project's own, with what was negotiated; not a list that came with a driver */
};

struct price_books {
    const struct price_book_item *items; /* sorted by SKU, then currency; one of each */
    size_t count;
    const struct price_book_file *files; /* in the order they were read */
    size_t file_count;
};

/* A book to read: the file `name` below `folder`.  Messages and plans know it by its name. */
struct price_book_at {
    const char *folder, *name;
    bool ours;
};

/* A later book wins where two price the same SKU in the same currency.  None: an empty book.  Everything
 * wrong goes to `diags`; false when there is an error, and err holds the first. */
MUST_USE bool price_book_load(struct arena *mem, const struct price_book_at *at, size_t count,
                              struct price_books **out, struct diags *diags, struct err *err);
/* The price that counts in a region with that currency and those rates (NULL: none): the project's own books
 * before the lists of drivers; among those a price in the region's currency before one that has to be
 * converted; then the one read last.  *rate: how to convert it, or NULL.  NULL: there is none. */
const struct price_book_item *price_book_find(const struct price_books *books, const char *sku,
                                              const char *currency, const struct rates *rates,
                                              const struct rates_one **rate);
/* A currency in which there is a price at all, or NULL: what a rate would help with. */
const char *price_book_other(const struct price_books *books, const char *sku);
/* What a quantity (thousandths of the unit) costs: for a month, or once where the item is bought once;
 * converted where `rate` is not NULL.  False on overflow. */
MUST_USE bool price_book_cost(const struct price_book_item *item, int64_t quantity_milli,
                              const struct rates_one *rate, int64_t *millionths);
