#include "plan/preflight.h"

#include "base/arena.h"
#include "base/digest.h"
#include "io/loop.h"
#include "model/diag.h"
#include "plugin/op.h"
#include "plugin/registry.h"
#include "plugin/retry.h"

struct preflight {
    struct arena *mem;
    const struct preflight_ask *ask;
    struct diags *diags;
    size_t in_flight;
};

/* One driver being asked. */
struct flight {
    struct preflight *owner;
    const struct driver *driver;
    struct op_item item;
    struct diags notes; /* of the present try: those of a try that is followed by another are forgotten */
    bool again;
    uint64_t wait_ms;
};

static const char *label_of(const struct flight *f)
{
    const struct driver *d = f->driver;
    return arena_print(f->owner->mem, "%s%s%s", d->subsystem, d->instance[0] ? "/" : "", d->instance);
}

static void on_note(void *user, struct op *op, const struct diag *note)
{
    struct flight *f = user;
    struct diag one = *note;
    (void)op;
    one.where = f->driver->where;
    diag_add(&f->notes, &one);
}

static const char *words_of(const struct op_result *result)
{
    return result->broke                      ? result->broke
           : result->timed_out                ? "no answer in time"
           : result->status == LF_END_REFUSED ? "it refuses without a word"
                                              : "it cannot tell whether its service is ready";
}

static void on_item(void *user, struct op *op, size_t i, const struct op_result *result)
{
    struct flight *f = user;
    (void)op, (void)i;
    if (result->status == LF_END_RETRY && retry_reads(f->item.attempt, result->retry_after_ms, &f->wait_ms)) {
        f->again = true;
        return;
    }
    if (result->status == LF_END_OK || f->notes.errors > 0)
        return;
    struct diag one = {
        .severity = DIAG_ERROR,
        .code = "plan.preflight",
        .where = f->driver->where,
        .summary = arena_print(f->owner->mem, "'%s' is not ready: %s-%s says: %s", label_of(f),
                               f->driver->subsystem, f->driver->name, words_of(result)),
        .advice = "look at the drivers block and at the service behind it, then plan again",
    };
    diag_add(&f->notes, &one);
}

static void send(struct flight *f);

static void send_again(void *user)
{
    send(user);
}

static void on_end(void *user, struct op *op)
{
    struct flight *f = user;
    struct preflight *p = f->owner;
    (void)op;
    if (f->again) {
        f->item.attempt++;
        loop_after(p->ask->loop, f->wait_ms, send_again, f);
        return;
    }
    if (--p->in_flight == 0)
        loop_stop(p->ask->loop);
}

static void send(struct flight *f)
{
    static const struct op_events events = {.item = on_item, .note = on_note, .end = on_end};
    struct op_ask ask = {.driver = f->driver, .items = &f->item, .count = 1, .read_only = true};
    diag_init(&f->notes, f->owner->mem);
    f->again = false;
    op_start(&ask, &events, f);
}

static bool has_preflight(const struct driver *d)
{
    return LF_HAS(struct lf_plugin, d->plugin, preflight) && d->plugin->preflight;
}

void preflight_run(struct arena *mem, const struct preflight_ask *ask, struct diags *diags)
{
    struct preflight p = {.mem = mem, .ask = ask, .diags = diags};
    struct flight *flights = ARENA_ARRAY(mem, struct flight, ask->count + 1);
    for (size_t i = 0; i < ask->count; i++) {
        struct flight *f = &flights[i];
        f->owner = &p;
        f->driver = ask->drivers[i];
        f->item = (struct op_item){.verb = LF_VERB_PREFLIGHT, .attempt = 1, .address = label_of(f)};
        if (!has_preflight(f->driver))
            continue;
        p.in_flight++;
        send(f);
    }
    while (p.in_flight > 0)
        loop_run(ask->loop);
    /* In the order of the drivers, whoever answered first. */
    for (size_t i = 0; i < ask->count; i++) {
        for (size_t k = 0; k < flights[i].notes.count; k++)
            diag_add(diags, &flights[i].notes.at[k]);
    }
}
