/* The call `send`.  A FIFO queue or topic is given the token, and drops what comes again within five minutes;
 * a standard one has nothing of the kind.  A doubt about a call is settled in one way for all calls, and the
 * honest one for a standard queue is a person's: BLIND. */
#include "sqs.h"

#include <landfall/queue.h>
#include <string.h>
#include <strings.h>

#define BODY_MAX        262144 /* the contract's bound; of body and attributes together */
#define ATTRIBUTES_MOST 10     /* SQS takes no more, and what SNS hands on raw is lost beyond them */
#define NAME_MAX_LEN    256
#define DELAY_MAX       900
/* Messages of one group stay in order, which is what a FIFO queue is chosen for. */
#define GROUP "landfall"

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

/* One attribute of a message, as both services type it. */
struct attribute {
    const char *name;
    const char *type;
    const char *value;
};

static bool refuse(struct sqs_item *item, const char *code, const char *path, const char *summary,
                   const char *detail, const char *advice)
{
    sqs_item_refuse(item, code, path, summary, detail, advice);
    return false;
}

/* XML 1.0 has no other control characters, and both services refuse them. */
static bool is_plain(const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
            return false;
        if (c == 0xEF && (unsigned char)text[1] == 0xBF && (unsigned char)text[2] >= 0xBE)
            return false; /* U+FFFE and U+FFFF */
    }
    return true;
}

static bool is_name(const char *name)
{
    size_t len = name ? strlen(name) : 0;
    if (len == 0 || len > NAME_MAX_LEN || strspn(name, NAME_CHARS) != len)
        return false;
    if (name[0] == '.' || name[len - 1] == '.' || strstr(name, ".."))
        return false;
    return strncasecmp(name, "aws.", 4) != 0 && strncasecmp(name, "amazon.", 7) != 0;
}

static const char *attribute_fault(const struct kit *kit, const char *name, const struct lf_value *value)
{
    if (!is_name(name))
        return "a name has up to 256 letters, digits, '_', '-' and single '.' inside, and does not begin "
               "with "
               "'AWS.' or 'Amazon.'";
    uint32_t kind = kit->values->kind(value);
    if (kind == LF_KIND_INT || kind == LF_KIND_BOOL)
        return NULL;
    size_t len = 0;
    const char *text = kit->values->as_text(value, &len);
    if (kind != LF_KIND_TEXT || !text)
        return "a value is a text, an integer or a boolean";
    if (len == 0)
        return "SQS has no empty values: leave the attribute out";
    return strlen(text) != len || !is_plain(text) ? "it has control characters" : NULL;
}

/* False: refused.  *size grows by what they take. */
static bool read_attributes(struct sqs_item *item, struct attribute *out, size_t *count, size_t *size)
{
    const struct kit *kit = item->kit;
    const struct lf_value *map = kit_get(kit, item->req->args, "attributes");
    *count = map && kit->values->kind(map) == LF_KIND_MAP ? kit->values->count(map) : 0;
    if (*count > ATTRIBUTES_MOST)
        return refuse(item, "queue.bad_attribute", "attributes", "a message has at most 10 attributes",
                      kit_format(kit, item->op, "these are %zu", *count), "put the others into the body");
    for (size_t i = 0; i < *count; i++) {
        const char *name = NULL;
        const struct lf_value *value = kit->values->at(map, i, &name);
        const char *fault = attribute_fault(kit, name, value);
        if (fault)
            return refuse(item, "queue.bad_attribute",
                          kit_format(kit, item->op, "attributes.\"%.80s\"", name ? name : ""),
                          "the attribute cannot be sent", fault, "change it, or put it into the body");
        uint32_t kind = kit->values->kind(value);
        out[i] = (struct attribute){name, kind == LF_KIND_INT ? "Number" : "String", NULL};
        out[i].value = kind == LF_KIND_INT
                           ? kit_format(kit, item->op, "%lld", (long long)kit->values->as_int(value, 0))
                       : kind == LF_KIND_BOOL ? (kit->values->as_bool(value, 0) ? "true" : "false")
                                              : kit->values->as_text(value, NULL);
        *size += strlen(name) + strlen(out[i].type) + strlen(out[i].value);
    }
    return true;
}

