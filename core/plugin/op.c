#include "plugin/op.h"

#include <assert.h>
#include <string.h>

#include "io/loop.h"
#include "io/pool.h"
#include "plugin/contract.h"
#include "plugin/op_state.h"
#include "plugin/registry.h"

#define READ_TIMEOUT_MS   60000
#define CHANGE_TIMEOUT_MS 1800000
/* What a plugin gets to come to an end once it was asked to stop: one slow round trip to a service. */
#define CANCEL_GRACE_MS 5000
#define LANE_MAX        512

/* ---- requests ------------------------------------------------------------------------------------ */

static void fill_request(const struct op *op, size_t i, struct lf_request *r)
{
    const struct op_item *item = &op->ask.items[i];
    r->struct_size = sizeof(*r);
    r->verb = item->verb;
    r->attempt = item->attempt ? item->attempt : 1;
    r->read_only = op->ask.read_only;
    r->address = item->address ? item->address : "";
    r->token = item->token ? item->token : "";
    r->marker = item->marker ? item->marker : "";
    r->id = item->id;
    r->prior = (const struct lf_value *)item->prior;
    r->desired = (const struct lf_value *)item->desired;
    r->planned = (const struct lf_value *)item->planned;
    r->saved = (const struct lf_value *)item->saved;
    r->memo = (const struct lf_value *)item->memo;
    r->args = (const struct lf_value *)item->args;
    r->deadline_ms = op->deadline_ms;
    r->prior_version = item->prior_version;
}

/* A batch may change the world only if all of it may: the gate knows operations, not items. */
static struct op *op_new(const struct op_ask *ask)
{
    struct op *op = op_slab_take(ask->driver->host);
    op->ask = *ask;
    op->many = ask->count > 1;
    op->open = ask->count;
    op->stage = OP_QUEUED;
    op->may_change = !ask->read_only;
    for (size_t i = 0; i < ask->count; i++)
        op->may_change = op->may_change && op_verb_changes(ask->items[i].verb);
    fill_request(op, 0, &op->request); /* for lane() */
    return op;
}

/* Items get their memory when the op leaves its queue, so that a long queue stays small. */
static void unfold(struct op *op)
{
    op->slots = op->many ? ARENA_ARRAY(op->mem, struct op_slot, op->ask.count) : &op->one;
    op->requests = op->many ? ARENA_ARRAY(op->mem, struct lf_request, op->ask.count) : &op->request;
    for (size_t i = 0; i < op->ask.count; i++)
        fill_request(op, i, &op->requests[i]);
}

/* Asks the plugin; NULL for none. */
static const char *ask_lane(struct op *op)
{
    const struct contract_type *type = op->ask.type;
    if (!type || !type->raw->lane)
        return NULL;
    struct op *before = op_guard_enter(op);
    const char *lane = type->raw->lane(op->ask.driver->self, (struct lf_op *)op, &op->request);
    op_guard_leave(op, before);
    if (!lane || strnlen(lane, LANE_MAX + 1) <= LANE_MAX)
        return lane;
    op_event_broke(op, "named a lane of more than %d bytes", LANE_MAX);
    return NULL;
}

const char *op_lane(struct arena *mem, const struct driver *driver, const struct contract_type *type,
                    const struct op_item *item)
{
    if (!type->raw->lane)
        return NULL;
    struct op_ask ask = {.driver = driver, .type = type, .items = item, .count = 1, .read_only = true};
    struct op *op = op_new(&ask);
    op->soon = true; /* nobody listens: what the plugin says here it says again when the op runs */
    const char *lane = arena_text(mem, ask_lane(op));
    op_slab_give(op);
    return lane;
}

static uint32_t known_way(uint32_t way)
{
    return way >= LF_SETTLE_NAMED && way <= LF_SETTLE_BLIND ? way : LF_SETTLE_BLIND;
}

void op_settle_of(const struct driver *driver, const struct contract_type *type, const struct op_item *item,
                  struct lf_settle *out)
{
    *out = type->settle;
    if (!LF_HAS(struct lf_resource, type->raw, settle_of) || !type->raw->settle_of)
        return;
    struct op_ask ask = {.driver = driver, .type = type, .items = item, .count = 1, .read_only = true};
    struct op *op = op_new(&ask);
    op->soon = true; /* as for a lane: nobody listens */
    struct op *before = op_guard_enter(op);
    type->raw->settle_of(driver->self, (struct lf_op *)op, &op->request, out);
    op_guard_leave(op, before);
    op_slab_give(op);
    out->create = known_way(out->create);
    out->update = known_way(out->update);
    out->destroy = known_way(out->destroy);
}

/* ---- ends ---------------------------------------------------------------------------------------- */

