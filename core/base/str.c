#include "base/str.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

struct span {
    uint32_t first, last;
};

/* Code points with NFC_Quick_Check No or Maybe in Unicode 14.0 (DerivedNormalizationProps.txt):
 * those NFC replaces by others, and those that may melt into the character before them. */
static const struct span not_nfc[] = {
    {0x0300, 0x0304},   {0x0306, 0x030C},   {0x030F, 0x030F},   {0x0311, 0x0311},   {0x0313, 0x0314},
    {0x031B, 0x031B},   {0x0323, 0x0328},   {0x032D, 0x032E},   {0x0330, 0x0331},   {0x0338, 0x0338},
    {0x0340, 0x0345},   {0x0374, 0x0374},   {0x037E, 0x037E},   {0x0387, 0x0387},   {0x0653, 0x0655},
    {0x093C, 0x093C},   {0x0958, 0x095F},   {0x09BE, 0x09BE},   {0x09D7, 0x09D7},   {0x09DC, 0x09DD},
    {0x09DF, 0x09DF},   {0x0A33, 0x0A33},   {0x0A36, 0x0A36},   {0x0A59, 0x0A5B},   {0x0A5E, 0x0A5E},
    {0x0B3E, 0x0B3E},   {0x0B56, 0x0B57},   {0x0B5C, 0x0B5D},   {0x0BBE, 0x0BBE},   {0x0BD7, 0x0BD7},
    {0x0C56, 0x0C56},   {0x0CC2, 0x0CC2},   {0x0CD5, 0x0CD6},   {0x0D3E, 0x0D3E},   {0x0D57, 0x0D57},
    {0x0DCA, 0x0DCA},   {0x0DCF, 0x0DCF},   {0x0DDF, 0x0DDF},   {0x0F43, 0x0F43},   {0x0F4D, 0x0F4D},
    {0x0F52, 0x0F52},   {0x0F57, 0x0F57},   {0x0F5C, 0x0F5C},   {0x0F69, 0x0F69},   {0x0F73, 0x0F73},
    {0x0F75, 0x0F76},   {0x0F78, 0x0F78},   {0x0F81, 0x0F81},   {0x0F93, 0x0F93},   {0x0F9D, 0x0F9D},
    {0x0FA2, 0x0FA2},   {0x0FA7, 0x0FA7},   {0x0FAC, 0x0FAC},   {0x0FB9, 0x0FB9},   {0x102E, 0x102E},
    {0x1161, 0x1175},   {0x11A8, 0x11C2},   {0x1B35, 0x1B35},   {0x1F71, 0x1F71},   {0x1F73, 0x1F73},
    {0x1F75, 0x1F75},   {0x1F77, 0x1F77},   {0x1F79, 0x1F79},   {0x1F7B, 0x1F7B},   {0x1F7D, 0x1F7D},
    {0x1FBB, 0x1FBB},   {0x1FBE, 0x1FBE},   {0x1FC9, 0x1FC9},   {0x1FCB, 0x1FCB},   {0x1FD3, 0x1FD3},
    {0x1FDB, 0x1FDB},   {0x1FE3, 0x1FE3},   {0x1FEB, 0x1FEB},   {0x1FEE, 0x1FEF},   {0x1FF9, 0x1FF9},
    {0x1FFB, 0x1FFB},   {0x1FFD, 0x1FFD},   {0x2000, 0x2001},   {0x2126, 0x2126},   {0x212A, 0x212B},
    {0x2329, 0x232A},   {0x2ADC, 0x2ADC},   {0x3099, 0x309A},   {0xF900, 0xFA0D},   {0xFA10, 0xFA10},
    {0xFA12, 0xFA12},   {0xFA15, 0xFA1E},   {0xFA20, 0xFA20},   {0xFA22, 0xFA22},   {0xFA25, 0xFA26},
    {0xFA2A, 0xFA6D},   {0xFA70, 0xFAD9},   {0xFB1D, 0xFB1D},   {0xFB1F, 0xFB1F},   {0xFB2A, 0xFB36},
    {0xFB38, 0xFB3C},   {0xFB3E, 0xFB3E},   {0xFB40, 0xFB41},   {0xFB43, 0xFB44},   {0xFB46, 0xFB4E},
    {0x110BA, 0x110BA}, {0x11127, 0x11127}, {0x1133E, 0x1133E}, {0x11357, 0x11357}, {0x114B0, 0x114B0},
    {0x114BA, 0x114BA}, {0x114BD, 0x114BD}, {0x115AF, 0x115AF}, {0x11930, 0x11930}, {0x1D15E, 0x1D164},
    {0x1D1BB, 0x1D1C0}, {0x2F800, 0x2FA1D},
};

/* East Asian Width W and F, by block, and the pictographs terminals draw as wide. */
static const struct span wide[] = {
    {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x4DBF},   {0x4E00, 0xA4CF}, {0xA960, 0xA97F},
    {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60}, {0xFFE0, 0xFFE6},
    {0x1F300, 0x1F64F}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD},
};

/* What changes how a terminal shows the text around it: direction marks, embeddings, overrides and
 * isolates, and the two separators some terminals break lines at. */
static const struct span unsafe[] = {
    {0x0080, 0x009F}, {0x061C, 0x061C}, {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069},
};

