#include "plan/residence.h"

#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/str.h"
#include "model/decl.h"
#include "model/origins.h"
#include "model/value.h"
#include "plan/plan.h"
#include "plugin/contract.h"
#include "plugin/registry.h"
#include "region/region.h"
#include "region/residency.h"
#include "store/store.h"

const char *residence_how_name(enum residence_how how)
{
    static const char *const names[] = {
        [RESIDENCE_SEEN] = "seen", [RESIDENCE_DECLARED] = "declared", [RESIDENCE_UNTOLD] = "not told"};
    return names[how];
}

const char *residence_verdict_name(enum residence_verdict v)
{
    static const char *const names[] = {
        [RESIDENCE_FINE] = "fine",           [RESIDENCE_OPEN] = "open",
        [RESIDENCE_UNRULED] = "unruled",     [RESIDENCE_ELSEWHERE] = "elsewhere",
        [RESIDENCE_FORBIDDEN] = "forbidden",
    };
    return names[v];
}

bool residence_is_wrong(const struct residence *r)
{
    return r->verdict >= RESIDENCE_ELSEWHERE;
}

/* ---- judging -------------------------------------------------------------------------------------- */

static const char *place_in(const struct contract_type *type, const struct value *attrs)
{
    const struct schema *schema = type->facts.schema;
    for (size_t i = 0; i < schema->count; i++) {
        const char *place = schema->attrs[i].flags & SCHEMA_PLACE
                                ? value_as_text(value_get(attrs, schema->attrs[i].name))
                                : NULL;
        if (place && *place)
            return place;
    }
    return NULL;
}

/* The step's own word first, then the drivers block's: `place` is what landfall's own drivers call it, and
 * `region` what those of AWS do.  The region's place is what is asked for by building there. */
static void find_asked(const struct residence_ask *ask, struct residence *out)
{
    const struct {
        const char *place, *by;
    } words[] = {
        {place_in(ask->type, ask->asked), "step"},
        {value_get_text(ask->driver->settings, "place", NULL), "driver"},
        {value_get_text(ask->driver->settings, "region", NULL), "driver"},
        {ask->region->place, "region"},
    };
    for (size_t i = 0; i < COUNT_OF(words) && !out->asked; i++) {
        out->asked = words[i].place;
        out->asked_by = words[i].place ? words[i].by : NULL;
    }
}

/* Fails closed: what the region does not name may live nowhere. */
static const char *forbidden(struct arena *mem, const struct residence_ask *ask, const char *place)
{
    for (size_t i = 0; i < ask->holds->count; i++) {
        const char *category = value_as_text(ask->holds->items[i]);
        if (!residency_allows(ask->region, category, place))
            return arena_print(mem, "'%s' holds '%s', is in '%s', and may not be there", ask->address,
                               category, place);
    }
    return NULL;
}

void residence_judge(struct arena *mem, const struct residence_ask *ask, struct residence *out)
{
    *out = (struct residence){.how = RESIDENCE_UNTOLD, .verdict = RESIDENCE_OPEN};
    find_asked(ask, out);
    out->told = place_in(ask->type, ask->state);
    if (out->told)
        out->how = ask->type->facts.traits & CATALOG_TELLS_PLACE ? RESIDENCE_SEEN : RESIDENCE_DECLARED;
    if (!ask->region->residency)
        out->verdict = RESIDENCE_UNRULED;
    else if (out->told)
        out->why = forbidden(mem, ask, out->told);
    if (out->why) {
        out->verdict = RESIDENCE_FORBIDDEN;
    } else if (out->told && out->asked && strcmp(out->told, out->asked) != 0) {
        out->verdict = RESIDENCE_ELSEWHERE;
        out->why = arena_print(mem, "'%s' was asked for in '%s' and is in '%s'", ask->address, out->asked,
                               out->told);
    } else if (out->told && out->verdict == RESIDENCE_OPEN) {
        out->verdict = RESIDENCE_FINE;
    }
}

