/* The host: what plugins are handed - values, ops, HTTP, waiting, files, commands - and the state behind it.
 * One per process. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct arena;
struct diag;
struct driver;
struct http;
struct lf_host;
struct loop;
struct pools;
struct secret;
struct err;

/* Gives a secret its bytes ("env:NAME", "file:PATH", sealed ones): wired by the cli.  False: says why. */
struct host_secrets {
    void *user;
    bool (*reveal)(void *user, const struct secret *secret, const char **bytes, size_t *count,
                   struct err *err);
    /* A secret was shown to a plugin: filter its bytes from all output from now on. */
    void (*shown)(void *user, const char *bytes, size_t count);
    /* A text of a plugin's without the secrets that were shown, in mem: what it says goes into the store,
     * where other processes find it that know no secret.  The whole function may be NULL. */
    const char *(*mask)(void *user, struct arena *mem, const char *text, size_t count);
    /* The keyed digest of a secret a plugin made, in mem, or NULL; the whole function may be NULL. */
    const char *(*digest)(void *user, struct arena *mem, const char *bytes, size_t count);
    /* The same sealed with the project's key, as text to be stored; NULL when there is no key.  The whole
     * function may be NULL. */
    const char *(*seal)(void *user, struct arena *mem, const char *bytes, size_t count);
    /* Is there a key to seal with?  False: says why not.  NULL: never. */
    bool (*can_seal)(void *user, struct err *err);
};

/* Told of a plugin that broke its contract after its operation had ended ("plugin dns-x finished twice"). */
struct host_watcher {
    void *user;
    void (*broke)(void *user, const struct diag *diag); /* may be NULL: it is then logged */
};

/* What a command inherits, so that it counts as a part of this process for whoever waits until nothing of it
 * acts any more: the descriptor of the region's lock, or -1 while there is none. */
struct host_heirloom {
    void *user;
    int (*descriptor)(void *user); /* may be NULL: nothing is inherited */
};

struct host;

struct host_parts {
    struct loop *loop;
    struct pools *pools;
    struct http *http; /* may be NULL: sending then ends as LF_SENT_NOT */
    struct host_secrets secrets;
    struct host_watcher watcher;
    struct host_heirloom heirloom;
};

struct host *host_new(struct host_parts parts);
/* All ops must have ended; waits as host_settle does.  Before its loop and its pools. */
void host_free(struct host *h);
/* Runs the loop until the worker jobs that outlived their operations are back. */
void host_settle(struct host *h);
const struct lf_host *host_table(const struct host *h);
struct loop *host_loop(const struct host *h);
struct pools *host_pools(const struct host *h);
/* Has a command run that this driver said only asks, where nothing may change? */
bool host_took_word(const struct host *h, const struct driver *driver);
/* Worker jobs and commands that outlived their operation and still run. */
uint64_t host_stray_jobs(const struct host *h);
/* A text of a plugin's without the secrets that were shown; in mem. */
const char *host_mask(const struct host *h, struct arena *mem, const char *text, size_t count);
/* The bytes of a secret: those it carries, or those host_secrets gives.  Borrowed; arms the output filter. */
MUST_USE bool host_reveal(struct host *h, const struct secret *secret, const char **bytes, size_t *count,
                          struct err *err);
