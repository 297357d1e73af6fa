/* queue-local: queues, topics and subscriptions in one SQLite file that programs in any language can use.
 *
 * Everything is a row of queues.db (local_rows.c); the README documents the tables and the statements to
 * send, receive, acknowledge and dead-letter. */
#include "local_rows.h"

#include <landfall/queue.h>

#define namespace_rows    local_namespace_rows
#define queue_rows        local_queue_rows
#define topic_rows        local_topic_rows
#define subscription_rows local_subscription_rows

KIT_SQL_VERBS(namespace)
KIT_SQL_VERBS(queue)
KIT_SQL_VERBS(topic)
KIT_SQL_VERBS(subscription)
KIT_SQL_PLAN(namespace)
KIT_SQL_PLAN(queue)
KIT_SQL_PLAN(topic)
KIT_SQL_PLAN(subscription)

/* A natural name each, and one transaction: doing it twice is doing it once. */
static const struct lf_settle settle = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_NAMED,
    .update = LF_SETTLE_NAMED,
    .destroy = LF_SETTLE_NAMED,
};

/* The ledger keeps tokens for ever. */
static const struct lf_settle settle_send = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_TOKENED,
    .update = LF_SETTLE_TOKENED,
    .destroy = LF_SETTLE_TOKENED,
};

/* ---- costs -------------------------------------------------------------------------------- */

static void costs_nothing(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct kit_sql_driver *driver = self;
    (void)req;
    kit_finish(&driver->kit, op, LF_END_OK);
}

/* How many requests there will be nobody knows unless the playbook says. */
static void queue_estimate(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct kit_sql_driver *driver = self;
    const struct lf_value *queue = req->desired ? req->desired : req->prior;
    int64_t requests = kit_get_int(&driver->kit, queue, "monthly_requests", -1);
    struct lf_cost cost = {.what = "requests",
                           .sku = "queue.requests",
                           .unit = "million requests",
                           .per = LF_PER_MONTH,
                           .flags = requests < 0 ? LF_COST_UNBOUNDED : 0};
    if (requests >= 0)
        cost.low_milli = cost.expected_milli = cost.high_milli = requests / 1000 + (requests % 1000 != 0);
    struct lf_result result = kit_result(LF_END_OK);
    result.costs = &cost;
    result.cost_count = 1;
    result.cost_size = sizeof(cost);
    driver->kit.ops->finish(op, &result);
}

/* ---- the record --------------------------------------------------------------------------- */

static const struct lf_resource namespace = {
    KIT_SQL_RESOURCE(namespace),
    .traits = LF_TRAIT_OWN_TRANSPORT,
    .name = "namespace",
    .doc = "keeps the queues and topics of one service apart",
    .schema = &lf_queue_namespace,
    .settle = &settle,
    .pool = LOCAL_POOL,
    .plan = namespace_plan,
    .estimate = costs_nothing,
};

static const struct lf_resource queue = {
    KIT_SQL_RESOURCE(queue),
    .traits = LF_TRAIT_OWN_TRANSPORT | LF_TRAIT_HOLDS_DATA,
    .name = "queue",
    .doc = "messages that wait until a program has handled them",
    .schema = &lf_queue_queue,
    .settle = &settle,
    .pool = LOCAL_POOL,
    .plan = queue_plan,
    .estimate = queue_estimate,
};

static const struct lf_resource topic = {
    KIT_SQL_RESOURCE(topic),   .traits = LF_TRAIT_OWN_TRANSPORT,
    .name = "topic",           .doc = "what is sent to it goes to the queue of each subscription",
    .schema = &lf_queue_topic, .settle = &settle,
    .pool = LOCAL_POOL,        .plan = topic_plan,
    .estimate = costs_nothing,
};

static const struct lf_resource subscription = {
    KIT_SQL_RESOURCE(subscription),
    .traits = LF_TRAIT_OWN_TRANSPORT,
    .name = "subscription",
    .doc = "one queue's share of a topic",
    .schema = &lf_queue_subscription,
    .settle = &settle,
    .pool = LOCAL_POOL,
    .plan = subscription_plan,
    .estimate = costs_nothing,
};

static const struct lf_resource *const resources[] = {&namespace, &queue, &topic, &subscription, NULL};

static void send_verb(void *self, struct lf_op *op, const struct lf_request *req)
{
    kit_sql_verb(&local_send_rows, self, op, req);
}

static const struct lf_call send_call = {
    .struct_size = sizeof(struct lf_call),
    .traits = LF_TRAIT_OWN_TRANSPORT,
    .name = "send",
    .doc = "send one message to a queue, or through a topic to all its subscriptions",
    .args = &lf_queue_send_args,
    .reply = &lf_queue_send_reply,
    .settle = &settle_send,
    .pool = LOCAL_POOL,
    .run = send_verb,
    .recover = send_verb,
};
static const struct lf_call *const calls[] = {&send_call, NULL};

static void preflight(void *self, struct lf_op *op, const struct lf_request *req)
{
    kit_sql_preflight(&local_queue_rows, self, op, req);
}

static const struct lf_attr setting_attrs[] = {
    {"path", LF_KIND_TEXT, LF_ATTR_REQUIRED, "the folder of queues.db, relative to the project", NULL, NULL,
     0, 1},
    {"place", LF_KIND_TEXT, 0, "where that folder is, for queues that do not say it themselves", NULL, NULL,
     0, 1},
};
static const struct lf_schema setting_schema = LF_SCHEMA(1, setting_attrs);

static const struct lf_plugin plugin = {
    .struct_size = sizeof(struct lf_plugin),
    .abi_major = LF_ABI_MAJOR,
    .abi_minor = LF_ABI_MINOR,
    .needs_minor = 0,
    .subsystem = "queue",
    .name = "local",
    .version = "1.0.0",
    .doc = "queues in one SQLite file, for programs in any language",
    .contract_version = LF_QUEUE_CONTRACT,
    .settings = &setting_schema,
    .resources = resources,
    .calls = calls,
    .open = kit_sql_open,
    .close = kit_sql_close,
    .preflight = preflight,
};

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    return &plugin;
}
