/* queue.queue: a durable queue, and a policy of its own beside it.
 *
 * A queue's arguments can never be changed: what stands in them is changed by destroying the queue with its
 * messages.  So only its mark and its kind are arguments, and all that may be wanted otherwise one day
 * (retention, dead letters, limits) is the policy "landfall.<queue>", which RabbitMQ applies at once.  A
 * policy has no room for notes but the comment of its pattern, which is where the attributes are that
 * RabbitMQ has no counterpart for:
 *
 *     (?#lf1.<mark> address=queue.queue.orders visibility_timeout_s=30)^orders$
 */
#include "rabbitmq.h"
#include "rabbitmq_note.h"

#include <landfall/queue.h>
#include <string.h>

enum { QUEUE, POLICY };

/* Without statistics: those of a quorum queue that is half deleted tell a second, older `online` in the same
 * object, which no JSON may. */
#define COLUMNS                                                                                              \
    "?disable_stats=true&columns=name,vhost,durable,auto_delete,arguments,type,state,node,members,online"
#define MS 1000

#define STATUS_CREATED 201

#define POLICY_PRIORITY 0

static const struct rabbit_option options[] = {
    {"type", LF_KIND_TEXT, " classic quorum ", 0, 0},
    {"max_length", LF_KIND_INT, NULL, 1, INT32_MAX},
    {"policy_priority", LF_KIND_INT, NULL, INT32_MIN, INT32_MAX},
    {NULL, 0, NULL, 0, 0},
};

static const char *policy_name(struct rabbit_item *item)
{
    return kit_format(item->kit, item->op, "landfall.%s", item->name);
}

/* ---- looking ------------------------------------------------------------------------------------------ */

static const char *queue_path(struct rabbit_item *item, size_t source)
{
    return source == QUEUE
               ? rabbit_path(item->kit, item->op, "/queues/*/*", item->vhost, item->name)
               : rabbit_path(item->kit, item->op, "/policies/*/*", item->vhost, policy_name(item));
}

static const char *path(struct rabbit_item *item, size_t source)
{
    return source == QUEUE ? kit_format(item->kit, item->op, "%s" COLUMNS, queue_path(item, QUEUE))
                           : queue_path(item, POLICY);
}

static const char *list(const struct rabbit *rabbit, struct lf_op *op, const char *vhost, size_t source)
{
    if (source > POLICY)
        return source == RABBIT_NODES ? RABBIT_RUNNING : NULL;
    const char *base = source == QUEUE ? "/queues" : "/policies";
    const char *in = vhost ? rabbit_path(&rabbit->kit, op, "/*", vhost) : "";
    return kit_format(&rabbit->kit, op, "%s%s%s", base, in, source == QUEUE ? COLUMNS : "");
}

static const char *key_of(const struct rabbit *rabbit, struct lf_op *op, size_t source,
                          const struct lf_value *element)
{
    (void)op, (void)source;
    return kit_get_text(&rabbit->kit, element, "name");
}

static const char *key(struct rabbit_item *item, size_t source)
{
    return source == QUEUE ? item->name : source == POLICY ? policy_name(item) : item->vhost;
}

static const struct lf_value *argument(const struct rabbit_item *item, const char *name)
{
    return kit_get(item->kit, kit_get(item->kit, item->seen[QUEUE], "arguments"), name);
}

static const struct lf_value *definition(const struct rabbit_item *item, const char *name)
{
    return kit_get(item->kit, kit_get(item->kit, item->seen[POLICY], "definition"), name);
}

/* What holds for the queue: RabbitMQ lets an argument win over a policy. */
static const struct lf_value *holds(const struct rabbit_item *item, const char *name)
{
    const struct lf_value *fixed = argument(item, kit_format(item->kit, item->op, "x-%s", name));
    return fixed ? fixed : definition(item, name);
}

/* The kind that follows from what is asked, where it is not spelled out: only a quorum queue counts how often
 * a message was given out. */
static const char *kind_of(const struct kit *kit, const struct lf_value *object)
{
    const char *spelled = kit_get_text(kit, object, "options.type");
    if (spelled)
        return spelled;
    return kit_has(kit, object, "max_receives") ? "quorum" : "classic";
}

