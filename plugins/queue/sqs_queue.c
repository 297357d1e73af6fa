/* queue.queue: a queue of SQS.  The mark is a tag that the create itself sets; everything else is attributes,
 * which one request sets together. */
#include "sqs.h"

#include <landfall/queue.h>
#include <stdlib.h>
#include <string.h>

#define QUARANTINE_MS 60000
#define RACE_MS       5000
#define STATUS_BAD    400

static const struct sqs_option options[] = {
    {.name = "fifo",
     .attribute = "FifoQueue",
     .kind = LF_KIND_BOOL,
     .fallback = "false",
     .fifo_only = true,
     .at_birth = true},
    {.name = "content_deduplication",
     .attribute = "ContentBasedDeduplication",
     .kind = LF_KIND_BOOL,
     .fallback = "false",
     .fifo_only = true},
    {.name = "delay_s", .attribute = "DelaySeconds", .kind = LF_KIND_INT, .most = 900, .fallback = "0"},
    {.name = "receive_wait_s",
     .attribute = "ReceiveMessageWaitTimeSeconds",
     .kind = LF_KIND_INT,
     .most = 20,
     .fallback = "0"},
    {.name = "kms_key", .attribute = "KmsMasterKeyId", .kind = LF_KIND_TEXT, .fallback = ""},
    {.name = NULL},
};

/* Contract attributes that are numbers of the service's own. */
static const struct number {
    const char *name;
    const char *attribute;
    int64_t least, most, fallback;
} numbers[] = {
    {"visibility_timeout_s", "VisibilityTimeout", 0, 43200, 30},
    {"retention_s", "MessageRetentionPeriod", 60, 1209600, 345600},
};
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static bool name_it(struct sqs_item *item)
{
    if (!sqs_name_it(item, "sqs"))
        return false;
    item->queue = item->id;
    return true;
}

/* ---- what can be known beforehand --------------------------------------------------------------------- */

static bool check_range(struct sqs_item *item, const char *path, int64_t least, int64_t most)
{
    const struct lf_value *value = kit_get(item->kit, item->req->desired, path);
    int64_t n = item->kit->values->as_int(value, least);
    if (!kit_has(item->kit, item->req->desired, path) || (n >= least && n <= most))
        return true;
    sqs_item_refuse(
        item, "queue.out_of_range", path,
        kit_format(item->kit, item->op, "%s cannot be %lld", path, (long long)n),
        kit_format(item->kit, item->op, "SQS takes %lld to %lld", (long long)least, (long long)most),
        "choose another value");
    return false;
}

static bool refuse_letter(struct sqs_item *item, const char *code, const char *summary, const char *detail,
                          const char *advice)
{
    sqs_item_refuse(item, code, "dead_letter", summary, detail, advice);
    return false;
}

static bool check_dead_letter(struct sqs_item *item)
{
    const struct kit *kit = item->kit;
    const struct lf_value *wish = item->req->desired;
    const struct lf_value *letter = kit_get(kit, wish, "dead_letter");
    const struct lf_value *most = kit_get(kit, wish, "max_receives");
    struct sqs_arn arn = {0};
    bool has_letter = letter && kit->values->kind(letter) != LF_KIND_NULL;
    bool has_most = most && kit->values->kind(most) != LF_KIND_NULL;
    if (has_letter != has_most)
        return refuse_letter(item, "queue.half_dead_letter",
                             "`dead_letter` and `max_receives` belong together",
                             has_letter ? "only `dead_letter` is given" : "only `max_receives` is given",
                             "give both or neither");
    const char *text = letter ? kit->values->as_text(letter, NULL) : NULL;
    if (!text)
        return true;
    if (!sqs_arn_parse(item->self, item->op, "sqs", text, &arn) ||
        strcmp(arn.account, item->self->account) != 0)
        return refuse_letter(item, "queue.bad_dead_letter",
                             kit_format(kit, item->op, "'%.200s' cannot be the dead-letter queue", text),
                             "it is no id of a queue of this account and region",
                             "give the id of a queue.queue of the same driver");
    if (!*item->name)
        return true;
    if (strcmp(arn.name, item->name) == 0)
        return refuse_letter(item, "queue.dead_letter_loop", "a queue cannot be its own dead-letter queue",
                             NULL, "name another queue");
    if (sqs_is_fifo(arn.name) != sqs_is_fifo(item->name))
        return refuse_letter(item, "queue.bad_dead_letter",
                             "the dead-letter queue of a FIFO queue is FIFO, and of another is not",
                             kit_format(kit, item->op, "'%s' and '%s'", item->name, arn.name),
                             "name a queue of the same kind");
    return true;
}

