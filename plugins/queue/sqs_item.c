/* Look, bring, drop: the three steps every type's verbs are made of. */
#include "sqs.h"

#include <string.h>

#define SNS_VERSION "2010-03-31"

/* ---- asking ------------------------------------------------------------------------------------------- */

static void ask_sqs(struct sqs_item *item, const char *action, const struct lf_value *body, uint32_t flags,
                    kit_aws_fn *fn)
{
    item->asks = flags & LF_SEND_SAFE;
    kit_aws_json(item->self->sqs, item->op, kit_format(item->kit, item->op, "AmazonSQS.%s", action), body,
                 flags, fn, item);
}

void sqs_ask(struct sqs_item *item, const char *action, const struct lf_value *body, kit_aws_fn *fn)
{
    ask_sqs(item, action, body, LF_SEND_SAFE, fn);
}

void sqs_change(struct sqs_item *item, const char *action, const struct lf_value *body, kit_aws_fn *fn)
{
    item->touched = true;
    ask_sqs(item, action, body, 0, fn);
}

void sns_ask(struct sqs_item *item, const char *action, const struct kit_aws_pair *pairs, size_t count,
             kit_aws_fn *fn)
{
    item->asks = true;
    kit_aws_query(item->self->sns, item->op, SNS_VERSION, action, pairs, count, LF_SEND_SAFE, fn, item);
}

void sns_change(struct sqs_item *item, const char *action, const struct kit_aws_pair *pairs, size_t count,
                kit_aws_fn *fn)
{
    item->asks = false;
    item->touched = true;
    kit_aws_query(item->self->sns, item->op, SNS_VERSION, action, pairs, count, 0, fn, item);
}

bool sqs_is_missing(const struct kit_aws_reply *reply)
{
    return kit_aws_is(reply, "QueueDoesNotExist") ||
           kit_aws_is(reply, "AWS.SimpleQueueService.NonExistentQueue");
}

bool sns_is_missing(const struct kit_aws_reply *reply)
{
    return kit_aws_is(reply, "NotFound") || kit_aws_is(reply, "NotFoundException") ||
           kit_aws_is(reply, "ResourceNotFound");
}

/* ---- ending ------------------------------------------------------------------------------------------- */

/* With all that is known of it. */
void sqs_item_end(struct sqs_item *item, uint32_t status)
{
    struct lf_result result = kit_result(status);
    if (status != LF_END_GONE && item->there) {
        result.id = item->id;
        result.marker = item->marker;
        result.state = item->state;
    }
    item->kit->ops->finish(item->op, &result);
}

void sqs_item_refuse(struct sqs_item *item, const char *code, const char *path, const char *summary,
                     const char *detail, const char *advice)
{
    kit_note(item->kit, item->op, code, path, summary, detail, advice);
    /* What was made or changed before it was refused must not be forgotten: the core looks. */
    bool begun = item->made || (item->taken && item->req->verb != LF_VERB_CREATE);
    sqs_item_end(item, begun ? LF_END_UNSURE : LF_END_REFUSED);
}

void sqs_item_later(struct sqs_item *item, uint32_t ms, const char *code, const char *summary,
                    const char *detail, const char *advice)
{
    struct lf_result result = kit_result(LF_END_RETRY);
    result.retry_after_ms = ms;
    kit_note(item->kit, item->op, code, NULL, summary, detail, advice);
    item->kit->ops->finish(item->op, &result);
}

static bool is_change(const struct sqs_item *item)
{
    return kit_changes(item->req) || item->req->verb == LF_VERB_CALL;
}

/* Of a reply to a change, or to a question on the way to one or back from it. */
static uint32_t meaning_of(const struct sqs_item *item, const struct kit_aws_reply *reply, uint32_t end)
{
    bool in_doubt = is_change(item) && item->touched;
    uint32_t no_answer = in_doubt ? LF_END_UNSURE : LF_END_CANNOT_TELL;
    /* A 2xx that is not what the API answers, or a no without a reason: something stands in between. */
    bool whose = reply->http.sent == LF_SENT_REPLY && !reply->code;
    if (end == LF_END_OK || (end == LF_END_REFUSED && whose))
        end = no_answer;
    /* As long as only questions were asked, a change that got no answer has for certain not begun. */
    if (is_change(item) && !item->touched && end == LF_END_CANNOT_TELL)
        return LF_END_RETRY;
    /* Of a chain of changes some were taken.  What a create has not made yet has for certain not happened. */
    bool begun = item->made || (item->taken && item->req->verb != LF_VERB_CREATE);
    return begun && (end == LF_END_REFUSED || end == LF_END_RETRY) ? LF_END_UNSURE : end;
}

