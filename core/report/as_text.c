#include "report/as_text.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "model/diag.h"
#include "report/brief.h"
#include "report/cell.h"
#include "report/out.h"

#define INDENT      2
#define CODE_INDENT 6 /* of a source line with its caret */

static const char *const names[] = {
    [DIAG_ERROR] = "error", [DIAG_WARNING] = "warning", [DIAG_HINT] = "hint", [DIAG_TRACE] = "trace"};

static enum out_color color_of(enum diag_severity severity)
{
    return severity == DIAG_ERROR ? OUT_RED : severity == DIAG_WARNING ? OUT_YELLOW : OUT_DIM;
}

/* Parts of an err are "", parts of a diag NULL, when there is nothing to say. */
static bool has(const char *text)
{
    return text && text[0];
}

/* "  dns.record.api values[0] at playbooks/saas.lua:12  (schema.kind)": as much of it as is known. */
static void place_line(struct out *o, const struct diag *d)
{
    const char *gap = "";
    if (!has(d->address) && !has(d->path) && !has(d->where) && !has(d->code))
        return;
    out_fill(o, ' ', INDENT);
    if (has(d->address)) {
        out_painted(o, OUT_BOLD, d->address);
        gap = " ";
    }
    if (has(d->path)) {
        out_text(o, gap);
        out_safe(o, d->path);
        gap = " ";
    }
    if (has(d->where)) {
        out_text(o, gap);
        out_text(o, "at ");
        out_painted(o, OUT_CYAN, d->where);
        gap = "  ";
    }
    if (has(d->code)) {
        out_text(o, gap);
        out_paint(o, OUT_DIM);
        out_char(o, '(');
        out_safe(o, d->code);
        out_char(o, ')');
        out_paint(o, OUT_PLAIN);
    }
    out_char(o, '\n');
}

/* Line by line and never wrapped: a caret must stand below what it means. */
static void detail_lines(struct out *o, const char *detail)
{
    for (const char *at = detail; *at;) {
        size_t count = strcspn(at, "\n");
        out_fill(o, ' ', CODE_INDENT);
        out_safe_n(o, at, count);
        out_char(o, '\n');
        at += count;
        at += *at == '\n';
    }
}

void as_text_diag(struct out *o, const struct diag *d)
{
    const char *name = names[d->severity];
    out_paint(o, OUT_BOLD);
    out_painted(o, color_of(d->severity), name);
    out_text(o, ": ");
    cell_paragraph(o, strlen(name) + 2, INDENT, has(d->summary) ? d->summary : "something went wrong");
    place_line(o, d);
    if (has(d->detail))
        detail_lines(o, d->detail);
    if (has(d->advice)) {
        out_fill(o, ' ', INDENT);
        out_painted(o, OUT_BOLD, "to do:");
        out_char(o, ' ');
        cell_paragraph(o, INDENT + strlen("to do: "), INDENT + strlen("to do: "), d->advice);
    }
}

void as_text_err(struct out *o, const struct err *err)
{
    struct diag d = {.severity = DIAG_ERROR,
                     .code = err->code,
                     .where = err->where,
                     .summary = err->summary,
                     .detail = err->detail,
                     .advice = err->advice};
    as_text_diag(o, &d);
}

void as_text_diags(struct out *o, const struct diags *d)
{
    if (d->count == 0)
        return;
    size_t kept = 0; /* DIAG_MAX bounds the list, not the counts */
    for (size_t i = 0; i < d->count; i++) {
        as_text_diag(o, &d->at[i]);
        out_char(o, '\n');
        kept += d->at[i].severity == DIAG_ERROR || d->at[i].severity == DIAG_WARNING;
    }
    struct buf text;
    buf_init(&text, 0);
    if (d->errors)
        brief_count(&text, d->errors, "error");
    if (d->warnings) {
        buf_text(&text, text.count ? ", " : "");
        brief_count(&text, d->warnings, "warning");
    }
    if (d->errors + d->warnings > kept)
        buf_print(&text, " (%zu not shown)", d->errors + d->warnings - kept);
    if (text.count) {
        out_painted(o, d->errors ? OUT_RED : OUT_YELLOW, text.at);
        out_char(o, '\n');
    }
    buf_done(&text);
}
