/* The RabbitMQ driver's own parts: one broker behind its management API.
 *
 * Every type is looked at, brought to what is asked, and dropped in the same three steps (rabbitmq_item.c);
 * what differs is a `struct rabbit_type` each.  An item lives as long as its operation. */
#pragma once

#include "kit_http.h"
#include "kit_plan.h"

#define RABBIT_POOL "queue-rabbitmq"
/* The contract's bound on names; RabbitMQ itself takes 255 bytes. */
#define RABBIT_NAME_MAX 80
/* How much later a request of a dead process may still land.  The API handles a request of a few hundred
 * bytes within milliseconds of its arrival, and a socket of a dead process holds one at most. */
#define RABBIT_INFLIGHT_MS 2000
/* At most two objects of the broker make one of ours: a queue and its policy.  Where these leave a doubt, the
 * listing of queues is asked, and then which nodes run the vhost. */
enum { RABBIT_QUEUES = 2, RABBIT_NODES, RABBIT_SOURCES };
/* Unknown arguments are kept when the object is made, and never changed afterwards. */
#define RABBIT_MARK    "x-landfall-op"
#define RABBIT_ADDRESS "x-landfall-address"

struct rabbit {
    struct kit kit;
    const char *api;   /* "http://127.0.0.1:15672/api" */
    const char *amqp;  /* "amqp://127.0.0.1:5672"      */
    const char *host;  /* the host name in it          */
    const char *vhost; /* of what names no namespace   */
    const char *user;
    const struct lf_value *password; /* a handle lives as long as the instance */
    const char *place;               /* or NULL */
};

struct rabbit_type;

/* One request on its way through look, bring and drop. */
struct rabbit_item {
    struct rabbit *rabbit;
    const struct kit *kit; /* of rabbit */
    const struct rabbit_type *type;
    struct kit_batch *batch;
    size_t i;
    struct lf_op *op;
    const struct lf_request *req;
    /* what it is called: not every type uses all of them */
    const char *vhost;
    const char *name;
    const char *other; /* a subscription's queue, a permission's user */
    const char *id;
    /* what is there; NULL: definitely nothing */
    const struct lf_value *seen[RABBIT_SOURCES];
    bool there;
    const char *marker; /* or NULL */
    const struct lf_value *state;
    const char *address; /* in clear beside the mark, or NULL */
    bool touched;        /* a request that changes something has left */
    bool touched_before; /* the one before the last has, or an earlier one */
    bool made;           /* of a create: something is there now that was not */
    bool unfinished;     /* RabbitMQ began to make it and was cut off: it cannot be used */
    const char *away;    /* why nothing can be said of it for the moment; NULL: it can   */
    size_t step;         /* of a chain of requests */
    const char *doing;   /* for messages: "create the queue 'orders'" */
    void (*then)(struct rabbit_item *item);
    void *work; /* the type's own */
};

struct rabbit_type {
    const char *noun; /* "queue" */
    const struct lf_schema *schema;
    bool markless;
    bool global;         /* of the broker, in no vhost */
    const char *damaged; /* what an unfinished one is, for who reads it; NULL: no more than that */
    /* Fills vhost, name, other and id from the request; false: it is refused or answered. */
    bool (*name_it)(struct rabbit_item *item);
    /* What can be known to be wrong beforehand; false: refused.  Sees only `desired`, which may hold
     * unknowns in a plan. */
    bool (*check)(struct rabbit_item *item);
    /* Attributes that follow from others, for the plan; and those that force a new object. */
    const struct lf_value *(*computed)(struct rabbit_item *item);
    bool (*is_fixed)(struct rabbit_item *item, const char *attribute);
    /* Paths below the API: of the one, and of all in a vhost (NULL: of all there are).  NULL: no such source.
     */
    const char *(*path)(struct rabbit_item *item, size_t source);
    const char *(*list)(const struct rabbit *rabbit, struct lf_op *op, const char *vhost, size_t source);
    /* What tells the elements of one vhost's listing apart, and what the item's element is told by. */
    const char *(*key_of)(const struct rabbit *rabbit, struct lf_op *op, size_t source,
                          const struct lf_value *element);
    const char *(*key)(struct rabbit_item *item, size_t source);
    bool gathers; /* many elements with one key make one object: `seen` is a list of them */
    /* Whether it may only be away, by what was seen so far: where RABBIT_QUEUES or RABBIT_NODES is asked for
     * the one; NULL: there is no doubt.  `listed`: it was looked for in the listings, and list() of that
     * source is asked for all.  No such function: whatever RabbitMQ does not show is not there. */
    const char *(*doubt)(struct rabbit_item *item, size_t source, bool listed);
    bool hides; /* the first listing has nothing of what is away */
    /* From `seen` to there, marker, state, unfinished and away. */
    void (*take)(struct rabbit_item *item);
    /* Makes it so, then rabbit_item_brought; what is `there` is ours.  Or answers. */
    void (*bring)(struct rabbit_item *item);
    /* Removes it, then rabbit_item_dropped. */
    void (*drop)(struct rabbit_item *item);
    /* For `owned`: the names of what one element of the first listing is.  NULL: it carries no marks. */
    void (*name_found)(struct rabbit_item *item, const struct lf_value *element);
};

