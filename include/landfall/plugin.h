/* landfall/plugin.h - everything a plugin and the core agree on.  Nothing else is shared.
 *
 * Eight promises hold the two sides together:
 *   1. A plugin exports one symbol, lf_plugin_v1().  It returns constant data and does nothing.
 *   2. The plugin reaches the core only through the table it is handed in open().
 *   3. All calls come on one thread and return at once.  Waiting is send(), run(), after(), watch()
 *      or work(); every blocking call of a client library (SQLite, files, a sync API) goes through work().
 *   4. An operation ends by exactly one finish(), each item of a many by exactly one item().
 *   5. Whoever made a thing frees it.  Values and scratch made for an operation die with it.
 *   6. Structs only grow at the end and hold no hidden padding.  Before reading a field younger
 *      than 1.0, ask LF_HAS.  Zero is never a valid status, action or verb: a forgotten field is
 *      a bug that is named, not a success.
 *   7. Only create, update, destroy and a call's run may change the world.  In every other verb the
 *      core refuses unsafe HTTP, commands and file writes; a driver with a transport of its own says so
 *      (LF_TRAIT_OWN_TRANSPORT), honours `read_only`, and a plan says whose word it is.
 *   8. A plugin never retries and never sleeps: it reports, the core decides.
 *
 * Text is UTF-8 and ends with NUL.  Pointers in a request are borrowed until finish() returns.
 * Every struct and field below is since 1.0 unless it says otherwise.
 */
#ifndef LF_PLUGIN_H
#define LF_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LF_ABI_MAJOR 1u
#define LF_ABI_MINOR 1u

#if defined(__GNUC__)
#define LF_EXPORT __attribute__((visibility("default")))
#else
#define LF_EXPORT
#endif

/* True when *p was made by a side that knows `field`. */
#define LF_HAS(type, p, field) ((p)->struct_size >= offsetof(type, field) + sizeof((p)->field))

struct lf_op;    /* one running operation; made and freed by the core  */
struct lf_value; /* one immutable value; lives as long as its operation */
struct lf_reply; /* one HTTP reply; valid inside its callback           */
struct lf_ended; /* how a command ended; valid inside its callback      */

/* Kinds of value.  Integer constants, not enum types: an enum has no fixed size. */
#define LF_KIND_NULL    1u
#define LF_KIND_BOOL    2u
#define LF_KIND_INT     3u
#define LF_KIND_REAL    4u
#define LF_KIND_TEXT    5u
#define LF_KIND_LIST    6u
#define LF_KIND_MAP     7u
#define LF_KIND_UNKNOWN 8u  /* will be known after some other step is done           */
#define LF_KIND_SECRET  9u  /* a handle; reveal() gives the bytes inside an op only  */
#define LF_KIND_ANY     10u /* in a schema only                                      */

/* How an operation, or one item of it, ended. */
#define LF_END_OK          1u  /* done; `state` and `id` tell the truth now                     */
#define LF_END_GONE        2u  /* definitely not there; for destroy this is success             */
#define LF_END_EXISTS      3u  /* the name is taken; `marker` says by whom, if it can be read   */
#define LF_END_RETRY       4u  /* for certain nothing happened; try again                       */
#define LF_END_UNSURE      5u  /* something may have happened: the core reconciles first        */
#define LF_END_CANNOT_TELL 6u  /* recover, find, read: no definite answer; never means "gone"   */
#define LF_END_MANY        7u  /* recover: several objects carry the marker; a person decides   */
#define LF_END_REFUSED     8u  /* can never work as asked; a person must change something       */
#define LF_END_FAILED      9u  /* broke in a way the plugin understands but cannot mend         */
#define LF_END_DAMAGED     10u /* it exists but is not right; `state` is kept                   */
#define LF_END_CANCELED    11u /* the core asked to stop and nothing more will happen           */

#define LF_DO_KEEP    1u
#define LF_DO_UPDATE  2u
#define LF_DO_CREATE  3u
#define LF_DO_REPLACE 4u
#define LF_DO_DESTROY 5u

