/* The judge: brings a region that was killed to its end, and says whether anything is there twice, orphaned
 * or lost, and whether the store is whole. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "census.h"
#include "sandbox.h"

#define JUDGE_REGION "eu"

struct judge {
    const struct sandbox_tools *tools;
    struct census wanted; /* of a build that nothing disturbed */
    bool has_checker;     /* named-checkzone is installed */
};

/* Builds the region once, undisturbed, and checks that the census sees what the example is known to make, so
 * that an empty one can never pass.  Leaves the sandbox `box` behind. */
bool judge_open(struct judge *j, const struct sandbox_tools *tools, struct sandbox *box, FILE *tell);
void judge_close(struct judge *j);
/* Resumes (or applies, when the kill came before anything was kept) to the end. */
bool judge_finish(struct sandbox *box, FILE *tell);
/* Counts, once the region is finished. */
void judge_look(const struct judge *j, struct sandbox *box, struct census_result *result, FILE *tell);
/* Both, and a summary line when it is not clean. */
bool judge_accepts(const struct judge *j, struct sandbox *box, FILE *tell);
