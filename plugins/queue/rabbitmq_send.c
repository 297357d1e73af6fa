/* The call `send`: one message, published with a confirm, exactly once in effect.
 *
 * The management API publishes and waits for the broker's confirm, but knows no tokens.  So each token has a
 * ledger, a queue "landfall.sent.<token>", made before the message is published, and the message goes to its
 * target and to the ledger in one publish: in both or in neither.  A token that comes again finds its ledger
 * there, waits until nothing that was sent before can still land, and looks into it.
 *
 * RabbitMQ, killed in the moment after it acknowledged a ledger, may forget it.  So that publishing begins is
 * saved first: with that on record an absent ledger is one that was lost, and tells nothing.
 *
 * A ledger is deleted by RabbitMQ itself when nobody looked for KEPT_S.  That an absent ledger means "never
 * sent" holds only as long as none can have been deleted, so the exchange "landfall.sent" remembers when the
 * first message of this vhost was sent, by the broker's own clock. */
#include "rabbitmq_send.h"
#include "rabbitmq.h"
#include "rabbitmq_filter.h"

#include <landfall/queue.h>
#include <stdio.h>
#include <string.h>

#define BODY_MAX  262144 /* the contract's bound, which is SQS's too */
#define TOKEN_MAX 200

#define EPOCH  "landfall.sent"
#define SINCE  "x-landfall-since"
#define HEADER "landfall-token"

/* What is saved of a send: the message may have been sent from now on, or for certain it was not, and its
 * ledger says nothing. */
#define SENT       "sent"
#define SENT_MAYBE "maybe"
#define SENT_NOT   "no"

#define STATUS_CREATED 201
#define STATUS_BAD     400

#define CONNECTION_FORCED "320 "
#define INTERNAL_ERROR    "541 "

struct sending {
    const char *token;
    const char *ledger; /* the queue's name */
    bool to_topic;
    const char *saved;   /* SENT_*, of the last try that came so far; or NULL */
    const char *binding; /* of the ledger to a topic, as a path to delete it; or NULL */
    const struct lf_value *ids;
    int64_t now; /* seconds since 1970 on the broker's clock; 0: it does not say */
};

static const struct lf_value *ids_of(struct rabbit_item *item, const char *const *queues, size_t count)
{
    const struct sending *s = item->work;
    const struct lf_value **ids = item->kit->ops->scratch(item->op, (count + 1) * sizeof(*ids));
    for (size_t i = 0; i < count; i++) {
        const char *id = kit_format(item->kit, item->op, "%s/%s", queues[i], s->token);
        ids[i] = item->kit->values->of_text(item->op, id, strlen(id));
    }
    return item->kit->values->of_list(item->op, ids, count);
}

static void end_sent(struct rabbit_item *item)
{
    const struct sending *s = item->work;
    struct lf_result result = kit_result(LF_END_OK);
    result.reply = kit_put(item->kit, item->op, kit_map(item->kit, item->op), "ids", s->ids);
    rabbit_item_end(item, &result);
}

static void end_status(struct rabbit_item *item, uint32_t status)
{
    struct lf_result result = kit_result(status);
    rabbit_item_end(item, &result);
}

static bool may_be_sent(const struct rabbit_item *item)
{
    const struct sending *s = item->work;
    return s->saved && strcmp(s->saved, SENT_NOT) != 0;
}

static void save(struct rabbit_item *item, const char *sent, lf_after_fn *fn)
{
    const struct kit *kit = item->kit;
    struct sending *s = item->work;
    s->saved = sent;
    kit->ops->save(item->op, NULL, kit_put_text(kit, item->op, kit_map(kit, item->op), SENT, sent), fn, item);
}

static const char *ledger_path(struct rabbit_item *item)
{
    const struct sending *s = item->work;
    return rabbit_path(item->kit, item->op, "/queues/*/*", item->vhost, s->ledger);
}

/* ---- whom a topic reaches ----------------------------------------------------------------------------- */

