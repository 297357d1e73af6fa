#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "io/loop.h"
#include "model/decl.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/residence.h"
#include "plugin/host_secret.h"
#include "plugin/registry.h"
#include "region/region.h"
#include "run/executor_state.h"
#include "run/teardown.h"
#include "store/store.h"

/* One resource step: create, update, replace or destroy, as a chain of changes. */

static void destroy_next(struct step_run *r);
static void create(struct step_run *r);

static const char *json_of(struct arena *mem, const struct value *v)
{
    return v ? value_json_stored(mem, v) : NULL;
}

struct arena *resource_memory(const struct step_run *r, const struct contract_type *type)
{
    return type && type->has_change_many ? r->x->mem : r->mem;
}

static enum step_end end_of(enum change_end end)
{
    static const enum step_end ends[] = {
        [CHANGE_DONE] = STEP_END_DONE,         [CHANGE_FAILED] = STEP_END_FAILED,
        [CHANGE_CONFLICT] = STEP_END_CONFLICT, [CHANGE_HELD] = STEP_END_HELD,
        [CHANGE_STOPPED] = STEP_END_STOPPED,
    };
    return ends[end];
}

/* What dependents may read of it. Shared with the plan where it is the same, copied otherwise. */
static void keep_truth(struct step_run *r, const struct change_result *result)
{
    struct executor *x = r->x;
    const struct plan_step *s = &x->plan->steps[r->i];
    struct step_truth *truth = &x->truth[r->i];
    truth->id =
        s->id && result->id && strcmp(s->id, result->id) == 0 ? s->id : arena_text(x->mem, result->id);
    if (result->state == s->promise || result->state == s->desired)
        truth->state = result->state;
    else if (x->read[r->i])
        truth->state = value_copy(x->mem, result->state);
}

/* What lies where it may not is kept, known and told, and nothing is put into it. */
static bool is_misplaced(const struct change_result *result)
{
    return result->end == CHANGE_DONE && result->residence && residence_is_wrong(result->residence);
}

static void on_put(void *user, const struct change_result *result)
{
    struct step_run *r = user;
    keep_truth(r, result);
    if (!is_misplaced(result))
        executor_release(r);
}

static void on_built(void *user, const struct change_result *result)
{
    struct step_run *r = user;
    struct err err;
    if (!is_misplaced(result)) {
        executor_end_step(r, end_of(result->end));
        return;
    }
    err_set(&err, "residency.misplaced", "%s", result->residence->why);
    err_advise(&err,
               "it was made, and nothing was built on it: move it, or let who owns the data allow the "
               "place in regions/%s.yaml; then landfall resume %s",
               r->x->plan->region->name, r->x->plan->region->name);
    executor_fail_step(r, &err);
}

static struct change_ask ask_of(struct step_run *r, uint32_t verb)
{
    const struct plan_step *s = &r->x->plan->steps[r->i];
    struct change_ask ask = {.driver = s->driver,
                             .type = s->type,
                             .row = &r->row,
                             .timeout_ms = s->decl ? s->decl->meta.timeout_ms : 0};
    ask.op = (struct store_op){.address = s->address,
                               .generation = r->row.generation,
                               .kind = DECL_RESOURCE,
                               .subsystem = r->row.subsystem,
                               .type = r->row.type,
                               .instance = r->row.instance,
                               .verb = verb};
    return ask;
}

static void create(struct step_run *r)
{
    const struct plan_step *s = &r->x->plan->steps[r->i];
    r->row = executor_row(r);
    struct change_ask ask = ask_of(r, LF_VERB_CREATE);
    ask.desired = r->desired;
    ask.planned = r->planned;
    ask.op.desired = json_of(r->mem, r->desired);
    ask.op.planned = r->planned == r->desired ? ask.op.desired : json_of(r->mem, r->planned);
    ask.spent = purse_note(&r->x->purse, r->mem, s);
    if (s->gone)
        store_remove_res(r->x->ask.writer, s->address, s->row->generation);
    ask.put = on_put;
    change_start(r->x->changes, &ask, on_built, r);
}

static void update(struct step_run *r)
{
    const struct plan_step *s = &r->x->plan->steps[r->i];
    r->row = executor_row(r);
    struct change_ask ask = ask_of(r, LF_VERB_UPDATE);
    ask.desired = r->desired;
    ask.planned = r->planned;
    ask.prior = s->observed;
    ask.memo = s->memo;
    ask.op.ext_id = s->id;
    ask.op.marker = s->row->marker;
    ask.op.memo = json_of(r->mem, s->memo);
    ask.op.desired = json_of(r->mem, r->desired);
    ask.op.planned = r->planned == r->desired ? ask.op.desired : json_of(r->mem, r->planned);
    ask.op.prior = json_of(r->mem, s->observed);
    ask.put = on_put;
    change_start(r->x->changes, &ask, on_built, r);
}

