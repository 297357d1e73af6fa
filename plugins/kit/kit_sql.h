/* Objects kept in SQLite files: the verbs of a resource type whose objects are rows (or whole files), and
 * of calls that run inside such a file, all on a worker thread and in one transaction per batch.
 *
 * A driver describes each type once (kit_sql_type: its SQL, its rules) and points every verb at
 * kit_sql_verb.  The loop thread checks a request and copies what it needs into items; the worker fills
 * in the answers; the loop thread hands them back.  Files use the rollback journal with full syncing, and
 * a verb that only reads opens its file read-only and never creates one. */
#pragma once

#include "kit.h"

#include <sqlite3.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The settings every SQLite driver has: a folder, and the place its objects are said to be in. */
struct kit_sql_driver {
    struct kit kit;
    char *folder;
    char *place; /* NULL: not said */
};

int kit_sql_open(const struct lf_host *host, const struct lf_value *settings, void **self,
                 struct lf_diag *why);
void kit_sql_close(void *self);
/* What a person should read about one item.  code NULL: nothing. */
struct kit_sql_note {
    const char *code;
    const char *path;
    const char *summary;
    const char *detail;
    const char *advice;
};

/* One request, cut loose from the host so that a worker thread may hold it. */
struct kit_sql_item {
    struct kit_sql_item *next; /* in the list of owned objects */
    uint32_t verb;
    bool may_settle; /* asked while the region is held: what a crash left half-way may be rolled back */
    uint32_t status; /* LF_END_*; 0 while unanswered */
    const char *file;
    const char *id;
    const char *want; /* desired (or a call's arguments) as JSON; bound as :want */
    const char *marker;
    const char *address;
    const char *token;
    const char *place;
    const char *adopt; /* the marker an adopted object must still carry ("" for none), or NULL */
    const char *text;  /* one more text of the type's own; bound as :text */
    void *extra;       /* one more thing of the type's own */
    const char *got_id;
    const char *got_marker;
    const char *got_address;
    const char *state; /* as JSON */
    const char *reply; /* as JSON */
    struct kit_sql_note note;
};

/* Bounds of a whole number that is asked for. */
struct kit_sql_range {
    const char *attr; /* NULL ends the list */
    int64_t low;
    int64_t high;
};

/* A rule on the rows themselves, looked at just before a write. */
struct kit_sql_rule {
    uint32_t verbs;     /* KIT_SQL_ON of each verb it holds for; 0 ends the list     */
    const char *broken; /* SQL: a row means it is broken, its first column says how  */
    const char *what;   /* second half of the diagnostic's code                      */
    const char *path;
    const char *summary;
    const char *advice;
};
#define KIT_SQL_ON(verb) (1u << (verb))

struct kit_sql_type;

struct kit_sql_job {
    const struct kit_sql_type *type;
    const struct kit_sql_driver *driver;
    struct kit_batch *batch;
    struct kit_sql_item *items;
    size_t count;
    struct kit_sql_item *owned;
    struct kit_sql_block *memory; /* of the worker; freed when the answers are given */
    bool ran;                     /* false: it never left its pool, so nothing happened */
};

/* How one type is kept.  SQL texts see :id :want :marker :address :token :place :file :text as they need.
 * `one` and `all` give the columns id, marker, address and state (JSON). */
struct kit_sql_type {
    const char *subsystem; /* first half of every diagnostic's code */
    const char *noun;
    const char *pool;
    const struct lf_schema *contract;
    const char *const
        *keys; /* attributes of the natural name, in the order of the id, ends NULL; a call: NULL */
    const char *name_chars;
    size_t name_max;
    const char *hidden; /* an attribute that is never handed on as JSON (a secret), or NULL      */
    const char *table;  /* while it is missing there are no objects                              */
    const char *tables; /* makes the tables; NULL: this type never makes its file                 */
    const char *ensure; /* tables a write needs in a file of somebody else's making, or NULL           */
    const char *one;
    const char *bare; /* where the file itself is the object: the same columns without a table */
    const char *all;
    const char *add;
    const char *change;
    const char *drop;
    bool scattered; /* one file per database: `owned` walks the folder */
    bool ordered;   /* a batch runs in the order of the ids            */
    const char *(*file)(const struct kit_sql_driver *driver, struct lf_op *op, const char *id);
    const struct kit_sql_range *ranges; /* or NULL */
    const struct kit_sql_rule *rules;   /* or NULL */
    /* The loop thread's rules on what is asked, known parts only; false with *bad filled.  NULL: none. */
    bool (*check)(const struct kit *kit, struct lf_op *op, const struct lf_value *desired,
                  struct kit_sql_note *bad);
    /* The loop thread's last word before the worker: fill text and extra.  NULL: nothing to fill. */
    bool (*prepare)(struct kit_sql_job *job, size_t i);
    /* The worker's way for what is not a row: true when the item is answered without a transaction. */
    bool (*whole)(struct kit_sql_job *job, struct kit_sql_item *item);
    /* The worker's way inside the transaction; NULL: kit_sql_row. */
    void (*act)(struct kit_sql_job *job, sqlite3 *db, struct kit_sql_item *item);
    /* The worker's last word before a write; refuses by answering the item.  NULL: none. */
    void (*guard)(struct kit_sql_job *job, sqlite3 *db, struct kit_sql_item *item);
    /* The loop thread's last touch on an answer.  NULL: none. */
    void (*complete)(struct kit_sql_job *job, size_t i, struct lf_result *result);
};