static const struct lf_value *options_of(struct rabbit_item *item, const struct lf_value *state)
{
    const struct kit *kit = item->kit;
    const struct lf_value *wish = kit_get(kit, rabbit_wish(item), "options");
    const struct lf_value *out = kit_map(kit, item->op);
    const char *type = kit_get_text(kit, item->seen[QUEUE], "type");
    const struct lf_value *length = holds(item, "max-length");
    int64_t priority = kit_get_int(kit, item->seen[POLICY], "priority", POLICY_PRIORITY);
    const struct lf_value *follows = rabbit_wish(item) ? rabbit_wish(item) : state;
    if (type && (kit_has(kit, wish, "type") || strcmp(type, kind_of(kit, follows)) != 0))
        out = kit_put_text(kit, item->op, out, "type", type);
    if (length)
        out = kit_put(kit, item->op, out, "max_length", length);
    if (kit_has(kit, wish, "policy_priority") || priority != POLICY_PRIORITY)
        out = kit_put_int(kit, item->op, out, "policy_priority", priority);
    return out;
}

static const struct lf_value *dead_letters_of(struct rabbit_item *item, const struct lf_value *state)
{
    const struct lf_value *limit = holds(item, "delivery-limit");
    const struct lf_value *exchange = holds(item, "dead-letter-exchange");
    const struct lf_value *target = holds(item, "dead-letter-routing-key");
    const char *to = exchange ? item->kit->values->as_text(exchange, NULL) : NULL;
    const char *name = target ? item->kit->values->as_text(target, NULL) : NULL;
    /* A message is given out once more than it may come back. */
    if (limit)
        state =
            kit_put_int(item->kit, item->op, state, "max_receives", item->kit->values->as_int(limit, 0) + 1);
    if (to && !*to && name)
        state = kit_put_text(
            item->kit, item->op, state, "dead_letter",
            rabbit_spelled(item, "dead_letter", rabbit_id(item->rabbit, item->op, item->vhost, name, NULL)));
    return state;
}

static const struct lf_value *put_where(struct rabbit_item *item, const struct lf_value *state)
{
    const struct rabbit *rabbit = item->rabbit;
    state = kit_put_text(item->kit, item->op, state, "url",
                         kit_format(item->kit, item->op, "%s/%s?queue=%s", rabbit->amqp,
                                    kit_http_encode(item->kit, item->op, item->vhost),
                                    kit_http_encode(item->kit, item->op, item->name)));
    return kit_put_text(item->kit, item->op, state, "host", rabbit->host);
}

static const struct lf_value *state_of(struct rabbit_item *item, const struct rabbit_note *note)
{
    const struct kit *kit = item->kit;
    struct lf_op *op = item->op;
    const struct lf_value *state = kit_put_text(kit, op, kit_map(kit, op), "name", item->name);
    const struct lf_value *fixed = argument(item, "x-message-ttl"), *ttl = definition(item, "message-ttl");
    int64_t ms = ttl ? kit->values->as_int(ttl, 0) : -1;
    if (fixed && (ms < 0 || kit->values->as_int(fixed, 0) < ms)) /* of times the shorter one holds */
        ms = kit->values->as_int(fixed, 0);
    state = rabbit_put_namespace(item, state);
    if (ms >= 0)
        state = kit_put_int(kit, op, state, "retention_s", ms / MS);
    state = dead_letters_of(item, state);
    state = rabbit_note_put_int(kit, op, note, "visibility_timeout_s", state);
    state = rabbit_note_put_int(kit, op, note, "monthly_requests", state);
    const char *place = rabbit_note_get(kit, op, note, "place");
    state = kit_put_text(kit, op, state, "place", place ? place : item->rabbit->place);
    state = put_where(item, state);
    const struct lf_value *extras = options_of(item, state);
    bool asked = kit_has(kit, rabbit_wish(item), "options");
    return asked || kit->values->count(extras) > 0 ? kit_put(kit, op, state, "options", extras) : state;
}

