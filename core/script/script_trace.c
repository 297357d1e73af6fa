#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <lua.h>

#include "base/buf.h"
#include "base/str.h"
#include "script/script_parts.h"

/* Frames a reader still follows.  Each one is found by walking from the top, so a deep recursion is not gone
 * through to its end. */
#define FRAMES_MAX 12

/* Advice for what Lua itself says, by a part of its message. */
static const struct {
    const char *part, *advice;
} hints[] = {
    {"attempt to index a nil value",
     "what stands before the '.' or '[' is not there: check how it is spelled, or "
     "whether the region has it"},
    {"got reference)", "the attribute of a step is known later: compute with it in landfall.map(ref, "
                       "function(v) return ... end)"},
    {"attempt to call a nil value", "there is no such function: check how it is spelled"},
    {"attempt to call a table value", "only functions and types of steps can be called"},
    {"attempt to concatenate a nil value",
     "one side of '..' is not there: check how it is spelled, or whether "
     "the region has it"},
    {"attempt to concatenate a table value", "join texts and numbers only: choose one field of the table"},
    {"attempt to perform arithmetic", "one side is no number: check how it is spelled, or whether the region "
                                      "has it"},
    {"attempt to compare", "compare two numbers or two texts"},
    {"attempt to get length of", "'#' counts lists and the bytes of texts"},
    {"number has no integer representation", "divide with // instead of /"},
    {"assertion failed!", "the condition at that place does not hold: give assert a text that says what is "
                          "wanted"},
    {"stack overflow", "a function calls itself without an end"},
    {"C stack overflow", "a function calls itself without an end, or the code is nested too deeply"},
    {"attempt to yield across",
     "waiting calls such as ctx:call cannot stand inside a sort or a gsub function"},
};

const char *script_trace_name(struct script *s, const char *source)
{
    for (size_t i = s->files.count; i > 0; i--)
        if (s->files.at[i - 1].source == source)
            return s->files.at[i - 1].name;
    return "(script)";
}

/* Lua shortens long names in its messages to the last 56 characters behind three dots. */
static const char *without_place(const char *message, const char *name, uint32_t *line)
{
    size_t count = strlen(name);
    if (count >= LUA_IDSIZE && str_starts(message, "...")) {
        message += 3;
        name += count - (LUA_IDSIZE - 4);
        count = LUA_IDSIZE - 4;
    }
    if (strncmp(message, name, count) != 0 || message[count] != ':')
        return NULL;
    const char *at = message + count + 1;
    uint32_t number = 0;
    for (; isdigit((unsigned char)*at) && number < 100000000; at++)
        number = number * 10 + (uint32_t)(*at - '0');
    if (number == 0 || strncmp(at, ": ", 2) != 0)
        return NULL;
    *line = number;
    return at + 2;
}

/* Raised by the script with error or assert, and not by Lua?  Then the innermost functions are C, and one of
 * them is that. */
static bool is_own_words(const struct script *s, lua_State *L)
{
    lua_Debug ar;
    for (int level = 0; lua_checkstack(L, 1) && lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sf", &ar);
        int (*function)(lua_State *) = lua_tocfunction(L, -1);
        lua_pop(L, 1);
        if (ar.what[0] != 'C')
            return false;
        for (size_t i = 0; i < COUNT_OF(s->raising); i++)
            if (function == s->raising[i])
                return true;
    }
    return false;
}

/* An error of Lua itself: a text with the place in front, which becomes a place and a text. */
static void set_plain(struct script *s, lua_State *L, const char *message, struct err *err)
{
    const char *text = message, *rest = NULL, *file = NULL;
    uint32_t line = 0;
    for (size_t i = 0; i < s->files.count && !rest; i++) {
        file = s->files.at[i].name;
        rest = without_place(message, file, &line);
    }
    if (rest)
        text = rest;
    if (strcmp(text, "not enough memory") == 0) {
        script_trace_memory(s, err);
        return;
    }
    err_set(err, "script.failed", "%s", text);
    if (rest)
        err_at(err, file, line, 0);
    /* Who wrote the check knows better than we what is wrong, and that is seldom where the check stands. */
    if (is_own_words(s, L) && strcmp(text, "assertion failed!") != 0)
        err_advise(err,
                   "these are the playbook's own words: mend what they name; the place above is where it "
                   "noticed");
    for (size_t i = 0; i < COUNT_OF(hints) && !err->advice[0]; i++)
        if (strstr(text, hints[i].part))
            err_advise(err, "%s", hints[i].advice);
    if (!err->advice[0])
        err_advise(err, "mend the playbook at the place named above");
}

