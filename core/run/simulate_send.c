#include <string.h>

#include "io/loop.h"
#include "io/pool.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plugin/host.h"
#include "run/simulate_state.h"

/* What becomes of a request between the process and the service: it arrives and is answered, or it meets its
 * fate, or its sender dies around it. */

/* How long a sweep waits for more to come to the point where it dies: longer than any drain. */
#define QUIET_MS 600000
/* A build that takes longer than this answers in two parts, as services do: its id, and that it is ready. */
#define LONG_MS 60000
/* What a refusal takes, and after what a sender gives up waiting. */
#define REFUSED_MS 80
#define GIVE_UP_MS 10000

static struct ledger *ledger_of(const struct simulate_errand *e)
{
    return e->driver->owner->life.ledger;
}

/* ---- later ------------------------------------------------------------------------------------------------
 */

static void answer_now(void *user)
{
    simulate_check_reply_now(user);
}

static void on_time(struct lf_op *op, void *user, int canceled)
{
    (void)op;
    if (!canceled)
        simulate_answer(user);
}

void simulate_answer_after(struct simulate_errand *e, int64_t ms)
{
    struct simulate *s = e->driver->owner;
    if (e->http)
        loop_after(s->life.loop, (uint64_t)ms, answer_now, e);
    else if (ms <= 0)
        simulate_answer(e);
    else
        s->table->ops->after((struct lf_op *)e->op, (uint64_t)ms, on_time, e);
}

static void unsure(struct simulate_errand *e, uint32_t status, const char *words, int64_t after_ms)
{
    struct lf_diag d = {.struct_size = sizeof(d),
                        .severity = LF_DIAG_ERROR,
                        .code = "rehearsal.fault",
                        .summary = words,
                        .advice = "it is a fault of the rehearsal"};
    if (!e->http)
        e->driver->owner->table->ops->note((struct lf_op *)e->op, &d);
    uint32_t wait = e->answer.retry_after_ms;
    e->answer =
        (struct lf_result){.struct_size = sizeof(e->answer), .status = status, .retry_after_ms = wait};
    simulate_answer_after(e, after_ms);
}

/* ---- the two parts of a long build
 * ---------------------------------------------------------------------------- */

static void hold(struct simulate_errand *e);

static const char *saved_id(const struct simulate_errand *e)
{
    return value_get_text((const struct value *)e->req->saved, "id", NULL);
}

static void on_ready(struct lf_op *op, void *user, int canceled)
{
    struct simulate_errand *e = user;
    (void)op;
    if (canceled)
        return;
    const struct simulate *s = e->driver->owner;
    const struct ledger_thing *t = ledger_by_id(ledger_of(e), e->scope, e->answer.id);
    int64_t left = t ? t->ready_ms - simulate_now(s) : 0;
    if (left > 0)
        s->table->ops->after((struct lf_op *)e->op, (uint64_t)left, on_ready, e);
    else
        simulate_answer(e);
}

static void on_saved(struct lf_op *op, void *user, int canceled)
{
    struct simulate_errand *e = user;
    struct simulate *s = e->driver->owner;
    if (canceled)
        return;
    if (s->life.sweep.on) {
        hold(e);
    } else if (e->dies) {
        ledger_of(e)->points[LEDGER_SAVED]++;
        simulate_die(s);
    } else {
        on_ready(op, e, 0);
    }
}

static void save(struct simulate_errand *e)
{
    const struct lf_host *host = e->driver->owner->table;
    struct lf_op *op = (struct lf_op *)e->op;
    const struct lf_value *id = host->values->of_text(op, e->answer.id, strlen(e->answer.id));
    const struct lf_value *progress = host->values->with(op, NULL, "id", id);
    if (e->crowd)
        host->ops->item_save(op, e->index, e->answer.id, progress, on_saved, e);
    else
        host->ops->save(op, e->answer.id, progress, on_saved, e);
}

/* Goes on with a build whose id was saved by a process that died. */
static bool goes_on(struct simulate_errand *e)
{
    const char *id = saved_id(e);
    const struct ledger_thing *t = id ? ledger_by_id(ledger_of(e), e->scope, id) : NULL;
    if (!t)
        return false;
    simulate_tell(e, t);
    if (e->crowd)
        simulate_answer_after(e, t->ready_ms - simulate_now(e->driver->owner));
    else
        on_ready((struct lf_op *)e->op, e, 0);
    return true;
}

/* ---- deaths
 * ------------------------------------------------------------------------------------------------------ */