/* Its policy without the queue: a destroy was cut off between the two. */
static bool is_leftover(const struct rabbit_item *item, const struct rabbit_note *note)
{
    uint32_t verb = item->req->verb;
    bool destroys = verb == LF_VERB_DESTROY || (verb == LF_VERB_RECOVER && !item->req->desired);
    return destroys && !item->seen[QUEUE] && note->marker && item->req->marker &&
           strcmp(note->marker, item->req->marker) == 0;
}

/* Members that run, asked for at the moment.  None: its declare was cut off, or its node was killed before it
 * had noted the queue; RabbitMQ lists it, and every use of it fails for ever. */
static bool is_shell(const struct rabbit_item *item)
{
    const char *type = kit_get_text(item->kit, item->seen[QUEUE], "type");
    const struct lf_value *online = kit_get(item->kit, item->seen[QUEUE], "online");
    return type && strcmp(type, "quorum") == 0 && online && item->kit->values->count(online) == 0;
}

/* One that was not found may be away.  One that runs nowhere may be a shell, or its nodes may be down. Before
 * a create nothing is asked: RabbitMQ refuses to make a queue that is away. */
static const char *doubt(struct rabbit_item *item, size_t source, bool listed)
{
    bool begins = item->req->verb == LF_VERB_CREATE && !item->touched;
    if (source == RABBIT_NODES)
        return item->seen[QUEUE] && is_shell(item) ? RABBIT_RUNNING : NULL;
    return item->seen[QUEUE] || listed || begins ? NULL : rabbit_away_listing(item, item->name);
}

static const char *why_away(struct rabbit_item *item)
{
    const struct lf_value *row = item->seen[QUEUE];
    if (row)
        return rabbit_away_is(item->kit, row, item->vhost, NULL) ? rabbit_away_why(item, row)
               : is_shell(item) ? rabbit_away_members(item, row, item->seen[RABBIT_NODES])
                                : NULL;
    const struct lf_value *rows = item->seen[RABBIT_QUEUES];
    row = rows ? item->kit->values->at(rows, 0, NULL) : NULL;
    return row ? rabbit_away_why(item, row) : NULL;
}

/* A declare that was cut off later leaves a member that runs and waits for a leader that nobody asked it to
 * elect, which no question tells from a sound queue.  But the policy is put only after the declare was
 * answered: a queue with it is whole. */
static bool may_be_shell(const struct rabbit_item *item)
{
    const char *type = kit_get_text(item->kit, item->seen[QUEUE], "type");
    return item->unfinished || (type && strcmp(type, "quorum") == 0 && !item->seen[POLICY]);
}

static void take(struct rabbit_item *item)
{
    struct rabbit_note note =
        rabbit_note_parse(item->kit, item->op, kit_get_text(item->kit, item->seen[POLICY], "pattern"));
    const struct lf_value *mark = item->seen[QUEUE] ? argument(item, RABBIT_MARK) : NULL;
    const char *marker = mark ? item->kit->values->as_text(mark, NULL) : NULL;
    item->away = why_away(item);
    if (is_leftover(item, &note) && !item->away) {
        item->there = true;
        item->marker = note.marker;
        item->state = item->req->prior;
        return;
    }
    if (!item->seen[QUEUE])
        return;
    /* A queue that was adopted keeps its arguments: then the policy says whose it is, and which mark it took
     * the place of, so that it says nothing about another queue of that name. */
    const char *was = rabbit_note_get(item->kit, item->op, &note, "was");
    bool adopted = note.marker && was && strcmp(was, marker ? marker : "") == 0;
    item->there = true;
    item->unfinished = is_shell(item) && !item->away;
    item->marker = adopted ? note.marker : marker;
    item->address = rabbit_note_get(item->kit, item->op, &note, "address");
    const struct lf_value *address = argument(item, RABBIT_ADDRESS);
    if (!item->address && address)
        item->address = item->kit->values->as_text(address, NULL);
    item->state = state_of(item, &note);
}

