/* As CSV: one row for each step of a plan, for a spreadsheet.  RFC 4180: a header row, CRLF, quotes where
 * they are needed.  A text that a spreadsheet would take for a formula has an apostrophe in front; amounts
 * and times are bare, so that they can be added up. */
#pragma once

struct buf;
struct facts_report;
struct out;

void as_csv_report(struct out *o, const struct facts_report *f);
/* Appends one field of text, guarded and quoted.  NULL: an empty field. */
void as_csv_field(struct buf *row, const char *text);