/* What the broker will do, or did, with the message: its answer does not tell. */
static const struct lf_value *reached(struct rabbit_item *item, const struct lf_value *bindings)
{
    const struct kit *kit = item->kit;
    const struct lf_value *attributes = kit_get(kit, item->req->args, "attributes");
    size_t count = bindings ? kit->values->count(bindings) : 0, found = 0;
    const char **queues = kit->ops->scratch(item->op, (count + 1) * sizeof(*queues));
    for (size_t i = 0; i < count; i++) {
        const struct lf_value *binding = kit->values->at(bindings, i, NULL);
        const char *kind = kit_get_text(kit, binding, "destination_type");
        const char *to = kit_get_text(kit, binding, "destination");
        bool known = !to || !kind || strcmp(kind, "queue") != 0 || strncmp(to, EPOCH, strlen(EPOCH)) == 0;
        for (size_t f = 0; !known && f < found; f++)
            known = strcmp(queues[f], to) == 0;
        if (!known && rabbit_filter_passes(kit, kit_get(kit, binding, "arguments"), attributes))
            queues[found++] = to;
    }
    return ids_of(item, queues, found);
}

static void ask_whom(struct rabbit_item *item, kit_http_fn *fn)
{
    rabbit_item_ask(
        item, "GET",
        rabbit_path(item->kit, item->op, "/exchanges/*/*/bindings/source", item->vhost, item->name), NULL,
        fn);
}

/* ---- looking into the ledger -------------------------------------------------------------------------- */

/* Peeked at, and put back where it was: nobody else reads a ledger. */
static void look_into(struct rabbit_item *item, kit_http_fn *fn)
{
    const struct kit *kit = item->kit;
    const struct lf_value *ask = kit_put_int(kit, item->op, kit_map(kit, item->op), "count", 10);
    ask = kit_put_text(kit, item->op, ask, "ackmode", "ack_requeue_true");
    ask = kit_put_text(kit, item->op, ask, "encoding", "auto");
    ask = kit_put_int(kit, item->op, ask, "truncate", 1);
    rabbit_item_peek(item, kit_format(kit, item->op, "%s/get", ledger_path(item)), ask, fn);
}

static bool holds_token(struct rabbit_item *item, const struct lf_value *messages)
{
    const struct sending *s = item->work;
    size_t count = messages ? item->kit->values->count(messages) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *id =
            kit_get_text(item->kit, item->kit->values->at(messages, i, NULL), "properties.message_id");
        if (id && strcmp(id, s->token) == 0)
            return true;
    }
    return false;
}

static void whom_it_reached(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    struct sending *s = item->work;
    (void)op;
    if (!rabbit_is_missing(reply) && rabbit_item_failed(item, reply))
        return;
    s->ids = reached(item, rabbit_is_missing(reply) ? NULL : reply->json);
    end_sent(item);
}

/* It was sent before: the same answer again. */
static void answer_again(struct rabbit_item *item)
{
    struct sending *s = item->work;
    if (s->to_topic) {
        ask_whom(item, whom_it_reached);
        return;
    }
    s->ids = ids_of(item, &item->name, 1);
    end_sent(item);
}

/* ---- publishing --------------------------------------------------------------------------------------- */

static void unbound(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    (void)op, (void)reply;
    end_sent(user); /* the message is where it belongs; a binding that stays is deleted with its ledger */
}

static void refuse_full(struct rabbit_item *item)
{
    rabbit_item_refuse(
        item, "queue.full", NULL, "the message was not taken",
        kit_format(item->kit, item->op, "'%s', or a queue it reaches, is full or not running", item->id),
        "see the queue in the management pages: let programs catch up, or raise its limit, then resume");
}

static void not_taken_nor_kept(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    const struct sending *s = item->work;
    (void)op;
    if (rabbit_is_missing(reply))
        rabbit_away_or(item, s->ledger, true, refuse_full);
    else if (!rabbit_item_failed(item, reply))
        refuse_full(item);
}

