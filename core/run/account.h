/* The account of a run: how many steps it has and how many of them are done, over all the times it was gone
 * on with.  A resume plans only what is left; what the store says of the run must not shrink to that. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct plan;
struct plan_step;

struct account {
    int64_t opened_ms; /* wall clock: when the run was begun, not when it went on */
    int64_t total;     /* steps it was opened with, and what going on added */
    int64_t before;    /* of those, done before it went on */
};

/* The run is the store's last one, and goes on, or begins now. */
void account_open(struct account *a, const struct plan *plan, const char *run_id, int64_t now_ms);
/* Something is to be done for it, or to be waited for: otherwise it stands as the plan has it. */
bool account_is_open(const struct plan_step *s);
/* With what this part of the run has come to: how many of its steps ended, and how many of them well. */
int64_t account_total(const struct account *a, uint32_t ended);
int64_t account_done(const struct account *a, uint32_t done);
