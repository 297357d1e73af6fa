/* Residency: which places a category of data may live in.  What a region file does not allow is refused: a
 * category it does not name may live nowhere. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct diags;
struct findings;
struct region;
struct value;

/* One step that holds data, and where it would keep it. */
struct residency_use {
    const char *address;
    const char *const *holds;
    size_t holds_count;
    /* Of a type without a place attribute: the region's.  NULL: not known, an error for a step that holds
     * anything. */
    const char *place;
    const char *where; /* of its declaration, or NULL */
};

/* Checks the shape of the block: category -> list of places.  `map` may be NULL; that it is
 * a map is for the caller to say. */
void residency_check_block(struct findings *f, const struct value *map);
bool residency_allows(const struct region *region, const char *category, const char *place);
/* Errors "residency.unknown_category", "residency.no_place" and "residency.not_allowed", each with the
 * address, what is allowed and what to do. */
void residency_check(const struct region *region, const struct residency_use *uses, size_t count,
                     struct diags *out);
