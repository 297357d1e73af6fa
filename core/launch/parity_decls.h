/* The declarations: two evaluations of one playbook side by side, told apart step by step and setting by
 * setting. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct decl;
struct decls;
struct parity_words;
struct value;

/* One place in which they are not the same. */
struct parity_place {
    const char *address;                       /* as on the left where it is there */
    const struct decl *left_decl, *right_decl; /* NULL: not declared there */
    const char *setting;              /* "values", "inputs.orders", "step.holds"; NULL: the step itself; until
                                         fn returns */
    const struct value *left, *right; /* of the setting; NULL: not there */
};

/* Calls fn for each, in the order of their addresses, all of one step's together.  A step whose name differs
 * by the regions' own words alone is the same step; `words` NULL: no two names are.  Values that the
 * declarations do not hold as such are made in `mem`. */
void parity_decls_compare(struct arena *mem, const struct decls *left, const struct decls *right,
                          const struct parity_words *words,
                          void (*fn)(void *user, const struct parity_place *place), void *user);
