/* queue.topic: a durable exchange.  Of the kind "headers" the contract's filters are its bindings; the other
 * kinds serve programs that route by key.  An exchange can never be changed. */
#include "rabbitmq.h"

#include <landfall/queue.h>
#include <string.h>

#define COLUMNS "?columns=name,vhost,type,durable,auto_delete,internal,arguments"

#define DEFAULT_TYPE "headers"

#define STATUS_OK      200
#define STATUS_CREATED 201
#define STATUS_BAD     400

static const struct rabbit_option options[] = {
    {"type", LF_KIND_TEXT, " headers topic direct fanout ", 0, 0},
    {NULL, 0, NULL, 0, 0},
};

static bool check(struct rabbit_item *item)
{
    return rabbit_check_name(item, "name", "amq.") && rabbit_check_options(item, options);
}

static const char *exchange_path(struct rabbit_item *item)
{
    return rabbit_path(item->kit, item->op, "/exchanges/*/*", item->vhost, item->name);
}

static const char *path(struct rabbit_item *item, size_t source)
{
    return source == 0 ? kit_format(item->kit, item->op, "%s" COLUMNS, exchange_path(item)) : NULL;
}

static const char *list(const struct rabbit *rabbit, struct lf_op *op, const char *vhost, size_t source)
{
    if (source > 0)
        return NULL;
    return kit_format(&rabbit->kit, op, "/exchanges%s" COLUMNS,
                      vhost ? rabbit_path(&rabbit->kit, op, "/*", vhost) : "");
}

static const char *key_of(const struct rabbit *rabbit, struct lf_op *op, size_t source,
                          const struct lf_value *element)
{
    (void)op, (void)source;
    return kit_get_text(&rabbit->kit, element, "name");
}

static const char *key(struct rabbit_item *item, size_t source)
{
    (void)source;
    return item->name;
}

static const struct lf_value *put_url(struct rabbit_item *item, const struct lf_value *state)
{
    return kit_put_text(item->kit, item->op, state, "url",
                        kit_format(item->kit, item->op, "%s/%s?exchange=%s", item->rabbit->amqp,
                                   kit_http_encode(item->kit, item->op, item->vhost),
                                   kit_http_encode(item->kit, item->op, item->name)));
}

static const char *type_of(const struct kit *kit, const struct lf_value *object)
{
    const char *type = kit_get_text(kit, object, "options.type");
    return type ? type : DEFAULT_TYPE;
}

static void take(struct rabbit_item *item)
{
    const struct kit *kit = item->kit;
    const struct lf_value *arguments = kit_get(kit, item->seen[0], "arguments");
    const char *type = kit_get_text(kit, item->seen[0], "type");
    if (!item->seen[0])
        return;
    item->there = true;
    item->marker = kit_get_text(kit, arguments, RABBIT_MARK);
    item->address = kit_get_text(kit, arguments, RABBIT_ADDRESS);
    item->state = kit_put_text(kit, item->op, kit_map(kit, item->op), "name", item->name);
    item->state = put_url(item, rabbit_put_namespace(item, item->state));
    const struct lf_value *wish = kit_get(kit, rabbit_wish(item), "options");
    const struct lf_value *extras = kit_map(kit, item->op);
    if (type && (kit_has(kit, wish, "type") || strcmp(type, DEFAULT_TYPE) != 0))
        extras = kit_put_text(kit, item->op, extras, "type", type);
    if (kit_has(kit, rabbit_wish(item), "options") || kit->values->count(extras) > 0)
        item->state = kit_put(kit, item->op, item->state, "options", extras);
}

static void name_found(struct rabbit_item *item, const struct lf_value *element)
{
    item->vhost = kit_get_text(item->kit, element, "vhost");
    item->name = kit_get_text(item->kit, element, "name");
    if (item->vhost && item->name)
        item->id = rabbit_id(item->rabbit, item->op, item->vhost, item->name, NULL);
}

static const struct lf_value *computed(struct rabbit_item *item)
{
    const struct lf_value *out = kit_map(item->kit, item->op);
    const struct lf_value *name = kit_get(item->kit, item->req->desired, "name");
    const struct lf_value *space = kit_get(item->kit, item->req->desired, "namespace");
    return kit_is_known(item->kit, name) && kit_is_known(item->kit, space) ? put_url(item, out) : out;
}

static bool is_fixed(struct rabbit_item *item, const char *attribute)
{
    return strcmp(attribute, "options") == 0 &&
           strcmp(type_of(item->kit, item->req->prior), type_of(item->kit, item->req->desired)) != 0;
}

/* ---- making ------------------------------------------------------------------------------------------- */

static void put(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    (void)op;
    if (rabbit_is_missing(reply))
        rabbit_item_no_vhost(item);
    else if (!rabbit_item_failed(item, reply)) {
        item->made = reply->status == STATUS_CREATED;
        rabbit_item_brought(item);
    }
}

static bool is_as_asked(struct rabbit_item *item)
{
    const char *type = kit_get_text(item->kit, item->seen[0], "type");
    return type && strcmp(type, type_of(item->kit, item->req->desired)) == 0 &&
           kit_get_bool(item->kit, item->seen[0], "durable", true);
}

