#include "model/diag.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 8

/* A place taken apart: "regions/eu.yaml:12:3" is 15 bytes of file, line 12, column 3. */
struct place {
    size_t file;
    unsigned long line, column;
};

/* Takes ":NUMBER" off the end of the first `count` bytes; 0 when there is none. */
static unsigned long take_number(const char *where, size_t *count)
{
    size_t at = *count;
    while (at > 0 && where[at - 1] >= '0' && where[at - 1] <= '9')
        at--;
    if (at == *count || at == 0 || where[at - 1] != ':')
        return 0;
    *count = at - 1;
    return strtoul(where + at, NULL, 10);
}

/* "file:12" and "file:12:3" both; a file whose own name ends in :NUMBER sorts a little off. */
static struct place place_of(const char *where)
{
    struct place p = {.file = strlen(where)};
    p.line = take_number(where, &p.file);
    unsigned long before = take_number(where, &p.file);
    if (before) {
        p.column = p.line;
        p.line = before;
    }
    return p;
}

/* What has no place comes last. */
static int compare_places(const char *a, const char *b)
{
    if (!a || !b)
        return (a == NULL) - (b == NULL);
    struct place p = place_of(a), q = place_of(b);
    size_t common = p.file < q.file ? p.file : q.file;
    int order = memcmp(a, b, common);
    if (!order)
        order = (p.file > q.file) - (p.file < q.file);
    if (!order)
        order = (p.line > q.line) - (p.line < q.line);
    if (!order)
        order = (p.column > q.column) - (p.column < q.column);
    return order;
}

void diag_init(struct diags *d, struct arena *mem)
{
    *d = (struct diags){.mem = mem};
}

/* Makes room for one more; false when nothing kept is worth less than it.  An error pushes out a
 * mere warning, so that diag_ok always has one to show. */
static bool make_room(struct diags *d, enum diag_severity severity)
{
    if (d->count == DIAG_MAX) {
        size_t at = d->count;
        while (at > 0 && d->at[at - 1].severity <= severity)
            at--;
        if (at == 0)
            return false;
        memmove(&d->at[at - 1], &d->at[at], (d->count - at) * sizeof(*d->at));
        d->count--;
        return true;
    }
    if (d->count == d->room) {
        size_t room = d->room ? d->room * 2 : FIRST_ROOM;
        struct diag *more = ARENA_ARRAY(d->mem, struct diag, room);
        if (d->count)
            memcpy(more, d->at, d->count * sizeof(*more));
        d->at = more;
        d->room = room;
    }
    return true;
}

/* Inserted in order: DIAG_MAX bounds the cost, and the list is sorted at any moment. */
void diag_add(struct diags *d, const struct diag *one)
{
    d->errors += one->severity == DIAG_ERROR;
    d->warnings += one->severity == DIAG_WARNING;
    if (!make_room(d, one->severity))
        return;
    size_t at = d->count++;
    for (; at > 0 && compare_places(d->at[at - 1].where, one->where) > 0; at--)
        d->at[at] = d->at[at - 1];
    d->at[at] = (struct diag){
        .severity = one->severity,
        .code = arena_text(d->mem, one->code),
        .address = arena_text(d->mem, one->address),
        .path = arena_text(d->mem, one->path),
        .where = arena_text(d->mem, one->where),
        .summary = arena_text(d->mem, one->summary),
        .detail = arena_text(d->mem, one->detail),
        .advice = arena_text(d->mem, one->advice),
    };
}

static const char *or_null(const char *text)
{
    return text[0] ? text : NULL;
}

void diag_add_err(struct diags *d, enum diag_severity severity, const char *address, const struct err *err)
{
    diag_add(d, &(struct diag){
                    .severity = severity,
                    .code = err->code,
                    .address = address,
                    .where = or_null(err->where),
                    .summary = err->summary,
                    .detail = or_null(err->detail),
                    .advice = or_null(err->advice),
                });
}

void diag_add_untold(struct diags *d, size_t before, const struct err *err)
{
    if (d->errors == before)
        diag_add_err(d, DIAG_ERROR, NULL, err);
}

bool diag_ok(const struct diags *d, struct err *err)
{
    for (size_t i = 0; i < d->count; i++) {
        const struct diag *one = &d->at[i];
        if (one->severity != DIAG_ERROR)
            continue;
        err_set(err, one->code, "%s", one->summary);
        if (one->where)
            err_at(err, one->where, 0, 0);
        if (one->detail)
            err_detail(err, "%s", one->detail);
        if (one->advice)
            err_advise(err, "%s", one->advice);
        return false;
    }
    return true;
}
