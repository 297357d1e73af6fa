#include "conform/cases.h"
#include "conform/trial.h"
#include "model/value.h"
#include "model/value_json.h"

#define OK TRIAL_BIT(LF_END_OK)

/* For a driver that sends through the host, the gate counts what was tried (`dry` of the whole driver); what
 * is compared here holds for every transport. */
static void asks_everything(struct trial *t, struct thing *x)
{
    const struct value *promise, *other = trial_desired(t, x, t->sample->update);
    struct op_item list = {.verb = LF_VERB_OWNED, .attempt = 1, .address = x->address, .marker = x->marker};
    (void)trial_plan(t, x, trial_carry(t, x->desired, x->state), x->desired, &promise);
    if (other)
        (void)trial_plan(t, x, trial_carry(t, x->desired, x->state), other, &promise);
    if (t->type->has_find)
        (void)trial_do(t, x, LF_VERB_FIND);
    if (t->type->has_estimate)
        (void)trial_do(t, x, LF_VERB_ESTIMATE);
    if (t->type->has_recover)
        (void)trial_do(t, x, LF_VERB_RECOVER);
    if (t->type->has_owned)
        (void)trial_ask(t, &list);
}

static const char only_look[] =
    "read, plan, find, owned, recover and estimate leave the world as it is: honor req->read_only";

/* Neither what is there changes, nor does what is not there come into being. */
static void dry(struct trial *t)
{
    struct thing *x = trial_thing(t), *absent = x ? trial_thing(t) : NULL;
    if (!absent || !trial_create(t, x, "create"))
        return;
    const struct value *promise;
    const struct rig_answer *before = trial_look(t, x);
    if (!trial_expect(t, before, OK, "read", NULL))
        return;
    t->only_plans = true;
    asks_everything(t, x);
    (void)trial_plan(t, absent, NULL, absent->desired, &promise);
    if (t->type->has_find)
        (void)trial_do(t, absent, LF_VERB_FIND);
    if (t->type->has_recover)
        (void)trial_do(t, absent, LF_VERB_RECOVER);
    const struct rig_answer *after = trial_do(t, x, LF_VERB_READ);
    if (trial_expect(t, after, OK, "the read after all verbs that only look", only_look) &&
        !trial_keeps(t, before->results[0].state, after->results[0].state, "verbs that only look"))
        trial_fail(t, only_look, "a verb that only looks changed the object");
    if (trial_count(t, absent) > 0)
        trial_fail(t, only_look, "an object that was only planned and looked for is there now");
    if (t->type->has_find && trial_do(t, absent, LF_VERB_FIND)->results[0].status == LF_END_OK)
        trial_fail(t, only_look, "an object that was only planned and looked for is found now");
}

const struct cases_row cases_dry[] = {
    {"dry", "verbs that only look change nothing", dry},
    {0},
};