static void name_found(struct rabbit_item *item, const struct lf_value *element)
{
    item->vhost = kit_get_text(item->kit, element, "vhost");
    item->name = kit_get_text(item->kit, element, "name");
    if (item->vhost && item->name)
        item->id = rabbit_id(item->rabbit, item->op, item->vhost, item->name, NULL);
}

/* ---- what may be asked -------------------------------------------------------------------------------- */

static bool check_dead_letter(struct rabbit_item *item)
{
    const struct lf_value *wish = item->req->desired;
    const struct lf_value *letter = kit_get(item->kit, wish, "dead_letter");
    const struct lf_value *most = kit_get(item->kit, wish, "max_receives");
    bool has_letter = letter && item->kit->values->kind(letter) != LF_KIND_NULL;
    bool has_most = most && item->kit->values->kind(most) != LF_KIND_NULL;
    if (has_letter != has_most) {
        rabbit_item_refuse(item, "queue.half_dead_letter", has_most ? "max_receives" : "dead_letter",
                           "'max_receives' and 'dead_letter' go together",
                           has_most ? "there is no queue for the messages that were received too often"
                                    : "no number says when a message goes to the dead-letter queue",
                           has_most ? "name the queue as `dead_letter`, or leave both out"
                                    : "say how often as `max_receives`");
        return false;
    }
    if (has_most && strcmp(kind_of(item->kit, wish), "quorum") != 0) {
        rabbit_item_refuse(item, "queue.needs_quorum", "options.type",
                           "only a quorum queue counts how often a message was received",
                           "`max_receives` is given, and `options.type` is 'classic'",
                           "leave `options.type` out, or leave out `max_receives` and `dead_letter`");
        return false;
    }
    const char *spelled = kit_get_text(item->kit, wish, "dead_letter");
    const char *vhost = NULL, *name = NULL, *why = NULL;
    if (!spelled)
        return true;
    if (!rabbit_id_split(item->rabbit, item->op, spelled, 1, &vhost, &name))
        why = "it is no id of a queue";
    else if (strcmp(vhost, item->vhost) != 0)
        why = kit_format(item->kit, item->op, "it is in the vhost '%s', and this queue is in '%s'", vhost,
                         item->vhost);
    if (why) {
        rabbit_item_refuse(
            item, "queue.bad_dead_letter", "dead_letter",
            kit_format(item->kit, item->op, "'%.100s' cannot be the dead-letter queue", spelled), why,
            "give the id of a queue.queue in the same namespace");
        return false;
    }
    if (strcmp(name, item->name) == 0) {
        rabbit_item_refuse(
            item, "queue.dead_letter_loop", "dead_letter", "a queue cannot be its own dead-letter queue",
            kit_format(item->kit, item->op, "'%s' names itself", item->name), "name another queue");
        return false;
    }
    return true;
}

static bool check(struct rabbit_item *item)
{
    return rabbit_check_name(item, "name", "amq.") &&
           rabbit_check_range(item, "visibility_timeout_s", 0, 43200) &&
           rabbit_check_range(item, "retention_s", 60, 1209600) &&
           rabbit_check_range(item, "max_receives", 1, 1000) &&
           rabbit_check_range(item, "monthly_requests", 0, INT64_MAX) &&
           rabbit_check_options(item, options) && check_dead_letter(item);
}

static const struct lf_value *computed(struct rabbit_item *item)
{
    const struct lf_value *out = kit_map(item->kit, item->op);
    const struct lf_value *name = kit_get(item->kit, item->req->desired, "name");
    const struct lf_value *space = kit_get(item->kit, item->req->desired, "namespace");
    if (kit_is_known(item->kit, name) && kit_is_known(item->kit, space))
        out = put_where(item, out);
    return kit_put_text(item->kit, item->op, out, "place", item->rabbit->place);
}

/* The kind of a queue is set for its life, whether it is spelled out or follows from `max_receives`. */
static bool is_fixed(struct rabbit_item *item, const char *attribute)
{
    if (strcmp(attribute, "options") != 0 && strcmp(attribute, "max_receives") != 0)
        return false;
    return strcmp(kind_of(item->kit, item->req->prior), kind_of(item->kit, item->req->desired)) != 0;
}

