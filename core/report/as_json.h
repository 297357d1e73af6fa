/* As JSON: the same facts for programs.  Each function writes one document and a newline, two-space indent;
 * its first key is "format": "landfall.plan/1" and so on.  Money, ids and 64-bit numbers that may exceed 2^53
 * are text; times are RFC 3339 in UTC.  Keys are added, never renamed; readers ignore those they do not know.
 */
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
struct diags;
struct doc;
struct err;
struct graph;
struct out;
struct parity;
struct plan;
struct policy_rule;
struct provenance_step;
struct value;

/* landfall.error/1: the error, and what else was found on the way under "diagnostics"; diags may be NULL. */
void as_json_err(struct out *o, const struct err *err, const struct diags *diags);
/* landfall.check/1: region, ok, counts, diagnostics; steps: how many were declared; left_out: what was not
 * looked at because of the errors, NULL: nothing. */
void as_json_check(struct out *o, const char *region, size_t steps, const char *left_out,
                   const struct diags *d);
/* landfall.plan/1: digest, lineage, options, steps in plan order, totals, cost, outputs, notes, pending. */
void as_json_plan(struct out *o, const struct plan *p);
/* landfall.value/1: path ("" the whole region), value, and with steps != NULL the story. */
void as_json_value(struct out *o, const char *region, const char *path, const struct value *v,
                   const struct provenance_step *steps, size_t count);
void as_json_status(struct out *o, const struct facts_status *s); /* landfall.status/1 */
void as_json_approval(struct out *o, const struct facts_approval *f);
void as_json_run(struct out *o, const struct facts_run *r);         /* landfall.run/1 */
void as_json_history(struct out *o, const struct facts_history *h); /* landfall.history/1 */
void as_json_board(struct out *o, const struct board *b);           /* landfall.board/1 */
void as_json_notices(struct out *o, const struct facts_notices *n); /* landfall.notices/1 */
/* landfall.outputs/1: region, outputs.  With a name: that output alone, still under "outputs". */
void as_json_outputs(struct out *o, const char *region, const char *name, const struct value *outputs);
void as_json_deed(struct out *o, const struct facts_deed *d);                     /* landfall.deed/1 */
void as_json_plugins(struct out *o, const struct facts_plugin *at, size_t count); /* landfall.plugins/1 */
/* landfall.describe/1: each driver whole - settings, types, calls - as far as asked: type, call may be NULL.
 */
void as_json_describe(struct out *o, const struct facts_plugin *at, size_t count, const char *type);
void as_json_graph(struct out *o, const char *region, const struct graph *g); /* landfall.graph/1 */
void as_json_launch(struct out *o, const struct facts_launch *f);             /* landfall.launch/1 */
/* landfall.diff/1: both regions, and each difference with its causes. */
void as_json_parity(struct out *o, const struct parity *p);
void as_json_report(struct out *o, const struct facts_report *f); /* landfall.report/1 */
/* landfall.residency/1: what stands and where, every word of the chain about it, and its place there. */
void as_json_residency(struct out *o, const struct facts_residency *f);
/* The same as the bytes of a file. */
void as_json_residency_file(struct buf *into, const struct facts_residency *f);
void as_json_rehearsal(struct out *o, const struct facts_rehearsal *f);        /* landfall.rehearsal/1 */
void as_json_rules(struct out *o, const struct policy_rule *at, size_t count); /* landfall.rules/1 */
void as_json_cases(struct out *o, const struct facts_cases *f);                /* landfall.policy-test/1 */
/* landfall.conformance/1, case by case. */
void as_json_conform_begin(struct doc *d, struct out *o, const struct conform_result *r);
void as_json_conform_row(struct doc *d, const struct conform_row *row);
void as_json_conform_end(struct doc *d, const struct conform_result *r);
