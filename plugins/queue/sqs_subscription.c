/* queue.subscription: a subscription of SNS whose endpoint is a queue, and the statement in that queue's
 * policy that lets the topic send to it.
 *
 * Subscriptions have no tags, so they are told by their topic and their queue.  The statement is put before
 * the subscription is made and taken away before it is removed: no message is refused in between, and what a
 * crash leaves always has a subscription to find it by, or is put again by the create that is repeated. */
#include "sqs.h"

#include <landfall/queue.h>
#include <string.h>

#define RACE_MS 5000

enum { STEP_POLICY, STEP_FILTER, STEP_RAW, STEPS };

static const struct sqs_option options[] = {
    {.name = "raw", .attribute = "RawMessageDelivery", .kind = LF_KIND_BOOL, .fallback = "true"},
    {.name = "allow", .attribute = "allow", .kind = LF_KIND_BOOL, .fallback = "true"},
    {.name = NULL},
};
static const struct sqs_option *const raw = &options[0], *const allow = &options[1];

/* ---- names -------------------------------------------------------------------------------------------- */

static bool refuse_end(struct sqs_item *item, const char *path, const char *spelled, const char *why)
{
    sqs_item_refuse(
        item, "queue.bad_reference", path,
        kit_format(item->kit, item->op, "'%.200s' cannot be the %s of a subscription", spelled, path), why,
        kit_format(item->kit, item->op, "give the id of a queue.%s", path));
    return false;
}

static bool name_end(struct sqs_item *item, const char *path, const char *service, struct sqs_arn *arn,
                     const char **out)
{
    const char *spelled = kit_get_text(item->kit, sqs_wish(item), path);
    if (!spelled)
        return true;
    if (!sqs_arn_parse(item->self, item->op, service, spelled, arn))
        return refuse_end(item, path, spelled, "it is no id of one in this partition and region");
    *out = spelled;
    return true;
}

static bool name_it(struct sqs_item *item)
{
    const struct lf_request *req = item->req;
    struct sqs_arn topic = {"", "?"}, queue = {"", "?"}, own = {0};
    bool by_id = req->id && req->verb != LF_VERB_PLAN;
    if (!name_end(item, "topic", "sns", &topic, &item->topic) ||
        !name_end(item, "queue", "sqs", &queue, &item->queue))
        return false;
    if (by_id && (!sqs_arn_parse(item->self, item->op, "sns", req->id, &own) || !strchr(own.name, ':'))) {
        sqs_item_refuse(item, "queue.bad_id", NULL,
                        kit_format(item->kit, item->op, "'%.200s' is no id of a subscription here", req->id),
                        "an id is the topic's ARN, a colon and what SNS calls the subscription",
                        "give the id as landfall shows it");
        return false;
    }
    item->id = by_id ? req->id : NULL;
    if (by_id && !item->topic)
        item->topic = kit_copy(item->kit, item->op, req->id, (size_t)(strrchr(req->id, ':') - req->id));
    item->name = kit_format(item->kit, item->op, "%s to %s", topic.name, queue.name);
    return true;
}

static bool check_ends(struct sqs_item *item)
{
    struct sqs_arn topic = {0}, queue = {0};
    if (!item->topic || !item->queue)
        return true;
    (void)sqs_arn_parse(item->self, item->op, "sns", item->topic, &topic);
    (void)sqs_arn_parse(item->self, item->op, "sqs", item->queue, &queue);
    if (strcmp(topic.account, item->self->account) != 0)
        return refuse_end(item, "topic", item->topic, "it belongs to another account");
    if (strcmp(queue.account, item->self->account) != 0)
        return refuse_end(item, "queue", item->queue, "it belongs to another account");
    if (sqs_is_fifo(queue.name) && !sqs_is_fifo(topic.name))
        return refuse_end(item, "queue", item->queue, "only a FIFO topic can send to a FIFO queue");
    return true;
}

static bool check(struct sqs_item *item)
{
    const char *path = NULL;
    const char *fault =
        sqs_filter_fault(item->kit, item->op, kit_get(item->kit, item->req->desired, "filter"), &path);
    if (!fault)
        return check_ends(item) && sqs_options_check(item, options);
    sqs_item_refuse(item, "queue.bad_filter", path, "the filter cannot be used", fault,
                    "write for example `filter = { kind = { \"order\", \"refund\" } }`");
    return false;
}

