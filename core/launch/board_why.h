/* Why a date moved: the steps of the longest chain now, against what was remembered of it.  Private to the
 * board. */
#pragma once

struct arena;
struct board;
struct board_ask;
struct value;

/* Fills in the causes; b->before is known. */
void board_why(struct arena *mem, const struct board_ask *ask, const struct value *steps, struct board *b);