/* The ledger has it and the target does not, so the ledger must go before anybody believes it. */
static void not_taken(struct lf_op *op, void *user, int canceled)
{
    struct rabbit_item *item = user;
    (void)op;
    if (canceled)
        end_status(item, LF_END_CANCELED);
    else
        rabbit_item_ask(item, "DELETE", ledger_path(item), NULL, not_taken_nor_kept);
}

static bool is_rejected(const struct rabbit_item *item, const struct kit_http_reply *reply)
{
    const char *reason = kit_get_text(item->kit, reply->json, "reason");
    return reply->sent == LF_SENT_REPLY && reply->status == STATUS_BAD && reason &&
           strncmp(reason, "rejected", strlen("rejected")) == 0;
}

/* A channel of the API that was closed by a person, by a broker that stops, or by an error inside it: as the
 * reason of a 400 comes AMQP's code for that, and the message may have been taken before. */
static bool is_cut_off(const struct rabbit_item *item, const struct kit_http_reply *reply)
{
    const char *reason = kit_get_text(item->kit, reply->json, "reason");
    return reply->sent == LF_SENT_REPLY && reply->status == STATUS_BAD && reason &&
           (strncmp(reason, CONNECTION_FORCED, strlen(CONNECTION_FORCED)) == 0 ||
            strncmp(reason, INTERNAL_ERROR, strlen(INTERNAL_ERROR)) == 0);
}

static void end_cut_off(struct rabbit_item *item, const struct kit_http_reply *reply)
{
    kit_batch_note(item->batch, item->i, "rabbitmq.cut_off", NULL,
                   "RabbitMQ broke off before it said whether it has the message",
                   kit_format(item->kit, item->op, "HTTP %u: %.400s (%s)", reply->status,
                              kit_get_text(item->kit, reply->json, "reason"), item->rabbit->api),
                   "see in its log why; landfall looks before it sends again");
    end_status(item, LF_END_UNSURE);
}

static void published(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    const struct sending *s = item->work;
    if (is_rejected(item, reply)) {
        save(item, SENT_NOT, not_taken);
        return;
    }
    if (is_cut_off(item, reply)) {
        end_cut_off(item, reply);
        return;
    }
    uint32_t end = kit_http_end(reply, true);
    if (end == LF_END_RETRY || end == LF_END_REFUSED)
        save(item, SENT_NOT, NULL);
    if (rabbit_item_failed(item, reply))
        return;
    if (!kit_get_bool(item->kit, reply->json, "routed", false)) {
        save(item, SENT_NOT, NULL);
        kit_batch_note(item->batch, item->i, "rabbitmq.not_routed", NULL, "RabbitMQ took the message nowhere",
                       kit_format(item->kit, op, "neither '%s' nor its ledger was there any more", item->id),
                       "see who deletes queues here; landfall looks before it sends again");
        end_status(item, LF_END_UNSURE);
        return;
    }
    if (s->binding)
        rabbit_item_ask(item, "DELETE", s->binding, NULL, unbound);
    else
        end_sent(item);
}

static void publish(struct lf_op *op, void *user, int canceled)
{
    struct rabbit_item *item = user;
    const struct kit *kit = item->kit;
    const struct sending *s = item->work;
    if (canceled) {
        end_status(item, LF_END_CANCELED);
        return;
    }
    const struct lf_value *headers = kit_get(kit, item->req->args, "attributes");
    if (!headers || kit->values->kind(headers) != LF_KIND_MAP)
        headers = kit_map(kit, op);
    if (s->to_topic) {
        headers = kit_put_text(kit, op, headers, HEADER, s->token);
    } else {
        const struct lf_value *copy = kit->values->of_text(op, s->ledger, strlen(s->ledger));
        headers = kit_put(kit, op, headers, "BCC", kit->values->of_list(op, &copy, 1));
    }
    const struct lf_value *properties = kit_put_text(kit, op, kit_map(kit, op), "message_id", s->token);
    properties = kit_put_int(kit, op, properties, "delivery_mode", 2);
    properties = kit_put(kit, op, properties, "headers", headers);
    const struct lf_value *body = kit_put(kit, op, kit_map(kit, op), "properties", properties);
    body = kit_put_text(kit, op, body, "routing_key", s->to_topic ? "" : item->name);
    body = kit_put(kit, op, body, "payload", kit_get(kit, item->req->args, "body"));
    body = kit_put_text(kit, op, body, "payload_encoding", "string");
    rabbit_item_ask(
        item, "POST",
        rabbit_path(kit, op, "/exchanges/*/*/publish", item->vhost, s->to_topic ? item->name : "amq.default"),
        body, published);
}

