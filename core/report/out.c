#include "report/out.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/str.h"

#define WRITE_AT (64u << 10)

/* `text` is as said, nothing masked yet; masking happens once, on its way out. */
struct out_text {
    struct buf text, masked;
    size_t line_end; /* behind the last line feed in `text`, 0: none */
    size_t write_at; /* grown past this, what is whole is written */
};

void out_open(struct out *o, int fd, struct out_style style, struct out_filter *filter)
{
    *o = (struct out){.fd = fd, .style = style, .filter = filter};
    o->text = calloc(1, sizeof(*o->text));
    if (!o->text)
        abort();
    buf_init(&o->text->text, 0);
    buf_init(&o->text->masked, 0);
    o->text->write_at = WRITE_AT;
}

bool out_close(struct out *o)
{
    if (!o->text)
        return !o->failed;
    out_flush(o);
    buf_done(&o->text->text);
    buf_done(&o->text->masked);
    free(o->text);
    o->text = NULL;
    return !o->failed;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void write_all(struct out *o, const char *bytes, size_t count)
{
    while (count > 0 && !o->failed) {
        ssize_t written = write(o->fd, bytes, count);
        if (written >= 0) {
            bytes += written;
            count -= (size_t)written;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            /* Somebody made the descriptor non-blocking; a terminal shares that with every program on it. */
            struct pollfd ready = {.fd = o->fd, .events = POLLOUT};
            poll(&ready, 1, -1);
        } else if (errno != EINTR) {
            o->failed = true;
            o->error = errno;
        }
    }
}

/* Writes about the first `cut` bytes: a secret that lies across the cut goes out, masked, with them. */
static void write_some(struct out *o, size_t cut)
{
    struct out_text *t = o->text;
    if (out_filter_is_empty(o->filter)) {
        write_all(o, t->text.at, cut);
    } else {
        size_t at = 0;
        buf_clear(&t->masked);
        while (at < cut) {
            size_t length = 0, next = out_filter_find(o->filter, t->text.at, t->text.count, at, &length);
            size_t end = next < cut ? next + length : cut;
            out_filter_mask(o->filter, &t->masked, t->text.at + at, end - at);
            at = end;
        }
        cut = at;
        write_all(o, t->masked.at, t->masked.count);
    }
    memmove(t->text.at, t->text.at + cut, t->text.count - cut);
    t->text.count -= cut;
    t->text.at[t->text.count] = '\0';
    t->line_end = t->line_end > cut ? t->line_end - cut : 0;
}

void out_flush(struct out *o)
{
    if (o->text->text.count > 0)
        write_some(o, o->text->text.count);
}

/* A secret may hold line feeds: the last bytes, where one could have begun, are held back. */
static void write_lines(struct out *o)
{
    struct out_text *t = o->text;
    size_t hold = out_filter_is_empty(o->filter) ? 0 : out_filter_longest(o->filter) - 1;
    size_t cut = t->line_end;
    if (hold > 0) {
        const char *end = t->text.count > hold ? memrchr(t->text.at, '\n', t->text.count - hold) : NULL;
        cut = end ? (size_t)(end - t->text.at) + 1 : 0;
    }
    if (cut > 0)
        write_some(o, cut);
    /* A line without end is looked at again only when it has doubled. */
    t->write_at = t->text.count > WRITE_AT / 2 ? t->text.count * 2 : WRITE_AT;
}

static void added(struct out *o, size_t before)
{
    struct out_text *t = o->text;
    if (t->text.count == before)
        return;
    const char *end = memrchr(t->text.at + before, '\n', t->text.count - before);
    if (end)
        t->line_end = (size_t)(end - t->text.at) + 1;
    if (t->text.count > t->write_at && t->line_end > 0)
        write_lines(o);
}

/* ---- saying ---------------------------------------------------------------------------------- */

void out_text(struct out *o, const char *text)
{
    size_t before = o->text->text.count;
    buf_text(&o->text->text, text);
    added(o, before);
}

void out_print(struct out *o, const char *fmt, ...)
{
    /* Formats are ours and short; what is longer is printed again into memory of its own. */
    char small[512];
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int count = vsnprintf(small, sizeof(small), fmt, args);
    if (count >= 0 && (size_t)count < sizeof(small)) {
        out_text(o, small);
    } else if (count >= 0) {
        char *large = malloc((size_t)count + 1);
        if (!large)
            abort();
        vsnprintf(large, (size_t)count + 1, fmt, again);
        out_text(o, large);
        free(large);
    }
    va_end(again);
    va_end(args);
}

void out_char(struct out *o, char c)
{
    size_t before = o->text->text.count;
    buf_char(&o->text->text, c);
    added(o, before);
}

void out_fill(struct out *o, char c, size_t count)
{
    size_t before = o->text->text.count;
    buf_fill(&o->text->text, c, count);
    added(o, before);
}

static bool is_plain(const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i] < 0x20 || bytes[i] > 0x7e)
            return false;
    return true;
}

/* The text is safe already, so it is well-formed: a lead byte tells the length. */
static void add_ascii(struct buf *out, const char *safe)
{
    while (*safe) {
        unsigned char lead = (unsigned char)*safe;
        size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        uint32_t point = length == 1 ? lead : lead & (0x7fu >> length);
        for (size_t i = 1; i < length; i++)
            point = point << 6 | ((unsigned char)safe[i] & 0x3f);
        if (length == 1)
            buf_char(out, *safe);
        else
            buf_print(out, point > 0xffff ? "\\U%08x" : "\\u%04x", point);
        safe += length;
    }
}

void out_make_safe(const struct out *o, struct buf *into, const char *bytes, size_t count)
{
    if (is_plain(bytes, count)) {
        buf_add(into, bytes, count);
    } else if (!o->style.ascii) {
        str_safe(into, bytes, count);
    } else {
        struct buf safe;
        buf_init(&safe, 0);
        str_safe(&safe, bytes, count);
        add_ascii(into, safe.at);
        buf_done(&safe);
    }
}

void out_safe_n(struct out *o, const char *bytes, size_t count)
{
    size_t before = o->text->text.count;
    out_make_safe(o, &o->text->text, bytes, count);
    added(o, before);
}

void out_safe(struct out *o, const char *text)
{
    if (text)
        out_safe_n(o, text, strlen(text));
}

void out_paint(struct out *o, enum out_color color)
{
    /* ECMA-48, 8.3.117 (SGR). */
    static const char *const sequences[OUT_COLOR_COUNT] = {
        [OUT_PLAIN] = "\x1b[0m",  [OUT_BOLD] = "\x1b[1m",    [OUT_DIM] = "\x1b[2m",   [OUT_RED] = "\x1b[31m",
        [OUT_GREEN] = "\x1b[32m", [OUT_YELLOW] = "\x1b[33m", [OUT_BLUE] = "\x1b[34m", [OUT_CYAN] = "\x1b[36m",
    };
    if (o->style.color)
        out_text(o, sequences[color]);
}

void out_painted(struct out *o, enum out_color color, const char *text)
{
    out_paint(o, color);
    out_safe(o, text);
    out_paint(o, OUT_PLAIN);
}

void out_sign(struct out *o, const char *sign, const char *ascii)
{
    out_text(o, o->style.ascii ? ascii : sign);
}
