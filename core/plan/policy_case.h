/* The cases of a policy: plans made up in Lua, each with the findings a file of rules must have.  Beside
 * policies/naming.lua stands policies/tests/naming.lua:
 *
 *     test "a capital letter is told" {
 *       plan = { steps = { ["dns.zone.main"] = { desired = { name = "Acme" } } } },
 *       expect = { { rule = "small names", address = "dns.zone.main", says = "Acme" } },
 *     }
 *
 * Nothing is expected that is not said, and nothing may be missing.  `later` is a value that is known only
 * later.  What a plan and a step may say stands at the tables in policy_fixture.c and in the README. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "plan/policy.h"

struct arena;
struct err;

struct policy_case {
    const char *name, *file;
    uint32_t line;
    bool passed;
    const char *why; /* lines of what was found and not expected, and the other way round; NULL: passed */
};

/* False when the file of cases is broken itself; a rule that raises fails its case. */
MUST_USE bool policy_case_run(struct arena *mem, struct policy *p, const struct policy_at *file,
                              struct script_limits limits, const struct policy_case **out, size_t *count,
                              struct err *err);
