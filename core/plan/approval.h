/* The approval: a named person's yes to one plan digest, with a ceiling and an expiry.  One canonical JSON
 * text a line, in a file beside the plan (eu.plan.approvals), so that it can be read, mailed and put into
 * git.
 *
 *     { "format": "landfall.approval/1", "digest", "region", "lineage", "by", "why", "classes": ["local",
 * ...], "currency", "ceiling_monthly", "ceiling_one_off", "unpriced", "given", "expires", "nonce",
 *       "planned_by", "after", "signature" }
 *
 * after: digests of the lines its giver saw above it; without them it does not count.  signature: of the line
 * without it, by ssh-keygen -Y sign.  Without a signature an approval says who gave it as a letter does:
 * whoever can write the file can write the name.  Lives in the arena it was read into. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "plan/spend.h"

struct approvals;
struct arena;
struct err;
struct plan;
struct plan_file;
struct store_approval;
struct value;

#define APPROVAL_SUFFIX ".approvals"

struct approval {
    const char *line;        /* as it stands in the file, without its end */
    const char *signed_text; /* the same without the signature: what was signed */
    size_t number;           /* of the line, from 1 */
    const char *digest, *region, *lineage;
    const char *by, *why, *planned_by;
    uint32_t classes; /* APPROVALS_BIT of what it says yes to */
    const char *currency;
    int64_t ceiling_month, ceiling_once;
    uint32_t unpriced; /* steps that were in no sum when it was given */
    int64_t given_ms, expires_ms;
    const char *nonce;         /* 32 hex characters */
    const struct value *after; /* list of texts, or NULL */
    const char *signature;     /* armored, or NULL */
};

/* ---- lines --------------------------------------------------------------------------------- */

/* The line of a new one; every field but line, signed_text and number is read. */
const char *approval_print(struct arena *mem, const struct approval *a);
/* A missing file holds none.  Errors: "approval.damaged" (names the line), "approval.newer". */
MUST_USE bool approval_load(struct arena *mem, const char *path, const struct approval **out, size_t *count,
                            struct err *err);
/* One line, as the store keeps those that were spent. */
MUST_USE bool approval_parse(struct arena *mem, const char *line, struct approval *out, struct err *err);
/* Puts a line at the end, atomically. */
MUST_USE bool approval_add(const char *path, const char *line, struct err *err);
/* What `after` of the next line names: each line above it that is for this plan. */
const struct value *approval_seen(struct arena *mem, const struct approval *at, size_t count,
                                  const char *digest);

/* ---- what a plan asks for ------------------------------------------------------------------ */

/* What an approver looks at, from the digested body of a plan file alone: no service is asked. */
struct approval_subject {
    const char *region, *digest, *lineage, *currency, *planned_by;
    bool is_first;    /* follows no run: its lineage may be one that was made up for it */
    uint32_t classes; /* of its changes; 0: nothing is changed */
    struct spend spend;
    const char *const *shared, *const *irreversible; /* "update dns.record.delegation" */
    size_t shared_count, irreversible_count;
    uint32_t by_action[16];
};
MUST_USE bool approval_subject_of(struct arena *mem, const struct plan_file *file,
                                  struct approval_subject *out, struct err *err);

/* The classes of a plan that is not in a file. */
uint32_t approval_classes_of(const struct plan *plan);

/* ---- what changed since -------------------------------------------------------------------- */

/* What is not as it was said yes to: an attribute ("storage_gb", "env.SIZE") or what else a step says of
 * itself
 * ("driver", "shared").  before, now: NULL where there is none. */
struct approval_change {
    const char *what;
    const struct value *before, *now;
    bool hidden; /* a secret, or a digest: no one reads its values */
};

struct approval_step {
    char sign; /* '+', '-', '~' */
    const char *action, *address;
    const char *was; /* what it was to do, where that is another thing; else NULL */
    const struct approval_change *changes;
    size_t change_count;
};

/* Steps that do something: what there is to look at when most of a plan was said yes to before. */
struct approval_delta {
    uint32_t more, fewer, other;       /* other: the same step, doing something else, or with other values */
    const struct approval_step *steps; /* in the order of their addresses, at most `max` */
    size_t step_count, left_out;
};
/* Against a plan file that was approved. */
void approval_delta_of(struct arena *mem, const struct value *before, const struct value *now, unsigned max,
                       struct approval_delta *out);
/* Against what a run was started to do (store_run.plan): what is done of it since is no difference. */
void approval_delta_since(struct arena *mem, const char *outline, const struct value *now, unsigned max,
                          struct approval_delta *out);

/* ---- judging ------------------------------------------------------------------------------- */

/* *key: what tells the signer's key from every other one, so that one key is one person whatever names it
 * signs for. */
typedef bool approval_verify_fn(void *user, const struct approval *a, const char **key, struct err *err);

struct approval_terms {
    const struct approvals *config;
    const struct approval_subject *subject;
    const struct store_approval *spent; /* those of the store */
    size_t spent_count;
    int64_t now_ms;
    approval_verify_fn *verify; /* of a signed one */
    void *user;
};

/* Those that count, each with the classes that its giver may approve, and what they allow together. */
struct approval_set {
    const struct approval *const *at;
    size_t count;
    struct spend_limit limit;
    /* How many count for each class, and why some do not: lines of text, or NULL. */
    uint32_t given[3];
    const char *why_not;
    /* Those of why_not that were given before the plan was made anew, with another lineage. */
    const struct approval *const *superseded;
    size_t superseded_count;
};

/* Refuses what must not stand in such a file: a line that was tampered with, a signature that does not hold,
 * an approval that was spent, that is of another region, store, currency or planner.  Lines for other plans
 * are left alone.  What is merely of no use - expired, the same person twice, a person who may not - is in
 * set->why_not; and so is one for a first plan of another lineage, because every making of it until there is
 * a store makes one up. */
MUST_USE bool approval_judge(struct arena *mem, const struct approval_terms *terms, const struct approval *at,
                             size_t count, struct approval_set *out, struct err *err);
/* What is still needed for a class; 0: enough. */
uint32_t approval_missing(const struct approval_terms *terms, const struct approval_set *set, unsigned class);
/* Is the plan approved as the project asks, and inside the ceilings?  Errors: "approval.missing",
 * "approval.ceiling". */
MUST_USE bool approval_covers(struct arena *mem, const struct approval_terms *terms,
                              const struct approval_set *set, struct err *err);
/* May `by` approve anything of the subject, and what: APPROVALS_BIT.  0: err says why not
 * ("approval.not_named", "approval.own_plan"). */
uint32_t approval_may(const struct approval_terms *terms, const char *by, struct err *err);