/* ---- destroying rows ------------------------------------------------------------------------------- */

/* The driver that built a row, which may be another than the step has now. */
static bool row_driver(struct step_run *r, const struct store_res *row, struct change_ask *ask,
                       struct err *err)
{
    ask->driver = registry_find(r->x->ask.registry, row->subsystem, row->instance);
    ask->type = ask->driver ? driver_type(ask->driver, row->type) : NULL;
    if (ask->type)
        return true;
    err_set(err, "run.no_driver", "'%s' was built by the driver of '%s%s%s', and the region names none",
            row->address, row->subsystem, row->instance[0] ? "/" : "", row->instance);
    return err_advise(err, "put the drivers block back (use: %s) until it is destroyed", row->driver);
}

bool resource_destroy_row(struct step_run *r, const struct store_res *row, change_done_fn *fn,
                          struct err *err)
{
    const struct plan_step *s = &r->x->plan->steps[r->i];
    r->row = *row;
    struct change_ask ask = ask_of(r, LF_VERB_DESTROY);
    if (!row_driver(r, row, &ask, err))
        return false;
    struct arena *mem = resource_memory(r, ask.type);
    ask.op.marker = row->marker;
    ask.op.ext_id = row->ext_id;
    ask.op.memo = row->memo;
    ask.op.prior = row->observed;
    if (row == s->row) {
        ask.prior = s->observed;
        ask.memo = s->memo;
    } else if ((row->observed &&
                !value_json_parse(mem, row->observed, strlen(row->observed), &ask.prior, err)) ||
               (row->memo && !value_json_parse(mem, row->memo, strlen(row->memo), &ask.memo, err))) {
        return false;
    }
    change_start(r->x->changes, &ask, fn, r);
    return true;
}

static void destroy_row(struct step_run *r, const struct store_res *row, change_done_fn *fn)
{
    struct err err;
    if (!resource_destroy_row(r, row, fn, &err))
        executor_fail_step(r, &err);
}

/* All generations of a step that goes, older ones first. */
static void on_row_destroyed(void *user, const struct change_result *result)
{
    struct step_run *r = user;
    if (result->end == CHANGE_DONE)
        destroy_next(r);
    else
        executor_end_step(r, end_of(result->end));
}

static void destroy_next(struct step_run *r)
{
    const struct graph_node *node = &r->x->plan->graph->nodes[r->i];
    if (r->next_row == node->res_count) {
        executor_end_step(r, STEP_END_DONE);
        return;
    }
    const struct store_res *row = &r->x->plan->truth->res[node->res_first + r->next_row++];
    destroy_row(r, row, on_row_destroyed);
}

/* ---- replacing ---------------------------------------------------------------------------------------- */

static void on_old_destroyed(void *user, const struct change_result *result)
{
    struct step_run *r = user;
    if (result->end == CHANGE_DONE)
        create(r);
    else
        executor_end_step(r, end_of(result->end));
}

static void replace(struct step_run *r)
{
    const struct plan_step *s = &r->x->plan->steps[r->i];
    if (!s->create_first || !plan_stands_beside(s, r->desired)) {
        if (teardown_has_gone(r->x, r->i))
            create(r);
        else
            destroy_row(r, s->row, on_old_destroyed);
        return;
    }
    /* The old one is deposed in the transaction that records the intent of the new one, and goes in the
     * epilogue, when nothing is built on it any more. */
    struct store_res old = *s->row;
    old.deposed = true;
    store_put_res(r->x->ask.writer, &old);
    r->x->truth[r->i].deposed = true;
    create(r);
}

static void on_deposed_destroyed(void *user, const struct change_result *result)
{
    struct step_run *r = user;
    if (result->end != CHANGE_DONE) {
        executor_end_step(r, end_of(result->end));
        return;
    }
    struct executor *x = r->x;
    uint32_t i = r->i, next = r->next_row;
    const struct graph_node *node = &x->plan->graph->nodes[i];
    const struct plan_step *s = &x->plan->steps[i];
    while (next < node->res_count) {
        const struct store_res *row = &x->plan->truth->res[node->res_first + next++];
        if (row->deposed || (x->truth[i].deposed && row == s->row)) {
            r->next_row = next;
            destroy_row(r, row, on_deposed_destroyed);
            return;
        }
    }
    executor_end_step(r, STEP_END_DONE);
}

void resource_destroy_deposed(struct executor *x, uint32_t i)
{
    struct step_run *r = calloc(1, sizeof(*r));
    if (!r)
        abort();
    *r = (struct step_run){
        .x = x, .i = i, .mem = arena_new(), .action = PLAN_DESTROY, .began_ms = loop_now_ms(x->ask.loop)};
    x->in_flight++;
    on_deposed_destroyed(r, &(struct change_result){.end = CHANGE_DONE});
}

