#include "model/value_yaml_source.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "model/value_yaml.h"

/* A caret helps on one screen line only: longer lines are shown as a window around the column. */
#define SHOWN_BEFORE 60
#define SHOWN_AFTER  40

/* Past the last line it gives the last one: an error at the end of the text is shown there. */
static const char *line_start(const char *text, uint32_t line)
{
    for (uint32_t at = 1; at < line; at++) {
        const char *end = strchr(text, '\n');
        if (end == NULL)
            break;
        text = end + 1;
    }
    return text;
}

/* Steps over one character; the text is valid UTF-8 or the step is one byte. */
static const char *next_char(const char *at)
{
    at++;
    while (((unsigned char)*at & 0xc0) == 0x80)
        at++;
    return at;
}

/* The caret is placed by terminal columns, so it also stands right below wide characters. */
bool value_yaml_source_point(struct err *err, const char *name, const char *text, uint32_t line,
                             uint32_t column)
{
    const char *start = line_start(text, line);
    size_t length = strcspn(start, "\r\n");
    const char *caret = start;
    const char *shown = start;
    for (uint32_t at = 1; at < column && caret < start + length; at++) {
        caret = next_char(caret);
        if (at > SHOWN_BEFORE)
            shown = next_char(shown);
    }
    const char *end = caret;
    for (int i = 0; i < SHOWN_AFTER && end < start + length; i++)
        end = next_char(end);

    struct buf before, line_text;
    buf_init(&before, 0);
    buf_init(&line_text, 0);
    str_safe(&before, shown, (size_t)(caret - shown));
    str_safe(&line_text, shown, (size_t)(end - shown));
    err_at(err, name, line, column);
    err_detail(err, "%5u | %s%s%s\n      | %*s%s^", line, shown > start ? "..." : "", line_text.at,
               end < start + length ? "..." : "", (int)str_columns(before.at), "",
               shown > start ? "   " : "");
    buf_done(&before);
    buf_done(&line_text);
    return false;
}

bool value_yaml_source_tab_indents(const char *text, uint32_t line)
{
    const char *start = line_start(text, line);
    return memchr(start, '\t', strspn(start, " \t")) != NULL;
}

/* Bytes of the well-formed character at `at`, or 0. */
static size_t char_size(const char *at, size_t left)
{
    unsigned char lead = (unsigned char)*at;
    size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    return size <= left && str_is_utf8(at, size) ? size : 0;
}

/* Characters YAML or a terminal takes for a line end or a command: C0 but tab and the line ends, DEL, C1
 * (which has NEL), U+2028 and U+2029. */
static bool is_control(const char *at, size_t size, size_t left)
{
    unsigned char a = (unsigned char)at[0];
    if (size == 1)
        return (a < 0x20 && a != '\t' && a != '\n' && !(a == '\r' && left > 1 && at[1] == '\n')) || a == 0x7f;
    if (size == 2)
        return a == 0xc2 && (unsigned char)at[1] < 0xa0;
    return size == 3 && (memcmp(at, "\xe2\x80\xa8", 3) == 0 || memcmp(at, "\xe2\x80\xa9", 3) == 0);
}

/* libyaml would notice some of this too, but late and in its own words; others, such as NEL as a line end, it
 * takes and people do not see. */
static bool check_chars(const char *name, const char *text, size_t count, struct err *err)
{
    uint32_t line = 1, column = 1;
    for (size_t at = 0; at < count;) {
        size_t size = char_size(text + at, count - at);
        if (size == 0) {
            err_set(err, "yaml.utf8", "byte 0x%02x is not UTF-8 text", (unsigned char)text[at]);
            err_advise(err, "save the file as UTF-8");
            return value_yaml_source_point(err, name, text, line, column);
        }
        if (is_control(text + at, size, count - at)) {
            err_set(err, "yaml.control", "a control character stands in the text");
            err_advise(err, "remove it, or write it as an escape in double quotes, such as \"\\u2028\"");
            return value_yaml_source_point(err, name, text, line, column);
        }
        column++;
        if (text[at] == '\n') {
            line++;
            column = 1;
        }
        at += size;
    }
    return true;
}

bool value_yaml_source_check(const char *name, const char *text, size_t count, struct err *err)
{
    if (count > VALUE_YAML_BYTES) {
        err_set(err, "yaml.too_long", "'%s' has %zu bytes; %u are allowed", name, count, VALUE_YAML_BYTES);
        err_advise(err, "split it, or keep bulk data in a CSV file that the playbook reads");
        return err_at(err, name, 0, 0);
    }
    if (count >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        err_set(err, "yaml.bom", "'%s' begins with a byte order mark", name);
        err_advise(err, "save the file as UTF-8 without a byte order mark");
        return err_at(err, name, 1, 1);
    }
    return check_chars(name, text, count, err);
}
