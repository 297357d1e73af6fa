/* Stored rows for plans that need a past without having lived it: they go into rig.truth. */
#pragma once

#include "base/digest.h"
#include "fake_rig.h"

static inline const char *rig_marker(struct rig *r, const char *address, int64_t generation)
{
    char *marker = arena_alloc(r->mem, DIGEST_MARKER);
    digest_marker(RIG_LINEAGE, "eu", address, generation, marker);
    return marker;
}

static inline int rig_row_order(const void *a, const void *b)
{
    const struct store_res *x = a, *y = b;
    int order = strcmp(x->address, y->address);
    return order ? order : (x->generation > y->generation) - (x->generation < y->generation);
}

static inline void rig_sort_rows(struct rig *r)
{
    struct store_res *rows = arena_copy(r->mem, r->rows.at, r->rows.count * sizeof(*rows));
    qsort(rows, r->rows.count, sizeof(*rows), rig_row_order);
    r->truth.exists = true;
    r->truth.lineage = RIG_LINEAGE;
    r->truth.serial = 7;
    r->truth.res = rows;
    r->truth.res_count = r->rows.count;
}

/* A row; with `state` also its object in the service, as last seen.  Good until the next row. */
static inline struct store_res *rig_row(struct rig *r, const char *address, const char *state)
{
    struct decl *d = rig_step(r, address, "{}");
    struct store_res row = {.address = address,
                            .generation = 1,
                            .kind = d->kind,
                            .subsystem = d->kind == DECL_RESOURCE ? "fake" : "",
                            .type = d->kind == DECL_RESOURCE ? d->type : "",
                            .instance = "",
                            .driver = d->kind == DECL_RESOURCE ? "fake" : "",
                            .driver_version = "1.0.0",
                            .schema_version = 1,
                            .depends_on = "[]",
                            .declared_at = "playbooks/old.lua:3",
                            .row_version = 5};
    r->steps.count--;
    if (state) {
        row.marker = rig_marker(r, address, 1);
        const struct value *v = rig_json(r, state);
        struct fake_object *o = rig_object(r, d->type, value_get_text(v, "name", ""), row.marker, state);
        row.ext_id = arena_text(r->mem, o->id);
        row.desired = rig_text(r, state);
        v = value_with_key(r->mem, v, "serial", value_text(r->mem, o->id));
        row.observed = value_json_text(r->mem, v);
    }
    ARRAY_PUSH(&r->rows, row);
    return &r->rows.at[r->rows.count - 1];
}

/* Declared and built alike. */
static inline void rig_built(struct rig *r, const char *address, const char *attrs)
{
    rig_row(r, address, attrs);
    rig_step(r, address, attrs);
}

/* The plan over the rows so far. */
static inline struct plan *rig_plan_rows(struct rig *r)
{
    rig_sort_rows(r);
    return rig_plan(r);
}
