/* The plan file: canonical bytes, read once.  JSON: { "format": "landfall.plan/1", "digest": ..., "envelope":
 * {...}, "body": {...} }.  The body is digested: declarations, decisions, promises, row versions and observed
 * digests that were read, a digest of every file read, driver names with versions and contracts.  The
 * envelope is checked, not digested: lineage, serial, times, paths, .so digests. To apply a file, the plan is
 * made again and its digest compared: stale means that something in the body changed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/outfile.h"

struct arena;
struct err;
struct plan;
struct value;
struct tick;

struct plan_file {
    const char *region, *digest, *lineage;
    const char *made;  /* RFC 3339 */
    const char *by;    /* who planned */
    const char *bytes; /* as they stand in the file */
    size_t count;
    const struct value *body;
    const struct value *envelope; /* options it was made with too: targets, replaces, refresh_only, destroy */
};

/* What a plan may be written over: a plan. */
extern const struct outfile_kind plan_file_kind;

/* by: who plans; approvals repeat it, because the envelope is not digested. */
MUST_USE bool plan_file_save(const struct plan *p, const struct value *options, const struct tick *tick,
                             const char *by, const char *path, struct err *err);
/* Checks format, digest and shape: plan_file.damaged, plan_file.newer. */
MUST_USE bool plan_file_load(struct arena *mem, const char *path, struct plan_file *out, struct err *err);
/* Has the form of one: 32 hex digits. */
bool plan_file_is_lineage(const char *text);
/* What differs between the file's body and a fresh plan, for "stale": up to `max` lines in mem
 * ("dns.record.api: was create, is update").
 */
const char *plan_file_explain_stale(struct arena *mem, const struct plan_file *file, const struct plan *now,
                                    unsigned max);
