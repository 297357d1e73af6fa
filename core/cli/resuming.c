#include "cli/resuming.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/plan.h"
#include "plan/spend.h"

/* An entry of an outline is "create DIGEST", or "create DIGEST unpriced". */
static enum plan_action action_of(const char *entry)
{
    size_t length = strcspn(entry, " ");
    for (int a = PLAN_KEEP; a <= PLAN_FORGET; a++) {
        const char *name = plan_action_name((enum plan_action)a);
        if (strlen(name) == length && memcmp(name, entry, length) == 0)
            return (enum plan_action)a;
    }
    return PLAN_KEEP;
}

/* Where the words behind the first begin; the end when there are none. */
static const char *behind(const char *entry)
{
    entry += strcspn(entry, " ");
    return entry + (*entry == ' ');
}

static bool is_declared_alike(const char *before, const char *now)
{
    const char *a = behind(before), *b = behind(now);
    size_t length = strcspn(a, " ");
    return length == strcspn(b, " ") && strncmp(a, b, length) == 0;
}

static bool had_price(const char *entry)
{
    return strcmp(behind(behind(entry)), "unpriced") != 0;
}

/* The first five are ordered by strength; of the others each is a thing of its own.  Letting go of a row that
 * was to be destroyed, and is gone, is less. */
static bool is_covered(enum plan_action agreed, enum plan_action now)
{
    if (now == agreed)
        return true;
    if (now == PLAN_FORGET)
        return agreed == PLAN_DESTROY;
    return now <= PLAN_DESTROY && agreed <= PLAN_DESTROY && now < agreed;
}

/* These do nothing to the world. */
static bool is_harmless(enum plan_action a)
{
    return a == PLAN_KEEP || a == PLAN_LOOKUP || a == PLAN_WAIT || a == PLAN_TODO;
}

struct comparison {
    struct arena *mem;
    bool has_ceiling;
    struct resuming_difference *at;
    size_t count;
};

static void add(struct comparison *c, struct resuming_difference d)
{
    c->at[c->count++] = d;
}

/* NULL, which has no parts, when there is none to be read. */
static const struct value *read_outline(struct arena *mem, const char *outline)
{
    const struct value *v = NULL;
    struct err none;
    return outline && value_json_parse(mem, outline, strlen(outline), &v, &none) ? v : NULL;
}

/* A file that is read no more shows in the steps, and in the file that named it. */
static void compare_files(struct comparison *c, const struct value *before, const struct value *now)
{
    for (size_t i = 0; value_kind(now) == VALUE_MAP && i < now->count; i++) {
        const char *path = now->pairs[i].key;
        if (strcmp(value_get_text(before, path, ""), value_get_text(now, path, "")) != 0)
            add(c, (struct resuming_difference){.kind = RESUMING_FILE, .what = path});
    }
}

/* A yes given for "create" is no yes for whatever the step has become; but what is harmless needs none. */
static void compare_step(struct comparison *c, const struct plan_step *s, const struct value *agreed,
                         const struct value *now)
{
    const char *before = value_get_text(agreed, s->address, NULL);
    struct resuming_difference d = {.what = s->address};
    if (before && is_covered(action_of(before), s->action)) {
        bool alike = is_declared_alike(before, value_get_text(now, s->address, ""));
        bool lost = c->has_ceiling && spend_counts(s) && !s->cost.priced && had_price(before);
        if (alike && !lost)
            return;
        d.kind = alike ? RESUMING_UNPRICED : RESUMING_EDITED;
        d.now = s->cost.why_not;
    } else {
        d.kind = RESUMING_MORE;
        d.before = before ? arena_text_n(c->mem, before, strcspn(before, " ")) : NULL;
        d.now = plan_action_name(s->action);
    }
    add(c, d);
}

static bool is_to_do(const struct plan_step *s)
{
    return s->targeted && !is_harmless(s->action);
}

static bool has_work(const struct plan *p)
{
    for (uint32_t i = 0; i < p->count; i++) {
        if (is_to_do(&p->steps[i]))
            return true;
    }
    return false;
}

static size_t count_of(const struct value *map)
{
    return value_kind(map) == VALUE_MAP ? map->count : 0;
}

void resuming_compare(struct arena *mem, const char *outline, const struct plan *now, bool has_ceiling,
                      struct resuming_difference **out, size_t *count)
{
    const struct value *a = read_outline(mem, outline), *b = read_outline(mem, now->outline);
    size_t files = count_of(value_get(b, "files")) + count_of(value_get(b, "region_files"));
    struct comparison c = {.mem = mem, .has_ceiling = has_ceiling};
    c.at = ARENA_ARRAY(mem, struct resuming_difference, now->count + files + 1);
    if (has_work(now)) {
        compare_files(&c, value_get(a, "region_files"), value_get(b, "region_files"));
        compare_files(&c, value_get(a, "files"), value_get(b, "files"));
    }
    const struct value *agreed = value_get(a, "steps"), *steps = value_get(b, "steps");
    for (uint32_t i = 0; i < now->count; i++) {
        if (is_to_do(&now->steps[i]))
            compare_step(&c, &now->steps[i], agreed, steps);
    }
    *out = c.at;
    *count = c.count;
}
