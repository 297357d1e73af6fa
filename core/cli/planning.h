/* Planning: from options, typed or kept in a plan file, to a plan of the session's region. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct arena;
struct args;
struct err;
struct plan;
struct session;
struct value;

struct planning {
    const char *const *targets;
    size_t target_count;
    const char *const *replaces;
    size_t replace_count;
    bool refresh_only, destroy;
    const char *adopting; /* an address, or NULL */
    bool names;           /* ask whether the names of new objects are free */
    bool no_refresh;      /* believe the store */
    bool offline;         /* with no_refresh: ask no service at all, for reading only */
    bool keep_body;       /* for a plan file */
    bool keep_lines;      /* what each step's cost is made of */
};

struct planning planning_of_args(const struct args *args);
/* How a plan file keeps them, and back. */
const struct value *planning_to_value(struct arena *mem, const struct planning *p);
struct planning planning_of_value(struct arena *mem, const struct value *v);
/* The options as they are typed: " --destroy --target dns.zone.apex", or "". */
const char *planning_options(struct arena *mem, const struct planning *p);
/* The whole command that makes such a plan: "landfall plan eu --destroy -o eu.plan". */
const char *planning_command(struct arena *mem, const struct planning *p, const char *region,
                             const char *file);
/* The session's region and drivers are open; opens playbook (unless destroying) and prices.  Everything wrong
 * with the declarations is in the session's diags. */
MUST_USE bool planning_make(struct session *s, const struct planning *p, struct plan **out, struct err *err);
/* The same for what only shows what is: where a service does not answer, the plan is made of what the store
 * remembers, and *silence says why; else it is NULL. */
MUST_USE bool planning_make_or_remember(struct session *s, const struct planning *p, struct plan **out,
                                        const struct err **silence, struct err *err);
/* Beside the output, which says it too; NULL: nothing. */
void planning_tell_silence(struct session *s, const struct err *silence);
