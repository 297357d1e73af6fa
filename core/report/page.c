#include "report/page.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/tick.h"
#include "report/brief.h"
#include "report/out.h"

void page_open(struct page *p, struct out *o)
{
    *p = (struct page){.out = o};
    buf_init(&p->cell, 0);
    buf_init(&p->masked, 0);
    buf_init(&p->safe, 0);
}

void page_done(struct page *p)
{
    buf_done(&p->cell);
    buf_done(&p->masked);
    buf_done(&p->safe);
}

void page_markup(struct page *p, const char *markup)
{
    out_text(p->out, markup);
}

void page_print(struct page *p, const char *fmt, ...)
{
    char text[512]; /* formats are ours and short */
    va_list args;
    va_start(args, fmt);
    int count = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (count < 0 || (size_t)count >= sizeof(text))
        abort();
    out_text(p->out, text);
}

void page_verbatim(struct page *p, const char *bytes)
{
    struct out_filter *filter = p->out->filter;
    out_flush(p->out);
    p->out->filter = NULL;
    out_text(p->out, bytes);
    out_flush(p->out);
    p->out->filter = filter;
}

/* ---- texts ----------------------------------------------------------------------------------- */

static const char *escape_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

/* The one place that makes a text HTML.  A secret is looked for before anything is escaped: with an & in it,
 * nobody would find it in the sink. */
void page_text(struct page *p, const char *text)
{
    if (!text)
        return;
    buf_clear(&p->masked);
    buf_clear(&p->safe);
    out_filter_mask(p->out->filter, &p->masked, text, strlen(text));
    str_safe(&p->safe, p->masked.at, p->masked.count);
    buf_clear(&p->masked);
    size_t plain = 0;
    for (size_t i = 0; i < p->safe.count; i++) {
        const char *escape = escape_of(p->safe.at[i]);
        if (!escape)
            continue;
        buf_add(&p->masked, p->safe.at + plain, i - plain);
        buf_text(&p->masked, escape);
        plain = i + 1;
    }
    buf_add(&p->masked, p->safe.at + plain, p->safe.count - plain);
    out_text(p->out, p->masked.at);
}

void page_attr(struct page *p, const char *name, const char *value)
{
    if (!value)
        return;
    page_print(p, " %s=\"", name);
    page_text(p, value);
    out_char(p->out, '"');
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* A tilde leads what is not plain, and is not plain itself: no two texts meet. */
void page_id(struct page *p, const char *prefix, const char *text)
{
    buf_clear(&p->safe);
    buf_text(&p->safe, prefix);
    for (; *text; text++) {
        if (is_plain(*text))
            buf_char(&p->safe, *text);
        else
            buf_print(&p->safe, "~%02x", (unsigned char)*text);
    }
    out_text(p->out, p->safe.at);
}

struct buf *page_cell(struct page *p)
{
    buf_clear(&p->cell);
    return &p->cell;
}

void page_cell_text(struct page *p)
{
    page_text(p, p->cell.at);
}

void page_money(struct page *p, int64_t low, int64_t high, const char *currency)
{
    brief_money(page_cell(p), p->out, low, high, currency);
    page_cell_text(p);
}

void page_time(struct page *p, int64_t wall_ms)
{
    char text[TICK_TEXT];
    tick_print(wall_ms, text);
    page_print(p, "<time datetime=\"%s\">%.10s %.5s</time> UTC", text, text, text + strlen("2026-11-22T"));
}
