#include "model/addr.h"

#include <stdint.h>
#include <string.h>

#include "base/err.h"

/* Region names: ^[a-z][a-z0-9-]{0,30}[a-z0-9]$ */
#define REGION_MAX 32

static bool is_small(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_start(char c)
{
    return is_small(c) || is_digit(c);
}

static bool is_inside(char c)
{
    return is_start(c) || c == '_' || c == '-';
}

static bool name_is_valid_n(const char *name, size_t count)
{
    if (count == 0 || count > ADDR_NAME_MAX || !is_start(name[0]))
        return false;
    for (size_t i = 1; i < count; i++)
        if (!is_inside(name[i]))
            return false;
    return true;
}

bool addr_name_is_valid(const char *name)
{
    return name_is_valid_n(name, strlen(name));
}

/* The nearest valid name: small letters, one '-' for each run of anything else, cut to length. */
static void propose(const char *name, char out[ADDR_NAME_MAX + 1])
{
    size_t count = 0;
    for (; *name && count < ADDR_NAME_MAX; name++) {
        char c = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;
        if (is_start(c) || (count > 0 && is_inside(c)))
            out[count++] = c;
        else if (count > 0 && out[count - 1] != '-')
            out[count++] = '-';
    }
    while (count > 0 && !is_start(out[count - 1]))
        count--;
    out[count] = '\0';
}

bool addr_check_name(const char *name, struct err *err)
{
    if (addr_name_is_valid(name))
        return true;
    size_t count = strlen(name);
    if (count == 0)
        err_set(err, "addr.bad_name", "a step's name may not be empty");
    else if (count > ADDR_NAME_MAX)
        err_set(err, "addr.bad_name", "the name '%s' has %zu characters, the limit is %d", name, count,
                ADDR_NAME_MAX);
    else if (!is_start(name[0]))
        err_set(err, "addr.bad_name", "the name '%s' must begin with a small letter or a digit", name);
    else
        err_set(err, "addr.bad_name", "the name '%s' may hold small letters, digits, '-' and '_' only", name);
    char better[ADDR_NAME_MAX + 1];
    propose(name, better);
    if (better[0])
        return err_advise(err, "write '%s'", better);
    return err_advise(err, "choose a name such as 'main'");
}

const char *addr_of_resource(struct arena *mem, const char *subsystem, const char *type, const char *name)
{
    return arena_print(mem, "%s.%s.%s", subsystem, type, name);
}

const char *addr_of_kind(struct arena *mem, const char *kind, const char *name)
{
    return arena_print(mem, "%s.%s", kind, name);
}

/* The kinds of step that no plugin keeps; as subsystems they would make addresses ambiguous. */
static bool is_kind(const char *text, size_t count)
{
    static const char *const kinds[] = {"action", "check", "human", "todo"};
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strlen(kinds[i]) == count && memcmp(kinds[i], text, count) == 0)
            return true;
    return false;
}

/* Two parts begin with a kind, three with a subsystem and its type, which begin with a letter. */
bool addr_is_valid(const char *address)
{
    const char *dot = strchr(address, '.');
    if (!dot)
        return false;
    size_t first = (size_t)(dot - address);
    const char *second = dot + 1;
    dot = strchr(second, '.');
    if (!dot)
        return is_kind(address, first) && addr_name_is_valid(second);
    return name_is_valid_n(address, first) && is_small(address[0]) && !is_kind(address, first) &&
           name_is_valid_n(second, (size_t)(dot - second)) && is_small(second[0]) &&
           addr_name_is_valid(dot + 1);
}

bool addr_region_is_valid(const char *region)
{
    size_t count = strlen(region);
    if (count < 2 || count > REGION_MAX || !is_small(region[0]) || !is_start(region[count - 1]))
        return false;
    for (size_t i = 1; i < count; i++)
        if (!is_start(region[i]) && region[i] != '-')
            return false;
    return true;
}

bool addr_pattern_is_valid(const char *pattern)
{
    bool begins = true;
    for (; *pattern; pattern++) {
        if (*pattern == '.' && begins)
            return false;
        if (*pattern != '.' && *pattern != '*' && !is_inside(*pattern))
            return false;
        begins = *pattern == '.';
    }
    return !begins;
}

/* The end of one part, and how many letters it has. */
static size_t part(const char *text)
{
    return strcspn(text, ".");
}

/* A star is tried short first; when what follows fails, it takes one letter more.  Only the last star needs
 * to be gone back to. */
static bool part_matches(const char *pattern, size_t pattern_count, const char *text, size_t count)
{
    size_t p = 0, t = 0, star = SIZE_MAX, from = 0;
    while (t < count) {
        if (p < pattern_count && pattern[p] == '*') {
            star = p++;
            from = t;
        } else if (p < pattern_count && pattern[p] == text[t]) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern_count && pattern[p] == '*')
        p++;
    return p == pattern_count;
}

bool addr_matches(const char *pattern, const char *address)
{
    for (;;) {
        size_t wanted = part(pattern), is = part(address);
        if (!part_matches(pattern, wanted, address, is))
            return false;
        pattern += wanted;
        address += is;
        if (!*pattern)
            return true;
        if (!*address)
            return false;
        pattern++;
        address++;
    }
}
