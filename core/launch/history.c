#include "launch/history.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"
#include "model/decl.h"
#include "plan/plan.h"
#include "plugin/registry.h"
#include "store/store.h"

/* Longer than any key: addresses, types and places have caps of their own far below. */
#define KEY_MAX 1024

/* The newest times of one key, as a ring: services change, and what they did years ago says little. */
struct bucket {
    uint32_t count;
    int64_t ms[HISTORY_KEPT];
};

struct history {
    struct arena *mem;
    struct map *buckets;  /* key text -> struct bucket */
    struct map *waits;    /* own region: address -> int64_t, when it first waited */
    struct map *troubles; /* own region: address -> struct history_trouble; NULL: mended since */
};

/* ---- times -------------------------------------------------------------------------------------------- */

/* False when it does not fit, which only a damaged store can bring about.  A blank is in none of the parts.
 */
static bool print_key(char out[KEY_MAX], const struct history_key *key, const char *place)
{
    int n = snprintf(out, KEY_MAX, "%s %s %s %s", key->what, key->driver, key->verb, place);
    return n > 0 && n < KEY_MAX;
}

static void add_time(struct history *h, const struct history_key *key, const char *place, int64_t ms)
{
    char text[KEY_MAX];
    if (!print_key(text, key, place))
        return;
    struct bucket *b = map_find(h->buckets, text);
    if (!b) {
        b = ARENA_NEW(h->mem, struct bucket);
        map_put(h->buckets, arena_text(h->mem, text), b);
    }
    b->ms[b->count++ % HISTORY_KEPT] = ms < 0 ? 0 : ms;
}

/* "" is no place: it stands for all of them. */
static void add_times(struct history *h, const struct history_key *key, const char *place, int64_t ms)
{
    add_time(h, key, place, ms);
    add_time(h, key, "", ms);
}

/* The newest row of that address: sorted by address, the live one last. */
static const struct store_res *find_row(const struct store_snapshot *truth, const char *address)
{
    size_t low = 0, high = truth->res_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (strcmp(truth->res[mid].address, address) <= 0)
            low = mid + 1;
        else
            high = mid;
    }
    bool found = low > 0 && strcmp(truth->res[low - 1].address, address) == 0;
    return found ? &truth->res[low - 1] : NULL;
}

/* A resource that is gone took its driver's name along: its times are nobody's. */
static void note_done(struct history *h, struct arena *tmp, const struct history_source *s,
                      const struct store_event *e)
{
    const struct store_res *row = find_row(s->truth, e->address);
    struct history_key key = {.what = e->address, .driver = "", .verb = e->verb ? e->verb : ""};
    if (!row)
        return;
    if (row->kind == DECL_RESOURCE || row->kind == DECL_EXISTING) {
        key.what = arena_print(tmp, "%s.%s", row->subsystem, row->type);
        key.driver = row->driver;
    }
    add_times(h, &key, s->place, e->took_ms);
}

/* ---- people ------------------------------------------------------------------------------------------- */

/* Waiting is told in every run; the first counts. */
static void note_waits(struct history *h, struct map *waits, const struct store_event *e)
{
    if (map_find(waits, e->address))
        return;
    map_put(waits, e->address, arena_copy(h->mem, &e->wall_ms, sizeof(e->wall_ms)));
}

static void note_person(struct history *h, struct map *waits, const struct history_source *s,
                        const struct store_event *e)
{
    const int64_t *since = map_find(waits, e->address);
    struct history_key key = {.what = e->address, .driver = "", .verb = "done"};
    if (!since)
        return;
    add_times(h, &key, s->place, e->wall_ms - *since);
    map_remove(waits, e->address);
}

/* ---- troubles ----------------------------------------------------------------------------------------- */

static bool is_trouble(enum event_kind kind)
{
    return kind == EVENT_STEP_FAILED || kind == EVENT_STEP_CONFLICT || kind == EVENT_STEP_HELD;
}

