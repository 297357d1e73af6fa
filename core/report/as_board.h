/* As board: the daily page in lines that are the same on a terminal, in a mail and in a hook; and the same
 * facts for programs. */
#pragma once

#include <stddef.h>

#include "report/out.h"

struct arena;
struct board;
struct value;

struct as_board_row {
    const char *label; /* "" continues the row before */
    const char *text;  /* safe to print */
    enum out_color color;
};
/* Signs beyond ASCII as `o` shows them. */
const struct as_board_row *as_board_rows(struct arena *mem, const struct out *o, const struct board *b,
                                         size_t *count);
/* "2026-12-08 (P50), 2 days later than on 2026-11-25": the line a telephone shows. */
const char *as_board_title(struct arena *mem, const struct board *b);
/* The rows as one text, for a notice. */
const char *as_board_text(struct arena *mem, const struct board *b);
const struct value *as_board_value(struct arena *mem, const struct board *b);
