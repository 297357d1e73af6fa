#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "model/path.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/approval.h"

struct delta {
    struct arena *mem;
    struct approval_delta *out;
    unsigned max;
    ARRAY(struct approval_step) steps;
    ARRAY(struct approval_change) changes; /* of the step at hand */
};

static struct approval_step *tell(struct delta *d, char sign, const char *action, const char *address)
{
    if (d->steps.count >= d->max) {
        d->out->left_out++;
        return NULL;
    }
    ARRAY_PUSH(&d->steps, ((struct approval_step){.sign = sign, .action = action, .address = address}));
    return &d->steps.at[d->steps.count - 1];
}

/* Nobody needs to say yes to these. */
static bool is_quiet(const char *action)
{
    static const char *const quiet[] = {"keep", "lookup", "check", "wait", "todo"};
    for (size_t i = 0; i < COUNT_OF(quiet); i++) {
        if (strcmp(action, quiet[i]) == 0)
            return true;
    }
    return false;
}

static const char *action_of(const struct value *step)
{
    return value_get_text(step, "action", "");
}

static bool is_to_do(const struct value *step)
{
    return step && value_get_bool(step, "targeted", false) && !is_quiet(action_of(step));
}

/* What of a step a person says yes to; what was read of the world meanwhile is not. */
static bool is_alike(const struct value *a, const struct value *b)
{
    static const char *const keys[] = {"action", "desired",      "promise", "driver",  "holds",
                                       "shared", "irreversible", "inputs",  "version", "owner"};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        if (!value_equal(value_get(a, keys[i]), value_get(b, keys[i])))
            return false;
    }
    return true;
}

/* ---- in what ----------------------------------------------------------------------------------- */

static void differ(struct delta *d, const char *what, const struct value *before, const struct value *now,
                   bool hidden)
{
    if (before == now || (before && now && value_equal(before, now)))
        return;
    hidden = hidden || value_has_secret(before) || value_has_secret(now);
    ARRAY_PUSH(&d->changes, ((struct approval_change){what, before, now, hidden}));
}

/* The path of a part: of a map's key, or with key NULL of a list's item. */
static const char *part_of(struct delta *d, const char *path, const char *key, size_t index)
{
    struct buf text;
    buf_init(&text, 0);
    buf_text(&text, path);
    if (key)
        path_print_key(&text, key, path[0] == '\0');
    else
        path_print_index(&text, index);
    const char *made = buf_keep(&text, d->mem);
    buf_done(&text);
    return made;
}

static void compare_values(struct delta *d, const char *path, const struct value *before,
                           const struct value *now);

static void compare_maps(struct delta *d, const char *path, const struct value *before,
                         const struct value *now)
{
    for (size_t i = 0; i < now->count; i++) {
        const struct pair *p = &now->pairs[i];
        const struct value *was = value_get(before, p->key);
        if (!was || !value_equal(was, p->value))
            compare_values(d, part_of(d, path, p->key, 0), was, p->value);
    }
    for (size_t i = 0; i < before->count; i++) {
        const struct pair *p = &before->pairs[i];
        if (!value_get(now, p->key))
            differ(d, part_of(d, path, p->key, 0), p->value, NULL, false);
    }
}

/* Item by item only where they pair up: lists of maps, as long as each other. */
static bool pair_up(const struct value *before, const struct value *now)
{
    bool are =
        value_kind(before) == VALUE_LIST && value_kind(now) == VALUE_LIST && before->count == now->count;
    for (size_t i = 0; are && i < now->count; i++)
        are = value_kind(before->items[i]) == VALUE_MAP && value_kind(now->items[i]) == VALUE_MAP;
    return are;
}

/* As deep as both have parts, which the depth of a plan file bounds. */
static void compare_values(struct delta *d, const char *path, const struct value *before,
                           const struct value *now)
{
    if (value_kind(before) == VALUE_MAP && value_kind(now) == VALUE_MAP) {
        compare_maps(d, path, before, now);
    } else if (pair_up(before, now)) {
        for (size_t i = 0; i < now->count; i++)
            compare_values(d, part_of(d, path, NULL, i), before->items[i], now->items[i]);
    } else {
        differ(d, path, before, now, false);
    }
}

/* A promise that says no more than what is declared is not written down. */
static const struct value *promise_of(const struct value *step)
{
    const struct value *promise = value_get(step, "promise");
    return promise ? promise : value_get(step, "desired");
}

/* What a step is declared to be, or will be by its driver's word where only that differs. */
static void compare_attributes(struct delta *d, const struct value *before, const struct value *now)
{
    const struct value *was = value_get(before, "desired"), *is = value_get(now, "desired");
    if (was && is && value_equal(was, is)) {
        was = promise_of(before);
        is = promise_of(now);
    }
    const struct value *none = value_map(d->mem, NULL, 0);
    compare_values(d, "", was ? was : none, is ? is : none);
}