/* ---- refresh-only: the store catches up with the world ------------------------------------------------- */

static void remember(struct step_run *r)
{
    const struct plan_step *s = &r->x->plan->steps[r->i];
    struct store_res row = *s->row;
    row.observed = json_of(r->mem, s->observed);
    row.ext_id = s->id;
    row.memo = json_of(r->mem, s->memo);
    store_put_res(r->x->ask.writer, &row);
    executor_done(r, "remembered as it is now");
}

/* ---- what turned out to be right already ------------------------------------------------------------- */

static void keep(struct step_run *r)
{
    struct executor *x = r->x;
    const struct plan_step *s = &x->plan->steps[r->i];
    x->truth[r->i] = (struct step_truth){.state = s->observed, .id = s->id};
    resource_sync(x, r->i);
    executor_done(r, "as declared, now that its inputs are known");
}

/* ---- beginning ------------------------------------------------------------------------------------------
 */

void resource_go(struct step_run *r)
{
    if (r->action == PLAN_CREATE)
        create(r);
    else if (r->action == PLAN_UPDATE)
        update(r);
    else if (r->action == PLAN_REPLACE)
        replace(r);
    else
        keep(r);
}

/* A first plan is made before there is a store, and so without its key: what it builds is recorded with the
 * digests all the same, or the first change of a secret would go unseen. */
static void begin_known(struct step_run *r)
{
    const struct plan_step *s = &r->x->plan->steps[r->i];
    struct arena *mem = resource_memory(r, s->type);
    struct host *host = s->driver->host;
    struct err err;
    uint32_t where;
    r->desired = s->desired;
    r->planned = s->promise;
    if (!host_secret_digests(mem, host, s->desired, &r->desired, &where, &err) ||
        !(s->promise == s->desired ||
          host_secret_digests(mem, host, s->promise, &r->planned, &where, &err))) {
        executor_fail_step(r, &err);
        return;
    }
    if (s->promise == s->desired)
        r->planned = r->desired;
    resource_go(r);
}

void resource_begin(struct step_run *r)
{
    const struct plan_step *s = &r->x->plan->steps[r->i];
    if (r->x->plan->refresh_only) {
        remember(r);
    } else if (s->action == PLAN_DESTROY && teardown_has_gone(r->x, r->i)) {
        executor_end_step(r, STEP_END_DONE);
    } else if (s->action == PLAN_DESTROY) {
        destroy_next(r);
    } else if (s->unknown) {
        resolve_begin(r);
    } else {
        begin_known(r);
    }
}

static bool same_text(const char *a, const char *b)
{
    return a == b || strcmp(a ? a : "", b ? b : "") == 0;
}

static bool has_moved_on(const struct plan_step *s)
{
    return s->stored != s->observed && !value_equal(s->stored, s->observed);
}

/* Is the kept row behind what is declared around it, or behind what was read?  row: as it would stand. */
static bool is_behind(struct executor *x, uint32_t i, struct arena *mem, struct store_res *row)
{
    const struct plan_step *s = &x->plan->steps[i];
    if (!s->row || !s->decl || x->plan->refresh_only || s->decl->kind != DECL_RESOURCE)
        return false;
    struct step_run r = {.x = x, .i = i, .mem = mem};
    *row = executor_row(&r);
    const char *stored = s->row->depends_on ? s->row->depends_on : "[]";
    return !same_text(row->depends_on, stored) || !same_text(row->holds, s->row->holds) ||
           row->protect != s->row->protect || row->shared != s->row->shared || has_moved_on(s) ||
           !same_text(s->id, s->row->ext_id);
}

bool resource_is_behind(struct executor *x, uint32_t i)
{
    struct arena *tmp = arena_new();
    struct store_res row;
    bool behind = is_behind(x, i, tmp, &row);
    arena_free(tmp);
    return behind;
}

bool resource_sync(struct executor *x, uint32_t i)
{
    const struct plan_step *s = &x->plan->steps[i];
    struct arena *tmp = arena_new();
    struct store_res row;
    bool behind = is_behind(x, i, tmp, &row);
    if (behind) {
        row.generation = s->row->generation;
        row.driver = s->row->driver;
        row.driver_version = s->row->driver_version;
        row.schema_version = s->row->schema_version;
        row.ext_id = s->id;
        row.marker = s->row->marker;
        row.desired = s->row->desired;
        row.observed = has_moved_on(s) ? json_of(tmp, s->observed) : s->row->observed;
        row.memo = json_of(tmp, s->memo);
        store_put_res(x->ask.writer, &row);
    }
    arena_free(tmp);
    return behind;
}
