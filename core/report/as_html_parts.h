/* The parts of the page: one function for each section, and what they share.  A section whose facts do not
 * exist is left out with one sentence; its `missing` says it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "report/page.h"
#include "report/timeline.h"

struct arena;
struct facts_report;
struct plan;
struct plan_step;

struct as_html {
    struct page page;
    const struct facts_report *facts;
    const struct plan *plan;
    struct arena *mem;
    struct timeline timeline;
};

/* Where a step stands in the reader's order: its stage's name. */
const char *as_html_stage_of(const struct plan_step *s);
/* "dns", or for a step without one what it is: "action". */
const char *as_html_subsystem_of(const struct plan_step *s);
/* A table's head: captions are read aloud and shown; a class, or NULL.  Titles end with NULL; one that begins
 * with # is of numbers, one with ^ can be sorted by a script, both in that order. */
void as_html_table(struct as_html *h, const char *caption, const char *const *titles, const char *class);
void as_html_table_end(struct as_html *h);
/* "4 of 61", "1 step": a count and its noun. */
void as_html_count(struct as_html *h, uint64_t count, const char *noun);
/* One fact of the head. */
void as_html_card(struct as_html *h, const char *title);
void as_html_card_end(struct as_html *h);
/* 0 to 1000, for drawing. */
unsigned as_html_per_mille(int64_t part, int64_t whole);
/* The address as a link to its step. */
void as_html_link(struct as_html *h, const char *address);

void as_html_cost(struct as_html *h);
const char *as_html_cost_missing(const struct as_html *h);
void as_html_launch(struct as_html *h);
const char *as_html_launch_missing(const struct as_html *h);
void as_html_launch_card(struct as_html *h); /* what the head says of it */
void as_html_audit(struct as_html *h);
const char *as_html_audit_missing(const struct as_html *h);
void as_html_rules(struct as_html *h);
const char *as_html_rules_missing(const struct as_html *h);
void as_html_residency(struct as_html *h);
const char *as_html_residency_missing(const struct as_html *h);
void as_html_plan(struct as_html *h);
const char *as_html_plan_missing(const struct as_html *h);
void as_html_graph(struct as_html *h);
const char *as_html_graph_missing(const struct as_html *h);
void as_html_time(struct as_html *h);
const char *as_html_time_missing(const struct as_html *h);
void as_html_warnings(struct as_html *h);
const char *as_html_warnings_missing(const struct as_html *h);
void as_html_smaller(struct as_html *h);
const char *as_html_smaller_missing(const struct as_html *h);
