/* The foot of a plan: totals, cost, what was left out on purpose, and what to know before saying yes. */
#pragma once

#include "report/as_text.h"

/* Counts of what will happen, and what it costs. */
void as_text_plan_totals(struct out *o, const struct plan *p, enum as_text_detail detail);
/* How many names are taken, where any is. */
void as_text_plan_conflict_line(struct out *o, const struct plan *p);
/* Each of them, with what to do. */
void as_text_plan_conflicts(struct out *o, const struct plan *p, enum as_text_detail detail);
/* Shrunk, absent, moved, notes, the driver's word, operations that are not settled. */
void as_text_plan_foot(struct out *o, const struct plan *p);