/* Not before it is durable that it begins. */
static void begin_to_publish(struct rabbit_item *item)
{
    if (may_be_sent(item))
        publish(item->op, item, 0);
    else
        save(item, SENT_MAYBE, publish);
}

static void ledger_bound(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    struct sending *s = item->work;
    if (rabbit_item_failed(item, reply))
        return;
    /* "<ledger>/<key of the binding, encoded for a path>" */
    const char *location = reply->raw ? item->kit->host->http->header(reply->raw, "location") : NULL;
    const char *key = location ? strrchr(location, '/') : NULL;
    if (key)
        s->binding = kit_format(
            item->kit, op, "%s%s",
            rabbit_path(item->kit, op, "/bindings/*/e/*/q/*", item->vhost, item->name, s->ledger), key);
    begin_to_publish(item);
}

static void bind_ledger(struct rabbit_item *item)
{
    const struct kit *kit = item->kit;
    const struct sending *s = item->work;
    const struct lf_value *match = kit_put_text(kit, item->op, kit_map(kit, item->op), "x-match", "all");
    match = kit_put_text(kit, item->op, match, HEADER, s->token);
    const struct lf_value *body = kit_put_text(kit, item->op, kit_map(kit, item->op), "routing_key", "");
    body = kit_put(kit, item->op, body, "arguments", match);
    rabbit_item_ask(item, "POST",
                    rabbit_path(kit, item->op, "/bindings/*/e/*/q/*", item->vhost, item->name, s->ledger),
                    body, ledger_bound);
}

static void whom_it_will_reach(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    struct sending *s = item->work;
    (void)op;
    if (rabbit_item_failed(item, reply))
        return;
    s->ids = reached(item, reply->json);
    bind_ledger(item);
}

static void go_on(struct rabbit_item *item)
{
    struct sending *s = item->work;
    if (s->to_topic) {
        ask_whom(item, whom_it_will_reach);
        return;
    }
    s->ids = ids_of(item, &item->name, 1);
    begin_to_publish(item);
}

/* ---- the token comes again ---------------------------------------------------------------------------- */

static void list_ledger(struct rabbit_item *item);

static void looked_again(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    (void)op;
    if (may_be_sent(item) && rabbit_is_missing(reply)) {
        list_ledger(item);
        return;
    }
    if (rabbit_item_failed(item, reply))
        return;
    if (holds_token(item, reply->json))
        answer_again(item);
    else
        go_on(item);
}

static void waited(struct lf_op *op, void *user, int canceled)
{
    struct rabbit_item *item = user;
    (void)op;
    if (canceled)
        end_status(item, LF_END_CANCELED);
    else
        look_into(item, looked_again);
}

/* One that an earlier try made and whose node is down is "not found" to who makes it again. */
static void ledger_made(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    const struct sending *s = item->work;
    if (rabbit_is_missing(reply)) {
        rabbit_away_or(item, s->ledger, true, rabbit_item_no_vhost);
        return;
    }
    if (rabbit_item_failed(item, reply))
        return;
    if (reply->status == STATUS_CREATED)
        go_on(item);
    else
        item->kit->ops->after(op, RABBIT_INFLIGHT_MS, waited, item);
}

