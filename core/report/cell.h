/* The cell: a piece of a line - measured, cut to its columns, wrapped behind a margin.  Where the reader is
 * no terminal (out.style.columns 0) nothing is cut or wrapped, so that a pipe gets every byte.  Texts are
 * safe already (out_make_safe) unless it says otherwise. */
#pragma once

#include <stddef.h>

#include "report/out.h"

struct buf;

/* Appends other people's text, made safe.  NULL: nothing. */
void cell_add(struct buf *cell, const struct out *o, const char *text);
/* Appends at most `columns` of it, then an ellipsis; known secrets are taken out before the cut. */
void cell_add_short(struct buf *cell, const struct out *o, const char *bytes, size_t count, size_t columns);
/* One of two spellings, as out_sign. */
void cell_sign(struct buf *cell, const struct out *o, const char *sign, const char *ascii);

/* Prints it, cut to `columns` (0: whole); returns the columns it took. */
size_t cell_print(struct out *o, const char *cell, size_t columns);
/* Prints it and fills up with blanks. */
void cell_pad(struct out *o, const char *cell, size_t columns);
/* Other people's text as a paragraph: the cursor stands at `column`, further lines begin at `indent`.  Its
 * own line feeds are kept, each line made safe.  Ends with a line feed. */
void cell_paragraph(struct out *o, size_t column, size_t indent, const char *text);
/* Columns of the terminal, at most `most`; 0 where there is none. */
size_t cell_width(const struct out *o, size_t most);
