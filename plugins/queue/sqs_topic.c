/* queue.topic: a topic of SNS.  Its ARN follows from account and name, and the create itself sets its tags.
 */
#include "sqs.h"

#include <landfall/queue.h>
#include <string.h>

#define RACE_MS 5000

static const struct sqs_option options[] = {
    {.name = "fifo",
     .attribute = "FifoTopic",
     .kind = LF_KIND_BOOL,
     .fallback = "false",
     .fifo_only = true,
     .at_birth = true},
    {.name = "content_deduplication",
     .attribute = "ContentBasedDeduplication",
     .kind = LF_KIND_BOOL,
     .fallback = "false",
     .fifo_only = true},
    {.name = "kms_key", .attribute = "KmsMasterKeyId", .kind = LF_KIND_TEXT, .fallback = ""},
    {.name = NULL},
};
#define OPTIONS (sizeof(options) / sizeof(options[0]) - 1)

static bool name_it(struct sqs_item *item)
{
    if (!sqs_name_it(item, "sns"))
        return false;
    item->topic = item->id;
    return true;
}

static bool check(struct sqs_item *item)
{
    return sqs_check_name(item) && sqs_options_check(item, options);
}

static const struct lf_value *computed(struct sqs_item *item)
{
    const struct lf_value *out = kit_map(item->kit, item->op);
    return *item->name ? kit_put_text(item->kit, item->op, out, "url", item->id) : out;
}

/* ---- looking ------------------------------------------------------------------------------------------ */

static void take(struct sqs_item *item)
{
    const struct lf_value *state =
        kit_put_text(item->kit, item->op, kit_map(item->kit, item->op), "name", item->name);
    state = kit_put_text(item->kit, item->op, state, "url", item->id);
    item->state = sqs_options_put(item, options, state);
    item->there = true;
}

static void got_tags(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    (void)op;
    if (sns_is_missing(reply)) {
        item->then(item);
        return;
    }
    if (sqs_item_failed(item, item->self->sns, reply))
        return;
    const struct kit_xml *tag = kit_xml_find(reply->xml, "ListTagsForResourceResult/Tags/member");
    for (; tag; tag = kit_xml_again(tag)) {
        const char *key = kit_xml_text(tag, "Key"), *value = kit_xml_text(tag, "Value");
        if (key && strcmp(key, SQS_MARK) == 0)
            item->marker = value;
        else if (key && strcmp(key, SQS_ADDRESS) == 0)
            item->address = value;
    }
    take(item);
    item->then(item);
}

static void got_attributes(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    if (sns_is_missing(reply)) {
        item->then(item);
        return;
    }
    if (sqs_item_failed(item, item->self->sns, reply))
        return;
    const struct lf_value *map = kit_map(item->kit, op);
    const struct kit_xml *entry = kit_xml_find(reply->xml, "GetTopicAttributesResult/Attributes/entry");
    for (; entry; entry = kit_xml_again(entry)) {
        const char *key = kit_xml_text(entry, "key");
        for (size_t i = 0; key && i < OPTIONS; i++) {
            if (strcmp(options[i].attribute, key) == 0)
                map = kit_put_text(item->kit, op, map, key, kit_xml_text(entry, "value"));
        }
    }
    item->attributes = map;
    struct kit_aws_pair pair = {"ResourceArn", item->topic};
    sns_ask(item, "ListTagsForResource", &pair, 1, got_tags);
}

static void look(struct sqs_item *item)
{
    struct kit_aws_pair pair = {"TopicArn", item->topic};
    sns_ask(item, "GetTopicAttributes", &pair, 1, got_attributes);
}

/* ---- bringing ----------------------------------------------------------------------------------------- */

static bool is_right(struct sqs_item *item)
{
    return sqs_options_are_right(item, options);
}

static size_t add_tags(struct sqs_item *item, struct kit_aws_pair *pairs)
{
    size_t count = 0;
    const char *address = sqs_tag_address(item);
    pairs[count++] = (struct kit_aws_pair){"Tags.member.1.Key", SQS_MARK};
    pairs[count++] = (struct kit_aws_pair){"Tags.member.1.Value", item->req->marker};
    pairs[count++] = (struct kit_aws_pair){"Tags.member.2.Key", address ? SQS_ADDRESS : NULL};
    pairs[count++] = (struct kit_aws_pair){"Tags.member.2.Value", address};
    return count;
}

