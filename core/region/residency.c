#include "region/residency.h"

#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "model/diag.h"
#include "model/origins.h"
#include "model/value.h"
#include "region/findings.h"
#include "region/keys.h"
#include "region/region.h"

/* Whole names only: "eu-central" does not allow "eu-central-1". */
static bool list_has(const struct value *list, const char *place, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(value_as_text(list->items[i]), place))
            return true;
    return false;
}

/* An empty list would forbid what the key just named; a repeated place is a slip for another one. */
static void check_places(struct findings *f, const char *category, const struct value *places)
{
    if (!keys_check_kind(f, "region", category, KEYS_LIST, places))
        return;
    if (places->count == 0)
        findings_error(f, "region.residency_empty", places, "name the places where it may live",
                       "'%s' may live nowhere", category);
    for (size_t i = 0; i < places->count; i++) {
        const struct value *place = places->items[i];
        if (!keys_check_kind(f, "region", "a place", KEYS_TEXT, place))
            continue;
        if (list_has(places, place->text, i))
            findings_error(f, "region.residency_twice", place, "remove one of the two", "'%s' is there twice",
                           place->text);
    }
}

void residency_check_block(struct findings *f, const struct value *map)
{
    for (size_t i = 0; value_kind(map) == VALUE_MAP && i < map->count; i++)
        check_places(f, map->pairs[i].key, map->pairs[i].value);
}

/* Fails closed: no block, no category, no list and no place all mean no. */
bool residency_allows(const struct region *region, const char *category, const char *place)
{
    const struct value *places = value_get(region->residency, category);
    return value_kind(places) == VALUE_LIST && list_has(places, place, places->count);
}

static const char *places_text(struct buf *text, const struct region *region, const struct value *places)
{
    const struct origin *at = origins_get(region->origins, places->where);
    buf_clear(text);
    for (size_t i = 0; i < places->count; i++)
        buf_print(text, "%s%s", i > 0 ? ", " : "", value_as_text(places->items[i]));
    if (at != NULL)
        buf_print(text, " (%s:%u)", at->file, at->line);
    return text->at;
}

/* Categories are few, and this runs for an error only. */
static const char *nearest_category(const struct region *region, const char *category)
{
    const struct value *map = region->residency;
    for (size_t i = 0; map != NULL && i < map->count; i++) {
        const char *one = map->pairs[i].key;
        if (str_nearest(category, &one, 1) != NULL)
            return one;
    }
    return NULL;
}

/* An unnamed category is refused and not waved through: the usual cause is a slip in a playbook, and the
 * other one is data nobody has decided about. */
static void unknown_category(const struct region *region, const struct residency_use *use,
                             const char *category, struct diags *out)
{
    const char *near = nearest_category(region, category);
    const struct value *places = near != NULL ? value_get(region->residency, near) : NULL;
    const struct origin *at = places != NULL ? origins_get(region->origins, places->where) : NULL;
    struct diag diag = {
        .severity = DIAG_ERROR,
        .code = "residency.unknown_category",
        .address = use->address,
        .where = use->where,
        .summary = arena_print(out->mem, "'%s' holds '%s', and region '%s' does not say where that may live",
                               use->address, category, region->name),
        .advice = near != NULL
                      ? arena_print(out->mem, "did you mean '%s'? or is that the slip%s%s%s", near,
                                    at != NULL ? " (" : "",
                                    at != NULL ? arena_print(out->mem, "%s:%u", at->file, at->key_line) : "",
                                    at != NULL ? ")?" : "?")
                      : arena_print(out->mem, "add '%s: [<places>]' to 'residency' in regions/%s.yaml",
                                    category, region->name),
    };
    diag_add(out, &diag);
}

/* One function for both, since the reader needs the same list: where the data may live. */
static void refuse_place(const struct region *region, const struct residency_use *use, const char *category,
                         struct diags *out)
{
    struct buf places;
    buf_init(&places, 0);
    places_text(&places, region, value_get(region->residency, category));
    struct diag diag = {
        .severity = DIAG_ERROR,
        .address = use->address,
        .where = use->where,
        .detail = arena_print(out->mem, "'%s' may live in: %s", category, places.at),
    };
    if (use->place == NULL) {
        diag.code = "residency.no_place";
        diag.summary =
            arena_print(out->mem, "'%s' holds '%s', and nothing says in which place", use->address, category);
        diag.advice = "give the step its place";
    } else {
        diag.code = "residency.not_allowed";
        diag.summary = arena_print(out->mem, "'%s' holds '%s', which may not live in '%s'", use->address,
                                   category, use->place);
        diag.advice = "move the step to an allowed place; adding a place is a decision for who owns the data";
    }
    diag_add(out, &diag);
    buf_done(&places);
}

void residency_check(const struct region *region, const struct residency_use *uses, size_t count,
                     struct diags *out)
{
    for (size_t i = 0; i < count; i++) {
        const struct residency_use *use = &uses[i];
        for (size_t j = 0; j < use->holds_count; j++) {
            const char *category = use->holds[j];
            if (value_kind(value_get(region->residency, category)) != VALUE_LIST)
                unknown_category(region, use, category, out);
            else if (use->place == NULL || !residency_allows(region, category, use->place))
                refuse_place(region, use, category, out);
        }
    }
}
