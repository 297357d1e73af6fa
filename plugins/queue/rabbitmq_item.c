/* Look, bring, drop: the three steps every type's verbs are made of, one object at a time. */
#include "rabbitmq.h"

#include <string.h>

#define STATUS_OK        200
#define STATUS_BAD       400
#define STATUS_DENIED    401
#define STATUS_FORBIDDEN 403
#define STATUS_MISSING   404
#define SAID_MAX         600

/* ---- ending ------------------------------------------------------------------------------------------- */

void rabbit_item_end(struct rabbit_item *item, const struct lf_result *result)
{
    struct rabbit_crowd *crowd = item->batch->user;
    kit_batch_answer(item->batch, item->i, result);
    if (--crowd->open == 0)
        kit_batch_end(item->batch);
}

static void end_as(struct rabbit_item *item, uint32_t status)
{
    struct lf_result result = kit_result(status);
    rabbit_item_end(item, &result);
}

/* With all that is known of it. */
static void end_with(struct rabbit_item *item, uint32_t status)
{
    struct lf_result result = kit_result(status);
    result.id = item->id;
    result.marker = item->marker;
    result.state = item->state;
    rabbit_item_end(item, &result);
}

static void end_damaged(struct rabbit_item *item)
{
    end_with(item, item->there ? LF_END_DAMAGED : LF_END_UNSURE);
}

void rabbit_item_refuse(struct rabbit_item *item, const char *code, const char *path, const char *summary,
                        const char *detail, const char *advice)
{
    kit_batch_note(item->batch, item->i, code, path, summary, detail, advice);
    /* A create that is refused half way has left something, which must not be forgotten. */
    if (item->made)
        rabbit_item_look(item, end_damaged);
    else
        end_as(item, LF_END_REFUSED);
}

/* ---- what a reply means ------------------------------------------------------------------------------- */

/* The management API says 401 for both "who are you?" and "you may not", and 400 for what the broker itself
 * refuses; only its words tell them apart. */
static bool is_denied(const struct kit_http_reply *reply, const char *reason)
{
    if (reply->status == STATUS_FORBIDDEN)
        return true;
    if (reply->status == STATUS_BAD)
        return reason && strstr(reason, "ACCESS_REFUSED");
    return reply->status == STATUS_DENIED && reason && !strstr(reason, "Login failed") &&
           !strstr(reason, "Not_Authorized");
}

static void note_denied(struct rabbit_item *item, const struct kit_http_reply *reply, const char *reason)
{
    kit_batch_note(item->batch, item->i, "rabbitmq.forbidden", NULL,
                   kit_format(item->kit, item->op, "RabbitMQ does not allow '%s' to %s", item->rabbit->user,
                              item->doing),
                   kit_format(item->kit, item->op, "HTTP %u: %.*s", reply->status, SAID_MAX,
                              reason ? reason : reply->body),
                   "give the user the tag and the permissions that the driver's README lists");
}

/* What a reply that is no success means for the whole item. */
static struct lf_result result_of(const struct rabbit_item *item, const struct kit_http_reply *reply)
{
    bool changes = kit_changes(item->req) || item->req->verb == LF_VERB_CALL;
    struct lf_result result = kit_http_result(reply, changes && item->touched);
    if (result.status == LF_END_OK) /* a 2xx that is not what the API answers: something stands in between */
        result.status = !changes ? LF_END_CANNOT_TELL : item->touched ? LF_END_UNSURE : LF_END_REFUSED;
    /* That this request did nothing says nothing about those before it. */
    if (result.status == LF_END_RETRY && changes && item->touched_before)
        return kit_result(LF_END_UNSURE);
    /* As long as only questions were asked, a change that got no answer has for certain not begun. */
    if (changes && !item->touched && result.status == LF_END_CANNOT_TELL)
        result.status = LF_END_RETRY;
    return result;
}

