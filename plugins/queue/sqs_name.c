/* Names and ARNs.  The id of everything here is its ARN, which says partition, region and account. */
#include "sqs.h"

#include <string.h>

#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
/* Of a tag's value, in both services. */
#define TAG_MAX 256

const char *sqs_arn(const struct sqs *self, struct lf_op *op, const char *service, const char *account,
                    const char *name)
{
    return kit_format(&self->kit, op, "arn:%s:%s:%s:%s:%s", kit_aws_partition(self->sqs), service,
                      kit_aws_region(self->sqs), account, name);
}

bool sqs_arn_parse(const struct sqs *self, struct lf_op *op, const char *service, const char *text,
                   struct sqs_arn *out)
{
    const char *front = kit_format(&self->kit, op, "arn:%s:%s:%s:", kit_aws_partition(self->sqs), service,
                                   kit_aws_region(self->sqs));
    size_t len = strlen(front);
    if (!text || strncmp(text, front, len) != 0)
        return false;
    const char *account = text + len, *colon = strchr(account, ':');
    if (!colon || colon == account || strspn(account, "0123456789") != (size_t)(colon - account) ||
        strspn(colon + 1, NAME_CHARS ".:") != strlen(colon + 1) || !colon[1])
        return false;
    out->account = kit_copy(&self->kit, op, account, (size_t)(colon - account));
    out->name = kit_copy(&self->kit, op, colon + 1, strlen(colon + 1));
    return true;
}

bool sqs_is_fifo(const char *name)
{
    size_t len = strlen(name), end = strlen(SQS_FIFO);
    return len > end && strcmp(name + len - end, SQS_FIFO) == 0;
}

const char *sqs_name_fault(const struct kit *kit, struct lf_op *op, const char *name)
{
    size_t len = strlen(name), plain = len - (sqs_is_fifo(name) ? strlen(SQS_FIFO) : 0);
    if (len == 0 || len > SQS_NAME_MAX)
        return kit_format(kit, op, "a name has 1 to %d characters, and this one has %zu", SQS_NAME_MAX, len);
    if (strspn(name, NAME_CHARS) < plain)
        return "a name has letters, digits, '-' and '_', and may end with '.fifo'";
    return NULL;
}

const struct lf_value *sqs_wish(const struct sqs_item *item)
{
    return item->req->desired ? item->req->desired : item->req->prior;
}

bool sqs_name_it(struct sqs_item *item, const char *service)
{
    const struct lf_request *req = item->req;
    const char *name = kit_get_text(item->kit, sqs_wish(item), "name");
    bool by_id = req->id && req->verb != LF_VERB_PLAN;
    struct sqs_arn arn = {item->self->account, name ? name : ""};
    if (by_id && !sqs_arn_parse(item->self, item->op, service, req->id, &arn)) {
        sqs_item_refuse(
            item, "queue.bad_id", NULL,
            kit_format(item->kit, item->op, "'%.200s' is no id of a %s here", req->id, item->type->noun),
            kit_format(item->kit, item->op, "an id looks like '%s'",
                       sqs_arn(item->self, item->op, service, item->self->account, "name")),
            "give the id as landfall shows it; region and partition are those of the drivers block");
        return false;
    }
    item->name = arn.name;
    item->id = sqs_arn(item->self, item->op, service, arn.account, arn.name);
    return true;
}

static bool refuse_name(struct sqs_item *item, const char *path, const char *why, const char *advice)
{
    sqs_item_refuse(
        item, "queue.bad_name", path,
        kit_format(item->kit, item->op, "'%.100s' cannot be the name of a %s", item->name, item->type->noun),
        why, advice);
    return false;
}

bool sqs_check_name(struct sqs_item *item)
{
    const struct lf_value *wish = item->req->desired;
    const struct lf_value *name = kit_get(item->kit, wish, "name");
    size_t len = 0;
    if (kit_has(item->kit, wish, "namespace")) {
        sqs_item_refuse(item, "queue.no_namespace", "namespace", "SQS has no namespaces",
                        "an account in a region is all there is to keep queues apart",
                        "leave `namespace` out, and let the name begin with what it belongs to");
        return false;
    }
    if (!name || !item->kit->values->as_text(name, &len))
        return true; /* not known yet */
    const char *text = item->kit->values->as_text(name, NULL);
    const char *fault = strlen(text) != len ? "it hides a NUL" : sqs_name_fault(item->kit, item->op, text);
    if (fault)
        return refuse_name(item, "name", fault, "choose another name");
    if (sqs_is_fifo(text) != kit_get_bool(item->kit, wish, "options.fifo", false))
        return refuse_name(item, "name",
                           "the names of FIFO queues and topics end with '.fifo', and no others do",
                           "say both `options = { fifo = true }` and a name that ends with '.fifo'");
    return true;
}

const char *sqs_tag_address(const struct sqs_item *item)
{
    const char *text = item->req->address;
    size_t len = text ? strlen(text) : 0;
    return len > 0 && len <= TAG_MAX && strspn(text, NAME_CHARS " .:/=+@") == len ? text : NULL;
}