static bool read_body(struct sqs_item *item, size_t *size)
{
    size_t len = 0;
    const struct lf_value *value = kit_get(item->kit, item->req->args, "body");
    const char *text = value ? item->kit->values->as_text(value, &len) : NULL;
    *size += len;
    if (text && len > 0 && strlen(text) == len && is_plain(text) && *size <= BODY_MAX)
        return true;
    return refuse(item, "queue.bad_body", "body", "the body cannot be sent",
                  kit_format(item->kit, item->op,
                             "it must be text without control characters, not empty, and with its attributes "
                             "at most %d bytes; these are %zu",
                             BODY_MAX, *size),
                  "store what is large or binary elsewhere and send where it is");
}

static bool read_target(struct sqs_item *item, bool *fifo)
{
    const struct kit *kit = item->kit;
    bool queue = kit_has(kit, item->req->args, "queue");
    struct sqs_arn arn = {0};
    if (queue == kit_has(kit, item->req->args, "topic"))
        return refuse(item, "queue.where_to", "queue", "a message goes to one queue or to one topic",
                      queue ? "both are given" : "neither is given", "give either `queue` or `topic`");
    const char *path = queue ? "queue" : "topic";
    const char *text = kit_get_text(kit, item->req->args, path);
    if (!sqs_arn_parse(item->self, item->op, queue ? "sqs" : "sns", text, &arn))
        return refuse(item, "queue.no_target", path, "there is nowhere to send to",
                      kit_format(kit, item->op, "'%.200s' is no id of a %s here", text ? text : "", path),
                      "give the id of one that is declared");
    if (!queue && !item->self->sns)
        return refuse(item, "sqs.no_sns", "topic", "a topic needs SNS, and no address of it is given",
                      "the drivers block has no `sns_endpoint`",
                      "write for example `sns_endpoint: https://sns.eu-west-1.amazonaws.com`");
    item->queue = queue ? text : NULL;
    item->topic = queue ? NULL : text;
    item->name = arn.name;
    *fifo = sqs_is_fifo(arn.name);
    item->doing = kit_format(kit, item->op, "send a message to the %s '%s'", path, arn.name);
    return true;
}

static bool read_delay(struct sqs_item *item, bool fifo, int64_t *delay)
{
    *delay = kit_get_int(item->kit, item->req->args, "delay_s", 0);
    if (*delay < 0 || *delay > DELAY_MAX)
        return refuse(item, "queue.out_of_range", "delay_s", "delay_s cannot be that", "SQS takes 0 to 900",
                      "choose another value");
    if (*delay > 0 && (fifo || item->topic))
        return refuse(item, "queue.no_delay", "delay_s", "only a standard queue delays single messages",
                      fifo ? "a FIFO queue delays all of its messages alike" : "SNS hands on at once",
                      fifo ? "give the queue `options = { delay_s = ... }`" : "send to the queue itself");
    return true;
}

/* ---- sending ------------------------------------------------------------------------------------------ */

static void end_sent(struct sqs_item *item, struct kit_aws *aws, const struct kit_aws_reply *reply,
                     const char *id)
{
    if (!id) {
        sqs_item_fail(item, aws, reply);
        return;
    }
    struct lf_result result = kit_result(LF_END_OK);
    const struct lf_value *text = item->kit->values->of_text(item->op, id, strlen(id));
    result.reply = kit_put(item->kit, item->op, kit_map(item->kit, item->op), "ids",
                           item->kit->values->of_list(item->op, &text, 1));
    item->kit->ops->finish(item->op, &result);
}

static void refuse_missing(struct sqs_item *item)
{
    sqs_item_refuse(
        item, "queue.no_target", item->topic ? "topic" : "queue", "there is nowhere to send to",
        kit_format(item->kit, item->op, "'%s' is not there", item->topic ? item->topic : item->queue),
        "declare it, and let the action come after it");
}

static void sent(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    (void)op;
    if (sqs_is_missing(reply))
        refuse_missing(item);
    else if (!sqs_item_failed(item, item->self->sqs, reply))
        end_sent(item, item->self->sqs, reply, kit_get_text(item->kit, reply->http.json, "MessageId"));
}

static void published(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    (void)op;
    if (sns_is_missing(reply))
        refuse_missing(item);
    else if (!sqs_item_failed(item, item->self->sns, reply))
        end_sent(item, item->self->sns, reply, kit_xml_text(reply->xml, "PublishResult/MessageId"));
}

