/* An object inside a database that is made, changed and dropped by statements in a transaction: what schemas,
 * extensions, grants and publications have in common.  A kind says how one is looked at and what the
 * statements are; locks, marks, decisions and ends are here. */
#pragma once

#include "postgresql_types.h"

#define PGSQL_VALUES_MAX 8

struct pgsql_object {
    const struct pgsql_kind *kind;
    struct pgsql_within within;
    const char *owner; /* of the database, where landfall is a member of it; or NULL. In a change */
    bool superuser;    /* landfall's role is one.  In a change                                    */
    size_t at;         /* where the answer of the last look is                                    */
};

struct pgsql_kind {
    const char *what;   /* first line of its comment: "landfall schema"                 */
    const char *select; /* $1 is its name; the first column is its marker               */
    const char *owned;  /* name, marker and address of all there are                    */
    const struct lf_schema *schema;
    const char *ledger; /* CREATE TABLE of the table of landfall's own that it is a row of, or NULL */
    /* Further values of `select`, from $2; gives how many. */
    size_t (*values)(struct pgsql_job *job, const char **values);
    const struct lf_value *(*state)(struct pgsql_job *job, const struct lf_value *state);
    /* Each adds statements, with the mark among them; false when it refused and ended the job. */
    bool (*create)(struct pgsql_job *job);
    bool (*update)(struct pgsql_job *job);
    bool (*destroy)(struct pgsql_job *job);
    /* The rules that need no server; false when it refused. */
    bool (*check)(const struct pgsql *self, struct lf_op *op, const struct lf_request *req);
};

void pgsql_object(const struct pgsql_kind *kind, void *self, struct lf_op *op, const struct lf_request *req);
void pgsql_object_plan(const struct pgsql_kind *kind, void *self, struct lf_op *op,
                       const struct lf_request *req);

/* Inside a kind's functions. */
const struct pgsql_object *pgsql_object_of(const struct pgsql_job *job);
const char *pgsql_object_seen(const struct pgsql_job *job, int column);
/* The database's owner is who what follows belongs to. */
void pgsql_object_as_owner(struct pgsql_job *job);
/* `thing` as in COMMENT ON thing, quoted. */
void pgsql_object_comment(struct pgsql_job *job, const char *thing);
/* An array of the server's as JSON text, as a list of texts. */
const struct lf_value *pgsql_object_list(struct pgsql_job *job, int column);
/* Refuses what is no list of texts that are not empty; left out is good. */
bool pgsql_object_check_texts(const struct kit *kit, struct lf_op *op, const struct lf_value *desired,
                              const char *key);

/* The five verbs' one function, the plan, and owned. */
#define PGSQL_OBJECT(type, kind)                                                                             \
    void pgsql_##type(void *self, struct lf_op *op, const struct lf_request *req)                            \
    {                                                                                                        \
        pgsql_object(&(kind), self, op, req);                                                                \
    }                                                                                                        \
    void pgsql_##type##_plan(void *self, struct lf_op *op, const struct lf_request *req)                     \
    {                                                                                                        \
        pgsql_object_plan(&(kind), self, op, req);                                                           \
    }                                                                                                        \
    void pgsql_##type##_owned(void *self, struct lf_op *op, const struct lf_request *req)                    \
    {                                                                                                        \
        pgsql_tour(self, op, req, (kind).owned);                                                             \
    }
