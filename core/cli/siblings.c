#include "cli/siblings.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "cli/session.h"
#include "model/addr.h"
#include "plan/taken.h"
#include "region/folder.h"
#include "region/project.h"
#include "region/region.h"
#include "store/store.h"

struct mark {
    const char *marker; /* first: it is looked up by what it begins with */
    struct taken_owner owner;
};

struct siblings {
    struct taken_others others;
    struct session *s;
    ARRAY(struct mark) reading;
    const struct mark *marks; /* by marker */
    size_t count;
    bool read;
};

static void add(struct siblings *b, const char *region, const char *marker, const char *address)
{
    struct arena *mem = b->s->mem;
    if (!marker)
        return;
    struct mark one = {arena_text(mem, marker), {region, arena_text(mem, address)}};
    ARRAY_PUSH(&b->reading, one);
}

/* Of a large region little is kept: the rest of its snapshot goes with tmp. */
static void read_store(struct siblings *b, const char *region)
{
    struct arena *tmp = arena_new();
    struct store_snapshot truth = {0};
    struct err err;
    const char *path = file_join(tmp, b->s->project->store, arena_print(tmp, "%s.db", region));
    if (!store_read(tmp, path, &truth, &err))
        log_debug("siblings: %s", err.summary);
    for (size_t i = 0; i < truth.res_count; i++)
        add(b, region, truth.res[i].marker, truth.res[i].address);
    for (size_t i = 0; i < truth.op_count; i++)
        add(b, region, truth.ops[i].marker, truth.ops[i].address);
    arena_free(tmp);
}

/* A store that was copied under another name holds the same marks: the same one of them is told every time.
 */
static int by_marker(const void *a, const void *b)
{
    const struct mark *one = a, *other = b;
    int order = strcmp(one->marker, other->marker);
    order = order ? order : strcmp(one->owner.region, other->owner.region);
    return order ? order : strcmp(one->owner.address, other->owner.address);
}

/* A region whose file is gone still has what its store says. */
static void read_all(struct siblings *b)
{
    struct session *s = b->s;
    const char *const *names;
    size_t count = 0;
    struct err err;
    if (!folder_list(s->mem, s->project->store, ".db", &names, &count, &err))
        count = 0;
    for (size_t i = 0; i < count; i++) {
        if (addr_region_is_valid(names[i]) && !str_equal(names[i], s->region->name))
            read_store(b, names[i]);
    }
    if (b->reading.count > 0)
        qsort(b->reading.at, b->reading.count, sizeof(*b->reading.at), by_marker);
    b->read = true;
    b->count = b->reading.count;
    b->marks = ARRAY_KEEP(&b->reading, s->mem);
    ARRAY_DONE(&b->reading);
}

static bool owner(void *user, const char *marker, struct taken_owner *out)
{
    struct siblings *b = user;
    if (!b->read)
        read_all(b);
    size_t i = str_find_sorted(marker, b->marks, b->count, sizeof(*b->marks));
    if (i >= b->count)
        return false;
    *out = b->marks[i].owner;
    return true;
}

const struct taken_others *siblings_of(struct session *s)
{
    if (!s->others) {
        struct siblings *b = ARENA_NEW(s->mem, struct siblings);
        b->s = s;
        b->others = (struct taken_others){.user = b, .owner = owner};
        s->others = &b->others;
    }
    return s->others;
}
