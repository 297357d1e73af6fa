/* As text: plans, states, findings and errors for a person at a terminal or for a file.  Everything it says
 * that did not come from landfall itself goes through out_safe.  Numbers and dates do not depend on the
 * locale; the layout of product.md is the model. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "report/facts.h"

struct board;
struct buf;
struct conform_result;
struct conform_row;
struct contract_call;
struct contract_type;
struct diag;
struct diags;
struct err;
struct graph;
struct out;
struct parity;
struct plan;
struct policy_rule;
struct provenance_step;
struct sweep;
struct value;

/* error: summary; where; detail, indented; advice behind "to do:" or the like; code, dim. */
void as_text_err(struct out *o, const struct err *err);
void as_text_diag(struct out *o, const struct diag *d);
/* Each of them, then "3 errors, 1 warning" with those that were not kept.  Nothing when there are none. */
void as_text_diags(struct out *o, const struct diags *d);

enum as_text_detail {
    AS_TEXT_BRIEF = 0, /* -q: the totals alone */
    AS_TEXT_NORMAL,    /* what is not kept, by stage, with reasons and costs */
    AS_TEXT_FULL,      /* -v: also what is kept, and every attribute before and after */
};
/* Head, steps by stage, totals, cost, absences, notes, operations that are not settled.  Says nothing of
 * files and of what to do next: that is the command's last line. */
void as_text_plan(struct out *o, const struct plan *p, enum as_text_detail detail);

/* plan --cost: the sums by stage, subsystem and owner, against the reference; the dearest steps, the guesses,
 * what is not estimated and why, and whose prices these are. */
void as_text_cost_tables(struct out *o, const struct plan *p, enum as_text_detail detail);

/* A value as a person would write it in a region file; secrets by their reference. */
void as_text_value(struct out *o, const struct value *v);
/* One value's story, oldest first, each step with its place and reason. */
void as_text_provenance(struct out *o, const char *path, const struct provenance_step *steps, size_t count);

/* Operations that are in doubt or held, each with the exact command to type; nothing when there are none. */
void as_text_pending(struct out *o, const char *region, const struct store_snapshot *truth);
/* What stands, by type; the last run and how it ended; what failed, waits and is held, and how to go on. */
void as_text_status(struct out *o, const struct facts_status *s, enum as_text_detail detail);
/* The end of a run: counts, time, troubles with advice, how to go on. */
void as_text_run(struct out *o, const struct facts_run *r);
/* The daily page: what is done, whom it waits for, when launch is and why that moved. */
void as_text_board(struct out *o, const struct board *b);
void as_text_notices(struct out *o, const struct facts_notices *n);
void as_text_history(struct out *o, const struct facts_history *h);
void as_text_outputs(struct out *o, const struct value *outputs); /* NULL or empty: says so */
void as_text_deed(struct out *o, const struct facts_deed *d);
/* What an adoption is about to change, or leaves: before somebody says yes to it. */
void as_text_adoption(struct out *o, const struct facts_adoption *a, enum as_text_detail detail);
/* After a destroy: what carries our marker and nobody knows; nothing when the sweep is clean and whole. */
void as_text_leftovers(struct out *o, const char *region, const struct sweep *sweep);

/* approve: what is to be approved - changes that touch others or cannot be taken back, cost, ceiling, who is
 * needed. */
void as_text_approval(struct out *o, const struct facts_approval *f, enum as_text_detail detail);
/* approve: what was written, and what is still needed. */
void as_text_approved(struct out *o, const struct facts_approval *f);
/* What is new since somebody said yes. */
void as_text_since(struct out *o, const struct facts_since *since, enum as_text_detail detail);

/* plugin list: one line each, refused ones with why. */
void as_text_plugins(struct out *o, const struct facts_plugin *at, size_t count);
/* describe: every subsystem with its drivers and types, one line each. */
void as_text_subsystems(struct out *o, const struct facts_plugin *at, size_t count);
/* describe dns: one driver - settings, types and calls, one line each with their docs. */
void as_text_driver(struct out *o, const struct facts_plugin *p);
/* describe dns.zone: every attribute with kind, flags, default and doc. */
void as_text_type(struct out *o, const struct facts_plugin *p, const struct contract_type *type);
void as_text_call(struct out *o, const struct facts_plugin *p, const struct contract_call *call);

/* plugin test: the driver, each case as it ends, the counts. */
void as_text_conform_head(struct out *o, const struct conform_result *r);
void as_text_conform_row(struct out *o, const struct conform_row *row, bool with_time);
void as_text_conform_foot(struct out *o, const struct conform_result *r);

/* diff: what nobody explained, with both sides and where they come from; then each reason with what it
 * explains, counted, or one by one. */
void as_text_parity(struct out *o, const struct parity *p, enum as_text_detail detail);
/* policy list: every rule with its level, its place and why it is there. */
void as_text_rules(struct out *o, const struct policy_rule *at, size_t count);
/* policy test: each case, what was found otherwise than expected, the counts. */
void as_text_cases(struct out *o, const struct facts_cases *f);

/* residency: what is wrong first, then each step that holds data. */
void as_text_residency(struct out *o, const struct facts_residency *f, enum as_text_detail detail);
/* The readable half of the evidence, in Markdown. */
void as_text_residency_page(struct buf *into, const struct facts_residency *f);

/* Each step with what it directly needs, in order of doing. */
void as_text_graph(struct out *o, const struct graph *g);

/* What was simulated, how long each stage took, the forecast, the cost, every fault and death, the verdict.
 */
void as_text_rehearsal(struct out *o, const struct facts_rehearsal *f, enum as_text_detail detail);

/* What blocks a milestone: dates, who has to move, the critical path, what nobody knows, what if. */
void as_text_launch(struct out *o, const struct facts_launch *f, enum as_text_detail detail);
