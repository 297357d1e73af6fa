#include "run/adopt.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/str.h"
#include "io/loop.h"
#include "model/decl.h"
#include "model/diag.h"
#include "model/schema.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/plan.h"
#include "plan/taken.h"
#include "plugin/op.h"
#include "plugin/registry.h"
#include "region/region.h"
#include "run/change.h"
#include "run/row.h"
#include "store/store.h"

/* Generations of a lost store that are tried: each replacement makes one more. */
#define GENERATIONS_MAX 1000
/* Other steps that a refusal names; of the rest it tells how many they are. */
#define NAMED_MAX 5

struct adoption {
    const struct adopt_ask *ask;
    struct store_writer *writer; /* NULL: it is only looked at */
    struct arena *mem;
    const struct plan_step *step;
    uint32_t status;
    const struct value *state;
    const struct value *becomes; /* what the driver is asked for */
    const char *id, *marker;
    const char *words, *advice; /* of the driver's last note; or NULL */
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
    a->advice = arena_text(a->mem, note->advice);
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
    a->words = a->advice = NULL;
    op_start(&ask, &events, a);
    wait_for_answer(a);
    if (a->status == LF_END_OK)
        return true;
    const char *what = a->words                   ? a->words
                       : a->status == LF_END_GONE ? "it is not there"
                                                  : "the driver cannot tell";
    err_set(err, "adopt.not_found", "'%s' cannot be adopted from %s-%s: %s", s->address, s->driver->subsystem,
            s->driver->name, what);
    const char *region = a->ask->plan->region->name;
    if (a->advice)
        return err_advise(err, "%s", a->advice);
    if (a->status == LF_END_GONE)
        return err_advise(err, "there is nothing to adopt: landfall apply %s creates it", region);
    return err_advise(err,
                      "nothing was changed; mend what the message names, then landfall adopt %s %s again",
                      region, s->address);
}

/* Of any generation of the step, as a store of that lineage marks them. */
static bool is_marker_of(const struct adoption *a, const char *lineage)
{
    char marker[DIGEST_MARKER];
    for (int64_t g = 1; lineage && g <= GENERATIONS_MAX; g++) {
        digest_marker(lineage, a->ask->plan->region->name, a->ask->address, g, marker);
        if (strcmp(marker, a->marker) == 0)
            return true;
    }
    return false;
}

