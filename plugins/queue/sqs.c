/* queue-sqs: queues of Amazon SQS, topics and subscriptions of Amazon SNS, and messages sent to them.
 *
 * How each type is looked at, made and removed is its own file's matter (sqs_<type>.c); the README says what
 * of the contract becomes what of the services. */
#include "sqs.h"

#include <landfall/queue.h>
#include <stdlib.h>
#include <string.h>

#define ACCOUNT_LEN 12

/* Names are keys in both services, and a create carries its mark. */
static const struct lf_settle settle = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_NAMED,
    .update = LF_SETTLE_NAMED,
    .destroy = LF_SETTLE_NAMED,
    .max_inflight_ms = SQS_INFLIGHT_MS,
    .visible_after_ms = SQS_SETTLE_MS,
};

static const struct lf_settle settle_send = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_BLIND,
    .update = LF_SETTLE_BLIND,
    .destroy = LF_SETTLE_BLIND,
    .max_inflight_ms = SQS_INFLIGHT_MS,
};

/* ---- costs -------------------------------------------------------------------------------------------- */

static void costs_nothing(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct sqs *sqs = self;
    (void)req;
    kit_finish(&sqs->kit, op, LF_END_OK);
}

static void queue_estimate(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct sqs *sqs = self;
    const struct lf_value *queue = req->desired ? req->desired : req->prior;
    int64_t requests = kit_get_int(&sqs->kit, queue, "monthly_requests", -1);
    bool fifo = kit_get_bool(&sqs->kit, queue, "options.fifo", false);
    struct lf_cost cost = {.what = fifo ? "requests, FIFO" : "requests",
                           .sku = fifo ? "queue.requests.fifo" : "queue.requests",
                           .unit = "million requests",
                           .per = LF_PER_MONTH,
                           .flags = requests < 0 ? LF_COST_UNBOUNDED : 0};
    if (requests >= 0)
        cost.low_milli = cost.expected_milli = cost.high_milli = requests / 1000 + (requests % 1000 != 0);
    struct lf_result result = kit_result(LF_END_OK);
    result.costs = &cost;
    result.cost_count = 1;
    result.cost_size = sizeof(cost);
    sqs->kit.ops->finish(op, &result);
}

/* ---- the record --------------------------------------------------------------------------------------- */

