#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/approval.h"

struct delta {
    struct approval_delta *out;
    struct buf lines;
    unsigned max, shown, left_out;
};

static void tell(struct delta *d, char sign, const char *action, const char *address)
{
    if (d->shown >= d->max) {
        d->left_out++;
        return;
    }
    buf_print(&d->lines, "%s%c %s %s", d->shown++ ? "\n" : "", sign, action, address);
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
        d->out->other++;
        tell(d, '~', action_of(now), address);
    }
}

static void finish(struct delta *d, struct arena *mem)
{
    if (d->left_out)
        buf_print(&d->lines, "\nand %u more", d->left_out);
    d->out->lines = d->lines.count ? buf_keep(&d->lines, mem) : "";
    buf_done(&d->lines);
}

/* Steps of a body are sorted by address. */
void approval_delta_of(struct arena *mem, const struct value *before, const struct value *now, unsigned max,
                       struct approval_delta *out)
{
    const struct value *old = value_get(before, "steps"), *new = value_get(now, "steps");
    struct delta d = {.out = out, .max = max};
    *out = (struct approval_delta){0};
    buf_init(&d.lines, 0);
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
    finish(&d, mem);
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
    struct delta d = {.out = out, .max = max};
    struct err none;
    *out = (struct approval_delta){0};
    buf_init(&d.lines, 0);
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
        tell(&d, entry ? '~' : '+', action_of(step), address);
    }
    finish(&d, mem);
}