/* The stack is gone by now, so the place is the line noted last, at most a thousand instructions ago. */
void script_trace_memory(struct script *s, struct err *err)
{
    const char *file;
    uint32_t line;
    err_set(err, "script.memory", "the script needs more than %zu MiB of memory",
            s->limits.memory / (1024 * 1024));
    err_advise(err, "look for a table or a text that grows without an end");
    watchdog_last(s->dog, &file, &line);
    if (file)
        err_at(err, file, line, 0);
}

/* "playbooks/lib/x.lua:3, in add_database": a line that called the one above it. */
static void print_frame(struct script *s, struct buf *out, const lua_Debug *ar, bool first)
{
    buf_print(out, "%s%s %s:%d", first ? "" : "\n", first ? "at" : "called from",
              script_trace_name(s, ar->source), ar->currentline);
    if (ar->name && ar->what[0] != 'm')
        buf_print(out, ", in %s", ar->name);
}

/* The first line becomes the place unless the error has one; a single frame would only repeat it. */
static void tell_frames(struct script *s, lua_State *L, struct err *err)
{
    struct buf text;
    buf_init(&text, sizeof(err->detail) - 64);
    lua_Debug ar;
    size_t frames = 0;
    for (int level = 0; frames <= FRAMES_MAX && lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sln", &ar);
        if (ar.currentline <= 0)
            continue;
        if (!err->where[0])
            err_at(err, script_trace_name(s, ar.source), (uint32_t)ar.currentline, 0);
        if (frames < FRAMES_MAX)
            print_frame(s, &text, &ar, frames == 0);
        frames++;
    }
    if (frames > FRAMES_MAX)
        buf_text(&text, "\nand more");
    if (frames > 1 && !err->detail[0])
        err_detail(err, "%s", text.at);
    buf_done(&text);
}

/* A word leaves its whole error beside the message; the message tells whether that is the one at hand. */
static bool is_of(const struct err *r, const char *message)
{
    size_t count = strlen(r->where);
    if (count == 0)
        return strcmp(message, r->summary) == 0;
    return strncmp(message, r->where, count) == 0 && strncmp(message + count, ": ", 2) == 0 &&
           strcmp(message + count + 2, r->summary) == 0;
}

void script_trace_explain(struct script *s, lua_State *L, int message)
{
    struct err *err = &s->failure;
    const char *text = lua_type(L, message) == LUA_TSTRING ? lua_tostring(L, message) : NULL;
    if (!text) {
        err_set(err, "script.failed", "an error was raised with a %s as its message",
                lua_typename(L, lua_type(L, message)));
        err_advise(err, "call error with a text");
    } else if (s->failure.detail[0] && is_of(&s->failure, text)) {
        return; /* told where it happened, and raised again further out */
    } else if (s->raised.code[0] && is_of(&s->raised, text)) {
        *err = s->raised;
    } else {
        set_plain(s, L, text, err);
    }
    tell_frames(s, L, err);
}

/* The line as it stands in the file, made safe: it may hold anything. */
static void show_line(const char *bytes, size_t count, uint32_t line, struct err *err)
{
    const char *at = bytes, *end = bytes + count;
    for (uint32_t i = 1; i < line && at; i++) {
        at = memchr(at, '\n', (size_t)(end - at));
        at = at ? at + 1 : NULL;
    }
    if (!at || at >= end)
        return;
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    size_t length = (size_t)((stop ? stop : end) - at);
    struct buf text;
    buf_init(&text, 400);
    str_safe(&text, at, length < 200 ? length : 200);
    err_detail(err, "%6u | %s", line, text.at);
    buf_done(&text);
}

void script_trace_syntax(struct script *s, const char *name, const char *bytes, size_t count,
                         const char *message, struct err *err)
{
    uint32_t line = 0;
    const char *text = without_place(message, name, &line);
    if (!text && strstr(message, "not enough memory")) {
        script_trace_memory(s, err);
        return;
    }
    struct buf safe;
    buf_init(&safe, sizeof(err->summary));
    str_safe(&safe, text ? text : message, strlen(text ? text : message));
    err_set(err, "script.syntax", "this is not Lua: %s", safe.at);
    buf_done(&safe);
    err_at(err, name, line, 0);
    if (line)
        show_line(bytes, count, line, err);
    err_advise(err, "mend the line, or the one before it: a bracket, a comma or an 'end' may be missing");
}
