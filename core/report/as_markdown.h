/* As Markdown: the report for a pull request or a terminal - sums, what asks for a second look, the steps
 * that are not kept.  GitHub's dialect; short enough for one comment, and says what it left out. */
#pragma once

struct buf;
struct facts_report;
struct out;

void as_markdown_report(struct out *o, const struct facts_report *f);
/* Appends a text of anybody's: what Markdown, HTML or a forge would act on is escaped, line feeds become
 * blanks.  The text is safe already (str_safe). */
void as_markdown_text(struct buf *out, const char *safe);