void sqs_item_fail(struct sqs_item *item, struct kit_aws *aws, const struct kit_aws_reply *reply)
{
    struct lf_result result = kit_aws_result(reply, is_change(item) && item->touched);
    result.status = meaning_of(item, reply, result.status);
    if (result.status != LF_END_CANCELED)
        kit_aws_note(aws, item->op, reply, item->doing);
    item->kit->ops->finish(item->op, &result);
}

/* SQS answers some changes with nothing at all, and SNS always in XML of its own. */
static bool is_answer(const struct sqs_item *item, const struct kit_aws *aws,
                      const struct kit_aws_reply *reply)
{
    if (reply->http.sent != LF_SENT_REPLY || reply->http.status < 200 || reply->http.status >= 300)
        return false;
    if (aws == item->self->sns)
        return reply->xml && strstr(reply->xml->name, "Response");
    return (!item->asks && reply->http.body_len == 0) ||
           (reply->http.json && item->kit->values->kind(reply->http.json) == LF_KIND_MAP);
}

bool sqs_item_failed(struct sqs_item *item, struct kit_aws *aws, const struct kit_aws_reply *reply)
{
    bool good = is_answer(item, aws, reply);
    item->taken |= good && item->touched;
    if (!good)
        sqs_item_fail(item, aws, reply);
    return !good;
}

/* ---- waiting until it shows --------------------------------------------------------------------------- */

static void waited(struct lf_op *op, void *user, int canceled)
{
    struct sqs_item *item = user;
    if (canceled)
        kit_finish(item->kit, op, LF_END_CANCELED);
    else
        sqs_item_look(item, item->then);
}

/* False: it has been waited for long enough. */
static bool wait_more(struct sqs_item *item)
{
    int64_t now = item->kit->ops->now_ms(item->op);
    if (item->since_ms == 0)
        item->since_ms = now;
    if (now - item->since_ms >= SQS_SETTLE_MS ||
        (item->req->deadline_ms > 0 && now + 5 * SQS_PAUSE_MS > item->req->deadline_ms))
        return false;
    item->kit->ops->after(item->op, SQS_PAUSE_MS, waited, item);
    return true;
}

/* ---- deciding ----------------------------------------------------------------------------------------- */

void sqs_item_look(struct sqs_item *item, void (*then)(struct sqs_item *item))
{
    item->then = then;
    item->there = false;
    item->marker = item->address = NULL;
    item->attributes = item->policy = item->state = NULL;
    item->type->look(item);
}

static bool is_ours(const struct sqs_item *item)
{
    const char *mine = item->req->marker;
    return item->type->markless || (item->marker && mine && strcmp(item->marker, mine) == 0);
}

/* What was seen, for the verbs that only look. */
static void tell(struct sqs_item *item)
{
    if (!item->there)
        sqs_item_end(item, LF_END_GONE);
    else if (item->req->verb == LF_VERB_RECOVER && !is_ours(item))
        sqs_item_end(item, LF_END_EXISTS);
    else
        sqs_item_end(item, LF_END_OK);
}

/* Every attribute that `wish` has, and it has some, is as in the state.  What it leaves out does not count,
 * and options neither: half of a change may have gone before. */
static bool is_like(const struct sqs_item *item, const struct lf_value *wish)
{
    const struct lf_values *values = item->kit->values;
    size_t count = wish ? values->count(wish) : 0, compared = 0;
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        const struct lf_value *value = values->at(wish, i, &key);
        if (!key || strcmp(key, "id") == 0 || strcmp(key, "options") == 0 ||
            values->kind(value) == LF_KIND_NULL)
            continue;
        if (!kit_is_same(item->kit, value, kit_get(item->kit, item->state, key)))
            return false;
        compared++;
    }
    return compared > 0;
}

/* What carries no mark is ours while it is as we left it, or as we want it; a create takes only what is to
 * the last word what it would have made itself. */
static bool may_change(struct sqs_item *item)
{
    const struct lf_request *req = item->req;
    if (!item->type->markless)
        return kit_may_change(item->kit, req, item->marker);
    if (req->verb == LF_VERB_CREATE)
        return item->type->is_right(item);
    if (is_like(item, req->prior) || kit_may_change(item->kit, req, NULL))
        return true;
    return req->verb == LF_VERB_UPDATE && is_like(item, req->desired);
}

