/* queue.policy: what holds for all queues and exchanges whose names fit a pattern.  RabbitMQ keeps no notes
 * with a policy, but patterns have comments: the mark is one, "(?#lf1.<mark> address=...)", and is not part
 * of the pattern that is read back. */
#include "rabbitmq.h"
#include "rabbitmq_note.h"

#include <landfall/queue.h>
#include <string.h>

#define STATUS_BAD 400

static const struct rabbit_option options[] = {{NULL, 0, NULL, 0, 0}};

static bool check(struct rabbit_item *item)
{
    const char *to = kit_get_text(item->kit, item->req->desired, "apply_to");
    const char *pattern = kit_get_text(item->kit, item->req->desired, "pattern");
    const struct lf_value *definition = kit_get(item->kit, item->req->desired, "definition");
    if (to && strcmp(to, "queues") != 0 && strcmp(to, "exchanges") != 0 && strcmp(to, "all") != 0) {
        rabbit_item_refuse(item, "queue.bad_policy", "apply_to",
                           kit_format(item->kit, item->op, "a policy cannot apply to '%.80s'", to), NULL,
                           "choose queues, exchanges or all");
        return false;
    }
    if (pattern && strncmp(pattern, "(?#lf1.", 7) == 0) {
        rabbit_item_refuse(item, "queue.bad_policy", "pattern",
                           "a pattern cannot begin with landfall's own comment", pattern,
                           "leave the comment out: landfall writes it");
        return false;
    }
    if (definition && item->kit->values->kind(definition) == LF_KIND_MAP &&
        item->kit->values->count(definition) == 0) {
        rabbit_item_refuse(item, "queue.bad_policy", "definition", "a policy must say something",
                           "`definition` is empty",
                           "write for example `definition = { [\"max-length\"] = 10000 }`");
        return false;
    }
    return rabbit_check_name(item, "name", NULL) &&
           rabbit_check_range(item, "priority", INT32_MIN, INT32_MAX) && rabbit_check_options(item, options);
}

/* ---- looking ------------------------------------------------------------------------------------------ */

static const char *path(struct rabbit_item *item, size_t source)
{
    return source == 0 ? rabbit_path(item->kit, item->op, "/policies/*/*", item->vhost, item->name) : NULL;
}

static const char *list(const struct rabbit *rabbit, struct lf_op *op, const char *vhost, size_t source)
{
    if (source > 0)
        return NULL;
    return vhost ? rabbit_path(&rabbit->kit, op, "/policies/*", vhost) : "/policies";
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
    const struct rabbit_note note =
        rabbit_note_parse(kit, item->op, kit_get_text(kit, item->seen[0], "pattern"));
    if (!item->seen[0])
        return;
    item->there = true;
    item->marker = note.marker;
    item->address = rabbit_note_get(kit, item->op, &note, "address");
    const struct lf_value *state = kit_put_text(kit, item->op, kit_map(kit, item->op), "name", item->name);
    state = rabbit_put_namespace(item, state);
    state = kit_put_text(kit, item->op, state, "pattern", note.rest);
    state = kit_put_text(kit, item->op, state, "apply_to", kit_get_text(kit, item->seen[0], "apply-to"));
    state = kit_put_int(kit, item->op, state, "priority", kit_get_int(kit, item->seen[0], "priority", 0));
    state = kit_put(kit, item->op, state, "definition", kit_get(kit, item->seen[0], "definition"));
    if (kit_has(kit, rabbit_wish(item), "options"))
        state = kit_put(kit, item->op, state, "options", kit_map(kit, item->op));
    item->state = state;
}

/* The policies beside landfall's own queues are no objects of their own. */
static void name_found(struct rabbit_item *item, const struct lf_value *element)
{
    item->vhost = kit_get_text(item->kit, element, "vhost");
    item->name = kit_get_text(item->kit, element, "name");
    if (item->vhost && item->name && strncmp(item->name, "landfall.", 9) != 0)
        item->id = rabbit_id(item->rabbit, item->op, item->vhost, item->name, NULL);
}

/* ---- making and removing ------------------------------------------------------------------------------ */

static void put(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    const char *reason = kit_get_text(item->kit, reply->json, "reason");
    if (rabbit_is_missing(reply))
        rabbit_item_no_vhost(item);
    else if (reply->sent == LF_SENT_REPLY && reply->status == STATUS_BAD)
        rabbit_item_refuse(item, "queue.bad_policy", "definition",
                           kit_format(item->kit, op, "RabbitMQ refuses the policy '%s'", item->id),
                           reason ? reason : reply->body, "correct what the detail names");
    else
        rabbit_item_was_put(op, reply, item);
}

static void bring(struct rabbit_item *item)
{
    const struct kit *kit = item->kit;
    const struct lf_value *wish = item->req->desired;
    const char *pattern = kit_get_text(kit, wish, "pattern"), *to = kit_get_text(kit, wish, "apply_to");
    const struct lf_value *notes =
        kit_put_text(kit, item->op, kit_map(kit, item->op), "address", item->req->address);
    const struct lf_value *body =
        kit_put_text(kit, item->op, kit_map(kit, item->op), "pattern",
                     rabbit_note_print(kit, item->op, item->req->marker, notes, pattern ? pattern : ""));
    body = kit_put_text(kit, item->op, body, "apply-to", to ? to : "all");
    body = kit_put_int(kit, item->op, body, "priority", kit_get_int(kit, wish, "priority", 0));
    body = kit_put(kit, item->op, body, "definition", kit_get(kit, wish, "definition"));
    rabbit_item_ask(item, "PUT", path(item, 0), body, put);
}

static void drop(struct rabbit_item *item)
{
    rabbit_item_ask(item, "DELETE", path(item, 0), NULL, rabbit_item_was_deleted);
}

const struct rabbit_type rabbit_policy = {
    .noun = "policy",
    .schema = &lf_queue_policy,
    .name_it = rabbit_name_it,
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