static void make_ledger(struct rabbit_item *item)
{
    const struct kit *kit = item->kit;
    const struct lf_value *arguments =
        kit_put_int(kit, item->op, kit_map(kit, item->op), "x-expires", (int64_t)RABBIT_LEDGER_S * 1000);
    arguments = kit_put_text(kit, item->op, arguments, "x-queue-type", "classic");
    arguments = kit_put_text(kit, item->op, arguments, RABBIT_ADDRESS, item->req->address);
    const struct lf_value *body = kit_put_bool(kit, item->op, kit_map(kit, item->op), "durable", true);
    body = kit_put(kit, item->op, body, "arguments", arguments);
    rabbit_item_ask(item, "PUT", ledger_path(item), body, ledger_made);
}

/* ---- where to, and since when ------------------------------------------------------------------------- */

/* Seconds since 1970 of "Thu, 26 Nov 2026 14:37:15 GMT", the one form HTTP still makes; -1: it is another. */
static int64_t broker_time(struct rabbit_item *item, const struct kit_http_reply *reply)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const char *text = reply->raw ? item->kit->host->http->header(reply->raw, "date") : NULL;
    int day = 0, year = 0, hour = 0, minute = 0, second = 0;
    char month[4] = "";
    if (!text ||
        sscanf(text, "%*3s, %2d %3s %4d %2d:%2d:%2d GMT", &day, month, &year, &hour, &minute, &second) != 6)
        return -1;
    const char *at = strstr(months, month);
    if (!at || (at - months) % 3 != 0 || year < 1970)
        return -1;
    /* Days of the civil calendar, counted in years that begin in March. */
    int64_t m = (at - months) / 3 + 1, y = m <= 2 ? year - 1 : year;
    int64_t era_day = 365 * y + y / 4 - y / 100 + y / 400 + (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return (era_day - 719468) * 86400 + hour * 3600 + minute * 60 + second;
}

static void epoch_made(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    (void)op;
    if (!rabbit_item_failed(user, reply))
        make_ledger(user);
}

/* Made once in the life of a vhost: what is there already keeps its time. */
static void make_epoch(struct rabbit_item *item)
{
    const struct kit *kit = item->kit;
    const struct sending *s = item->work;
    const struct lf_value *arguments = kit_put_int(kit, item->op, kit_map(kit, item->op), SINCE, s->now);
    const struct lf_value *body = kit_put_text(kit, item->op, kit_map(kit, item->op), "type", "fanout");
    body = kit_put_bool(kit, item->op, body, "durable", true);
    body = kit_put(kit, item->op, body, "arguments", arguments);
    rabbit_item_ask(item, "PUT", rabbit_path(kit, item->op, "/exchanges/*/*", item->vhost, EPOCH), body,
                    epoch_made);
}

/* One that is away may come back with a message in it that its target never took. */
static void ledger_dropped(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    const struct sending *s = item->work;
    (void)op;
    if (rabbit_is_missing(reply))
        rabbit_away_or(item, s->ledger, true, make_epoch);
    else if (!rabbit_item_failed(item, reply))
        make_epoch(item);
}

static void go_on_from(struct rabbit_item *item, int64_t now)
{
    struct sending *s = item->work;
    s->now = now < 0 ? 0 : now;
    if (may_be_sent(item)) /* it is not made again: as a new one it would say that nothing was sent */
        item->kit->ops->after(item->op, RABBIT_INFLIGHT_MS, waited, item);
    else if (s->saved)
        rabbit_item_ask(item, "DELETE", ledger_path(item), NULL, ledger_dropped);
    else
        make_epoch(item);
}

static void no_target(struct rabbit_item *item)
{
    const struct sending *s = item->work;
    rabbit_item_refuse(item, "queue.no_target", s->to_topic ? "topic" : "queue",
                       "there is nowhere to send to",
                       kit_format(item->kit, item->op, "RabbitMQ has no %s '%s' in the vhost '%s'",
                                  s->to_topic ? "exchange" : "queue", item->name, item->vhost),
                       "declare it, and let the action come after it");
}

