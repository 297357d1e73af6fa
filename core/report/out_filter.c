#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/str.h"
#include "model/value_json.h"
#include "report/out.h"

#define MASK "[secret]"
/* Shorter secrets are refused upstream; every form below is at least as long as the secret. */
#define SHORTEST 8

struct pattern {
    char *bytes;
    size_t count;
};

/* Patterns are sorted by their bytes.  `starts` has a bit for every pair of bytes that one begins with: most
 * text is passed over by that alone. */
struct out_filter {
    ARRAY(struct pattern) patterns;
    uint64_t starts[1024];
    size_t longest;
};

struct out_filter *out_filter_new(void)
{
    struct out_filter *f = calloc(1, sizeof(*f));
    if (!f)
        abort();
    return f;
}

void out_filter_free(struct out_filter *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->patterns.count; i++) {
        explicit_bzero(f->patterns.at[i].bytes, f->patterns.at[i].count);
        free(f->patterns.at[i].bytes);
    }
    ARRAY_DONE(&f->patterns);
    free(f);
}

bool out_filter_is_empty(const struct out_filter *f)
{
    return !f || f->patterns.count == 0;
}

size_t out_filter_longest(const struct out_filter *f)
{
    return f ? f->longest : 0;
}

/* ---- the forms of a secret ------------------------------------------------------------------- */

static int compare(const struct pattern *p, const char *bytes, size_t count)
{
    int order = memcmp(p->bytes, bytes, p->count < count ? p->count : count);
    return order ? order : (p->count > count) - (p->count < count);
}

static size_t lower_bound(const struct out_filter *f, const char *bytes, size_t count)
{
    size_t low = 0, high = f->patterns.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&f->patterns.at[middle], bytes, count) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_known(const struct out_filter *f, const char *bytes, size_t count)
{
    size_t at = lower_bound(f, bytes, count);
    return at < f->patterns.count && compare(&f->patterns.at[at], bytes, count) == 0;
}

static void add_form(struct out_filter *f, const char *bytes, size_t count)
{
    if (count < SHORTEST || is_known(f, bytes, count))
        return;
    struct pattern one = {.bytes = malloc(count), .count = count};
    if (!one.bytes)
        abort();
    memcpy(one.bytes, bytes, count);
    size_t at = lower_bound(f, bytes, count);
    ARRAY_PUSH(&f->patterns, one);
    memmove(&f->patterns.at[at + 1], &f->patterns.at[at], (f->patterns.count - 1 - at) * sizeof(one));
    f->patterns.at[at] = one;
    unsigned pair = (unsigned)(unsigned char)bytes[0] << 8 | (unsigned char)bytes[1];
    f->starts[pair / 64] |= UINT64_C(1) << (pair % 64);
    if (count > f->longest)
        f->longest = count;
}

/* Base64 of a text in which the secret stands: three bytes make four characters, so there are three ways to
 * fall into the raster.  Only those characters are looked for that the neighbors have no bit in. */
static void add_base64(struct out_filter *f, struct arena *tmp, const char *bytes, size_t count)
{
    static const size_t first_own[] = {0, 2, 3};
    for (size_t shift = 0; shift < 3; shift++) {
        char *shifted = arena_alloc(tmp, count + shift);
        memcpy(shifted + shift, bytes, count);
        char *text = arena_text(tmp, digest_base64(tmp, shifted, count + shift));
        size_t first = first_own[shift], end = (count + shift) * 8 / 6;
        add_form(f, text + first, end - first);
        for (size_t i = first; i < end; i++)
            text[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
        add_form(f, text + first, end - first);
    }
}

static void add_hex(struct out_filter *f, struct arena *tmp, const char *bytes, size_t count)
{
    char *text = arena_alloc(tmp, count * 2 + 1);
    digest_hex((const uint8_t *)bytes, count, text);
    add_form(f, text, count * 2);
    for (size_t i = 0; i < count * 2; i++)
        text[i] = text[i] >= 'a' ? (char)(text[i] - 'a' + 'A') : text[i];
    add_form(f, text, count * 2);
}

/* RFC 3986, 2.3: everything but these is escaped; `plus` is the form of HTML forms. */
static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~", c));
}

