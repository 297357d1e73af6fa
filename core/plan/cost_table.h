/* The cost table: what a plan costs, summed the way people ask for it - by stage, by subsystem, by owner.
 * What price books say, what people guess and what nobody knows stay apart in every sum: a guess is no price,
 * and unknown is never zero.  Made of a finished plan; lives in the arena it was made in. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "plan/plan.h"

struct arena;
struct err;

struct cost_table_sum {
    struct plan_cost cost;  /* without guesses; priced is true when at least one step is */
    struct plan_cost guess; /* of the guesses alone, the same way */
    uint32_t steps;         /* that may cost something: priced, guessed and unknown ones */
    uint32_t priced, guessed, unknown;
};

enum cost_table_by { COST_TABLE_STAGE, COST_TABLE_SUBSYSTEM, COST_TABLE_OWNER, COST_TABLE_WAYS };

struct cost_table_row {
    const char *name; /* "" for steps before the first stage, and for those without an owner */
    struct cost_table_sum sum;
};

struct cost_table {
    const struct cost_table_row *rows; /* stages as the playbook has them, the others by name; "" last */
    size_t count;
};

/* Adds one step; a step that can cost nothing, or is not targeted, changes nothing.  False when that is more
 * money than can be counted; then the sum is as it was. */
MUST_USE bool cost_table_add(struct cost_table_sum *sum, const struct plan_step *s);
/* Every step that may cost something is in exactly one row.  Error "cost.overflow". */
MUST_USE bool cost_table_make(struct arena *mem, const struct plan *p, enum cost_table_by by,
                              struct cost_table *out, struct err *err);
const char *cost_table_by_name(enum cost_table_by by); /* "stage" */
