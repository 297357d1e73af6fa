#include "run/simulate.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/loop.h"
#include "model/decl.h"
#include "model/value.h"
#include "plugin/host.h"
#include "run/simulate_state.h"

/* ---- errands ------------------------------------------------------------------------------------------- */

int64_t simulate_now(const struct simulate *s)
{
    const struct tick *tick = loop_tick(s->life.loop);
    return tick->wall_ms(tick->user);
}

void simulate_die(struct simulate *s)
{
    s->life.ledger->now_ms = simulate_now(s);
    s->life.ledger->mishaps[LEDGER_CRASH]++;
    _exit(SIMULATE_DIED);
}

struct simulate_errand *simulate_errand(struct simulate_driver *d, struct op *op,
                                        const struct lf_request *req)
{
    const struct op_ask *asked = op_asked(op);
    struct simulate_errand *e = ARENA_NEW(op_arena(op), struct simulate_errand);
    *e =
        (struct simulate_errand){.driver = d, .op = op, .req = req, .type = asked->type, .call = asked->call};
    const char *name = e->type ? e->type->facts.name : e->call ? e->call->facts.name : "";
    e->scope =
        arena_print(op_arena(op), "%s%s%s.%s", d->subsystem, d->instance[0] ? "/" : "", d->instance, name);
    e->answer.struct_size = sizeof(e->answer);
    if (e->type)
        e->settle = e->type->settle;
    /* Where objects of a type differ, their driver says how; it only looks at the request. */
    for (size_t i = 0; e->type && d->opened && i < d->contract.type_count; i++) {
        const struct contract_type *real = &d->contract.types[i];
        if (strcmp(real->facts.name, name) == 0 && LF_HAS(struct lf_resource, real->raw, settle_of) &&
            real->raw->settle_of)
            real->raw->settle_of(d->real_self, (struct lf_op *)op, req, &e->settle);
    }
    return e;
}

void simulate_answer(struct simulate_errand *e)
{
    const struct lf_ops *ops = e->driver->owner->table->ops;
    struct lf_op *op = (struct lf_op *)e->op;
    static const struct lf_result all_answered = {.struct_size = sizeof(struct lf_result),
                                                  .status = LF_END_OK};
    if (!e->crowd) {
        ops->finish(op, &e->answer);
        return;
    }
    ops->item(op, e->index, &e->answer);
    if (--e->crowd->open == 0)
        ops->finish(op, &all_answered);
}

/* ---- verbs -----------------------------------------------------------------------------------------------
 */

static bool is_change(uint32_t verb)
{
    return verb == LF_VERB_CREATE || verb == LF_VERB_UPDATE || verb == LF_VERB_DESTROY ||
           verb == LF_VERB_CALL;
}

static void begin(struct simulate_errand *e)
{
    struct simulate *s = e->driver->owner;
    if (s->life.ledger)
        ledger_pass_time(s->life.ledger, simulate_now(s));
    if (is_change(e->req->verb))
        simulate_send(e);
    else
        simulate_look(e);
}

static void serve_one(void *self, struct lf_op *op, const struct lf_request *req)
{
    begin(simulate_errand(self, (struct op *)op, req));
}

static void serve_many(void *self, struct lf_op *op, const struct lf_request *const *reqs, size_t count)
{
    struct simulate_crowd *crowd = ARENA_NEW(op_arena((struct op *)op), struct simulate_crowd);
    crowd->open = count;
    for (size_t i = 0; i < count; i++) {
        struct simulate_errand *e = simulate_errand(self, (struct op *)op, reqs[i]);
        e->crowd = crowd;
        e->index = i;
        begin(e);
    }
}

/* What it costs the driver says: it looks at nothing but the request. */
static void estimate(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct simulate_driver *d = self;
    const struct op_ask *asked = op_asked((struct op *)op);
    for (size_t i = 0; d->opened && i < d->contract.type_count; i++) {
        const struct contract_type *real = &d->contract.types[i];
        if (strcmp(real->facts.name, asked->type->facts.name) == 0) {
            real->raw->estimate(d->real_self, op, req);
            return;
        }
    }
    d->owner->table->ops->finish(
        op, &(struct lf_result){.struct_size = sizeof(struct lf_result), .status = LF_END_FAILED});
}

static void settle_of(void *self, struct lf_op *op, const struct lf_request *req, struct lf_settle *out)
{
    *out = simulate_errand(self, (struct op *)op, req)->settle;
}

/* ---- descriptors
 * -------------------------------------------------------------------------------------------- */

/* As the real one, as far as it was young enough to say; the verbs that it has are ours. */
static const struct lf_resource *resource_of(struct arena *mem, const struct lf_resource *real)
{
    struct lf_resource *r = ARENA_NEW(mem, struct lf_resource);
    memcpy(r, real, real->struct_size < sizeof(*r) ? real->struct_size : sizeof(*r));
    bool settles = LF_HAS(struct lf_resource, real, settle_of) && real->settle_of;
    bool finds_many = LF_HAS(struct lf_resource, real, find_many) && real->find_many;
    r->struct_size = sizeof(*r);
    r->lane = NULL;
    r->read = r->create = r->destroy = serve_one;
    r->update = real->update ? serve_one : NULL;
    r->recover = real->recover ? serve_one : NULL;
    r->find = real->find ? serve_one : NULL;
    r->estimate = real->estimate ? estimate : NULL;
    r->plan = r->upgrade = r->owned = NULL;
    r->read_many = real->read_many ? serve_many : NULL;
    r->change_many = real->change_many ? serve_many : NULL;
    r->recover_many = real->recover_many ? serve_many : NULL;
    r->settle_of = settles ? settle_of : NULL;
    r->find_many = finds_many ? serve_many : NULL;
    return r;
}