void rabbit_item_fail(struct rabbit_item *item, const struct kit_http_reply *reply)
{
    const char *reason = kit_get_text(item->kit, reply->json, "reason");
    struct lf_result result = result_of(item, reply);
    if (result.status == LF_END_REFUSED && is_denied(reply, reason)) {
        note_denied(item, reply, reason);
    } else if (result.status != LF_END_CANCELED) {
        struct kit_http_words words =
            kit_http_words(item->kit, item->op, reply, "RabbitMQ", item->doing, reason);
        kit_batch_note(item->batch, item->i, kit_format(item->kit, item->op, "rabbitmq.%s", words.what), NULL,
                       words.summary,
                       kit_format(item->kit, item->op, "%s (%s)", words.detail, item->rabbit->api),
                       words.advice);
    }
    if (result.status == LF_END_REFUSED && item->made)
        rabbit_item_look(item, end_damaged);
    else
        rabbit_item_end(item, &result);
}

bool rabbit_item_failed(struct rabbit_item *item, const struct kit_http_reply *reply)
{
    if (reply->sent == LF_SENT_REPLY && reply->status >= 200 && reply->status < 300)
        return false;
    rabbit_item_fail(item, reply);
    return true;
}

bool rabbit_is_missing(const struct kit_http_reply *reply)
{
    return reply->sent == LF_SENT_REPLY && reply->status == STATUS_MISSING && reply->json;
}

void rabbit_item_no_vhost(struct rabbit_item *item)
{
    rabbit_item_refuse(item, "queue.no_namespace", "namespace", "the namespace is not there",
                       kit_format(item->kit, item->op, "RabbitMQ has no vhost '%s'", item->vhost),
                       "declare it as a queue.namespace and give its id");
}

/* ---- asking ------------------------------------------------------------------------------------------- */

void rabbit_ask(const struct rabbit *rabbit, struct lf_op *op, const char *method, const char *path,
                const struct lf_value *json, uint32_t flags, kit_http_fn *fn, void *user)
{
    struct kit_http_ask ask = {
        .method = method,
        .url = kit_format(&rabbit->kit, op, "%s%s", rabbit->api, path),
        .json = json,
        .flags = flags,
        .user = rabbit->user,
        .password = rabbit->password,
    };
    kit_http_send(&rabbit->kit, op, &ask, fn, user);
}

void rabbit_item_ask(struct rabbit_item *item, const char *method, const char *path,
                     const struct lf_value *json, kit_http_fn *fn)
{
    item->touched_before = item->touched;
    if (strcmp(method, "GET") != 0)
        item->touched = true;
    rabbit_ask(item->rabbit, item->op, method, path, json, 0, fn, item);
}

void rabbit_item_peek(struct rabbit_item *item, const char *path, const struct lf_value *json,
                      kit_http_fn *fn)
{
    rabbit_ask(item->rabbit, item->op, "POST", path, json, LF_SEND_SAFE, fn, item);
}

/* ---- looking at one ----------------------------------------------------------------------------------- */

static void look_next(struct rabbit_item *item);

/* False: it ended, because that is no answer. */
static bool keep_seen(struct rabbit_item *item, size_t source, const struct kit_http_reply *reply)
{
    bool missing = rabbit_is_missing(reply);
    if (!missing && (reply->sent != LF_SENT_REPLY || reply->status != STATUS_OK || !reply->json)) {
        rabbit_item_fail(item, reply);
        return false;
    }
    const struct lf_value *page =
        source == RABBIT_QUEUES ? kit_get(item->kit, reply->json, "items") : reply->json;
    item->seen[source] = missing ? NULL : page;
    return true;
}

static void looked(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    (void)op;
    if (!keep_seen(item, item->step, reply))
        return;
    item->step++;
    look_next(item);
}

static void looked_again(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    (void)op;
    if (!keep_seen(item, 0, reply))
        return;
    rabbit_item_taken(item);
    item->then(item);
}

void rabbit_item_taken(struct rabbit_item *item)
{
    item->there = false;
    item->marker = NULL;
    item->state = NULL;
    item->unfinished = false;
    item->away = NULL;
    item->type->take(item);
}

static const char *next_path(struct rabbit_item *item)
{
    const struct rabbit_type *type = item->type;
    const char *path = NULL;
    for (; item->step < RABBIT_SOURCES; item->step++) {
        if (item->step < RABBIT_QUEUES)
            path = type->path(item, item->step);
        else if (type->doubt)
            path = type->doubt(item, item->step, false);
        if (path)
            return path;
    }
    return NULL;
}

