#include <string.h>

#include "base/str.h"
#include "conform/cases.h"
#include "conform/trial.h"
#include "model/value.h"
#include "model/value_json.h"

#define OK   TRIAL_BIT(LF_END_OK)
#define GONE TRIAL_BIT(LF_END_GONE)

static const char once[] =
    "a create that finds its own marker brings the object to `desired` and answers OK: "
    "doing it twice is doing it once";
static const char truth[] =
    "state is the whole truth, in the words of the schema and in the form that was promised";

/* Makes the trial's object, or says why not. */
static struct thing *made(struct trial *t)
{
    struct thing *x = trial_thing(t);
    return x && trial_create(t, x, "create") ? x : NULL;
}

/* The change as the core sends it: a token of its own. */
static struct rig_answer *update(struct trial *t, struct thing *x, const struct value *desired,
                                 const struct value *promise)
{
    struct op_item item = trial_item(x, LF_VERB_UPDATE);
    item.token = arena_print(t->run->mem, "%s-update", x->token);
    item.desired = desired;
    item.planned = promise;
    item.prior = trial_carry(t, x->desired, x->state);
    struct rig_answer *a = trial_ask(t, &item);
    const struct op_result *r = &a->results[0];
    if (r->status == LF_END_OK && r->state) {
        x->state = value_copy(t->run->mem, r->state);
        x->memo = r->memo ? value_copy(t->run->mem, r->memo) : NULL;
    }
    return a;
}

/* What is there now is what the driver said; *seen in the run's memory. */
static bool reads_back(struct trial *t, struct thing *x, const struct value *promise, const char *after)
{
    const struct rig_answer *a = trial_look(t, x);
    const struct op_result *r = &a->results[0];
    if (!trial_expect(t, a, OK, arena_print(t->mem, "the read after %s", after), truth) ||
        !trial_keeps(t, promise, r->state, arena_print(t->mem, "%s, read back,", after)) ||
        !trial_keeps(t, x->state, r->state, arena_print(t->mem, "%s, read back beside what it said,", after)))
        return false;
    if (!(t->type->facts.traits & CATALOG_MARKLESS) && !str_equal(r->marker, x->marker)) {
        trial_fail(t, "read gives the marker as it stands on the object",
                   "the read after %s gave the marker '%s' instead of ours", after,
                   r->marker ? r->marker : "(none)");
        return false;
    }
    x->state = value_copy(t->run->mem, r->state);
    return true;
}

static bool is_kept(struct trial *t, struct thing *x, const struct value *desired, const char *after)
{
    const struct value *promise;
    uint32_t action = trial_plan(t, x, trial_carry(t, desired, x->state), desired, &promise);
    if (action == LF_DO_KEEP || action == 0)
        return action == LF_DO_KEEP;
    trial_fail(t, "compare canonical forms, fill in what the service fills in, and mark it COMPUTED",
               "a plan right after %s wants to %s it: every plan would show drift\nasked: %s\nread:  %s",
               after, action == LF_DO_UPDATE ? "update" : "replace", value_json_text(t->mem, desired),
               value_json_text(t->mem, x->state));
    return false;
}

/* ---- create ---------------------------------------------------------------------------------------------
 */

static void create(struct trial *t)
{
    struct thing *x = trial_thing(t);
    const struct value *promise;
    if (!x || !trial_plan(t, x, NULL, x->desired, &promise))
        return;
    if (trial_create(t, x, "create"))
        reads_back(t, x, promise, "create");
}