/* What carries a landfall marker belongs to some store: it is given up only by naming that store. */
static bool may_take(struct adoption *a, struct err *err)
{
    const struct plan *plan = a->ask->plan;
    const char *region = plan->region->name, *what = a->id ? a->id : a->ask->address;
    const struct taken taken = {.region = region,
                                .address = a->ask->address,
                                .driver = a->step->driver,
                                .marker = a->marker,
                                .others = plan->others};
    struct taken_owner owner;
    if (!a->marker || !str_starts(a->marker, "lf1.") || is_marker_of(a, plan->lineage) ||
        is_marker_of(a, a->ask->lineage))
        return true;
    if (taken_is_others(&taken, &owner)) {
        err_set(err, "adopt.owned", "'%s' is not to be adopted: %s", what, taken_whose(a->mem, &taken));
        return err_advise(err, "%s", taken_apart(a->mem, &taken, &owner));
    }
    if (a->ask->lineage) {
        err_set(err, "adopt.owned",
                "'%s' carries the marker %s, and no store of lineage '%s' made that for %s", what, a->marker,
                a->ask->lineage, a->ask->address);
        return err_advise(err,
                          "a lineage takes over what region '%s' made under this very address; look whose it "
                          "is, or give the step another name",
                          region);
    }
    err_set(err, "adopt.owned", "'%s' carries the marker %s of another landfall store", what, a->marker);
    return err_advise(
        err,
        "if a store of region '%s' made it and is lost for good, name its lineage: landfall "
        "adopt %s %s --lineage LINEAGE (it is in `landfall status -v` of that store, and in its "
        "backups)",
        region, region, a->ask->address);
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

/* ---- what becomes of it ------------------------------------------------------------------------- */

static enum schema_change compare(struct adoption *a, const struct value *with, struct schema_diffs *diffs)
{
    const struct value *unused;
    *diffs = (struct schema_diffs){0};
    return schema_compare(a->mem, a->step->type->facts.schema, a->state, with, diffs, &unused);
}

/* Taking over changes in place, so there must be no attribute for which that cannot be. */
static bool differs_in_place(struct adoption *a, struct err *err)
{
    struct schema_diffs diffs;
    if (compare(a, a->step->desired, &diffs) != SCHEMA_REPLACE)
        return true;
    const char *path = "";
    for (size_t k = 0; k < diffs.count; k++)
        path = diffs.at[k].fixed ? diffs.at[k].path : path;
    err_set(err, "adopt.cannot", "'%s' cannot be adopted: it differs in '%s', which no change can mend",
            a->ask->address, path);
    return err_advise(
        err,
        "declare '%s' as it is there, then adopt; or give the step another name, and apply makes "
        "a new one",
        path);
}

/* The attribute that a path begins with. */
static const char *attribute_of(struct arena *mem, const char *path)
{
    return arena_text_n(mem, path, strcspn(path, ".["));
}

static bool would_change(struct adoption *a, const char *path, struct err *err)
{
    err_set(err, "adopt.not_approved",
            "'%s' cannot be adopted as it is: '%s' would be changed, and nobody said yes to that",
            a->ask->address, path);
    return err_advise(err,
                      "declare that as it is there, adopt, then plan and approve what is to be different");
}

/* What is declared, with what is there in place of all that differs: asked for that, a driver has nothing to
 * change but the mark.  A secret that a service does not tell cannot be left as it is for certain, nor can
 * what the type needs and the service does not have. */
static bool leave_as_it_is(struct adoption *a, struct err *err)
{
    const struct schema *schema = a->step->type->facts.schema;
    struct schema_diffs diffs, rest;
    struct diags wrong;
    compare(a, a->becomes, &diffs);
    for (size_t k = 0; k < diffs.count; k++) {
        const char *key = attribute_of(a->mem, diffs.at[k].path);
        if (diffs.at[k].secret)
            return would_change(a, diffs.at[k].path, err);
        a->becomes = value_with_key(a->mem, a->becomes, key, value_get(a->state, key));
    }
    diag_init(&wrong, a->mem);
    a->becomes = schema_check(a->mem, schema, a->becomes, a->ask->address, NULL, &wrong);
    if (wrong.errors > 0 || compare(a, a->becomes, &rest) != SCHEMA_SAME)
        return would_change(a, diffs.count ? diffs.at[0].path : "?", err);
    return true;
}

/* ---- who said so -------------------------------------------------------------------------------- */

/* In the commit of the intent: whatever becomes of the call, it is known on whose word it was made. */
static void audit_begun(struct adoption *a)
{
    const struct adopt_ask *ask = a->ask;
    struct schema_diffs diffs;
    compare(a, a->step->desired, &diffs);
    const struct value **paths = ARENA_ARRAY(a->mem, const struct value *, diffs.count + 1);
    for (size_t k = 0; k < diffs.count; k++)
        paths[k] = value_text(a->mem, diffs.at[k].path);
    const struct pair pairs[] = {
        {"address", value_text(a->mem, ask->address)}, {"as_it_is", value_bool(ask->as_it_is)},
        {"by", value_text(a->mem, ask->by)},           {"differs", value_list(a->mem, paths, diffs.count)},
        {"id", value_text_or_null(a->mem, a->id)},     {"lineage", value_text_or_null(a->mem, ask->lineage)},
        {"run", value_text(a->mem, ask->run_id)},      {"was", value_text_or_null(a->mem, a->marker)},
        {"why", value_text_or_null(a->mem, ask->why)}};
    store_put_audit(a->writer, "adopt.begun",
                    value_json_text(a->mem, value_map(a->mem, pairs, COUNT_OF(pairs))));
}

/* In the commit of the outcome, with the event that people are told of. */
static void on_put(void *user, const struct change_result *result)
{
    struct adoption *a = user;
    const struct adopt_ask *ask = a->ask;
    const struct tick *tick = loop_tick(ask->loop);
    const struct pair pairs[] = {{"address", value_text(a->mem, ask->address)},
                                 {"by", value_text(a->mem, ask->by)},
                                 {"id", value_text_or_null(a->mem, result->id)},
                                 {"marker", value_text_or_null(a->mem, result->marker)},
                                 {"run", value_text(a->mem, ask->run_id)}};
    struct event e = {.kind = EVENT_RESOLVED,
                      .wall_ms = tick->wall_ms(tick->user),
                      .run_id = ask->run_id,
                      .address = ask->address,
                      .verb = "adopt",
                      .text = arena_print(a->mem, "taken over by %s, %s%s%s", ask->by,
                                          ask->as_it_is ? "as it was" : "and as declared",
                                          ask->why[0] ? ": " : "", ask->why)};
    store_put_audit(a->writer, "adopt.done",
                    value_json_text(a->mem, value_map(a->mem, pairs, COUNT_OF(pairs))));
    store_put_event(a->writer, &e);
    if (ask->keep)
        ask->keep(ask->keep_user, &e);
}

/* ---- taking it ---------------------------------------------------------------------------------- */

static bool take(struct adoption *a, struct err *err)
{
    const struct plan_step *s = a->step;
    const struct decl *d = s->decl;
    const struct pair notes[] = {{"adopt", value_bool(true)},
                                 {"was", value_text(a->mem, a->marker ? a->marker : "")}};
    const struct value *memo = value_map(a->mem, notes, COUNT_OF(notes));
    struct store_res row = row_of_step(a->mem, a->ask->plan, (uint32_t)(s - a->ask->plan->steps));
    row.adopted = true;
    struct change_ask ask = {.driver = s->driver,
                             .type = s->type,
                             .row = &row,
                             .desired = a->becomes,
                             .planned = a->becomes,
                             .prior = a->state,
                             .memo = memo,
                             .put = on_put};
    ask.op = (struct store_op){.address = s->address,
                               .generation = row.generation,
                               .kind = DECL_RESOURCE,
                               .subsystem = d->subsystem,
                               .type = d->type,
                               .instance = d->instance,
                               .verb = LF_VERB_UPDATE,
                               .ext_id = a->id,
                               .desired = value_json_stored(a->mem, a->becomes),
                               .prior = a->state ? value_json_stored(a->mem, a->state) : NULL,
                               .memo = value_json_stored(a->mem, memo)};
    ask.op.planned = ask.op.desired;
    struct changes_ask changes = {.loop = a->ask->loop,
                                  .writer = a->writer,
                                  .tell = a->ask->tell,
                                  .tell_user = a->ask->tell_user,
                                  .keep = a->ask->keep,
                                  .keep_user = a->ask->keep_user,
                                  .run_id = a->ask->run_id,
                                  .region = a->ask->plan->region->name,
                                  .rules = a->ask->plan->region,
                                  .others = a->ask->plan->others,
                                  .store_failed = on_store_failed,
                                  .user = a};
    struct changes *c = changes_new(&changes);
    a->waiting = true;
    audit_begun(a);
    change_start(c, &ask, on_changed, a);
    wait_for_answer(a);
    changes_free(c);
    if (a->end == CHANGE_DONE && !a->store_failed)
        return true;
    *err = a->failure;
    return false;
}

/* ---- may it be ---------------------------------------------------------------------------------- */

/* Can it be looked up, marked and changed?  Whether it is there is for the driver to say. */
static bool is_adoptable(const struct plan_step *s)
{
    return s->decl && s->decl->kind == DECL_RESOURCE && !s->row && !s->unknown && s->type &&
           !taken_hindrance(s->type);
}

/* "dns.zone.apex, dns.zone.internal and 7 more", or NULL. */
static const char *adoptable(struct arena *mem, const struct plan *plan)
{
    struct buf text;
    size_t count = 0;
    buf_init(&text, 0);
    for (uint32_t i = 0; i < plan->count; i++) {
        if (is_adoptable(&plan->steps[i]) && count++ < NAMED_MAX)
            buf_print(&text, "%s%s", count > 1 ? ", " : "", plan->steps[i].address);
    }
    if (count > NAMED_MAX)
        buf_print(&text, " and %zu more", count - NAMED_MAX);
    const char *kept = count ? buf_keep(&text, mem) : NULL;
    buf_done(&text);
    return kept;
}

static bool cannot(const struct adoption *a, const char *why, const char *advice, struct err *err)
{
    err_set(err, "adopt.cannot", "'%s' cannot be adopted: %s", a->ask->address, why);
    return err_advise(err, "%s", advice);
}

static bool is_no_resource(const struct adoption *a, struct err *err)
{
    static const char *const whys[] = {
        [DECL_EXISTING] = "it is looked up, and is used as it is",
        [DECL_ACTION] = "it is an action, not an object",
        [DECL_CHECK] = "it is a check, not an object",
        [DECL_HUMAN] = "a person does it, and says so with `landfall done`",
        [DECL_TODO] = "it is a todo: nothing of it is written yet",
    };
    const char *why = a->step->decl ? whys[a->step->decl->kind] : "the playbook does not declare it";
    const char *others = adoptable(a->mem, a->ask->plan);
    return cannot(a, why,
                  others ? arena_print(a->mem, "resources that are not ours yet can be: %s", others)
                         : "only resources that are not ours yet can be, and there is none",
                  err);
}

/* Is it a step whose object can be looked up, marked, and left as declared? */
static bool check_step(const struct adoption *a, struct err *err)
{
    const struct plan_step *s = a->step;
    const struct plan *plan = a->ask->plan;
    const char *region = plan->region->name;
    if (!s->decl || s->decl->kind != DECL_RESOURCE)
        return is_no_resource(a, err);
    if (s->row && s->observed_marker && s->row->marker && strcmp(s->row->marker, s->observed_marker) == 0)
        return cannot(a, "it is ours already",
                      arena_print(a->mem, "landfall plan %s shows whether it is as declared", region), err);
    if (taken_hindrance(s->type)) {
        err_set(err, "adopt.cannot", "'%s': %s", a->ask->address, taken_hindrance(s->type));
        return err_advise(err, "give the step another name, or remove or rename what is there");
    }
    if (!s->unknown)
        return true;
    const char *before = taken_awaited(a->mem, plan, s);
    return cannot(a, "some of its attributes are known only after other steps",
                  before ? arena_print(a->mem, "adopt or build these first, then it: %s", before)
                         : arena_print(a->mem, "landfall plan %s shows what it waits for", region),
                  err);
}

/* ---- from outside ------------------------------------------------------------------------------- */

bool adopt_look(struct arena *mem, const struct adopt_ask *ask, struct adoption **out,
                struct adopt_found *found, struct err *err)
{
    struct schema_diffs diffs;
    uint32_t i = plan_find(ask->plan, ask->address);
    if (i == UINT32_MAX) {
        err_set(err, "adopt.cannot", "'%s' cannot be adopted: there is no such step", ask->address);
        return err_advise(err, "landfall graph %s lists them", ask->plan->region->name);
    }
    struct adoption *a = ARENA_NEW(mem, struct adoption);
    *a = (struct adoption){.ask = ask, .mem = mem, .step = &ask->plan->steps[i]};
    a->becomes = a->step->desired;
    if (!check_step(a, err) || !look_up(a, err) || !may_take(a, err) || !differs_in_place(a, err) ||
        (ask->as_it_is && !leave_as_it_is(a, err)))
        return false;
    compare(a, a->step->desired, &diffs);
    *out = a;
    *found = (struct adopt_found){.id = a->id, .diffs = diffs.at, .diff_count = diffs.count};
    return true;
}

/* What a driver counts or measures may have moved on: asked is whether what was shown still holds. */
static bool is_as_shown(struct adoption *a, const struct adopt_found *shown, const char *marker)
{
    struct schema_diffs now;
    compare(a, a->step->desired, &now);
    bool same = str_equal(shown->id, a->id) && str_equal(marker, a->marker) && shown->diff_count == now.count;
    for (size_t k = 0; same && k < now.count; k++)
        same = strcmp(shown->diffs[k].path, now.at[k].path) == 0 &&
               value_equal(shown->diffs[k].before, now.at[k].before);
    return same;
}

bool adopt_take(struct adoption *a, struct store_writer *writer, struct err *err)
{
    const char *marker = a->marker;
    struct schema_diffs diffs;
    compare(a, a->step->desired, &diffs);
    const struct adopt_found shown = {.id = a->id, .diffs = diffs.at, .diff_count = diffs.count};
    if (!look_up(a, err))
        return false;
    if (!is_as_shown(a, &shown, marker)) {
        err_set(err, "adopt.overtaken", "'%s' was changed while it was looked at", a->ask->address);
        return err_advise(err, "nothing was done; see what is there now: landfall adopt %s %s",
                          a->ask->plan->region->name, a->ask->address);
    }
    a->writer = writer;
    return take(a, err);
}
