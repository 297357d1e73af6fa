/* The approvals block of landfall.yaml: who has to say yes to a plan before it is applied.  Closed; every key
 * is optional, and without the block nobody is asked:
 *
 *     approvals:
 *       need: { local: 1, shared: 2, irreversible: 2 }   # how many people, by the strongest class of change
 *       people:                                          # who may approve what; without it, anybody
 *         ada@acme.example: [local, shared, irreversible]
 *         bob@acme.example: [local]
 *       signed: true                        # only approvals signed with a key of allowed_signers count
 *       allowed_signers: approvers          # as ssh-keygen(1) has it, relative to the project's folder
 *       own_plans: false                    # may who planned be the one who approves?  Never one of two
 *       valid_days: 7                       # how long an approval may be waited with
 *       within_budget: true                 # the region's budget is a ceiling of every run
 *
 * A class that `need` does not name needs as many as the one before it: shared as many as local, irreversible
 * as many as shared.  Lives in the arena it was loaded into. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct findings;
struct value;

/* In the order of their strength. */
enum approvals_class {
    APPROVALS_LOCAL = 0,    /* touches this region alone, and can be done again */
    APPROVALS_SHARED,       /* touches what live customers of other regions use */
    APPROVALS_IRREVERSIBLE, /* loses data that no run brings back */
    APPROVALS_CLASS_COUNT,
};
const char *approvals_class_name(enum approvals_class c); /* "local" */
/* APPROVALS_CLASS_COUNT when it is none. */
enum approvals_class approvals_class_of(const char *name);

#define APPROVALS_BIT(c)   (1u << (c))
#define APPROVALS_ALL      (APPROVALS_BIT(APPROVALS_CLASS_COUNT) - 1)
#define APPROVALS_NEED_MAX 16

struct approvals_person {
    const char *name;
    uint32_t classes; /* APPROVALS_BIT */
};

struct approvals {
    uint32_t need[APPROVALS_CLASS_COUNT]; /* 0: nobody is asked */
    const struct approvals_person *people;
    size_t person_count;         /* 0: anybody may */
    const char *allowed_signers; /* joined to the project's folder; NULL: none */
    bool is_signed, own_plans, within_budget;
    int64_t valid_ms;
};

/* map: of the key, or NULL.  *out is whole whatever was found. */
void approvals_load(struct findings *f, const struct value *map, const char *folder, struct approvals *out);
/* What `name` may approve, APPROVALS_BIT of each class; 0: nothing. */
uint32_t approvals_of_person(const struct approvals *a, const char *name);
/* Does any class of change need somebody? */
bool approvals_are_asked(const struct approvals *a);
