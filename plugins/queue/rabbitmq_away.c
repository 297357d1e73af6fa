/* What is away for the moment, and not gone.
 *
 * A classic queue lives on one node.  While that one is down, or comes up again, RabbitMQ says "not found" to
 * who asks for the queue by name and leaves its bindings out of every answer; only the listing of queues has
 * what is on the disk, as 'down'.  Taken for gone, such a queue would be forgotten, and back with its node.
 */
#include "rabbitmq.h"
#include "rabbitmq_note.h"

#include <string.h>

#define STATUS_OK 200

/* The nodes of a vhost, with what they are at; NULL: RabbitMQ does not say. */
static const struct lf_value *nodes_of(const struct kit *kit, const char *vhost,
                                       const struct lf_value *vhosts)
{
    if (!vhosts || kit->values->kind(vhosts) != LF_KIND_LIST)
        return kit_get(kit, vhosts, "cluster_state");
    for (size_t i = 0; i < kit->values->count(vhosts); i++) {
        const struct lf_value *one = kit->values->at(vhosts, i, NULL);
        const char *name = kit_get_text(kit, one, "name");
        if (name && strcmp(name, vhost) == 0)
            return kit_get(kit, one, "cluster_state");
    }
    return NULL;
}

static bool runs_on(const struct kit *kit, const struct lf_value *nodes, const char *node)
{
    size_t count = nodes && kit->values->kind(nodes) == LF_KIND_MAP ? kit->values->count(nodes) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = NULL;
        const char *state = kit->values->as_text(kit->values->at(nodes, i, &name), NULL);
        if (name && strcmp(name, node) == 0)
            return state && strcmp(state, "running") == 0;
    }
    return false;
}

bool rabbit_away_is(const struct kit *kit, const struct lf_value *row, const char *vhost,
                    const struct lf_value *vhosts)
{
    const char *state = kit_get_text(kit, row, "state"), *node = kit_get_text(kit, row, "node");
    if (state && strcmp(state, "down") == 0)
        return true;
    return vhosts && node && !runs_on(kit, nodes_of(kit, vhost, vhosts), node);
}

const char *rabbit_away_why(struct rabbit_item *item, const struct lf_value *row)
{
    const char *name = kit_get_text(item->kit, row, "name"), *node = kit_get_text(item->kit, row, "node");
    const char *state = kit_get_text(item->kit, row, "state");
    return kit_format(
        item->kit, item->op,
        "RabbitMQ lists the queue '%s' as '%s' and cannot look into it: its node '%s' is down or "
        "coming up",
        name ? name : item->id, state ? state : "?", node ? node : "?");
}

const char *rabbit_away_members(struct rabbit_item *item, const struct lf_value *queue,
                                const struct lf_value *vhosts)
{
    const struct lf_values *values = item->kit->values;
    const struct lf_value *members = kit_get(item->kit, queue, "members");
    const struct lf_value *nodes = nodes_of(item->kit, item->vhost, vhosts);
    if (!nodes)
        return "no member of it runs, and RabbitMQ does not say which of its nodes run the vhost";
    size_t count = members && values->kind(members) == LF_KIND_LIST ? values->count(members) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *node = values->as_text(values->at(members, i, NULL), NULL);
        if (node && !runs_on(item->kit, nodes, node))
            return kit_format(item->kit, item->op,
                              "no member of it runs, and the node '%s' has one and is down", node);
    }
    return NULL;
}

const char *rabbit_away_listing(const struct rabbit_item *item, const char *queue)
{
    const struct kit *kit = item->kit;
    return rabbit_path(kit, item->op,
                       "/queues/*?page=1&page_size=1&disable_stats=true&columns=name,state,node"
                       "&use_regex=true&name=*",
                       item->vhost,
                       kit_format(kit, item->op, "^%s$", rabbit_note_quote(kit, item->op, queue)));
}

void rabbit_away_end(struct rabbit_item *item)
{
    bool changes = kit_changes(item->req) || item->req->verb == LF_VERB_CALL;
    uint32_t status = item->touched ? LF_END_UNSURE : LF_END_RETRY;
    struct lf_result result = kit_result(changes ? status : LF_END_CANNOT_TELL);
    kit_batch_note(
        item->batch, item->i, "queue.away", NULL,
        kit_format(item->kit, item->op, "RabbitMQ cannot %s now", item->doing),
        kit_format(item->kit, item->op, "%s (%s)", item->away, item->rabbit->api),
        "bring every node of the broker up, then type the command again; a node that will never come "
        "back is given up with `rabbitmqctl forget_cluster_node NODE`");
    rabbit_item_end(item, &result);
}

static void end_if_away(struct rabbit_item *item, bool not_found)
{
    const struct lf_value *queues = item->seen[RABBIT_QUEUES];
    const struct lf_value *row = queues ? item->kit->values->at(queues, 0, NULL) : NULL;
    if (row && (not_found || rabbit_away_is(item->kit, row, item->vhost, item->seen[RABBIT_NODES]))) {
        item->away = rabbit_away_why(item, row);
        rabbit_away_end(item);
    } else {
        item->then(item);
    }
}

static void nodes_listed(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    (void)op;
    if (rabbit_item_failed(item, reply))
        return;
    item->seen[RABBIT_NODES] = reply->json;
    end_if_away(item, false);
}

/* False: it ended, because that is no listing. */
static bool keep_queues(struct rabbit_item *item, const struct kit_http_reply *reply)
{
    const struct lf_value *rows = kit_get(item->kit, reply->json, "items");
    bool is_list = rows && item->kit->values->kind(rows) == LF_KIND_LIST;
    bool good =
        rabbit_is_missing(reply) || (reply->sent == LF_SENT_REPLY && reply->status == STATUS_OK && is_list);
    item->seen[RABBIT_QUEUES] = is_list ? rows : NULL;
    if (!good)
        rabbit_item_fail(item, reply);
    return good;
}

/* What was not found is something of the queue's: it matters whether its node has all of that already. */
static void listed(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    (void)op;
    if (keep_queues(item, reply))
        rabbit_item_ask(item, "GET", RABBIT_RUNNING, NULL, nodes_listed);
}

/* The queue itself was not found, and is listed: it is away, or was until this moment. */
static void listed_itself(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    (void)op;
    if (keep_queues(item, reply))
        end_if_away(item, true);
}

void rabbit_away_or(struct rabbit_item *item, const char *queue, bool not_found,
                    void (*then)(struct rabbit_item *item))
{
    item->touched = item->touched_before;
    item->then = then;
    rabbit_item_ask(item, "GET", rabbit_away_listing(item, queue), NULL, not_found ? listed_itself : listed);
}