/* What it is read from once the queue's address is known: everything was checked before. */
static void got_url(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sqs_item *item = user;
    const struct kit *kit = item->kit;
    struct attribute attributes[ATTRIBUTES_MOST];
    size_t count = 0, size = 0;
    if (sqs_is_missing(reply)) {
        refuse_missing(item);
        return;
    }
    if (sqs_item_failed(item, item->self->sqs, reply))
        return;
    const char *url = kit_get_text(kit, reply->http.json, "QueueUrl");
    if (!url || !read_attributes(item, attributes, &count, &size)) {
        sqs_item_fail(item, item->self->sqs, reply);
        return;
    }
    const struct lf_value *map = kit_map(kit, op),
                          *body = kit_put_text(kit, op, kit_map(kit, op), "QueueUrl", url);
    for (size_t i = 0; i < count; i++) {
        const struct lf_value *one = kit_put_text(kit, op, kit_map(kit, op), "DataType", attributes[i].type);
        one = kit_put_text(kit, op, one, "StringValue", attributes[i].value);
        map = kit_put(kit, op, map, sqs_key(kit, op, attributes[i].name), one);
    }
    body = kit_put(kit, op, body, "MessageBody", kit_get(kit, item->req->args, "body"));
    if (count > 0)
        body = kit_put(kit, op, body, "MessageAttributes", map);
    int64_t delay = kit_get_int(kit, item->req->args, "delay_s", 0);
    if (delay > 0)
        body = kit_put_int(kit, op, body, "DelaySeconds", delay);
    if (sqs_is_fifo(item->name)) {
        body = kit_put_text(kit, op, body, "MessageGroupId", GROUP);
        body = kit_put_text(kit, op, body, "MessageDeduplicationId", item->req->token);
    }
    sqs_change(item, "SendMessage", body, sent);
}

static void send_to_queue(struct sqs_item *item)
{
    struct sqs_arn arn = {0};
    (void)sqs_arn_parse(item->self, item->op, "sqs", item->queue, &arn);
    const struct lf_value *body =
        kit_put_text(item->kit, item->op, kit_map(item->kit, item->op), "QueueName", arn.name);
    sqs_ask(item, "GetQueueUrl",
            kit_put_text(item->kit, item->op, body, "QueueOwnerAWSAccountId", arn.account), got_url);
}

static void publish(struct sqs_item *item, const struct attribute *attributes, size_t count, bool fifo)
{
    struct kit_aws_pair pairs[4 + 3 * ATTRIBUTES_MOST];
    size_t n = 0;
    pairs[n++] = (struct kit_aws_pair){"TopicArn", item->topic};
    pairs[n++] = (struct kit_aws_pair){"Message", kit_get_text(item->kit, item->req->args, "body")};
    pairs[n++] = (struct kit_aws_pair){"MessageGroupId", fifo ? GROUP : NULL};
    pairs[n++] = (struct kit_aws_pair){"MessageDeduplicationId", fifo ? item->req->token : NULL};
    for (size_t i = 0; i < count; i++) {
        const char *front = kit_format(item->kit, item->op, "MessageAttributes.entry.%zu.", i + 1);
        pairs[n++] =
            (struct kit_aws_pair){kit_format(item->kit, item->op, "%sName", front), attributes[i].name};
        pairs[n++] = (struct kit_aws_pair){kit_format(item->kit, item->op, "%sValue.DataType", front),
                                           attributes[i].type};
        pairs[n++] = (struct kit_aws_pair){kit_format(item->kit, item->op, "%sValue.StringValue", front),
                                           attributes[i].value};
    }
    sns_change(item, "Publish", pairs, n, published);
}

static const struct sqs_type message = {.noun = "message"};

void sqs_send_run(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct sqs_item *item = sqs_item_new(&message, self, op, req, "send a message");
    struct attribute attributes[ATTRIBUTES_MOST];
    size_t count = 0, size = 0;
    int64_t delay = 0;
    bool fifo = false;
    if (!read_target(item, &fifo) || !read_attributes(item, attributes, &count, &size) ||
        !read_body(item, &size) || !read_delay(item, fifo, &delay))
        return;
    if (req->read_only)
        sqs_item_refuse(item, "queue.only_reads", NULL, "a check may only read, and a message sent is sent",
                        NULL, "send it in an action");
    else if (item->topic)
        publish(item, attributes, count, fifo);
    else
        send_to_queue(item);
}

/* Neither service can be asked whether a message was sent. */
void sqs_send_recover(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct sqs *sqs = self;
    (void)req;
    kit_note(&sqs->kit, op, "sqs.cannot_look", NULL, "whether the message was sent cannot be told",
             "SQS and SNS do not tell what was sent to them",
             "look at the queue, or let the playbook say `if_in_doubt = \"again\"`");
    kit_finish(&sqs->kit, op, LF_END_CANNOT_TELL);
}