/* How late it may land, as whoever waits for it believes. */
static int64_t lands_ms(const struct simulate_errand *e)
{
    if (e->http)
        return 0;
    const char *pool = e->type ? e->type->pool : e->call->pool;
    uint32_t bound = e->type ? e->settle.max_inflight_ms : e->call->max_inflight_ms;
    return (int64_t)pool_lands_ms(host_pools(e->driver->owner->host), pool, bound);
}

static bool is_create(const struct simulate_errand *e)
{
    return !e->http && e->type && e->req->verb == LF_VERB_CREATE;
}

/* Is there such a point around it? */
static bool has_point(const struct simulate_errand *e, enum ledger_point point)
{
    bool checks = e->http || simulate_is_check(e);
    bool updates = e->type && e->req->verb != LF_VERB_CREATE;
    if (point == LEDGER_LATE)
        return !checks && !updates && lands_ms(e) > 1;
    return point == LEDGER_SAVED ? is_create(e) : point != LEDGER_DONE;
}

static void die_of_quiet(void *user)
{
    struct simulate *s = user;
    enum ledger_point point = s->life.sweep.point;
    s->quiet = NULL;
    ledger_pass_time(s->life.ledger, simulate_now(s));
    for (size_t i = 0; i < s->held.count; i++) {
        if (point == LEDGER_LATE) /* from now on, not from when it was sent */
            simulate_serve(s->held.at[i], lands_ms(s->held.at[i]) - 1);
        s->held.at[i]->unit->died |= 1u << point;
        s->life.ledger->points[point]++;
        if (point == LEDGER_REPLIED)
            simulate_answer_after(s->held.at[i], 0);
    }
    if (point != LEDGER_REPLIED)
        simulate_die(s);
    /* The answers reach the engine in the next turn; it ends before what the engine puts is handed over. */
    s->held.count = 0;
    s->dies_in = 2;
}

/* Something moved: wait again, but never past the deadline of what is held. */
static void listen(struct simulate *s)
{
    int64_t now = loop_now_ms(s->life.loop), wait = QUIET_MS;
    if (s->held.count == 0)
        return;
    if (s->least_deadline_ms - now - 1 < wait)
        wait = s->least_deadline_ms - now - 1;
    if (s->quiet)
        loop_timer_cancel(s->quiet);
    s->quiet = loop_after(s->life.loop, wait > 0 ? (uint64_t)wait : 0, die_of_quiet, s);
}

static void hold(struct simulate_errand *e)
{
    struct simulate *s = e->driver->owner;
    int64_t deadline = e->http ? INT64_MAX / 4 : e->req->deadline_ms;
    if (s->held.count == 0 || deadline < s->least_deadline_ms)
        s->least_deadline_ms = deadline;
    ARRAY_PUSH(&s->held, e);
    listen(s);
}

static void sweep(struct simulate_errand *e)
{
    struct simulate *s = e->driver->owner;
    enum ledger_point point = s->life.sweep.point;
    e->took_ms = 0;
    listen(s);
    if (e->unit->died & 1u << point || !has_point(e, point)) {
        simulate_serve(e, 0);
        simulate_answer_after(e, 0);
        return;
    }
    if (point != LEDGER_UNSENT && point != LEDGER_LATE)
        simulate_serve(e, 0);
    if (point == LEDGER_SAVED && e->answer.status == LF_END_OK)
        save(e);
    else
        hold(e);
}

static void die_around(struct simulate_errand *e)
{
    struct simulate *s = e->driver->owner;
    enum ledger_point point = s->life.death_point;
    s->dying = e->dies = true;
    if (point != LEDGER_DONE && !has_point(e, point))
        point = LEDGER_SENT;
    if (point != LEDGER_UNSENT)
        simulate_serve(e, point == LEDGER_LATE ? lands_ms(e) - 1 : 0);
    if (point == LEDGER_SAVED && e->answer.status == LF_END_OK) {
        save(e);
        return;
    }
    ledger_of(e)->points[point]++;
    if (point == LEDGER_DONE) {
        s->dies_when_done = true;
        simulate_answer_after(e, e->took_ms);
    } else if (point == LEDGER_REPLIED) {
        simulate_answer_after(e, 0);
        s->dies_in = 2;
    } else {
        simulate_die(s);
    }
}

/* ---- fates
 * -------------------------------------------------------------------------------------------------------- */

static void fine(struct simulate_errand *e)
{
    simulate_serve(e, 0);
    if (is_create(e) && e->answer.status == LF_END_OK && e->took_ms >= LONG_MS)
        save(e);
    else
        simulate_answer_after(e, e->took_ms);
}

