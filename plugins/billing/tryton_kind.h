/* A kind of object: how one of billing's types is kept in Tryton's records.  The verbs (tryton_look.h,
 * tryton_work.h) are written once, over what a kind says here.
 *
 * An object has a main record, which carries the mark from the request that creates it, and perhaps pieces of
 * other models.  A piece never comes before the main record, and what a piece says is missing from the state
 * while the piece is missing: so a half-made object is found by its mark, and is never taken for a whole one.
 */
#pragma once

#include "kit.h"
#include "terms.h"
#include "tryton_rpc.h"
#include "tryton_wire.h"

struct tryton;
struct kind;

#define KIND_PIECES 2u

/* What was seen in Tryton for a batch of requests: all of it from the same few searches. */
struct look {
    struct tryton *tryton;
    const struct kit *kit;
    struct lf_op *op;
    const struct kind *kind;
    const struct lf_request *const *reqs;
    size_t count;
    const struct lf_value *rows;                /* main records */
    const struct lf_value *pieces[KIND_PIECES]; /* rows of kind->pieces */
};

/* One object, as it is now. */
struct seen {
    const struct lf_value *row;   /* its main record; NULL: there is none */
    size_t many;                  /* main records with the mark that is asked for */
    const char *id;               /* NULL without a record */
    const char *marker;           /* NULL: it has none */
    const struct lf_value *state; /* NULL without a record */
};

/* What a change does next. */
#define KIND_DONE    1u /* nothing: it is as it should be          */
#define KIND_CALL    2u /* `ask`                                   */
#define KIND_REFUSED 3u /* `problem` says why it cannot be done    */

struct step {
    const struct look *look; /* of one request */
    const struct lf_request *req;
    const struct seen *seen;
    struct rpc_ask ask;
    struct terms_problem problem;
};

struct kind_piece {
    const char *model; /* NULL: there is no such piece */
    const char *const *fields;
    const struct lf_value *(*domain)(const struct look *look);
};

struct kind {
    const char *noun; /* "the legal entity" */
    bool is_staged;   /* it has pieces, which are made after the main record */
    const struct lf_schema *schema;
    terms_fn *terms;
    const char *model;
    const char *const *fields; /* of the main record */
    struct kind_piece pieces[KIND_PIECES];
    /* Searches for a mark (a whole one, or a beginning that ends with "%"), and for a natural name. */
    const struct lf_value *(*by_marker)(const struct look *look, const char *marker);
    void (*by_name)(const struct look *look, const struct lf_value *asked, struct wire_any *any);
    const char *(*marker)(const struct look *look, const struct lf_value *row);
    bool (*is_named)(const struct look *look, const struct lf_value *row, const struct lf_value *asked);
    /* The state of seen->row; `asked` gives the spelling of what means the same, and may be NULL. */
    const struct lf_value *(*state)(const struct look *look, const struct seen *seen,
                                    const struct lf_value *asked);
    /* What a read cannot judge: true with *problem, and the read ends as "cannot tell"; or NULL. */
    bool (*is_blind)(const struct look *look, const struct seen *seen, const struct lf_request *req,
                     struct terms_problem *problem);
    /* The model of a piece that carries the mark in its `name` and may outlive its main record; or NULL. */
    const char *remains;
    /* Rules that need the books; false with *problem.  Also asked while planning, with unknowns. */
    bool (*allow)(const struct look *look, const struct lf_value *asked, struct terms_problem *problem);
    /* Computed attributes that are known beforehand, or known to move; NULL: none. */
    const struct lf_value *(*computed)(const struct look *look, const struct lf_value *asked);
    /* Towards step->req->desired, or towards nothing. */
    uint32_t (*build)(struct step *step);
    uint32_t (*remove)(struct step *step);
    bool (*is_same)(const struct look *look, const char *name, const struct lf_value *a,
                    const struct lf_value *b, const struct lf_value *asked); /* or NULL */
};

extern const struct kind entity_kind;
extern const struct kind product_kind;
extern const struct kind price_kind;
extern const struct kind tax_kind;

/* ---- for the kinds ------------------------------------------------------------------------ */

/* "at [lf1.abc]": a name that holds a mark and can be read by people.  The code of a text without a mark is
 * the whole text. */
const char *kind_label(const struct look *look, const char *code, const char *marker);
const char *kind_label_marker(const struct look *look, const char *text);
const char *kind_label_code(const struct look *look, const char *text);

const struct lf_value *kind_row(const struct look *look, const struct lf_value *rows, size_t i);
size_t kind_rows(const struct look *look, const struct lf_value *rows);
int64_t kind_id(const struct look *look, const struct lf_value *row);
/* A flag of Tryton's, which comes as a boolean or as 0 and 1. */
bool kind_flag(const struct look *look, const struct lf_value *row, const char *field);
/* Both may be NULL, which is "". */
bool kind_is_text(const char *a, const char *b);
/* A whole number in decimal text, such as an id; -1: it is none. */
int64_t kind_number(const char *text);

/* A clause: the field is the company of the books. */
const struct lf_value *kind_of_company(const struct look *look, const char *field);

/* The state of something marked has the code that is asked for: the mark is what it is known by, and a code
 * that somebody changed in Tryton is put right, not made anew. */
const struct lf_value *kind_put_code(const struct look *look, const struct seen *seen,
                                     const struct lf_value *asked, const char *actual);
/* What no attribute of the contract can say stands in the state's options, which a change clears. */
const struct lf_value *kind_put_option(const struct look *look, const struct lf_value *state, const char *key,
                                       const struct lf_value *value);
/* The first of these for a record that was deactivated, or the state as it was. */
const struct lf_value *kind_put_active(const struct look *look, const struct lf_value *state,
                                       const struct lf_value *row);

/* The context of a write or a delete: the records are to be as they were when they were seen.  Each record
 * gives its model, id and `_timestamp`; one that is NULL is passed over. */
const struct lf_value *kind_guard(const struct look *look, const struct lf_value *context, const char *model,
                                  const struct lf_value *row);

/* Calls: model.<model>.create([values]), .write([id], values), .delete([id]). */
uint32_t kind_create(struct step *step, const char *model, const struct lf_value *values, const char *what);
uint32_t kind_write(struct step *step, const char *model, const struct lf_value *row,
                    const struct lf_value *values, const struct lf_value *context, const char *what);
uint32_t kind_delete(struct step *step, const char *model, const struct lf_value *row,
                     const struct lf_value *context, const char *what);
uint32_t kind_refuse(struct step *step, const char *code, const char *path, const char *summary,
                     const char *detail, const char *advice);
/* The same, for kind.allow. */
bool kind_forbid(struct terms_problem *problem, const char *code, const char *path, const char *summary,
                 const char *detail, const char *advice);
