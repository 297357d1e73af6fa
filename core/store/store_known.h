/* What the writer knows of rows without asking: where the res rows and the unfinished op rows lie and what
 * their checksums are, so that neither needs an index on disk, nor a look at the old row to change it.
 * Belongs to one writer; used by its thread.  Private to store. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store_known;

struct store_known_res {
    struct store_known_res *next; /* other generations of the address */
    int64_t generation, id;
    uint64_t sum;
};

struct store_known_op {
    struct store_known_op *next; /* free ones */
    char *op_id;
    size_t room; /* of op_id */
    int64_t id;
    uint64_t sum;
    uint64_t rest; /* the part of the sum that a move leaves as it is */
};

struct store_known *store_known_new(void);
void store_known_free(struct store_known *k);

struct store_known_res *store_known_find_res(struct store_known *k, const char *address, int64_t generation);
/* All generations of an address; NULL: none. */
struct store_known_res *store_known_res_of(struct store_known *k, const char *address);
struct store_known_res *store_known_add_res(struct store_known *k, const char *address, int64_t generation,
                                            int64_t id);
void store_known_remove_res(struct store_known *k, const char *address, int64_t generation);
/* All generations; `to` has none yet. */
void store_known_rename_res(struct store_known *k, const char *from, const char *to);

struct store_known_op *store_known_find_op(struct store_known *k, const char *op_id);
/* Ids grow from one call to the next. */
struct store_known_op *store_known_add_op(struct store_known *k, const char *op_id, int64_t id);
void store_known_remove_op(struct store_known *k, const char *op_id);
/* The smallest id of an unfinished op; `next` when there is none. */
int64_t store_known_first_op(struct store_known *k, int64_t next);
