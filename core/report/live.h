/* The live lines: what a terminal shows while a run goes on.  Finished steps scroll up, below them one line
 * for each running step and a bar.  A frame is built whole and written at once, at most ten times a second.
 * The cursor is never hidden and always rests at the left of the line below: a process that is killed leaves
 * a usable terminal. */
#pragma once

#include <stdbool.h>

struct event;
struct live;
struct loop;
struct out;
struct plan;

/* plan may be NULL: no money is counted. */
struct live *live_new(struct out *o, struct loop *loop, const struct plan *plan);
/* line: the event also leaves a line above. */
void live_tell(struct live *l, const struct event *e, bool line);
/* Takes the lines away; the next event brings them back. */
void live_clear(struct live *l);
void live_free(struct live *l); /* clears; NULL is fine */