/* ---- diagnostics ------------------------------------------------------------------------- */

#define LF_DIAG_ERROR   1u
#define LF_DIAG_WARNING 2u
#define LF_DIAG_HINT    3u
#define LF_DIAG_TRACE   4u

/* One thing a person should read.  summary: one line, no full stop.  detail: what was seen.
 * advice: what to do.  path: the attribute at fault ("records[0].ttl"), or NULL. */
struct lf_diag {
    uint32_t struct_size;
    uint32_t severity;
    const char *code; /* stable, greppable: "dns.zone_taken" */
    const char *path;
    const char *summary;
    const char *detail;
    const char *advice;
};

/* ---- schema ------------------------------------------------------------------------------ */

#define LF_ATTR_REQUIRED  (1u << 0)
#define LF_ATTR_COMPUTED  (1u << 1) /* the service may set it; unknown until then             */
#define LF_ATTR_FIXED     (1u << 2) /* a change means a new object                            */
#define LF_ATTR_SECRET    (1u << 3) /* a handle going in, sealed at rest coming out           */
#define LF_ATTR_UNORDERED (1u << 4) /* a list whose order carries no meaning                  */
#define LF_ATTR_PLACE     (1u << 5) /* says where the object lives; residency reads it back   */
#define LF_ATTR_KEY       (1u << 6) /* part of the object's natural name in its instance      */

struct lf_attr {
    const char *name; /* never "step": that key is the core's               */
    uint32_t kind;
    uint32_t flags;
    const char *doc;            /* one sentence with the unit; shown by `describe`    */
    const struct lf_schema *of; /* shape of a map, or of each element of a list; or NULL */
    const char *fallback;       /* default as JSON text, or NULL                      */
    uint32_t of_kind;           /* kind of each element where `of` is NULL            */
    uint32_t since;             /* contract version that brought it                   */
};

/* attr_size is the stride, so that an older core can walk a newer, wider array. */
struct lf_schema {
    uint32_t struct_size;
    uint32_t version; /* raise it when stored state must be upgraded */
    const struct lf_attr *attrs;
    uint32_t attr_count;
    uint32_t attr_size;
};
#define LF_SCHEMA(v, a)                                                                                      \
    {                                                                                                        \
        sizeof(struct lf_schema), (v), (a), sizeof(a) / sizeof((a)[0]), sizeof((a)[0])                       \
    }

/* ---- how a doubt is settled --------------------------------------------------------------- */

#define LF_SETTLE_NAMED       1u /* natural key: doing it twice is doing it once               */
#define LF_SETTLE_TOKENED     2u /* the service makes `token` idempotent for token_retention_s */
#define LF_SETTLE_CONDITIONAL 3u /* the request carries a precondition the service checks      */
#define LF_SETTLE_FINDABLE    4u /* recover() finds it by marker, for certain, after the drain */
#define LF_SETTLE_BLIND       5u /* none of these: after a crash a person must look            */

struct lf_settle {
    uint32_t struct_size;
    uint32_t create, update, destroy; /* LF_SETTLE_*                                           */
    uint32_t token_retention_s;       /* TOKENED: 0 means for ever                             */
    uint32_t max_inflight_ms;         /* a request of a dead sender may land this much later   */
    uint32_t visible_after_ms;        /* a read may miss a create for this long                */
    uint32_t reserved;
};

/* ---- cost: the driver says what and how much, the core prices it from the price book ------ */

#define LF_PER_ONCE       1u
#define LF_PER_HOUR       2u
#define LF_PER_MONTH      3u
#define LF_COST_UNBOUNDED (1u << 0) /* usage nobody can bound: needs a guess in the playbook */

struct lf_cost {
    const char *what; /* "db.t4g.medium, 2 nodes"                    */
    const char *sku;  /* key in the price book: "rds.db.t4g.medium"  */
    const char *unit; /* "node", "gb", "million requests"            */
    uint32_t per;
    uint32_t flags;
    int64_t low_milli; /* thousandths of the unit */
    int64_t expected_milli;
    int64_t high_milli;
};

