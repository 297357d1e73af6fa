/* The reference: what the region that this one is copied from would cost - the same playbook's declarations
 * for it, priced by the drivers, books and rates of the plan, so that the two can be compared.  No store is
 * read and nothing is looked up: what depends on the answer of a service is not known, and what its driver
 * cannot estimate without it is counted as not estimated.  Or what its own file says it costs. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "plan/cost_table.h"

struct arena;
struct decls;
struct err;
struct loop;
struct price_books;
struct region;
struct registry;
struct value;

struct plan_reference {
    const char *region;  /* us */
    const char *why_not; /* NULL: it has a cost; otherwise nothing below is filled in */
    const char *dated;   /* its file states what it costs, as of then; NULL: priced from its declarations */
    int64_t month;       /* what to compare with: as stated, or expected */
    struct cost_table_sum sum;                 /* of its declarations; empty where it is stated */
    struct cost_table tables[COST_TABLE_WAYS]; /* the same */
};

struct reference_ask {
    const struct plan *plan; /* to compare with: its region, prices and rates count */
    struct loop *loop;
    struct registry *registry;
    const struct decls *decls; /* of the other region */
    uint32_t parallel;         /* as in plan_ask */
};

/* Runs the loop until every driver has answered.  What goes wrong is the reference's why_not. */
void reference_price(struct arena *mem, const struct reference_ask *ask, struct plan_reference *out);
/* Its file has `cost`: converted where the currencies differ. */
void reference_state(struct arena *mem, const struct region *own, const struct region *other,
                     struct plan_reference *out);
/* Row `name` of a table of the reference, or NULL. */
const struct cost_table_sum *reference_row(const struct plan_reference *r, enum cost_table_by by,
                                           const char *name);
