/* The cost as text: the lines at the foot of a plan. */
#pragma once

#include "report/as_text.h"

struct buf;
struct plan_step;

/* What it costs, against the budget, how much of it is priced - and, loudly, what is over budget.  Nothing
 * where no step may cost anything. */
void as_text_cost_lines(struct out *o, const struct plan *p, enum as_text_detail detail);
/* Behind a step's address: "€310.00 once  €212.00 – €240.00/month", and "(guess)" where it is one. */
void as_text_cost_label(struct buf *out, const struct out *o, const struct plan *p,
                        const struct plan_step *s);
