#include "report/as_text_plan_value.h"

#include <string.h>

#include "base/buf.h"
#include "model/decl.h"
#include "model/expr.h"
#include "model/schema.h"
#include "model/value.h"
#include "plan/plan.h"
#include "plugin/contract.h"
#include "report/brief.h"
#include "report/cell.h"
#include "report/out.h"

struct wait {
    const struct plan *plan;
    const char *address; /* of the first step that has to be done before */
};

/* Stops at the first reference that is still open; where all seem known, the first one has to do. */
static bool find_wait(void *user, const struct expr *ref)
{
    struct wait *w = user;
    uint32_t i = plan_find(w->plan, ref->address);
    bool open = i != UINT32_MAX && !plan_knows(&w->plan->steps[i], ref->path);
    if (open || !w->address)
        w->address = ref->address;
    return !open;
}

/* A value as far as it is known; `declared` says what it waits for, or is NULL. */
void as_text_plan_value(struct buf *out, const struct out *o, const struct plan *p, const struct value *v,
                        const struct value *declared, size_t columns)
{
    if (!value_has_unknown(v)) {
        brief_value(out, o, v, columns);
        return;
    }
    struct wait w = {.plan = p};
    if (declared)
        expr_each_ref(declared, find_wait, &w);
    buf_text(out, "(known after ");
    cell_add(out, o, w.address ? w.address : "this step");
    buf_char(out, ')');
}

const struct value *as_text_plan_declared(const struct plan_step *s, const char *name)
{
    return s->decl ? value_get(s->decl->attrs, name) : NULL;
}

void as_text_plan_attr(struct buf *out, const struct out *o, const struct plan *p, const struct plan_step *s,
                       const char *name, const struct value *v, size_t columns)
{
    const struct schema_attr *a = s->type ? schema_find(s->type->facts.schema, name) : NULL;
    if (a && (a->flags & SCHEMA_SECRET) && value_kind(v) != VALUE_SECRET && !value_has_unknown(v))
        buf_text(out, "(secret)");
    else
        as_text_plan_value(out, o, p, v, as_text_plan_declared(s, name), columns);
}

/* The first part of "values[0]" or "options.size": a name of the schema. */
static size_t head_of(const char *path)
{
    return strcspn(path, ".[");
}

void as_text_plan_change(struct buf *out, const struct out *o, const struct plan *p,
                         const struct plan_step *s, const struct schema_diff *d)
{
    cell_add(out, o, d->path);
    buf_text(out, ": ");
    if (d->secret) {
        buf_text(out, "(secret) changes");
        return;
    }
    if (d->before)
        brief_value(out, o, d->before, AS_TEXT_PLAN_VALUE);
    else
        buf_text(out, "nothing");
    cell_sign(out, o, " → ", " -> ");
    if (!d->after) {
        buf_text(out, "nothing");
        return;
    }
    char name[64];
    size_t head = head_of(d->path);
    const struct value *declared = NULL;
    if (head < sizeof(name)) {
        memcpy(name, d->path, head);
        name[head] = '\0';
        declared = as_text_plan_declared(s, name);
    }
    as_text_plan_value(out, o, p, d->after, declared, AS_TEXT_PLAN_VALUE);
}
