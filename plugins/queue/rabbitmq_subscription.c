/* queue.subscription: the bindings from an exchange to a queue that carry one mark.  A binding cannot be
 * changed, so a change adds the new ones before it takes the old ones away: no message falls between. */
#include "rabbitmq.h"
#include "rabbitmq_filter.h"

#include <landfall/queue.h>
#include <string.h>

static const struct rabbit_option options[] = {
    {"routing_key", LF_KIND_TEXT, NULL, 0, 0},
    {NULL, 0, NULL, 0, 0},
};

/* What a change has to do, in order. */
struct work {
    const struct lf_value **add; /* bodies */
    size_t add_count;
    const char **remove; /* property keys */
    size_t remove_count;
    const char *missing; /* what RabbitMQ said of an end that it did not find */
};

/* ---- names -------------------------------------------------------------------------------------------- */

static bool refuse_end(struct rabbit_item *item, const char *path, const char *spelled, const char *why)
{
    rabbit_item_refuse(
        item, "queue.bad_reference", path,
        kit_format(item->kit, item->op, "'%.100s' cannot be the %s of a subscription", spelled, path), why,
        kit_format(item->kit, item->op, "give the id of a queue.%s in the same namespace", path));
    return false;
}

/* False: refused.  What is not known yet stays as it is. */
static bool name_end(struct rabbit_item *item, const char *path, const char **vhost, const char **name)
{
    const char *spelled = kit_get_text(item->kit, rabbit_wish(item), path);
    if (!spelled)
        return true;
    if (!rabbit_id_split(item->rabbit, item->op, spelled, 1, vhost, name))
        return refuse_end(item, path, spelled, "it is no id");
    if (item->vhost && strcmp(item->vhost, *vhost) != 0)
        return refuse_end(item, path, spelled, "topic and queue are in different namespaces");
    item->vhost = *vhost;
    return true;
}

static bool name_it(struct rabbit_item *item)
{
    const struct lf_request *req = item->req;
    const char *names[2] = {"", ""}, *vhost = NULL;
    bool by_id = req->id && req->verb != LF_VERB_CREATE && req->verb != LF_VERB_PLAN;
    item->id = req->id ? req->id : "";
    if (by_id && !rabbit_id_split(item->rabbit, item->op, req->id, 2, &item->vhost, names)) {
        rabbit_item_refuse(item, "queue.bad_id", NULL,
                           kit_format(item->kit, item->op, "'%s' is no id of a subscription", req->id),
                           "an id is the topic's name and the queue's name with '/' between them",
                           "give the id as landfall shows it");
        return false;
    }
    if (!by_id &&
        (!name_end(item, "topic", &vhost, &names[0]) || !name_end(item, "queue", &vhost, &names[1])))
        return false;
    if (!item->vhost)
        item->vhost = item->rabbit->vhost;
    item->name = names[0];
    item->other = names[1];
    item->id = rabbit_id(item->rabbit, item->op, item->vhost, item->name, item->other);
    return true;
}

/* RabbitMQ 3.10 takes such a key, and from then on fails whenever it is to list the vhost's bindings. */
static bool check_routing_key(struct rabbit_item *item)
{
    const char *key = kit_get_text(item->kit, item->req->desired, "options.routing_key");
    if (!key || (!strchr(key, '~') && strlen(key) <= 255))
        return true;
    rabbit_item_refuse(
        item, "queue.bad_option", "options.routing_key", "the routing key cannot be used",
        "it holds a '~', which RabbitMQ's management API fails on, or is longer than 255 bytes",
        "choose another key");
    return false;
}

static bool check(struct rabbit_item *item)
{
    const char *path = NULL;
    const char *fault =
        rabbit_filter_fault(item->kit, item->op, kit_get(item->kit, item->req->desired, "filter"), &path);
    if (!fault)
        return check_routing_key(item) && rabbit_check_options(item, options);
    rabbit_item_refuse(item, "queue.bad_filter", path, "the filter cannot be used", fault,
                       "write for example `filter = { kind = { \"order\", \"refund\" } }`");
    return false;
}

/* ---- looking ------------------------------------------------------------------------------------------ */

static const char *path(struct rabbit_item *item, size_t source)
{
    return source == 0
               ? rabbit_path(item->kit, item->op, "/bindings/*/e/*/q/*", item->vhost, item->name, item->other)
               : NULL;
}

static const char *list(const struct rabbit *rabbit, struct lf_op *op, const char *vhost, size_t source)
{
    const char *in = vhost ? rabbit_path(&rabbit->kit, op, "/*", vhost) : "";
    if (source == RABBIT_NODES)
        return RABBIT_RUNNING;
    if (source == RABBIT_QUEUES)
        return kit_format(&rabbit->kit, op, "/queues%s?disable_stats=true&columns=name,vhost,state,node", in);
    return source == 0 ? kit_format(&rabbit->kit, op, "/bindings%s", in) : NULL;
}

