#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ELLIPSIS "..."

/* More than the longest part holds, so that a format may name parts of the error it is about to
 * change, and what vsnprintf had to cut is cut again, with an ellipsis. */
#define SCRATCH (sizeof(((struct err *)0)->detail) + 8)

/* Copies `text`; what does not fit ends with an ellipsis and never in the middle of a character. */
static void copy_cut(char *out, size_t room, const char *text)
{
    size_t count = strlen(text);
    if (count < room) {
        memcpy(out, text, count + 1);
        return;
    }
    count = room - sizeof(ELLIPSIS);
    while (count > 0 && ((unsigned char)text[count] & 0xC0) == 0x80)
        count--;
    memcpy(out, text, count);
    memcpy(out + count, ELLIPSIS, sizeof(ELLIPSIS));
}

static void print(char out[SCRATCH], const char *fmt, va_list args)
{
    if (vsnprintf(out, SCRATCH, fmt, args) < 0)
        out[0] = '\0';
}

static void begin(struct err *err, const char *code, const char *summary)
{
    err_clear(err);
    copy_cut(err->code, sizeof(err->code), code);
    copy_cut(err->summary, sizeof(err->summary), summary);
}

bool err_set(struct err *err, const char *code, const char *fmt, ...)
{
    char text[SCRATCH];
    va_list args;
    va_start(args, fmt);
    print(text, fmt, args);
    va_end(args);
    begin(err, code, text);
    return false;
}

bool err_sys(struct err *err, const char *code, int errno_value, const char *fmt, ...)
{
    char text[SCRATCH], reason[128];
    va_list args;
    va_start(args, fmt);
    print(text, fmt, args);
    va_end(args);
    /* The GNU form: returns the text, which is not always `reason`. */
    const char *why = strerror_r(errno_value, reason, sizeof(reason));
    size_t room = sizeof(err->summary) - strlen(why) - 2;
    char what[sizeof(err->summary)];
    copy_cut(what, room, text);
    begin(err, code, what);
    size_t count = strlen(err->summary);
    snprintf(err->summary + count, sizeof(err->summary) - count, ": %s", why);
    return false;
}

bool err_wrap(struct err *err, const char *fmt, ...)
{
    char text[SCRATCH + sizeof(err->summary) + 2];
    va_list args;
    va_start(args, fmt);
    print(text, fmt, args);
    va_end(args);
    size_t count = strlen(text);
    if (err->summary[0])
        snprintf(text + count, sizeof(text) - count, ": %s", err->summary);
    copy_cut(err->summary, sizeof(err->summary), text);
    return false;
}

bool err_detail(struct err *err, const char *fmt, ...)
{
    char text[SCRATCH];
    va_list args;
    va_start(args, fmt);
    print(text, fmt, args);
    va_end(args);
    copy_cut(err->detail, sizeof(err->detail), text);
    return false;
}

bool err_advise(struct err *err, const char *fmt, ...)
{
    char text[SCRATCH];
    va_list args;
    va_start(args, fmt);
    print(text, fmt, args);
    va_end(args);
    copy_cut(err->advice, sizeof(err->advice), text);
    return false;
}

bool err_at(struct err *err, const char *file, uint32_t line, uint32_t column)
{
    char place[24] = "";
    if (line && column)
        snprintf(place, sizeof(place), ":%u:%u", line, column);
    else if (line)
        snprintf(place, sizeof(place), ":%u", line);
    /* A long path loses its front, so that file name and line survive. */
    size_t room = sizeof(err->where) - strlen(place) - 1, count = strlen(file);
    const char *dots = "";
    if (count > room) {
        dots = ELLIPSIS;
        file += count - (room - strlen(ELLIPSIS));
        while (((unsigned char)*file & 0xC0) == 0x80)
            file++;
    }
    char where[sizeof(err->where)];
    snprintf(where, sizeof(where), "%s%s%s", dots, file, place);
    memcpy(err->where, where, sizeof(where));
    return false;
}

void err_clear(struct err *err)
{
    err->code[0] = err->where[0] = err->summary[0] = err->detail[0] = err->advice[0] = '\0';
}