static bool is_in(const struct span *spans, size_t count, uint32_t point)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (point > spans[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && point >= spans[low].first;
}

/* Decodes one character; gives its length, or 0 when the bytes are not well-formed UTF-8 (Unicode
 * 14.0, table 3-7: no overlong form, no surrogate, nothing above U+10FFFF). */
static size_t decode(const char *bytes, size_t count, uint32_t *point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char lead = (unsigned char)bytes[0];
    if (lead < 0x80) {
        *point = lead;
        return 1;
    }
    size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || length > count)
        return 0;
    uint32_t value = lead & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if (((unsigned char)bytes[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | ((unsigned char)bytes[i] & 0x3F);
    }
    if (value < least[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 0;
    *point = value;
    return length;
}

bool str_equal(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool str_starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

bool str_ends(const char *text, const char *with)
{
    size_t count = strlen(text), tail = strlen(with);
    return tail <= count && memcmp(text + count - tail, with, tail) == 0;
}

bool str_is_utf8(const char *bytes, size_t count)
{
    for (size_t i = 0; i < count;) {
        uint32_t point;
        size_t length = decode(bytes + i, count - i, &point);
        if (length == 0 || point == 0)
            return false;
        i += length;
    }
    return true;
}

bool str_is_nfc_safe(const char *bytes, size_t count)
{
    for (size_t i = 0; i < count;) {
        uint32_t point;
        size_t length = decode(bytes + i, count - i, &point);
        if (length == 0 || (point >= 0x0300 && is_in(not_nfc, COUNT_OF(not_nfc), point)))
            return false;
        i += length;
    }
    return true;
}

bool str_to_int(const char *text, int64_t *out)
{
    bool negative = *text == '-';
    text += negative;
    if (text[0] == '0' && text[1])
        return false;
    /* Collected below zero, where the range is larger by one. */
    int64_t value = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_sub_overflow(value, *at - '0', &value))
            return false;
    }
    if (at == text || *at || (!negative && value == INT64_MIN))
        return false;
    *out = negative ? value : -value;
    return true;
}

/* Longer words are not typed by hand, so they are no slips; the bound keeps the rows on the stack. */
#define SLIP_MAX 127

/* Edit distance in bytes (optimal string alignment), or limit + 1 when it is more than `limit`. */
static size_t distance(const char *a, size_t a_count, const char *b, size_t b_count, size_t limit)
{
    size_t rows[3][SLIP_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_count; j++)
        above[j] = j;
    for (size_t i = 1; i <= a_count; i++) {
        size_t best = row[0] = i;
        for (size_t j = 1; j <= b_count; j++) {
            size_t cost = above[j - 1] + (a[i - 1] != b[j - 1]);
            if (above[j] + 1 < cost)
                cost = above[j] + 1;
            if (row[j - 1] + 1 < cost)
                cost = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < cost)
                cost = before[j - 2] + 1;
            row[j] = cost;
            best = cost < best ? cost : best;
        }
        /* Two rows matter to the next one; when the smallest of this row is two past the limit, no
         * transposition can bring the rest back. */
        if (best > limit + 1)
            return limit + 1;
        size_t *free_row = before;
        before = above;
        above = row;
        row = free_row;
    }
    return above[b_count] <= limit ? above[b_count] : limit + 1;
}

const char *str_nearest(const char *word, const char *const *candidates, size_t count)
{
    size_t length = strlen(word);
    if (length == 0 || length > SLIP_MAX)
        return NULL;
    const char *nearest = NULL;
    size_t limit = 1 + length / 4;
    for (size_t i = 0; i < count; i++) {
        size_t other = strlen(candidates[i]);
        if (other > SLIP_MAX || other > length + limit || length > other + limit)
            continue;
        size_t found = distance(word, length, candidates[i], other, limit);
        if (found > limit)
            continue;
        nearest = candidates[i];
        if (found == 0)
            break;
        limit = found - 1; /* only a nearer one counts from here on */
    }
    return nearest;
}

size_t str_columns(const char *text)
{
    size_t columns = 0, count = strlen(text);
    for (size_t i = 0; i < count;) {
        uint32_t point = 0;
        size_t length = decode(text + i, count - i, &point);
        columns += length && is_in(wide, COUNT_OF(wide), point) ? 2 : 1;
        i += length ? length : 1; /* a bad byte is shown as one column */
    }
    return columns;
}

void str_safe(struct buf *out, const char *bytes, size_t count)
{
    size_t plain = 0; /* start of the run that needs no change */
    for (size_t i = 0; i < count;) {
        uint32_t point = 0;
        size_t length = decode(bytes + i, count - i, &point);
        bool fine = length && point >= 0x20 && point != 0x7F &&
                    (point < 0x80 || !is_in(unsafe, COUNT_OF(unsafe), point));
        if (fine) {
            i += length;
            continue;
        }
        buf_add(out, bytes + plain, i - plain);
        if (length == 1 && (point == '\n' || point == '\t'))
            buf_char(out, ' ');
        else if (length > 1)
            buf_print(out, "\\u%04x", point);
        else
            buf_print(out, "\\x%02x", (unsigned char)bytes[i]);
        i += length ? length : 1;
        plain = i;
    }
    buf_add(out, bytes + plain, count - plain);
}

static int by_text(const void *key, const void *row)
{
    return strcmp(key, *(const char *const *)row);
}

size_t str_find_sorted(const char *text, const void *rows, size_t count, size_t size)
{
    const char *found = count ? bsearch(text, rows, count, size, by_text) : NULL;
    return found ? (size_t)(found - (const char *)rows) / size : count;
}

const char *str_word(struct arena *mem, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:@%+=,";
    struct buf word;
    if (text[0] && text[strspn(text, plain)] == '\0')
        return text;
    buf_init(&word, 0);
    buf_char(&word, '\'');
    for (const char *p = text; *p; p++) {
        if (*p == '\'')
            buf_text(&word, "'\\''");
        else
            buf_char(&word, *p);
    }
    buf_char(&word, '\'');
    const char *kept = buf_keep(&word, mem);
    buf_done(&word);
    return kept;
}