/* ---- looking ------------------------------------------------------------------------------------------ */

static void take(struct sqs_item *item)
{
    const struct kit *kit = item->kit;
    struct lf_op *op = item->op;
    const struct lf_value *state = kit_put_text(kit, op, kit_map(kit, op), "topic", item->topic);
    state = kit_put_text(kit, op, state, "queue", item->queue);
    item->attributes =
        kit_put_text(kit, op, item->attributes, allow->attribute, sqs_policy_allows(item) ? "true" : "false");
    const struct lf_value *filter = sqs_filter_read(
        kit, op, kit_get_text(kit, item->attributes, "FilterPolicy"), kit_get(kit, sqs_wish(item), "filter"));
    if (filter)
        state = kit_put(kit, op, state, "filter", filter);
    item->state = sqs_options_put(item, options, state);
}

static void looked(struct sqs_item *item)
{
    if (item->there)
        take(item);
    item->then(item);
}

static void got_policy(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    if (sqs_is_missing(reply)) {
        looked(item);
        return;
    }
    if (sqs_item_failed(item, item->self->sqs, reply))
        return;
    const char *text = kit_get_text(item->kit, reply->http.json, "Attributes.Policy");
    item->policy = text && *text ? item->kit->values->from_json(op, text, strlen(text)) : NULL;
    /* A policy that cannot be read must not be written over. */
    if (text && *text && (!item->policy || item->kit->values->kind(item->policy) != LF_KIND_MAP))
        sqs_item_fail(item, item->self->sqs, reply);
    else
        looked(item);
}

static void got_url(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    if (sqs_is_missing(reply)) {
        item->url = NULL;
        looked(item);
        return;
    }
    if (sqs_item_failed(item, item->self->sqs, reply))
        return;
    item->url = kit_get_text(item->kit, reply->http.json, "QueueUrl");
    const struct lf_value *name = item->kit->values->of_text(op, "Policy", strlen("Policy"));
    const struct lf_value *body = kit_put_text(item->kit, op, kit_map(item->kit, op), "QueueUrl", item->url);
    if (!item->url)
        sqs_item_fail(item, item->self->sqs, reply);
    else
        sqs_ask(item, "GetQueueAttributes",
                kit_put(item->kit, op, body, "AttributeNames", item->kit->values->of_list(op, &name, 1)),
                got_policy);
}

static void look_at_policy(struct sqs_item *item)
{
    struct sqs_arn arn = {0};
    if (!item->queue || !sqs_arn_parse(item->self, item->op, "sqs", item->queue, &arn)) {
        looked(item);
        return;
    }
    const struct lf_value *body =
        kit_put_text(item->kit, item->op, kit_map(item->kit, item->op), "QueueName", arn.name);
    sqs_ask(item, "GetQueueUrl",
            kit_put_text(item->kit, item->op, body, "QueueOwnerAWSAccountId", arn.account), got_url);
}

static void got_attributes(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    if (sns_is_missing(reply)) {
        look_at_policy(item);
        return;
    }
    if (sqs_item_failed(item, item->self->sns, reply))
        return;
    const struct lf_value *map = kit_map(item->kit, op);
    const struct kit_xml *entry =
        kit_xml_find(reply->xml, "GetSubscriptionAttributesResult/Attributes/entry");
    for (; entry; entry = kit_xml_again(entry)) {
        const char *key = kit_xml_text(entry, "key"), *value = kit_xml_text(entry, "value");
        if (key && (strcmp(key, "FilterPolicy") == 0 || strcmp(key, raw->attribute) == 0))
            map = kit_put_text(item->kit, op, map, key, value);
        else if (key && strcmp(key, "Endpoint") == 0)
            item->queue = value;
    }
    /* SNS leaves out what is off. */
    if (!kit_has(item->kit, map, raw->attribute))
        map = kit_put_text(item->kit, op, map, raw->attribute, "false");
    item->attributes = map;
    item->there = true;
    look_at_policy(item);
}

static void look_by_id(struct sqs_item *item)
{
    struct kit_aws_pair pair = {"SubscriptionArn", item->id};
    sns_ask(item, "GetSubscriptionAttributes", &pair, 1, got_attributes);
}

