#include "conform/trial.h"

#include "base/str.h"
#include "io/loop.h"
#include "model/schema.h"
#include "model/value.h"

#define OK               TRIAL_BIT(LF_END_OK)
#define GONE             TRIAL_BIT(LF_END_GONE)
#define LOOK_MS          200
#define NOTHING_HAPPENED (TRIAL_BIT(LF_END_RETRY) | TRIAL_BIT(LF_END_FAILED) | TRIAL_BIT(LF_END_REFUSED))

static const char when_in_doubt[] =
    "RETRY, REFUSED and FAILED say that nothing happened, for certain: it was "
    "sent, and no clear answer came, so it is UNSURE";
static const char passes[] =
    "trouble of the service passes, and a no that stays is REFUSED: RETRY when nothing "
    "was sent, UNSURE for a change that may have happened, CANNOT_TELL for a look";
static const char one_object[] =
    "after a doubt the core recovers, then creates again with the same token: one "
    "object, with our marker, as promised";
static const char never_gone[] =
    "no answer is never \"gone\", and never \"there\": a look that got none ends "
    "with CANNOT_TELL or RETRY";

/* ---- what is true ----------------------------------------------------------------------------------------
 */

/* A look that may be behind, until it no longer may. */
static struct rig_answer *look_up(struct trial *t, struct thing *x, uint32_t verb)
{
    const struct tick *tick = loop_tick(t->run->loop);
    int64_t until = tick_mono_ms(tick) + trial_lag_ms(t);
    for (;;) {
        struct rig_answer *a = trial_do(t, x, verb);
        if (a->results[0].status != LF_END_GONE || tick_mono_ms(tick) >= until)
            return a;
        rig_wait(t->run->rig, LOOK_MS);
    }
}

static bool is_ours(const struct trial *t, const struct thing *x, const struct op_result *r)
{
    bool there = r->status == LF_END_OK || r->status == LF_END_DAMAGED || r->status == LF_END_EXISTS;
    bool markless = (t->type->facts.traits & CATALOG_MARKLESS) != 0;
    return there && (markless ? r->status != LF_END_EXISTS : str_equal(r->marker, x->marker));
}

/* 1: it is there and ours; 0: it is not; -1: nobody tells, and that is a finding.  Without recover and find
 * only a second create can show. */
static int is_there(struct trial *t, struct thing *x, const struct op_result **seen, const char *what)
{
    uint32_t verb = t->type->has_recover ? LF_VERB_RECOVER : t->type->has_find ? LF_VERB_FIND : 0;
    *seen = NULL;
    if (!verb)
        return 0;
    const struct rig_answer *a = look_up(t, x, verb);
    const struct op_result *r = &a->results[0];
    if (r->status == LF_END_GONE)
        return 0;
    if (is_ours(t, x, r)) {
        *seen = r;
        return 1;
    }
    trial_blame(t, a, one_object, "%s: %s ended with %s, although nothing is broken any more", what,
                verb == LF_VERB_RECOVER ? "recover" : "find", trial_status(r->status));
    return -1;
}

/* ---- was it honest? -------------------------------------------------------------------------------------
 */

/* there: 1, 0; a change that says nothing happened must be right, and one that could not know must say so. */
static void judge_change(struct trial *t, const struct rig_answer *a, bool happened, bool must_doubt,
                         const char *verb, const char *what)
{
    const struct op_result *r = &a->results[0];
    const char *status = trial_status(r->status);
    if (r->status == LF_END_OK && !happened)
        trial_blame(t, a, when_in_doubt, "%s: %s ended with OK, and nothing happened", what, verb);
    else if ((TRIAL_BIT(r->status) & NOTHING_HAPPENED) && happened)
        trial_blame(t, a, when_in_doubt, "%s: %s ended with %s, and it happened", what, verb, status);
    else if ((TRIAL_BIT(r->status) & NOTHING_HAPPENED) && must_doubt)
        trial_blame(t, a, when_in_doubt, "%s: %s ended with %s, which it could not know", what, verb, status);
    else if (r->status == LF_END_REFUSED && !t->may_refuse)
        trial_blame(t, a, passes, "%s: %s ended with REFUSED", what, verb);
    else if (r->status == LF_END_EXISTS || r->status == LF_END_GONE)
        trial_blame(t, a, passes, "%s: %s ended with %s, which is not so", what, verb, status);
}

static bool keeps(struct trial *t, const struct value *promise, const struct value *state)
{
    const char *path;
    return state && promise && schema_keeps_promise(t->mem, t->type->facts.schema, promise, state, &path);
}

bool trial_judge_look(struct trial *t, const struct thing *x, const struct rig_answer *a, const char *what)
{
    const struct op_result *r = &a->results[0];
    bool there = x->id != NULL, wrong = false;
    if (r->status == LF_END_GONE)
        wrong = there;
    else if (r->status == LF_END_OK)
        wrong = !there || (r->state && x->state && !keeps(t, x->state, r->state));
    else if (r->status == LF_END_EXISTS || r->status == LF_END_MANY)
        wrong = !str_equal(r->marker, x->marker);
    if (wrong)
        trial_blame(t, a, never_gone, "%s ended with %s, which is not so", what, trial_status(r->status));
    else if (r->status == LF_END_REFUSED && !t->may_refuse)
        trial_blame(t, a, passes, "%s ended with REFUSED", what);
    return !wrong;
}