/* RabbitMQ hides the bindings of a queue that is away; and where its node comes up, the queue is there a
 * moment before they are.  Before a create nothing is asked: it refuses to bind such a queue. */
static const char *doubt(struct rabbit_item *item, size_t source, bool listed)
{
    bool begins = item->req->verb == LF_VERB_CREATE && !item->touched;
    bool none = !item->seen[0] || item->kit->values->count(item->seen[0]) == 0;
    const struct lf_value *queues = item->seen[RABBIT_QUEUES];
    (void)listed;
    if (!none || begins || !*item->other)
        return NULL;
    if (source == RABBIT_QUEUES)
        return rabbit_away_listing(item, item->other);
    return queues && item->kit->values->count(queues) > 0 ? RABBIT_RUNNING : NULL;
}

/* No name holds a line feed, so this is one key for the pair. */
static const char *key_of(const struct rabbit *rabbit, struct lf_op *op, size_t source,
                          const struct lf_value *element)
{
    if (source >= RABBIT_QUEUES)
        return kit_get_text(&rabbit->kit, element, "name");
    const char *kind = kit_get_text(&rabbit->kit, element, "destination_type");
    const char *from = kit_get_text(&rabbit->kit, element, "source");
    const char *to = kit_get_text(&rabbit->kit, element, "destination");
    if (!kind || strcmp(kind, "queue") != 0 || !from || !*from || !to)
        return NULL;
    return kit_format(&rabbit->kit, op, "%s\n%s", from, to);
}

static const char *key(struct rabbit_item *item, size_t source)
{
    return source == RABBIT_NODES    ? item->vhost
           : source == RABBIT_QUEUES ? item->other
                                     : kit_format(item->kit, item->op, "%s\n%s", item->name, item->other);
}

static const struct lf_value *binding_at(const struct rabbit_item *item, size_t i)
{
    return item->kit->values->at(item->seen[0], i, NULL);
}

static const char *marker_of(const struct rabbit_item *item, const struct lf_value *binding)
{
    return kit_get_text(item->kit, kit_get(item->kit, binding, "arguments"), RABBIT_MARK);
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Ours where there are any; else whose the first is. */
static const char *marker_among(const struct rabbit_item *item, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *marker = marker_of(item, binding_at(item, i));
        if (marker && same_text(marker, item->req->marker))
            return marker;
    }
    return marker_of(item, binding_at(item, 0));
}

static const char *why_away(struct rabbit_item *item)
{
    const struct lf_value *queues = item->seen[RABBIT_QUEUES];
    const struct lf_value *queue = queues ? item->kit->values->at(queues, 0, NULL) : NULL;
    bool away = queue && rabbit_away_is(item->kit, queue, item->vhost, item->seen[RABBIT_NODES]);
    return away ? rabbit_away_why(item, queue) : NULL;
}

static void take(struct rabbit_item *item)
{
    const struct kit *kit = item->kit;
    size_t count = item->seen[0] ? kit->values->count(item->seen[0]) : 0, mine = 0;
    if (count == 0) {
        item->away = why_away(item);
        return;
    }
    const struct lf_value **arguments = kit->ops->scratch(item->op, count * sizeof(*arguments));
    const char *routing_key = NULL;
    item->there = true;
    item->marker = marker_among(item, count);
    for (size_t i = 0; i < count; i++) {
        const struct lf_value *binding = binding_at(item, i);
        if (!same_text(marker_of(item, binding), item->marker))
            continue;
        routing_key = kit_get_text(kit, binding, "routing_key");
        arguments[mine++] = kit_get(kit, binding, "arguments");
    }
    item->address = kit_get_text(kit, arguments[0], RABBIT_ADDRESS);
    const struct lf_value *state = kit_put_text(
        kit, item->op, kit_map(kit, item->op), "topic",
        rabbit_spelled(item, "topic", rabbit_id(item->rabbit, item->op, item->vhost, item->name, NULL)));
    state = kit_put_text(
        kit, item->op, state, "queue",
        rabbit_spelled(item, "queue", rabbit_id(item->rabbit, item->op, item->vhost, item->other, NULL)));
    const struct lf_value *filter = rabbit_filter_gather(kit, item->op, arguments, mine);
    if (!filter && kit_has(kit, rabbit_wish(item), "filter"))
        filter = kit_map(kit, item->op);
    if (filter)
        state = kit_put(kit, item->op, state, "filter", filter);
    const struct lf_value *extras = kit_map(kit, item->op);
    if (routing_key && (*routing_key || kit_has(kit, rabbit_wish(item), "options.routing_key")))
        extras = kit_put_text(kit, item->op, extras, "routing_key", routing_key);
    if (kit_has(kit, rabbit_wish(item), "options") || kit->values->count(extras) > 0)
        state = kit_put(kit, item->op, state, "options", extras);
    item->state = state;
}

