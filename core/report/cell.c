#include "report/cell.h"

#include <string.h>

#include "base/buf.h"
#include "base/str.h"

/* Narrower than this a margin would leave no room for words. */
#define PARAGRAPH_LEAST 24

void cell_add(struct buf *cell, const struct out *o, const char *text)
{
    if (text)
        out_make_safe(o, cell, text, strlen(text));
}

void cell_sign(struct buf *cell, const struct out *o, const char *sign, const char *ascii)
{
    buf_text(cell, o->style.ascii ? ascii : sign);
}

size_t cell_width(const struct out *o, size_t most)
{
    return o->style.columns > most ? most : o->style.columns;
}

/* Bytes of the character that begins there; the text is well-formed. */
static size_t step(const char *at)
{
    unsigned char lead = (unsigned char)*at;
    size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    return strnlen(at, length);
}

static size_t columns_of(const char *at, size_t length)
{
    char one[8] = {0};
    if (length == 1)
        return 1;
    memcpy(one, at, length);
    return str_columns(one);
}

/* A wide character that would stand half outside is left out.  Bytes of the longest beginning that needs at
 * most `columns`. */
static size_t fit(const char *text, size_t columns, size_t *used)
{
    size_t bytes = 0;
    *used = 0;
    while (text[bytes]) {
        size_t length = step(text + bytes), wide = columns_of(text + bytes, length);
        if (*used + wide > columns)
            break;
        bytes += length;
        *used += wide;
    }
    return bytes;
}

static const char *ellipsis(const struct out *o)
{
    return o->style.ascii ? "..." : "…";
}

/* Bytes to keep of a text that is to take `columns` with its ellipsis. */
static size_t fit_cut(const struct out *o, const char *text, size_t columns, size_t *used)
{
    size_t tail = str_columns(ellipsis(o));
    return fit(text, columns > tail ? columns - tail : 0, used);
}

void cell_add_short(struct buf *cell, const struct out *o, const char *bytes, size_t count, size_t columns)
{
    size_t before = cell->count;
    if (count <= columns) {
        out_make_safe(o, cell, bytes, count);
        if (cell->count - before == count)
            return; /* no escape made it longer, and no byte takes more than a column */
        cell->count = before;
    }
    /* A character takes at most four bytes and an escape at most ten columns for one: what lies further can
     * only show through a secret that begins before. */
    size_t near = columns * 4 + 4;
    if (count > near && out_filter_is_empty(o->filter)) {
        count = near;
        while (count > 0 && ((unsigned char)bytes[count] & 0xc0) == 0x80)
            count--;
    }
    struct buf masked, safe;
    buf_init(&masked, 0);
    buf_init(&safe, 0);
    out_filter_mask(o->filter, &masked, bytes, count);
    out_make_safe(o, &safe, masked.at, masked.count);
    size_t used, kept = fit(safe.at, columns, &used);
    if (safe.at[kept]) {
        kept = fit_cut(o, safe.at, columns, &used);
        buf_add(cell, safe.at, kept);
        buf_text(cell, ellipsis(o));
    } else {
        buf_add(cell, safe.at, kept);
    }
    buf_done(&masked);
    buf_done(&safe);
}

size_t cell_print(struct out *o, const char *cell, size_t columns)
{
    size_t used, whole = str_columns(cell);
    if (columns == 0 || whole <= columns) {
        out_text(o, cell);
        return whole;
    }
    struct buf text;
    buf_init(&text, 0);
    out_filter_mask(o->filter, &text, cell, strlen(cell));
    text.at[fit_cut(o, text.at, columns, &used)] = '\0';
    out_text(o, text.at);
    out_text(o, ellipsis(o));
    buf_done(&text);
    return used + str_columns(ellipsis(o));
}

void cell_pad(struct out *o, const char *cell, size_t columns)
{
    size_t used = cell_print(o, cell, 0);
    if (used < columns)
        out_fill(o, ' ', columns - used);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Does the blank at `at` belong to a number?  "€42 000", "70 %". */
static bool joins_number(const char *line, size_t at)
{
    return line[at] && at > 0 && is_digit(line[at - 1]) && (is_digit(line[at + 1]) || line[at + 1] == '%');
}

/* Bytes of the next word with the blanks before it; a number and its parts are one word. */
static size_t word_of(const char *line)
{
    size_t bytes = strspn(line, " ");
    bytes += strcspn(line + bytes, " ");
    while (joins_number(line, bytes))
        bytes += 1 + strcspn(line + bytes + 1, " ");
    return bytes;
}

/* One line, broken at blanks; a word longer than the line stands whole. */
static void wrap_line(struct out *o, size_t column, size_t indent, size_t columns, const char *line)
{
    bool fresh = true; /* nothing printed on this line of the terminal */
    while (*line) {
        size_t blanks = strspn(line, " "), bytes = word_of(line);
        struct buf word;
        buf_init(&word, 0);
        buf_add(&word, line, bytes);
        size_t wide = str_columns(word.at);
        if (!fresh && column + wide > columns) {
            out_char(o, '\n');
            out_fill(o, ' ', indent);
            out_text(o, word.at + blanks);
            column = indent + wide - blanks;
        } else {
            out_text(o, word.at);
            column += wide;
        }
        fresh = false;
        line += bytes;
        buf_done(&word);
    }
}

void cell_paragraph(struct out *o, size_t column, size_t indent, const char *text)
{
    size_t columns = o->style.columns;
    if (columns > 0 && columns < indent + PARAGRAPH_LEAST)
        columns = 0;
    struct buf masked, line;
    buf_init(&masked, 0);
    buf_init(&line, 0);
    /* Before it is broken: a secret with a blank in it would not be found afterwards. */
    out_filter_mask(o->filter, &masked, text, strlen(text));
    for (const char *at = masked.at;;) {
        size_t count = strcspn(at, "\n");
        buf_clear(&line);
        out_make_safe(o, &line, at, count);
        if (columns > 0)
            wrap_line(o, column, indent, columns, line.at);
        else
            out_text(o, line.at);
        out_char(o, '\n');
        at += count;
        if (!*at || !at[1])
            break;
        at++;
        out_fill(o, ' ', indent);
        column = indent;
    }
    buf_done(&masked);
    buf_done(&line);
}
