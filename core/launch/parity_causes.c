#include "launch/parity_causes.h"

#include "base/arena.h"
#include "launch/parity.h"

struct parity_causes_way {
    const struct parity_causes_more *more;
    struct parity_causes *to;
    struct parity_causes_way *next;
};

static bool has(const struct parity_causes *set, const struct parity_cause *cause)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->at[i] == cause)
            return true;
    return false;
}

static struct parity_causes *make(struct arena *mem, const struct parity_causes *set,
                                  const struct parity_causes_more *more)
{
    struct parity_causes *made = ARENA_NEW(mem, struct parity_causes);
    const struct parity_cause **at =
        ARENA_ARRAY(mem, const struct parity_cause *, set->count + more->count + 1);
    made->at = at;
    made->explained = true;
    for (size_t i = 0; i < set->count + more->count; i++) {
        const struct parity_cause *cause = i < set->count ? set->at[i] : more->at[i - set->count];
        if (has(made, cause))
            continue;
        at[made->count++] = cause;
        made->explained = made->explained && cause->by < PARITY_UNEXPLAINED;
    }
    return made;
}

struct parity_causes *parity_causes_one(struct arena *mem, const struct parity_cause *cause)
{
    static const struct parity_causes none = {0};
    return make(mem, &none, &(struct parity_causes_more){&cause, 1});
}

/* A set has as many ways as there are turns after it at most, and the newest is asked for again. */
struct parity_causes *parity_causes_join(struct arena *mem, struct parity_causes *set,
                                         const struct parity_causes_more *more)
{
    for (const struct parity_causes_way *way = set->ways; way != NULL; way = way->next)
        if (way->more == more)
            return way->to;
    struct parity_causes_way *way = ARENA_NEW(mem, struct parity_causes_way);
    *way = (struct parity_causes_way){more, make(mem, set, more), set->ways};
    set->ways = way;
    return way->to;
}
