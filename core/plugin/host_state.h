/* The inside of the host, shared by this folder only. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "landfall/plugin.h"
#include "plugin/host.h"

struct arena;
struct diag;
struct driver;
struct http_header;
struct op;

#define HOST_ARENAS_KEPT 64 /* arenas waiting for the next op: more never helps a loop of this width */

struct host {
    struct host_parts parts;
    struct lf_host table;
    pthread_t thread;
    struct op *current; /* whose plugin callback runs now, or NULL */
    uint64_t live;      /* ops taken from the slab */
    uint64_t lingering; /* of these: ended, but a job or a callback still holds them */
    uint64_t strays;    /* worker jobs of ended ops */
    bool settling;

    struct op *free_first, *free_last; /* tombstones, oldest first */
    size_t free_count;
    struct op *fresh; /* never used */
    struct host_block *blocks;
    struct arena *arenas[HOST_ARENAS_KEPT];
    size_t arena_count;
    _Atomic(struct host_limbo *) limbo;

    ARRAY(const struct driver *) took_word; /* on it a command ran where nothing may change */
};

struct arena *host_arena_take(struct host *h);
void host_arena_give(struct host *h, struct arena *mem);
/* Memory for a plugin that asks for some where none is due: zeroed, lives as long as the host.  Callable from
 * any thread. */
void *host_limbo_alloc(struct host *h, size_t size);
/* A plugin broke its contract and no running op is there to carry the news. */
void host_tell_broke(struct host *h, const struct diag *diag);

/* The tables of the services; constants. */
const struct lf_values *host_values_table(void);
const struct lf_ops *host_ops_table(void);
const struct lf_http *host_http_table(void);
const struct lf_wait *host_wait_table(void);
const struct lf_files *host_files_table(void);
const struct lf_process *host_process_table(void);

/* What every reply looks like to a plugin, whichever service made it. */
struct lf_reply {
    uint32_t sent, status, retry_after_ms;
    const struct http_header *headers;
    size_t header_count;
    const char *body; /* NUL behind */
    size_t body_count;
    uint64_t took_ms;
    int64_t certificate_left_s; /* -1: none */
};
