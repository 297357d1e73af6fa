#include "script/script_pattern.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "script/script.h"
#include "script/script_call.h"

#define OPEN      (-1) /* a capture that has begun */
#define POSITION  (-2) /* "()": captures a place */
#define DEPTH_MAX 200  /* as in Lua; each level is a C frame */

static const char *match(struct script_pattern *m, const char *s, const char *p);

void script_pattern_init(struct script_pattern *m, lua_State *L, const char *text, size_t text_count,
                         const char *pattern, size_t pattern_count)
{
    m->L = L;
    m->text = text;
    m->text_end = text + text_count;
    m->pattern_end = pattern + pattern_count;
    m->steps = 0;
    m->depth = 0;
    m->count = 0;
}

static int malformed(struct script_pattern *m, const char *what)
{
    return script_call_fail(m->L, "script.pattern",
                            "see `Patterns` in the Lua 5.4 manual; %% escapes a character",
                            "malformed pattern: %s", what);
}

/* What was spent counts also when it was in vain, or a loop of pcalls would never end. */
static int too_many_steps(struct script_pattern *m)
{
    script_charge(m->L, m->steps);
    return script_call_fail(m->L, "script.pattern_steps",
                            "use fewer repeats, anchor it with ^, or take the text apart step by step",
                            "this pattern needs more than %u steps on a text of %zu bytes",
                            SCRIPT_PATTERN_STEPS, (size_t)(m->text_end - m->text));
}

static void step(struct script_pattern *m)
{
    if (++m->steps > SCRIPT_PATTERN_STEPS)
        too_many_steps(m);
}

/* Behind the single-character class that begins at p. */
static const char *class_end(struct script_pattern *m, const char *p)
{
    char c = *p++;
    if (c == '%') {
        if (p == m->pattern_end)
            malformed(m, "it ends with '%'");
        return p + 1;
    }
    if (c != '[')
        return p;
    if (p < m->pattern_end && *p == '^')
        p++;
    do {
        if (p == m->pattern_end)
            malformed(m, "a ']' is missing");
        c = *p++;
        if (c == '%') {
            if (p == m->pattern_end)
                malformed(m, "a ']' is missing");
            p++;
        }
    } while (p == m->pattern_end || *p != ']');
    return p + 1;
}

static bool in_class(int c, int class)
{
    static const struct {
        char letter;
        int (*is)(int c);
    } classes[] = {{'a', isalpha}, {'c', iscntrl}, {'d', isdigit}, {'g', isgraph}, {'l', islower},
                   {'p', ispunct}, {'s', isspace}, {'u', isupper}, {'w', isalnum}, {'x', isxdigit}};
    for (size_t i = 0; i < COUNT_OF(classes); i++)
        if (classes[i].letter == tolower(class))
            return (classes[i].is(c) != 0) != (isupper(class) != 0);
    return class == c;
}

/* p is at '[', end at its ']'. */
static bool in_set(int c, const char *p, const char *end)
{
    bool found = true;
    if (p[1] == '^') {
        found = false;
        p++;
    }
    while (++p < end) {
        if (*p == '%') {
            p++;
            if (in_class(c, (unsigned char)*p))
                return found;
        } else if (p[1] == '-' && p + 2 < end) {
            p += 2;
            if ((unsigned char)p[-2] <= c && c <= (unsigned char)*p)
                return found;
        } else if ((unsigned char)*p == c) {
            return found;
        }
    }
    return !found;
}

static bool single(struct script_pattern *m, const char *s, const char *p, const char *end)
{
    step(m);
    if (s >= m->text_end)
        return false;
    int c = (unsigned char)*s;
    switch (*p) {
    case '.':
        return true;
    case '%':
        return in_class(c, (unsigned char)p[1]);
    case '[':
        return in_set(c, p, end - 1);
    default:
        return (unsigned char)*p == c;
    }
}

/* "%bxy": from an x to the y that closes it. */
static const char *balance(struct script_pattern *m, const char *s, const char *p)
{
    if (p + 1 >= m->pattern_end)
        malformed(m, "'%b' needs two characters");
    if (s >= m->text_end || *s != *p)
        return NULL;
    int open = 1;
    for (const char *at = s + 1; at < m->text_end; at++) {
        step(m);
        if (*at == p[1]) {
            if (--open == 0)
                return at + 1;
        } else if (*at == *p) {
            open++;
        }
    }
    return NULL;
}

/* As many as there are, then fewer until the rest matches. */
static const char *most(struct script_pattern *m, const char *s, const char *p, const char *end)
{
    ptrdiff_t i = 0;
    while (single(m, s + i, p, end))
        i++;
    for (; i >= 0; i--) {
        const char *found = match(m, s + i, end + 1);
        if (found)
            return found;
    }
    return NULL;
}

/* As few as will do: the rest is tried first. */
static const char *fewest(struct script_pattern *m, const char *s, const char *p, const char *end)
{
    for (;; s++) {
        const char *found = match(m, s, end + 1);
        if (found)
            return found;
        if (!single(m, s, p, end))
            return NULL;
    }
}

/* A capture whose rest does not match is taken back, for the next try from here. */
static const char *open_capture(struct script_pattern *m, const char *s, const char *p, ptrdiff_t mark)
{
    if (m->count >= SCRIPT_PATTERN_CAPTURES)
        malformed(m, "it has more than 32 captures");
    m->captures[m->count].at = s;
    m->captures[m->count].length = mark;
    m->count++;
    const char *found = match(m, s, p);
    if (!found)
        m->count--;
    return found;
}