bool op_is_over(const struct op *op)
{
    return op->stage >= OP_FINISHED || op->stage == OP_IDLE;
}

/* The result is in its slot; the owner hears of it next turn. */
static void settled(struct op *op, size_t i)
{
    op->slots[i].settled = true;
    op->open--;
    op_event_item(op, i);
}

/* Every item nobody spoke for ends the same way; status 0: in the verb's own doubt. */
static void settle_rest(struct op *op, uint32_t status)
{
    for (size_t i = 0; op->open > 0 && i < op->ask.count; i++) {
        if (op->slots[i].settled)
            continue;
        op->slots[i].result.status = status ? status : op_verb_doubt(op, i);
        op->slots[i].result.id = op->slots[i].saved_id;
        op->slots[i].result.timed_out = op->timed_out;
        settled(op, i);
    }
}

/* The plugin is through with it: nothing fires from here on. */
static void close_op(struct op *op)
{
    op->stage = OP_FINISHED;
    if (op->timer)
        loop_timer_cancel(op->timer);
    op->timer = NULL;
    op_pend_drop_all(op);
    op_schedule(op);
}

/* The place in pool and lane is given back last: while a stray job runs, whoever recovers its object waits.
 */
static void bury(struct op *op)
{
    if (op->ticket)
        pool_leave(op->ticket);
    op->ticket = NULL;
    op_slab_give(op);
}

/* The owner may start the next operation from inside end(): this one is already out of its way. */
static void end_op(struct op *op)
{
    op->events.end(op->user, op);
    op->stage = OP_ENDED;
    op->host->strays += op->jobs;
    if (op->holds == 0)
        bury(op);
    else
        op->host->lingering++;
}

/* One callback of the loop does all the telling, so that the owner is never called from inside a plugin and
 * hears notes, items and the end in the order in which they were said. */
static void deliver(void *user)
{
    struct op *op = user;
    op->soon = false;
    if (atomic_exchange(&op->trespass, false))
        op_event_broke(op, "used the host from a worker thread");
    if (op->cancel_asked && !op->cancel_told && op->stage == OP_RUNNING) {
        op->cancel_told = true;
        op_pend_cancel_all(op);
    }
    op_event_flush(op);
    if (op->stage == OP_FINISHED && !op->soon)
        end_op(op);
}

void op_schedule(struct op *op)
{
    if (op->soon)
        return;
    op->soon = true;
    loop_soon(host_loop(op->host), deliver, op);
}

/* A batch's own result says nothing about its items; only a senseless one is worth a word. */
void op_finish(struct op *op, const struct lf_result *result)
{
    if (!op->many) {
        op_result_take(op, 0, result, &op->one.result);
        settled(op, 0);
        close_op(op);
        return;
    }
    if (!result || result->status == 0 || result->status > LF_END_CANCELED)
        op_event_broke(op, "ended a batch with the unknown status %u", result ? result->status : 0);
    op_event_let_go(op);
    settle_rest(op, 0);
    close_op(op);
}

/* The first answer stands: by the time a second one comes, the first may be on disk. */
void op_settle(struct op *op, size_t i, const struct lf_result *result)
{
    if (!op->many) {
        op_event_broke(op, "settled an item of an operation that is no batch");
    } else if (i >= op->ask.count) {
        op_event_broke(op, "settled item %zu of %zu", i, op->ask.count);
    } else if (op->slots[i].settled) {
        op_event_broke(op, "settled item %zu twice", i);
    } else {
        op_result_take(op, i, result, &op->slots[i].result);
        settled(op, i);
    }
}

/* ---- holding on ----------------------------------------------------------------------------------- */

void op_hold(struct op *op)
{
    op->holds++;
}

void op_release(struct op *op)
{
    struct host *h = op->host;
    if (--op->holds > 0 || op->stage != OP_ENDED)
        return;
    bury(op);
    if (--h->lingering == 0 && h->settling)
        loop_stop(h->parts.loop);
}

void op_job_started(struct op *op)
{
    op->jobs++;
    op->holds++;
}

void op_job_ended(struct op *op)
{
    op->jobs--;
    if (op->stage == OP_ENDED)
        op->host->strays--;
    op_release(op);
}

/* ---- deadline -------------------------------------------------------------------------------------- */

/* Waits are told first, so that the plugin closes what it opened; what it says then no longer counts. */
static void expired(void *user)
{
    struct op *op = user;
    op->timer = NULL;
    op->timed_out = true;
    if (op_pend_is_empty(op) && op->jobs == 0)
        op_event_broke(op, "never finished: it waited for nothing when the deadline came");
    op->stage = OP_EXPIRED;
    op->late = true;
    op_pend_cancel_all(op);
    op->late = false;
    op_event_let_go(op);
    settle_rest(op, 0);
    close_op(op);
}

