/* The waiver: a rule bent on purpose, in git, for a while.  One file each, waivers/<name>.yaml; the file's
 * name is the waiver's.  The file is closed; only `regions` may be left out:
 *
 *     rule: encrypted at rest        # the rule it bends, as a policy names it
 *     steps: [database.cluster.*]    # addresses or their first parts; * within one part
 *     regions: [eu]                  # only there; without it in every region
 *     owner: data-platform           # who answers for it
 *     reason: the old disks go in March
 *     expires: 2027-03-31            # its last day, in the region's time zone
 *     told: [security, legal]        # who knows
 *
 * Whether there is such a rule and such a step is for plan/policy to say.  Lives in the arena it was loaded
 * into. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct arena;
struct diags;
struct err;

struct waiver {
    const char *name;
    const char *rule;
    const char *const *steps; /* patterns: model/addr */
    size_t step_count;
    const char *owner, *reason;
    const char *expires; /* as written */
    int64_t expires_ms;  /* from then on the rule holds again */
    const char *const *told;
    size_t told_count;
    const char *file;   /* waivers/<name>.yaml */
    const char *where;  /* of the rule it names: waivers/<name>.yaml:1:7 */
    const char *detail; /* that line, with a caret */
};

struct waiver_file {
    const char *path, *digest; /* hex */
};

/* Those that hold in one region, by name. */
struct waivers {
    const struct waiver *at;
    size_t count;
    const struct waiver_file *files; /* of the same, for the plan's digest */
};

/* Every file is checked, whatever region it is for: a broken one would be noticed too late.  A project
 * without the folder has none.  `timezone`: where a bare date ends.  Everything wrong goes to `diags`; false
 * when there is an error, and err holds the first. */
MUST_USE bool waiver_load(struct arena *mem, const char *project, const char *region, const char *timezone,
                          struct waivers **out, struct diags *diags, struct err *err);
bool waiver_is_expired(const struct waiver *w, int64_t now_ms);
bool waiver_covers(const struct waiver *w, const char *rule, const char *address);