static bool check_place(struct sqs_item *item)
{
    const char *place = kit_get_text(item->kit, item->req->desired, "place");
    const char *region = kit_aws_region(item->self->sqs);
    if (!place || strcmp(place, region) == 0)
        return true;
    sqs_item_refuse(item, "queue.not_there", "place",
                    kit_format(item->kit, item->op, "this driver makes no queue in '%.80s'", place),
                    kit_format(item->kit, item->op, "its region is '%s'", region),
                    "leave `place` out, or use an instance of the driver for that region");
    return false;
}

static bool check(struct sqs_item *item)
{
    if (!sqs_check_name(item) || !sqs_options_check(item, options) || !check_place(item))
        return false;
    for (size_t i = 0; i < NUMBERS; i++) {
        if (!check_range(item, numbers[i].name, numbers[i].least, numbers[i].most))
            return false;
    }
    return check_range(item, "max_receives", 1, 1000) && check_dead_letter(item);
}

static const struct lf_value *computed(struct sqs_item *item)
{
    return kit_put_text(item->kit, item->op, kit_map(item->kit, item->op), "place",
                        kit_aws_region(item->self->sqs));
}

/* ---- looking ------------------------------------------------------------------------------------------ */

/* SQS has numbers as texts; -1: it is none. */
static int64_t number_of(const struct kit *kit, const struct lf_value *map, const char *key)
{
    const char *text = kit_get_text(kit, map, key);
    char *end = NULL;
    if (!text)
        return kit_get_int(kit, map, key, -1);
    long long n = strtoll(text, &end, 10);
    return *text && !*end ? n : -1;
}

static const struct lf_value *redrive_of(struct sqs_item *item)
{
    const char *text = kit_get_text(item->kit, item->attributes, "RedrivePolicy");
    return text && *text ? item->kit->values->from_json(item->op, text, strlen(text)) : NULL;
}

static const char *host_of(struct sqs_item *item)
{
    const char *host = strstr(item->url, "://");
    host = host ? host + 3 : item->url;
    return kit_copy(item->kit, item->op, host, strcspn(host, ":/"));
}

static void take(struct sqs_item *item)
{
    const struct kit *kit = item->kit;
    struct lf_op *op = item->op;
    const struct lf_value *state = kit_put_text(kit, op, kit_map(kit, op), "name", item->name);
    for (size_t i = 0; i < NUMBERS; i++)
        state = kit_put_int(kit, op, state, numbers[i].name,
                            number_of(kit, item->attributes, numbers[i].attribute));
    const struct lf_value *redrive = redrive_of(item);
    if (kit_has(kit, redrive, "deadLetterTargetArn")) {
        state = kit_put_int(kit, op, state, "max_receives", number_of(kit, redrive, "maxReceiveCount"));
        state = kit_put(kit, op, state, "dead_letter", kit_get(kit, redrive, "deadLetterTargetArn"));
    }
    /* For the estimate alone: the service does not hear of it. */
    if (kit_has(kit, sqs_wish(item), "monthly_requests"))
        state = kit_put(kit, op, state, "monthly_requests", kit_get(kit, sqs_wish(item), "monthly_requests"));
    /* As the service told it: a setting would only say where it was meant to be. */
    state = kit_put_text(kit, op, state, "place",
                         kit_aws_region_of(kit, op, kit_get_text(kit, item->attributes, "QueueArn")));
    state = kit_put_text(kit, op, state, "url", item->url);
    state = kit_put_text(kit, op, state, "host", host_of(item));
    item->state = sqs_options_put(item, options, state);
    item->there = true;
}