static void make(struct rabbit_item *item)
{
    const struct kit *kit = item->kit;
    const struct lf_value *arguments =
        kit_put_text(kit, item->op, kit_map(kit, item->op), RABBIT_MARK, item->req->marker);
    arguments = kit_put_text(kit, item->op, arguments, RABBIT_ADDRESS, item->req->address);
    const struct lf_value *body =
        kit_put_text(kit, item->op, kit_map(kit, item->op), "type", type_of(kit, item->req->desired));
    body = kit_put_bool(kit, item->op, body, "durable", true);
    body = kit_put_bool(kit, item->op, body, "auto_delete", false);
    body = kit_put_bool(kit, item->op, body, "internal", false);
    body = kit_put(kit, item->op, body, "arguments", arguments);
    rabbit_item_ask(item, "PUT", exchange_path(item), body, put);
}

/* While it deletes an exchange RabbitMQ keeps a parameter that says so, and ignores, with a 201, whoever
 * declares one of that name.  When the client of the deletion dies the parameter stays, for ever. */
static const char *deletion_path(struct rabbit_item *item)
{
    return kit_format(item->kit, item->op, "/parameters/exchange-delete-in-progress/%s/%s",
                      kit_http_encode(item->kit, item->op, item->vhost),
                      kit_http_encode(item->kit, item->op, item->name));
}

static void deletion_forgotten(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    (void)op;
    if (rabbit_is_missing(reply) || !rabbit_item_failed(item, reply))
        make(item);
}

static void deletion_looked_for(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    (void)op;
    if (reply->sent != LF_SENT_REPLY)
        rabbit_item_fail(item, reply);
    else if (reply->status == STATUS_OK)
        rabbit_item_ask(item, "DELETE", deletion_path(item), NULL, deletion_forgotten);
    else
        make(item);
}

/* Everything about an exchange, its mark included, is for its life. */
static void bring(struct rabbit_item *item)
{
    const struct kit *kit = item->kit;
    bool ours = item->marker && strcmp(item->marker, item->req->marker) == 0;
    if (item->there && (!ours || !is_as_asked(item))) {
        rabbit_item_refuse(
            item, ours ? "queue.fixed" : "queue.cannot_adopt", NULL,
            kit_format(kit, item->op, "the exchange '%s' cannot be %s", item->id,
                       ours ? "changed" : "taken over"),
            "RabbitMQ never changes an exchange, not even the argument that would carry "
            "landfall's mark",
            ours ? "plan again: it can be replaced"
                 : "declare it with `queue.topic:existing`, or delete it and let landfall make it");
        return;
    }
    if (item->there) {
        rabbit_item_brought(item);
        return;
    }
    rabbit_item_ask(item, "GET", deletion_path(item), NULL, deletion_looked_for);
}

/* ---- removing ----------------------------------------------------------------------------------------- */

static void gone(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    if (rabbit_is_missing(reply))
        rabbit_item_dropped(item);
    else if (reply->sent == LF_SENT_REPLY && reply->status == STATUS_BAD) {
        const char *reason = kit_get_text(item->kit, reply->json, "reason");
        rabbit_item_refuse(item, "queue.in_use", NULL,
                           kit_format(item->kit, op, "the topic '%s' is in use", item->id),
                           reason ? reason : reply->body, "destroy its subscriptions first");
    } else if (!rabbit_item_failed(item, reply))
        rabbit_item_dropped(item);
}

/* What a `send` that was cut off left bound here goes with it. */
static void unbind_next(struct rabbit_item *item);

static void unbound(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    (void)op;
    if (!rabbit_is_missing(reply) && rabbit_item_failed(item, reply))
        return;
    item->step++;
    unbind_next(item);
}

static void unbind_next(struct rabbit_item *item)
{
    const struct lf_value *bindings = item->seen[1];
    for (size_t count = (bindings ? item->kit->values->count(bindings) : 0); item->step < count;
         item->step++) {
        const struct lf_value *binding = item->kit->values->at(bindings, item->step, NULL);
        const char *to = kit_get_text(item->kit, binding, "destination");
        const char *props = kit_get_text(item->kit, binding, "properties_key");
        if (!to || !props || strncmp(to, "landfall.sent.", 14) != 0)
            continue;
        rabbit_item_ask(
            item, "DELETE",
            rabbit_path(item->kit, item->op, "/bindings/*/e/*/q/*/*", item->vhost, item->name, to, props),
            NULL, unbound);
        return;
    }
    rabbit_item_ask(item, "DELETE", kit_format(item->kit, item->op, "%s?if-unused=true", exchange_path(item)),
                    NULL, gone);
}

static void bindings_seen(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    (void)op;
    if (rabbit_is_missing(reply)) {
        rabbit_item_dropped(item);
        return;
    }
    if (rabbit_item_failed(item, reply))
        return;
    item->seen[1] = reply->json;
    item->step = 0;
    unbind_next(item);
}

static void drop(struct rabbit_item *item)
{
    rabbit_item_ask(item, "GET", kit_format(item->kit, item->op, "%s/bindings/source", exchange_path(item)),
                    NULL, bindings_seen);
}

const struct rabbit_type rabbit_topic = {
    .noun = "topic",
    .schema = &lf_queue_topic,
    .name_it = rabbit_name_it,
    .check = check,
    .computed = computed,
    .is_fixed = is_fixed,
    .path = path,
    .list = list,
    .key_of = key_of,
    .key = key,
    .take = take,
    .bring = bring,
    .drop = drop,
    .name_found = name_found,
};