static const struct lf_call *call_of(struct arena *mem, const struct lf_call *real)
{
    struct lf_call *c = ARENA_NEW(mem, struct lf_call);
    memcpy(c, real, real->struct_size < sizeof(*c) ? real->struct_size : sizeof(*c));
    c->struct_size = sizeof(*c);
    c->run = serve_one;
    c->recover = real->recover ? serve_one : NULL;
    return c;
}

static const struct lf_plugin *describe(struct arena *mem, struct simulate_driver *d)
{
    const struct lf_resource **types =
        ARENA_ARRAY(mem, const struct lf_resource *, d->contract.type_count + 1);
    const struct lf_call **calls = ARENA_ARRAY(mem, const struct lf_call *, d->contract.call_count + 1);
    for (size_t i = 0; i < d->contract.type_count; i++)
        types[i] = resource_of(mem, d->contract.types[i].raw);
    for (size_t i = 0; i < d->contract.call_count; i++)
        calls[i] = call_of(mem, d->contract.calls[i].raw);
    d->plugin = (struct lf_plugin){.struct_size = sizeof(struct lf_plugin),
                                   .abi_major = LF_ABI_MAJOR,
                                   .abi_minor = LF_ABI_MINOR,
                                   .subsystem = d->real->subsystem,
                                   .name = d->real->name,
                                   .version = d->real->version,
                                   .doc = d->real->doc,
                                   .contract_version = d->real->contract_version,
                                   .settings = d->real->settings,
                                   .resources = types,
                                   .calls = calls};
    return &d->plugin;
}

/* Opening does no I/O, by the contract; one that cannot be opened without its secrets still lends its types.
 */
static const struct lf_plugin *take(void *user, struct arena *mem, const struct driver *real, void **self)
{
    struct simulate *s = user;
    struct simulate_driver *d = ARENA_NEW(mem, struct simulate_driver);
    struct lf_diag why = {.struct_size = sizeof(why)};
    *d = (struct simulate_driver){.owner = s,
                                  .real = real->plugin,
                                  .subsystem = real->subsystem,
                                  .instance = real->instance,
                                  .name = real->name,
                                  .contract = real->contract};
    d->place = value_get_text(real->settings, "place", s->place);
    d->opened =
        real->plugin->open(s->table, (const struct lf_value *)real->settings, &d->real_self, &why) == 0;
    if (!d->opened) {
        const char *name = arena_print(s->mem, "%s-%s", d->subsystem, d->name);
        ARRAY_PUSH(&s->unopened, name);
    }
    ARRAY_PUSH(&s->drivers, d);
    *self = d;
    return describe(mem, d);
}

/* ---- life
 * ------------------------------------------------------------------------------------------------------ */

struct simulate *simulate_new(struct host *host, const char *place, simulate_span_fn *span, void *span_user)
{
    struct arena *mem = arena_new();
    struct simulate *s = ARENA_NEW(mem, struct simulate);
    s->mem = mem;
    s->host = host;
    s->table = host_table(host);
    s->place = place;
    s->span = span;
    s->span_user = span_user;
    s->stand_in = (struct registry_stand_in){.user = s, .take = take};
    s->web = (struct look_web){.user = s, .send = simulate_check_http};
    return s;
}

void simulate_free(struct simulate *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->drivers.count; i++) {
        const struct simulate_driver *d = s->drivers.at[i];
        if (d->opened && d->real->close)
            d->real->close(d->real_self);
    }
    ARRAY_DONE(&s->drivers);
    ARRAY_DONE(&s->unopened);
    ARRAY_DONE(&s->held);
    arena_free(s->mem);
}

const struct registry_stand_in *simulate_stand_in(const struct simulate *s)
{
    return &s->stand_in;
}

const struct look_web *simulate_web(const struct simulate *s)
{
    return &s->web;
}

const char *const *simulate_unopened(const struct simulate *s, size_t *count)
{
    *count = s->unopened.count;
    return s->unopened.at;
}

void simulate_begin(struct simulate *s, const struct simulate_life *life)
{
    s->life = *life;
    s->life.ledger->lives++;
    ledger_pass_time(s->life.ledger, simulate_now(s));
}

/* What was done in the same turn dies together, before anything that follows it is sent. */
void simulate_done(struct simulate *s, const char *address)
{
    struct ledger *l = s->life.ledger;
    if (s->dies_when_done) {
        s->dies_in = 1;
        return;
    }
    if (!s->life.sweep.on || s->life.sweep.point != LEDGER_DONE)
        return;
    struct ledger_unit *u = ledger_unit_get(l, address, "");
    if (u->died)
        return;
    u->died = 1u << LEDGER_DONE;
    l->points[LEDGER_DONE]++;
    s->dies_in = 1;
}

void simulate_turn_end(struct simulate *s)
{
    if (s->dies_in > 0 && --s->dies_in == 0)
        simulate_die(s);
}