static void name_found(struct rabbit_item *item, const struct lf_value *element)
{
    const char *kind = kit_get_text(item->kit, element, "destination_type");
    item->vhost = kit_get_text(item->kit, element, "vhost");
    item->name = kit_get_text(item->kit, element, "source");
    item->other = kit_get_text(item->kit, element, "destination");
    if (item->vhost && item->name && *item->name && item->other && kind && strcmp(kind, "queue") == 0)
        item->id = rabbit_id(item->rabbit, item->op, item->vhost, item->name, item->other);
}

/* ---- making ------------------------------------------------------------------------------------------- */

static const struct lf_value *body_of(struct rabbit_item *item, const struct lf_value *match)
{
    const struct kit *kit = item->kit;
    const struct lf_value *filter = kit_get(kit, item->req->desired, "filter");
    const char *routing_key = kit_get_text(kit, item->req->desired, "options.routing_key");
    const struct lf_value *arguments = kit_put_text(kit, item->op, match, "x-match", "all");
    arguments = kit_put_text(kit, item->op, arguments, RABBIT_MARK, item->req->marker);
    arguments = kit_put_text(kit, item->op, arguments, RABBIT_ADDRESS, item->req->address);
    if (filter && kit->values->kind(filter) == LF_KIND_MAP)
        arguments = kit_put_text(kit, item->op, arguments, RABBIT_FILTER,
                                 kit->values->to_json(item->op, filter, NULL));
    const struct lf_value *body =
        kit_put_text(kit, item->op, kit_map(kit, item->op), "routing_key", routing_key ? routing_key : "");
    return kit_put(kit, item->op, body, "arguments", arguments);
}

static bool is_binding(const struct kit *kit, const struct lf_value *binding, const struct lf_value *body)
{
    return kit_is_same(kit, kit_get(kit, binding, "arguments"), kit_get(kit, body, "arguments")) &&
           kit_is_same(kit, kit_get(kit, binding, "routing_key"), kit_get(kit, body, "routing_key"));
}

/* What is wanted and not there, and what is ours (or being taken over) and not wanted. */
static struct work *work_of(struct rabbit_item *item)
{
    const struct kit *kit = item->kit;
    const struct lf_value *spread =
        rabbit_filter_spread(kit, item->op, kit_get(kit, item->req->desired, "filter"));
    size_t wanted = kit->values->count(spread), there = item->seen[0] ? kit->values->count(item->seen[0]) : 0;
    struct work *work = kit->ops->scratch(item->op, sizeof(*work));
    bool *stays = kit->ops->scratch(item->op, (there + 1) * sizeof(*stays));
    work->add = kit->ops->scratch(item->op, wanted * sizeof(*work->add));
    work->remove = kit->ops->scratch(item->op, (there + 1) * sizeof(*work->remove));
    for (size_t w = 0; w < wanted; w++) {
        const struct lf_value *body = body_of(item, kit->values->at(spread, w, NULL));
        bool found = false;
        for (size_t i = 0; i < there && !found; i++) {
            found = is_binding(kit, binding_at(item, i), body);
            stays[i] |= found;
        }
        if (!found)
            work->add[work->add_count++] = body;
    }
    for (size_t i = 0; i < there; i++) {
        const struct lf_value *binding = binding_at(item, i);
        const char *props = kit_get_text(kit, binding, "properties_key");
        if (!stays[i] && props && same_text(marker_of(item, binding), item->marker))
            work->remove[work->remove_count++] = props;
    }
    return work;
}

static void bind_next(struct rabbit_item *item);

static void no_end(struct rabbit_item *item)
{
    const struct work *work = item->work;
    bool queue = strncmp(work->missing, "no queue", strlen("no queue")) == 0;
    rabbit_item_refuse(item, queue ? "queue.no_queue" : "queue.no_topic", queue ? "queue" : "topic",
                       queue ? "the queue is not there" : "the topic is not there", work->missing,
                       "declare it as a step of its own and give its id");
}