#define VERB(type)                                                                                           \
    static void type##_verb(void *self, struct lf_op *op, const struct lf_request *req)                      \
    {                                                                                                        \
        sqs_item_verb(&sqs_##type, self, op, req);                                                           \
    }

#define RESOURCE(type)                                                                                       \
    .struct_size = sizeof(struct lf_resource), .name = #type, .schema = &lf_queue_##type, .settle = &settle, \
    .read = type##_verb, .create = type##_verb, .destroy = type##_verb, .update = type##_verb,               \
    .plan = type##_verb, .recover = type##_verb, .find = type##_verb

VERB(queue)
VERB(topic)
VERB(subscription)

/* A queue's policy is read, changed and written back: one at a time. */
static const char *subscription_lane(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct sqs *sqs = self;
    (void)op;
    const char *queue = kit_get_text(&sqs->kit, req->desired, "queue");
    return queue ? queue : kit_get_text(&sqs->kit, req->prior, "queue");
}

static const struct lf_resource queue = {
    RESOURCE(queue),
    .traits = LF_TRAIT_HOLDS_DATA | LF_TRAIT_TELLS_PLACE,
    .doc = "messages that wait until a program has handled them",
    .pool = SQS_POOL,
    .estimate = queue_estimate,
    .owned = sqs_queues_owned,
};

static const struct lf_resource topic = {
    RESOURCE(topic),
    .doc = "an SNS topic: what is sent to it goes to the queue of each subscription",
    .pool = SNS_POOL,
    .estimate = costs_nothing,
    .owned = sqs_topics_owned,
};

static const struct lf_resource subscription = {
    RESOURCE(subscription),
    .traits = LF_TRAIT_MARKLESS,
    .doc = "one queue's share of a topic, and the queue's leave for it to send",
    .pool = SNS_POOL,
    .lane = subscription_lane,
    .estimate = costs_nothing,
};

static const struct lf_resource *const resources[] = {&queue, &topic, &subscription, NULL};

static const struct lf_call send_call = {
    .struct_size = sizeof(struct lf_call),
    .name = "send",
    .doc = "send one message to a queue, or through a topic to all its subscriptions",
    .args = &lf_queue_send_args,
    .reply = &lf_queue_send_reply,
    .settle = &settle_send,
    .pool = SQS_POOL,
    .run = sqs_send_run,
    .recover = sqs_send_recover,
};
static const struct lf_call *const calls[] = {&send_call, NULL};

/* ---- settings ----------------------------------------------------------------------------------------- */

static const struct lf_attr setting_attrs[] = {
    KIT_AWS_SETTINGS,
    {"account", LF_KIND_TEXT, LF_ATTR_REQUIRED, "the account's 12 digits, which all ids carry", NULL, NULL, 0,
     1},
    {"sns_endpoint", LF_KIND_TEXT, 0,
     "address of SNS: \"https://sns.eu-west-1.amazonaws.com\"; without it there are no topics", NULL, NULL, 0,
     1},
};
static const struct lf_schema setting_schema = LF_SCHEMA(1, setting_attrs);

static const struct kit_aws_service sqs_service = {.name = "sqs", .driver = "sqs", .title = "SQS"};
static const struct kit_aws_service sns_service = {.name = "sns", .driver = "sqs", .title = "SNS"};

static bool starts_with(const char *text, const char *front)
{
    return strncmp(text, front, strlen(front)) == 0;
}

/* AWS's own names say where they are: a region of one place and the address of another would sign for the
 * wrong side of a border. */
static bool names_region(const char *endpoint, const char *region)
{
    const char *at = strstr(endpoint, region);
    char after = at ? at[strlen(region)] : '\0';
    return !strstr(endpoint, ".amazonaws.com") ||
           (at && at > endpoint && strchr("./", at[-1]) && after == '.');
}

static const char *partition_of(const char *region)
{
    return starts_with(region, "cn-") ? "aws-cn" : starts_with(region, "us-gov-") ? "aws-us-gov" : "aws";
}

static bool refuse(struct lf_diag *why, const char *path, const char *summary, const char *advice)
{
    why->path = path;
    why->summary = summary;
    why->advice = advice;
    return false;
}

static bool check(const struct sqs *sqs, const struct lf_value *settings, struct lf_diag *why)
{
    const char *account = kit_get_text(&sqs->kit, settings, "account");
    const char *region = kit_aws_region(sqs->sqs), *partition = kit_aws_partition(sqs->sqs);
    if (!account || strlen(account) != ACCOUNT_LEN || strspn(account, "0123456789") != ACCOUNT_LEN)
        return refuse(why, "account", "account is not the 12 digits of an AWS account",
                      "write it as text, in quotes: account: \"123456789012\"");
    bool known = strcmp(partition, "aws") == 0 || strcmp(partition, "aws-cn") == 0 ||
                 strcmp(partition, "aws-us-gov") == 0;
    if (known && strcmp(partition, partition_of(region)) != 0)
        return refuse(
            why, "partition", "the region is in another partition",
            "regions of China (cn-) are in \"aws-cn\", us-gov- in \"aws-us-gov\", others in \"aws\"");
    if (!names_region(kit_aws_endpoint(sqs->sqs), region))
        return refuse(why, "endpoint", "the endpoint is that of another region",
                      "let region and endpoint name one place: https://sqs.eu-west-1.amazonaws.com");
    if (sqs->sns && !names_region(kit_aws_endpoint(sqs->sns), region))
        return refuse(why, "sns_endpoint", "the endpoint of SNS is that of another region",
                      "let region and sns_endpoint name one place: https://sns.eu-west-1.amazonaws.com");
    return true;
}

static void sqs_close(void *self)
{
    struct sqs *sqs = self;
    kit_aws_close(sqs->sqs);
    kit_aws_close(sqs->sns);
    free(sqs->account);
    free(sqs);
}

static int sqs_open(const struct lf_host *host, const struct lf_value *settings, void **self,
                    struct lf_diag *why)
{
    struct sqs *sqs = calloc(1, sizeof(*sqs));
    why->code = "sqs.settings";
    why->summary = "out of memory";
    if (!sqs)
        return -1;
    kit_init(&sqs->kit, host);
    if (!kit_aws_open(&sqs->kit, settings, &sqs_service, &sqs->sqs, why))
        goto out;
    if (kit_has(&sqs->kit, settings, "sns_endpoint") &&
        !kit_aws_open_at(&sqs->kit, settings, &sns_service, "sns_endpoint", &sqs->sns, why))
        goto out;
    if (!check(sqs, settings, why))
        goto out;
    sqs->account = strdup(kit_get_text(&sqs->kit, settings, "account"));
    if (!sqs->account)
        goto out;
    *self = sqs;
    return 0;
out:
    sqs_close(sqs);
    return -1;
}

static const struct lf_plugin plugin = {
    .struct_size = sizeof(struct lf_plugin),
    .abi_major = LF_ABI_MAJOR,
    .abi_minor = LF_ABI_MINOR,
    .needs_minor = 0,
    .subsystem = "queue",
    .name = "sqs",
    .version = "1.0.0",
    .doc = "queues of Amazon SQS, and topics of SNS that send to them",
    .contract_version = LF_QUEUE_CONTRACT,
    .settings = &setting_schema,
    .resources = resources,
    .calls = calls,
    .open = sqs_open,
    .close = sqs_close,
    .preflight = sqs_preflight,
};

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    return &plugin;
}
