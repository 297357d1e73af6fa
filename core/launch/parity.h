/* Parity: what differs between two regions, and whether somebody meant it to.  The same playbook is evaluated
 * for both; what comes out differently is led back to the values of the regions it comes from, and explained
 * by the rule that made them differ: shrink, absent, `differs`, or a text that holds the region's own name,
 * place, domain, jurisdiction or currency.  What is left has no explanation, and blocks a launch.
 *
 * How a difference is led back: from the left region's values one group after the other is given the right
 * region's, the playbook is evaluated again, and what then changes comes from that group.  When the last is
 * done nothing is left of the left region, so no difference can go without.  Reading the playbook is what
 * takes long, so where everything explains itself no mixture is evaluated.  Asks no service, reads no clock.
 * Lives in the arena it was made in. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "model/catalog.h"

struct arena;
struct decls;
struct err;
struct region;
struct store_snapshot;
struct value;

enum parity_by {
    PARITY_OWN = 1,     /* name, title, place, domain, currency ...; drivers; secrets are never copied */
    PARITY_SHRUNK,      /* a rule of `shrink` */
    PARITY_ABSENT,      /* an entry of `absent` */
    PARITY_DIFFERS,     /* an entry of `differs` */
    PARITY_UNEXPLAINED, /* none of these: a value that nobody gave a reason for */
    PARITY_BUILT,       /* unexplained, too: what stands is not what is declared */
};
const char *parity_by_name(enum parity_by by); /* "shrunk" */

/* Why something differs. */
struct parity_cause {
    enum parity_by by;
    const char *what; /* the rule's `match` or `what`, or the path of the value; NULL: the region itself */
    const char *why;  /* a reason in the words of who gave it, or ours; never NULL */
    const char *owner, *revisit; /* or NULL */
    const char *left, *right;    /* "regions/eu.yaml:23": where each side says so; NULL: it does not */
};

/* One setting of one step, or a whole step, that is not the same on both sides. */
struct parity_difference {
    const char *address;              /* as on the left where it is there; NULL: of the region's drivers */
    const char *kind;                 /* "dns.record", "action", "drivers" */
    const char *setting;              /* "values", "step.holds"; NULL: the step itself */
    const struct value *left, *right; /* NULL: not there; exprs inside */
    const char *declared;             /* playbooks/saas.lua:12, or NULL */
    /* PARITY_BUILT: this region's, and `left` is what is declared, `right` what stands; else NULL. */
    const char *built;
    const struct parity_cause *const *causes; /* never none */
    size_t cause_count;
    bool explained; /* by each of its causes */
};

struct parity {
    const struct region *left, *right;
    const struct parity_difference *at; /* by kind, setting, address; NULL in brief: they are counted only */
    size_t count, unexplained;
    const struct parity_cause *const *causes; /* of all differences, each once, unexplained ones last */
    size_t cause_count;
    size_t left_steps, right_steps;     /* declared */
    size_t left_unbuilt, right_unbuilt; /* resources that do not stand yet */
    bool left_built, right_built;       /* there is a store to compare with */
    size_t idle;                        /* entries of `differs` for steps that explain nothing */
    const char *const *idle_at;         /* "'billing.tax' (regions/eu.yaml:9)" */
};

struct parity_ask {
    const struct region *left, *right;
    struct catalog catalog;
    /* What the playbook declares for a region; it lives as long as `mem`.  Asked for the left and for the
     * right region once each: whoever has read the playbook for one of them already has the answer. */
    bool (*evaluate)(void *user, const struct region *region, struct arena *mem, const struct decls **out,
                     struct err *err);
    void *user;
    const struct store_snapshot *left_truth, *right_truth; /* or NULL: only what is declared counts */
    bool brief; /* explained differences need not name which rule it was: a few evaluations, however many
                   rules there are */
};

MUST_USE bool parity_make(struct arena *mem, const struct parity_ask *ask, struct parity **out,
                          struct err *err);