static const char *tag(const struct kit *kit, const struct lf_value *tags, const char *name)
{
    size_t count = tags ? kit->values->count(tags) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        const struct lf_value *value = kit->values->at(tags, i, &key);
        if (key && strcmp(key, name) == 0)
            return kit->values->as_text(value, NULL);
    }
    return NULL;
}

static void got_tags(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    (void)op;
    if (sqs_is_missing(reply)) {
        item->attributes = NULL;
        item->then(item);
        return;
    }
    if (sqs_item_failed(item, item->self->sqs, reply))
        return;
    item->marker = tag(item->kit, kit_get(item->kit, reply->http.json, "Tags"), SQS_MARK);
    item->address = tag(item->kit, kit_get(item->kit, reply->http.json, "Tags"), SQS_ADDRESS);
    take(item);
    item->then(item);
}

static const struct lf_value *of_url(struct sqs_item *item)
{
    return kit_put_text(item->kit, item->op, kit_map(item->kit, item->op), "QueueUrl", item->url);
}

static void got_attributes(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    (void)op;
    if (sqs_is_missing(reply)) {
        item->then(item);
        return;
    }
    if (sqs_item_failed(item, item->self->sqs, reply))
        return;
    item->attributes = kit_get(item->kit, reply->http.json, "Attributes");
    if (number_of(item->kit, item->attributes, "VisibilityTimeout") < 0 ||
        number_of(item->kit, item->attributes, "MessageRetentionPeriod") < 0)
        sqs_item_fail(item, item->self->sqs, reply); /* not what was asked for */
    else
        sqs_ask(item, "ListQueueTags", of_url(item), got_tags);
}

static void got_url(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    if (sqs_is_missing(reply)) {
        item->then(item);
        return;
    }
    if (sqs_item_failed(item, item->self->sqs, reply))
        return;
    item->url = kit_get_text(item->kit, reply->http.json, "QueueUrl");
    if (!item->url) {
        sqs_item_fail(item, item->self->sqs, reply);
        return;
    }
    const char *all = "All";
    const struct lf_value *names = item->kit->values->of_text(op, all, strlen(all));
    sqs_ask(item, "GetQueueAttributes",
            kit_put(item->kit, op, of_url(item), "AttributeNames", item->kit->values->of_list(op, &names, 1)),
            got_attributes);
}

/* By name and account: a queue's address is the service's to say. */
static void look(struct sqs_item *item)
{
    struct sqs_arn arn = {0};
    (void)sqs_arn_parse(item->self, item->op, "sqs", item->queue, &arn);
    const struct lf_value *body =
        kit_put_text(item->kit, item->op, kit_map(item->kit, item->op), "QueueName", arn.name);
    sqs_ask(item, "GetQueueUrl",
            kit_put_text(item->kit, item->op, body, "QueueOwnerAWSAccountId", arn.account), got_url);
}

/* ---- bringing ----------------------------------------------------------------------------------------- */

static bool redrive_is_right(struct sqs_item *item)
{
    const char *want = kit_get_text(item->kit, item->req->desired, "dead_letter");
    const struct lf_value *redrive = redrive_of(item);
    const char *have = kit_get_text(item->kit, redrive, "deadLetterTargetArn");
    if (!want || !have)
        return !want && !have;
    return strcmp(want, have) == 0 && number_of(item->kit, redrive, "maxReceiveCount") ==
                                          kit_get_int(item->kit, item->req->desired, "max_receives", -1);
}