/* ---- making ------------------------------------------------------------------------------------------- */

static const struct lf_value *queue_body(struct rabbit_item *item)
{
    const struct kit *kit = item->kit;
    struct lf_op *op = item->op;
    const struct lf_value *arguments =
        kit_put_text(kit, op, kit_map(kit, op), RABBIT_MARK, item->req->marker);
    arguments = kit_put_text(kit, op, arguments, RABBIT_ADDRESS, item->req->address);
    arguments = kit_put_text(kit, op, arguments, "x-queue-type", kind_of(kit, item->req->desired));
    const struct lf_value *body = kit_put_bool(kit, op, kit_map(kit, op), "durable", true);
    body = kit_put_bool(kit, op, body, "auto_delete", false);
    return kit_put(kit, op, body, "arguments", arguments);
}

static const struct lf_value *policy_definition(struct rabbit_item *item)
{
    const struct kit *kit = item->kit;
    const struct lf_value *wish = item->req->desired;
    struct lf_op *op = item->op;
    int64_t retention = kit_get_int(kit, wish, "retention_s", 345600);
    int64_t length = kit_get_int(kit, wish, "options.max_length", 0);
    const char *letter = kit_get_text(kit, wish, "dead_letter");
    const char *vhost = NULL, *name = NULL;
    const struct lf_value *out = kit_put_int(kit, op, kit_map(kit, op), "message-ttl", retention * MS);
    if (length > 0)
        out = kit_put_int(kit, op, out, "max-length", length);
    if (!letter || !rabbit_id_split(item->rabbit, op, letter, 1, &vhost, &name))
        return out;
    out = kit_put_int(kit, op, out, "delivery-limit", kit_get_int(kit, wish, "max_receives", 1) - 1);
    out = kit_put_text(kit, op, out, "dead-letter-exchange", "");
    out = kit_put_text(kit, op, out, "dead-letter-routing-key", name);
    /* The source keeps a dead letter until its new queue has it.  RabbitMQ does that only for a queue that
     * refuses what is too much instead of dropping its oldest. */
    out = kit_put_text(kit, op, out, "dead-letter-strategy", "at-least-once");
    return kit_put_text(kit, op, out, "overflow", "reject-publish");
}

static const struct lf_value *policy_body(struct rabbit_item *item)
{
    const struct kit *kit = item->kit;
    const struct lf_value *wish = item->req->desired;
    struct lf_op *op = item->op;
    const struct lf_value *mark = argument(item, RABBIT_MARK);
    const char *marker = mark ? kit->values->as_text(mark, NULL) : NULL;
    const struct lf_value *notes = kit_map(kit, op);
    notes = kit_put_text(kit, op, notes, "address", item->req->address);
    notes = kit_put_int(kit, op, notes, "visibility_timeout_s",
                        kit_get_int(kit, wish, "visibility_timeout_s", 30));
    if (kit_has(kit, wish, "monthly_requests"))
        notes = kit_put(kit, op, notes, "monthly_requests", kit_get(kit, wish, "monthly_requests"));
    notes = kit_put_text(kit, op, notes, "place", kit_get_text(kit, wish, "place"));
    if (item->seen[QUEUE] && (!marker || strcmp(marker, item->req->marker) != 0))
        notes = kit_put_text(kit, op, notes, "was", marker ? marker : "");
    const char *pattern =
        rabbit_note_print(kit, op, item->req->marker, notes,
                          kit_format(kit, op, "^%s$", rabbit_note_quote(kit, op, item->name)));
    const struct lf_value *body = kit_put_text(kit, op, kit_map(kit, op), "pattern", pattern);
    body = kit_put_text(kit, op, body, "apply-to", "queues");
    body = kit_put_int(kit, op, body, "priority",
                       kit_get_int(kit, wish, "options.policy_priority", POLICY_PRIORITY));
    return kit_put(kit, op, body, "definition", policy_definition(item));
}

static void put_policy(struct rabbit_item *item)
{
    rabbit_item_ask(item, "PUT", queue_path(item, POLICY), policy_body(item), rabbit_item_was_put);
}