static void note_trouble(struct history *h, enum event_kind kind, const struct store_event *e)
{
    if (is_trouble(kind)) {
        struct history_trouble *t = ARENA_NEW(h->mem, struct history_trouble);
        *t = (struct history_trouble){kind, e->text, e->code, e->wall_ms};
        map_put(h->troubles, e->address, t);
    } else if (kind == EVENT_STEP_DONE || kind == EVENT_RECOVERED || kind == EVENT_RESOLVED) {
        map_remove(h->troubles, e->address);
    }
}

/* ---- making ------------------------------------------------------------------------------------------- */

static void read_source(struct history *h, const struct history_source *s)
{
    struct arena *tmp = arena_new();
    struct map *waits = map_new();
    for (size_t i = 0; i < s->event_count; i++) {
        const struct store_event *e = &s->events[i];
        enum event_kind kind = event_from_name(e->kind);
        if (!e->address)
            continue;
        if (s->own)
            note_trouble(h, kind, e);
        if (kind == EVENT_STEP_DONE)
            note_done(h, tmp, s, e);
        else if (kind == EVENT_STEP_WAITS)
            note_waits(h, s->own ? h->waits : waits, e);
        else if (kind == EVENT_RESOLVED && str_equal(e->verb, "done"))
            note_person(h, s->own ? h->waits : waits, s, e);
        arena_reset(tmp);
    }
    map_free(waits);
    arena_free(tmp);
}

struct history *history_new(const struct history_source *sources, size_t count)
{
    struct arena *mem = arena_new();
    struct history *h = ARENA_NEW(mem, struct history);
    h->mem = mem;
    h->buckets = map_new();
    h->waits = map_new();
    h->troubles = map_new();
    for (size_t i = 0; i < count; i++)
        read_source(h, &sources[i]);
    return h;
}

void history_free(struct history *h)
{
    if (!h)
        return;
    map_free(h->buckets);
    map_free(h->waits);
    map_free(h->troubles);
    arena_free(h->mem);
}

/* ---- asking ------------------------------------------------------------------------------------------- */

static bool find_in(const struct history *h, struct arena *mem, const struct history_key *key,
                    const char *place, struct history_found *out)
{
    char text[KEY_MAX];
    const struct bucket *b = print_key(text, key, place) ? map_find(h->buckets, text) : NULL;
    if (!b)
        return false;
    size_t kept = b->count < HISTORY_KEPT ? b->count : HISTORY_KEPT;
    int64_t ms[HISTORY_KEPT];
    memcpy(ms, b->ms, kept * sizeof(*ms));
    out->spread = spread_measured(mem, ms, kept);
    out->count = b->count;
    return true;
}

struct history_found history_find(const struct history *h, struct arena *mem, const struct history_key *key,
                                  const char *place)
{
    struct history_found found = {0};
    if (!find_in(h, mem, key, place, &found))
        found.elsewhere = find_in(h, mem, key, "", &found);
    return found;
}

int64_t history_waits_since(const struct history *h, const char *address)
{
    const int64_t *since = map_find(h->waits, address);
    return since ? *since : 0;
}

const struct history_trouble *history_trouble_of(const struct history *h, const char *address)
{
    return map_find(h->troubles, address);
}

struct history_key history_key_of(struct arena *mem, const struct plan_step *s)
{
    struct history_key key = {.what = s->address, .driver = "", .verb = plan_action_name(s->action)};
    if (s->action == PLAN_WAIT)
        key.verb = "done";
    /* The new object is what takes the time; the old one goes on the way, or after all the rest. */
    if (s->action == PLAN_REPLACE)
        key.verb = "create";
    if (!s->driver || !s->decl)
        return key;
    key.driver = s->driver->name;
    key.what = arena_print(mem, "%s.%s", s->decl->subsystem, s->decl->type);
    return key;
}
