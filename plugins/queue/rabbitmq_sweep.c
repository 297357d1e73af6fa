/* Many objects read from one listing, and all that carry a mark. */
#include "rabbitmq.h"

#include <stdlib.h>
#include <string.h>

#define STATUS_OK 200

/* ---- many at once ------------------------------------------------------------------------------------- */

/* One element of a listing, as it is searched for. */
struct row {
    const char *vhost;
    const char *key;
    const struct lf_value *element;
};

struct listing {
    struct row *rows; /* by vhost and key */
    size_t count;
};

/* A batch of reads, or a search for all that carries a mark. */
struct sweep {
    struct rabbit *rabbit;
    const struct kit *kit;
    const struct rabbit_type *type;
    struct lf_op *op;
    struct rabbit_item *items;
    size_t count;
    size_t vhost; /* the items of this one's vhost are being looked for */
    size_t source;
    struct listing listings[RABBIT_SOURCES];
    const struct lf_value *first; /* the listing of source 0, as it came */
    bool again;                   /* that is asked for the second time */
};

static int by_key(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int order = strcmp(x->vhost, y->vhost);
    return order ? order : strcmp(x->key, y->key);
}

static struct listing index_of(const struct sweep *sweep, size_t source, const struct lf_value *list)
{
    const struct kit *kit = sweep->kit;
    struct listing out = {0};
    size_t count = list ? kit->values->count(list) : 0;
    out.rows = kit->ops->scratch(sweep->op, (count + 1) * sizeof(*out.rows));
    for (size_t i = 0; i < count; i++) {
        const struct lf_value *element = kit->values->at(list, i, NULL);
        const char *vhost = kit_get_text(kit, element, "vhost");
        const char *key = sweep->type->key_of(sweep->rabbit, sweep->op, source, element);
        if (!vhost) /* it is one itself */
            vhost = key;
        if (key)
            out.rows[out.count++] = (struct row){sweep->type->global ? "" : vhost, key, element};
    }
    qsort(out.rows, out.count, sizeof(*out.rows), by_key);
    return out;
}

