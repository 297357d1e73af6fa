/* A value in a plan: as far as it is known, and what it waits for where it is not.  What the type calls
 * secret is never shown.  All append to a cell, safe to print. */
#pragma once

#include <stddef.h>

struct buf;
struct out;
struct plan;
struct plan_step;
struct schema_diff;
struct value;

#define AS_TEXT_PLAN_VALUE 48 /* columns of one value in a line */

/* "(known after dns.zone.apex)" where something of it is unknown; `declared` is what the playbook wrote
 * there, or NULL. */
void as_text_plan_value(struct buf *out, const struct out *o, const struct plan *p, const struct value *v,
                        const struct value *declared, size_t columns);
/* An attribute of the step. */
void as_text_plan_attr(struct buf *out, const struct out *o, const struct plan *p, const struct plan_step *s,
                       const char *name, const struct value *v, size_t columns);
/* "size: db.m6g.large → db.t4g.medium". */
void as_text_plan_change(struct buf *out, const struct out *o, const struct plan *p,
                         const struct plan_step *s, const struct schema_diff *d);
/* What the playbook wrote for that attribute; NULL: nothing. */
const struct value *as_text_plan_declared(const struct plan_step *s, const char *name);