/* What all nodes have now was looked at before that was known: once more. */
static void look_next(struct rabbit_item *item)
{
    const char *path = next_path(item);
    if (path) {
        rabbit_item_ask(item, "GET", path, NULL, looked);
        return;
    }
    rabbit_item_taken(item);
    if (item->seen[RABBIT_NODES] && !item->away)
        rabbit_item_ask(item, "GET", item->type->path(item, 0), NULL, looked_again);
    else
        item->then(item);
}

void rabbit_item_look(struct rabbit_item *item, void (*then)(struct rabbit_item *item))
{
    item->then = then;
    item->step = 0;
    memset(item->seen, 0, sizeof(item->seen));
    look_next(item);
}

/* ---- deciding ----------------------------------------------------------------------------------------- */

/* RabbitMQ stops where it is when who asked for something is gone, and what it leaves cannot be used.  A
 * recover of the create gives a state that is not as asked, so that it is sent again; who reads is told. */
static void tell_unfinished(struct rabbit_item *item)
{
    uint32_t status = LF_END_OK;
    if (item->req->verb == LF_VERB_RECOVER && !item->req->prior) {
        item->state = kit_map(item->kit, item->op);
    } else if (item->type->damaged) {
        kit_batch_note(
            item->batch, item->i, "queue.unfinished", NULL,
            kit_format(item->kit, item->op, "the %s '%s' cannot be used", item->type->noun, item->id),
            item->type->damaged, "let landfall replace it");
        status = LF_END_DAMAGED;
    }
    end_with(item, status);
}

/* What was seen, for the verbs that only look. */
void rabbit_item_tell(struct rabbit_item *item)
{
    const char *mine = item->req->marker;
    bool ours = item->type->markless || (item->marker && mine && strcmp(item->marker, mine) == 0);
    if (item->there && item->req->verb == LF_VERB_RECOVER && !ours)
        end_with(item, LF_END_EXISTS);
    else if (item->away)
        rabbit_away_end(item);
    else if (!item->there)
        end_as(item, LF_END_GONE);
    else if (item->unfinished && ours)
        tell_unfinished(item);
    else
        end_with(item, LF_END_OK);
}

/* Every attribute that `wish` has is as in the state; what it leaves out does not count. */
static bool is_like(const struct rabbit_item *item, const struct lf_value *wish)
{
    const struct lf_values *values = item->kit->values;
    size_t count = wish ? values->count(wish) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        const struct lf_value *value = values->at(wish, i, &key);
        if (key && strcmp(key, "id") != 0 && values->kind(value) != LF_KIND_NULL &&
            !kit_is_same(item->kit, value, kit_get(item->kit, item->state, key)))
            return false;
    }
    return wish != NULL;
}

/* What carries no mark is ours while it is as we left it, or as we want it. */
static bool may_change(const struct rabbit_item *item)
{
    const struct lf_request *req = item->req;
    if (!item->type->markless)
        return kit_may_change(item->kit, req, item->marker);
    if (req->verb != LF_VERB_CREATE && is_like(item, req->prior))
        return true;
    return (req->verb != LF_VERB_DESTROY && is_like(item, req->desired)) ||
           (req->verb == LF_VERB_UPDATE && kit_may_change(item->kit, req, NULL));
}

static void decide(struct rabbit_item *item)
{
    uint32_t verb = item->req->verb;
    /* Away, and found by name all the same: RabbitMQ deletes it for good, without its nodes. */
    bool can_be_dropped = item->there && verb == LF_VERB_DESTROY;
    if (item->there && !may_change(item))
        end_with(item, LF_END_EXISTS);
    else if (item->away && !can_be_dropped)
        rabbit_away_end(item);
    else if (!item->there && verb != LF_VERB_CREATE)
        end_as(item, LF_END_GONE);
    else if (verb == LF_VERB_DESTROY)
        item->type->drop(item);
    else
        item->type->bring(item);
}

static void confirm(struct rabbit_item *item)
{
    if (item->away) {
        rabbit_away_end(item);
        return;
    }
    if (item->there && may_change(item)) {
        if (item->unfinished)
            tell_unfinished(item);
        else
            end_with(item, LF_END_OK);
        return;
    }
    kit_batch_note(item->batch, item->i, "rabbitmq.taken_meanwhile", NULL,
                   kit_format(item->kit, item->op, "the %s '%s' is not there as it was just made",
                              item->type->noun, item->id),
                   item->there ? "it was made by somebody else at the same moment"
                               : "it was deleted at the same moment",
                   "see who else works on this vhost; landfall looks before it sends again");
    end_as(item, LF_END_UNSURE);
}