static const char *close_capture(struct script_pattern *m, const char *s, const char *p)
{
    unsigned i = m->count;
    while (i > 0 && m->captures[i - 1].length != OPEN)
        i--;
    if (i == 0)
        malformed(m, "a ')' closes nothing");
    m->captures[i - 1].length = s - m->captures[i - 1].at;
    const char *found = match(m, s, p);
    if (!found)
        m->captures[i - 1].length = OPEN;
    return found;
}

/* "%1": the same text as the capture. */
static const char *back_reference(struct script_pattern *m, const char *s, int digit)
{
    int i = digit - '1';
    if (i < 0 || (unsigned)i >= m->count || m->captures[i].length == OPEN)
        malformed(m, "it refers to a capture that is not there");
    if (m->captures[i].length == POSITION)
        return s;
    size_t length = (size_t)m->captures[i].length;
    m->steps += length;
    if ((size_t)(m->text_end - s) >= length && memcmp(m->captures[i].at, s, length) == 0)
        return s + length;
    return NULL;
}

/* "%f[set]": outside the set before, inside here; the ends of the text count as NUL. */
static bool frontier(struct script_pattern *m, const char *s, const char *p, const char *end)
{
    int before = s == m->text ? '\0' : (unsigned char)s[-1];
    int here = s < m->text_end ? (unsigned char)*s : '\0';
    return !in_set(before, p, end - 1) && in_set(here, p, end - 1);
}

/* What begins with '%' and is no class: true when it was one of these, with the place behind it in *p and
 * *s, which is NULL when it did not match. */
static bool special(struct script_pattern *m, const char **s, const char **p)
{
    char c = *p + 1 < m->pattern_end ? (*p)[1] : '\0';
    if (c == 'b') {
        *s = balance(m, *s, *p + 2);
        *p += 4;
    } else if (c == 'f') {
        const char *set = *p + 2;
        if (set >= m->pattern_end || *set != '[')
            malformed(m, "'%f' needs a set in brackets");
        const char *end = class_end(m, set);
        *s = frontier(m, *s, set, end) ? *s : NULL;
        *p = end;
    } else if (isdigit((unsigned char)c)) {
        *s = back_reference(m, *s, c);
        *p += 2;
    } else {
        return false;
    }
    return true;
}

/* One class with what may follow it; *p is moved on when the match simply goes on, else it is NULL and the
 * result is the answer. */
static const char *repeat(struct script_pattern *m, const char *s, const char **p)
{
    const char *from = *p, *end = class_end(m, from);
    char suffix = end < m->pattern_end ? *end : '\0';
    *p = NULL;
    switch (suffix) {
    case '?': {
        const char *found = single(m, s, from, end) ? match(m, s + 1, end + 1) : NULL;
        if (found)
            return found;
        *p = end + 1;
        return s;
    }
    case '+':
        return single(m, s, from, end) ? most(m, s + 1, from, end) : NULL;
    case '*':
        return most(m, s, from, end);
    case '-':
        return fewest(m, s, from, end);
    default:
        if (!single(m, s, from, end))
            return NULL;
        *p = end;
        return s + 1;
    }
}

static const char *match_here(struct script_pattern *m, const char *s, const char *p)
{
    while (p && s && p != m->pattern_end) {
        step(m);
        if (*p == '(') {
            if (p + 1 < m->pattern_end && p[1] == ')')
                return open_capture(m, s, p + 2, POSITION);
            return open_capture(m, s, p + 1, OPEN);
        }
        if (*p == ')')
            return close_capture(m, s, p + 1);
        if (*p == '$' && p + 1 == m->pattern_end)
            return s == m->text_end ? s : NULL;
        if (*p == '%' && special(m, &s, &p))
            continue;
        s = repeat(m, s, &p);
    }
    return s;
}

static const char *match(struct script_pattern *m, const char *s, const char *p)
{
    if (m->depth++ >= DEPTH_MAX)
        malformed(m, "it is too complex");
    const char *end = match_here(m, s, p);
    m->depth--;
    return end;
}

const char *script_pattern_match(struct script_pattern *m, const char *from, const char *pattern)
{
    m->count = 0;
    m->depth = 0;
    return match(m, from, pattern);
}

void script_pattern_push(struct script_pattern *m, unsigned i, const char *from, const char *to)
{
    if (i >= m->count) {
        if (i != 0)
            malformed(m, "it refers to a capture that is not there");
        lua_pushlstring(m->L, from, (size_t)(to - from));
        return;
    }
    if (m->captures[i].length == OPEN)
        malformed(m, "a ')' is missing");
    if (m->captures[i].length == POSITION)
        lua_pushinteger(m->L, m->captures[i].at - m->text + 1);
    else
        lua_pushlstring(m->L, m->captures[i].at, (size_t)m->captures[i].length);
}

int script_pattern_push_all(struct script_pattern *m, const char *from, const char *to)
{
    unsigned count = m->count == 0 && from ? 1 : m->count;
    luaL_checkstack(m->L, (int)count, "too many captures");
    for (unsigned i = 0; i < count; i++)
        script_pattern_push(m, i, from, to);
    return (int)count;
}