static bool runs_nowhere(const struct rabbit_item *item, const struct lf_value *queue)
{
    const struct lf_value *online = kit_get(item->kit, queue, "online");
    return online && item->kit->values->kind(online) == LF_KIND_LIST && item->kit->values->count(online) == 0;
}

/* Of a queue that no node runs. */
static void nodes_seen(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    (void)op;
    if (rabbit_item_failed(item, reply))
        return;
    item->away = rabbit_away_members(item, item->seen[0], reply->json);
    if (item->away)
        rabbit_away_end(item);
    else
        rabbit_item_refuse(item, "queue.unfinished", "queue", "the queue cannot be used",
                           "RabbitMQ lists it, and no node runs it", "plan again: it can be replaced");
}

static void target_seen(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    const struct sending *s = item->work;
    const char *type = kit_get_text(item->kit, reply->json, "type");
    if (rabbit_is_missing(reply)) {
        if (s->to_topic)
            no_target(item);
        else
            rabbit_away_or(item, item->name, true, no_target);
        return;
    }
    if (rabbit_item_failed(item, reply))
        return;
    if (s->to_topic && (!type || strcmp(type, "headers") != 0)) {
        rabbit_item_refuse(item, "queue.topic_kind", "topic", "landfall cannot send to a topic of this kind",
                           kit_format(item->kit, op,
                                      "'%s' is an exchange of the kind '%s', and a call has no routing key",
                                      item->name, type ? type : ""),
                           "send to a topic of the kind 'headers', or to a queue");
        return;
    }
    if (runs_nowhere(item, reply->json)) {
        item->seen[0] = reply->json;
        rabbit_item_ask(item, "GET", RABBIT_RUNNING, NULL, nodes_seen);
        return;
    }
    go_on_from(item, broker_time(item, reply));
}

/* ---- what may be sent --------------------------------------------------------------------------------- */

static bool is_scalar(const struct kit *kit, const struct lf_value *value)
{
    uint32_t kind = value ? kit->values->kind(value) : LF_KIND_NULL;
    return kind == LF_KIND_TEXT || kind == LF_KIND_INT || kind == LF_KIND_BOOL;
}

static bool check_attributes(struct rabbit_item *item)
{
    const struct lf_value *attributes = kit_get(item->kit, item->req->args, "attributes");
    size_t count = attributes ? item->kit->values->count(attributes) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = NULL, *why = NULL;
        const struct lf_value *value = item->kit->values->at(attributes, i, &name);
        if (!name || !*name || strlen(name) > 255)
            why = "a name has 1 to 255 bytes";
        else if (strcmp(name, "CC") == 0 || strcmp(name, "BCC") == 0 || strcmp(name, HEADER) == 0)
            why = "RabbitMQ or landfall reads an attribute of that name";
        else if (!is_scalar(item->kit, value))
            why = "a value is a text, an integer or a boolean";
        if (!why)
            continue;
        rabbit_item_refuse(item, "queue.bad_attribute",
                           kit_format(item->kit, item->op, "attributes.\"%.80s\"", name ? name : ""),
                           "the message cannot have this attribute", why,
                           "rename it, or put it into the body");
        return false;
    }
    return true;
}

static bool check_body(struct rabbit_item *item)
{
    size_t len = 0;
    const struct lf_value *body = kit_get(item->kit, item->req->args, "body");
    const char *text = body ? item->kit->values->as_text(body, &len) : NULL;
    if (text && len <= BODY_MAX && strlen(text) == len)
        return true;
    rabbit_item_refuse(item, "queue.bad_body", "body", "the body cannot be sent",
                       kit_format(item->kit, item->op,
                                  "it must be text without NUL of at most %d bytes, and has %zu", BODY_MAX,
                                  len),
                       "store what is large elsewhere and send where it is");
    return false;
}