/* ---- the entry ------------------------------------------------------------------------------------- */

struct pairs {
    struct arena *mem;
    struct pair at[20];
    size_t count;
};

static void put(struct pairs *p, const char *key, const struct value *v)
{
    if (v)
        p->at[p->count++] = (struct pair){key, v};
}

static void put_text(struct pairs *p, const char *key, const char *text)
{
    put(p, key, text && *text ? value_text(p->mem, text) : NULL);
}

/* category -> { at: where the region says so, places: [...] }; a category it does not name has neither. */
static const struct value *allowed(struct arena *mem, const struct residence_ask *ask)
{
    struct pair *all = ARENA_ARRAY(mem, struct pair, ask->holds->count + 1);
    size_t count = 0;
    for (size_t i = 0; i < ask->holds->count; i++) {
        const char *category = value_as_text(ask->holds->items[i]);
        const struct value *places = value_get(ask->region->residency, category);
        const struct origin *at = places ? origins_get(ask->region->origins, places->where) : NULL;
        bool twice = false;
        for (size_t k = 0; k < count; k++)
            twice = twice || str_equal(all[k].key, category);
        if (!places || twice)
            continue;
        struct pairs one = {.mem = mem};
        put(&one, "places", places);
        put_text(&one, "at", at ? arena_print(mem, "%s:%u", at->file, at->line) : NULL);
        all[count++] = (struct pair){category, value_map(mem, one.at, one.count)};
    }
    return value_map(mem, all, count);
}

const struct value *residence_entry(struct arena *mem, const struct residence_ask *ask,
                                    const struct residence *r, const struct residence_facts *facts)
{
    struct pairs p = {.mem = mem};
    put_text(&p, "address", ask->address);
    put(&p, "allowed", allowed(mem, ask));
    put_text(&p, "asked", r->asked);
    put_text(&p, "asked_by", r->asked_by);
    put_text(&p, "driver", arena_print(mem, "%s-%s", ask->driver->subsystem, ask->driver->name));
    put_text(&p, "driver_version", ask->driver->version);
    put(&p, "existing", value_bool(facts->existing));
    put(&p, "generation", value_int(mem, facts->generation));
    put(&p, "holds", ask->holds);
    put_text(&p, "how", residence_how_name(r->how));
    put_text(&p, "id", facts->id);
    put_text(&p, "instance", ask->driver->instance);
    put_text(&p, "region", ask->region->name);
    put_text(&p, "run", facts->run_id);
    put(&p, "shared", value_bool(facts->shared));
    put_text(&p, "told", r->told);
    put_text(&p, "verdict", residence_verdict_name(r->verdict));
    put_text(&p, "why", r->why);
    return value_map(mem, p.at, p.count);
}

/* ---- steps ------------------------------------------------------------------------------------------ */

static const struct value *holds_of(struct arena *mem, const struct decl_meta *meta)
{
    const struct value **items = ARENA_ARRAY(mem, const struct value *, meta->holds_count + 1);
    for (size_t i = 0; i < meta->holds_count; i++)
        items[i] = value_text(mem, meta->holds[i]);
    return value_list(mem, items, meta->holds_count);
}

bool residence_of_step(struct arena *mem, const struct plan *plan, const struct plan_step *s,
                       struct residence_ask *ask, struct residence_facts *facts)
{
    if (!s->decl || !s->type || !s->driver || s->decl->meta.holds_count == 0 || !s->observed || s->broken)
        return false;
    *ask = (struct residence_ask){.region = plan->region,
                                  .driver = s->driver,
                                  .type = s->type,
                                  .address = s->address,
                                  .holds = holds_of(mem, &s->decl->meta),
                                  .asked = s->desired ? s->desired : s->decl->attrs,
                                  .state = s->observed};
    *facts = (struct residence_facts){.generation = s->row ? s->row->generation : 0,
                                      .id = s->id,
                                      .shared = s->shared,
                                      .existing = s->decl->kind == DECL_EXISTING};
    return true;
}
