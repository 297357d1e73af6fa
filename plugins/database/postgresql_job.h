/* A job: one operation on its way through a connection.
 *
 * A verb makes a job, connects it, adds statements and lets them fly: all of a flight are sent at once, as a
 * pipeline, and `then` is called when every answer is there.  What fails is judged here, once, for all types:
 * a statement that the server refused ends the job unless the job said what else to do (`otherwise`), and a
 * line that broke ends it as RETRY, UNSURE or CANNOT_TELL, by what was under way.  So a `then` only meets
 * success, and the story of a type is a row of short functions.
 *
 * Results are good until the next flight; texts for values are copied by those who make the values. */
#pragma once

#include "postgresql_link.h"

#define PGSQL_FLIGHT_MAX 24

/* What a lost line leaves behind. */
#define PGSQL_SAFE    0u /* nothing: it was a look, or a transaction without its COMMIT */
#define PGSQL_AT_RISK 1u /* the flight ends in a COMMIT, or commits by itself           */

/* Who logs in: the reader for a request that may change nothing, the user for any other; or one of them. */
#define PGSQL_LOGIN_FITTING 0u
#define PGSQL_LOGIN_USER    1u
#define PGSQL_LOGIN_READER  2u

struct pgsql_job;
typedef void pgsql_then_fn(struct pgsql_job *job);

/* What a refusal by the server is called in this job; NULL: the words for its SQLSTATE. */
struct pgsql_words {
    const char *code;
    const char *path;
    const char *summary;
    const char *advice;
    const char *detail; /* of a flight that was cut off; else the server's words are the detail */
};

struct pgsql_statement {
    const char *sql;
    const char *const *values; /* texts, NULL for null; belong to the operation */
    int count;
};

struct pgsql_job {
    struct pgsql *self;
    const struct kit *kit;
    struct lf_op *op;
    const struct lf_request *req;
    const char *id;                    /* of the object             */
    const struct pgsql_server *server; /* where it is connected     */
    const char *database;
    void *user;          /* the type's own */
    uint32_t login;      /* PGSQL_LOGIN_* */
    struct sweep *sweep; /* of pgsql_sweep */

    struct pgsql_link *link;
    pgsql_then_fn *then;
    pgsql_then_fn *otherwise;   /* the server refused a statement of this flight: see pgsql_job_state       */
    pgsql_then_fn *no_database; /* the database to connect to is not there                                  */
    struct pgsql_words words;
    uint32_t risk;

    struct pgsql_statement flight[PGSQL_FLIGHT_MAX];
    PGresult *results[PGSQL_FLIGHT_MAX];
    size_t count;    /* statements of the flight      */
    size_t at;       /* whose results come now; of a whole text: how many are done */
    size_t error_at; /* which one was refused        */
    PGresult *error;
    bool pipelined; /* as opposed to one text of many statements */
    bool lost;      /* the line broke                */
    bool cut;       /* the job wants no more of it, and says so in `words` */

    /* One statement's rows, one by one, instead of whole.  False: no more of them; the job ends as `words`
     * say, and the connection with it. */
    size_t row_at; /* index of it, SIZE_MAX: none */
    bool (*row)(struct pgsql_job *job, const PGresult *row);

    pgsql_then_fn *user_then; /* once it is connected */
    uint64_t connecting;      /* counts tries, for the timer of each */
};

struct pgsql_job *pgsql_job_new(struct pgsql *self, struct lf_op *op, const struct lf_request *req);

/* From here on the job talks to that database. */
void pgsql_job_connect(struct pgsql_job *job, const struct pgsql_server *server, const char *database,
                       pgsql_then_fn *then);
/* Gives the connection back, for one to another database. */
void pgsql_job_disconnect(struct pgsql_job *job);

/* One more statement of the next flight, with texts for $1, $2 ...  Values may be NULL. */
#define PGSQL_ADD(job, sql, ...)                                                                             \
    pgsql_job_add((job), (sql), (const char *const[]){__VA_ARGS__},                                          \
                  sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))
void pgsql_job_add(struct pgsql_job *job, const char *sql, const char *const *values, size_t count);
/* Without values; printf.  What goes in was quoted by pgsql_job_name or pgsql_job_literal. */
KIT_PRINTF(2, 3) void pgsql_job_print(struct pgsql_job *job, const char *format, ...);
const char *pgsql_job_name(struct pgsql_job *job, const char *name);
const char *pgsql_job_literal(struct pgsql_job *job, const char *text);
/* Sends what was added. */
void pgsql_job_fly(struct pgsql_job *job, uint32_t risk, pgsql_then_fn *then);
/* Sends one text of many statements, all in the transaction that is open. */
void pgsql_job_text(struct pgsql_job *job, const char *text, pgsql_then_fn *then);

/* Of the i-th statement of the last flight. */
int pgsql_job_rows(const struct pgsql_job *job, size_t i);
/* A copy; NULL for null, and for a row or a column that is not there. */
const char *pgsql_job_value(const struct pgsql_job *job, size_t i, int row, int column);
bool pgsql_job_is_true(const struct pgsql_job *job, size_t i, int row, int column);
/* SQLSTATE of the refusal; "" when there is none. */
const char *pgsql_job_state(const struct pgsql_job *job);
/* The server's own words about it. */
const char *pgsql_job_said(const struct pgsql_job *job);

/* Ends: each gives the connection back first. */
void pgsql_job_end(struct pgsql_job *job, const struct lf_result *result);
void pgsql_job_finish(struct pgsql_job *job, uint32_t status);
void pgsql_job_refuse(struct pgsql_job *job, const char *code, const char *path, const char *summary,
                      const char *detail, const char *advice);
/* By the refusal that `otherwise` did not want: as if there had been no `otherwise`. */
void pgsql_job_fail(struct pgsql_job *job);
/* By a refusal of an earlier flight; both texts are the operation's. */
void pgsql_job_fail_with(struct pgsql_job *job, const char *state, const char *said);