static void bound(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    if (rabbit_is_missing(reply)) {
        const char *reason = kit_get_text(item->kit, reply->json, "reason");
        struct work *work = item->work;
        work->missing = reason ? reason : kit_copy(item->kit, op, reply->body, reply->body_len);
        rabbit_away_or(item, item->other, false, no_end);
        return;
    }
    if (rabbit_item_failed(item, reply))
        return;
    item->made |= item->req->verb == LF_VERB_CREATE && !item->there;
    item->step++;
    bind_next(item);
}

static void unbound_it(struct rabbit_item *item)
{
    item->step++;
    bind_next(item);
}

static void unbound(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    (void)op;
    if (rabbit_is_missing(reply))
        rabbit_away_or(item, item->other, false, unbound_it);
    else if (!rabbit_item_failed(item, reply))
        unbound_it(item);
}

/* The property key is percent-encoded already, as a part of a path it is once more. */
static void bind_next(struct rabbit_item *item)
{
    const struct work *work = item->work;
    if (item->step < work->add_count)
        rabbit_item_ask(item, "POST", path(item, 0), work->add[item->step], bound);
    else if (item->step < work->add_count + work->remove_count)
        rabbit_item_ask(
            item, "DELETE",
            kit_format(item->kit, item->op, "%s/%s", path(item, 0),
                       kit_http_encode(item->kit, item->op, work->remove[item->step - work->add_count])),
            NULL, unbound);
    else if (item->req->verb == LF_VERB_DESTROY)
        rabbit_item_dropped(item);
    else
        rabbit_item_brought(item);
}

/* Each kind of exchange chooses by something else. */
static bool check_kind(struct rabbit_item *item, const char *type)
{
    const struct lf_value *filter = kit_get(item->kit, item->req->desired, "filter");
    bool has_filter = filter && item->kit->values->count(filter) > 0;
    bool has_key = kit_get_text(item->kit, item->req->desired, "options.routing_key");
    bool headers = strcmp(type, "headers") == 0, fanout = strcmp(type, "fanout") == 0;
    if (has_filter && !headers) {
        rabbit_item_refuse(
            item, "queue.filter_needs_headers", "filter", "the topic cannot filter by attributes",
            kit_format(item->kit, item->op, "'%s' is an exchange of the kind '%s'", item->name, type),
            "give the topic the kind 'headers', or subscribe by `options.routing_key`");
        return false;
    }
    if (has_key != !(headers || fanout)) {
        rabbit_item_refuse(
            item, has_key ? "queue.useless_routing_key" : "queue.no_routing_key", "options.routing_key",
            has_key ? "the topic does not look at routing keys" : "nothing says which messages are wanted",
            kit_format(item->kit, item->op, "'%s' is an exchange of the kind '%s'", item->name, type),
            has_key ? "leave it out" : "give `options.routing_key`");
        return false;
    }
    return true;
}

static void topic_seen(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    if (rabbit_is_missing(reply)) {
        rabbit_item_refuse(item, "queue.no_topic", "topic", "the topic is not there",
                           kit_format(item->kit, op, "RabbitMQ has no exchange '%s' in the vhost '%s'",
                                      item->name, item->vhost),
                           "declare it as a queue.topic and give its id");
        return;
    }
    const char *type = kit_get_text(item->kit, reply->json, "type");
    if (rabbit_item_failed(item, reply) || (type && !check_kind(item, type)))
        return;
    item->work = work_of(item);
    item->step = 0;
    bind_next(item);
}

static void bring(struct rabbit_item *item)
{
    rabbit_item_ask(item, "GET",
                    kit_format(item->kit, item->op, "%s?columns=name,type",
                               rabbit_path(item->kit, item->op, "/exchanges/*/*", item->vhost, item->name)),
                    NULL, topic_seen);
}

/* Only what carries our mark: other bindings of the pair are somebody else's. */
static void drop(struct rabbit_item *item)
{
    size_t there = item->kit->values->count(item->seen[0]);
    struct work *work = item->kit->ops->scratch(item->op, sizeof(*work));
    work->remove = item->kit->ops->scratch(item->op, there * sizeof(*work->remove));
    for (size_t i = 0; i < there; i++) {
        const struct lf_value *binding = binding_at(item, i);
        const char *props = kit_get_text(item->kit, binding, "properties_key");
        if (props && same_text(marker_of(item, binding), item->marker))
            work->remove[work->remove_count++] = props;
    }
    item->work = work;
    item->step = 0;
    bind_next(item);
}

const struct rabbit_type rabbit_subscription = {
    .noun = "subscription",
    .schema = &lf_queue_subscription,
    .name_it = name_it,
    .check = check,
    .path = path,
    .list = list,
    .key_of = key_of,
    .key = key,
    .gathers = true,
    .doubt = doubt,
    .hides = true,
    .take = take,
    .bring = bring,
    .drop = drop,
    .name_found = name_found,
};
