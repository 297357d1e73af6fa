/* queue.user: a user of the broker, for all vhosts.  Its mark is a tag among those that say what it may
 * administer.  RabbitMQ forgets the password of a user that is put without one, so each change carries it, or
 * the hash that was there. */
#include "rabbitmq.h"

#include <landfall/queue.h>
#include <string.h>

static const struct rabbit_option options[] = {{NULL, 0, NULL, 0, 0}};

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
    const struct lf_value *tags = kit_get(item->kit, item->req->desired, "tags");
    size_t count = tags ? item->kit->values->count(tags) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *tag = item->kit->values->as_text(item->kit->values->at(tags, i, NULL), NULL);
        if (!tag || (*tag && !strchr(tag, ',') && !rabbit_tag_is_ours(tag)))
            continue;
        rabbit_item_refuse(item, "queue.bad_tag", kit_format(item->kit, item->op, "tags[%zu]", i),
                           kit_format(item->kit, item->op, "the user cannot have the tag '%.80s'", tag),
                           "a tag is a word without a comma, and 'lf1.' and 'landfall:' begin landfall's own",
                           "use administrator, policymaker, monitoring, management, or a word of your own");
        return false;
    }
    return rabbit_check_name(item, "name", NULL) && rabbit_check_options(item, options);
}

/* ---- looking ------------------------------------------------------------------------------------------ */

static const char *path(struct rabbit_item *item, size_t source)
{
    return source == 0 ? rabbit_path(item->kit, item->op, "/users/*", item->name) : NULL;
}

static const char *list(const struct rabbit *rabbit, struct lf_op *op, const char *vhost, size_t source)
{
    (void)rabbit, (void)op, (void)vhost;
    return source == 0 ? "/users" : NULL;
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

static void take(struct rabbit_item *item)
{
    const struct kit *kit = item->kit;
    const struct lf_value *wish = rabbit_wish(item);
    const char *hash = kit_get_text(kit, item->seen[0], "password_hash");
    if (!item->seen[0])
        return;
    item->there = true;
    item->marker = rabbit_tags_mark(item);
    const struct lf_value *state = kit_put_text(kit, item->op, kit_map(kit, item->op), "name", item->name);
    state = kit_put(kit, item->op, state, "tags", rabbit_tags_seen(item));
    /* The broker tells whether there is a password, and not which. */
    if (hash && *hash && kit_has(kit, wish, "password"))
        state = kit_put(kit, item->op, state, "password", kit_get(kit, wish, "password"));
    if (kit_has(kit, wish, "options"))
        state = kit_put(kit, item->op, state, "options", kit_map(kit, item->op));
    item->state = state;
}

static void name_found(struct rabbit_item *item, const struct lf_value *element)
{
    item->name = kit_get_text(item->kit, element, "name");
    if (item->name)
        item->id = kit_http_encode(item->kit, item->op, item->name);
}

/* ---- making and removing ------------------------------------------------------------------------------ */

static void bring(struct rabbit_item *item)
{
    const struct kit *kit = item->kit;
    const struct lf_value *password = kit_get(kit, item->req->desired, "password");
    const struct lf_value *body = kit_put(kit, item->op, kit_map(kit, item->op), "tags",
                                          rabbit_tags_marked(item, kit_get(kit, item->req->desired, "tags")));
    if (kit_has(kit, item->req->desired, "password")) {
        size_t len = 0;
        const char *bytes = kit->values->reveal(item->op, password, &len);
        if (!bytes || len == 0) {
            rabbit_item_refuse(item, "queue.no_password", "password", "the password cannot be used",
                               bytes ? "it is empty" : "the secret cannot be looked up",
                               "see where the secret comes from, or leave `password` out");
            return;
        }
        body = kit_put(kit, item->op, body, "password", kit->values->of_text(item->op, bytes, len));
    } else {
        /* Asked for without a password: none can be used. */
        body = kit_put_text(kit, item->op, body, "password_hash", "");
    }
    rabbit_item_ask(item, "PUT", path(item, 0), body, rabbit_item_was_put);
}

static void drop(struct rabbit_item *item)
{
    if (strcmp(item->name, item->rabbit->user) == 0)
        rabbit_item_refuse(
            item, "queue.own_user", NULL, "landfall cannot destroy the user it works as",
            kit_format(item->kit, item->op, "the drivers block names '%s' as its user", item->name),
            "let the drivers block name another user first");
    else
        rabbit_item_ask(item, "DELETE", path(item, 0), NULL, rabbit_item_was_deleted);
}

const struct rabbit_type rabbit_user = {
    .noun = "user",
    .global = true,
    .schema = &lf_queue_user,
    .name_it = name_it,
    .check = check,
    .path = path,
    .list = list,
    .key_of = key_of,
    .key = key,
    .take = take,
    .bring = bring,
    .drop = drop,
    .name_found = name_found,
};