static bool check_target(struct rabbit_item *item)
{
    const struct lf_value *args = item->req->args;
    bool to_queue = kit_has(item->kit, args, "queue"), to_topic = kit_has(item->kit, args, "topic");
    if (to_queue == to_topic) {
        rabbit_item_refuse(item, "queue.where_to", "queue", "a message goes to one queue or to one topic",
                           to_queue ? "both are given" : "neither is given",
                           "give either `queue` or `topic`");
        return false;
    }
    int64_t delay = kit_get_int(item->kit, args, "delay_s", 0);
    if (delay != 0) {
        rabbit_item_refuse(item, delay < 0 || delay > 900 ? "queue.out_of_range" : "queue.no_delay",
                           "delay_s", "RabbitMQ cannot hold a message back",
                           kit_format(item->kit, item->op, "%lld seconds are asked for", (long long)delay),
                           "leave `delay_s` out, and let the program that receives it wait");
        return false;
    }
    return true;
}

static bool check(struct rabbit_item *item)
{
    const struct sending *s = item->work;
    if (!check_target(item) || !check_body(item) || !check_attributes(item))
        return false;
    if (item->req->read_only) {
        rabbit_item_refuse(item, "queue.only_reads", NULL,
                           "a check may only read, and a message sent is sent", NULL, "send it in an action");
        return false;
    }
    if (*s->token && strlen(s->token) <= TOKEN_MAX)
        return true;
    rabbit_item_refuse(item, "queue.bad_token", NULL, "the call has no token that can be a queue's name",
                       NULL, NULL);
    return false;
}

static bool name_it(struct rabbit_item *item)
{
    struct sending *s = item->kit->ops->scratch(item->op, sizeof(*s));
    const char *queue = kit_get_text(item->kit, item->req->args, "queue");
    const char *topic = kit_get_text(item->kit, item->req->args, "topic");
    const char *spelled = queue ? queue : topic ? topic : "";
    s->token = item->req->token ? item->req->token : "";
    s->ledger = kit_format(item->kit, item->op, EPOCH ".%s", s->token);
    s->to_topic = !queue && topic;
    s->saved = kit_get_text(item->kit, item->req->saved, SENT);
    item->work = s;
    item->id = spelled;
    item->doing = "send a message to";
    item->name = "";
    item->vhost = item->rabbit->vhost;
    if (!*spelled || rabbit_id_split(item->rabbit, item->op, spelled, 1, &item->vhost, &item->name))
        return true;
    rabbit_item_refuse(item, "queue.no_target", queue ? "queue" : "topic", "there is nowhere to send to",
                       kit_format(item->kit, item->op, "'%.100s' is no id", spelled),
                       "give the id of a queue.queue or a queue.topic");
    return false;
}

static const struct rabbit_type message = {.noun = "message", .name_it = name_it};

void rabbit_send_run(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct rabbit_item *item = rabbit_item_one(&message, self, op, req);
    if (!item || !check(item))
        return;
    const struct sending *s = item->work;
    const char *path =
        rabbit_path(item->kit, op, s->to_topic ? "/exchanges/*/*" : "/queues/*/*", item->vhost, item->name);
    rabbit_item_ask(item, "GET",
                    kit_format(item->kit, op, "%s?disable_stats=true&columns=name,type,online,members", path),
                    NULL, target_seen);
}

/* ---- recover ------------------------------------------------------------------------------------------ */

static void epoch_seen(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    (void)op;
    if (!rabbit_is_missing(reply) && rabbit_item_failed(item, reply))
        return;
    int64_t now = broker_time(item, reply);
    int64_t since = kit_get_int(item->kit, kit_get(item->kit, reply->json, "arguments"), SINCE, 0);
    if (rabbit_is_missing(reply) || (now >= 0 && since > 0 && now - since < RABBIT_TOKEN_S)) {
        end_status(item, LF_END_GONE); /* no ledger can have been forgotten yet */
        return;
    }
    kit_batch_note(
        item->batch, item->i, "queue.send_forgotten", NULL,
        kit_format(item->kit, item->op, "it cannot be told whether the message to '%s' was sent", item->id),
        "its ledger is not there: it was never made, or RabbitMQ deleted it after 30 days",
        "look at the queue and at the program that reads it, then settle the step by hand");
    end_status(item, LF_END_CANNOT_TELL);
}

