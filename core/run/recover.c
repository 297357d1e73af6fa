#include "run/recover.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "io/loop.h"
#include "model/decl.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plugin/host_secret.h"
#include "plugin/registry.h"
#include "run/change.h"
#include "store/store.h"

struct recover {
    const struct recover_ask *ask;
    struct arena *mem;
    struct changes *changes;
    struct recover_outcome out;
    struct err failure;
    bool failed, stopped;
};

static bool parse(struct arena *mem, const char *json, const struct value **out, struct err *err)
{
    return !json || value_json_parse(mem, json, strlen(json), out, err);
}

static const char *json_or_null(struct arena *mem, const struct value *meta, const char *key)
{
    const struct value *v = value_get(meta, key);
    return value_is_null(v) ? NULL : value_json_text(mem, v);
}

/* The row that will stand for it, from what the operation kept. */
static const struct store_res *row_of(struct arena *mem, const struct store_op *op, const struct value *meta)
{
    struct store_res *row = ARENA_NEW(mem, struct store_res);
    *row = (struct store_res){.address = op->address,
                              .generation = op->generation,
                              .kind = op->kind,
                              .subsystem = op->subsystem,
                              .type = op->type,
                              .instance = op->instance,
                              .depends_on = json_or_null(mem, meta, "depends_on"),
                              .holds = json_or_null(mem, meta, "holds"),
                              .declared_at = value_get_text(meta, "declared_at", NULL),
                              .adopted = value_get_bool(meta, "adopted", false),
                              .protect = value_get_bool(meta, "protect", false),
                              .shared = value_get_bool(meta, "shared", false)};
    return row;
}

static void on_settled(void *user, const struct change_result *result)
{
    struct recover *r = user;
    if (result->end == CHANGE_DONE)
        r->out.settled++;
    else if (result->end == CHANGE_CONFLICT)
        r->out.conflict++;
    else if (result->end == CHANGE_HELD)
        r->out.held++;
    else
        r->out.failed++;
    if (changes_open(r->changes) == 0)
        loop_stop(r->ask->loop);
}

static bool missing_driver(const struct store_op *op, struct err *err)
{
    err_set(err, "recover.no_driver",
            "'%s' is in doubt, and the region no longer names the driver that can settle it ('%s%s%s')",
            op->address, op->subsystem, op->instance[0] ? "/" : "", op->instance);
    return err_advise(err, "put the drivers block back (use: %s), then resume", op->driver);
}

static bool settle(struct recover *r, const struct store_op *op, struct err *err)
{
    const struct driver *driver = registry_find(r->ask->registry, op->subsystem, op->instance);
    const struct contract_type *type = driver ? driver_type(driver, op->type) : NULL;
    if (!type)
        return missing_driver(op, err);
    struct change_ask ask = {.op = *op, .driver = driver, .type = type};
    const struct value *meta = NULL;
    if (!parse(r->mem, op->desired, &ask.desired, err) || !parse(r->mem, op->prior, &ask.prior, err) ||
        !parse(r->mem, op->planned, &ask.planned, err) || !parse(r->mem, op->saved, &ask.saved, err) ||
        !parse(r->mem, op->memo, &ask.memo, err) || !parse(r->mem, op->meta, &meta, err))
        return err_wrap(err, "reading what '%s' was doing", op->address);
    /* Sent without its secret it would be another change than the one that is in doubt. */
    const struct value *unused;
    if (!host_secret_bytes(r->mem, driver->host, ask.desired, &unused, err))
        return err_wrap(err, "settling '%s'", op->address);
    ask.row = row_of(r->mem, op, meta);
    change_resume(r->changes, &ask, on_settled, r);
    return true;
}

static void on_store_failed(void *user, const struct err *err)
{
    struct recover *r = user;
    r->failed = true;
    r->failure = *err;
    loop_stop(r->ask->loop);
}

/* What can be settled is settled, also when something else cannot; the first that cannot is the error. */
static bool start_all(struct recover *r, struct err *err)
{
    const struct store_snapshot *t = r->ask->truth;
    bool ok = true;
    for (size_t i = 0; i < t->op_count; i++) {
        struct err why;
        if (t->ops[i].state == STORE_OP_HELD) {
            r->out.held++;
        } else if (!settle(r, &t->ops[i], &why) && ok) {
            *err = why;
            ok = false;
        }
    }
    return ok;
}

/* The last change to end stops the loop; who else stops it wants the recovery to stop. */
static void run_loop(struct recover *r)
{
    loop_run(r->ask->loop);
    r->stopped = changes_open(r->changes) > 0;
}

bool recover_run(const struct recover_ask *ask, struct recover_outcome *out, struct err *err)
{
    struct recover r = {.ask = ask, .mem = arena_new()};
    struct changes_ask changes = {.loop = ask->loop,
                                  .writer = ask->writer,
                                  .tell = ask->tell,
                                  .tell_user = ask->tell_user,
                                  .keep = ask->keep,
                                  .keep_user = ask->keep_user,
                                  .run_id = ask->run_id,
                                  .region = ask->region,
                                  .rules = ask->rules,
                                  .others = ask->others,
                                  .tries = ask->tries,
                                  .chance = ask->chance,
                                  .store_failed = on_store_failed,
                                  .user = &r};
    r.changes = changes_new(&changes);
    bool ok = start_all(&r, err);
    while (changes_open(r.changes) > 0 && !r.failed && !r.stopped)
        run_loop(&r);
    if (r.failed) {
        *err = r.failure;
        ok = false;
    } else if (changes_open(r.changes) > 0) {
        ok = err_set(err, "recover.stopped", "stopped while settling what an earlier run left in doubt");
        err_advise(err, "nothing is lost: landfall resume %s", ask->region);
    }
    if (ok)
        *out = r.out;
    changes_free(r.changes);
    arena_free(r.mem);
    return ok;
}
