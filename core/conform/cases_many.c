#include "base/str.h"
#include "conform/cases.h"
#include "conform/trial.h"
#include "model/value.h"
#include "plugin/registry.h"

#define OK    TRIAL_BIT(LF_END_OK)
#define GONE  TRIAL_BIT(LF_END_GONE)
#define BATCH 5
#define CROWD 12

static const char each_its_own[] =
    "each item of a batch, and each of many operations at once, ends as it would "
    "have ended alone";

/* So many new objects, planned; 0: that went wrong. */
static size_t planned(struct trial *t, struct thing **things, struct op_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct value *promise;
        things[i] = trial_thing(t);
        if (!things[i] || !trial_plan(t, things[i], NULL, things[i]->desired, &promise))
            return 0;
        items[i] = trial_item(things[i], LF_VERB_CREATE);
        items[i].planned = promise;
    }
    return count;
}

static bool judge_one(struct trial *t, const struct rig_answer *a, size_t i, uint32_t allowed,
                      const char *doing)
{
    const struct op_result *r = &a->results[i];
    if (TRIAL_BIT(r->status) & allowed)
        return true;
    trial_blame(t, a, each_its_own, "%s: item %zu ended with %s%s%s%s", doing, i + 1, trial_status(r->status),
                r->broke ? " (" : "", r->broke ? r->broke : "", r->broke ? ")" : "");
    return false;
}

/* ---- batches
 * ----------------------------------------------------------------------------------------------- */

/* Only what would never overlap may share a batch. */
static bool share_a_lane(struct trial *t, const struct op_item *items, size_t count)
{
    const struct driver *d = rig_driver(t->run->rig);
    const char *first = op_lane(t->mem, d, t->type, &items[0]);
    for (size_t i = 1; i < count; i++) {
        if (!str_equal(first, op_lane(t->mem, d, t->type, &items[i])))
            return false;
    }
    return true;
}

static void items_of(struct thing **things, struct op_item *items, size_t count, uint32_t verb)
{
    for (size_t i = 0; i < count; i++)
        items[i] = trial_item(things[i], verb);
}

static bool batch(struct trial *t, struct thing **things, struct op_item *items, uint32_t verb,
                  uint32_t allowed, const char *doing)
{
    const struct rig_answer *a;
    bool good = true;
    if (verb != LF_VERB_CREATE)
        items_of(things, items, BATCH, verb);
    a = trial_ask_many(t, items, BATCH);
    for (size_t i = 0; i < BATCH; i++) {
        const struct op_result *r = &a->results[i];
        if (!judge_one(t, a, i, allowed, doing)) {
            good = false;
        } else if (verb == LF_VERB_CREATE) {
            things[i]->id = arena_text(t->run->mem, r->id);
            things[i]->state = value_copy(t->run->mem, r->state);
            trial_keeps(t, items[i].planned, r->state, arena_print(t->mem, "%s, item %zu", doing, i + 1));
        } else if (verb != LF_VERB_DESTROY) {
            trial_keeps(t, things[i]->state, r->state, arena_print(t->mem, "%s, item %zu", doing, i + 1));
        }
    }
    return good && !trial_has_failed(t);
}

static void many(struct trial *t)
{
    struct thing *things[BATCH];
    struct op_item items[BATCH];
    if (!t->type->has_change_many) {
        trial_skip(t, "the type has no *_many verbs");
        return;
    }
    if (!planned(t, things, items, BATCH))
        return;
    if (t->type->max_batch < BATCH || !share_a_lane(t, items, BATCH)) {
        trial_skip(t, "the samples' objects never share a batch");
        return;
    }
    if (!batch(t, things, items, LF_VERB_CREATE, OK, "a batch of creates"))
        return;
    for (size_t i = 0; i < BATCH; i++) {
        const struct rig_answer *a = trial_look(t, things[i]);
        if (trial_expect(t, a, OK, "the single read of what a batch made", each_its_own))
            trial_keeps(t, things[i]->state, a->results[0].state, "a batch of creates, read alone,");
    }
    if (t->type->has_read_many)
        batch(t, things, items, LF_VERB_READ, OK, "a batch of reads");
    if (t->type->has_recover_many)
        batch(t, things, items, LF_VERB_RECOVER, OK, "a batch of recovers");
    if (t->type->has_find_many)
        batch(t, things, items, LF_VERB_FIND, OK, "a batch of finds");
    batch(t, things, items, LF_VERB_DESTROY, OK | GONE, "a batch of destroys");
    for (size_t i = 0; i < BATCH; i++)
        trial_expect(t, trial_do(t, things[i], LF_VERB_READ), GONE, "the read of what a batch destroyed",
                     NULL);
}

