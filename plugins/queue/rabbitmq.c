/* queue-rabbitmq: vhosts, queues, exchanges, bindings, users, permissions and policies of a RabbitMQ broker,
 * and messages sent to it, through its management HTTP API.
 *
 * How each type is looked at, made and removed is its own file's matter (rabbitmq_<type>.c); the README says
 * what of the contract becomes what of the broker. */
#include "rabbitmq.h"
#include "rabbitmq_preflight.h"
#include "rabbitmq_send.h"

#include <landfall/queue.h>
#include <stdlib.h>
#include <string.h>

/* Each type has a natural name, and a PUT twice is a PUT once. */
static const struct lf_settle settle = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_NAMED,
    .update = LF_SETTLE_NAMED,
    .destroy = LF_SETTLE_NAMED,
    .max_inflight_ms = RABBIT_INFLIGHT_MS,
};

/* A token's ledger is kept a little longer than is promised here. */
static const struct lf_settle settle_send = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_TOKENED,
    .update = LF_SETTLE_TOKENED,
    .destroy = LF_SETTLE_TOKENED,
    .token_retention_s = RABBIT_TOKEN_S,
    .max_inflight_ms = RABBIT_INFLIGHT_MS,
};

/* ---- costs -------------------------------------------------------------------------------------------- */

static void costs_nothing(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct rabbit *rabbit = self;
    (void)req;
    kit_finish(&rabbit->kit, op, LF_END_OK);
}

/* A broker of one's own costs its machines, however much it is used; where somebody is charged by requests,
 * the price book has another price than nothing. */
static void queue_estimate(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct rabbit *rabbit = self;
    const struct lf_value *queue = req->desired ? req->desired : req->prior;
    int64_t requests = kit_get_int(&rabbit->kit, queue, "monthly_requests", -1);
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
    rabbit->kit.ops->finish(op, &result);
}

/* ---- the record --------------------------------------------------------------------------------------- */

