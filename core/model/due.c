#include "model/due.h"

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/tick.h"

#define BEFORE " (due "

const char *due_print(struct arena *mem, const char *text, const char *deadline)
{
    return deadline ? arena_print(mem, "%s" BEFORE "%s)", text, deadline) : text;
}

/* The last one counts, and only at the very end: a text may speak of other dates. */
const char *due_find(struct arena *mem, const char *text)
{
    int64_t unused;
    const char *found = NULL;
    for (const char *at = text; (at = strstr(at, BEFORE)) != NULL; at++)
        found = at;
    if (!found || !str_ends(text, ")"))
        return NULL;
    found += strlen(BEFORE);
    const char *date = arena_text_n(mem, found, strlen(found) - 1);
    return tick_parse(date, &unused) ? date : NULL;
}
