/* The rig: one driver behind the real loader, registry, host and pools, asked one operation at a time and
 * watched while it works.  Everything an operation said is copied into the arena of the one who asked.  It
 * never judges; it notices what no answer shows: breaches of contract, secrets that got out, changes that the
 * gate refused. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "model/diag.h"
#include "plugin/host.h"
#include "plugin/op.h"

struct contract_type;
struct driver;
struct err;
struct http_tap;
struct loop;
struct rig;
struct value;

struct rig_parts {
    struct loop *loop; /* the caller's, and outlives the rig */
    const char *path;  /* <folder>/<subsystem>-<driver>.so */
    const struct value *settings;
    const char *where; /* of the settings, for messages; or NULL */
    struct host_secrets secrets;
    const char *ca_file;
};

/* "dns" and "powerdns" of .../dns-powerdns.so. */
MUST_USE bool rig_names(struct arena *mem, const char *path, const char **subsystem, const char **driver,
                        struct err *err);
/* Opens the driver; the error is the loader's or the driver's own. */
MUST_USE bool rig_open(const struct rig_parts *parts, struct rig **out, struct err *err);
/* Waits for worker jobs that still run.  NULL is fine. */
void rig_close(struct rig *r);
const struct driver *rig_driver(const struct rig *r);
/* From here on every request by HTTP goes through it; NULL: none. */
void rig_set_tap(struct rig *r, const struct http_tap *tap);

/* What an operation may leave behind where nobody looks; a person reads the words. */
enum rig_flaw_kind {
    RIG_BREACH = 1, /* of the plugin contract */
    RIG_UNSAFE,     /* it tried to change the world while it was to look */
    RIG_LEAK,       /* bytes of a secret in what it said */
};
struct rig_flaw {
    enum rig_flaw_kind kind;
    const char *words;
};

struct rig_ask {
    const struct contract_type *type; /* NULL: preflight */
    const struct op_item *items;
    size_t count;
    bool read_only;
    int64_t timeout_ms; /* 0: the core's */
};

struct rig_answer {
    const struct op_result *results; /* one per item */
    size_t count;
    const struct diag *notes;
    size_t note_count;
    const struct op_result *found;
    size_t found_count;
    const char *saved_id; /* of the last save, or NULL */
    const struct value *saved;
    int64_t took_ms;
};

/* To its end.  Lives in mem. */
struct rig_answer *rig_run(struct rig *r, struct arena *mem, const struct rig_ask *ask);
/* All at once; each ends in its own time. */
void rig_run_all(struct rig *r, struct arena *mem, const struct rig_ask *asks, size_t count,
                 struct rig_answer **answers);
/* Told when the next operation leaves its pool, and before its driver sees it; NULL: nobody. */
void rig_on_leaving(struct rig *r, void (*fn)(void *user), void *user);
/* Waits; the loop goes on. */
void rig_wait(struct rig *r, uint64_t ms);
/* Runs the loop until the worker jobs of operations that ran out of time are back. */
void rig_settle(struct rig *r);

/* All flaws noticed since the last call, in order.  The memory is the rig's. */
const struct rig_flaw *rig_flaws(struct rig *r, size_t *count);
/* So many requests left by HTTP since the rig was opened. */
uint64_t rig_requests(const struct rig *r);