static void ask_epoch(struct rabbit_item *item)
{
    rabbit_item_ask(item, "GET",
                    kit_format(item->kit, item->op, "%s?columns=name,arguments",
                               rabbit_path(item->kit, item->op, "/exchanges/*/*", item->vhost, EPOCH)),
                    NULL, epoch_seen);
}

static bool asks(const struct rabbit_item *item)
{
    return item->req->verb == LF_VERB_RECOVER;
}

/* A try in doubt that would be sent again were it not on record how far it came. */
static void ledger_lost(struct rabbit_item *item)
{
    const struct kit *kit = item->kit;
    const struct sending *s = item->work;
    kit_batch_note(
        item->batch, item->i, "queue.ledger_lost", NULL,
        kit_format(kit, item->op, "it cannot be told whether the message to '%s' was sent", item->id),
        kit_format(
            kit, item->op,
            "publishing it had begun, and its ledger, the queue '%s' in the vhost '%s', is not there any "
            "more: RabbitMQ lost it in a crash, or somebody deleted it",
            s->ledger, item->vhost),
        kit_format(
            kit, item->op,
            "look for a message with the id '%s', also where its reader keeps what it got. If there is "
            "none, make an empty queue '%s' and resume: it is sent. If there is one, put a message with "
            "that id into that queue first: it counts as sent",
            s->token, s->ledger));
    end_status(item, asks(item) ? LF_END_CANNOT_TELL : LF_END_REFUSED);
}

static void ledger_listed(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    bool no_vhost = rabbit_is_missing(reply);
    const struct lf_value *found = no_vhost ? NULL : kit_get(item->kit, reply->json, "items");
    bool is_list = found && item->kit->values->kind(found) == LF_KIND_LIST;
    if (!no_vhost && rabbit_item_failed(item, reply))
        return;
    if (!no_vhost && !is_list) {
        rabbit_item_fail(item, reply);
        return;
    }
    if (no_vhost || item->kit->values->count(found) == 0) {
        if (may_be_sent(item))
            ledger_lost(item);
        else
            ask_epoch(item);
        return;
    }
    kit_batch_note(
        item->batch, item->i, "queue.ledger_away", NULL,
        kit_format(item->kit, op, "it cannot be told yet whether the message to '%s' was sent", item->id),
        "RabbitMQ lists its ledger and cannot look into it: the node that has it is down or coming up",
        "bring every node of the broker up, then resume");
    end_status(item, asks(item) ? LF_END_CANNOT_TELL : LF_END_UNSURE);
}

/* A queue whose node is down, or that is not recovered after a start, is "not found" to who looks into it or
 * asks for it by name.  Only the listing has what is on the disk. */
static void list_ledger(struct rabbit_item *item)
{
    const struct sending *s = item->work;
    const char *exactly = kit_format(item->kit, item->op, "^\\Q%s\\E$", s->ledger);
    rabbit_item_ask(item, "GET",
                    rabbit_path(item->kit, item->op,
                                "/queues/*?page=1&page_size=1&columns=name&use_regex=true&name=*",
                                item->vhost, exactly),
                    NULL, ledger_listed);
}

static void recovered(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    (void)op;
    if (rabbit_is_missing(reply)) {
        list_ledger(item);
        return;
    }
    if (rabbit_item_failed(item, reply))
        return;
    if (holds_token(item, reply->json))
        answer_again(item);
    else
        end_status(item, LF_END_GONE);
}

void rabbit_send_recover(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct rabbit_item *item = rabbit_item_one(&message, self, op, req);
    const struct sending *s = item ? item->work : NULL;
    if (item && s->saved && !may_be_sent(item))
        end_status(item, LF_END_GONE);
    else if (item)
        look_into(item, recovered);
}
