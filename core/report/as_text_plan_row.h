/* The row: what a plan says about one step - the short text beside its address, the labels at the right, and
 * the lines below that tell more.  Reads the plan, prints nothing but those lines. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/as_text.h"
#include "report/out.h"

struct buf;
struct plan_step;

/* The sign in front: "+", "~", "-/+", "-", "=", "?", ">", "!", "@", "*", "x". */
const char *as_text_plan_sign(const struct plan_step *s);
enum out_color as_text_plan_color(const struct plan_step *s);
/* What the sign stands for, in the legend: "create". */
const char *as_text_plan_sign_name(uint32_t action);
const char *as_text_plan_sign_of(uint32_t action);

/* What is made, changed, asked for. */
void as_text_plan_what(struct buf *out, const struct out *o, const struct plan *p, const struct plan_step *s);
/* SHARED, data, instance, owner, cost. */
void as_text_plan_labels(struct buf *out, const struct out *o, const struct plan *p,
                         const struct plan_step *s);
/* What a step with one changed attribute says when the line has no room for it, and one with several always:
 * "3 changes". */
void as_text_plan_changes(struct buf *out, const struct plan_step *s);
/* The lines below.  `told`: the line above says what changes. */
void as_text_plan_more(struct out *o, const struct plan *p, const struct plan_step *s,
                       enum as_text_detail detail, bool told);