extern const struct rabbit_type rabbit_namespace;
extern const struct rabbit_type rabbit_queue;
extern const struct rabbit_type rabbit_topic;
extern const struct rabbit_type rabbit_subscription;
extern const struct rabbit_type rabbit_user;
extern const struct rabbit_type rabbit_permission;
extern const struct rabbit_type rabbit_policy;

/* ---- the three steps (rabbitmq_item.c) ---------------------------------------------------------------- */

/* Every verb of every type, for one request. */
void rabbit_item_verb(const struct rabbit_type *type, void *self, struct lf_op *op,
                      const struct lf_request *req);
/* The item of an operation of one request; NULL: answered already. */
struct rabbit_item *rabbit_item_one(const struct rabbit_type *type, void *self, struct lf_op *op,
                                    const struct lf_request *req);

/* One more request of the item's, to `path` below the API; `fn` gets the item as its user. */
void rabbit_item_ask(struct rabbit_item *item, const char *method, const char *path,
                     const struct lf_value *json, kit_http_fn *fn);
/* A POST that only asks, and passes the gate of the verbs that read. */
void rabbit_item_peek(struct rabbit_item *item, const char *path, const struct lf_value *json,
                      kit_http_fn *fn);
/* Looks again at everything there is of it, then goes on with `then`. */
void rabbit_item_look(struct rabbit_item *item, void (*then)(struct rabbit_item *item));
void rabbit_item_brought(struct rabbit_item *item);
void rabbit_item_dropped(struct rabbit_item *item);
/* The same as callbacks of the last request. */
void rabbit_item_was_put(struct lf_op *op, const struct kit_http_reply *reply, void *user);
void rabbit_item_was_deleted(struct lf_op *op, const struct kit_http_reply *reply, void *user);
/* A 404 in the API's own words, not that of something in between. */
bool rabbit_is_missing(const struct kit_http_reply *reply);
/* Ends it. */
void rabbit_item_end(struct rabbit_item *item, const struct lf_result *result);
void rabbit_item_refuse(struct rabbit_item *item, const char *code, const char *path, const char *summary,
                        const char *detail, const char *advice);
void rabbit_item_no_vhost(struct rabbit_item *item);
/* A reply that is not what was hoped for: in words, and as what it means. */
void rabbit_item_fail(struct rabbit_item *item, const struct kit_http_reply *reply);
/* Ends it with that and gives true unless the reply is a 2xx. */
bool rabbit_item_failed(struct rabbit_item *item, const struct kit_http_reply *reply);

/* ---- the pieces of it, for many at once (rabbitmq_sweep.c) -------------------------------------------- */

/* What a batch of items has left to do: kit_batch.user.  The last answer ends the batch. */
struct rabbit_crowd {
    size_t open;
};

/* False: refused or answered. */
bool rabbit_item_init(struct rabbit_item *item, const struct rabbit_type *type, struct kit_batch *batch,
                      size_t i);
/* From `seen` to all that follows from it. */
void rabbit_item_taken(struct rabbit_item *item);
/* Ends it with that, for the verbs that only look. */
void rabbit_item_tell(struct rabbit_item *item);
void rabbit_ask(const struct rabbit *rabbit, struct lf_op *op, const char *method, const char *path,
                const struct lf_value *json, uint32_t flags, kit_http_fn *fn, void *user);

/* Reads and recovers of a batch, over one listing for each vhost; and everything that carries a mark. */
void rabbit_sweep_many(const struct rabbit_type *type, void *self, struct lf_op *op,
                       const struct lf_request *const *reqs, size_t count);
void rabbit_sweep_owned(const struct rabbit_type *type, void *self, struct lf_op *op);

/* ---- what is away (rabbitmq_away.c) -------------------------------------------------------------------- */

