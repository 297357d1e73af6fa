/* The planner: the working state of one plan_make, shared by the units that fill in steps.  Nothing of it
 * outlives the call; what it makes lives in plan->steps. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/catalog.h"
#include "model/expr.h"
#include "plan/plan.h"
#include "plan/refresh.h"
#include "plan/spend.h"

struct arena;
struct diag;
struct op_result;

struct planner {
    struct arena *mem;
    struct arena *scratch; /* taken back for every step */
    const struct plan_ask *ask;
    struct plan *plan;
    const struct refresh_row *rows; /* per row of the snapshot */
    struct diags *diags;
    struct expr_world world;
    const struct value **ids; /* per step: its id as a value, made when first referred to */
    uint32_t *waiting;        /* per step: needs not decided yet */
    uint32_t *ready;          /* steps whose needs are decided, in order of becoming so */
    uint32_t ready_count, ready_next;
    uint32_t in_flight;
    uint32_t parallel;
    bool *prices_used;  /* per file of the price books */
    struct spend spend; /* once everything is priced */
};

/* Step i is decided: what needs it may be ready now. */
void planner_decided(struct planner *p, uint32_t i);
/* Of a step that is gone: how that came. */
const char *planner_gone(const struct plan_step *s);
/* Adds an error about step i, with the place of its declaration.  Texts are copied. */
void planner_error(struct planner *p, uint32_t i, const char *code, const char *path, const char *summary,
                   const char *advice);
/* "playbooks/saas.lua:12" in mem, or where the row says it was declared; NULL when nobody knows. */
const char *planner_where(struct planner *p, uint32_t i);

/* decide.c: what becomes of a declared step, or of a row nobody declares. */
void decide_step(struct planner *p, uint32_t i);
/* decide_inputs.c: actions, checks, people, todos - what runs again only when its inputs changed. */
void decide_by_inputs(struct planner *p, uint32_t i);
/* decide_ask.c: what only a driver can say - the plan of a type with rules of its own, the whereabouts of
 * existing objects. Each ends in planner_decided, later. */
void decide_ask_plan(struct planner *p, uint32_t i);
void decide_ask_find(struct planner *p, uint32_t i);
/* decide.c: the diff decided by schema. `action` 0: the schema's own diff; otherwise what the driver
 * answered. */
void decide_finish(struct planner *p, uint32_t i, uint32_t action, const struct value *promise,
                   const char *const *because);
/* rules.c: what can be judged only over the finished steps: equal natural keys, protection, residency. */
void rules_check(struct planner *p);
/* names.c: asks the drivers what stands under the names of new objects.  Runs the loop. */
void names_look(struct planner *p);
/* The generation of this step that the marker is of, 0: of none that there has been. */
int64_t names_generation(const struct plan *plan, const struct plan_step *s, const char *marker);
/* cost.c: asks the drivers for quantities and prices them; what is more than can be counted is an error.
 * Runs the loop. */
void cost_estimate(struct planner *p);
/* moves.c: landfall.moved, applied to a copy of the truth.  Sets plan->truth and plan->moves. */
MUST_USE bool moves_apply(struct planner *p, struct err *err);
/* select.c: --target and --replace.  False: an address that is not in the plan. */
MUST_USE bool select_targets(struct planner *p, struct err *err);
bool select_is_replaced(const struct planner *p, uint32_t i);
/* body.c: the canonical bytes and their digest. */
void body_write(struct planner *p);
