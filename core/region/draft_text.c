#include "region/draft_text.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "model/value.h"
#include "model/value_yaml_scalar.h"

/* Bytes of the line break that stands there, in any of YAML's spellings, or of another character that no file
 * may hold: 0 when there is none. */
static size_t break_length(const char *at, size_t left)
{
    if ((unsigned char)*at < ' ' || *at == 0x7f)
        return 1;
    if (left >= 2 && *at == '\xc2' && (unsigned char)at[1] < 0xa0) /* C1, with NEL */
        return 2;
    if (left >= 3 && memcmp(at, "\xe2\x80", 2) == 0 && ((unsigned char)at[2] | 1) == 0xa9) /* LS, PS */
        return 3;
    return 0;
}

void draft_text_inline_n(struct buf *out, const char *text, size_t count)
{
    for (size_t i = 0; i < count;) {
        size_t length = break_length(text + i, count - i);
        buf_char(out, length ? ' ' : text[i]);
        i += length ? length : 1;
    }
}

void draft_text_inline(struct buf *out, const char *text)
{
    draft_text_inline_n(out, text, strlen(text));
}

/* One character of a text that was read as YAML, so it is well-formed; *length: its bytes. */
static uint32_t code_point(const char *at, size_t *length)
{
    unsigned char first = (unsigned char)*at;
    *length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    uint32_t code = *length == 1 ? first : first & (0x7fu >> *length);
    for (size_t i = 1; i < *length; i++)
        code = code << 6 | ((unsigned char)at[i] & 0x3f);
    return code;
}

bool draft_text_is_word(const char *key)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    static const char more[] = "0123456789-";
    size_t begun = strspn(key, letters), at = begun;
    while (key[at] && (strchr(letters, key[at]) || strchr(more, key[at])))
        at++;
    return begun > 0 && key[at] == '\0';
}

/* Everything beyond ASCII is escaped, since YAML takes some of it for line breaks. */
static void add_quoted(struct buf *out, const char *text)
{
    buf_char(out, '"');
    for (size_t length; *text; text += length) {
        uint32_t code = code_point(text, &length);
        if (code < ' ' || code > '~')
            buf_print(out, "\\U%08x", code);
        else
            buf_print(out, "%s%c", code == '"' || code == '\\' ? "\\" : "", (char)code);
    }
    buf_char(out, '"');
}

void draft_text_key(struct buf *out, const char *key)
{
    if (draft_text_is_word(key))
        buf_text(out, key);
    else
        add_quoted(out, key);
}

/* Would the words mean this very text, and nothing else, behind a key? */
static bool is_plain_text(struct arena *mem, const char *text)
{
    static const char beside[] = " .,;()/%*_-+='";
    const struct value *read;
    struct err unused;
    for (size_t i = 0, length; text[i]; i += length) {
        uint32_t code = code_point(text + i, &length);
        bool letter = code < 0x80 ? isalnum((int)code) : code > 0xa0 && code < 0x250;
        if (!letter && (code > '~' || i == 0 || !strchr(beside, (int)code)))
            return false;
    }
    return *text && text[strlen(text) - 1] != ' ' && value_yaml_scalar_plain(mem, text, &read, &unused) &&
           value_kind(read) == VALUE_TEXT;
}

void draft_text_value(struct buf *out, struct arena *tmp, const char *text)
{
    if (is_plain_text(tmp, text))
        buf_text(out, text);
    else
        add_quoted(out, text);
}
