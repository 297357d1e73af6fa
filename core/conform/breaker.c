#include "conform/breaker.h"

#include <string.h>

#include "conform/trial.h"
#include "model/value.h"

#define POINTS_MAX    16   /* of one operation: more requests than that are one of a kind */
#define POINTS_WAITED 3    /* where each costs the whole patience, of all but create */
#define GRACE_MS      1000 /* a busy machine */
#define SLOW_TRIES    3    /* a busy machine is late now and then, a driver that waits each time */
#define ENOUGH        6    /* findings of one case: the rest would say the same */

struct strike {
    struct trial *t;
    const struct breaker *b;
    uint32_t skip;
    bool lasting;
    bool is_late;       /* it took longer than its deadline allows, ... */
    bool may_be_late;   /* ... which is a finding when this is the last try */
    const char *what;   /* "a lost reply at request 2" */
    struct thing *seen; /* what the looks of one sweep look at: looking does not use it up */
};

static const char in_time[] =
    "waiting is http->send, ops->after, wait->watch or wait->work: never block a callback";

/* ---- one operation, disturbed -----------------------------------------------------------------------------
 */

static struct rig_answer *ask(struct strike *s, const struct op_item *item, bool *hit, bool *doubtful)
{
    struct trial *t = s->t;
    struct trial_run *run = t->run;
    t->keeps_trying = false;
    t->timeout_ms = s->b->patience_ms;
    s->b->arm(run, s->b->kind, s->skip, s->lasting);
    struct rig_answer *a = trial_ask(t, item);
    *hit = s->b->hits(run) > 0;
    *doubtful = s->b->is_doubtful && s->b->is_doubtful(run, s->b->kind);
    s->b->disarm(run);
    s->is_late = t->timeout_ms && a->took_ms > t->timeout_ms + GRACE_MS;
    if (s->is_late && !s->may_be_late)
        trial_fail(t, in_time, "%s: an operation took %lld ms, and its deadline was %lld ms", s->what,
                   (long long)a->took_ms, (long long)t->timeout_ms);
    t->keeps_trying = true;
    t->timeout_ms = 0;
    rig_settle(run->rig);
    return a;
}

/* Each answers whether the point still met something, so that the next one is worth a try. */

static bool create(struct strike *s)
{
    struct trial *t = s->t;
    struct thing *x = trial_thing(t);
    const struct value *promise;
    bool hit, doubtful;
    if (!x || !trial_plan(t, x, NULL, x->desired, &promise))
        return false;
    struct op_item item = trial_item(x, LF_VERB_CREATE);
    item.planned = promise;
    const struct rig_answer *a = ask(s, &item, &hit, &doubtful);
    return trial_settle(t, x, promise, a, doubtful, s->what) && hit;
}

static struct thing *made(struct trial *t)
{
    struct thing *x = trial_thing(t);
    return x && trial_create(t, x, "create") ? x : NULL;
}

static bool update(struct strike *s)
{
    struct trial *t = s->t;
    struct thing *x = t->type->has_update && t->sample->update && t->sample->update->count ? made(t) : NULL;
    const struct value *desired = x ? trial_desired(t, x, t->sample->update) : NULL, *promise;
    bool hit, doubtful;
    if (!desired || trial_plan(t, x, trial_carry(t, x->desired, x->state), desired, &promise) != LF_DO_UPDATE)
        return false;
    struct op_item item = trial_item(x, LF_VERB_UPDATE);
    item.token = arena_print(t->run->mem, "%s-update", x->token);
    item.desired = desired;
    item.planned = promise;
    item.prior = trial_carry(t, x->desired, x->state);
    const struct rig_answer *a = ask(s, &item, &hit, &doubtful);
    return trial_settle_update(t, x, desired, promise, a, doubtful, s->what) && hit;
}

static bool destroy(struct strike *s)
{
    struct thing *x = made(s->t);
    bool hit, doubtful;
    if (!x)
        return false;
    struct op_item item = trial_item(x, LF_VERB_DESTROY);
    const struct rig_answer *a = ask(s, &item, &hit, &doubtful);
    return trial_settle_destroy(s->t, x, a, s->what) && hit;
}

