/* The page: one HTML document written piece by piece to a sink.  Markup is ours and goes through page_markup
 * and page_print; every text that anybody else wrote, or that holds one - also in an attribute - goes through
 * page_text, which is the one place that escapes.  Ids are made by page_id.  Lives as long as the sink. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"

struct out;

struct page {
    struct out *out;
    struct buf cell; /* for whoever composes a text with cell, brief or as_text_plan; see page_cell */
    struct buf masked, safe;
};

void page_open(struct page *p, struct out *o);
void page_done(struct page *p);

/* Our own, as it stands. */
void page_markup(struct page *p, const char *markup);
/* The same with numbers in it, or with words of a table of ours. */
void page_print(struct page *p, const char *fmt, ...) PRINTF(2, 3);
/* A style or a script: not even a known secret is looked for in it, because its digest stands in the head. */
void page_verbatim(struct page *p, const char *bytes);
/* Anything: known secrets taken out, controls and bad UTF-8 made visible, the five characters of HTML
 * escaped.  Good in an element and between double quotes.  NULL: nothing. */
void page_text(struct page *p, const char *text);
/* ` name="value"`, escaped; nothing when the value is NULL. */
void page_attr(struct page *p, const char *name, const char *value);
/* "step-" and the text in characters that need no escape in an id, in a selector or behind a #; different
 * texts stay different. */
void page_id(struct page *p, const char *prefix, const char *text);
/* The empty cell: what is put in it is said by page_cell_text. */
struct buf *page_cell(struct page *p);
void page_cell_text(struct page *p);
/* "€1 842.50", and a range with a dash. */
void page_money(struct page *p, int64_t low, int64_t high, const char *currency);
/* <time> of a moment, readable and for machines. */
void page_time(struct page *p, int64_t wall_ms);
