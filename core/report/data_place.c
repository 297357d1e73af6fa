#include "report/data_place.h"

#include "base/arena.h"
#include "base/array.h"
#include "base/map.h"
#include "model/decl.h"
#include "model/value.h"
#include "plan/plan.h"
#include "plan/residence.h"
#include "region/region.h"
#include "region/residency.h"

typedef ARRAY(struct data_place) places;

/* Where it is asked for, by the step, its driver's settings or the region. */
static const char *place_of(struct arena *mem, const struct plan *p, const struct plan_step *s)
{
    struct residence where;
    struct residence_ask ask = {.region = p->region,
                                .driver = s->driver,
                                .type = s->type,
                                .address = s->address,
                                .holds = value_list(mem, NULL, 0),
                                .asked = s->promise ? s->promise : s->desired};
    residence_judge(mem, &ask, &where);
    return where.asked ? where.asked : "nobody said";
}

static void add(struct arena *mem, const struct region *region, places *list, struct map *seen,
                const char *category, const char *place)
{
    const char *key = arena_print(mem, "%s\n%s", category, place);
    uintptr_t at = (uintptr_t)map_find(seen, key);
    if (at == 0) {
        bool ruled = region->residency != NULL;
        ARRAY_PUSH(list,
                   ((struct data_place){.category = category,
                                        .place = place,
                                        .ruled = ruled,
                                        .allowed = !ruled || residency_allows(region, category, place)}));
        at = list->count;
        map_put(seen, key, (void *)at);
    }
    list->at[at - 1].steps++;
}

static bool holds_data(const struct plan_step *s)
{
    return s->decl && s->decl->meta.holds_count > 0 && s->type && s->driver;
}

bool data_place_any(const struct plan *p)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (holds_data(&p->steps[i]))
            return true;
    return false;
}

const struct data_place *data_place_list(struct arena *mem, const struct plan *p, size_t *count)
{
    places list = {0};
    struct map *seen = map_new();
    for (uint32_t i = 0; i < p->count; i++) {
        const struct plan_step *s = &p->steps[i];
        for (size_t k = 0; holds_data(s) && k < s->decl->meta.holds_count; k++)
            add(mem, p->region, &list, seen, s->decl->meta.holds[k], place_of(mem, p, s));
    }
    map_free(seen);
    const struct data_place *kept = ARRAY_KEEP(&list, mem);
    *count = list.count;
    ARRAY_DONE(&list);
    return kept;
}
