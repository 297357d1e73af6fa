/* What a store says of itself: the one row of table meta, and how a new file comes to be.  Private to store.
 */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/digest.h"
#include "store/store_cursor.h"

struct err;

struct store_meta {
    int64_t schema;
    const char *lineage;    /* 32 hex characters */
    const char *region;     /* markers depend on it: another region's file is refused */
    const char *digest_key; /* 64 hex characters */
    int64_t epoch;
    int64_t serial;   /* of the newest commit that changed a res row */
    int64_t op_first; /* no op row with a smaller id is unfinished */
    struct store_tally res;
    struct store_tally op; /* unfinished ones only */
    struct store_tally call;
    struct store_tally run;
    /* From schema 2 on: */
    const char *audit_head; /* hash of the newest audit entry, or what stands for the lineage before it */
    int64_t audit_count;
    struct store_tally notice; /* those that are due only */
    struct store_tally approval;
    /* From schema 3 on: */
    struct store_tally word;
    int64_t run_newest; /* checksum of the newest run's row; 0: there is none */
    /* No event, no op row of the newest run lies before these; 0: it is not known where they begin. */
    int64_t run_event, run_op;
};

/* Makes a whole new store at `path`, durable with its name, in a folder that exists.  The caller holds the
 * lock.  A crash leaves no file of that name, or the whole one. */
MUST_USE bool store_meta_create(const char *path, const char *region, const char *lineage, struct err *err);

/* Brings a store of an older schema up to ours, and *meta with it, inside the transaction that the caller
 * began: a crash leaves the old store or the new one. */
MUST_USE bool store_meta_upgrade(struct store_db *db, struct arena *mem, struct store_meta *meta,
                                 struct err *err);

/* Is it ours, of a schema we know, and undamaged?  store.not_a_store, store.newer, store.corrupt. */
MUST_USE bool store_meta_load(struct store_db *db, struct arena *mem, struct store_meta *out,
                              struct err *err);
/* The digest key of a loaded one, as bytes. */
void store_meta_key(const struct store_meta *meta, uint8_t out[DIGEST_KEY]);
