#include "base/arena.h"
#include "launch/board.h"
#include "model/value.h"
#include "plan/plan.h"
#include "region/region.h"
#include "report/as_board.h"
#include "report/as_json.h"
#include "report/as_json_source.h"
#include "report/doc.h"

void as_json_board(struct out *o, const struct board *b)
{
    struct arena *mem = arena_new();
    const struct value *v = as_board_value(mem, b);
    struct doc d;
    doc_begin(&d, o, "landfall.board/1");
    doc_text(&d, "region", b->plan->region->name);
    as_json_source(&d, b->silence, b->silence);
    for (size_t i = 0; i < v->count; i++)
        doc_value(&d, v->pairs[i].key, v->pairs[i].value);
    doc_end(&d);
    arena_free(mem);
}