#define VERBS(type)                                                                                          \
    static void type##_verb(void *self, struct lf_op *op, const struct lf_request *req)                      \
    {                                                                                                        \
        rabbit_item_verb(&rabbit_##type, self, op, req);                                                     \
    }                                                                                                        \
    static void type##_many(void *self, struct lf_op *op, const struct lf_request *const *reqs,              \
                            size_t count)                                                                    \
    {                                                                                                        \
        rabbit_sweep_many(&rabbit_##type, self, op, reqs, count);                                            \
    }

#define OWNED(type)                                                                                          \
    static void type##_owned(void *self, struct lf_op *op, const struct lf_request *req)                     \
    {                                                                                                        \
        (void)req;                                                                                           \
        rabbit_sweep_owned(&rabbit_##type, self, op);                                                        \
    }

#define RESOURCE(type)                                                                                       \
    .struct_size = sizeof(struct lf_resource), .name = #type, .schema = &lf_queue_##type, .settle = &settle, \
    .pool = RABBIT_POOL, .read = type##_verb, .create = type##_verb, .destroy = type##_verb,                 \
    .update = type##_verb, .plan = type##_verb, .recover = type##_verb, .find = type##_verb,                 \
    .read_many = type##_many, .recover_many = type##_many, .find_many = type##_many

VERBS(namespace)
VERBS(queue)
VERBS(topic)
VERBS(subscription)
VERBS(user)
VERBS(permission)
VERBS(policy)
OWNED(namespace)
OWNED(queue)
OWNED(topic)
OWNED(subscription)
OWNED(user)
OWNED(policy)

static const struct lf_resource namespace = {
    RESOURCE(namespace),
    .doc = "a vhost: keeps the queues and topics of one service apart",
    .estimate = costs_nothing,
    .owned = namespace_owned,
};

static const struct lf_resource queue = {
    RESOURCE(queue),
    .traits = LF_TRAIT_HOLDS_DATA,
    .doc = "messages that wait until a program has handled them",
    .estimate = queue_estimate,
    .owned = queue_owned,
};

static const struct lf_resource topic = {
    RESOURCE(topic),
    .doc = "an exchange: what is sent to it goes to the queue of each subscription",
    .estimate = costs_nothing,
    .owned = topic_owned,
};

static const struct lf_resource subscription = {
    RESOURCE(subscription),
    .doc = "bindings: one queue's share of a topic",
    .estimate = costs_nothing,
    .owned = subscription_owned,
};

static const struct lf_resource user = {
    RESOURCE(user),
    .doc = "who may connect to the broker",
    .estimate = costs_nothing,
    .owned = user_owned,
};

static const struct lf_resource permission = {
    RESOURCE(permission),
    .traits = LF_TRAIT_MARKLESS,
    .doc = "what a user may do in a vhost",
    .estimate = costs_nothing,
};

static const struct lf_resource policy = {
    RESOURCE(policy),
    .doc = "what holds for all queues and exchanges whose names fit a pattern",
    .estimate = costs_nothing,
    .owned = policy_owned,
};

static const struct lf_resource *const resources[] = {
    &namespace, &queue, &topic, &subscription, &user, &permission, &policy, NULL,
};

static const struct lf_call send_call = {
    .struct_size = sizeof(struct lf_call),
    .name = "send",
    .doc = "send one message to a queue, or through a topic to all its subscriptions",
    .args = &lf_queue_send_args,
    .reply = &lf_queue_send_reply,
    .settle = &settle_send,
    .pool = RABBIT_POOL,
    .run = rabbit_send_run,
    .recover = rabbit_send_recover,
};
static const struct lf_call *const calls[] = {&send_call, NULL};

/* ---- settings ----------------------------------------------------------------------------------------- */

static const struct lf_attr setting_attrs[] = {
    {"url", LF_KIND_TEXT, LF_ATTR_REQUIRED,
     "where the management API is: http://127.0.0.1:15672, or https://... beyond this machine", NULL, NULL, 0,
     1},
    {"user", LF_KIND_TEXT, LF_ATTR_REQUIRED, "the user landfall works as", NULL, NULL, 0, 1},
    {"password", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_SECRET, "that user's password", NULL, NULL, 0, 1},
    {"vhost", LF_KIND_TEXT, 0, "the vhost of what names no namespace; it must be there", NULL, "\"/\"", 0, 1},
    {"amqp", LF_KIND_TEXT, 0,
     "what programs connect to, without a path: amqps://mq.example:5671; left out: the URL's host", NULL,
     NULL, 0, 1},
    {"place", LF_KIND_TEXT, 0, "where the broker is, for queues that do not say it themselves", NULL, NULL, 0,
     1},
};
static const struct lf_schema setting_schema = LF_SCHEMA(1, setting_attrs);

/* Of "scheme://host:port/path": where the host begins, and how long host and host with port are. */
static bool split_url(const char *url, const char **host, size_t *host_len, size_t *all_len)
{
    const char *after = strstr(url, "://");
    if (!after || after == url)
        return false;
    after += 3;
    *host = after;
    *all_len = strcspn(after, "/?#");
    *host_len = *after == '[' ? strcspn(after, "]") + 1 : strcspn(after, ":/?#");
    return *host_len > 0 && *host_len <= *all_len && !memchr(after, '@', *all_len);
}

static bool is_url(const char *url, const char *scheme, const char *secure)
{
    const char *host = NULL;
    size_t host_len = 0, all_len = 0;
    return (strncmp(url, scheme, strlen(scheme)) == 0 || strncmp(url, secure, strlen(secure)) == 0) &&
           split_url(url, &host, &host_len, &all_len);
}

/* The attribute at fault and what is wrong with it; NULL: nothing. */
static const char *fault_of(const struct kit *kit, const struct lf_value *settings, const char **path)
{
    static const char *const names[] = {"user", "vhost"};
    const char *url = kit_get_text(kit, settings, "url"), *amqp = kit_get_text(kit, settings, "amqp");
    *path = "url";
    if (!url || !is_url(url, "http://", "https://"))
        return "the URL of the management API is http:// or https:// and a host, no more";
    *path = "amqp";
    if (amqp && !is_url(amqp, "amqp://", "amqps://"))
        return "what programs connect to is amqp:// or amqps:// and a host, no more";
    for (size_t i = 0; i < 2; i++) {
        const char *name = kit_get_text(kit, settings, names[i]);
        *path = names[i];
        if (!name || !*name)
            return "a name must not be empty";
    }
    return NULL;
}

/* A text of the instance's own: `from` to `len`, then `to`.  NULL: no memory. */
static char *join(const char *from, size_t len, const char *to)
{
    size_t more = strlen(to);
    char *text = malloc(len + more + 1);
    if (text) {
        memcpy(text, from, len);
        memcpy(text + len, to, more + 1);
    }
    return text;
}

/* What programs connect to: as the settings say, or the broker's own port on the API's host. */
static void find_amqp(struct rabbit *rabbit, const char *url, const char *amqp)
{
    const char *host = NULL;
    size_t host_len = 0, all_len = 0;
    bool secure = strncmp(url, "https:", strlen("https:")) == 0;
    if (!split_url(amqp ? amqp : url, &host, &host_len, &all_len))
        return;
    rabbit->host = join(host, host_len, "");
    if (amqp) {
        rabbit->amqp = join(amqp, (size_t)(host - amqp) + all_len, "");
        return;
    }
    char *address = rabbit->host ? join(rabbit->host, host_len, secure ? ":5671" : ":5672") : NULL;
    const char *scheme = secure ? "amqps://" : "amqp://";
    rabbit->amqp = address ? join(scheme, strlen(scheme), address) : NULL;
    free(address);
}

/* False: no memory. */
static bool keep(struct rabbit *rabbit, const struct lf_value *settings)
{
    const struct kit *kit = &rabbit->kit;
    const char *url = kit_get_text(kit, settings, "url"), *place = kit_get_text(kit, settings, "place");
    size_t len = strlen(url);
    while (url[len - 1] == '/')
        len--;
    rabbit->api = join(url, len, "/api");
    rabbit->vhost = join(kit_get_text(kit, settings, "vhost"), 0, kit_get_text(kit, settings, "vhost"));
    rabbit->user = join(kit_get_text(kit, settings, "user"), 0, kit_get_text(kit, settings, "user"));
    rabbit->place = place ? join(place, 0, place) : NULL;
    rabbit->password = kit_get(kit, settings, "password");
    find_amqp(rabbit, url, kit_get_text(kit, settings, "amqp"));
    return rabbit->api && rabbit->vhost && rabbit->user && rabbit->amqp && rabbit->host &&
           (!place || rabbit->place);
}

static void rabbit_close(void *self)
{
    struct rabbit *rabbit = self;
    free((void *)rabbit->api);
    free((void *)rabbit->amqp);
    free((void *)rabbit->host);
    free((void *)rabbit->vhost);
    free((void *)rabbit->user);
    free((void *)rabbit->place);
    free(rabbit);
}

static int rabbit_open(const struct lf_host *host, const struct lf_value *settings, void **self,
                       struct lf_diag *why)
{
    struct rabbit *rabbit = calloc(1, sizeof(*rabbit));
    if (!rabbit) {
        why->summary = "out of memory";
        return -1;
    }
    kit_init(&rabbit->kit, host);
    why->summary = fault_of(&rabbit->kit, settings, &why->path);
    if (why->summary) {
        why->code = "rabbitmq.bad_setting";
        why->advice = "write for example `url: http://127.0.0.1:15672` and `amqp: amqp://127.0.0.1:5672`";
    } else if (!keep(rabbit, settings)) {
        why->summary = "out of memory";
    } else {
        *self = rabbit;
        return 0;
    }
    rabbit_close(rabbit);
    return -1;
}

static const struct lf_plugin plugin = {
    .struct_size = sizeof(struct lf_plugin),
    .abi_major = LF_ABI_MAJOR,
    .abi_minor = LF_ABI_MINOR,
    .needs_minor = 0,
    .subsystem = "queue",
    .name = "rabbitmq",
    .version = "1.0.0",
    .doc = "queues of a RabbitMQ broker, through its management API",
    .contract_version = LF_QUEUE_CONTRACT,
    .settings = &setting_schema,
    .resources = resources,
    .calls = calls,
    .open = rabbit_open,
    .close = rabbit_close,
    .preflight = rabbit_preflight,
};

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    return &plugin;
}
