/* The reads: questions of one kind to drivers about many objects, which change nothing.  Asked many at a time
 * where a driver can, in batches of one driver, type and lane, and once more where one was throttled: nothing
 * happened then, and a question has nothing to lose. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct contract_type;
struct diag;
struct driver;
struct loop;
struct op_item;
struct op_result;

/* One object to ask about.  It belongs to whoever asks, and is sorted in place. */
struct reads_one {
    const struct driver *driver;
    const struct contract_type *type;
    const char *lane; /* set by reads_add; "" where it has none */
    uint32_t i;       /* whoever asks knows it by */
};

struct reads {
    struct arena *mem; /* for lanes and notes */
    struct loop *loop;
    uint32_t parallel; /* operations in flight, at least 1 */
    bool writable;     /* see lf_request.read_only */
    void *user;
    /* What is asked; its texts and values are borrowed until `told`. */
    struct op_item (*item)(void *user, uint32_t i, uint32_t attempt);
    /* Can a driver be asked about many at once? */
    bool (*many)(const struct contract_type *type);
    /* Once for each; the result is valid during the call.  note: the driver's last one of that batch; its
     * summary is NULL where it said nothing. */
    void (*told)(void *user, uint32_t i, const struct op_result *result, const struct diag *note);
};

/* Finds the lane.  at: with driver, type and i. */
void reads_add(const struct reads *r, struct reads_one *at);
/* Runs the loop until every answer is in. */
void reads_run(const struct reads *r, struct reads_one *at, size_t count);
