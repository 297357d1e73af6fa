#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/tick.h"
#include "model/value.h"
#include "model/value_json.h"
#include "report/as_text.h"
#include "report/brief.h"
#include "report/cell.h"
#include "report/facts_notices.h"
#include "report/out.h"
#include "store/store.h"

/* What a body says of itself; a body that cannot be read has no title. */
static const char *title_of(struct arena *mem, const struct store_notice *row, int64_t *at_ms)
{
    const struct value *body;
    struct err none;
    *at_ms = row->due_ms;
    if (!value_json_parse(mem, row->body, strlen(row->body), &body, &none))
        return "";
    const char *at = value_get_text(body, "at", NULL);
    if (at && !tick_parse(at, at_ms))
        *at_ms = row->due_ms;
    return value_get_text(body, "title", "");
}

static enum out_color color_of(const struct store_notice *row)
{
    return strcmp(row->state, "sent") == 0  ? OUT_GREEN
           : strcmp(row->state, "due") == 0 ? OUT_YELLOW
                                            : OUT_RED;
}

static void tries(struct out *o, const struct store_notice *row)
{
    struct buf text;
    if (row->attempt == 0 || strcmp(row->state, "sent") == 0)
        return;
    buf_init(&text, 0);
    buf_text(&text, "tried ");
    brief_count(&text, row->attempt, "time");
    if (strcmp(row->state, "due") == 0) {
        buf_text(&text, ", again at ");
        brief_time(&text, row->due_ms);
    }
    if (row->why)
        buf_print(&text, ": %s", row->why);
    out_fill(o, ' ', 12);
    cell_paragraph(o, 12, 12, text.at);
    buf_done(&text);
}

static void line(struct out *o, const struct store_notice *row, size_t sink_width)
{
    struct arena *mem = arena_new();
    struct buf text;
    int64_t at_ms;
    const char *title = title_of(mem, row, &at_ms);
    buf_init(&text, 0);
    brief_time(&text, at_ms);
    out_text(o, "  ");
    out_paint(o, color_of(row));
    cell_pad(o, strcmp(row->state, "given_up") == 0 ? "given up" : row->state, 10);
    out_paint(o, OUT_PLAIN);
    out_text(o, text.at);
    out_text(o, "  ");
    struct buf sink;
    buf_init(&sink, 0);
    cell_add(&sink, o, row->sink);
    out_paint(o, OUT_BOLD);
    cell_pad(o, sink.at, sink_width + 2);
    out_paint(o, OUT_PLAIN);
    buf_done(&sink);
    cell_paragraph(o, 12 + text.count + 2 + sink_width + 2, 12, title);
    tries(o, row);
    buf_done(&text);
    arena_free(mem);
}

void as_text_notices(struct out *o, const struct facts_notices *n)
{
    struct facts_notices_counts counts = facts_notices_count(n);
    size_t width = 0;
    if (n->total == 0) {
        out_text(o, n->has_sinks ? "Nobody had to be told anything yet.\n"
                                 : "landfall.yaml names nobody to tell; `notices:` in it does.\n");
        return;
    }
    out_painted(o, OUT_BOLD, "Notices");
    out_print(o, "  %zu sent, %zu due, %zu given up\n", counts.sent, counts.due, counts.given_up);
    for (size_t i = 0; i < n->count; i++)
        if (strlen(n->rows[i].sink) > width)
            width = strlen(n->rows[i].sink);
    for (size_t i = 0; i < n->count; i++)
        line(o, &n->rows[i], width);
    if (counts.due == 0)
        return;
    out_painted(o, OUT_BOLD, "Next");
    out_text(o, "  landfall notices ");
    out_safe(o, n->region);
    out_text(o, " --send\n");
}
