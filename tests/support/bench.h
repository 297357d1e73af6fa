/* The driver bench: one driver behind the real loader, registry, host, pools and loop, for tests.  Runs one
 * verb at a time to its end and hands back what the core would have seen, copied into the bench's own memory.
 * What cannot work (no such plugin, bad settings) fails the test that asked for it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/diag.h"
#include "plugin/op.h"
#include "plugin/registry.h"

struct arena;
struct bench;
struct err;
struct loop;
struct value;

/* path: of a <subsystem>-<driver>.so; settings: JSON, or NULL.  {"$secret":{"source":"test:BYTES"}} is a
 * secret of these bytes. */
struct bench *bench_open(const char *path, const char *settings);
/* The same for what must be refused: false and err when open() or anything before it refuses. */
MUST_USE bool bench_try(const char *path, const char *settings, struct bench **out, struct err *err);
/* As bench_open; what the certificates of `ca_file` (PEM) signed is trusted. */
struct bench *bench_open_trusting(const char *path, const char *settings, const char *ca_file);
void bench_close(struct bench *b);

/* A value from JSON with ' for ". */
const struct value *bench_value(struct bench *b, const char *json);

/* Runs the item's verb on a type; attempt, token and marker have defaults.  NULL `type`: preflight, types. */
const struct op_result *bench_run(struct bench *b, const char *type, struct op_item item);
/* Through the fitting *_many; results in the order of the items. */
const struct op_result *bench_run_many(struct bench *b, const char *type, const struct op_item *items,
                                       size_t count);
/* Runs a call (LF_VERB_CALL) or its recover (LF_VERB_RECOVER). */
const struct op_result *bench_call(struct bench *b, const char *call, struct op_item item);
/* From here on each run is read-only, whatever its verb. */
void bench_read_only(struct bench *b, bool on);
/* For the runs that follow; 0: the defaults of the verbs. */
void bench_timeout(struct bench *b, int64_t ms);

/* What the last run said besides: in order. */
const struct diag *bench_notes(const struct bench *b, size_t *count);
bool bench_has_note(const struct bench *b, const char *code);
struct bench_save {
    size_t i;
    const char *id;
    const struct value *progress;
};
const struct bench_save *bench_saves(const struct bench *b, size_t *count);
const struct op_result *bench_found(const struct bench *b, size_t *count);
/* Breaches of contract told after an operation had ended, since the bench was opened. */
const struct diag *bench_breaches(const struct bench *b, size_t *count);
const struct driver *bench_driver(const struct bench *b);
struct registry *bench_registry(struct bench *b);
struct arena *bench_arena(struct bench *b);
struct loop *bench_loop(struct bench *b);
