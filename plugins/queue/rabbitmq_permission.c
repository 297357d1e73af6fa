/* queue.permission: what a user may do in a vhost.  RabbitMQ keeps three patterns and nothing else: there is
 * no room for a mark, so it is ours as long as it is as we left it. */
#include "rabbitmq.h"

#include <landfall/queue.h>
#include <string.h>

#define STATUS_BAD 400

static const struct rabbit_option options[] = {{NULL, 0, NULL, 0, 0}};
static const char *const patterns[] = {"configure", "write", "read"};
#define PATTERNS (sizeof(patterns) / sizeof(patterns[0]))

/* The id is "vhost/user", also in the instance's own vhost: a user alone has it as its own. */
static const char *id_of(struct rabbit_item *item)
{
    return rabbit_path(item->kit, item->op, "*/*", item->vhost, item->other);
}

static bool name_it(struct rabbit_item *item)
{
    const struct lf_request *req = item->req;
    bool by_id = req->id && req->verb != LF_VERB_CREATE && req->verb != LF_VERB_PLAN;
    const char *names[2] = {"", ""}, *unused = NULL;
    if (by_id && !rabbit_id_split(item->rabbit, item->op, req->id, 2, &unused, names)) {
        item->id = req->id;
        rabbit_item_refuse(item, "queue.bad_id", NULL,
                           kit_format(item->kit, item->op, "'%s' is no id of a permission", req->id),
                           "an id is the vhost's name and the user's name with '/' between them",
                           "give the id as landfall shows it");
        return false;
    }
    const char *user = kit_get_text(item->kit, rabbit_wish(item), "user");
    const char *decoded = user ? rabbit_decode(item->kit, item->op, user, strlen(user)) : NULL;
    item->vhost = by_id ? names[0] : rabbit_vhost(item, rabbit_wish(item));
    item->other = by_id ? names[1] : decoded ? decoded : "";
    item->id = id_of(item);
    return true;
}

static bool check(struct rabbit_item *item)
{
    return rabbit_check_options(item, options);
}

static const char *path(struct rabbit_item *item, size_t source)
{
    return source == 0 ? rabbit_path(item->kit, item->op, "/permissions/*/*", item->vhost, item->other)
                       : NULL;
}

static const char *list(const struct rabbit *rabbit, struct lf_op *op, const char *vhost, size_t source)
{
    (void)rabbit, (void)op, (void)vhost;
    return source == 0 ? "/permissions" : NULL;
}

static const char *key_of(const struct rabbit *rabbit, struct lf_op *op, size_t source,
                          const struct lf_value *element)
{
    (void)op, (void)source;
    return kit_get_text(&rabbit->kit, element, "user");
}

static const char *key(struct rabbit_item *item, size_t source)
{
    (void)source;
    return item->other;
}

static void take(struct rabbit_item *item)
{
    const struct kit *kit = item->kit;
    const char *user = kit_get_text(kit, rabbit_wish(item), "user");
    const char *decoded = user ? rabbit_decode(kit, item->op, user, strlen(user)) : NULL;
    if (!item->seen[0])
        return;
    item->there = true;
    item->state = kit_put_text(
        kit, item->op, kit_map(kit, item->op), "user",
        decoded && strcmp(decoded, item->other) == 0 ? user : kit_http_encode(kit, item->op, item->other));
    item->state = rabbit_put_namespace(item, item->state);
    for (size_t i = 0; i < PATTERNS; i++) {
        const char *pattern = kit_get_text(kit, item->seen[0], patterns[i]);
        item->state = kit_put_text(kit, item->op, item->state, patterns[i], pattern ? pattern : "");
    }
    if (kit_has(kit, rabbit_wish(item), "options"))
        item->state = kit_put(kit, item->op, item->state, "options", kit_map(kit, item->op));
}

static void put(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    const char *reason = kit_get_text(item->kit, reply->json, "reason");
    if (reply->sent == LF_SENT_REPLY && reply->status == STATUS_BAD && reason &&
        strcmp(reason, "vhost_or_user_not_found") == 0)
        rabbit_item_refuse(item, "queue.no_user", "user", "the user or the namespace is not there",
                           kit_format(item->kit, op, "RabbitMQ has no user '%s', or no vhost '%s'",
                                      item->other, item->vhost),
                           "declare them as queue.user and queue.namespace, and give their ids");
    else
        rabbit_item_was_put(op, reply, item);
}

static void bring(struct rabbit_item *item)
{
    const struct kit *kit = item->kit;
    const struct lf_value *body = kit_map(kit, item->op);
    for (size_t i = 0; i < PATTERNS; i++) {
        const char *pattern = kit_get_text(kit, item->req->desired, patterns[i]);
        body = kit_put_text(kit, item->op, body, patterns[i], pattern ? pattern : "");
    }
    rabbit_item_ask(item, "PUT", path(item, 0), body, put);
}

static void drop(struct rabbit_item *item)
{
    if (strcmp(item->other, item->rabbit->user) == 0)
        rabbit_item_refuse(
            item, "queue.own_user", NULL, "landfall cannot take away the permission it works by",
            kit_format(item->kit, item->op, "the drivers block names '%s' as its user", item->other),
            "let the drivers block name another user first");
    else
        rabbit_item_ask(item, "DELETE", path(item, 0), NULL, rabbit_item_was_deleted);
}

const struct rabbit_type rabbit_permission = {
    .noun = "permission",
    .schema = &lf_queue_permission,
    .markless = true,
    .name_it = name_it,
    .check = check,
    .path = path,
    .list = list,
    .key_of = key_of,
    .key = key,
    .take = take,
    .bring = bring,
    .drop = drop,
};