/* One that cannot succeed must not spoil the others. */
static void many_one_bad(struct trial *t)
{
    struct thing *things[BATCH];
    struct op_item items[BATCH];
    if (!t->type->has_change_many || (t->type->facts.traits & CATALOG_MARKLESS)) {
        trial_skip(t, t->type->has_change_many ? "the type cannot carry a marker"
                                               : "the type has no *_many verbs");
        return;
    }
    if (!planned(t, things, items, BATCH))
        return;
    if (t->type->max_batch < BATCH || !share_a_lane(t, items, BATCH) || !trial_names_are_unique(t)) {
        trial_skip(t, "the samples' objects never share a batch with one whose name is taken");
        return;
    }
    struct thing other = *things[2];
    other.marker = trial_marker(t, things[2], "somebody else");
    other.token = arena_print(t->run->mem, "%s-foreign", other.token);
    if (!trial_create(t, &other, "the create on behalf of somebody else"))
        return;
    const struct rig_answer *a = trial_ask_many(t, items, BATCH);
    for (size_t i = 0; i < BATCH; i++) {
        judge_one(t, a, i, i == 2 ? TRIAL_BIT(LF_END_EXISTS) : OK, "a batch with a name that is taken");
        things[i]->id = i == 2 ? NULL : arena_text(t->run->mem, a->results[i].id);
    }
    const struct rig_answer *read = trial_do(t, &other, LF_VERB_READ);
    if (trial_expect(t, read, OK, "the read of somebody else's object after the batch", NULL) &&
        !str_equal(read->results[0].marker, other.marker))
        trial_fail(t, "what is not ours is not touched, in a batch as alone", "the batch took it over");
    (void)trial_do(t, &other, LF_VERB_DESTROY);
}

/* ---- crowds
 * ------------------------------------------------------------------------------------------------ */

/* What is found to be done already is not sent again. */
static struct rig_answer *ask_again(struct trial *t, struct thing *x, struct op_item *item)
{
    if (item->verb == LF_VERB_CREATE && t->type->has_recover) {
        struct rig_answer *a = trial_do(t, x, LF_VERB_RECOVER);
        if (a->results[0].status == LF_END_OK && str_equal(a->results[0].marker, x->marker))
            return a;
    }
    item->attempt++;
    return trial_ask(t, item);
}

static bool at_once(struct trial *t, struct thing **things, struct op_item *items, uint32_t verb,
                    uint32_t allowed, const char *doing)
{
    struct rig_ask asks[CROWD];
    struct rig_answer *answers[CROWD];
    bool good = true;
    for (size_t i = 0; i < CROWD; i++) {
        if (verb != LF_VERB_CREATE)
            items[i] = trial_item(things[i], verb);
        asks[i] = (struct rig_ask){
            .type = t->type, .items = &items[i], .count = 1, .read_only = verb == LF_VERB_READ};
    }
    rig_run_all(t->run->rig, t->mem, asks, CROWD, answers);
    for (size_t i = 0; i < CROWD; i++) {
        const struct op_result *r = &answers[i]->results[0];
        /* A crowd may be too much for a service, if that is said: the core settles and sends again. */
        if (r->status == LF_END_RETRY || r->status == LF_END_UNSURE || r->status == LF_END_CANNOT_TELL)
            answers[i] = ask_again(t, things[i], &items[i]);
        r = &answers[i]->results[0];
        good = judge_one(t, answers[i], 0, allowed, doing) && good;
        if (verb == LF_VERB_CREATE && r->status == LF_END_OK) {
            things[i]->id = arena_text(t->run->mem, r->id);
            things[i]->state = value_copy(t->run->mem, r->state);
        }
    }
    return good;
}

static void crowd(struct trial *t)
{
    struct thing *things[CROWD];
    struct op_item items[CROWD];
    if (!planned(t, things, items, CROWD) ||
        !at_once(t, things, items, LF_VERB_CREATE, OK, arena_print(t->mem, "%d creates at once", CROWD)))
        return;
    for (size_t i = 0; i < CROWD; i++) {
        const struct rig_answer *a = trial_look(t, things[i]);
        if (trial_expect(t, a, OK, "the read of one of many", each_its_own))
            trial_keeps(t, items[i].planned, a->results[0].state, "many creates at once");
    }
    at_once(t, things, items, LF_VERB_READ, OK, arena_print(t->mem, "%d reads at once", CROWD));
    at_once(t, things, items, LF_VERB_DESTROY, OK | GONE, arena_print(t->mem, "%d destroys at once", CROWD));
}

const struct cases_row cases_many[] = {
    {"many", "a batch does what its items would have done alone", many},
    {"many_one_bad", "one item that fails takes nothing from the others", many_one_bad},
    {"crowd", "many at once are all as promised", crowd},
    {0},
};