/* ---- one operation ----------------------------------------------------------------------- */

#define LF_VERB_READ      1u
#define LF_VERB_PLAN      2u
#define LF_VERB_CREATE    3u
#define LF_VERB_UPDATE    4u
#define LF_VERB_DESTROY   5u
#define LF_VERB_RECOVER   6u
#define LF_VERB_ESTIMATE  7u
#define LF_VERB_UPGRADE   8u
#define LF_VERB_FIND      9u
#define LF_VERB_OWNED     10u
#define LF_VERB_PREFLIGHT 11u
#define LF_VERB_TYPES     12u
#define LF_VERB_CALL      13u

struct lf_request {
    uint32_t struct_size;
    uint32_t verb;
    uint32_t attempt; /* 1 for the first try                                               */
    /* 1: must not change anything, whatever transport is used (a plan).  0 in a read: the region is held by
     * a run, so a driver with a transport of its own may tidy what a crash cut off (roll a dead transaction
     * back); it still changes nothing that was committed. */
    uint32_t read_only;
    const char *address; /* "dns.zone.main", for messages                                    */
    const char *token;   /* same for every try of this change; send it where the API takes one */
    const char *marker;  /* ours, short (30 chars), unique per lineage + region + address + generation */
    const char *id;      /* the service's name for the object, or NULL                       */
    const struct lf_value *prior;   /* what was true when last seen, or NULL                 */
    const struct lf_value *desired; /* what the playbook asks; unknowns only in plan, estimate */
    const struct lf_value *planned; /* what plan() promised; known parts are binding         */
    const struct lf_value *saved;   /* last save() of an earlier try, or NULL; calls: since 1.1 */
    const struct lf_value *memo;    /* the driver's own notes kept with the state, or NULL   */
    const struct lf_value *args;    /* a call's arguments                                    */
    int64_t deadline_ms;            /* on the clock of now_ms(); starts when it leaves its pool */
    uint32_t prior_version;         /* schema version `prior` was stored with                */
    uint32_t reserved;
};

struct lf_result {
    uint32_t struct_size;
    uint32_t status;         /* LF_END_*                                             */
    uint32_t action;         /* plan: LF_DO_*; else 0                                */
    uint32_t retry_after_ms; /* LF_END_RETRY: 0 lets the core choose                 */
    const char *id;
    const char *marker;           /* as read back from the object, or NULL          */
    const struct lf_value *state; /* plan: the promise; otherwise: the truth        */
    const struct lf_value *reply; /* of a call                                      */
    const struct lf_value *memo;  /* kept with the state, never shown, never diffed */
    const char *const *because;   /* plan: attribute paths that force it; ends NULL */
    const struct lf_cost *costs;
    uint32_t cost_count;
    uint32_t cost_size; /* stride, as in lf_schema */
};

/* ---- what the core offers ---------------------------------------------------------------- */

