/* What is particular to one type of Stripe's objects: where it is, what it says, what is written.  The
 * looking and the working are the same for all and stand in stripe_look and stripe_work. */
#pragma once

#include "stripe.h"
#include "terms.h"

/* Metadata of Stripe's objects by which landfall knows its own. */
#define MARK_KEY    "landfall"
#define ADDRESS_KEY "landfall_address"
#define RETIRED_KEY "landfall_retired" /* the marker that an archived object had */

struct look;

struct kind {
    const char *noun; /* "the price" */
    const char *path; /* "/v1/prices" */
    const struct lf_schema *schema;
    const char *const *fixed; /* what Stripe cannot change, though the contract could; ends NULL */
    bool is_named;            /* its code is its id at Stripe */
    bool may_vanish;          /* Stripe deletes some of them; all others are archived */
    /* The query of a list that holds what is asked for by name; `subjects` are declarations. */
    const char *(*list)(const struct look *look);
    bool (*is_same_name)(const struct look *look, const struct lf_value *row, const struct lf_value *asked);
    /* In the words of the schema, spelled as in `spelled` (or NULL) where that means the same. */
    const struct lf_value *(*state)(const struct look *look, const struct lf_value *row,
                                    const struct lf_value *spelled);
    /* False: cannot work, and *problem says why.  What is unknown is passed over. */
    bool (*terms)(const struct stripe *stripe, struct lf_op *op, const struct lf_value *asked,
                  struct terms_problem *problem);
    const struct lf_value *(*computed)(const struct stripe *stripe, struct lf_op *op,
                                       const struct lf_value *asked); /* or NULL */
    /* Two spellings of one thing: `asked` is the declaration, `prior` what was true; or NULL. */
    bool (*is_same)(const struct kit *kit, const char *name, const struct lf_value *asked,
                    const struct lf_value *prior);
    /* What a create says, and what an update says: a function of the request alone, so that a repeat has the
     * same bytes. */
    void (*create)(const struct look *look, const struct lf_value *asked, struct kit_text *form);
    void (*update)(const struct look *look, const struct lf_value *asked, struct kit_text *form);
    /* Beside the mark, when it is archived; or NULL. */
    void (*retire)(const struct look *look, struct kit_text *form);
};

extern const struct kind product_kind, price_kind, tax_kind;

/* Adds the field when there is a text. */
void kind_field(const struct look *look, struct kit_text *form, const char *name, const char *text);
/* "metadata[landfall]" and so on of an object; NULL when absent or empty. */
const char *kind_meta(const struct look *look, const struct lf_value *row, const char *key);
/* False with *problem filled when the text is known and empty or longer than `most` characters. */
bool kind_check_text(const struct stripe *stripe, struct lf_op *op, const struct lf_value *asked,
                     const char *name, size_t most, struct terms_problem *problem);
/* The declaration without its options, for the terms of the contract. */
const struct lf_value *kind_bare(const struct stripe *stripe, struct lf_op *op, const struct lf_value *asked);
