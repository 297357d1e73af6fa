/* The policies of a project: its own rules (below policies/) and those it names of the rules
 * landfall came with; the waivers of a region. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "plan/policy.h"

struct err;
struct plan;
struct session;
struct value;
struct waivers;

struct policies_found {
    struct policy_at at;
    struct policy_at tests; /* name NULL: it has none */
    bool shipped;
};

/* The files whose rules hold: the project's own by name, then the shipped ones in the order they are named.
 * Error "policy.unknown" at the line that names one there is not. */
MUST_USE bool policies_find(struct session *s, struct policies_found **out, size_t *count, struct err *err);
/* Reads the rules and the waivers of the session's region, once. */
MUST_USE bool policies_open(struct session *s, struct err *err);
/* Everything that is wrong with the rules and with the waivers of a region, whether or not it loads, in the
 * session's diags. */
void policies_check(struct session *s, const char *region);
/* As far as a status can: a broken waiver must not keep anybody from seeing what stands.  NULL: not read. */
const struct waivers *policies_waivers(struct session *s, const char *region, const char *timezone);
/* May the plan be applied?  `approval`: what plan.approval shows to the rules that are met at apply, or NULL.
 * "policy.broken" names what breaks which rule. */
MUST_USE bool policies_allow(struct session *s, const struct plan *plan, const struct value *approval,
                             struct err *err);