struct lf_values {
    uint32_t struct_size;
    uint32_t reserved;
    uint32_t (*kind)(const struct lf_value *v); /* LF_KIND_NULL for NULL */
    int64_t (*as_int)(const struct lf_value *v, int64_t otherwise);
    double (*as_real)(const struct lf_value *v, double otherwise);
    int (*as_bool)(const struct lf_value *v, int otherwise);
    const char *(*as_text)(const struct lf_value *v, size_t *len); /* NULL unless text */
    size_t (*count)(const struct lf_value *v);
    const struct lf_value *(*at)(const struct lf_value *v, size_t i, const char **key);
    const struct lf_value *(*get)(const struct lf_value *v, const char *path); /* a."b.c"[0] */
    /* The bytes of a secret, inside this op only; also arms the output filter with them. */
    const char *(*reveal)(struct lf_op *op, const struct lf_value *v, size_t *len);
    /* Makers: the result belongs to `op`. */
    const struct lf_value *(*of_null)(struct lf_op *op);
    const struct lf_value *(*of_bool)(struct lf_op *op, int b);
    const struct lf_value *(*of_int)(struct lf_op *op, int64_t n);
    const struct lf_value *(*of_real)(struct lf_op *op, double d);
    const struct lf_value *(*of_text)(struct lf_op *op, const char *s, size_t len);
    const struct lf_value *(*of_secret)(struct lf_op *op, const char *bytes, size_t len);
    const struct lf_value *(*of_list)(struct lf_op *op, const struct lf_value *const *v, size_t n);
    const struct lf_value *(*unknown)(struct lf_op *op, uint32_t kind);
    const struct lf_value *(*with)(struct lf_op *op, const struct lf_value *base, const char *path,
                                   const struct lf_value *v);
    const struct lf_value *(*from_json)(struct lf_op *op, const char *text, size_t len);
    const char *(*to_json)(struct lf_op *op, const struct lf_value *v, size_t *len);
    /* Since 1.1.  1 when both say the same at any depth; two handles do when they hide the same bytes. */
    int (*same)(const struct lf_value *a, const struct lf_value *b);
};

typedef void lf_after_fn(struct lf_op *op, void *user, int canceled);

struct lf_ops {
    uint32_t struct_size;
    uint32_t reserved;
    void (*finish)(struct lf_op *op, const struct lf_result *result);
    void (*item)(struct lf_op *op, size_t i, const struct lf_result *result); /* of a many     */
    void (*found)(struct lf_op *op, const struct lf_result *result);          /* owned: one more */
    /* Make identity and progress durable, then call fn: continue from there.  Since 1.1 also the progress of
     * a call that changes something; such a call has no id. */
    void (*save)(struct lf_op *op, const char *id, const struct lf_value *progress, lf_after_fn *fn,
                 void *user);
    void (*item_save)(struct lf_op *op, size_t i, const char *id, const struct lf_value *progress,
                      lf_after_fn *fn, void *user);
    void (*note)(struct lf_op *op, const struct lf_diag *diag);
    void (*after)(struct lf_op *op, uint64_t ms, lf_after_fn *fn, void *user);
    void *(*scratch)(struct lf_op *op, size_t size); /* zeroed; never NULL */
    int64_t (*now_ms)(struct lf_op *op);             /* the only clock a plugin may read */
};

#define LF_SENT_REPLY    1u /* a reply came; see status                                     */
#define LF_SENT_NOT      2u /* certain: the service never saw it.  LF_END_RETRY is right    */
#define LF_SENT_MAYBE    3u /* the line broke after sending.  LF_END_UNSURE is right        */
#define LF_SENT_CANCELED 4u

struct lf_header {
    const char *name;
    const char *value;
};

/* A POST that only asks, or since 1.1 a PUT that does (AWS opens a session with its metadata service so):
 * needed to pass the gate; shown in traces. */
#define LF_SEND_SAFE (1u << 0)
#define LF_SEND_FRESH                                                                                        \
    (1u << 1) /* since 1.1: on a connection of its own, so that what is told of it is whole */

struct lf_send {
    uint32_t struct_size;
    uint32_t flags;
    const char *pool; /* "dns-api": the operator sets its width and rate */
    const char *method;
    const char *url;
    const struct lf_header *headers;
    uint32_t header_count;
    uint32_t header_size; /* stride */
    const char *body;
    size_t body_len;
    uint64_t timeout_ms;             /* counted from the moment it leaves the pool's queue */
    const char *aws_sigv4;           /* "aws:amz:eu-west-1:rds", or NULL                   */
    const char *user;                /* for it, or for basic auth, or NULL                 */
    const struct lf_value *password; /* a secret handle, or NULL                           */
};

typedef void lf_reply_fn(struct lf_op *op, const struct lf_reply *reply, void *user);