/* Where RABBIT_NODES is asked: the names of the vhosts with their state on each node. */
#define RABBIT_RUNNING "/vhosts?columns=name,cluster_state"

/* An element of a listing of queues, with its state and node: that one is down, or comes up and may not have
 * all that belongs to the queue yet.  `vhosts`: as RABBIT_RUNNING gives them, one or a list; NULL: only what
 * the element itself says. */
bool rabbit_away_is(const struct kit *kit, const struct lf_value *row, const char *vhost,
                    const struct lf_value *vhosts);
/* The same in words. */
const char *rabbit_away_why(struct rabbit_item *item, const struct lf_value *row);
/* Why a quorum queue of which no member runs is away: not all nodes that have one are up.  NULL: they are,
 * and it is no more than damaged.  `vhosts`: as above. */
const char *rabbit_away_members(struct rabbit_item *item, const struct lf_value *queue,
                                const struct lf_value *vhosts);
/* The path of a listing of that queue alone: `items` has its name, state and node, or nothing. */
const char *rabbit_away_listing(const struct rabbit_item *item, const char *queue);
/* Ends it as away: nothing can be told, or it is to be tried again. */
void rabbit_away_end(struct rabbit_item *item);
/* After a "not found", which did nothing: goes on with `then` if that queue is not there, or if it is there,
 * not away, and not what was not found; else ends it as away. */
void rabbit_away_or(struct rabbit_item *item, const char *queue, bool not_found,
                    void (*then)(struct rabbit_item *item));

/* ---- names, ids and options (rabbitmq_name.c) --------------------------------------------------------- */

/* "orders" in the instance's own vhost, "eu/orders" elsewhere; each part percent-encoded, so that a slash in
 * a name is none in an id.  `other` may be NULL. */
const char *rabbit_id(const struct rabbit *rabbit, struct lf_op *op, const char *vhost, const char *name,
                      const char *other);
/* The other way round; false: that is no id of `count` names (one or two). */
bool rabbit_id_split(const struct rabbit *rabbit, struct lf_op *op, const char *id, size_t count,
                     const char **vhost, const char **names);
/* NULL: broken, or it hides a NUL. */
const char *rabbit_decode(const struct kit *kit, struct lf_op *op, const char *text, size_t len);
/* The vhost that `namespace` in desired or prior names, or the instance's own. */
const char *rabbit_vhost(struct rabbit_item *item, const struct lf_value *object);
/* A state with `namespace` where it is not the instance's own vhost, or was spelled out. */
const struct lf_value *rabbit_put_namespace(struct rabbit_item *item, const struct lf_value *state);
/* desired, or without one prior. */
const struct lf_value *rabbit_wish(const struct rabbit_item *item);
/* Of one name, by id or by `name` and `namespace`: what most types' name_it does. */
bool rabbit_name_it(struct rabbit_item *item);
/* Refuses what cannot be the value of `name`; `reserved` is a prefix nobody may use, or NULL. */
bool rabbit_check_name(struct rabbit_item *item, const char *path, const char *reserved);
/* The text of an attribute that is an id of ours, as it was spelled where that means the same. */
const char *rabbit_spelled(struct rabbit_item *item, const char *attribute, const char *id);
bool rabbit_check_range(struct rabbit_item *item, const char *path, int64_t least, int64_t most);

/* What a type's `options` may hold. */
struct rabbit_option {
    const char *name;
    uint32_t kind;
    const char *choices; /* " classic quorum ": one of these; or NULL */
    int64_t least, most; /* of an integer */
};
/* `options` ends with a NULL name. */
bool rabbit_check_options(struct rabbit_item *item, const struct rabbit_option *options);
/* Text that may be spelled with anything: "a.b" as a path of one key. */
const char *rabbit_key(const struct kit *kit, struct lf_op *op, const char *name);
/* kit_format with each further argument percent-encoded for a path of a URL. */
const char *rabbit_path(const struct kit *kit, struct lf_op *op, const char *format, ...);

/* ---- tags, where vhosts and users carry their mark (rabbitmq_tags.c) ---------------------------------- */

bool rabbit_tag_is_ours(const char *tag);
/* Of what was seen: the mark, or NULL; and the tags that are not landfall's own.  Notes the address. */
const char *rabbit_tags_mark(struct rabbit_item *item);
const struct lf_value *rabbit_tags_seen(struct rabbit_item *item);
/* These and landfall's own. */
const struct lf_value *rabbit_tags_marked(struct rabbit_item *item, const struct lf_value *tags);
