#include "plan/refresh.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "io/loop.h"
#include "model/decl.h"
#include "model/diag.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plugin/op.h"
#include "plugin/registry.h"
#include "plugin/retry.h"
#include "store/store.h"

/* No further batch is begun beyond so many rows: more would only wait in the drivers' queues, each with its
 * request in memory. */
#define ROWS_MAX 4000

struct refresh {
    struct arena *mem;
    const struct refresh_ask *ask;
    struct refresh_row *rows;
    struct diags *diags;
    uint32_t *order;    /* rows to read, grouped by driver, type and lane */
    const char **lanes; /* per row; "" where the type has none */
    size_t order_count, next;
    uint32_t in_flight;
    size_t rows_in_flight;
    uint32_t round;  /* from 1: what was throttled in one is asked again in the next */
    uint32_t *again; /* those rows */
    size_t again_count;
    uint64_t wait_ms; /* before the next round */
};

struct batch {
    struct refresh *owner;
    struct op_item *items;
    uint32_t *rows;
    size_t count;
    struct diag note; /* the driver's last note of this batch, copied, for the message when it cannot tell */
};

static bool parse_column(struct arena *mem, struct map *keys, const struct store_res *row, const char *column,
                         const char *json, const struct value **out, struct err *err)
{
    if (!json)
        return true;
    if (!value_json_parse_rows(mem, json, strlen(json), keys, out, err))
        return err_wrap(err, "reading '%s' of '%s' from the store", column, row->address);
    return true;
}

static void missing_driver(struct refresh *r, const struct store_res *row)
{
    struct diag one = {
        .severity = DIAG_ERROR,
        .code = "plan.no_driver",
        .address = row->address,
        .where = row->declared_at,
        .summary = arena_print(r->mem, "'%s' was built by the driver of '%s%s%s', and the region names none",
                               row->address, row->subsystem, row->instance[0] ? "/" : "", row->instance),
        .advice = arena_print(
            r->mem,
            "keep the drivers block '%s%s%s' (use: %s) until what it built is destroyed or adopted elsewhere",
            row->subsystem, row->instance[0] ? "/" : "", row->instance, row->driver),
    };
    diag_add(r->diags, &one);
}

static struct op_item read_item(const struct store_res *row, const struct refresh_row *known,
                                uint32_t attempt)
{
    return (struct op_item){.verb = LF_VERB_READ,
                            .attempt = attempt,
                            .address = row->address,
                            .marker = row->marker,
                            .id = row->ext_id,
                            .prior = known->stored,
                            .memo = known->memo,
                            .prior_version = row->schema_version};
}

static bool row_has_driver(const struct store_res *row)
{
    return row->kind == DECL_RESOURCE;
}

/* Stored texts become values; what can be read joins the order. */
static bool prepare(struct refresh *r, struct map *keys, struct err *err)
{
    const struct store_snapshot *t = r->ask->truth;
    r->rows = ARENA_ARRAY(r->mem, struct refresh_row, t->res_count + 1);
    r->order = ARENA_ARRAY(r->mem, uint32_t, t->res_count + 1);
    r->again = ARENA_ARRAY(r->mem, uint32_t, t->res_count + 1);
    r->lanes = ARENA_ARRAY(r->mem, const char *, t->res_count + 1);
    for (size_t i = 0; i < t->res_count; i++) {
        const struct store_res *row = &t->res[i];
        struct refresh_row *out = &r->rows[i];
        if (!parse_column(r->mem, keys, row, "observed", row->observed, &out->stored, err) ||
            !parse_column(r->mem, keys, row, "memo", row->memo, &out->memo, err))
            return false;
        out->id = row->ext_id;
        out->marker = row->marker;
        out->state = out->stored;
        if (!row_has_driver(row))
            continue;
        const struct driver *driver = registry_find(r->ask->registry, row->subsystem, row->instance);
        const struct contract_type *type = driver ? driver_type(driver, row->type) : NULL;
        if (!type) {
            missing_driver(r, row);
        } else if (!r->ask->no_refresh) {
            struct op_item item = read_item(row, out, 1);
            const char *lane = type->has_read_many ? op_lane(r->mem, driver, type, &item) : NULL;
            r->lanes[i] = lane ? lane : "";
            r->order[r->order_count++] = (uint32_t)i;
        }
    }
    return true;
}

static int by_type(const void *a, const void *b, void *user)
{
    const struct refresh *r = user;
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    const struct store_res *x = &r->ask->truth->res[left], *y = &r->ask->truth->res[right];
    int order = strcmp(x->subsystem, y->subsystem);
    order = order ? order : strcmp(x->instance, y->instance);
    order = order ? order : strcmp(x->type, y->type);
    order = order ? order : strcmp(r->lanes[left], r->lanes[right]);
    return order ? order : (left > right) - (left < right);
}

static void cannot_tell(struct refresh *r, const struct batch *b, size_t i, const struct op_result *result)
{
    const struct store_res *row = &r->ask->truth->res[b->rows[i]];
    struct diag one = {
        .severity = DIAG_ERROR,
        .code = "plan.cannot_read",
        .address = row->address,
        .where = row->declared_at,
        .summary = arena_print(r->mem, "cannot read '%s' back from %s-%s: %s", row->address, row->subsystem,
                               row->driver,
                               result->broke       ? result->broke
                               : result->timed_out ? "no answer in time"
                               : b->note.summary   ? b->note.summary
                                                   : "the driver cannot tell whether it is there"),
        .detail = b->note.detail,
        .advice =
            b->note.advice
                ? b->note.advice
                : "an object that cannot be read is not an absent one: mend the connection, then plan again",
    };
    diag_add(r->diags, &one);
}

