#include "launch/parity_open.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

void parity_open_done(struct parity_open *o)
{
    ARRAY_DONE(&o->places);
    ARRAY_DONE(&o->steps);
}

/* A step that is itself the difference has no settings besides. */
static int by_setting(const void *a, const void *b)
{
    const struct parity_open_place *x = a, *y = b;
    return strcmp(x->difference.setting, y->difference.setting);
}

static void close_step(struct parity_open *o)
{
    struct parity_open_step *step = o->steps.count > 0 ? &o->steps.at[o->steps.count - 1] : NULL;
    if (step != NULL && step->count > 1)
        qsort(&o->places.at[step->first], step->count, sizeof(*o->places.at), by_setting);
}

void parity_open_add(struct parity_open *o, const struct parity_difference *d)
{
    struct parity_open_place place = {.difference = *d, .causes = &o->none};
    struct parity_open_step step = {.address = d->address, .first = o->places.count, .whole = &o->none};
    if (o->steps.count == 0 || !str_equal(o->steps.at[o->steps.count - 1].address, d->address)) {
        close_step(o);
        ARRAY_PUSH(&o->steps, step);
    }
    o->steps.at[o->steps.count - 1].count++;
    ARRAY_PUSH(&o->places, place);
}

void parity_open_walk(struct parity_open *o)
{
    close_step(o);
    o->at = 0;
}

static int to_setting(const void *key, const void *place)
{
    const char *setting = ((const struct parity_open_place *)place)->difference.setting;
    return setting != NULL ? strcmp(key, setting) : 1;
}

struct parity_causes **parity_open_find(struct parity_open *o, const char *address, const char *setting)
{
    int order = 1;
    while (o->at < o->steps.count && (order = strcmp(o->steps.at[o->at].address, address)) < 0)
        o->at++;
    if (o->at == o->steps.count || order != 0)
        return NULL;
    struct parity_open_step *step = &o->steps.at[o->at];
    if (setting == NULL)
        return &step->whole;
    struct parity_open_place *place =
        bsearch(setting, &o->places.at[step->first], step->count, sizeof(*place), to_setting);
    return place != NULL ? &place->causes : NULL;
}

/* A step that went and came back in between: what moved it moved its settings. */
struct parity_causes *parity_open_causes(const struct parity_open *o, const struct parity_open_step *step,
                                         const struct parity_open_place *place)
{
    if (place->causes != &o->none)
        return place->causes;
    return step->whole != &o->none ? step->whole : NULL;
}
