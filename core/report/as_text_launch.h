/* What is said of a milestone and of an open step, for whoever tells of them.  All append to a cell. */
#pragma once

struct buf;
struct launch_item;
struct launch_milestone;
struct out;

/* "10 days (guess)", "nobody knows how long". */
void as_text_launch_takes(struct buf *text, const struct launch_item *i);
/* "not before 2026-12-02 (P50), 2026-12-09 (P90)", "reached: nothing is open". */
void as_text_launch_dates(struct buf *text, const struct launch_milestone *m);
/* "target 2026-12-15: 3 days to spare"; nothing without a target. */
void as_text_launch_target(struct buf *text, const struct out *o, const struct launch_milestone *m);
