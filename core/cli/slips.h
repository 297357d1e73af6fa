/* The slips: names that point at nothing, and secrets that stand for nothing.  A rule that looks at
 * 'dns.recrd' is asked about no step and passes every plan; a duration of 'human.dpa' is never looked up.
 * Neither can be told from the file alone: it takes the types of drivers and the steps of the playbook. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "model/diag.h"

struct err;
struct session;

/* A warning for each pattern of a rule that no type of the region's drivers and no kind of step fits.  A type
 * without a step today is none, nor is a subsystem that a plugin serves and this region does not use.  Needs
 * the policy and the drivers; without either nothing is said. */
void slips_of_rules(struct session *s, struct diags *out);
/* The same where there is no region: against the types of every plugin that lies in the folders. */
MUST_USE bool slips_of_rules_anywhere(struct session *s, struct diags *out, struct err *err);
/* What a plan would refuse of residency, as far as the files tell: a category that the region does not name,
 * a place that is said and not allowed; one error for all steps of one mistake.  And a warning where nothing
 * may live in the place of the region itself. */
void slips_of_residency(struct session *s, struct diags *out);
/* What the sinks of notices are told with, where it is set here and would be refused when a notice is sent: a
 * secret too short to be kept out of what is printed, a key that is no key.  What is not set is no slip:
 * whoever checks need not be whoever sends. */
void slips_of_sinks(struct session *s, struct diags *out);
/* Each key of `rehearse: durations` that is no step of the playbook, no type and no call. */
void slips_of_durations(struct session *s, enum diag_severity severity, struct diags *out);
/* Each address of `launch: can_follow` that no step of the playbook has: a launch would wait for what it
 * means to let follow. */
void slips_of_launch(struct session *s, struct diags *out);