/* ---- verbs -------------------------------------------------------------------------------- */

/* read, create, update, destroy, recover, find; run and recover of a call. */
void kit_sql_verb(const struct kit_sql_type *type, void *self, struct lf_op *op,
                  const struct lf_request *req);
/* The same, over a batch. */
void kit_sql_many(const struct kit_sql_type *type, void *self, struct lf_op *op,
                  const struct lf_request *const *reqs, size_t count);
void kit_sql_plan(const struct kit_sql_type *type, void *self, struct lf_op *op,
                  const struct lf_request *req);
void kit_sql_owned(const struct kit_sql_type *type, void *self, struct lf_op *op,
                   const struct lf_request *req);
/* Can the folder be used, or be made?  `type` gives pool and code. */
void kit_sql_preflight(const struct kit_sql_type *type, void *self, struct lf_op *op,
                       const struct lf_request *req);
/* The rules that need no file: names, options, ranges, and the type's own.  False with *bad filled. */
bool kit_sql_check(const struct kit_sql_type *type, const struct kit *kit, struct lf_op *op,
                   const struct lf_value *desired, struct kit_sql_note *bad);
/* One lane per file. */
const char *kit_sql_lane(const struct kit_sql_type *type, void *self, struct lf_op *op,
                         const struct lf_request *req);

/* ---- for the worker's side of a type ------------------------------------------------------ */

/* Memory of the job. */
void *kit_sql_memory(struct kit_sql_job *job, size_t size);
/* sqlite3_mprintf into memory of the job. */
char *kit_sql_print(struct kit_sql_job *job, const char *format, ...);
/* A column's text, copied; NULL for SQL NULL. */
const char *kit_sql_column(struct kit_sql_job *job, sqlite3_stmt *row, int column);
/* Prepares and binds.  On failure *out is NULL. */
int kit_sql_prepare(sqlite3 *db, const struct kit_sql_item *item, const char *sql, sqlite3_stmt **out);
/* Runs every statement of `sql` with the item's parameters. */
int kit_sql_run(sqlite3 *db, const struct kit_sql_item *item, const char *sql);
/* True when the query gives a row; its first column, copied, goes to *text unless that is NULL.  A failure
 * answers the item. */
bool kit_sql_ask(struct kit_sql_job *job, sqlite3 *db, struct kit_sql_item *item, const char *sql,
                 const char **text);
/* Reads `one` into the item's got_* fields; false when there is none, or when the item was answered
 * because reading failed. */
bool kit_sql_look(struct kit_sql_job *job, sqlite3 *db, struct kit_sql_item *item);
/* The verbs of a row. */
void kit_sql_row(struct kit_sql_job *job, sqlite3 *db, struct kit_sql_item *item);
/* The object an item looked up carries our marker. */
bool kit_sql_is_ours(const struct kit_sql_item *item);
void kit_sql_refuse(struct kit_sql_item *item, const char *code, const char *path, const char *summary,
                    const char *detail, const char *advice);
/* Answers an item by an SQLite result code: what was seen, and whether something may have happened. */
void kit_sql_fail(struct kit_sql_job *job, sqlite3 *db, struct kit_sql_item *item, int rc);
/* Opens a file that is there, with the settings all of them share. */
int kit_sql_connect(const char *file, int flags, sqlite3 **out);
/* Makes a folder and the folders above it, durably.  False with errno set. */
bool kit_sql_make_folder(const char *path);
/* Makes the names in a folder durable.  False with errno set. */
bool kit_sql_sync_folder(const char *path);

/* ---- the verbs of a type, as functions of their own ---------------------------------------- */

/* An lf_verb_fn is not told which type it was called for, so each type has its own few. */
#define KIT_SQL_VERBS(type)                                                                                  \
    static void type##_verb(void *self, struct lf_op *op, const struct lf_request *req)                      \
    {                                                                                                        \
        kit_sql_verb(&type##_rows, self, op, req);                                                           \
    }                                                                                                        \
    static void type##_many(void *self, struct lf_op *op, const struct lf_request *const *reqs,              \
                            size_t count)                                                                    \
    {                                                                                                        \
        kit_sql_many(&type##_rows, self, op, reqs, count);                                                   \
    }                                                                                                        \
    static void type##_owned(void *self, struct lf_op *op, const struct lf_request *req)                     \
    {                                                                                                        \
        kit_sql_owned(&type##_rows, self, op, req);                                                          \
    }                                                                                                        \
    static const char *type##_lane(void *self, struct lf_op *op, const struct lf_request *req)               \
    {                                                                                                        \
        return kit_sql_lane(&type##_rows, self, op, req);                                                    \
    }

#define KIT_SQL_PLAN(type)                                                                                   \
    static void type##_plan(void *self, struct lf_op *op, const struct lf_request *req)                      \
    {                                                                                                        \
        kit_sql_plan(&type##_rows, self, op, req);                                                           \
    }

/* The fields of an lf_resource that are the same for every type. */
#define KIT_SQL_RESOURCE(type)                                                                               \
    .struct_size = sizeof(struct lf_resource), .lane = type##_lane, .read = type##_verb,                     \
    .create = type##_verb, .destroy = type##_verb, .update = type##_verb, .recover = type##_verb,            \
    .find = type##_verb, .owned = type##_owned, .read_many = type##_many, .change_many = type##_many,        \
    .recover_many = type##_many, .find_many = type##_many

#ifdef __cplusplus
}
#endif
