#include "run/adopt.h"

#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "io/loop.h"
#include "model/decl.h"
#include "model/diag.h"
#include "model/schema.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/plan.h"
#include "plugin/op.h"
#include "plugin/registry.h"
#include "region/region.h"
#include "run/change.h"
#include "store/store.h"

/* Generations of a lost store that are tried: each replacement makes one more. */
#define GENERATIONS_MAX 1000

struct adoption {
    const struct adopt_ask *ask;
    struct arena *mem;
    const struct plan_step *step;
    uint32_t status;
    const struct value *state;
    const char *id, *marker, *words;
    enum change_end end;
    struct err failure;
    bool store_failed, waiting;
};

static void on_item(void *user, struct op *op, size_t n, const struct op_result *result)
{
    (void)op;
    (void)n;
    struct adoption *a = user;
    a->status = result->status;
    a->state = result->state ? value_copy(a->mem, result->state) : NULL;
    a->id = arena_text(a->mem, result->id);
    a->marker = arena_text(a->mem, result->marker);
    if (result->broke)
        a->words = arena_text(a->mem, result->broke);
}

static void on_note(void *user, struct op *op, const struct diag *note)
{
    (void)op;
    struct adoption *a = user;
    a->words = arena_text(a->mem, note->summary);
}

static void answered(struct adoption *a)
{
    a->waiting = false;
    loop_stop(a->ask->loop);
}

/* A stop that somebody else asks for does not answer the question. */
static void wait_for_answer(struct adoption *a)
{
    while (a->waiting)
        loop_run(a->ask->loop);
}

static void on_end(void *user, struct op *op)
{
    (void)op;
    answered(user);
}

static bool look_up(struct adoption *a, struct err *err)
{
    static const struct op_events events = {.item = on_item, .note = on_note, .end = on_end};
    const struct plan_step *s = a->step;
    struct op_item item = {.verb = LF_VERB_FIND, .attempt = 1, .address = s->address, .desired = s->desired};
    struct op_ask ask = {.driver = s->driver, .type = s->type, .items = &item, .count = 1, .read_only = true};
    a->waiting = true;
    op_start(&ask, &events, a);
    wait_for_answer(a);
    if (a->status == LF_END_OK)
        return true;
    const char *what = a->words                   ? a->words
                       : a->status == LF_END_GONE ? "it is not there"
                                                  : "the driver cannot tell";
    err_set(err, "adopt.not_found", "'%s' cannot be adopted from %s-%s: %s", s->address, s->driver->subsystem,
            s->driver->name, what);
    return err_advise(err,
                      a->status == LF_END_GONE ? "apply creates it" : "mend the connection, then try again");
}

/* What carries a landfall marker belongs to some store: it is given up only by naming that store. */
static bool may_take(struct adoption *a, struct err *err)
{
    const char *region = a->ask->plan->region->name;
    if (!a->marker || strncmp(a->marker, "lf1.", 4) != 0)
        return true;
    char marker[DIGEST_MARKER];
    for (int64_t g = 1; g <= GENERATIONS_MAX; g++) {
        digest_marker(store_writer_lineage(a->ask->writer), region, a->ask->address, g, marker);
        if (strcmp(marker, a->marker) == 0)
            return true;
        if (!a->ask->lineage)
            continue;
        digest_marker(a->ask->lineage, region, a->ask->address, g, marker);
        if (strcmp(marker, a->marker) == 0)
            return true;
    }
    err_set(err, "adopt.owned", "'%s' carries the marker %s of another landfall store%s",
            a->id ? a->id : a->ask->address, a->marker,
            a->ask->lineage ? ", and not of the lineage you named" : "");
    return err_advise(err,
                      "if that store is lost for good, name its lineage: landfall adopt %s %s --lineage "
                      "LINEAGE (it is in `landfall status` of that "
                      "store, and in its backups)",
                      region, a->ask->address);
}

static void on_changed(void *user, const struct change_result *result)
{
    struct adoption *a = user;
    a->end = result->end;
    answered(a);
    if (result->end == CHANGE_DONE)
        return;
    err_set(&a->failure, result->code ? result->code : "adopt.failed", "'%s' could not be taken over: %s",
            a->ask->address, result->reason ? result->reason : "no reason was given");
    if (result->advice)
        err_advise(&a->failure, "%s", result->advice);
}

static void on_store_failed(void *user, const struct err *err)
{
    struct adoption *a = user;
    a->store_failed = true;
    a->failure = *err;
    answered(a);
}

/* A secret that no service tells is none that can be seen to differ. */
static bool is_as_declared(struct adoption *a, const struct schema_diffs *diffs, struct err *err)
{
    const char *region = a->ask->plan->region->name;
    const char *path = NULL;
    for (size_t k = 0; k < diffs->count && !path; k++)
        path = diffs->at[k].secret && !diffs->at[k].before ? NULL : diffs->at[k].path;
    if (!path)
        return true;
    err_set(err, "adopt.not_approved",
            "'%s' cannot be adopted: it differs in '%s', and nobody approved to change that", a->ask->address,
            path);
    return err_advise(err,
                      "declare that as it is there, adopt, and change it afterwards: landfall plan %s -o "
                      "%s.plan",
                      region, region);
}