static void create_twice(struct trial *t)
{
    struct thing *x = made(t);
    if (!x)
        return;
    const char *id = x->id;
    struct op_item again = trial_item(x, LF_VERB_CREATE);
    again.attempt = 2;
    again.prior = again.memo = NULL;
    again.id = NULL;
    const struct rig_answer *a = trial_ask(t, &again);
    if (!trial_expect(t, a, OK, "the second create with the same token", once))
        return;
    if (!str_equal(a->results[0].id, id))
        trial_fail(t, once, "the second create with the same token made another object: id '%s', then '%s'",
                   id, a->results[0].id ? a->results[0].id : "(none)");
    int count = trial_count(t, x);
    if (count > 1)
        trial_fail(t, once, "two creates with one token left %d objects with one marker", count);
    /* The other one may be hidden from every list: then it shows when the first is gone. */
    if (!trial_expect(t, trial_do(t, x, LF_VERB_DESTROY), OK | GONE, "destroy", NULL) || !t->type->has_find)
        return;
    a = trial_do(t, x, LF_VERB_FIND);
    if (a->results[0].status == LF_END_OK && str_equal(a->results[0].marker, x->marker))
        trial_fail(t, once,
                   "after two creates and one destroy an object with our marker is still there: '%s'",
                   a->results[0].id);
}

static void keep(struct trial *t)
{
    struct thing *x = made(t);
    if (x && reads_back(t, x, x->desired, "create"))
        is_kept(t, x, x->desired, "create");
}

/* ---- update and replace ---------------------------------------------------------------------------------
 */

static void update_case(struct trial *t)
{
    if (!t->type->has_update) {
        trial_skip(t, "every change of it is a replacement");
        return;
    }
    if (!t->sample->update || t->sample->update->count == 0) {
        trial_skip(t, "the samples have no 'update'");
        return;
    }
    struct thing *x = made(t);
    const struct value *desired = x ? trial_desired(t, x, t->sample->update) : NULL, *promise;
    if (!desired)
        return;
    uint32_t action = trial_plan(t, x, trial_carry(t, x->desired, x->state), desired, &promise);
    if (action == LF_DO_REPLACE) {
        trial_skip(t, "this driver replaces for what the sample changes: give an 'update' that it can do");
        return;
    }
    if (action == LF_DO_KEEP)
        trial_fail(t, "if the sample changes nothing, give another 'update'",
                   "the plan sees no difference in what the sample's 'update' changes");
    if (action != LF_DO_UPDATE || !trial_expect(t, update(t, x, desired, promise), OK, "update", NULL) ||
        !trial_keeps(t, promise, x->state, "update") || !reads_back(t, x, promise, "update"))
        return;
    x->desired = desired;
    is_kept(t, x, desired, "update");
}

static void replace(struct trial *t)
{
    if (!t->sample->replace || t->sample->replace->count == 0) {
        trial_skip(t, "the samples have no 'replace'");
        return;
    }
    struct thing *x = made(t);
    const struct value *desired = x ? trial_desired(t, x, t->sample->replace) : NULL, *promise;
    if (!desired)
        return;
    uint32_t action = trial_plan(t, x, trial_carry(t, x->desired, x->state), desired, &promise);
    if (action && action != LF_DO_REPLACE)
        trial_fail(t, "mark what makes a new object LF_ATTR_FIXED, or plan LF_DO_REPLACE",
                   "the plan wants to %s where the sample's 'replace' makes a new object",
                   action == LF_DO_KEEP ? "keep" : "update");
    if (action != LF_DO_REPLACE ||
        !trial_expect(t, trial_do(t, x, LF_VERB_DESTROY), OK | GONE, "destroy", NULL))
        return;
    struct thing *next = trial_successor(t, x);
    next->desired = desired;
    if (!trial_create(t, next, "the create of the new object") || !reads_back(t, next, promise, "replace") ||
        str_equal(next->id, x->id))
        return;
    trial_expect(t, trial_do(t, x, LF_VERB_READ), GONE, "the read of the old object after a replace", NULL);
}

/* ---- destroy --------------------------------------------------------------------------------------------
 */

static const char gone_is_fine[] = "destroy answers GONE, also when it was gone before";