static bool is_asked_again(struct refresh *r, uint32_t row, const struct op_result *result)
{
    uint64_t wait_ms;
    if (result->status != LF_END_RETRY || !retry_reads(r->round, result->retry_after_ms, &wait_ms))
        return false;
    r->again[r->again_count++] = row;
    r->wait_ms = wait_ms > r->wait_ms ? wait_ms : r->wait_ms;
    return true;
}

static void on_item(void *user, struct op *op, size_t i, const struct op_result *result)
{
    (void)op;
    struct batch *b = user;
    struct refresh *r = b->owner;
    struct refresh_row *row = &r->rows[b->rows[i]];
    if (is_asked_again(r, b->rows[i], result))
        return;
    if (result->status == LF_END_OK || result->status == LF_END_DAMAGED) {
        row->status = LF_END_OK;
        row->damaged = result->status == LF_END_DAMAGED;
        row->state =
            value_equal(result->state, row->stored) ? row->stored : value_copy(r->mem, result->state);
        row->id = result->id && strcmp(result->id, row->id ? row->id : "") != 0
                      ? arena_text(r->mem, result->id)
                      : row->id;
        if (!result->marker || !row->marker || strcmp(result->marker, row->marker) != 0)
            row->marker = arena_text(r->mem, result->marker);
        if (result->memo)
            row->memo = value_copy(r->mem, result->memo);
    } else if (result->status == LF_END_GONE) {
        row->status = LF_END_GONE;
        row->state = NULL;
    } else {
        cannot_tell(r, b, i, result);
    }
}

static void on_note(void *user, struct op *op, const struct diag *diag)
{
    (void)op;
    struct batch *b = user;
    struct arena *mem = b->owner->mem;
    b->note = (struct diag){
        .summary = arena_text(mem, diag->summary),
        .detail = arena_text(mem, diag->detail),
        .advice = arena_text(mem, diag->advice),
    };
}

static void start_more(struct refresh *r);

static void on_end(void *user, struct op *op)
{
    (void)op;
    struct batch *b = user;
    struct refresh *r = b->owner;
    r->in_flight--;
    r->rows_in_flight -= b->count;
    free(b->items);
    free(b);
    start_more(r);
    if (r->in_flight == 0)
        loop_stop(r->ask->loop);
}

static void start_batch(struct refresh *r)
{
    static const struct op_events events = {.item = on_item, .note = on_note, .end = on_end};
    const struct store_snapshot *t = r->ask->truth;
    const struct store_res *first = &t->res[r->order[r->next]];
    const struct driver *driver = registry_find(r->ask->registry, first->subsystem, first->instance);
    const struct contract_type *type = driver_type(driver, first->type);
    size_t most = type->has_read_many ? type->max_batch : 1;
    size_t n = 1;
    while (n < most && r->next + n < r->order_count) {
        const struct store_res *row = &t->res[r->order[r->next + n]];
        if (strcmp(row->type, first->type) != 0 || strcmp(row->subsystem, first->subsystem) != 0 ||
            strcmp(row->instance, first->instance) != 0 ||
            strcmp(r->lanes[r->order[r->next + n]], r->lanes[r->order[r->next]]) != 0)
            break;
        n++;
    }
    struct batch *b = calloc(1, sizeof(*b));
    struct op_item *items = calloc(n, sizeof(*items));
    if (!b || !items)
        abort();
    *b = (struct batch){.owner = r, .items = items, .rows = &r->order[r->next], .count = n};
    for (size_t i = 0; i < n; i++) {
        items[i] = read_item(&t->res[b->rows[i]], &r->rows[b->rows[i]], r->round);
    }
    r->next += n;
    r->in_flight++;
    r->rows_in_flight += n;
    struct op_ask ask = {
        .driver = driver, .type = type, .items = items, .count = n, .read_only = !r->ask->held};
    op_start(&ask, &events, b);
}

static void start_more(struct refresh *r)
{
    while (r->in_flight < r->ask->parallel && r->rows_in_flight < ROWS_MAX && r->next < r->order_count)
        start_batch(r);
}

static void waited(void *user)
{
    struct refresh *r = user;
    loop_stop(r->ask->loop);
}

/* What was throttled, after the longest pause that was asked for. */
static void next_round(struct refresh *r)
{
    uint32_t *rows = r->again;
    r->again = r->order;
    r->order = rows;
    r->order_count = r->again_count;
    r->next = r->again_count = 0;
    r->round++;
    loop_after(r->ask->loop, r->wait_ms, waited, r);
    loop_run(r->ask->loop);
    r->wait_ms = 0;
}

static void read_round(struct refresh *r)
{
    qsort_r(r->order, r->order_count, sizeof(*r->order), by_type, r);
    start_more(r);
    while (r->in_flight > 0)
        loop_run(r->ask->loop);
}

bool refresh_run(struct arena *mem, const struct refresh_ask *ask, struct refresh_row **rows,
                 struct diags *diags, struct err *err)
{
    struct refresh r = {.mem = mem, .ask = ask, .diags = diags, .round = 1};
    size_t before = diags->errors;
    struct map *keys = map_new();
    bool ready = prepare(&r, keys, err);
    map_free(keys);
    if (!ready)
        return false;
    read_round(&r);
    while (r.again_count > 0) {
        next_round(&r);
        read_round(&r);
    }
    *rows = r.rows;
    return diags->errors == before || diag_ok(diags, err);
}