/* Where rows not before `wanted` begin. */
static size_t lower_bound(const struct listing *listing, const struct row *wanted)
{
    size_t from = 0, to = listing->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (by_key(&listing->rows[middle], wanted) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static const struct lf_value *pick(const struct sweep *sweep, struct rabbit_item *item, size_t source)
{
    const struct listing *listing = &sweep->listings[source];
    const struct kit *kit = sweep->kit;
    struct row wanted = {item->vhost ? item->vhost : "", sweep->type->key(item, source), NULL};
    size_t from = lower_bound(listing, &wanted), to = from;
    while (to < listing->count && by_key(&listing->rows[to], &wanted) == 0)
        to++;
    if (from == to)
        return NULL;
    if (!sweep->type->gathers)
        return listing->rows[from].element;
    const struct lf_value **found = kit->ops->scratch(sweep->op, (to - from) * sizeof(*found));
    for (size_t i = from; i < to; i++)
        found[i - from] = listing->rows[i].element;
    return kit->values->of_list(sweep->op, found, to - from);
}

static void see(const struct sweep *sweep, struct rabbit_item *item)
{
    for (size_t s = 0; s < RABBIT_SOURCES; s++)
        item->seen[s] = sweep->listings[s].count ? pick(sweep, item, s) : NULL;
}

static void take_from_listings(const struct sweep *sweep, struct rabbit_item *item)
{
    see(sweep, item);
    rabbit_item_taken(item);
}

static bool is_pending(const struct sweep *sweep, const struct rabbit_item *item)
{
    return item->doing && item->batch->answers[item->i].status == 0 &&
           strcmp(item->vhost ? item->vhost : "",
                  sweep->items[sweep->vhost].vhost ? sweep->items[sweep->vhost].vhost : "") == 0;
}

/* By the listings so far something may only be away. */
static bool is_in_doubt(struct sweep *sweep)
{
    if (!sweep->type->doubt || !sweep->items)
        return sweep->type->hides;
    for (size_t i = sweep->vhost; i < sweep->count; i++) {
        struct rabbit_item *item = &sweep->items[i];
        if (!is_pending(sweep, item))
            continue;
        see(sweep, item);
        if (sweep->type->doubt(item, sweep->source, true))
            return true;
    }
    return false;
}

static const char *next_listing(struct sweep *sweep, const char *vhost)
{
    for (; !sweep->again && sweep->source < RABBIT_SOURCES; sweep->source++) {
        bool asked = sweep->source < RABBIT_QUEUES || is_in_doubt(sweep);
        const char *path = asked ? sweep->type->list(sweep->rabbit, sweep->op, vhost, sweep->source) : NULL;
        if (path)
            return path;
    }
    /* What all nodes have now was listed before that was known: once more. */
    if (sweep->again || !sweep->listings[RABBIT_NODES].rows)
        return NULL;
    sweep->again = true;
    sweep->source = 0;
    return sweep->type->list(sweep->rabbit, sweep->op, vhost, 0);
}

/* Asks for the listings of one source after the other, then goes on with `done`. */
static void list_next(struct sweep *sweep, const char *vhost, kit_http_fn *fn, void (*done)(struct sweep *))
{
    const char *path = next_listing(sweep, vhost);
    if (path)
        rabbit_ask(sweep->rabbit, sweep->op, "GET", path, NULL, 0, fn, sweep);
    else
        done(sweep);
}

static bool is_listing(const struct kit *kit, const struct kit_http_reply *reply)
{
    return rabbit_is_missing(reply) || (reply->sent == LF_SENT_REPLY && reply->status == STATUS_OK &&
                                        reply->json && kit->values->kind(reply->json) == LF_KIND_LIST);
}

static void keep_listing(struct sweep *sweep, const struct kit_http_reply *reply)
{
    const struct lf_value *list = reply->status == STATUS_OK ? reply->json : NULL;
    if (sweep->source == 0)
        sweep->first = list;
    sweep->listings[sweep->source] = index_of(sweep, sweep->source, list);
    sweep->source++;
}

static void vhost_next(struct sweep *sweep);

static void vhost_done(struct sweep *sweep)
{
    /* The last answer ends the operation, and the sweep with it. */
    struct rabbit_item *last = NULL;
    for (size_t i = sweep->vhost; i < sweep->count; i++) {
        struct rabbit_item *item = &sweep->items[i];
        if (!is_pending(sweep, item))
            continue;
        take_from_listings(sweep, item);
        if (last)
            rabbit_item_tell(last);
        last = item;
    }
    struct rabbit_crowd *crowd = last->batch->user;
    bool more = crowd->open > 1;
    rabbit_item_tell(last);
    if (more)
        vhost_next(sweep);
}

static void vhost_listed(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct sweep *sweep = user;
    (void)op;
    if (is_listing(sweep->kit, reply)) {
        keep_listing(sweep, reply);
        list_next(sweep, sweep->items[sweep->vhost].vhost, vhost_listed, vhost_done);
        return;
    }
    struct rabbit_crowd *crowd = sweep->items[0].batch->user;
    for (size_t i = sweep->count; i-- > 0 && crowd->open > 0;) {
        bool is_last = crowd->open == 1;
        if (sweep->items[i].batch->answers[i].status == 0)
            rabbit_item_fail(&sweep->items[i], reply);
        if (is_last)
            return;
    }
}

/* The next vhost of which an item has no answer yet. */
static void vhost_next(struct sweep *sweep)
{
    while (sweep->items[sweep->vhost].batch->answers[sweep->vhost].status != 0)
        sweep->vhost++;
    sweep->source = 0;
    sweep->again = false;
    memset(sweep->listings, 0, sizeof(sweep->listings));
    list_next(sweep, sweep->items[sweep->vhost].vhost, vhost_listed, vhost_done);
}

void rabbit_sweep_many(const struct rabbit_type *type, void *self, struct lf_op *op,
                       const struct lf_request *const *reqs, size_t count)
{
    struct rabbit *rabbit = self;
    const struct kit *kit = &rabbit->kit;
    struct kit_batch *batch = kit_batch_many(kit, self, op, reqs, count);
    struct rabbit_crowd *crowd = kit->ops->scratch(op, sizeof(*crowd));
    struct sweep *sweep = kit->ops->scratch(op, sizeof(*sweep));
    /* One more than there are, so that a refusal of the last does not end it under our feet. */
    crowd->open = count + 1;
    batch->user = crowd;
    *sweep = (struct sweep){.rabbit = rabbit, .kit = kit, .type = type, .op = op, .count = count};
    sweep->items = kit->ops->scratch(op, count * sizeof(*sweep->items));
    for (size_t i = 0; i < count; i++)
        (void)rabbit_item_init(&sweep->items[i], type, batch, i);
    if (--crowd->open == 0)
        kit_batch_end(batch);
    else if (count == 1)
        rabbit_item_look(&sweep->items[0], rabbit_item_tell);
    else
        vhost_next(sweep);
}

/* ---- all that carries a mark -------------------------------------------------------------------------- */

static bool is_row_away(const struct sweep *sweep, const struct row *row)
{
    const struct listing *nodes = &sweep->listings[RABBIT_NODES];
    const struct row wanted = {row->vhost, row->vhost, NULL};
    size_t at = lower_bound(nodes, &wanted);
    bool found = at < nodes->count && by_key(&nodes->rows[at], &wanted) == 0;
    return rabbit_away_is(sweep->kit, row->element, row->vhost, found ? nodes->rows[at].element : NULL);
}

/* What belongs to a queue that is away is in no listing, and nobody knows whether there is any. */
static void end_owned(struct sweep *sweep)
{
    const struct kit *kit = sweep->kit;
    const struct listing *queues = &sweep->listings[RABBIT_QUEUES];
    const struct row *first = NULL;
    size_t count = 0;
    for (size_t i = 0; i < queues->count; i++) {
        if (!is_row_away(sweep, &queues->rows[i]))
            continue;
        first = first ? first : &queues->rows[i];
        count++;
    }
    if (!first) {
        kit_finish(kit, sweep->op, LF_END_OK);
        return;
    }
    const char *node = kit_get_text(kit, first->element, "node");
    kit_note(kit, sweep->op, "queue.away", NULL,
             kit_format(kit, sweep->op, "RabbitMQ cannot show every %s now", sweep->type->noun),
             kit_format(
                 kit, sweep->op,
                 "it hides those of the queue '%s' in the vhost '%s', whose node '%s' is down or coming up, "
                 "and of %zu queues more (%s)",
                 first->key, first->vhost, node ? node : "?", count - 1, sweep->rabbit->api),
             "bring every node of the broker up, then type the command again");
    kit_finish(kit, sweep->op, LF_END_CANNOT_TELL);
}

static void owned_done(struct sweep *sweep)
{
    const struct kit *kit = sweep->kit;
    const struct lf_request none = {.struct_size = sizeof(none), .verb = LF_VERB_OWNED};
    size_t count = sweep->first ? kit->values->count(sweep->first) : 0;
    const char *before = "";
    for (size_t i = 0; i < count; i++) {
        struct rabbit_item item = {
            .rabbit = sweep->rabbit, .kit = kit, .type = sweep->type, .op = sweep->op, .req = &none};
        sweep->type->name_found(&item, kit->values->at(sweep->first, i, NULL));
        if (!item.id)
            continue;
        take_from_listings(sweep, &item);
        if (!item.there || !item.marker || strncmp(item.marker, "lf1.", 4) != 0)
            continue;
        /* The bindings of one subscription stand side by side. */
        if (sweep->type->gathers && strcmp(before, item.id) == 0)
            continue;
        before = item.id;
        struct lf_result result = kit_result(LF_END_OK);
        result.id = item.id;
        result.marker = item.marker;
        result.state = item.state;
        if (item.address)
            result.memo = kit_put_text(kit, sweep->op, kit_map(kit, sweep->op), "address", item.address);
        kit->ops->found(sweep->op, &result);
    }
    end_owned(sweep);
}

static void owned_listed(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct sweep *sweep = user;
    if (is_listing(sweep->kit, reply)) {
        keep_listing(sweep, reply);
        list_next(sweep, NULL, owned_listed, owned_done);
        return;
    }
    uint32_t end = kit_http_end(reply, false);
    if (end != LF_END_CANCELED) {
        struct kit_http_words words = kit_http_words(
            sweep->kit, op, reply, "RabbitMQ",
            kit_format(sweep->kit, op, "look for each %s that carries a mark", sweep->type->noun),
            kit_get_text(sweep->kit, reply->json, "reason"));
        kit_note(sweep->kit, op, kit_format(sweep->kit, op, "rabbitmq.%s", words.what), NULL, words.summary,
                 words.detail, words.advice);
    }
    kit_finish(sweep->kit, op, end == LF_END_CANCELED || end == LF_END_RETRY ? end : LF_END_CANNOT_TELL);
}

void rabbit_sweep_owned(const struct rabbit_type *type, void *self, struct lf_op *op)
{
    struct rabbit *rabbit = self;
    struct sweep *sweep = rabbit->kit.ops->scratch(op, sizeof(*sweep));
    *sweep = (struct sweep){.rabbit = rabbit, .kit = &rabbit->kit, .type = type, .op = op};
    list_next(sweep, NULL, owned_listed, owned_done);
}