void rabbit_item_brought(struct rabbit_item *item)
{
    rabbit_item_look(item, confirm);
}

void rabbit_item_dropped(struct rabbit_item *item)
{
    end_as(item, LF_END_GONE);
}

void rabbit_item_was_put(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    (void)op;
    if (!rabbit_item_failed(item, reply))
        rabbit_item_brought(item);
}

void rabbit_item_was_deleted(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    (void)op;
    if (rabbit_is_missing(reply) || !rabbit_item_failed(item, reply))
        rabbit_item_dropped(item);
}

/* ---- planning ----------------------------------------------------------------------------------------- */

/* The contract's schema, in which an attribute that this broker can only set at birth is one of those. */
static const struct lf_schema *fixed_schema(struct rabbit_item *item)
{
    const struct lf_schema *schema = item->type->schema;
    if (!item->type->is_fixed || !item->req->prior || !item->req->desired)
        return schema;
    struct lf_attr *attrs = item->kit->ops->scratch(item->op, schema->attr_count * sizeof(*attrs));
    struct lf_schema *copy = item->kit->ops->scratch(item->op, sizeof(*copy));
    memcpy(attrs, schema->attrs, schema->attr_count * sizeof(*attrs));
    for (uint32_t i = 0; i < schema->attr_count; i++) {
        if (item->type->is_fixed(item, attrs[i].name))
            attrs[i].flags |= LF_ATTR_FIXED;
    }
    *copy = *schema;
    copy->attrs = attrs;
    copy->attr_size = sizeof(*attrs);
    return copy;
}

/* Ends the operation itself: a plan is never one of many. */
static void plan(struct rabbit_item *item)
{
    if (item->req->desired && !item->type->check(item))
        return;
    const struct lf_value *computed =
        item->req->desired && item->type->computed ? item->type->computed(item) : NULL;
    kit_plan(item->kit, item->rabbit, item->op, item->req, fixed_schema(item), computed, NULL);
}

/* ---- verbs -------------------------------------------------------------------------------------------- */

static const char *words_of(uint32_t verb)
{
    return verb == LF_VERB_CREATE    ? "create"
           : verb == LF_VERB_UPDATE  ? "change"
           : verb == LF_VERB_DESTROY ? "destroy"
                                     : "look at";
}

bool rabbit_item_init(struct rabbit_item *item, const struct rabbit_type *type, struct kit_batch *batch,
                      size_t i)
{
    *item = (struct rabbit_item){.rabbit = batch->self,
                                 .kit = batch->kit,
                                 .type = type,
                                 .batch = batch,
                                 .i = i,
                                 .op = batch->op,
                                 .req = batch->reqs[i]};
    item->doing = kit_format(item->kit, item->op, "%s the %s", words_of(item->req->verb), type->noun);
    if (!type->name_it(item))
        return false;
    item->doing = kit_format(item->kit, item->op, "%s '%s'", item->doing, item->id);
    return true;
}

struct rabbit_item *rabbit_item_one(const struct rabbit_type *type, void *self, struct lf_op *op,
                                    const struct lf_request *req)
{
    struct rabbit *rabbit = self;
    const struct kit *kit = &rabbit->kit;
    struct kit_batch *batch = kit_batch_one(kit, self, op, req);
    struct rabbit_crowd *crowd = kit->ops->scratch(op, sizeof(*crowd));
    struct rabbit_item *item = kit->ops->scratch(op, sizeof(*item));
    crowd->open = 1;
    batch->user = crowd;
    return rabbit_item_init(item, type, batch, 0) ? item : NULL;
}

void rabbit_item_verb(const struct rabbit_type *type, void *self, struct lf_op *op,
                      const struct lf_request *req)
{
    struct rabbit_item *item = rabbit_item_one(type, self, op, req);
    if (!item)
        return;
    if (req->verb == LF_VERB_PLAN)
        plan(item);
    else if (!kit_changes(req))
        rabbit_item_look(item, rabbit_item_tell);
    else if (req->verb == LF_VERB_DESTROY || type->check(item))
        rabbit_item_look(item, decide);
}
