/* The SQS driver's own parts: the queues of one account in one region, and the topics of SNS beside them.
 *
 * Every type is looked at, brought to what is asked, and dropped in the same three steps (sqs_item.c); what
 * differs is a `struct sqs_type` each.  An item lives as long as its operation. */
#pragma once

#include "kit_aws.h"
#include "kit_plan.h"

#define SQS_POOL "queue-sqs"
#define SNS_POOL "queue-sns"

/* The contract's bound, which is SQS's own; SNS would take 256. */
#define SQS_NAME_MAX 80
#define SQS_FIFO     ".fifo"
/* Both services answer within seconds or not at all; what a dead process sent lands no later than that. */
#define SQS_INFLIGHT_MS 15000
/* "Creation, deletion and changes of attributes take up to 60 seconds": the service's own words. */
#define SQS_SETTLE_MS 60000
/* Between two looks at what has not settled yet. */
#define SQS_PAUSE_MS 1000

#define SQS_MARK    "landfall"
#define SQS_ADDRESS "landfall:address"

struct sqs {
    struct kit kit;
    struct kit_aws *sqs;
    struct kit_aws *sns; /* NULL: no sns_endpoint, and so no topics */
    char *account;
};

struct sqs_type;
struct sweep;

/* One request on its way through look, bring and drop. */
struct sqs_item {
    struct sqs *self;
    const struct kit *kit;
    const struct sqs_type *type;
    struct lf_op *op;
    const struct lf_request *req;
    const char *name;  /* what messages call it */
    const char *id;    /* its ARN; of a subscription NULL until it is known */
    const char *topic; /* of a subscription: the ARNs of its ends; topic also of a topic */
    const char *queue; /* of a queue its own */
    const char *url;   /* of the queue, as the service says */
    /* what is there */
    bool there;
    const char *marker; /* or NULL */
    const char *address;
    const struct lf_value *attributes; /* the service's own, by its names */
    const struct lf_value *policy;     /* of a subscription's queue, parsed; or NULL */
    const struct lf_value *state;
    bool asks;         /* the last request only asks, and has an answer with something in it */
    bool touched;      /* a request that changes something has left */
    bool taken;        /* and the service said that it is done */
    bool topic_gone;   /* of a subscription: its topic is not there */
    bool made;         /* of a create: the service said that it is there now */
    int64_t since_ms;  /* when waiting for something to settle began; 0: nothing is waited for */
    size_t step;       /* of a chain of requests */
    const char *doing; /* for messages: "create the queue 'orders'" */
    void (*then)(struct sqs_item *item);
    struct sweep *sweep; /* that it asks for, or NULL */
};

struct sqs_type {
    const char *noun;
    const struct lf_schema *schema;
    bool markless;
    bool needs_sns;
    /* Fills names and ARNs from the request; false: refused. */
    bool (*name_it)(struct sqs_item *item);
    /* What can be known to be wrong beforehand; false: refused.  Sees only `desired`, with unknowns in it. */
    bool (*check)(struct sqs_item *item);
    const struct lf_value *(*computed)(struct sqs_item *item);
    /* Fills what is there, then calls item->then; or ends the operation. */
    void (*look)(struct sqs_item *item);
    /* What is there is as asked. */
    bool (*is_right)(struct sqs_item *item);
    /* Makes it (not `there`), changes it (`there`), removes it; then sqs_item_made, sqs_item_changed or
     * sqs_item_dropped.  Or ends the operation. */
    void (*make)(struct sqs_item *item);
    void (*change)(struct sqs_item *item);
    void (*drop)(struct sqs_item *item);
};

extern const struct sqs_type sqs_queue;
extern const struct sqs_type sqs_topic;
extern const struct sqs_type sqs_subscription;

/* ---- the three steps (sqs_item.c) --------------------------------------------------------------------- */

void sqs_item_verb(const struct sqs_type *type, void *self, struct lf_op *op, const struct lf_request *req);
/* Without an operation's verb: for messages and sweeps. */
struct sqs_item *sqs_item_new(const struct sqs_type *type, void *self, struct lf_op *op,
                              const struct lf_request *req, const char *doing);

void sqs_item_look(struct sqs_item *item, void (*then)(struct sqs_item *item));
/* What the three steps go on with. */
void sqs_item_made(struct sqs_item *item);
void sqs_item_changed(struct sqs_item *item);
void sqs_item_dropped(struct sqs_item *item);
void sqs_item_end(struct sqs_item *item, uint32_t status);
void sqs_item_refuse(struct sqs_item *item, const char *code, const char *path, const char *summary,
                     const char *detail, const char *advice);
/* A reply that is not what was hoped for: in words, and as what it means. */
void sqs_item_fail(struct sqs_item *item, struct kit_aws *aws, const struct kit_aws_reply *reply);
/* Ends it with that and gives true unless the reply is a 2xx in the service's own form. */
bool sqs_item_failed(struct sqs_item *item, struct kit_aws *aws, const struct kit_aws_reply *reply);
/* Nothing happened for certain, and a later try may work. */
void sqs_item_later(struct sqs_item *item, uint32_t ms, const char *code, const char *summary,
                    const char *detail, const char *advice);

