/* The queue's policy belongs to everybody: landfall adds and removes one statement in it, and keeps all
 * others as they are.  A statement is ours when its Sid begins with "landfall-" and its condition names the
 * topic; the rest of the Sid is the mark of the subscription that put it there. */
#include "sqs.h"

#include <string.h>

#define SID       "landfall-"
#define VERSION   "2012-10-17"
#define CONDITION "ArnEquals"
#define SOURCE    "aws:SourceArn"

/* IAM writes a single statement without the list around it. */
static size_t statements(struct sqs_item *item, const struct lf_value **list)
{
    *list = kit_get(item->kit, item->policy, "Statement");
    uint32_t kind = *list ? item->kit->values->kind(*list) : LF_KIND_NULL;
    return kind == LF_KIND_LIST ? item->kit->values->count(*list) : kind == LF_KIND_MAP ? 1 : 0;
}

static const struct lf_value *statement(struct sqs_item *item, const struct lf_value *list, size_t i)
{
    return item->kit->values->kind(list) == LF_KIND_LIST ? item->kit->values->at(list, i, NULL) : list;
}

static bool is_ours(struct sqs_item *item, const struct lf_value *one)
{
    const char *sid = kit_get_text(item->kit, one, "Sid");
    const char *source = kit_get_text(item->kit, one, "Condition." CONDITION ".\"" SOURCE "\"");
    return sid && strncmp(sid, SID, strlen(SID)) == 0 && source && strcmp(source, item->topic) == 0;
}

/* What the statement says, its Sid apart. */
static const struct lf_value *wanted(struct sqs_item *item)
{
    const struct kit *kit = item->kit;
    struct lf_op *op = item->op;
    const struct lf_value *who = kit_put_text(kit, op, kit_map(kit, op), "Service", "sns.amazonaws.com");
    const struct lf_value *source = kit_put_text(kit, op, kit_map(kit, op), "\"" SOURCE "\"", item->topic);
    const struct lf_value *out = kit_put_text(kit, op, kit_map(kit, op), "Effect", "Allow");
    out = kit_put(kit, op, out, "Principal", who);
    out = kit_put_text(kit, op, out, "Action", "sqs:SendMessage");
    out = kit_put_text(kit, op, out, "Resource", item->queue);
    return kit_put(kit, op, out, "Condition", kit_put(kit, op, kit_map(kit, op), CONDITION, source));
}

bool sqs_policy_allows(struct sqs_item *item)
{
    const struct lf_value *list = NULL, *want = wanted(item);
    size_t count = statements(item, &list);
    for (size_t i = 0; i < count; i++) {
        const struct lf_value *one = statement(item, list, i);
        const struct lf_value *sid = kit_get(item->kit, one, "Sid");
        if (is_ours(item, one) && kit_is_same(item->kit, one, kit_put(item->kit, item->op, want, "Sid", sid)))
            return true;
    }
    return false;
}

/* The others, and at the end `more` unless it is NULL. */
static const char *rebuilt(struct sqs_item *item, const struct lf_value *more)
{
    const struct kit *kit = item->kit;
    const struct lf_value *list = NULL;
    size_t count = statements(item, &list), kept = 0;
    const struct lf_value **all = kit->ops->scratch(item->op, (count + 1) * sizeof(*all));
    for (size_t i = 0; i < count; i++) {
        const struct lf_value *one = statement(item, list, i);
        if (!is_ours(item, one))
            all[kept++] = one;
    }
    if (more)
        all[kept++] = more;
    if (kept == 0)
        return "";
    const struct lf_value *policy = item->policy;
    if (!policy)
        policy = kit_put_text(kit, item->op, kit_map(kit, item->op), "Version", VERSION);
    policy = kit_put(kit, item->op, policy, "Statement", kit->values->of_list(item->op, all, kept));
    size_t len = 0;
    return kit->values->to_json(item->op, policy, &len);
}

const char *sqs_policy_with(struct sqs_item *item)
{
    return rebuilt(item, kit_put_text(item->kit, item->op, wanted(item), "Sid",
                                      kit_format(item->kit, item->op, SID "%s", item->req->marker)));
}

const char *sqs_policy_without(struct sqs_item *item)
{
    return rebuilt(item, NULL);
}
