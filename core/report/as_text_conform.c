#include <string.h>

#include "base/attr.h"
#include "base/buf.h"
#include "conform/conform.h"
#include "report/as_text.h"
#include "report/cell.h"
#include "report/out.h"

#define TYPE_COLUMNS 14
#define NAME_COLUMNS 18
#define INDENT       8

static const struct {
    const char *word;
    enum out_color color;
} outcomes[] = {
    [CONFORM_PASSED] = {"ok", OUT_DIM},
    [CONFORM_FAILED] = {"FAIL", OUT_RED},
    [CONFORM_SKIPPED] = {"skip", OUT_YELLOW},
};

void as_text_conform_head(struct out *o, const struct conform_result *r)
{
    struct buf name;
    buf_init(&name, 0);
    buf_print(&name, "%s-%s %s", r->subsystem, r->driver, r->version);
    out_painted(o, OUT_BOLD, name.at);
    buf_done(&name);
    if (r->by_word) {
        out_text(o, "  dry by the driver's word: ");
        out_safe(o, r->by_word);
    }
    out_text(o, "\n\n");
}

static void finding(struct out *o, const struct conform_finding *f)
{
    out_fill(o, ' ', INDENT);
    cell_paragraph(o, INDENT, INDENT, f->summary);
    if (f->detail) {
        out_fill(o, ' ', INDENT + 2);
        out_paint(o, OUT_DIM);
        cell_paragraph(o, INDENT + 2, INDENT + 2, f->detail);
        out_paint(o, OUT_PLAIN);
    }
    if (f->advice) {
        out_fill(o, ' ', INDENT);
        out_text(o, "to do: ");
        cell_paragraph(o, INDENT + 7, INDENT + 7, f->advice);
    }
}

void as_text_conform_row(struct out *o, const struct conform_row *row, bool with_time)
{
    out_text(o, "  ");
    out_paint(o, outcomes[row->outcome].color);
    cell_pad(o, outcomes[row->outcome].word, 4);
    out_paint(o, OUT_PLAIN);
    out_text(o, "  ");
    cell_pad(o, row->type ? row->type : "", TYPE_COLUMNS);
    cell_pad(o, row->name, NAME_COLUMNS);
    if (row->outcome == CONFORM_SKIPPED)
        out_safe(o, row->reason);
    else
        out_text(o, row->doc);
    if (with_time && row->outcome != CONFORM_SKIPPED)
        out_print(o, "  (%lld ms)", (long long)row->took_ms);
    out_char(o, '\n');
    for (size_t i = 0; i < row->finding_count; i++)
        finding(o, &row->findings[i]);
}

void as_text_conform_foot(struct out *o, const struct conform_result *r)
{
    out_print(o, "\n%u passed, ", r->passed);
    out_paint(o, r->failed ? OUT_RED : OUT_PLAIN);
    out_print(o, "%u failed", r->failed);
    out_paint(o, OUT_PLAIN);
    out_print(o, ", %u skipped\n", r->skipped);
}
