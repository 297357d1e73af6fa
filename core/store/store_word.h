/* The word: the newest audit entry about a subject, such as where the data of a step is, found without a walk
 * along the chain.  A summary of the chain and never a proof: it says where to look, and what is found there
 * is judged by the entry's own hash.  Which kinds of entries have a subject is told here, once for the writer
 * that keeps the table, for the upgrade that fills it and for the reader of a store that has none.  Private
 * to store. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "store/store_db.h"

struct err;
struct map;
struct store_audit;
struct store_tables;

struct store_word {
    const char *subject; /* the address of a step, or the kind of the entry */
    int64_t generation;  /* of that step; else 0 */
    int64_t seq;         /* of the entry */
};

/* What the entry is the newest word on; false: on nothing.  *ends: from now on there is nothing to say of
 * that generation.  Texts in mem, or the entry's. */
bool store_word_of(struct arena *mem, const struct store_audit *entry, struct store_word *out, bool *ends);
/* Keeps the table up with an entry that was just put. */
MUST_USE bool store_word_note(struct store_tables *t, const struct store_audit *entry, struct err *err);
/* All of them, by the chain: subject -> struct store_word, in mem. */
MUST_USE bool store_word_collect(struct store_db *db, struct arena *mem, struct map *words, struct err *err);