static void raced(struct sqs_item *item)
{
    if (item->there)
        sqs_item_end(item, LF_END_EXISTS);
    else
        sqs_item_later(item, RACE_MS, "sqs.name_unsettled",
                       kit_format(item->kit, item->op,
                                  "the name '%s' is taken, and by whom does not show yet", item->name),
                       "SNS says that a topic of this name exists, and cannot find it",
                       "landfall asks again");
}

static void end_damaged(struct sqs_item *item)
{
    sqs_item_end(item, item->there ? LF_END_DAMAGED : LF_END_UNSURE);
}

static void created(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    struct sqs_arn arn = {0};
    if (kit_aws_is(reply, "InvalidParameter") && reply->message && strstr(reply->message, "already exists")) {
        sqs_item_look(item, raced);
        return;
    }
    if (sqs_item_failed(item, item->self->sns, reply))
        return;
    const char *made = kit_xml_text(reply->xml, "CreateTopicResult/TopicArn");
    if (!sqs_arn_parse(item->self, op, "sns", made, &arn)) {
        sqs_item_fail(item, item->self->sns, reply);
        return;
    }
    if (strcmp(made, item->topic) == 0) {
        sqs_item_made(item);
        return;
    }
    kit_note(item->kit, op, "sqs.wrong_account", "account",
             kit_format(item->kit, op, "the keys are not those of the account '%s'", item->self->account),
             kit_format(item->kit, op, "the topic was made as '%.300s'", made),
             "destroy it, and give the keys and the account that belong together");
    item->made = true;
    item->id = item->topic = made;
    sqs_item_look(item, end_damaged);
}

static void make(struct sqs_item *item)
{
    struct kit_aws_pair pairs[5 + 2 * OPTIONS];
    size_t count = add_tags(item, pairs), entry = 0;
    pairs[count++] = (struct kit_aws_pair){"Name", item->name};
    for (const struct sqs_option *o = options; o->name; o++) {
        const char *want = sqs_option_text(item, o);
        if (!sqs_option_counts(item, o) || strcmp(want, o->fallback) == 0)
            continue;
        entry++;
        pairs[count++] = (struct kit_aws_pair){
            kit_format(item->kit, item->op, "Attributes.entry.%zu.key", entry), o->attribute};
        pairs[count++] =
            (struct kit_aws_pair){kit_format(item->kit, item->op, "Attributes.entry.%zu.value", entry), want};
    }
    sns_change(item, "CreateTopic", pairs, count, created);
}

static void set_next(struct sqs_item *item);

static void set(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    (void)op;
    if (!sqs_item_failed(item, item->self->sns, reply)) {
        item->step++;
        set_next(item);
    }
}

/* One attribute to a request. */
static void set_next(struct sqs_item *item)
{
    for (; item->step < OPTIONS; item->step++) {
        const struct sqs_option *o = &options[item->step];
        const char *want = sqs_option_text(item, o);
        if (!sqs_option_counts(item, o) || o->at_birth || strcmp(want, sqs_option_seen(item, o)) == 0)
            continue;
        struct kit_aws_pair pairs[] = {
            {"TopicArn", item->topic}, {"AttributeName", o->attribute}, {"AttributeValue", want}};
        sns_change(item, "SetTopicAttributes", pairs, 3, set);
        return;
    }
    sqs_item_changed(item);
}

static void tagged(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    (void)op;
    if (!sqs_item_failed(item, item->self->sns, reply))
        set_next(item);
}

static void change(struct sqs_item *item)
{
    item->step = 0;
    if (item->marker && strcmp(item->marker, item->req->marker) == 0) {
        set_next(item);
        return;
    }
    struct kit_aws_pair pairs[5];
    size_t count = add_tags(item, pairs);
    pairs[count++] = (struct kit_aws_pair){"ResourceArn", item->topic};
    sns_change(item, "TagResource", pairs, count, tagged);
}

static void deleted(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    (void)op;
    if (sns_is_missing(reply))
        sqs_item_end(item, LF_END_GONE);
    else if (!sqs_item_failed(item, item->self->sns, reply))
        sqs_item_dropped(item);
}

static void drop(struct sqs_item *item)
{
    struct kit_aws_pair pair = {"TopicArn", item->topic};
    sns_change(item, "DeleteTopic", &pair, 1, deleted);
}

const struct sqs_type sqs_topic = {
    .noun = "topic",
    .schema = &lf_queue_topic,
    .needs_sns = true,
    .name_it = name_it,
    .check = check,
    .computed = computed,
    .look = look,
    .is_right = is_right,
    .make = make,
    .change = change,
    .drop = drop,
};