struct lf_http {
    uint32_t struct_size;
    uint32_t reserved;
    void (*send)(struct lf_op *op, const struct lf_send *what, lf_reply_fn *fn, void *user);
    uint32_t (*sent)(const struct lf_reply *reply); /* LF_SENT_* */
    uint32_t (*status)(const struct lf_reply *reply);
    const char *(*header)(const struct lf_reply *reply, const char *name);
    const char *(*body)(const struct lf_reply *reply, size_t *len);
    uint32_t (*retry_after_ms)(const struct lf_reply *reply);
    /* Since 1.1.  From leaving the pool's queue to the last byte of the reply. */
    uint64_t (*took_ms)(const struct lf_reply *reply);
    /* Since 1.1.  How long the server's own certificate is still good; -1: there is none, or nobody knows. */
    int64_t (*certificate_left_s)(const struct lf_reply *reply);
};

/* For client libraries that are not HTTP.  Watch a descriptor (libpq's async API), or run a
 * blocking call on a worker thread of a named pool.  A running job cannot be stopped: at the
 * deadline the op is in doubt, its memory lives until the worker returns, recover waits for that,
 * and the callback then comes with canceled = 1 so that connections are closed. */
typedef void lf_ready_fn(struct lf_op *op, int fd, uint32_t events, void *user, int canceled);
typedef void lf_work_fn(void *user);
typedef void lf_work_done_fn(struct lf_op *op, void *user, int canceled);

/* What a watch waits for and is told; on a canceled callback events is 0. */
#define LF_WATCH_READ   (1u << 0)
#define LF_WATCH_WRITE  (1u << 1)
#define LF_WATCH_CLOSED (1u << 2)

/* watch: fn is called as long as the descriptor is ready, until unwatch; a second watch of a descriptor
 * replaces the first.  work: done gets canceled = 0 when fn ran to its end inside the operation.
 * pool: of the operator; a place of the operation's own pool serves for its jobs too. */
struct lf_wait {
    uint32_t struct_size;
    uint32_t reserved;
    void (*watch)(struct lf_op *op, int fd, uint32_t events, lf_ready_fn *fn, void *user);
    void (*unwatch)(struct lf_op *op, int fd);
    void (*work)(struct lf_op *op, const char *pool, lf_work_fn *fn, lf_work_done_fn *done, void *user);
};

/* Files of local drivers, behind the same gate.  Every reply has LF_SENT_REPLY and a status: 200 done,
 * 404 not there, 403 refused by the gate or the file's mode, 412 no longer the file that this operation
 * read (nothing was changed), 507 no room (nothing was changed), 503 other trouble (nothing was changed), 500
 * any other trouble (after it a change may have happened); its body is the bytes, or the error in words.
 * replace: missing folders are made; temporary file, fsync, rename, fsync of the folder.
 * list: the names of a folder's regular files, sorted, each followed by a line feed.
 * remove: unlink, fsync of the folder; a missing file is a 404. */
struct lf_files {
    uint32_t struct_size;
    uint32_t reserved;
    void (*read)(struct lf_op *op, const char *path, size_t cap, lf_reply_fn *fn, void *user);
    void (*replace)(struct lf_op *op, const char *path, const char *bytes, size_t len, lf_reply_fn *fn,
                    void *user);
    void (*list)(struct lf_op *op, const char *path, lf_reply_fn *fn, void *user);
    void (*remove)(struct lf_op *op, const char *path, lf_reply_fn *fn, void *user);
};

/* Since 1.1: commands.  A command is an array of words; no shell sees them, and any user of the machine may:
 * no secret belongs there.  It gets the environment it is given and no other, is the leader of a session and
 * process group of its own, and inherits no descriptor but the region's lock, so that nobody takes the region
 * over while it still acts.  When it has ended, all that is left of its group is killed.  What
 * is still running when its operation ends is killed too, and recover waits until it is gone. */
#define LF_RUN_SAFE (1u << 0) /* it only asks; needed to pass the gate, and a plan says whose word it is */

struct lf_variable {
    const char *name;
    const char *value;
    const struct lf_value *secret; /* a handle instead of the value, or NULL */
};

