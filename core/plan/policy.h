/* The policy: rules in Lua over a finished plan.  A file of rules runs in the closed world of playbooks -
 * nothing to read, nothing to call, caps on time and memory - and only declares:
 *
 *     rule "encrypted at rest" {
 *       level = "must",                        -- advisory, must, must_with_waiver
 *       why = "the contract with our customers says so",
 *       each = "database.*",                   -- addresses; without it the rule is asked once, of the plan
 *       check = function(step, plan)
 *         if step.desired.encrypted == false then return "say encrypted = true" end
 *       end,
 *     }
 *
 * A check returns nothing when the rule holds, else what is wrong.  A value that is known only later reads as
 * an unknown: a check that read one and did not ask unknown(v) has not decided anything, whatever it
 * returned; it is asked again when the step starts and its values are known.  What a rule may read stands in
 * the README.
 *
 * One Lua world for all files; lives from policy_load to policy_free. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "plan/plan.h"
#include "script/script.h"

struct arena;
struct diags;
struct err;
struct policy;
struct value;
struct waivers;

/* A file to load: `name` below `folder`; messages and plans know it as `path`. */
struct policy_at {
    const char *folder, *name, *path;
};

struct policy_file {
    const char *path, *digest; /* hex */
};

struct policy_rule {
    const char *name, *why;
    enum plan_level level;
    const char *const *each; /* patterns; NULL: asked once, of the whole plan */
    size_t each_count;
    uint32_t actions; /* bits of enum plan_action; 0: whatever is declared */
    bool at_apply;    /* met when it is applied, not when it is looked at */
    const char *file; /* where it is declared */
    uint32_t line;
    int check; /* Lua's */
};

/* Everything lives in `mem`, the Lua world until policy_free.  Errors name file:line. */
MUST_USE bool policy_load(struct arena *mem, const struct policy_at *files, size_t count,
                          struct script_limits limits, struct policy **out, struct err *err);
void policy_free(struct policy *p); /* NULL is fine */
const struct policy_rule *policy_rules(const struct policy *p, size_t *count);
const struct policy_file *policy_files(const struct policy *p, size_t *count);

struct policy_ask {
    const struct plan *plan;
    const struct waivers *waivers; /* or NULL */
    int64_t now_ms;                /* what waivers are measured by */
    /* Only the rules that are met at apply, with what it was approved by: what plan.approval reads, or NULL.
     */
    bool at_apply;
    const struct value *approval;
    bool all; /* false: files of a part; waivers of other rules are none of this policy's business */
};

/* Asks every rule.  False: a rule is broken itself (it raised, ran too long, returned what is no verdict), or
 * a waiver names no rule; then nothing is known of the plan.  Findings live in `mem`; a waiver that bends
 * nothing is a warning in `diags`. */
MUST_USE bool policy_judge(struct arena *mem, struct policy *p, const struct policy_ask *ask,
                           const struct plan_finding **out, size_t *count, struct diags *diags,
                           struct err *err);
/* Does every waiver name a rule that may be bent?  "waiver.unknown_rule", "waiver.must".  Part of judging. */
MUST_USE bool policy_check_waivers(const struct policy *p, const struct waivers *waivers, struct err *err);
/* Step i of the plan that was judged last is about to start and its values are known: false when a rule that
 * could not tell is broken now, or still cannot tell.  policy.broken */
MUST_USE bool policy_judge_step(struct policy *p, uint32_t i, const struct value *desired, struct err *err);
