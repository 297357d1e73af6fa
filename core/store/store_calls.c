#include "store/store_calls.h"

#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "store/store_cursor.h"
#include "store/store_source.h"

/* The calls of one address. */
struct set {
    struct arena *mem;
    struct map *calls; /* key -> struct store_call */
};

struct store_calls {
    const char *path;
    struct arena *mem;
    struct map *sets; /* address -> struct set */
};

struct store_calls *store_calls_new(const char *path)
{
    struct arena *mem = arena_new();
    struct store_calls *c = ARENA_NEW(mem, struct store_calls);
    c->path = path;
    c->mem = mem;
    c->sets = map_new();
    return c;
}

void store_calls_free(struct store_calls *c)
{
    if (!c)
        return;
    const char *address;
    void *at;
    for (size_t i = 0; map_next(c->sets, &i, &address, &at);) {
        struct set *set = at;
        map_free(set->calls);
        arena_free(set->mem);
    }
    map_free(c->sets);
    arena_free(c->mem);
}

/* ---- loading ------------------------------------------------------------------------------- */

static bool read_set(struct store_calls *c, const char *address, struct set *set, struct err *err)
{
    struct store_source s AUTO(store_source_close) = {0};
    struct store_cursor cursor AUTO(store_cursor_close) = {0};
    struct store_call row = {0};
    bool exists = false, more = true;
    if (!store_source_open(set->mem, c->path, &s, &exists, err))
        return false;
    if (!exists)
        return true;
    if (!store_cursor_open(&cursor, &s.db, STORE_ROWS_CALL, "WHERE address=?", err))
        return false;
    sqlite3_bind_text(cursor.stmt, 1, address, -1, SQLITE_STATIC);
    while (store_cursor_next(&cursor, set->mem, &row, &more, err) && more)
        map_put(set->calls, row.key, arena_copy(set->mem, &row, sizeof(row)));
    return !more;
}

/* Nothing of this address can be on its way to the disk before it was loaded, since every change loads it. */
static struct set *set_of(struct store_calls *c, const char *address, struct err *err)
{
    struct set *set = map_find(c->sets, address);
    if (set)
        return set;
    struct set loaded = {.mem = arena_new(), .calls = map_new()};
    if (!read_set(c, address, &loaded, err)) {
        map_free(loaded.calls);
        arena_free(loaded.mem);
        return NULL;
    }
    set = arena_copy(c->mem, &loaded, sizeof(loaded));
    map_put(c->sets, arena_text(c->mem, address), set);
    return set;
}

/* ---- asking and keeping up ----------------------------------------------------------------- */

bool store_calls_find(struct store_calls *c, const char *address, const char *key,
                      const struct store_call **out, struct err *err)
{
    struct set *set = set_of(c, address, err);
    if (!set)
        return false;
    *out = map_find(set->calls, key);
    return true;
}

/* A call that is put again replaces its texts; the old ones stay in the arena: an intent and what its driver
 * saved, for each unit of the step under way. */
static void keep(struct set *set, const struct store_call *call)
{
    struct store_call *copy = store_row_copy(set->mem, STORE_ROWS_CALL, call);
    struct store_call *earlier = map_find(set->calls, call->key);
    if (earlier)
        *earlier = *copy;
    else
        map_put(set->calls, copy->key, copy);
}

bool store_calls_put(struct store_calls *c, const struct store_call *call, struct err *err)
{
    struct set *set = set_of(c, call->address, err);
    if (!set)
        return false;
    keep(set, call);
    return true;
}

bool store_calls_drop(struct store_calls *c, const char *address, const char *key_prefix, struct err *err)
{
    struct set *set = set_of(c, address, err);
    if (!set)
        return false;
    const char *key;
    void *call;
    for (size_t i = 0; map_next(set->calls, &i, &key, &call);) {
        if (str_starts(key, key_prefix))
            map_remove(set->calls, key);
    }
    return true;
}

/* The old address stays known as one without calls. */
bool store_calls_rename(struct store_calls *c, const char *from, const char *to, struct err *err)
{
    struct set *old = set_of(c, from, err), *set = old ? set_of(c, to, err) : NULL;
    if (!set)
        return false;
    const char *key;
    void *at;
    for (size_t i = 0; map_next(old->calls, &i, &key, &at);) {
        struct store_call call = *(const struct store_call *)at;
        call.address = to;
        keep(set, &call);
        map_remove(old->calls, key);
    }
    return true;
}
