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

bool rabbit_away_is(const struct kit *kit, const struct lf_value *row)
{
    const char *state = kit_get_text(kit, row, "state");
    return state && strcmp(state, "down") == 0;
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

/* The nodes that run the queue's vhost, with what they are at; NULL: RabbitMQ does not say. */
static const struct lf_value *nodes_of(const struct rabbit_item *item, const struct lf_value *found)
{
    const struct lf_values *values = item->kit->values;
    if (!found || values->kind(found) != LF_KIND_LIST)
        return kit_get(item->kit, found, "cluster_state");
    for (size_t i = 0; i < values->count(found); i++) {
        const struct lf_value *vhost = values->at(found, i, NULL);
        const char *name = kit_get_text(item->kit, vhost, "name");
        if (name && strcmp(name, item->vhost) == 0)
            return kit_get(item->kit, vhost, "cluster_state");
    }
    return NULL;
}

static bool runs_on(const struct rabbit_item *item, const struct lf_value *nodes, const char *node)
{
    const struct lf_values *values = item->kit->values;
    size_t count = nodes && values->kind(nodes) == LF_KIND_MAP ? values->count(nodes) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = NULL;
        const char *state = values->as_text(values->at(nodes, i, &name), NULL);
        if (name && strcmp(name, node) == 0)
            return state && strcmp(state, "running") == 0;
    }
    return false;
}

const char *rabbit_away_members(struct rabbit_item *item, const struct lf_value *queue,
                                const struct lf_value *vhosts)
{
    const struct lf_values *values = item->kit->values;
    const struct lf_value *members = kit_get(item->kit, queue, "members");
    const struct lf_value *nodes = nodes_of(item, vhosts);
    if (!nodes)
        return "no member of it runs, and RabbitMQ does not say which of its nodes run the vhost";
    size_t count = members && values->kind(members) == LF_KIND_LIST ? values->count(members) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *node = values->as_text(values->at(members, i, NULL), NULL);
        if (node && !runs_on(item, nodes, node))
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
    uint32_t status = item->touched ? LF_END_UNSURE : LF_END_RETRY;
    struct lf_result result = kit_result(kit_changes(item->req) ? status : LF_END_CANNOT_TELL);
    kit_batch_note(
        item->batch, item->i, "queue.away", NULL,
        kit_format(item->kit, item->op, "RabbitMQ cannot %s now", item->doing),
        kit_format(item->kit, item->op, "%s (%s)", item->away, item->rabbit->api),
        "bring every node of the broker up, then type the command again; a node that will never come "
        "back is given up with `rabbitmqctl forget_cluster_node NODE`");
    rabbit_item_end(item, &result);
}

/* `not_found`: the queue is listed and was "not found", so it is away, or was until this moment. */
static void judge(struct rabbit_item *item, const struct kit_http_reply *reply, bool not_found)
{
    const struct lf_value *rows = kit_get(item->kit, reply->json, "items");
    bool is_list = rows && item->kit->values->kind(rows) == LF_KIND_LIST;
    if (!rabbit_is_missing(reply) &&
        (reply->sent != LF_SENT_REPLY || reply->status != STATUS_OK || !is_list)) {
        rabbit_item_fail(item, reply);
        return;
    }
    const struct lf_value *row = is_list ? item->kit->values->at(rows, 0, NULL) : NULL;
    if (!row || (!not_found && !rabbit_away_is(item->kit, row))) {
        item->then(item);
        return;
    }
    item->away = rabbit_away_why(item, row);
    rabbit_away_end(item);
}

static void listed(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    (void)op;
    judge(user, reply, false);
}

static void listed_all_the_same(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    (void)op;
    judge(user, reply, true);
}

void rabbit_away_or(struct rabbit_item *item, const char *queue, bool not_found,
                    void (*then)(struct rabbit_item *item))
{
    item->touched = item->touched_before;
    item->then = then;
    rabbit_item_ask(item, "GET", rabbit_away_listing(item, queue), NULL,
                    not_found ? listed_all_the_same : listed);
}
