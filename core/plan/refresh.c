#include "plan/refresh.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "model/decl.h"
#include "model/diag.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/reads.h"
#include "plugin/op.h"
#include "plugin/registry.h"
#include "store/store.h"

struct refresh {
    struct arena *mem;
    const struct refresh_ask *ask;
    struct refresh_row *rows;
    struct diags *diags;
    struct reads reads;
    struct reads_one *order; /* rows to read */
    size_t order_count;
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

static struct op_item item_of(void *user, uint32_t i, uint32_t attempt)
{
    const struct refresh *r = user;
    const struct store_res *row = &r->ask->truth->res[i];
    const struct refresh_row *known = &r->rows[i];
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
    r->order = ARENA_ARRAY(r->mem, struct reads_one, t->res_count + 1);
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
            struct reads_one *one = &r->order[r->order_count++];
            *one = (struct reads_one){.driver = driver, .type = type, .i = (uint32_t)i};
            reads_add(&r->reads, one);
        }
    }
    return true;
}

static void cannot_tell(struct refresh *r, uint32_t i, const struct op_result *result,
                        const struct diag *note)
{
    const struct store_res *row = &r->ask->truth->res[i];
    struct diag one = {
        .severity = DIAG_ERROR,
        .code = "plan.cannot_read",
        .address = row->address,
        .where = row->declared_at,
        .summary = arena_print(r->mem, "cannot read '%s' back from %s-%s: %s", row->address, row->subsystem,
                               row->driver,
                               result->broke       ? result->broke
                               : result->timed_out ? "no answer in time"
                               : note->summary     ? note->summary
                                                   : "the driver cannot tell whether it is there"),
        .detail = note->detail,
        .advice =
            note->advice
                ? note->advice
                : "an object that cannot be read is not an absent one: mend the connection, then plan again",
    };
    diag_add(r->diags, &one);
}

static void on_told(void *user, uint32_t i, const struct op_result *result, const struct diag *note)
{
    struct refresh *r = user;
    struct refresh_row *row = &r->rows[i];
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
        cannot_tell(r, i, result, note);
    }
}

static bool reads_many(const struct contract_type *type)
{
    return type->has_read_many;
}

bool refresh_run(struct arena *mem, const struct refresh_ask *ask, struct refresh_row **rows,
                 struct diags *diags, struct err *err)
{
    struct refresh r = {.mem = mem, .ask = ask, .diags = diags};
    r.reads = (struct reads){.mem = mem,
                             .loop = ask->loop,
                             .parallel = ask->parallel,
                             .writable = ask->held,
                             .user = &r,
                             .item = item_of,
                             .many = reads_many,
                             .told = on_told};
    size_t before = diags->errors;
    struct map *keys = map_new();
    bool ready = prepare(&r, keys, err);
    map_free(keys);
    if (!ready)
        return false;
    reads_run(&r.reads, r.order, r.order_count);
    *rows = r.rows;
    return diags->errors == before || diag_ok(diags, err);
}
