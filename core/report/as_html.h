/* As HTML: the whole region on one page, for the people who say yes to it - finance, legal, an auditor, the
 * team.  One file that asks the network for nothing, says so in its content security policy, and is whole
 * without JavaScript; with it, steps can be filtered, sorted and walked by keyboard. */
#pragma once

struct facts_report;
struct out;

void as_html_report(struct out *o, const struct facts_report *f);
