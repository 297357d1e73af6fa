#include "base/map.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* Entries lie in one array in the order of insertion; a table of positions with open addressing and
 * linear probing finds them by hash.  A removed entry keeps its place with a NULL key until the
 * array is next compacted, which happens only when it is full, so that removing while walking with
 * map_next is safe. */
struct entry {
    const char *key; /* NULL: removed */
    void *value;
    uint32_t hash;
};

struct map {
    struct entry *entries;
    size_t used, room; /* of entries, removed ones included */
    size_t live;
    uint32_t *slots; /* position in entries + 1; 0: empty */
    size_t mask;     /* slots - 1; 0 while there are none */
};

#define FIRST_SLOTS 16

/* Eight bytes a step: a multiply and a fold as in the wyhash family.  It need not withstand
 * chosen keys, because the number of keys is capped upstream. */
static uint32_t hash_text(const char *text)
{
    const uint64_t odd = 0x9E3779B97F4A7C15u; /* 2^64 / golden ratio, as in Fibonacci hashing */
    size_t count = strlen(text);
    uint64_t h = count * odd, part;
    for (; count >= sizeof(part); text += sizeof(part), count -= sizeof(part)) {
        memcpy(&part, text, sizeof(part));
        h = (h ^ part) * odd;
        h ^= h >> 32;
    }
    part = 0;
    memcpy(&part, text, count);
    h = (h ^ part) * odd;
    h ^= h >> 29;
    h *= 0xBF58476D1CE4E5B9u; /* the finalizer of splitmix64 */
    return (uint32_t)(h ^ (h >> 32));
}

struct map *map_new(void)
{
    struct map *m = NULL;
    size_t room = 0;
    array_room((void **)&m, &room, 1, sizeof(*m));
    *m = (struct map){0};
    return m;
}

void map_free(struct map *m)
{
    if (!m)
        return;
    free(m->entries);
    free(m->slots);
    free(m);
}

/* Builds the table anew for the entries there are, at most half full. */
static void index_all(struct map *m)
{
    size_t count = FIRST_SLOTS, room = 0;
    while (count < m->room * 2)
        count *= 2;
    if (count != m->mask + 1 || !m->slots) {
        free(m->slots);
        m->slots = NULL;
        array_room((void **)&m->slots, &room, count, sizeof(*m->slots));
        m->mask = count - 1;
    }
    memset(m->slots, 0, count * sizeof(*m->slots));
    for (size_t i = 0; i < m->used; i++) {
        size_t at = m->entries[i].hash & m->mask;
        while (m->slots[at])
            at = (at + 1) & m->mask;
        m->slots[at] = (uint32_t)i + 1;
    }
}

/* Makes room for one more entry: by squeezing out removed ones when they are many, else by growing. */
static void make_room(struct map *m)
{
    if (m->used < m->room)
        return;
    size_t live = 0;
    for (size_t i = 0; i < m->used; i++) {
        if (m->entries[i].key)
            m->entries[live++] = m->entries[i];
    }
    m->used = live;
    if (live >= m->room - m->room / 4)
        array_room((void **)&m->entries, &m->room, m->room + 1, sizeof(*m->entries));
    assert(m->room < UINT32_MAX / 2);
    index_all(m);
}

/* The slot that holds `key`, or the empty one where it belongs.  Needs a table. */
static size_t slot_of(const struct map *m, const char *key, uint32_t hash)
{
    size_t at = hash & m->mask;
    for (; m->slots[at]; at = (at + 1) & m->mask) {
        const struct entry *e = &m->entries[m->slots[at] - 1];
        if (e->hash == hash && strcmp(e->key, key) == 0)
            break;
    }
    return at;
}

static struct entry *entry_find(const struct map *m, const char *key)
{
    if (m->live == 0)
        return NULL;
    uint32_t position = m->slots[slot_of(m, key, hash_text(key))];
    return position ? &m->entries[position - 1] : NULL;
}

void *map_put(struct map *m, const char *key, void *value)
{
    struct entry *e = entry_find(m, key);
    if (e) {
        void *earlier = e->value;
        e->value = value;
        return earlier;
    }
    make_room(m);
    uint32_t hash = hash_text(key);
    size_t at = slot_of(m, key, hash);
    m->entries[m->used++] = (struct entry){.key = key, .value = value, .hash = hash};
    m->slots[at] = (uint32_t)m->used;
    m->live++;
    return NULL;
}

void *map_find(const struct map *m, const char *key)
{
    const struct entry *e = entry_find(m, key);
    return e ? e->value : NULL;
}

bool map_has(const struct map *m, const char *key)
{
    return entry_find(m, key) != NULL;
}

/* Empties a slot and moves later members of its probe run back, so that no search stops early. */
static void slot_clear(struct map *m, size_t hole)
{
    size_t at = hole;
    for (;;) {
        at = (at + 1) & m->mask;
        if (!m->slots[at])
            break;
        size_t home = m->entries[m->slots[at] - 1].hash & m->mask;
        if (((at - home) & m->mask) >= ((at - hole) & m->mask)) {
            m->slots[hole] = m->slots[at];
            hole = at;
        }
    }
    m->slots[hole] = 0;
}

bool map_remove(struct map *m, const char *key)
{
    if (m->live == 0)
        return false;
    size_t slot = slot_of(m, key, hash_text(key));
    if (!m->slots[slot])
        return false;
    size_t position = m->slots[slot] - 1;
    slot_clear(m, slot);
    m->entries[position].key = NULL;
    m->live--;
    return true;
}

size_t map_count(const struct map *m)
{
    return m->live;
}

bool map_next(const struct map *m, size_t *at, const char **key, void **value)
{
    while (*at < m->used && !m->entries[*at].key)
        (*at)++;
    if (*at >= m->used)
        return false;
    *key = m->entries[*at].key;
    *value = m->entries[*at].value;
    (*at)++;
    return true;
}