/* Made between our look and our request: whose is it? */
static void seen_again(struct rabbit_item *item)
{
    struct lf_result result = kit_result(item->there ? LF_END_EXISTS : LF_END_UNSURE);
    if (item->away) {
        rabbit_away_end(item);
        return;
    }
    if (item->there && item->marker && strcmp(item->marker, item->req->marker) == 0) {
        put_policy(item);
        return;
    }
    result.id = item->id;
    result.marker = item->marker;
    rabbit_item_end(item, &result);
}

static void queue_put(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    (void)op;
    if (rabbit_is_missing(reply)) {
        rabbit_away_or(item, item->name, true, rabbit_item_no_vhost);
        return;
    }
    if (rabbit_item_failed(item, reply))
        return;
    item->made = reply->status == STATUS_CREATED;
    rabbit_item_look(item, seen_again);
}

/* What an argument settles for the life of a queue that was not made here; NULL: nothing that is in the way.
 */
static const char *in_the_way(struct rabbit_item *item)
{
    const struct kit *kit = item->kit;
    const struct lf_value *wish = item->req->desired, *queue = item->seen[QUEUE];
    const struct lf_value *ttl = argument(item, "x-message-ttl");
    const char *type = kit_get_text(kit, queue, "type");
    if (type && strcmp(type, kind_of(kit, wish)) != 0)
        return kit_format(kit, item->op, "it is a %s queue", type);
    if (!kit_get_bool(kit, queue, "durable", true) || kit_get_bool(kit, queue, "auto_delete", false))
        return "it does not outlive a restart of RabbitMQ, or the last of its readers";
    if (ttl && kit->values->as_int(ttl, 0) < kit_get_int(kit, wish, "retention_s", 345600) * MS)
        return kit_format(kit, item->op, "its argument 'x-message-ttl' is %lld",
                          (long long)kit->values->as_int(ttl, 0));
    static const char *const names[] = {"dead-letter-exchange", "dead-letter-routing-key", "delivery-limit"};
    const struct lf_value *asked = policy_definition(item);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct lf_value *fixed = argument(item, kit_format(kit, item->op, "x-%s", names[i]));
        if (fixed && !kit_is_same(kit, fixed, kit_get(kit, asked, names[i])))
            return kit_format(kit, item->op, "its argument 'x-%s' is something else", names[i]);
    }
    return NULL;
}

/* What was never finished holds nothing: no create of it ever ended well, so nobody was told of it. */
static void shell_gone(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    (void)op;
    if (rabbit_is_missing(reply) || !rabbit_item_failed(item, reply))
        rabbit_item_ask(item, "PUT", queue_path(item, QUEUE), queue_body(item), queue_put);
}

static void put_queue(struct rabbit_item *item)
{
    if (item->there && may_be_shell(item) && item->req->verb == LF_VERB_CREATE) {
        rabbit_item_ask(item, "DELETE", queue_path(item, QUEUE), NULL, shell_gone);
        return;
    }
    const char *why = item->there ? in_the_way(item) : NULL;
    if (why)
        rabbit_item_refuse(
            item, "queue.fixed", NULL,
            kit_format(item->kit, item->op, "the queue '%s' cannot become what is asked", item->id), why,
            "declare it as it is, or let a new queue of another name take its place");
    else if (item->there)
        put_policy(item);
    else
        rabbit_item_ask(item, "PUT", queue_path(item, QUEUE), queue_body(item), queue_put);
}

static void no_dead_letter(struct rabbit_item *item)
{
    rabbit_item_refuse(item, "queue.no_dead_letter", "dead_letter", "the dead-letter queue is not there",
                       kit_format(item->kit, item->op, "RabbitMQ has no queue '%s' in the vhost '%s'",
                                  (const char *)item->work, item->vhost),
                       "declare it as a queue.queue and give its id");
}

static void dead_letter_seen(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    (void)op;
    if (rabbit_is_missing(reply))
        rabbit_away_or(item, item->work, true, no_dead_letter);
    else if (!rabbit_item_failed(item, reply))
        put_queue(item);
}