static bool is_right(struct sqs_item *item)
{
    for (size_t i = 0; i < NUMBERS; i++) {
        if (number_of(item->kit, item->attributes, numbers[i].attribute) !=
            kit_get_int(item->kit, item->req->desired, numbers[i].name, numbers[i].fallback))
            return false;
    }
    return redrive_is_right(item) && sqs_options_are_right(item, options);
}

static const struct lf_value *put_redrive(struct sqs_item *item, const struct lf_value *out)
{
    const struct kit *kit = item->kit;
    struct lf_op *op = item->op;
    const char *letter = kit_get_text(kit, item->req->desired, "dead_letter");
    if (item->there ? redrive_is_right(item) : !letter)
        return out;
    if (!letter)
        return kit_put_text(kit, op, out, "RedrivePolicy", "");
    const struct lf_value *redrive = kit_put_text(kit, op, kit_map(kit, op), "deadLetterTargetArn", letter);
    redrive = kit_put_int(kit, op, redrive, "maxReceiveCount",
                          kit_get_int(kit, item->req->desired, "max_receives", 0));
    return kit_put_text(kit, op, out, "RedrivePolicy", kit->values->to_json(op, redrive, NULL));
}

/* All that is asked for, or of what is there only what differs. */
static const struct lf_value *attributes(struct sqs_item *item)
{
    const struct kit *kit = item->kit;
    struct lf_op *op = item->op;
    const struct lf_value *out = kit_map(kit, op), *wish = item->req->desired;
    for (size_t i = 0; i < NUMBERS; i++) {
        int64_t n = kit_get_int(kit, wish, numbers[i].name, numbers[i].fallback);
        if (!item->there || number_of(kit, item->attributes, numbers[i].attribute) != n)
            out = kit_put_text(kit, op, out, numbers[i].attribute, kit_format(kit, op, "%lld", (long long)n));
    }
    for (const struct sqs_option *o = options; o->name; o++) {
        const char *want = sqs_option_text(item, o);
        const char *have = item->there ? sqs_option_seen(item, o) : o->fallback;
        if (sqs_option_counts(item, o) && !(item->there && o->at_birth) && strcmp(want, have) != 0)
            out = kit_put_text(kit, op, out, o->attribute, want);
    }
    return put_redrive(item, out);
}

static const struct lf_value *tags(struct sqs_item *item)
{
    const struct lf_value *out =
        kit_put_text(item->kit, item->op, kit_map(item->kit, item->op), SQS_MARK, item->req->marker);
    return kit_put_text(item->kit, item->op, out, "\"" SQS_ADDRESS "\"", sqs_tag_address(item));
}

/* What SQS says about a dead-letter queue that is not there. */
static bool refused_letter(struct sqs_item *item, const struct kit_aws_reply *reply)
{
    bool no = reply->http.sent == LF_SENT_REPLY && reply->http.status == STATUS_BAD;
    if (!no || !reply->message || !strstr(reply->message, "ead letter"))
        return false;
    sqs_item_refuse(item, "queue.no_dead_letter", "dead_letter", "SQS does not take the dead-letter queue",
                    reply->message, "declare the queue, and give its id");
    return true;
}

static void raced(struct sqs_item *item)
{
    if (item->there)
        sqs_item_end(item, LF_END_EXISTS);
    else
        sqs_item_later(item, RACE_MS, "sqs.name_unsettled",
                       kit_format(item->kit, item->op,
                                  "the name '%s' is taken, and by whom does not show yet", item->name),
                       "SQS says that a queue of this name exists, and cannot find it",
                       "landfall asks again");
}

static void end_damaged(struct sqs_item *item)
{
    sqs_item_end(item, item->there ? LF_END_DAMAGED : LF_END_UNSURE);
}

/* ".../123456789012/orders": whose it is.  What was made where it should not be is ours all the same, and
 * kept as what it is. */
