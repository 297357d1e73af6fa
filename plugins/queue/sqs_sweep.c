/* All that carries a mark: lists in pages, and the tags of each element.  And the preflight, which asks for
 * the first page of each. */
#include "sqs.h"

#include <string.h>

#define PAGE 1000

/* A list of ARNs or addresses, and how far it has been looked through. */
struct sweep {
    struct sqs_item *item; /* of no verb: for asking and failing */
    const char *const *ids;
    size_t count, at;
    const char *token; /* of the next page; NULL: this was the last */
    void (*page)(struct sweep *sweep);
    void (*tags)(struct sweep *sweep);
};

static void found(struct sweep *sweep, const char *id, const char *marker, const char *address)
{
    const struct kit *kit = sweep->item->kit;
    struct lf_op *op = sweep->item->op;
    struct lf_result result = kit_result(LF_END_OK);
    if (!marker || strncmp(marker, "lf1.", strlen("lf1.")) != 0)
        return;
    result.id = id;
    result.marker = marker;
    if (address)
        result.memo = kit_put_text(kit, op, kit_map(kit, op), "address", address);
    kit->ops->found(op, &result);
}

static void next(struct sweep *sweep)
{
    if (sweep->at < sweep->count)
        sweep->tags(sweep);
    else if (sweep->token && *sweep->token)
        sweep->page(sweep);
    else
        kit_finish(sweep->item->kit, sweep->item->op, LF_END_OK);
}

/* ---- queues ------------------------------------------------------------------------------------------- */

static const struct lf_value *with_url(struct sweep *sweep, const char *url)
{
    const struct kit *kit = sweep->item->kit;
    return kit_put_text(kit, sweep->item->op, kit_map(kit, sweep->item->op), "QueueUrl", url);
}

/* ".../123456789012/orders" */
static const char *arn_of_url(struct sweep *sweep, const char *url)
{
    const struct sqs_item *item = sweep->item;
    const char *name = strrchr(url, '/'), *account = name;
    while (account && account > url && account[-1] != '/')
        account--;
    if (!name || account == name)
        return NULL;
    return sqs_arn(item->self, item->op, "sqs",
                   kit_copy(item->kit, item->op, account, (size_t)(name - account)), name + 1);
}

static void got_queue_tags(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sweep *sweep = ((struct sqs_item *)user)->sweep;
    struct sqs_item *item = user;
    (void)op;
    const char *url = sweep->ids[sweep->at];
    if (!sqs_is_missing(reply)) { /* deleted since the list was made */
        if (sqs_item_failed(item, item->self->sqs, reply))
            return;
        const struct lf_value *tags = kit_get(item->kit, reply->http.json, "Tags");
        const char *id = arn_of_url(sweep, url);
        if (id)
            found(sweep, id, kit_get_text(item->kit, tags, SQS_MARK),
                  kit_get_text(item->kit, tags, "\"" SQS_ADDRESS "\""));
    }
    sweep->at++;
    next(sweep);
}

static void queue_tags(struct sweep *sweep)
{
    sqs_ask(sweep->item, "ListQueueTags", with_url(sweep, sweep->ids[sweep->at]), got_queue_tags);
}

static void got_queues(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    struct sweep *sweep = item->sweep;
    const struct kit *kit = item->kit;
    if (sqs_item_failed(item, item->self->sqs, reply))
        return;
    const struct lf_value *urls = kit_get(kit, reply->http.json, "QueueUrls");
    size_t count = urls && kit->values->kind(urls) == LF_KIND_LIST ? kit->values->count(urls) : 0;
    const char **ids = kit->ops->scratch(op, (count + 1) * sizeof(*ids));
    sweep->count = sweep->at = 0;
    for (size_t i = 0; i < count; i++) {
        const char *url = kit->values->as_text(kit->values->at(urls, i, NULL), NULL);
        if (url)
            ids[sweep->count++] = url;
    }
    sweep->ids = ids;
    sweep->token = kit_get_text(kit, reply->http.json, "NextToken");
    next(sweep);
}

static void queue_page(struct sweep *sweep)
{
    const struct kit *kit = sweep->item->kit;
    struct lf_op *op = sweep->item->op;
    const struct lf_value *body = kit_put_int(kit, op, kit_map(kit, op), "MaxResults", PAGE);
    sqs_ask(sweep->item, "ListQueues", kit_put_text(kit, op, body, "NextToken", sweep->token), got_queues);
}

/* ---- topics ------------------------------------------------------------------------------------------- */

static void got_topic_tags(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    struct sweep *sweep = item->sweep;
    const char *marker = NULL, *address = NULL;
    (void)op;
    if (!sns_is_missing(reply)) {
        if (sqs_item_failed(item, item->self->sns, reply))
            return;
        const struct kit_xml *tag = kit_xml_find(reply->xml, "ListTagsForResourceResult/Tags/member");
        for (; tag; tag = kit_xml_again(tag)) {
            const char *key = kit_xml_text(tag, "Key"), *value = kit_xml_text(tag, "Value");
            if (key && strcmp(key, SQS_MARK) == 0)
                marker = value;
            else if (key && strcmp(key, SQS_ADDRESS) == 0)
                address = value;
        }
        found(sweep, sweep->ids[sweep->at], marker, address);
    }
    sweep->at++;
    next(sweep);
}