static void bring(struct rabbit_item *item)
{
    const char *letter = kit_get_text(item->kit, item->req->desired, "dead_letter");
    const char *vhost = NULL, *name = NULL;
    if (!letter || !rabbit_id_split(item->rabbit, item->op, letter, 1, &vhost, &name)) {
        put_queue(item);
        return;
    }
    item->work = kit_copy(item->kit, item->op, name, strlen(name));
    rabbit_item_ask(item, "GET",
                    kit_format(item->kit, item->op, "%s?columns=name",
                               rabbit_path(item->kit, item->op, "/queues/*/*", vhost, name)),
                    NULL, dead_letter_seen);
}

/* ---- removing ----------------------------------------------------------------------------------------- */

static void in_use(struct rabbit_item *item, const char *how)
{
    rabbit_item_refuse(item, "queue.in_use", NULL,
                       kit_format(item->kit, item->op, "the queue '%s' is in use", item->id), how,
                       "destroy what uses it first");
}

/* The queue first: with it gone the policy governs nothing, and a destroy that is cut off here is found again
 * by the mark in what is left. */
static void drop_policy(struct rabbit_item *item)
{
    struct rabbit_note note =
        rabbit_note_parse(item->kit, item->op, kit_get_text(item->kit, item->seen[POLICY], "pattern"));
    if (note.marker && strcmp(note.marker, item->req->marker) == 0)
        rabbit_item_ask(item, "DELETE", queue_path(item, POLICY), NULL, rabbit_item_was_deleted);
    else
        rabbit_item_dropped(item);
}

static void queue_gone(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    (void)op;
    if (rabbit_is_missing(reply))
        rabbit_away_or(item, item->name, true, drop_policy);
    else if (!rabbit_item_failed(item, reply))
        drop_policy(item);
}

static void policies_seen(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    if (rabbit_item_failed(item, reply))
        return;
    size_t count = reply->json ? item->kit->values->count(reply->json) : 0;
    for (size_t i = 0; i < count; i++) {
        const struct lf_value *policy = item->kit->values->at(reply->json, i, NULL);
        const char *name = kit_get_text(item->kit, policy, "name");
        const char *exchange = kit_get_text(item->kit, policy, "definition.dead-letter-exchange");
        const char *target = kit_get_text(item->kit, policy, "definition.dead-letter-routing-key");
        if (!exchange || *exchange || !target || strcmp(target, item->name) != 0)
            continue;
        in_use(item, kit_format(item->kit, op, "the policy '%s' sends dead letters to it", name ? name : ""));
        return;
    }
    rabbit_item_ask(item, "DELETE", queue_path(item, QUEUE), NULL, queue_gone);
}

static void bindings_seen(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct rabbit_item *item = user;
    if (!rabbit_is_missing(reply)) {
        if (rabbit_item_failed(item, reply))
            return;
        size_t count = reply->json ? item->kit->values->count(reply->json) : 0;
        for (size_t i = 0; i < count; i++) {
            const char *source =
                kit_get_text(item->kit, item->kit->values->at(reply->json, i, NULL), "source");
            if (!source || !*source)
                continue;
            in_use(item, kit_format(item->kit, op, "the exchange '%s' sends to it", source));
            return;
        }
    }
    rabbit_item_ask(item, "GET", rabbit_path(item->kit, op, "/policies/*", item->vhost), NULL, policies_seen);
}

static void drop(struct rabbit_item *item)
{
    rabbit_item_ask(item, "GET", kit_format(item->kit, item->op, "%s/bindings", queue_path(item, QUEUE)),
                    NULL, bindings_seen);
}

const struct rabbit_type rabbit_queue = {
    .noun = "queue",
    .damaged = "RabbitMQ lists it, and no node runs it: it was cut off when it was made, or its node was "
               "killed soon after",
    .schema = &lf_queue_queue,
    .name_it = rabbit_name_it,
    .check = check,
    .computed = computed,
    .is_fixed = is_fixed,
    .path = path,
    .list = list,
    .key_of = key_of,
    .key = key,
    .doubt = doubt,
    .take = take,
    .bring = bring,
    .drop = drop,
    .name_found = name_found,
};
