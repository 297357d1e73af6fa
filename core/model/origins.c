#include "model/origins.h"

#include <assert.h>
#include <string.h>

#define ORIGINS_FIRST_ROOM 64 /* a small region file fits without growing */

void origins_init(struct origins *o, struct arena *mem)
{
    *o = (struct origins){.mem = mem, .count = 1, .room = ORIGINS_FIRST_ROOM};
    o->at = ARENA_ARRAY(mem, struct origin, o->room);
}

uint32_t origins_add(struct origins *o, struct origin one)
{
    if (o->count == o->room) {
        struct origin *grown = ARENA_ARRAY(o->mem, struct origin, o->room * 2);
        memcpy(grown, o->at, o->count * sizeof(*grown));
        o->at = grown;
        o->room *= 2;
    }
    /* Files are capped at 1 MiB, so a 32-bit index cannot run out. */
    assert(o->count < UINT32_MAX);
    o->at[o->count] = one;
    return (uint32_t)o->count++;
}

const struct origin *origins_get(const struct origins *o, uint32_t where)
{
    return where == 0 || where >= o->count ? NULL : &o->at[where];
}

void origins_set_value(struct origins *o, uint32_t where, const struct value *v)
{
    assert(where > 0 && where < o->count);
    o->at[where].value = v;
}

uint32_t origins_text_of(const struct origins *o, uint32_t where)
{
    /* Every entry is made from an earlier one, so this ends. */
    while (where != 0 && where < o->count && o->at[where].kind == ORIGIN_COPIED)
        where = o->at[where].from;
    return where;
}
