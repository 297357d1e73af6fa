#include "conform/trial.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "model/diag.h"
#include "model/schema.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plugin/contract.h"

#define NOTES_SHOWN 3 /* a driver that says more says the same */

static const char *const statuses[] = {
    [LF_END_OK] = "OK",           [LF_END_GONE] = "GONE",         [LF_END_EXISTS] = "EXISTS",
    [LF_END_RETRY] = "RETRY",     [LF_END_UNSURE] = "UNSURE",     [LF_END_CANNOT_TELL] = "CANNOT_TELL",
    [LF_END_MANY] = "MANY",       [LF_END_REFUSED] = "REFUSED",   [LF_END_FAILED] = "FAILED",
    [LF_END_DAMAGED] = "DAMAGED", [LF_END_CANCELED] = "CANCELED",
};

const char *trial_status(uint32_t status)
{
    return status < COUNT_OF(statuses) && statuses[status] ? statuses[status] : "an unknown status";
}

bool trial_has_failed(const struct trial *t)
{
    return t->findings.count > 0;
}

static void add(struct trial *t, const char *summary, const char *detail, const char *advice)
{
    struct conform_finding one = {summary, detail, arena_text(t->run->mem, advice)};
    ARRAY_PUSH(&t->findings, one);
}

void trial_fail(struct trial *t, const char *advice, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    add(t, arena_vprint(t->run->mem, fmt, args), NULL, advice);
    va_end(args);
}

/* The driver's notes as it wrote them: code, words, what was seen. */
static const char *notes_of(struct trial *t, const struct rig_answer *a)
{
    struct buf text;
    buf_init(&text, 0);
    for (size_t i = 0; i < a->note_count && i < NOTES_SHOWN; i++) {
        const struct diag *d = &a->notes[i];
        buf_print(&text, "%s%s%s%s%s", text.count ? "\n" : "it said: ", d->path ? d->path : "",
                  d->path ? ": " : "", d->summary, d->code ? " (" : "");
        if (d->code)
            buf_print(&text, "%s)", d->code);
        if (d->detail)
            buf_print(&text, ": %s", d->detail);
    }
    const char *kept = text.count ? buf_keep(&text, t->run->mem) : NULL;
    buf_done(&text);
    return kept;
}

void trial_blame(struct trial *t, const struct rig_answer *a, const char *advice, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    add(t, arena_vprint(t->run->mem, fmt, args), notes_of(t, a), advice);
    va_end(args);
}

void trial_skip(struct trial *t, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    t->skipped = arena_vprint(t->run->mem, fmt, args);
    va_end(args);
}

/* "OK or GONE". */
static const char *listed(struct trial *t, uint32_t allowed)
{
    struct buf text;
    buf_init(&text, 0);
    for (uint32_t status = 1; status < COUNT_OF(statuses); status++) {
        if (allowed & TRIAL_BIT(status))
            buf_print(&text, "%s%s", text.count ? " or " : "", trial_status(status));
    }
    const char *kept = buf_keep(&text, t->run->mem);
    buf_done(&text);
    return kept;
}

bool trial_expect(struct trial *t, const struct rig_answer *a, uint32_t allowed, const char *doing,
                  const char *advice)
{
    const struct op_result *r = &a->results[0];
    if (allowed & TRIAL_BIT(r->status))
        return true;
    const char *why = r->broke ? r->broke : r->timed_out ? "it ran out of time" : NULL;
    trial_blame(t, a, advice, "%s ended with %s instead of %s%s%s%s", doing, trial_status(r->status),
                listed(t, allowed), why ? " (" : "", why ? why : "", why ? ")" : "");
    return false;
}

static const char *shown(struct trial *t, const struct value *v)
{
    return v ? value_json_text(t->mem, v) : "nothing";
}

bool trial_keeps(struct trial *t, const struct value *promise, const struct value *seen, const char *doing)
{
    const char *path = NULL;
    if (!seen) {
        trial_fail(t, "state is the whole truth: every attribute the schema has and the object has",
                   "%s gave no state", doing);
        return false;
    }
    if (!promise || schema_keeps_promise(t->mem, t->type->facts.schema, promise, seen, &path))
        return true;
    add(t, arena_print(t->run->mem, "after %s '%s' is not what was promised", doing, path ? path : "?"),
        arena_print(t->run->mem, "promised: %s\nseen:     %s", shown(t, promise), shown(t, seen)),
        arena_text(t->run->mem, "promise the form that will come back, and tell in the state what is there"));
    return false;
}

bool trial_names_are_unique(const struct trial *t)
{
    return contract_names_are_unique(t->type);
}

const struct value *trial_carry(struct trial *t, const struct value *desired, const struct value *state)
{
    const struct schema *schema = t->type->facts.schema;
    for (size_t i = 0; state && i < schema->count; i++) {
        const struct schema_attr *a = &schema->attrs[i];
        bool untold =
            (a->flags & SCHEMA_SECRET) && !(a->flags & SCHEMA_COMPUTED) && !value_get(state, a->name);
        if (untold && value_get(desired, a->name))
            state = value_with_key(t->mem, state, a->name, value_get(desired, a->name));
    }
    return state;
}
