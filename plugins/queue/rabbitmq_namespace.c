/* queue.namespace: a vhost.  Its mark is a tag, its address another; a later PUT may change both.
 *
 * RabbitMQ makes a vhost in steps - the vhost, its own exchanges, the permission of who asked - and stops
 * where it is when that one is gone.  So the permission, which comes last, is looked at as well. */
#include "rabbitmq.h"

#include <landfall/queue.h>
#include <string.h>

enum { VHOST, PERMISSION };

static const struct rabbit_option options[] = {
    {"description", LF_KIND_TEXT, NULL, 0, 0},
    {NULL, 0, NULL, 0, 0},
};

/* A namespace's id is its name, whatever the instance's own vhost is. */
static bool name_it(struct rabbit_item *item)
{
    const struct lf_request *req = item->req;
    bool by_id = req->id && req->verb != LF_VERB_CREATE && req->verb != LF_VERB_PLAN;
    const char *name = by_id ? rabbit_decode(item->kit, item->op, req->id, strlen(req->id))
                             : kit_get_text(item->kit, rabbit_wish(item), "name");
    item->name = name ? name : "";
    item->id = kit_http_encode(item->kit, item->op, item->name);
    return true;
}

static bool check(struct rabbit_item *item)
{
    return rabbit_check_name(item, "name", NULL) && rabbit_check_options(item, options);
}

static const char *path(struct rabbit_item *item, size_t source)
{
    return source == VHOST
               ? rabbit_path(item->kit, item->op, "/vhosts/*", item->name)
               : rabbit_path(item->kit, item->op, "/permissions/*/*", item->name, item->rabbit->user);
}

static const char *list(const struct rabbit *rabbit, struct lf_op *op, const char *vhost, size_t source)
{
    (void)rabbit, (void)op, (void)vhost;
    return source == VHOST ? "/vhosts" : "/permissions";
}

static const char *key_of(const struct rabbit *rabbit, struct lf_op *op, size_t source,
                          const struct lf_value *element)
{
    (void)op;
    if (source == VHOST)
        return kit_get_text(&rabbit->kit, element, "name");
    const char *user = kit_get_text(&rabbit->kit, element, "user");
    return user && strcmp(user, rabbit->user) == 0 ? kit_get_text(&rabbit->kit, element, "vhost") : NULL;
}

static const char *key(struct rabbit_item *item, size_t source)
{
    (void)source;
    return item->name;
}

static void take(struct rabbit_item *item)
{
    const struct kit *kit = item->kit;
    const char *description = kit_get_text(kit, item->seen[VHOST], "description");
    if (!item->seen[VHOST])
        return;
    item->there = true;
    item->unfinished = !item->seen[PERMISSION];
    item->marker = rabbit_tags_mark(item);
    (void)rabbit_tags_seen(item);
    item->state = kit_put_text(kit, item->op, kit_map(kit, item->op), "name", item->name);
    const struct lf_value *extras = kit_map(kit, item->op);
    if (description && *description)
        extras = kit_put_text(kit, item->op, extras, "description", description);
    if (kit_has(kit, rabbit_wish(item), "options") || kit->values->count(extras) > 0)
        item->state = kit_put(kit, item->op, item->state, "options", extras);
}

static void name_found(struct rabbit_item *item, const struct lf_value *element)
{
    item->name = kit_get_text(item->kit, element, "name");
    if (item->name)
        item->id = kit_http_encode(item->kit, item->op, item->name);
}

/* ---- making and removing ------------------------------------------------------------------------------ */

/* A vhost takes all that is in it along, so there must be nothing but what every vhost has and what `send`
 * remembers by. */
static bool is_somebodys(const char *name)
{
    return name && *name && strncmp(name, "amq.", 4) != 0 && strncmp(name, "landfall.sent", 13) != 0;
}

static const char *first_used(struct rabbit_item *item, const struct kit_http_reply *reply)
{
    size_t count = reply->json ? item->kit->values->count(reply->json) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = kit_get_text(item->kit, item->kit->values->at(reply->json, i, NULL), "name");
        if (is_somebodys(name))
            return name;
    }
    return NULL;
}

/* Tags of other hands stay. */
static void put_vhost(struct rabbit_item *item)
{
    const struct kit *kit = item->kit;
    const char *description = kit_get_text(kit, item->req->desired, "options.description");
    const struct lf_value *body =
        kit_put_text(kit, item->op, kit_map(kit, item->op), "description", description ? description : "");
    body = kit_put(kit, item->op, body, "tags", rabbit_tags_marked(item, rabbit_tags_seen(item)));
    rabbit_item_ask(item, "PUT", path(item, VHOST), body, rabbit_item_was_put);
}

static void then_put(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    (void)op;
    if (rabbit_is_missing(reply) || !rabbit_item_failed(item, reply))
        put_vhost(item);
}

/* Somebody works in it already: then only what making it gives last is missing. */
static void permit(struct rabbit_item *item)
{
    static const char *const patterns[] = {"configure", "write", "read"};
    const struct lf_value *body = kit_map(item->kit, item->op);
    for (size_t i = 0; i < 3; i++)
        body = kit_put_text(item->kit, item->op, body, patterns[i], ".*");
    rabbit_item_ask(item, "PUT", path(item, PERMISSION), body, then_put);
}

/* It was looked inside for one of two reasons. */
static void is_used(struct rabbit_item *item, const char *noun, const char *name)
{
    if (item->req->verb == LF_VERB_CREATE)
        permit(item);
    else
        rabbit_item_refuse(item, "queue.in_use", NULL,
                           kit_format(item->kit, item->op, "the namespace '%s' is not empty", item->id),
                           kit_format(item->kit, item->op, "the %s '%s' is in it", noun, name),
                           "destroy or move what is in it first");
}

static void is_empty(struct rabbit_item *item)
{
    bool creates = item->req->verb == LF_VERB_CREATE;
    rabbit_item_ask(item, "DELETE", path(item, VHOST), NULL, creates ? then_put : rabbit_item_was_deleted);
}

static void exchanges_seen(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    (void)op;
    if (rabbit_item_failed(item, reply))
        return;
    const char *used = first_used(item, reply);
    if (used)
        is_used(item, "exchange", used);
    else
        is_empty(item);
}

static void queues_seen(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    if (rabbit_item_failed(item, reply))
        return;
    const char *used = first_used(item, reply);
    if (used)
        is_used(item, "queue", used);
    else
        rabbit_item_ask(item, "GET", rabbit_path(item->kit, op, "/exchanges/*?columns=name", item->name),
                        NULL, exchanges_seen);
}

static void look_inside(struct rabbit_item *item)
{
    rabbit_item_ask(item, "GET", rabbit_path(item->kit, item->op, "/queues/*?columns=name", item->name), NULL,
                    queues_seen);
}

/* What was cut off may lack exchanges that only making it anew gives it. */
static void bring(struct rabbit_item *item)
{
    if (item->there && item->unfinished && item->req->verb == LF_VERB_CREATE)
        look_inside(item);
    else
        put_vhost(item);
}

const struct rabbit_type rabbit_namespace = {
    .noun = "namespace",
    .global = true,
    .schema = &lf_queue_namespace,
    .name_it = name_it,
    .check = check,
    .path = path,
    .list = list,
    .key_of = key_of,
    .key = key,
    .take = take,
    .bring = bring,
    .drop = look_inside,
    .name_found = name_found,
};