static void compare_rest(struct delta *d, const struct value *before, const struct value *now)
{
    static const struct {
        const char *key, *name;
        bool is_flag, hidden;
    } rest[] = {{"driver", "driver", false, false},         {"holds", "holds", false, false},
                {"inputs", "what it runs on", false, true}, {"irreversible", "loses data", true, false},
                {"owner", "owner", false, false},           {"shared", "shared", true, false},
                {"version", "version", false, false}};
    for (size_t i = 0; i < COUNT_OF(rest); i++) {
        const struct value *was = value_get(before, rest[i].key), *is = value_get(now, rest[i].key);
        if (rest[i].is_flag) {
            was = value_bool(was != NULL);
            is = value_bool(is != NULL);
        }
        differ(d, rest[i].name, was, is, rest[i].hidden);
    }
}

static void explain(struct delta *d, struct approval_step *step, const struct value *before,
                    const struct value *now)
{
    d->changes.count = 0;
    compare_attributes(d, before, now);
    compare_rest(d, before, now);
    step->was = strcmp(action_of(before), step->action) == 0 ? NULL : action_of(before);
    step->change_count = d->changes.count;
    step->changes = ARRAY_KEEP(&d->changes, d->mem);
}

/* ---- which steps -------------------------------------------------------------------------------- */

static void compare(struct delta *d, const struct value *before, const struct value *now)
{
    bool was = is_to_do(before), is = is_to_do(now);
    const char *address = value_get_text(now ? now : before, "address", "?");
    if (is && !was) {
        d->out->more++;
        tell(d, '+', action_of(now), address);
    } else if (was && !is) {
        d->out->fewer++;
        tell(d, '-', action_of(before), address);
    } else if (was && is && !is_alike(before, now)) {
        struct approval_step *step = tell(d, '~', action_of(now), address);
        d->out->other++;
        if (step)
            explain(d, step, before, now);
    }
}

static void begin(struct delta *d, struct arena *mem, unsigned max, struct approval_delta *out)
{
    *d = (struct delta){.mem = mem, .out = out, .max = max};
    *out = (struct approval_delta){0};
}

static void finish(struct delta *d)
{
    d->out->step_count = d->steps.count;
    d->out->steps = ARRAY_KEEP(&d->steps, d->mem);
    ARRAY_DONE(&d->steps);
    ARRAY_DONE(&d->changes);
}

/* Steps of a body are sorted by address. */
void approval_delta_of(struct arena *mem, const struct value *before, const struct value *now, unsigned max,
                       struct approval_delta *out)
{
    const struct value *old = value_get(before, "steps"), *new = value_get(now, "steps");
    struct delta d;
    begin(&d, mem, max, out);
    for (size_t i = 0, k = 0;;) {
        const struct value *a = value_item(old, i), *b = value_item(new, k);
        if (!a && !b)
            break;
        int order = !a   ? 1
                    : !b ? -1
                         : strcmp(value_get_text(a, "address", ""), value_get_text(b, "address", ""));
        compare(&d, order <= 0 ? a : NULL, order >= 0 ? b : NULL);
        i += order <= 0;
        k += order >= 0;
    }
    finish(&d);
}

/* An outline says "create DIGEST" of each step: the action is what was agreed to. */
static bool was_agreed(const char *entry, const char *action)
{
    size_t length = strlen(action);
    return entry && strncmp(entry, action, length) == 0 && entry[length] == ' ';
}

void approval_delta_since(struct arena *mem, const char *outline, const struct value *now, unsigned max,
                          struct approval_delta *out)
{
    const struct value *all = NULL, *steps = value_get(now, "steps");
    struct delta d;
    struct err none;
    begin(&d, mem, max, out);
    if (!outline || !value_json_parse(mem, outline, strlen(outline), &all, &none))
        all = NULL;
    const struct value *agreed = value_get(all, "steps");
    for (size_t i = 0; value_kind(steps) == VALUE_LIST && i < steps->count; i++) {
        const struct value *step = steps->items[i];
        const char *address = value_get_text(step, "address", "?");
        const char *entry = value_get_text(agreed, address, NULL);
        if (!is_to_do(step) || was_agreed(entry, action_of(step)))
            continue;
        *(entry ? &out->other : &out->more) += 1;
        struct approval_step *told = tell(&d, entry ? '~' : '+', action_of(step), address);
        if (told && entry)
            told->was = arena_text_n(mem, entry, strcspn(entry, " "));
    }
    finish(&d);
}
