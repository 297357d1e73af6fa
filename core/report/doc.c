#include "report/doc.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/tick.h"
#include "model/diag.h"
#include "model/money.h"
#include "model/value.h"
#include "model/value_json.h"
#include "report/out.h"

/* Handed on in pieces, so that a plan of 100 000 steps is not held twice. */
#define HAND_ON (64u << 10)

/* ---- handing on ------------------------------------------------------------------------------ */

/* What a terminal obeys or what turns text around: as in str_safe. */
static bool is_tricky(uint32_t point)
{
    return point == 0x7f || (point >= 0x80 && point <= 0x9f) || point == 0x61c ||
           (point >= 0x200e && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069);
}

/* Appends one character of more than one byte, or an escape for it; returns its bytes. */
static size_t add_character(struct buf *out, const char *at, size_t left)
{
    unsigned char lead = (unsigned char)*at;
    size_t length = lead == 0x7f ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (length > left || !str_is_utf8(at, length)) {
        buf_text(out, "\\ufffd");
        return 1;
    }
    uint32_t point = length == 1 ? lead : lead & (0x7fu >> length);
    for (size_t i = 1; i < length; i++)
        point = point << 6 | ((unsigned char)at[i] & 0x3f);
    if (is_tricky(point))
        buf_print(out, "\\u%04x", point);
    else
        buf_add(out, at, length);
    return length;
}

/* Such characters stand in strings only: everything else of a JSON text is ASCII. */
static void hand_on(struct doc *d)
{
    struct buf made;
    size_t plain = 0;
    buf_init(&made, 0);
    for (size_t i = 0; i < d->text.count;) {
        unsigned char c = (unsigned char)d->text.at[i];
        if (c < 0x7f) {
            i++;
            continue;
        }
        buf_add(&made, d->text.at + plain, i - plain);
        i += add_character(&made, d->text.at + i, d->text.count - i);
        plain = i;
    }
    buf_add(&made, d->text.at + plain, d->text.count - plain);
    out_text(d->out, made.at);
    buf_clear(&d->text);
    buf_done(&made);
}

/* ---- structure ------------------------------------------------------------------------------- */

/* Begins the next pair or item. */
static void next(struct doc *d, const char *key)
{
    if (d->begun[d->depth])
        buf_char(&d->text, ',');
    d->begun[d->depth] = true;
    if (d->text.count > HAND_ON)
        hand_on(d);
    buf_char(&d->text, '\n');
    buf_fill(&d->text, ' ', (size_t)d->depth * 2);
    if (!key)
        return;
    value_json_print_text(&d->text, key, strlen(key));
    buf_text(&d->text, ": ");
}

static void open(struct doc *d, char bracket, char end)
{
    assert(d->depth + 1 < DOC_DEPTH);
    buf_char(&d->text, bracket);
    d->end[++d->depth] = end;
    d->begun[d->depth] = false;
}

void doc_begin(struct doc *d, struct out *o, const char *format)
{
    *d = (struct doc){.out = o};
    buf_init(&d->text, 0);
    open(d, '{', '}');
    doc_text(d, "format", format);
}

void doc_map(struct doc *d, const char *key)
{
    next(d, key);
    open(d, '{', '}');
}

void doc_list(struct doc *d, const char *key)
{
    next(d, key);
    open(d, '[', ']');
}

void doc_close(struct doc *d)
{
    char end = d->end[d->depth];
    bool empty = !d->begun[d->depth--];
    if (!empty) {
        buf_char(&d->text, '\n');
        buf_fill(&d->text, ' ', (size_t)d->depth * 2);
    }
    buf_char(&d->text, end);
}

void doc_end(struct doc *d)
{
    doc_close(d);
    assert(d->depth == 0);
    buf_char(&d->text, '\n');
    hand_on(d);
    buf_done(&d->text);
}

/* ---- leaves ---------------------------------------------------------------------------------- */

void doc_text(struct doc *d, const char *key, const char *text)
{
    if (!text)
        return;
    next(d, key);
    value_json_print_text(&d->text, text, strlen(text));
}

void doc_flag(struct doc *d, const char *key, bool flag)
{
    next(d, key);
    buf_text(&d->text, flag ? "true" : "false");
}

void doc_count(struct doc *d, const char *key, uint64_t count)
{
    next(d, key);
    buf_print(&d->text, "%llu", (unsigned long long)count);
}

void doc_number(struct doc *d, const char *key, int64_t number)
{
    next(d, key);
    buf_print(&d->text, "\"%lld\"", (long long)number);
}

void doc_time(struct doc *d, const char *key, int64_t wall_ms)
{
    char text[TICK_TEXT];
    if (wall_ms == 0)
        return;
    tick_print(wall_ms, text);
    doc_text(d, key, text);
}

void doc_money(struct doc *d, const char *key, int64_t millionths, const char *currency)
{
    next(d, key);
    buf_char(&d->text, '"');
    money_print_plain(&d->text, millionths, currency);
    buf_char(&d->text, '"');
}

void doc_value(struct doc *d, const char *key, const struct value *v)
{
    if (!v)
        return;
    next(d, key);
    value_json_print_pretty(&d->text, v, d->depth);
}

/* The store's JSON is canonical; what is not JSON after all is told as the text it is. */
void doc_json(struct doc *d, const char *key, const char *json)
{
    if (!json)
        return;
    struct arena *tmp = arena_new();
    struct err unused;
    const struct value *v;
    if (value_json_parse(tmp, json, strlen(json), &v, &unused))
        doc_value(d, key, v);
    else
        doc_text(d, key, json);
    arena_free(tmp);
}

void doc_texts(struct doc *d, const char *key, const char *const *texts, size_t count)
{
    if (!texts || count == 0 || !texts[0])
        return;
    doc_list(d, key);
    for (size_t i = 0; i < count && texts[i]; i++)
        doc_text(d, NULL, texts[i]);
    doc_close(d);
}

void doc_diag(struct doc *d, const struct diag *one)
{
    static const char *const names[] = {
        [DIAG_ERROR] = "error", [DIAG_WARNING] = "warning", [DIAG_HINT] = "hint", [DIAG_TRACE] = "trace"};
    doc_map(d, NULL);
    doc_text(d, "severity", names[one->severity]);
    doc_text(d, "code", one->code);
    doc_text(d, "address", one->address);
    doc_text(d, "path", one->path);
    doc_text(d, "where", one->where);
    doc_text(d, "summary", one->summary);
    doc_text(d, "detail", one->detail);
    doc_text(d, "advice", one->advice);
    doc_close(d);
}