static void check_fails(struct simulate_errand *e)
{
    ledger_of(e)->mishaps[LEDGER_CHECK_FAILED]++;
    simulate_check_fail(e);
    simulate_answer_after(e, REFUSED_MS);
}

static void count(struct simulate_errand *e, enum ledger_mishap what)
{
    ledger_of(e)->mishaps[what]++;
}

static void meet(struct simulate_errand *e, const struct fate *f, uint64_t draw)
{
    int64_t lands = lands_ms(e);
    switch (f->kind) {
    case FATE_THROTTLED:
        count(e, LEDGER_THROTTLED);
        e->answer.retry_after_ms = f->retry_after_ms;
        unsure(e, LF_END_RETRY, "the service is throttling: 429", REFUSED_MS);
        return;
    case FATE_UNREACHED:
        count(e, LEDGER_UNREACHED);
        unsure(e, LF_END_RETRY, "the connection was refused", REFUSED_MS);
        return;
    case FATE_LOST_REQUEST:
        count(e, LEDGER_LOST_REQUEST);
        unsure(e, LF_END_UNSURE, "no reply came", GIVE_UP_MS);
        return;
    case FATE_LATE:
        count(e, has_point(e, LEDGER_LATE) ? LEDGER_LANDED_LATE : LEDGER_LOST_REPLY);
        simulate_serve(e, has_point(e, LEDGER_LATE) ? 1 + (int64_t)(draw % (uint64_t)(lands - 1)) : 0);
        unsure(e, LF_END_UNSURE, "no reply came", REFUSED_MS);
        return;
    case FATE_LOST_REPLY:
        count(e, LEDGER_LOST_REPLY);
        simulate_serve(e, 0);
        unsure(e, LF_END_UNSURE, "no reply came", e->took_ms + GIVE_UP_MS);
        return;
    default:
        count(e, LEDGER_SERVER_ERROR);
        if (f->kind == FATE_ERROR_AFTER)
            simulate_serve(e, 0);
        unsure(e, LF_END_UNSURE, "the service answered 500", REFUSED_MS);
        return;
    }
}

static int64_t duration(struct simulate_errand *e, uint64_t draw)
{
    const struct simulate *s = e->driver->owner;
    bool checks = e->http || simulate_is_check(e);
    const char *name = e->http ? "" : e->type ? e->type->facts.name : e->call->facts.name;
    struct arena *tmp = arena_new();
    const char *what = checks ? "check" : arena_print(tmp, "%s.%s", e->driver->subsystem, name);
    struct simulate_span span;
    s->span(s->span_user, e->unit->address, what, checks ? "" : e->driver->name, &span);
    arena_free(tmp);
    return s->life.typical ? span.p50_ms : fate_duration(draw, span.p50_ms, span.p90_ms);
}

static const char *what_of(const struct simulate_errand *e, struct arena *mem)
{
    static const char *const verbs[] = {
        [LF_VERB_CREATE] = "create", [LF_VERB_UPDATE] = "update", [LF_VERB_DESTROY] = "destroy"};
    if (e->http)
        return "http";
    if (e->type)
        return verbs[e->req->verb];
    const struct value *args = (const struct value *)e->req->args;
    return arena_print(mem, "%s %s", e->scope, args ? value_json_text(mem, args) : "");
}

void simulate_send(struct simulate_errand *e)
{
    struct simulate *s = e->driver->owner;
    struct ledger *l = s->life.ledger;
    struct arena *tmp = arena_new();
    const char *address = e->http ? e->scope : e->req->address;
    e->unit = ledger_unit_get(l, address, what_of(e, tmp));
    arena_free(tmp);
    uint32_t tries = ++e->unit->tries;
    uint64_t draw = fate_draw(s->life.odds.seed, address, tries);
    bool again = !e->http && e->req->saved;
    for (int p = 0; p < LEDGER_POINTS; p++)
        e->unit->can |= has_point(e, (enum ledger_point)p) ? 1u << p : 0;
    l->sendings++;
    e->took_ms = duration(e, draw);
    if (again && goes_on(e))
        return;
    if (s->life.sweep.on) {
        sweep(e);
        return;
    }
    struct fate f = s->life.typical ? (struct fate){0} : fate_of(&s->life.odds, e->unit, tries);
    if (s->life.death_at > 0 && l->sendings >= s->life.death_at && !s->dying)
        die_around(e);
    else if (f.kind == FATE_FINE)
        fine(e);
    else if (e->http || simulate_is_check(e))
        check_fails(e);
    else
        meet(e, &f, draw);
}
