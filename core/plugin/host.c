#include "plugin/host.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "io/loop.h"
#include "model/diag.h"
#include "model/value.h"
#include "plugin/host_state.h"
#include "plugin/op_state.h"

/* An arena that grew beyond this served an unusual op; keeping it would pin its memory. */
#define ARENA_KEEP_MAX ((size_t)128 * 1024)

struct host_limbo {
    struct host_limbo *next;
    max_align_t bytes[];
};

/* The thread that makes the host is the engine's: calls from any other are named as breaches. */
struct host *host_new(struct host_parts parts)
{
    struct host *h = calloc(1, sizeof(*h));
    if (!h)
        abort();
    h->parts = parts;
    h->thread = pthread_self();
    h->table = (struct lf_host){
        .struct_size = sizeof(struct lf_host),
        .abi_minor = LF_ABI_MINOR,
        .values = host_values_table(),
        .ops = host_ops_table(),
        .http = host_http_table(),
        .wait = host_wait_table(),
        .files = host_files_table(),
        .process = host_process_table(),
    };
    return h;
}

void host_settle(struct host *h)
{
    h->settling = true;
    /* A stop that was asked for before the loop ran ends the first run at once. */
    for (int tries = 0; h->lingering && tries < 2; tries++)
        loop_run(h->parts.loop);
    h->settling = false;
}

void host_free(struct host *h)
{
    if (!h)
        return;
    assert(h->live == h->lingering);
    host_settle(h);
    /* Somebody stopped the loop under a running job: its memory must outlive the host. */
    if (h->lingering)
        return;
    op_slab_done(h);
    for (size_t i = 0; i < h->arena_count; i++)
        arena_free(h->arenas[i]);
    for (struct host_limbo *l = atomic_load(&h->limbo), *next; l; l = next) {
        next = l->next;
        free(l);
    }
    ARRAY_DONE(&h->took_word);
    free(h);
}

const struct lf_host *host_table(const struct host *h)
{
    return &h->table;
}

struct loop *host_loop(const struct host *h)
{
    return h->parts.loop;
}

struct pools *host_pools(const struct host *h)
{
    return h->parts.pools;
}

bool host_took_word(const struct host *h, const struct driver *driver)
{
    for (size_t i = 0; i < h->took_word.count; i++) {
        if (h->took_word.at[i] == driver)
            return true;
    }
    return false;
}

uint64_t host_stray_jobs(const struct host *h)
{
    return h->strays;
}

/* Whoever sees the bytes, the filter is armed first with them: a plugin may print them in its next note. */
bool host_reveal(struct host *h, const struct secret *secret, const char **bytes, size_t *count,
                 struct err *err)
{
    const struct host_secrets *from = &h->parts.secrets;
    if (secret->bytes) {
        *bytes = secret->bytes;
        *count = secret->count;
    } else if (!from->reveal) {
        return err_set(err, "secret.cannot_reveal", "nothing here can reveal the secret '%s'",
                       secret->source ? secret->source : "");
    } else if (!from->reveal(from->user, secret, bytes, count, err)) {
        return false;
    }
    if (from->shown)
        from->shown(from->user, *bytes, *count);
    return true;
}

const char *host_mask(const struct host *h, struct arena *mem, const char *text, size_t count)
{
    const struct host_secrets *from = &h->parts.secrets;
    return from->mask ? from->mask(from->user, mem, text, count) : arena_text_n(mem, text, count);
}

/* ---- memory ------------------------------------------------------------------------------------ */

/* Arenas go round: most operations fit into the first chunk, and then cost no malloc at all. */
struct arena *host_arena_take(struct host *h)
{
    return h->arena_count ? h->arenas[--h->arena_count] : arena_new();
}

void host_arena_give(struct host *h, struct arena *mem)
{
    arena_reset(mem);
    if (h->arena_count == HOST_ARENAS_KEPT || arena_used(mem) > ARENA_KEEP_MAX)
        arena_free(mem);
    else
        h->arenas[h->arena_count++] = mem;
}

/* A list that only grows needs no lock: each thread pushes with one compare-and-swap. */
void *host_limbo_alloc(struct host *h, size_t size)
{
    struct host_limbo *l = calloc(1, sizeof(*l) + size);
    if (!l)
        abort();
    l->next = atomic_load(&h->limbo);
    while (!atomic_compare_exchange_weak(&h->limbo, &l->next, l)) {
    }
    return l->bytes;
}

/* Without a watcher the log has it; a breach is never a reason to stop. */
void host_tell_broke(struct host *h, const struct diag *diag)
{
    log_debug("%s: %s", diag->code, diag->summary);
    if (h->parts.watcher.broke)
        h->parts.watcher.broke(h->parts.watcher.user, diag);
}