static void destroy(struct trial *t)
{
    struct thing *x = made(t);
    if (!x || !trial_expect(t, trial_do(t, x, LF_VERB_DESTROY), OK | GONE, "destroy", gone_is_fine))
        return;
    trial_expect(t, trial_do(t, x, LF_VERB_READ), GONE, "the read of what was destroyed",
                 "a definite \"not "
                 "there\" is GONE; CANNOT_TELL is for no answer");
    trial_expect(t, trial_do(t, x, LF_VERB_DESTROY), OK | GONE, "the second destroy", gone_is_fine);
    if (t->type->has_find)
        trial_expect(t, trial_do(t, x, LF_VERB_FIND), GONE, "find after destroy", NULL);
    int count = trial_count(t, x);
    if (count > 0)
        trial_fail(t, "destroy answers when the object is gone, for every look",
                   "after destroy `owned` still "
                   "lists %d with its marker",
                   count);
}

/* ---- find and owned -------------------------------------------------------------------------------------
 */

static void find(struct trial *t)
{
    if (!t->type->has_find) {
        trial_skip(t, "the type has no `find`: what exists cannot be adopted or looked up");
        return;
    }
    struct thing *x = trial_thing(t);
    if (!x || !trial_expect(t, trial_do(t, x, LF_VERB_FIND), GONE, "find of what nobody has made", NULL) ||
        !trial_create(t, x, "create"))
        return;
    const struct rig_answer *a = trial_do(t, x, LF_VERB_FIND);
    const struct op_result *r = &a->results[0];
    if (!trial_expect(t, a, OK, "find by the natural name", "find looks by the key attributes in `desired`"))
        return;
    if (!str_equal(r->id, x->id))
        trial_fail(t, NULL, "find gave the id '%s', create '%s'", r->id, x->id);
    if (!(t->type->facts.traits & CATALOG_MARKLESS) && !str_equal(r->marker, x->marker))
        trial_fail(t, "find gives the marker as it stands on the object, or NULL",
                   "find gave the marker '%s' instead of ours", r->marker ? r->marker : "(none)");
    trial_keeps(t, x->desired, r->state, "find");
}

static void owned(struct trial *t)
{
    if (!t->type->has_owned) {
        trial_skip(t, "the type has no `owned`: what a lost store left behind is not found");
        return;
    }
    struct thing *x = made(t);
    if (!x)
        return;
    struct op_item item = {.verb = LF_VERB_OWNED, .attempt = 1, .address = x->address, .marker = x->marker};
    const struct rig_answer *a = trial_ask(t, &item);
    if (!trial_expect(t, a, OK, "owned", NULL))
        return;
    for (size_t i = 0; i < a->found_count; i++) {
        if (str_equal(a->found[i].marker, x->marker) && str_equal(a->found[i].id, x->id))
            return;
    }
    trial_fail(t, "found() for every object that carries a marker of landfall's, whosever",
               "owned does not list the object that was just made: id '%s' among %zu", x->id, a->found_count);
}

static void estimate(struct trial *t)
{
    if (!t->type->has_estimate) {
        trial_skip(t, "the type has no `estimate`: plans say \"not estimated\"");
        return;
    }
    struct thing *x = trial_thing(t);
    if (x)
        trial_expect(t, trial_do(t, x, LF_VERB_ESTIMATE), OK, "estimate", NULL);
}

const struct cases_row cases_life[] = {
    {"create", "what create promised is there when it is read back", create},
    {"create_twice", "two creates with one token make one object", create_twice},
    {"keep", "a plan right after create finds nothing to do", keep},
    {"update", "a change in place is what was promised, and then nothing is left to do", update_case},
    {"replace", "the old object is gone, the new one is what was promised", replace},
    {"destroy", "what is destroyed is gone, and may be destroyed again", destroy},
    {"find", "it is found by its natural name, with its marker", find},
    {"owned", "it is among what carries a marker", owned},
    {"estimate", "what it costs is answered", estimate},
    {0},
};