struct lf_run {
    uint32_t struct_size;
    uint32_t flags;
    const char *pool;
    const char *const *argv; /* ends with NULL; argv[0] without a slash is looked up in the PATH of env */
    const struct lf_variable *env;
    uint32_t env_count;
    uint32_t env_size; /* stride */
    const char *cwd;   /* NULL: the project's folder */
    const char *input; /* its standard input; NULL: nothing */
    size_t input_len;
    const struct lf_value *input_secret; /* a handle instead, or NULL                          */
    uint64_t timeout_ms;                 /* then SIGTERM to its group; never later than the operation's own */
    uint64_t grace_ms;                   /* then SIGKILL; 0: 5 000                             */
    size_t output_max;                   /* kept of each stream, the rest is dropped; 0: 1 MiB */
};

typedef void lf_ended_fn(struct lf_op *op, const struct lf_ended *ended, void *user);

#define LF_RAN_OUT 1u /* what it wrote to its standard output */
#define LF_RAN_ERR 2u

struct lf_process {
    uint32_t struct_size;
    uint32_t reserved;
    void (*run)(struct lf_op *op, const struct lf_run *what, lf_ended_fn *fn, void *user);
    /* LF_SENT_REPLY: it ended by itself, see exit_code.  LF_SENT_NOT: for certain it never ran, see why.
     * LF_SENT_MAYBE: a signal ended it, or its time was over: who knows how far it came.
     * LF_SENT_CANCELED: the operation was asked to stop; before it ran, if signal is 0. */
    uint32_t (*sent)(const struct lf_ended *ended);
    uint32_t (*exit_code)(const struct lf_ended *ended);
    uint32_t (*signal)(const struct lf_ended *ended);    /* that ended it, or 0                     */
    uint32_t (*timed_out)(const struct lf_ended *ended); /* 1: its time was over before it ended    */
    const char *(*output)(const struct lf_ended *ended, uint32_t stream, size_t *len); /* NUL behind */
    uint32_t (*was_cut)(const struct lf_ended *ended, uint32_t stream); /* 1: there was more       */
    const char *(*why)(const struct lf_ended *ended); /* why there is no exit code, in words        */
};

/* Young services are added at the end; test for them with LF_HAS and for NULL. */
struct lf_host {
    uint32_t struct_size;
    uint32_t abi_minor;
    const struct lf_values *values;
    const struct lf_ops *ops;
    const struct lf_http *http;
    const struct lf_wait *wait;
    const struct lf_files *files;
    const struct lf_process *process; /* since 1.1 */
};

/* ---- what a plugin offers ---------------------------------------------------------------- */

/* Every verb has one shape: look at req, start the work, return; later, finish(op). */
typedef void lf_verb_fn(void *self, struct lf_op *op, const struct lf_request *req);

/* The same over many requests of one type, one instance and one lane: 10 000 records are a
 * handful of calls.  Each request carries its own verb; items unsettled at the end are UNSURE. */
typedef void lf_many_fn(void *self, struct lf_op *op, const struct lf_request *const *reqs, size_t count);

#define LF_TRAIT_OWN_TRANSPORT (1u << 0) /* reaches the service past the host's gate          */
#define LF_TRAIT_MARKLESS      (1u << 1) /* the object cannot carry a marker                  */
#define LF_TRAIT_HOLDS_DATA    (1u << 2) /* destroying it destroys data: asks twice           */
/* Since 1.1.  What read tells in its LF_ATTR_PLACE attribute is what the service said of that very object (a
 * zone, the region in its ARN).  Without it the place is taken for what somebody wrote into the settings, and
 * evidence of residency says so. */
#define LF_TRAIT_TELLS_PLACE (1u << 3)
/* Since 1.1.  A create takes charge of what stands ready and carries no marker at all; what carries another's
 * it leaves alone, as ever.  So a plan does not call an unmarked object of that name a conflict. */
#define LF_TRAIT_TAKES_UNMARKED (1u << 4)