/* ---- looks
 * ------------------------------------------------------------------------------------------------- */

static bool look(struct strike *s, struct thing *x, uint32_t verb, const char *name)
{
    struct op_item item = trial_item(x, verb);
    bool hit, doubtful;
    if (verb == LF_VERB_FIND || verb == LF_VERB_RECOVER) {
        item.id = NULL;
        item.prior = item.memo = NULL;
    }
    const struct rig_answer *a = ask(s, &item, &hit, &doubtful);
    return trial_judge_look(s->t, x, a, arena_print(s->t->mem, "%s: %s", s->what, name)) && hit;
}

static struct thing *stands(struct strike *s)
{
    if (!s->seen)
        s->seen = made(s->t);
    return s->seen;
}

static bool read(struct strike *s)
{
    struct thing *x = stands(s);
    return x && look(s, x, LF_VERB_READ, "the read of what is there");
}

static bool find(struct strike *s)
{
    struct thing *x = s->t->type->has_find ? stands(s) : NULL;
    return x && look(s, x, LF_VERB_FIND, "find of what is there");
}

static bool find_nothing(struct strike *s)
{
    struct thing *x = s->t->type->has_find ? trial_thing(s->t) : NULL;
    return x && look(s, x, LF_VERB_FIND, "find of what is not there");
}

static bool recover(struct strike *s)
{
    struct thing *x = s->t->type->has_recover ? stands(s) : NULL;
    return x && look(s, x, LF_VERB_RECOVER, "recover of what is there");
}

/* A list that was cut off is no list: OK says that these are all. */
static bool owned(struct strike *s)
{
    struct trial *t = s->t;
    struct thing *x = t->type->has_owned ? stands(s) : NULL;
    struct op_item item = {.verb = LF_VERB_OWNED, .attempt = 1};
    bool hit, doubtful, listed = false;
    if (!x)
        return false;
    item.address = x->address;
    item.marker = x->marker;
    const struct rig_answer *a = ask(s, &item, &hit, &doubtful);
    for (size_t i = 0; i < a->found_count; i++)
        listed = listed || (a->found[i].id && x->id && strcmp(a->found[i].id, x->id) == 0);
    if (a->results[0].status == LF_END_OK && !listed)
        trial_blame(t, a, "a list that got no answer, or half of one, ends with CANNOT_TELL",
                    "%s: owned ended with OK and does not list what is there", s->what);
    return !trial_has_failed(t) && hit;
}

/* ---- sweeping
 * ---------------------------------------------------------------------------------------------- */

static bool (*const operations[])(struct strike *s) = {
    create, update, destroy, read, find, find_nothing, recover, owned,
};

static const char *words(const struct strike *s)
{
    struct arena *mem = s->t->mem;
    return s->lasting ? arena_print(mem, "%s, from the beginning on", s->b->name)
                      : arena_print(mem, "%s at request %u", s->b->name, s->skip + 1);
}

static bool strike(struct strike *s, bool (*operation)(struct strike *s))
{
    bool again = false;
    for (int left = SLOW_TRIES; left > 0; left--) {
        s->is_late = false;
        s->may_be_late = left > 1;
        again = operation(s);
        if (!s->is_late)
            break;
    }
    return again;
}

static void sweep(struct trial *t, const struct breaker *b, bool (*operation)(struct strike *s))
{
    struct strike s = {.t = t, .b = b};
    uint32_t points = b->patience_ms && operation != create ? POINTS_WAITED : POINTS_MAX;
    for (s.skip = 0; s.skip < points; s.skip++) {
        s.what = words(&s);
        if (!strike(&s, operation) || b->once)
            break;
    }
    if (!b->can_last || t->findings.count >= ENOUGH)
        return;
    s.skip = 0;
    s.lasting = true;
    s.what = words(&s);
    (void)strike(&s, operation);
}

void breaker_try(struct trial *t, const struct breaker *b)
{
    t->may_refuse = b->may_refuse;
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (t->findings.count < ENOUGH)
            sweep(t, b, operations[i]);
        trial_clean(t);
    }
}