/* Only for an operation that still runs when its verb returned; most never need a timer. */
static void arm(struct op *op, int64_t now)
{
    uint64_t left = op->deadline_ms > now ? (uint64_t)(op->deadline_ms - now) : 0;
    op->timer = loop_after(host_loop(op->host), left, expired, op);
}

/* ---- start ------------------------------------------------------------------------------------------ */

/* The array of pointers is the contract's: a plugin may sort or split a batch without copying requests. */
static void call_plugin(struct op *op)
{
    void *self = op->ask.driver->self;
    struct op *before = op_guard_enter(op);
    if (op->many) {
        const struct lf_request **reqs = ARENA_ARRAY(op->mem, const struct lf_request *, op->ask.count);
        for (size_t i = 0; i < op->ask.count; i++)
            reqs[i] = &op->requests[i];
        op_verb_many(op)(self, (struct lf_op *)op, reqs, op->ask.count);
    } else {
        op_verb_single(op)(self, (struct lf_op *)op, op->requests);
    }
    op_guard_leave(op, before);
}

static bool is_offered(const struct op *op)
{
    return op->many ? op_verb_many(op) != NULL : op_verb_single(op) != NULL;
}

/* Not a breach: optional verbs are optional, and the core has a way round most of them. */
static void refuse(struct op *op)
{
    const struct lf_plugin *plugin = op->ask.driver->plugin;
    op_event_say(op, "plugin.no_verb", NULL, "plugin %s-%s has no way of %s this", plugin->subsystem,
                 plugin->name, op_verb_doing(op->ask.items[0].verb));
    settle_rest(op, LF_END_REFUSED);
    close_op(op);
}

/* Looking is quick or broken; making a database takes a quarter of an hour on a good day. */
static int64_t timeout_of(const struct op *op)
{
    if (op->ask.timeout_ms > 0)
        return op->ask.timeout_ms;
    return op->may_change ? CHANGE_TIMEOUT_MS : READ_TIMEOUT_MS;
}

/* The deadline is set before the owner is asked, for it records until when a request may still land. */
static void left_queue(void *user)
{
    struct op *op = user;
    int64_t now = loop_now_ms(host_loop(op->host));
    op->deadline_ms = now + timeout_of(op);
    op->stage = OP_LEAVING;
    unfold(op);
    bool go = !op->events.leaving || op->events.leaving(op->user, op);
    if (!go || op->cancel_asked) {
        settle_rest(op, LF_END_CANCELED);
        close_op(op);
        return;
    }
    if (!is_offered(op)) {
        refuse(op);
        return;
    }
    op->stage = OP_RUNNING;
    call_plugin(op);
    /* An op that finished at once never needed a timer. */
    if (op->stage == OP_RUNNING)
        arm(op, now);
}

static const char *pool_of(struct op *op)
{
    if (op->ask.type)
        return op->ask.type->pool;
    if (op->ask.call)
        return op->ask.call->pool;
    const struct lf_plugin *plugin = op->ask.driver->plugin;
    return arena_print(op->mem, "%s-%s", plugin->subsystem, plugin->name);
}

/* The lane is asked for once, at the start: it may not change while the operation waits. */
struct op *op_start(const struct op_ask *ask, const struct op_events *events, void *user)
{
    assert(ask->count > 0 && events->item && events->end);
    struct op *op = op_new(ask);
    op->events = *events;
    op->user = user;
    op->pool = pool_of(op);
    op->ticket = pool_enter(host_pools(op->host), op->pool, ask_lane(op), left_queue, op);
    return op;
}

/* Never later than its own deadline. */
static void hurry(struct op *op)
{
    int64_t now = loop_now_ms(host_loop(op->host));
    if (op->deadline_ms <= now + CANCEL_GRACE_MS)
        return;
    op->deadline_ms = now + CANCEL_GRACE_MS;
    if (op->timer) {
        loop_timer_cancel(op->timer);
        arm(op, now);
    }
}

/* In the queue it just ends.  In the plugin's hands it is asked, and the plugin answers in its own way. */
void op_cancel(struct op *op)
{
    if (op_is_over(op) || op->cancel_asked)
        return;
    op->cancel_asked = true;
    if (op->stage == OP_QUEUED) {
        pool_cancel(op->ticket);
        op->ticket = NULL;
        unfold(op);
        settle_rest(op, LF_END_CANCELED);
        close_op(op);
    } else if (op->stage == OP_RUNNING) {
        hurry(op);
        op_schedule(op);
    }
}

struct arena *op_arena(struct op *op)
{
    return op->mem;
}

const struct op_ask *op_asked(const struct op *op)
{
    return &op->ask;
}

const struct op_item *op_items(const struct op *op, size_t *count)
{
    *count = op->ask.count;
    return op->ask.items;
}
