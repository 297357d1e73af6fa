/* The cost in JSON: of one step, and of a plan as a whole - sums, tables, reference, sources. */
#pragma once

struct doc;
struct plan;
struct plan_step;

void as_json_cost_step(struct doc *d, const struct plan_step *s, const char *currency);
void as_json_cost(struct doc *d, const struct plan *p);