static bool is_other_account(struct sqs_item *item, const char *url)
{
    const char *end = strrchr(url, '/'), *from = end;
    while (from && from > url && from[-1] != '/')
        from--;
    if (!end || end == from || strspn(from, "0123456789") != (size_t)(end - from))
        return false; /* an address in another form says nothing */
    const char *account = kit_copy(item->kit, item->op, from, (size_t)(end - from));
    if (strcmp(account, item->self->account) == 0)
        return false;
    kit_note(
        item->kit, item->op, "sqs.wrong_account", "account",
        kit_format(item->kit, item->op, "the keys are not those of the account '%s'", item->self->account),
        kit_format(item->kit, item->op, "the queue was made as '%.300s'", url),
        "destroy it, and give the keys and the account that belong together");
    item->made = true;
    item->id = item->queue = sqs_arn(item->self, item->op, "sqs", account, item->name);
    sqs_item_look(item, end_damaged);
    return true;
}

static void created(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    (void)op;
    if (kit_aws_is(reply, "QueueDeletedRecently") ||
        kit_aws_is(reply, "AWS.SimpleQueueService.QueueDeletedRecently")) {
        sqs_item_later(
            item, QUARANTINE_MS, "sqs.deleted_recently",
            kit_format(item->kit, op, "a queue '%s' was deleted less than a minute ago", item->name),
            reply->message, "SQS gives the name free after 60 seconds; landfall waits for it");
    } else if (kit_aws_is(reply, "QueueNameExists") || kit_aws_is(reply, "QueueAlreadyExists")) {
        sqs_item_look(item, raced);
    } else if (!refused_letter(item, reply) && !sqs_item_failed(item, item->self->sqs, reply)) {
        const char *url = kit_get_text(item->kit, reply->http.json, "QueueUrl");
        if (!url)
            sqs_item_fail(item, item->self->sqs, reply);
        else if (!is_other_account(item, url))
            sqs_item_made(item);
    }
}

static void make(struct sqs_item *item)
{
    const struct lf_value *body =
        kit_put_text(item->kit, item->op, kit_map(item->kit, item->op), "QueueName", item->name);
    body = kit_put(item->kit, item->op, body, "Attributes", attributes(item));
    sqs_change(item, "CreateQueue", kit_put(item->kit, item->op, body, "tags", tags(item)), created);
}

static void set(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    (void)op;
    if (sqs_is_missing(reply))
        sqs_item_end(item, LF_END_UNSURE); /* it went at this moment: the core looks */
    else if (!refused_letter(item, reply) && !sqs_item_failed(item, item->self->sqs, reply))
        sqs_item_changed(item);
}

static void set_attributes(struct sqs_item *item)
{
    const struct lf_value *map = attributes(item);
    if (item->kit->values->count(map) == 0)
        sqs_item_changed(item);
    else
        sqs_change(item, "SetQueueAttributes", kit_put(item->kit, item->op, of_url(item), "Attributes", map),
                   set);
}

static void tagged(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    (void)op;
    if (!sqs_item_failed(item, item->self->sqs, reply))
        set_attributes(item);
}

/* An adopted one gets our mark first. */
static void change(struct sqs_item *item)
{
    if (item->marker && strcmp(item->marker, item->req->marker) == 0)
        set_attributes(item);
    else
        sqs_change(item, "TagQueue", kit_put(item->kit, item->op, of_url(item), "Tags", tags(item)), tagged);
}

static void deleted(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    (void)op;
    if (sqs_is_missing(reply))
        sqs_item_end(item, LF_END_GONE);
    else if (!sqs_item_failed(item, item->self->sqs, reply))
        sqs_item_dropped(item);
}

static void drop(struct sqs_item *item)
{
    sqs_change(item, "DeleteQueue", of_url(item), deleted);
}

const struct sqs_type sqs_queue = {
    .noun = "queue",
    .schema = &lf_queue_queue,
    .name_it = name_it,
    .check = check,
    .computed = computed,
    .look = look,
    .is_right = is_right,
    .make = make,
    .change = change,
    .drop = drop,
};