/* Taking over changes in place, so there must be no attribute for which that cannot be. */
static bool differs_in_place(struct adoption *a, struct err *err)
{
    struct schema_diffs diffs = {0};
    const struct value *unused;
    enum schema_change change =
        schema_compare(a->mem, a->step->type->facts.schema, a->state, a->step->desired, &diffs, &unused);
    if (change != SCHEMA_REPLACE)
        return !a->ask->as_it_is || is_as_declared(a, &diffs, err);
    const char *path = "";
    for (size_t k = 0; k < diffs.count; k++)
        path = diffs.at[k].fixed ? diffs.at[k].path : path;
    err_set(err, "adopt.cannot", "'%s' cannot be adopted: it differs in '%s', which no change can mend",
            a->ask->address, path);
    return err_advise(err, "declare that as it is there, adopt, and change it afterwards");
}

static bool take(struct adoption *a, struct err *err)
{
    const struct plan_step *s = a->step;
    const struct decl *d = s->decl;
    const struct pair notes[] = {{"adopt", value_bool(true)},
                                 {"was", value_text(a->mem, a->marker ? a->marker : "")}};
    const struct value *memo = value_map(a->mem, notes, COUNT_OF(notes));
    const struct store_res row = {.address = s->address,
                                  .generation = s->generation,
                                  .kind = DECL_RESOURCE,
                                  .subsystem = d->subsystem,
                                  .type = d->type,
                                  .instance = d->instance,
                                  .depends_on = "[]",
                                  .declared_at = arena_print(a->mem, "%s:%u", d->file, d->line),
                                  .shared = s->shared,
                                  .protect = d->meta.protect,
                                  .adopted = true};
    struct change_ask ask = {.driver = s->driver,
                             .type = s->type,
                             .row = &row,
                             .desired = s->desired,
                             .planned = s->desired,
                             .prior = a->state,
                             .memo = memo};
    ask.op = (struct store_op){.address = s->address,
                               .generation = row.generation,
                               .kind = DECL_RESOURCE,
                               .subsystem = d->subsystem,
                               .type = d->type,
                               .instance = d->instance,
                               .verb = LF_VERB_UPDATE,
                               .ext_id = a->id,
                               .desired = value_json_stored(a->mem, s->desired),
                               .prior = a->state ? value_json_stored(a->mem, a->state) : NULL,
                               .memo = value_json_stored(a->mem, memo)};
    ask.op.planned = ask.op.desired;
    struct changes_ask changes = {.loop = a->ask->loop,
                                  .writer = a->ask->writer,
                                  .tell = a->ask->tell,
                                  .tell_user = a->ask->tell_user,
                                  .run_id = a->ask->run_id,
                                  .region = a->ask->plan->region->name,
                                  .rules = a->ask->plan->region,
                                  .store_failed = on_store_failed,
                                  .user = a};
    struct changes *c = changes_new(&changes);
    a->waiting = true;
    change_start(c, &ask, on_changed, a);
    wait_for_answer(a);
    changes_free(c);
    if (a->end == CHANGE_DONE && !a->store_failed)
        return true;
    *err = a->failure;
    return false;
}

static bool cannot(const struct adopt_ask *ask, const char *why, struct err *err)
{
    err_set(err, "adopt.cannot", "'%s' cannot be adopted: %s", ask->address, why);
    return err_advise(
        err, "name a declared resource whose attributes are all known; `landfall plan %s` lists them",
        ask->plan->region->name);
}

bool adopt_run(const struct adopt_ask *ask, struct err *err)
{
    uint32_t i = plan_find(ask->plan, ask->address);
    if (i == UINT32_MAX)
        return cannot(ask, "there is no such step", err);
    struct adoption a = {.ask = ask, .mem = arena_new(), .step = &ask->plan->steps[i]};
    const struct plan_step *s = a.step;
    bool ok;
    if (!s->decl || s->decl->kind != DECL_RESOURCE)
        ok = cannot(ask, "it is no declared resource", err);
    else if (s->row && s->observed_marker && s->row->marker &&
             strcmp(s->row->marker, s->observed_marker) == 0)
        ok = cannot(ask, "it is ours already", err);
    else if (s->unknown)
        ok = cannot(ask, "some of its attributes are known only after other steps", err);
    else if (!s->type->has_find || !s->type->has_update)
        ok = cannot(ask, "its driver can neither look it up nor change it in place", err);
    else
        ok = look_up(&a, err) && may_take(&a, err) && differs_in_place(&a, err) && take(&a, err);
    arena_free(a.mem);
    return ok;
}