/* The callbacks get the item as their user.  Questions pass the read-only gate, changes do not. */
void sqs_ask(struct sqs_item *item, const char *action, const struct lf_value *body, kit_aws_fn *fn);
void sqs_change(struct sqs_item *item, const char *action, const struct lf_value *body, kit_aws_fn *fn);
void sns_ask(struct sqs_item *item, const char *action, const struct kit_aws_pair *pairs, size_t count,
             kit_aws_fn *fn);
void sns_change(struct sqs_item *item, const char *action, const struct kit_aws_pair *pairs, size_t count,
                kit_aws_fn *fn);
bool sqs_is_missing(const struct kit_aws_reply *reply);
bool sns_is_missing(const struct kit_aws_reply *reply);

/* ---- names (sqs_name.c) ------------------------------------------------------------------------------- */

/* "arn:aws:sqs:eu-west-1:123456789012:orders" */
const char *sqs_arn(const struct sqs *self, struct lf_op *op, const char *service, const char *account,
                    const char *name);
/* False: not an ARN of that service, in this partition and region. */
struct sqs_arn {
    const char *account;
    const char *name; /* of a subscription "topic:uuid" */
};
bool sqs_arn_parse(const struct sqs *self, struct lf_op *op, const char *service, const char *text,
                   struct sqs_arn *out);
bool sqs_is_fifo(const char *name);
/* NULL: it can be the name of a queue or a topic. */
const char *sqs_name_fault(const struct kit *kit, struct lf_op *op, const char *name);
/* desired, or without one prior. */
const struct lf_value *sqs_wish(const struct sqs_item *item);
/* By id or by `name`: what queue and topic do. */
bool sqs_name_it(struct sqs_item *item, const char *service);
/* `name`, `namespace` and whether `options.fifo` fits the name. */
bool sqs_check_name(struct sqs_item *item);
/* The address as the value of a tag, or NULL where it cannot be one. */
const char *sqs_tag_address(const struct sqs_item *item);

/* ---- options, and what the service calls them (sqs_option.c) ------------------------------------------ */

/* An attribute of the service that an option of ours sets.  The array ends with a NULL name. */
struct sqs_option {
    const char *name;
    const char *attribute; /* NULL: none that can be set alone */
    uint32_t kind;
    int64_t least, most;  /* of an integer */
    const char *fallback; /* what the service takes it for when nobody says, as text */
    bool fifo_only;
    bool at_birth; /* never changed later */
};

bool sqs_options_check(struct sqs_item *item, const struct sqs_option *options);
/* The text the attribute should have; never NULL. */
const char *sqs_option_text(struct sqs_item *item, const struct sqs_option *option);
/* The text it has. */
const char *sqs_option_seen(struct sqs_item *item, const struct sqs_option *option);
/* The option says something about this object. */
bool sqs_option_counts(const struct sqs_item *item, const struct sqs_option *option);
bool sqs_options_are_right(struct sqs_item *item, const struct sqs_option *options);
/* `state` with the options that are not as they are by themselves, or that the wish spells out. */
const struct lf_value *sqs_options_put(struct sqs_item *item, const struct sqs_option *options,
                                       const struct lf_value *state);

/* ---- what lets a topic send to a queue (sqs_policy.c) ------------------------------------------------- */

/* The policy lets the topic send: a statement of ours does.  `policy` may be NULL. */
bool sqs_policy_allows(struct sqs_item *item);
/* The policy with that statement, or without it; "": without any statement there is no policy. */
const char *sqs_policy_with(struct sqs_item *item);
const char *sqs_policy_without(struct sqs_item *item);

/* ---- filters (sqs_filter.c) --------------------------------------------------------------------------- */

/* What cannot be asked of SNS, or NULL; then *path says where. */
const char *sqs_filter_fault(const struct kit *kit, struct lf_op *op, const struct lf_value *filter,
                             const char **path);
/* The policy of SNS for a filter; NULL where it lets everything through. */
const struct lf_value *sqs_filter_policy(const struct kit *kit, struct lf_op *op,
                                         const struct lf_value *filter);
/* A filter for a policy of SNS, spelled as `wish` where that means the same; NULL for none. */
const struct lf_value *sqs_filter_read(const struct kit *kit, struct lf_op *op, const char *policy,
                                       const struct lf_value *wish);
/* "a.b" as a path of one key. */
const char *sqs_key(const struct kit *kit, struct lf_op *op, const char *name);

/* ---- the rest ----------------------------------------------------------------------------------------- */

void sqs_send_run(void *self, struct lf_op *op, const struct lf_request *req);
void sqs_send_recover(void *self, struct lf_op *op, const struct lf_request *req);
void sqs_queues_owned(void *self, struct lf_op *op, const struct lf_request *req);
void sqs_topics_owned(void *self, struct lf_op *op, const struct lf_request *req);
void sqs_preflight(void *self, struct lf_op *op, const struct lf_request *req);