static void add_url(struct out_filter *f, struct buf *text, const char *bytes, size_t count,
                    const char *escape, bool plus)
{
    buf_clear(text);
    for (size_t i = 0; i < count; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (is_unreserved(bytes[i]))
            buf_char(text, bytes[i]);
        else if (plus && c == ' ')
            buf_char(text, '+');
        else if (escape[0] == 'x')
            buf_print(text, "%%%02x", c);
        else
            buf_print(text, "%%%02X", c);
    }
    add_form(f, text->at, text->count);
}

/* As in a JSON string: as written by most, and with the slash escaped too, as some do. */
static void add_json(struct out_filter *f, struct buf *text, const char *bytes, size_t count)
{
    buf_clear(text);
    value_json_print_text(text, bytes, count);
    add_form(f, text->at + 1, text->count - 2);
    struct buf slashed;
    buf_init(&slashed, 0);
    for (size_t i = 1; i + 1 < text->count; i++) {
        if (text->at[i] == '/')
            buf_char(&slashed, '\\');
        buf_char(&slashed, text->at[i]);
    }
    add_form(f, slashed.at, slashed.count);
    explicit_bzero(slashed.at, slashed.count);
    buf_done(&slashed);
}

void out_filter_add(struct out_filter *f, const char *bytes, size_t count)
{
    if (count < SHORTEST || is_known(f, bytes, count))
        return;
    struct arena *tmp = arena_new();
    struct buf text;
    buf_init(&text, 0);
    add_form(f, bytes, count);
    add_base64(f, tmp, bytes, count);
    add_hex(f, tmp, bytes, count);
    add_url(f, &text, bytes, count, "X", false);
    add_url(f, &text, bytes, count, "X", true);
    add_url(f, &text, bytes, count, "x", false);
    add_url(f, &text, bytes, count, "x", true);
    add_json(f, &text, bytes, count);
    /* As out_safe shows it. */
    buf_clear(&text);
    str_safe(&text, bytes, count);
    add_form(f, text.at, text.count);
    explicit_bzero(text.at, text.count);
    buf_done(&text);
    arena_free(tmp);
}

/* ---- looking --------------------------------------------------------------------------------- */

/* Length of the longest pattern that stands at `at`, or 0.  All that share the first bytes are neighbors. */
static size_t match(const struct out_filter *f, const char *at, size_t count)
{
    size_t longest = 0;
    for (size_t i = lower_bound(f, at, SHORTEST); i < f->patterns.count; i++) {
        const struct pattern *p = &f->patterns.at[i];
        if (memcmp(p->bytes, at, SHORTEST) != 0)
            break;
        if (p->count <= count && p->count > longest && memcmp(p->bytes, at, p->count) == 0)
            longest = p->count;
    }
    return longest;
}

size_t out_filter_find(const struct out_filter *f, const char *bytes, size_t count, size_t from,
                       size_t *length)
{
    if (out_filter_is_empty(f))
        return count;
    for (size_t i = from; i + SHORTEST <= count; i++) {
        unsigned pair = (unsigned)(unsigned char)bytes[i] << 8 | (unsigned char)bytes[i + 1];
        if (!(f->starts[pair / 64] >> (pair % 64) & 1))
            continue;
        *length = match(f, bytes + i, count - i);
        if (*length)
            return i;
    }
    return count;
}

void out_filter_mask(const struct out_filter *f, struct buf *out, const char *bytes, size_t count)
{
    for (size_t at = 0; at < count;) {
        size_t length = 0, next = out_filter_find(f, bytes, count, at, &length);
        buf_add(out, bytes + at, next - at);
        if (length)
            buf_text(out, MASK);
        at = next + length;
    }
}