static void ask_page(struct sqs_item *item, const char *token);

static void got_page(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    struct sqs_arn arn = {0};
    if (sns_is_missing(reply)) {
        item->topic_gone = true;
        look_at_policy(item);
        return;
    }
    if (sqs_item_failed(item, item->self->sns, reply))
        return;
    const struct kit_xml *one =
        kit_xml_find(reply->xml, "ListSubscriptionsByTopicResult/Subscriptions/member");
    for (; one; one = kit_xml_again(one)) {
        const char *how = kit_xml_text(one, "Protocol"), *to = kit_xml_text(one, "Endpoint");
        const char *id = kit_xml_text(one, "SubscriptionArn");
        /* One on its way out has "Deleted" for its ARN. */
        if (how && strcmp(how, "sqs") == 0 && to && item->queue && strcmp(to, item->queue) == 0 &&
            sqs_arn_parse(item->self, op, "sns", id, &arn)) {
            item->id = id;
            look_by_id(item);
            return;
        }
    }
    const char *token = kit_xml_text(reply->xml, "ListSubscriptionsByTopicResult/NextToken");
    if (token && *token)
        ask_page(item, token);
    else
        look_at_policy(item);
}

static void ask_page(struct sqs_item *item, const char *token)
{
    struct kit_aws_pair pairs[] = {{"TopicArn", item->topic}, {"NextToken", token}};
    sns_ask(item, "ListSubscriptionsByTopic", pairs, 2, got_page);
}

static void look(struct sqs_item *item)
{
    item->topic_gone = false;
    if (item->id)
        look_by_id(item);
    else
        ask_page(item, NULL);
}

/* ---- bringing ----------------------------------------------------------------------------------------- */

static bool filter_is_right(struct sqs_item *item)
{
    return kit_is_same(item->kit, kit_get(item->kit, item->state, "filter"),
                       kit_get(item->kit, item->req->desired, "filter"));
}

static bool is_right(struct sqs_item *item)
{
    return filter_is_right(item) && sqs_options_are_right(item, options);
}

static bool wants_allow(struct sqs_item *item)
{
    return strcmp(sqs_option_text(item, allow), "true") == 0;
}

static void set_policy(struct sqs_item *item, const char *policy, kit_aws_fn *fn)
{
    const struct kit *kit = item->kit;
    const struct lf_value *map = kit_put_text(kit, item->op, kit_map(kit, item->op), "Policy", policy);
    const struct lf_value *body = kit_put_text(kit, item->op, kit_map(kit, item->op), "QueueUrl", item->url);
    sqs_change(item, "SetQueueAttributes", kit_put(kit, item->op, body, "Attributes", map), fn);
}

/* "{}" is a filter that lets everything through. */
static const char *filter_text(struct sqs_item *item)
{
    const struct lf_value *policy =
        sqs_filter_policy(item->kit, item->op, kit_get(item->kit, item->req->desired, "filter"));
    return policy ? item->kit->values->to_json(item->op, policy, NULL) : "{}";
}

static void raced(struct sqs_item *item)
{
    if (item->there)
        sqs_item_end(item, LF_END_EXISTS);
    else
        sqs_item_later(
            item, RACE_MS, "sqs.name_unsettled",
            "SNS says that this subscription exists with other attributes, and does not list it yet",
            item->name, "landfall asks again");
}

static void subscribed(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    struct sqs_arn arn = {0};
    if (kit_aws_is(reply, "InvalidParameter") && reply->message && strstr(reply->message, "already exists")) {
        sqs_item_look(item, raced);
        return;
    }
    if (sqs_item_failed(item, item->self->sns, reply))
        return;
    const char *id = kit_xml_text(reply->xml, "SubscribeResult/SubscriptionArn");
    if (!sqs_arn_parse(item->self, op, "sns", id, &arn)) {
        sqs_item_fail(item, item->self->sns, reply);
        return;
    }
    item->id = id;
    sqs_item_made(item);
}

