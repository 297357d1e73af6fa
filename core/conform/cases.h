/* The cases: what is tried with every type, in tables.  A case makes its own objects, asks through the trial
 * and says what it holds against the driver; whoever runs it tidies up. */
#pragma once

#include <stdbool.h>

struct contract_type;
struct rig;
struct trial;
struct value;

struct cases_row {
    const char *name;
    const char *doc; /* what holds when it passes, as a sentence without a full stop */
    void (*run)(struct trial *t);
};

/* Each ends with a row of NULL. */
extern const struct cases_row cases_life[];    /* create, read, plan, update, replace, destroy, find, owned */
extern const struct cases_row cases_foreign[]; /* what is not ours */
extern const struct cases_row cases_dry[];     /* verbs that only look */
extern const struct cases_row cases_doubt[];   /* did it happen? */
extern const struct cases_row cases_fault[];   /* replies by HTTP that are none, or worse */
extern const struct cases_row cases_wire[];    /* connections that break, by TCP */
extern const struct cases_row cases_many[];    /* batches and crowds */
extern const struct cases_row cases_kill[];    /* processes that die, and requests that outlive them */

/* In a process that may be killed: the create that the order (of cases_kill) describes. */
void cases_kill_create(struct rig *rig, const struct contract_type *type, const struct value *order);
