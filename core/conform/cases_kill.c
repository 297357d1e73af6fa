#include "base/err.h"
#include "conform/cases.h"
#include "conform/proxy.h"
#include "conform/trial.h"
#include "conform/victim.h"
#include "model/value.h"
#include "model/value_json.h"

#define LIFE_MS 60000 /* of a victim that is not killed */
#define LATEST  16
#define LAND_MS 300 /* what was delivered is done by then, on one machine */

/* ---- what a victim is told
 * --------------------------------------------------------------------------------- */

static const char *order_of(struct trial *t, const struct thing *x, const struct value *promise)
{
    struct arena *mem = t->mem;
    const struct pair pairs[] = {
        {"type", value_text(mem, x->type->facts.name)},
        {"address", value_text(mem, x->address)},
        {"token", value_text(mem, x->token)},
        {"marker", value_text(mem, x->marker)},
        {"desired", x->desired},
        /* What is not known yet has no place in JSON; the driver promised it all the same. */
        {"planned", value_has_unknown(promise) ? value_null() : promise},
    };
    return value_json_text(mem, value_map(mem, pairs, COUNT_OF(pairs)));
}

/* In the victim: what the core would send, with a driver of its own. */
void cases_kill_create(struct rig *rig, const struct contract_type *type, const struct value *order)
{
    struct arena *mem = arena_new();
    struct op_item item = {
        .verb = LF_VERB_CREATE,
        .attempt = 1,
        .address = value_get_text(order, "address", ""),
        .token = value_get_text(order, "token", ""),
        .marker = value_get_text(order, "marker", ""),
        .desired = value_get(order, "desired"),
        .planned = value_is_null(value_get(order, "planned")) ? NULL : value_get(order, "planned"),
    };
    const struct rig_ask ask = {.type = type, .items = &item, .count = 1};
    (void)rig_run(rig, mem, &ask);
    arena_free(mem);
}

static bool start(struct trial *t, const struct thing *x, const struct value *promise, uint64_t die_after_us)
{
    struct err err;
    if (victim_start(t->run->victim, order_of(t, x, promise), die_after_us, &err))
        return true;
    trial_skip(t, "%s", err.summary);
    return false;
}

static struct thing *planned(struct trial *t, const struct value **promise)
{
    struct thing *x = trial_thing(t);
    return x && trial_plan(t, x, NULL, x->desired, promise) ? x : NULL;
}

/* ---- kills
 * ------------------------------------------------------------------------------------------------- */

struct death {
    struct thing *thing;
    const struct value *promise;
    uint64_t after_us;
};

/* How long a create takes from leaving to its end, measured on one that lives; 0: a finding or a skip. */
static int64_t measure(struct trial *t)
{
    const struct value *promise;
    struct victim_end end;
    struct thing *x = planned(t, &promise);
    if (!x || !start(t, x, promise, 0))
        return 0;
    if (!victim_wait(t->run->victim, t->run->loop, LIFE_MS, &end) || end.killed) {
        victim_kill(t->run->victim);
        trial_fail(t, "it works in the first process and not in the second: what do they share?",
                   "a create in a process of its own did not end");
        return 0;
    }
    return trial_settle(t, x, promise, NULL, false, "a create by another process") ? end.took_us + 1 : 0;
}

static bool die(struct trial *t, struct death *d)
{
    d->thing = planned(t, &d->promise);
    if (!d->thing || !start(t, d->thing, d->promise, d->after_us))
        return false;
    if (!victim_wait(t->run->victim, t->run->loop, LIFE_MS, NULL))
        victim_kill(t->run->victim);
    return true;
}

/* All deaths first, so that one drain is enough for them. */
static void killed(struct trial *t)
{
    uint32_t count = t->run->sheet->kills, died = 0;
    struct death *deaths = ARENA_ARRAY(t->mem, struct death, count + 1);
    if (t->type->settle.create == LF_SETTLE_BLIND) {
        trial_skip(t, "the type is BLIND: a person looks");
        return;
    }
    int64_t took_us = measure(t);
    for (; took_us > 0 && died < count; died++) {
        /* Beyond the end as well: the reply is there, and nothing of it was kept. */
        deaths[died].after_us = 1 + (uint64_t)took_us * (2 * died + 1) * 11 / (20 * count);
        if (!die(t, &deaths[died]))
            return;
    }
    trial_drain(t);
    for (uint32_t i = 0; i < died && t->findings.count < 4; i++)
        trial_settle(t, deaths[i].thing, deaths[i].promise, NULL, false,
                     arena_print(t->mem, "killed %llu us after the request left",
                                 (unsigned long long)deaths[i].after_us));
}

/* ---- late
 * -------------------------------------------------------------------------------------------------- */

static void on_held(void *user)
{
    victim_kill(user);
}

/* What was delivered has been done, as far as anybody can wait for it. */
static void deliver(struct trial *t)
{
    proxy_deliver(t->run->proxy);
    rig_wait(t->run->rig, LAND_MS);
}

/* Nothing sent before the drain's end may matter to those who wait for it; with a precondition or a token it
 * may come at any time. */
static void settle_late(struct trial *t, struct thing *x, const struct value *promise, const char *what)
{
    uint32_t settle = t->type->settle.create;
    bool at_any_time = settle == LF_SETTLE_CONDITIONAL || settle == LF_SETTLE_TOKENED;
    if (!at_any_time) {
        deliver(t);
        trial_drain(t);
        trial_settle(t, x, promise, NULL, false, what);
        return;
    }
    const struct rig_answer *a = trial_do(t, x, LF_VERB_CREATE);
    if (!trial_expect(t, a, TRIAL_BIT(LF_END_OK), arena_print(t->mem, "%s: the create sent again", what),
                      NULL))
        return;
    deliver(t);
    trial_settle(t, x, promise, NULL, false, what);
}

/* False: there is no such request any more. */
static bool late_at(struct trial *t, uint32_t skip)
{
    const struct value *promise;
    struct thing *x = planned(t, &promise);
    struct err err;
    if (!x)
        return false;
    if (!proxy_arm(t->run->proxy, PROXY_HOLD, skip, &err)) {
        trial_fail(t, "run the suite again", "the suite lost its own port: %s", err.summary);
        return false;
    }
    proxy_on_hit(t->run->proxy, on_held, t->run->victim);
    bool held = start(t, x, promise, 0) && victim_wait(t->run->victim, t->run->loop, LIFE_MS, NULL) &&
                proxy_hits(t->run->proxy) > 0;
    proxy_on_hit(t->run->proxy, NULL, NULL);
    if (held)
        settle_late(t, x, promise, arena_print(t->mem, "request %u of a dead process lands late", skip + 1));
    return proxy_disarm(t->run->proxy, &err) && held && !trial_has_failed(t);
}

static void late(struct trial *t)
{
    uint32_t skip = 0;
    if (!t->run->proxy)
        trial_skip(t, "the file has no `proxy` to hold a request at");
    else if (t->type->settle.create == LF_SETTLE_BLIND)
        trial_skip(t, "the type is BLIND: a person looks");
    else
        while (skip < LATEST && late_at(t, skip))
            skip++;
}

const struct cases_row cases_kill[] = {
    {"killed", "a create whose sender is killed leaves one object in the end", killed},
    {"late", "a dead sender's request that lands late leaves one object in the end", late},
    {0},
};
