#include "report/as_json.h"

#include <string.h>

#include "base/err.h"
#include "model/decl.h"
#include "model/diag.h"
#include "model/origins.h"
#include "model/value.h"
#include "plan/graph.h"
#include "region/provenance.h"
#include "report/doc.h"

/* An err's parts are arrays: what was not said is "", and its key is left out. */
static const char *or_null(const char *text)
{
    return text && text[0] ? text : NULL;
}

/* Also when there are none: a reader need not ask whether the key is there. */
static void diagnostics(struct doc *d, const struct diags *list)
{
    doc_list(d, "diagnostics");
    for (size_t i = 0; list && i < list->count; i++)
        doc_diag(d, &list->at[i]);
    doc_close(d);
}

void as_json_err(struct out *o, const struct err *err, const struct diags *diags)
{
    struct doc d;
    doc_begin(&d, o, "landfall.error/1");
    doc_text(&d, "code", or_null(err->code));
    doc_text(&d, "where", or_null(err->where));
    doc_text(&d, "summary", err->summary);
    doc_text(&d, "detail", or_null(err->detail));
    doc_text(&d, "advice", or_null(err->advice));
    diagnostics(&d, diags);
    doc_end(&d);
}

void as_json_check(struct out *o, const char *region, size_t steps, const char *left_out,
                   const struct diags *list)
{
    struct doc d;
    doc_begin(&d, o, "landfall.check/1");
    doc_text(&d, "region", region);
    doc_flag(&d, "ok", list->errors == 0);
    doc_count(&d, "steps", steps);
    doc_count(&d, "errors", list->errors);
    doc_count(&d, "warnings", list->warnings);
    doc_text(&d, "left_out", left_out);
    diagnostics(&d, list);
    doc_end(&d);
}

/* ---- values ---------------------------------------------------------------------------------- */

/* Oldest first, as provenance_of gives it. */
static void story(struct doc *d, const struct provenance_step *steps, size_t count)
{
    static const char *const words[] = {[ORIGIN_WRITTEN] = "written",
                                        [ORIGIN_COPIED] = "copied",
                                        [ORIGIN_SHRUNK] = "shrunk",
                                        [ORIGIN_OVERRIDDEN] = "overridden"};
    doc_list(d, "story");
    for (size_t i = 0; i < count; i++) {
        const struct origin *at = steps[i].origin;
        doc_map(d, NULL);
        doc_text(d, "how", words[at->kind]);
        doc_text(d, "file", at->file);
        doc_count(d, "line", at->line);
        doc_count(d, "column", at->column);
        doc_text(d, "rule", at->rule);
        doc_text(d, "why", at->why);
        doc_value(d, "value", steps[i].value);
        doc_close(d);
    }
    doc_close(d);
}

void as_json_value(struct out *o, const char *region, const char *path, const struct value *v,
                   const struct provenance_step *steps, size_t count)
{
    struct doc d;
    doc_begin(&d, o, "landfall.value/1");
    doc_text(&d, "region", region);
    doc_text(&d, "path", path);
    doc_value(&d, "value", v);
    if (steps)
        story(&d, steps, count);
    doc_end(&d);
}

void as_json_outputs(struct out *o, const char *region, const char *name, const struct value *outputs)
{
    struct doc d;
    doc_begin(&d, o, "landfall.outputs/1");
    doc_text(&d, "region", region);
    doc_map(&d, "outputs");
    for (size_t i = 0; value_kind(outputs) == VALUE_MAP && i < outputs->count; i++) {
        if (!name || strcmp(name, outputs->pairs[i].key) == 0)
            doc_value(&d, outputs->pairs[i].key, outputs->pairs[i].value);
    }
    doc_close(&d);
    doc_end(&d);
}

/* ---- the graph ------------------------------------------------------------------------------- */

static const char *kind_name(const struct decl *decl)
{
    static const char *const names[] = {
        [DECL_RESOURCE] = "resource", [DECL_EXISTING] = "existing", [DECL_ACTION] = "action",
        [DECL_CHECK] = "check",       [DECL_HUMAN] = "human",       [DECL_TODO] = "todo"};
    return decl ? names[decl->kind] : NULL;
}

void as_json_graph(struct out *o, const char *region, const struct graph *g)
{
    struct doc d;
    doc_begin(&d, o, "landfall.graph/1");
    doc_text(&d, "region", region);
    /* In order of doing, so that a reader who goes down the list meets everything after what it needs. */
    doc_list(&d, "steps");
    for (uint32_t k = 0; k < g->count; k++) {
        uint32_t i = g->sorted[k];
        const struct decl *decl = g->nodes[i].decl;
        doc_map(&d, NULL);
        doc_text(&d, "address", g->nodes[i].address);
        doc_text(&d, "kind", kind_name(decl));
        doc_text(&d, "stage", decl ? or_null(decl->stage) : NULL);
        doc_flag(&d, "declared", decl != NULL);
        doc_list(&d, "needs");
        for (uint32_t e = g->needs_at[i]; e < g->needs_at[i + 1]; e++)
            doc_text(&d, NULL, g->nodes[g->needs[e]].address);
        doc_close(&d);
        doc_close(&d);
    }
    doc_close(&d);
    doc_end(&d);
}