static void subscribe(struct sqs_item *item)
{
    const char *filter = filter_text(item);
    bool filters = strcmp(filter, "{}") != 0;
    struct kit_aws_pair pairs[] = {
        {"TopicArn", item->topic},
        {"Protocol", "sqs"},
        {"Endpoint", item->queue},
        {"ReturnSubscriptionArn", "true"},
        {"Attributes.entry.1.key", raw->attribute},
        {"Attributes.entry.1.value", sqs_option_text(item, raw)},
        {"Attributes.entry.2.key", filters ? "FilterPolicy" : NULL},
        {"Attributes.entry.2.value", filters ? filter : NULL},
    };
    sns_change(item, "Subscribe", pairs, sizeof(pairs) / sizeof(pairs[0]), subscribed);
}

static void allowed(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    (void)op;
    if (!sqs_item_failed(item, item->self->sqs, reply))
        subscribe(item);
}

static void refuse_missing(struct sqs_item *item, const char *path)
{
    const char *arn = item->topic_gone ? item->topic : item->queue;
    sqs_item_refuse(item, item->topic_gone ? "queue.no_topic" : "queue.no_queue", path,
                    kit_format(item->kit, item->op, "the %s of the subscription is not there", path), arn,
                    kit_format(item->kit, item->op, "declare it as a queue.%s and give its id", path));
}

static void make(struct sqs_item *item)
{
    if (item->topic_gone || !item->url)
        refuse_missing(item, item->topic_gone ? "topic" : "queue");
    else if (wants_allow(item) && !sqs_policy_allows(item))
        set_policy(item, sqs_policy_with(item), allowed);
    else
        subscribe(item);
}

static void change_next(struct sqs_item *item);

static void changed_policy(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    (void)op;
    if (!sqs_item_failed(item, item->self->sqs, reply))
        change_next(item);
}

static void changed(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    (void)op;
    if (!sqs_item_failed(item, item->self->sns, reply))
        change_next(item);
}

/* The step is over unless its request leaves. */
static void change_next(struct sqs_item *item)
{
    struct kit_aws_pair pairs[] = {
        {"SubscriptionArn", item->id}, {"AttributeName", "FilterPolicy"}, {"AttributeValue", NULL}};
    while (item->step < STEPS) {
        size_t step = item->step++;
        if (step == STEP_POLICY && item->url && wants_allow(item) != sqs_policy_allows(item)) {
            set_policy(item, wants_allow(item) ? sqs_policy_with(item) : sqs_policy_without(item),
                       changed_policy);
            return;
        }
        pairs[2].value = NULL;
        if (step == STEP_FILTER && !filter_is_right(item))
            pairs[2].value = filter_text(item);
        if (step == STEP_RAW && strcmp(sqs_option_text(item, raw), sqs_option_seen(item, raw)) != 0) {
            pairs[1].value = raw->attribute;
            pairs[2].value = sqs_option_text(item, raw);
        }
        if (pairs[2].value) {
            sns_change(item, "SetSubscriptionAttributes", pairs, 3, changed);
            return;
        }
    }
    sqs_item_changed(item);
}

static void change(struct sqs_item *item)
{
    item->step = 0;
    change_next(item);
}

/* ---- removing ----------------------------------------------------------------------------------------- */

static void unsubscribed(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    (void)op;
    if (sns_is_missing(reply))
        sqs_item_end(item, LF_END_GONE);
    else if (!sqs_item_failed(item, item->self->sns, reply))
        sqs_item_dropped(item);
}

static void unsubscribe(struct sqs_item *item)
{
    struct kit_aws_pair pair = {"SubscriptionArn", item->id};
    sns_change(item, "Unsubscribe", &pair, 1, unsubscribed);
}

static void disallowed(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    (void)op;
    if (sqs_is_missing(reply) || !sqs_item_failed(item, item->self->sqs, reply))
        unsubscribe(item);
}

static void drop(struct sqs_item *item)
{
    if (item->url && sqs_policy_allows(item))
        set_policy(item, sqs_policy_without(item), disallowed);
    else
        unsubscribe(item);
}

const struct sqs_type sqs_subscription = {
    .noun = "subscription",
    .schema = &lf_queue_subscription,
    .markless = true,
    .needs_sns = true,
    .name_it = name_it,
    .check = check,
    .look = look,
    .is_right = is_right,
    .make = make,
    .change = change,
    .drop = drop,
};
