/* The origins: where every value of a region was written and how it came to be.  A table that value.where
 * indexes, so that a value carries four bytes and not a story.  Filled by value_yaml while files are read and
 * by region/ while one region is derived from another; lives in its arena and only grows. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct value;

enum origin_kind { ORIGIN_WRITTEN = 1, ORIGIN_COPIED = 2, ORIGIN_SHRUNK = 3, ORIGIN_OVERRIDDEN = 4 };

struct origin {
    const char *file;              /* as the user would type it: regions/eu.yaml */
    uint32_t line, column;         /* from 1; columns count characters */
    uint32_t key_line, key_column; /* of the key in front of the value; 0: the value has none */
    uint32_t kind;                 /* enum origin_kind */
    uint32_t from;                 /* the origin this one was copied, shrunk or overridden from; 0: none */
    const char *rule, *why;        /* of a shrink rule: what it matches and its reason; or NULL */
    const struct value *value;     /* what the value was at this step; NULL while it is being read */
};

/* Entry 0 is unused. */
struct origins {
    struct arena *mem;
    struct origin *at;
    size_t count, room;
};

void origins_init(struct origins *o, struct arena *mem);
/* The new entry's index; texts in `one` are borrowed for mem's life. */
uint32_t origins_add(struct origins *o, struct origin one);
/* NULL for 0.  Good until the next origins_add. */
const struct origin *origins_get(const struct origins *o, uint32_t where);
/* Where the text of the value stands: a copy leads back to the file it was copied from. */
uint32_t origins_text_of(const struct origins *o, uint32_t where);
/* Remembers what the value of an entry is, once it is made. */
void origins_set_value(struct origins *o, uint32_t where, const struct value *v);
