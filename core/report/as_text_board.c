#include "base/arena.h"
#include "launch/board.h"
#include "launch/launch.h"
#include "plan/plan.h"
#include "region/region.h"
#include "report/as_board.h"
#include "report/as_text.h"
#include "report/cell.h"
#include "report/out.h"

#define LABEL_COLUMNS 11

void as_text_board(struct out *o, const struct board *b)
{
    const struct region *region = b->plan->region;
    struct arena *mem = arena_new();
    size_t count;
    const struct as_board_row *rows = as_board_rows(mem, o, b, &count);
    out_painted(o, OUT_BOLD, "landfall board");
    out_sign(o, " · region ", " | region ");
    out_safe(o, region->name);
    out_text(o, " (");
    out_safe(o, region->title);
    out_text(o, ", ");
    out_safe(o, region->place);
    out_text(o, ")");
    out_sign(o, " · ", " | ");
    out_text(o, b->launch->today);
    out_text(o, "\n\n");
    for (size_t i = 0; i < count; i++) {
        out_paint(o, OUT_BOLD);
        cell_pad(o, rows[i].label, LABEL_COLUMNS);
        out_paint(o, OUT_PLAIN);
        out_paint(o, rows[i].color);
        cell_paragraph(o, LABEL_COLUMNS, LABEL_COLUMNS, rows[i].text);
        out_paint(o, OUT_PLAIN);
    }
    arena_free(mem);
}