struct lf_resource {
    uint32_t struct_size;
    uint32_t traits;
    const char *name; /* "zone" in dns.zone.main */
    const char *doc;
    const struct lf_schema *schema;
    const struct lf_settle *settle;
    const char *pool; /* default pool of its operations                                     */
    /* Requests with equal lanes never overlap ("one writer per zone"); NULL: no lane.      */
    const char *(*lane)(void *self, struct lf_op *op, const struct lf_request *req);
    lf_verb_fn *read;     /* required                                                       */
    lf_verb_fn *create;   /* required                                                       */
    lf_verb_fn *destroy;  /* required                                                       */
    lf_verb_fn *update;   /* NULL: every change is a replacement                            */
    lf_verb_fn *plan;     /* NULL: the schema's own diff is the plan                        */
    lf_verb_fn *recover;  /* after the drain: OK, GONE, EXISTS, MANY or CANNOT_TELL         */
    lf_verb_fn *estimate; /* prior and desired, each; NULL: "not estimated", never zero     */
    lf_verb_fn *upgrade;  /* bring `prior` of an older schema version to this one           */
    lf_verb_fn *find;     /* by natural key, for adopt and for existing objects             */
    /* found() for every object that carries a landfall marker, whosever: result.marker and .id are
     * required, .state if cheap, and .memo = {"address": "..."} where the driver also wrote the address
     * in clear.  The core picks out its own (a marker is a digest nobody can invert).              */
    lf_verb_fn *owned;
    lf_many_fn *read_many;
    lf_many_fn *change_many;
    lf_many_fn *recover_many;
    uint64_t max_batch; /* items per many; 0: the core chooses                              */
    /* Since 1.1, or NULL.  Where the objects of a type differ in how a doubt about them is settled: changes
     * what does not hold for this change (req->verb, desired, prior) in *out, which comes filled with
     * `settle`. Asked before the change is sent and kept with it; it does no more than look at the request.
     */
    void (*settle_of)(void *self, struct lf_op *op, const struct lf_request *req, struct lf_settle *out);
    /* Since 1.1, or NULL.  `find` for a batch, by no more requests than one of them takes, or by few: a plan
     * asks for the names of all that is new before it says yes.  Often the function of read_many. */
    lf_many_fn *find_many;
};

/* A named action on what a driver manages (run SQL, send a message), journaled like a change. */
struct lf_call {
    uint32_t struct_size;
    uint32_t traits;
    const char *name; /* "query" in database.query */
    const char *doc;
    const struct lf_schema *args;
    const struct lf_schema *reply;
    const struct lf_settle *settle; /* its `create` member counts */
    const char *pool;
    lf_verb_fn *run;
    lf_verb_fn *recover;
};

struct lf_plugin {
    uint32_t struct_size;
    uint32_t abi_major;
    uint32_t abi_minor;    /* the header it was built with                      */
    uint32_t needs_minor;  /* the oldest core it can live with                  */
    const char *subsystem; /* "dns": the contract its types follow              */
    const char *name;      /* "powerdns"; with the subsystem, the file name     */
    const char *version;
    const char *doc;
    uint32_t contract_version; /* of the subsystem's contract                       */
    uint32_t reserved;
    const struct lf_schema *settings;
    const struct lf_resource *const *resources; /* ends with NULL; or NULL: ask types */
    const struct lf_call *const *calls;         /* ends with NULL; or NULL            */
    /* No I/O here: open() also runs for `plan`, `describe` and shell completion; secrets are
     * handles.  The settings live until close().  Return 0, or fill *why (whose strings are static) and
     * return -1. */
    int (*open)(const struct lf_host *host, const struct lf_value *settings, void **self,
                struct lf_diag *why);
    void (*close)(void *self);
    lf_verb_fn *preflight; /* before approval: reachable? allowed? offered here? room left?   */
    lf_verb_fn *types;     /* a bridge learns its types at run time: reply = their schemas     */
};

/* The one exported symbol.  Its name carries the major version. */
LF_EXPORT const struct lf_plugin *lf_plugin_v1(void);

#ifdef __cplusplus
}
#endif
#endif
