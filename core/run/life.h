/* The life: one simulated process of a rehearsed build, from its start to its end or its death.  It is a real
 * process, forked from one in which nothing has run yet: what it loses when it dies, a killed landfall loses,
 * and what it finds when it starts, it finds in the store and in the ledger. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "io/pool.h"
#include "run/simulate.h"

struct decl;
struct err;
struct host;
struct ledger;
struct loop;
struct playbook;
struct pools;
struct price_books;
struct region;
struct registry;

struct life_pool {
    const char *name;
    struct pool_limits limits;
};

/* What every process of a rehearsal finds in memory when it is forked; borrowed. */
struct life_world {
    struct loop *loop; /* virtual, and never run */
    struct pools *pools;
    struct host *host;
    struct registry *registry;
    struct simulate *simulate;
    struct playbook *playbook;
    const struct region *region;
    const struct price_books *prices;
    const struct life_pool *limits;
    size_t limit_count;
    const char *playbook_path, *lineage;
    uint32_t parallel;
    int64_t timeout_read_ms, timeout_change_ms;
    /* How long a person needs for a human step. */
    struct simulate_span (*human)(void *user, const struct decl *d);
    void *user;
};

struct life_ask {
    const struct life_world *world;
    const char *store_path, *run_id;
    bool prices; /* asks what the steps cost */
    /* ledger, odds, sweep, death; the rest is filled in. */
    struct simulate_life how;
};

enum life_end {
    LIFE_ENDED = 1, /* its run came to an end: the ledger says how */
    LIFE_DIED,      /* on purpose */
    LIFE_NO_RUN,    /* it could not run: the ledger says why */
    LIFE_FULL,      /* the ledger is */
    LIFE_BROKE,     /* otherwise: *how is its wait status */
    LIFE_STOPPED,   /* somebody asked for that */
};

/* Waits for it; stop is asked whenever a signal comes. */
MUST_USE enum life_end life_live(const struct life_ask *ask, bool (*stop)(void *user), void *user, int *how);