/* ---- create ---------------------------------------------------------------------------------------------
 */

static bool create_again(struct trial *t, struct thing *x, const struct value *promise, const char *what)
{
    struct op_item item = trial_item(x, LF_VERB_CREATE);
    item.attempt = 2;
    item.prior = item.memo = NULL;
    item.planned = promise;
    const struct rig_answer *a = trial_ask(t, &item);
    const char *doing = arena_print(t->mem, "%s: the create sent again with the same token", what);
    if (!trial_expect(t, a, OK, doing, one_object))
        return false;
    x->id = arena_text(t->run->mem, a->results[0].id);
    x->state = value_copy(t->run->mem, a->results[0].state);
    return trial_keeps(t, promise, x->state, doing);
}

/* One object in the end, and none when it was destroyed: a second one shows at the latest then. */
static bool is_single(struct trial *t, struct thing *x, const char *what)
{
    int count = trial_count(t, x);
    if (count > 1)
        trial_fail(t, one_object, "%s: in the end %d objects carry its marker", what, count);
    if (!trial_expect(t, trial_do(t, x, LF_VERB_DESTROY), OK | GONE,
                      arena_print(t->mem, "%s: destroy afterwards", what), NULL) ||
        !t->type->has_find)
        return count <= 1;
    const struct rig_answer *a = trial_do(t, x, LF_VERB_FIND);
    if (a->results[0].status != LF_END_OK || !is_ours(t, x, &a->results[0]))
        return count <= 1;
    trial_fail(t, one_object, "%s: in the end two objects carried its marker", what);
    return false;
}

bool trial_settle(struct trial *t, struct thing *x, const struct value *promise, const struct rig_answer *a,
                  bool must_doubt, const char *what)
{
    const struct op_result *seen;
    size_t before = t->findings.count;
    int there = is_there(t, x, &seen, what);
    if (a && there >= 0 && (t->type->has_recover || t->type->has_find))
        judge_change(t, a, there == 1, must_doubt, "create", what);
    if (there == 1 && seen->id && keeps(t, promise, seen->state)) {
        x->id = arena_text(t->run->mem, seen->id);
        x->state = value_copy(t->run->mem, seen->state);
    } else if (!create_again(t, x, promise, what)) {
        return false;
    }
    const struct rig_answer *read = trial_look(t, x);
    if (trial_expect(t, read, OK, arena_print(t->mem, "%s: the read in the end", what), one_object))
        trial_keeps(t, promise, read->results[0].state, what);
    is_single(t, x, what);
    return t->findings.count == before;
}

/* ---- update and destroy ---------------------------------------------------------------------------------
 */

bool trial_settle_update(struct trial *t, struct thing *x, const struct value *desired,
                         const struct value *promise, const struct rig_answer *a, bool must_doubt,
                         const char *what)
{
    size_t before = t->findings.count;
    const struct rig_answer *read = trial_look(t, x);
    const struct op_result *r = &read->results[0];
    if (!trial_expect(t, read, OK, arena_print(t->mem, "%s: the read after an update", what), NULL))
        return false;
    bool done = keeps(t, promise, r->state), untouched = keeps(t, x->state, r->state);
    if (!done && !untouched) {
        trial_fail(t,
                   "an update is one request, or each step can be told from the state; else the core reports "
                   "a change that somebody else made",
                   "%s: after an update the object is neither as it was nor as asked", what);
        return false;
    }
    judge_change(t, a, done, must_doubt, "update", what);
    if (done)
        return t->findings.count == before;
    struct op_item item = trial_item(x, LF_VERB_UPDATE);
    item.token = arena_print(t->run->mem, "%s-update", x->token);
    item.attempt = 2;
    item.desired = desired;
    item.planned = promise;
    item.prior = trial_carry(t, x->desired, x->state);
    const struct rig_answer *again = trial_ask(t, &item);
    const char *doing = arena_print(t->mem, "%s: the update sent again", what);
    if (trial_expect(t, again, OK, doing, NULL))
        trial_keeps(t, promise, again->results[0].state, doing);
    return t->findings.count == before;
}

bool trial_settle_destroy(struct trial *t, struct thing *x, const struct rig_answer *a, const char *what)
{
    size_t before = t->findings.count;
    const struct op_result *r = &a->results[0];
    const struct rig_answer *read = trial_do(t, x, LF_VERB_READ);
    bool gone = read->results[0].status == LF_END_GONE;
    if (!trial_expect(t, read, OK | GONE, arena_print(t->mem, "%s: the read after a destroy", what), NULL))
        return false;
    if ((r->status == LF_END_OK || r->status == LF_END_GONE) && !gone)
        trial_blame(t, a, when_in_doubt, "%s: destroy ended with %s, and the object is still there", what,
                    trial_status(r->status));
    else if ((r->status == LF_END_REFUSED && !t->may_refuse) || r->status == LF_END_EXISTS)
        trial_blame(t, a, passes, "%s: destroy ended with %s", what, trial_status(r->status));
    trial_expect(t, trial_do(t, x, LF_VERB_DESTROY), OK | GONE,
                 arena_print(t->mem, "%s: the destroy sent again", what),
                 "destroy answers GONE, also when it "
                 "was gone before");
    return t->findings.count == before;
}
