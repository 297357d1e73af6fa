/* The book: what a store's audit chain says of where data is - for each step the newest word, and every word
 * in order.  Made of the chain alone, up to an entry, so that whoever has the chain can make it again and see
 * whether a file of evidence says the same. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct arena;
struct err;
struct store_audit;
struct store_snapshot;
struct value;

/* One step, as the chain knows it last. */
struct residence_line {
    const char *address;
    const struct value *entry; /* see residence.h */
    const struct store_audit *audit;
    const char *verdict; /* "fine", "elsewhere", ... */
    bool wrong;
};

struct residence_book {
    const char *region, *lineage;
    int64_t entries;                    /* of the chain, counted up to here */
    const char *head;                   /* hash of the last of them; NULL: there is none */
    int64_t last_ms;                    /* when that was; 0 */
    const struct residence_line *lines; /* what stands, by address */
    size_t count;
    size_t seen, declared, untold, wrong, unruled, gone;
    const struct store_audit *const *trail; /* every word about residency, oldest first */
    const struct value *const *trail_entries;
    size_t trail_count;
};

/* `upto`: the last entry that counts, or 0: all.  An entry that is not what landfall writes is
 * residency.entry. */
MUST_USE bool residence_book_make(struct arena *mem, const char *region, const char *lineage,
                                  const struct store_audit *chain, size_t count, int64_t upto,
                                  struct residence_book *out, struct err *err);
const struct residence_line *residence_book_find(const struct residence_book *b, const char *address);
/* Addresses of what stands in the store and holds data, and of which the chain knows nothing; in mem. */
const char *const *residence_book_missing(struct arena *mem, const struct residence_book *b,
                                          const struct store_snapshot *truth, size_t *count);
/* Everything as one map: what a file of evidence holds, but for its format and when it was made. */
const struct value *residence_book_value(struct arena *mem, const struct residence_book *b);
/* Is `file` (a parsed file of evidence) what `b` says?  Puts out when the file says it was made, which is its
 * own claim: the chain only knows that it was not before the newest entry, and the clock that it was not
 * after now.  Errors "residency.future" and "residency.tampered", which names the first place that is not
 * the same. */
MUST_USE bool residence_book_check(struct arena *mem, const struct residence_book *b,
                                   const struct value *file, int64_t now_ms, int64_t *made_ms,
                                   struct err *err);