static void topic_tags(struct sweep *sweep)
{
    struct kit_aws_pair pair = {"ResourceArn", sweep->ids[sweep->at]};
    sns_ask(sweep->item, "ListTagsForResource", &pair, 1, got_topic_tags);
}

static void got_topics(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    struct sweep *sweep = item->sweep;
    size_t count = 0;
    if (sqs_item_failed(item, item->self->sns, reply))
        return;
    const struct kit_xml *first = kit_xml_find(reply->xml, "ListTopicsResult/Topics/member");
    for (const struct kit_xml *one = first; one; one = kit_xml_again(one))
        count++;
    const char **ids = item->kit->ops->scratch(op, (count + 1) * sizeof(*ids));
    sweep->count = sweep->at = 0;
    for (const struct kit_xml *one = first; one; one = kit_xml_again(one)) {
        const char *arn = kit_xml_text(one, "TopicArn");
        if (arn)
            ids[sweep->count++] = arn;
    }
    sweep->ids = ids;
    sweep->token = kit_xml_text(reply->xml, "ListTopicsResult/NextToken");
    next(sweep);
}

static void topic_page(struct sweep *sweep)
{
    struct kit_aws_pair pair = {"NextToken", sweep->token};
    sns_ask(sweep->item, "ListTopics", &pair, 1, got_topics);
}

static void start(const struct sqs_type *type, void *self, struct lf_op *op, const struct lf_request *req,
                  const char *doing, void (*page)(struct sweep *), void (*tags)(struct sweep *))
{
    struct sqs_item *item = sqs_item_new(type, self, op, req, doing);
    struct sweep *sweep = item->kit->ops->scratch(op, sizeof(*sweep));
    *sweep = (struct sweep){.item = item, .page = page, .tags = tags};
    item->sweep = sweep;
    page(sweep);
}

void sqs_queues_owned(void *self, struct lf_op *op, const struct lf_request *req)
{
    start(&sqs_queue, self, op, req, "look for each queue that carries a mark", queue_page, queue_tags);
}

void sqs_topics_owned(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct sqs *sqs = self;
    if (sqs->sns)
        start(&sqs_topic, self, op, req, "look for each topic that carries a mark", topic_page, topic_tags);
    else
        kit_finish(&sqs->kit, op, LF_END_OK); /* it makes none */
}

/* ---- preflight ---------------------------------------------------------------------------------------- */

/* False, and ended: what the service lists belongs to somebody else than the settings say. */
static bool check_account(struct sqs_item *item, const char *what, const char *account)
{
    if (!account || strcmp(account, item->self->account) == 0)
        return true;
    sqs_item_refuse(
        item, "sqs.wrong_account", "account",
        kit_format(item->kit, item->op, "the keys are not those of the account '%s'", item->self->account),
        kit_format(item->kit, item->op, "they list '%.200s'", what),
        "give the keys and the account that belong together");
    return false;
}

static void flown_sns(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    struct sqs_arn arn = {0};
    if (sqs_item_failed(item, item->self->sns, reply))
        return;
    const char *first = kit_xml_text(reply->xml, "ListTopicsResult/Topics/member/TopicArn");
    if (first && !sqs_arn_parse(item->self, op, "sns", first, &arn)) {
        sqs_item_refuse(item, "sqs.wrong_region", "sns_endpoint",
                        "SNS lists topics of another region or partition", first,
                        "let region, partition and sns_endpoint name one place");
        return;
    }
    if (check_account(item, first, first ? arn.account : NULL))
        kit_finish(item->kit, op, LF_END_OK);
}

static void flown_sqs(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    if (sqs_item_failed(item, item->self->sqs, reply))
        return;
    const char *url = kit_get_text(item->kit, reply->http.json, "QueueUrls[0]");
    const char *id = url ? arn_of_url(item->sweep, url) : NULL;
    struct sqs_arn arn = {0};
    if (id && sqs_arn_parse(item->self, op, "sqs", id, &arn) && !check_account(item, url, arn.account))
        return;
    if (!item->self->sns) {
        kit_finish(item->kit, op, LF_END_OK);
        return;
    }
    item->doing = "list the topics";
    sns_ask(item, "ListTopics", NULL, 0, flown_sns);
}

void sqs_preflight(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct sqs_item *item = sqs_item_new(&sqs_queue, self, op, req, "list the queues");
    struct sweep *sweep = item->kit->ops->scratch(op, sizeof(*sweep));
    sweep->item = item;
    item->sweep = sweep;
    sqs_ask(item, "ListQueues", kit_put_int(item->kit, op, kit_map(item->kit, op), "MaxResults", 1),
            flown_sqs);
}
