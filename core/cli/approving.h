/* Approving: what was said yes to, for the commands that ask, give and spend it - a plan file with the
 * approvals beside it, what the project asks for, and what its store has spent already. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "plan/approval.h"
#include "report/facts.h"
#include "run/purse.h"

struct arena;
struct err;
struct plan;
struct plan_file;
struct planning;
struct session;
struct store_approval;
struct value;

struct approving {
    struct session *s;
    const char *path; /* of the approvals */
    struct approval_subject subject;
    const struct approval *at; /* every line of the file */
    size_t count;
    struct store_approval *spent;
    size_t spent_count;
    struct approval_terms terms;
    struct approval_set set; /* once judged */
};

/* Who works here: --by, or else the name of the login. */
const char *approving_who(const struct session *s);

/* What whoever approves has to type behind the plan's name, as this project asks: "--why TEXT --by NAME
 * --sign KEY". */
const char *approving_options(struct session *s);
/* The whole of it: "landfall approve eu.plan --why TEXT".  file: as it was typed. */
const char *approving_command(struct session *s, const char *file);
/* From the plan of a region to the command that does it under a yes, three commands in one line.  does:
 * "apply" or "resume". */
const char *approving_way(struct session *s, const struct planning *p, const char *region, const char *does);

/* As ssh-keygen signs it with that key. */
MUST_USE bool approving_sign(struct session *s, const char *key, const char *text, const char **out,
                             struct err *err);

/* Does the project ask for a yes to anything that the plan changes? */
bool approving_is_asked(const struct session *s, const struct plan *plan);
/* Reads the approvals beside the plan file at `path`; the session's region is open. */
MUST_USE bool approving_open(struct session *s, const struct plan_file *file, const char *path,
                             struct approving *out, struct err *err);
MUST_USE bool approving_judge(struct approving *a, struct err *err);
/* The plan is approved as the project asks, and its cost is inside every ceiling; otherwise err says what to
 * type.  plan: as it was typed. */
MUST_USE bool approving_require(struct approving *a, const char *plan, struct err *err);
/* The same for a plan that is in no file, made of `planning`: true where nobody has to approve it. */
MUST_USE bool approving_is_free(struct session *s, const struct plan *plan, const struct planning *planning,
                                struct err *err);

/* Under what a run goes that these open, or that goes on. */
void approving_terms(const struct approving *a, struct purse_terms *out);
/* The approvals that were spent last, all for one plan, in the order in which they were given; run_id NULL:
 * by whatever run. */
MUST_USE bool approving_last_spent(struct session *s, const char *run_id, const struct approval ***out,
                                   size_t *count, struct err *err);
/* What was spent by a run, oldest first; run_id NULL: by any. */
MUST_USE bool approving_used(struct session *s, const char *run_id, const struct facts_used **out,
                             size_t *count, struct err *err);
MUST_USE bool approving_terms_of_run(struct session *s, const char *run_id, struct purse_terms *out,
                                     struct err *err);
/* What rules read as plan.approval: who said yes, and to which classes of change.  NULL: nobody. */
const struct value *approving_facts(struct arena *mem, const struct approval *const *at, size_t count);
/* The region's budget where landfall.yaml makes it a ceiling of every run, or no limit: error
 * "plan.over_budget" when it would be passed. */
MUST_USE bool approving_budget(struct session *s, bool destroys, const struct spend *spend,
                               struct spend_limit *out, struct err *err);
/* Narrows them by the region's budget, where landfall.yaml says so; a plan that is beyond it is refused. */
MUST_USE bool approving_add_budget(struct session *s, const struct plan *plan, struct purse_terms *out,
                                   struct err *err);

/* A plan that was approved makes room for a new one: it stays beside it as what the next one is compared
 * with. */
MUST_USE bool approving_keep(struct session *s, const char *path, const char *digest, struct err *err);
/* Are there approvals beside a plan file of that name?  As it was typed. */
bool approving_is_beside(const struct session *s, const char *file);
/* Has the store spent an approval: is there something to compare a plan with? */
bool approving_has_spent(const struct session *s);
/* What is new in `body` (of a plan) since the last approval.  path: of the plan's file, or NULL.  *out NULL:
 * nothing was approved yet. */
MUST_USE bool approving_since(struct session *s, const struct value *body, const char *digest,
                              const char *path, const struct facts_since **out, struct err *err);
