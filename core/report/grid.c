#include "report/grid.h"

#include <assert.h>
#include <string.h>

#include "base/str.h"
#include "report/cell.h"
#include "report/out.h"

#define GAP        2 /* between columns */
#define NAME_LEAST 8 /* of the first column, with its ellipsis */

struct layout {
    size_t width[GRID_COLUMNS];
    bool shown[GRID_COLUMNS];
};

void grid_init(struct grid *g, struct out *o, const struct grid_column *columns, size_t count, size_t indent)
{
    assert(count > 0 && count <= GRID_COLUMNS);
    *g = (struct grid){.o = o, .columns = columns, .count = count, .indent = indent};
    buf_init(&g->texts, 0);
}

void grid_done(struct grid *g)
{
    ARRAY_DONE(&g->cells);
    buf_done(&g->texts);
}

void grid_add(struct grid *g, const char *text)
{
    ARRAY_PUSH(&g->cells, g->texts.count);
    buf_add(&g->texts, text, strlen(text) + 1);
}

void grid_add_safe(struct grid *g, const char *text)
{
    struct buf safe;
    buf_init(&safe, 0);
    cell_add(&safe, g->o, text);
    grid_add(g, safe.count ? safe.at : "");
    buf_done(&safe);
}

static const char *cell_at(const struct grid *g, size_t row, size_t column)
{
    return g->texts.at + g->cells.at[row * g->count + column];
}

static size_t row_count(const struct grid *g)
{
    return g->cells.count / g->count;
}

static void measure(const struct grid *g, struct layout *l)
{
    for (size_t c = 0; c < g->count; c++) {
        l->width[c] = str_columns(g->columns[c].head);
        for (size_t r = 0; r < row_count(g); r++) {
            size_t width = str_columns(cell_at(g, r, c));
            l->shown[c] = l->shown[c] || width > 0;
            l->width[c] = width > l->width[c] ? width : l->width[c];
        }
    }
}

static size_t whole_width(const struct grid *g, const struct layout *l)
{
    size_t width = g->indent;
    for (size_t c = 0; c < g->count; c++)
        width += l->shown[c] ? l->width[c] + GAP : 0;
    return width > GAP ? width - GAP : width;
}

/* The next to give way, or g->count. */
static size_t next_to_give(const struct grid *g, const struct layout *l)
{
    size_t found = g->count;
    for (size_t c = 0; c < g->count; c++) {
        if (l->shown[c] && g->columns[c].gives > 0 &&
            (found == g->count || g->columns[c].gives > g->columns[found].gives))
            found = c;
    }
    return found;
}

/* When no column gives way any more, the first one - names - is cut short. */
static void make_room(const struct grid *g, struct layout *l)
{
    size_t columns = g->o->style.columns, c = 0;
    while (columns > 0 && whole_width(g, l) > columns && c < g->count) {
        c = next_to_give(g, l);
        if (c < g->count)
            l->shown[c] = false;
    }
    size_t width = whole_width(g, l);
    if (columns == 0 || width <= columns)
        return;
    size_t over = width - columns;
    l->width[0] = l->width[0] > over + NAME_LEAST ? l->width[0] - over : NAME_LEAST;
}

/* Blanks at the end of a line are never printed: they only make files differ. */
static void print_line(const struct grid *g, const struct layout *l, const char *const *cells)
{
    size_t owed = g->indent;
    for (size_t c = 0; c < g->count; c++) {
        if (!l->shown[c])
            continue;
        size_t taken = str_columns(cells[c]);
        taken = taken < l->width[c] ? taken : l->width[c];
        size_t rest = l->width[c] - taken;
        owed += g->columns[c].right ? rest : 0;
        if (cells[c][0]) {
            out_fill(g->o, ' ', owed);
            (void)cell_print(g->o, cells[c], l->width[c]);
            owed = 0;
        }
        owed += GAP + (g->columns[c].right ? 0 : rest);
    }
    out_char(g->o, '\n');
}

void grid_print(struct grid *g, bool total)
{
    struct layout l = {0};
    const char *cells[GRID_COLUMNS];
    measure(g, &l);
    make_room(g, &l);
    for (size_t c = 0; c < g->count; c++)
        cells[c] = g->columns[c].head;
    out_paint(g->o, OUT_DIM);
    print_line(g, &l, cells);
    out_paint(g->o, OUT_PLAIN);
    for (size_t r = 0; r < row_count(g); r++) {
        bool bold = total && r + 1 == row_count(g);
        for (size_t c = 0; c < g->count; c++)
            cells[c] = cell_at(g, r, c);
        if (bold)
            out_paint(g->o, OUT_BOLD);
        print_line(g, &l, cells);
        if (bold)
            out_paint(g->o, OUT_PLAIN);
    }
}