static void decide(struct sqs_item *item)
{
    uint32_t verb = item->req->verb;
    if (item->there && !may_change(item))
        sqs_item_end(item, LF_END_EXISTS);
    else if (!item->there && verb != LF_VERB_CREATE)
        sqs_item_end(item, LF_END_GONE);
    else if (verb == LF_VERB_DESTROY)
        item->type->drop(item);
    else if (!item->there)
        item->type->make(item);
    else if (is_ours(item) && item->type->is_right(item))
        sqs_item_end(item, LF_END_OK);
    else
        item->type->change(item);
}

/* Somebody else's, made at the same moment, or the mark of what was made does not show yet. */
static bool is_foreign(const struct sqs_item *item)
{
    return item->there && item->marker && !is_ours(item);
}

static void confirm(struct sqs_item *item)
{
    bool right = item->there && is_ours(item) && item->type->is_right(item);
    if (right)
        sqs_item_end(item, LF_END_OK);
    else if (is_foreign(item))
        sqs_item_end(item, LF_END_EXISTS);
    else if (!wait_more(item)) {
        if (item->there && !is_ours(item)) {
            sqs_item_end(item, LF_END_EXISTS);
            return;
        }
        kit_note(item->kit, item->op, "sqs.slow", NULL,
                 kit_format(item->kit, item->op, "AWS took the request to %s, and does not show it yet",
                            item->doing),
                 item->there ? "it is there, and not as it was just asked for" : "it is not there",
                 "changes take up to a minute, and up to fifteen for retention; landfall looks again");
        sqs_item_end(item, LF_END_UNSURE);
    }
}

static void saved(struct lf_op *op, void *user, int canceled)
{
    struct sqs_item *item = user;
    if (canceled)
        kit_finish(item->kit, op, LF_END_CANCELED);
    else
        sqs_item_look(item, confirm);
}

void sqs_item_made(struct sqs_item *item)
{
    item->made = true;
    const struct lf_value *progress =
        kit_put_bool(item->kit, item->op, kit_map(item->kit, item->op), "made", true);
    item->kit->ops->save(item->op, item->id, progress, saved, item);
}

void sqs_item_changed(struct sqs_item *item)
{
    sqs_item_look(item, confirm);
}

static void confirm_gone(struct sqs_item *item)
{
    /* A deletion that was taken is not taken back, however long it shows. */
    if (!item->there || !wait_more(item))
        sqs_item_end(item, LF_END_GONE);
}

void sqs_item_dropped(struct sqs_item *item)
{
    sqs_item_look(item, confirm_gone);
}

/* ---- verbs -------------------------------------------------------------------------------------------- */

static const char *words_of(uint32_t verb)
{
    return verb == LF_VERB_CREATE    ? "create"
           : verb == LF_VERB_UPDATE  ? "change"
           : verb == LF_VERB_DESTROY ? "destroy"
                                     : "look at";
}

struct sqs_item *sqs_item_new(const struct sqs_type *type, void *self, struct lf_op *op,
                              const struct lf_request *req, const char *doing)
{
    struct sqs *sqs = self;
    struct sqs_item *item = sqs->kit.ops->scratch(op, sizeof(*item));
    *item = (struct sqs_item){
        .self = sqs, .kit = &sqs->kit, .type = type, .op = op, .req = req, .doing = doing, .name = ""};
    return item;
}

static bool check_sns(struct sqs_item *item)
{
    if (!item->type->needs_sns || item->self->sns)
        return true;
    sqs_item_refuse(
        item, "sqs.no_sns", NULL,
        kit_format(item->kit, item->op, "a %s needs SNS, and no address of it is given", item->type->noun),
        "the drivers block has no `sns_endpoint`",
        "write for example `sns_endpoint: https://sns.eu-west-1.amazonaws.com`");
    return false;
}

void sqs_item_verb(const struct sqs_type *type, void *self, struct lf_op *op, const struct lf_request *req)
{
    struct sqs_item *item = sqs_item_new(type, self, op, req, words_of(req->verb));
    if (!check_sns(item) || !type->name_it(item))
        return;
    item->doing = kit_format(item->kit, op, "%s the %s '%s'", words_of(req->verb), type->noun, item->name);
    bool wants = req->desired &&
                 (req->verb == LF_VERB_PLAN || req->verb == LF_VERB_CREATE || req->verb == LF_VERB_UPDATE);
    if (wants && !type->check(item))
        return;
    if (req->verb == LF_VERB_PLAN)
        kit_plan(item->kit, self, op, req, type->schema,
                 req->desired && type->computed ? type->computed(item) : NULL, NULL);
    else
        sqs_item_look(item, kit_changes(req) ? decide : tell);
}
