#include "base/str.h"
#include "conform/cases.h"
#include "conform/trial.h"

#define OK   TRIAL_BIT(LF_END_OK)
#define GONE TRIAL_BIT(LF_END_GONE)

static const char certain[] =
    "recover looks by marker or natural name, and tells for certain: OK ours, EXISTS not "
    "ours, GONE";

/* recover is asked with what the core has in a journal: the request, and no answer to it. */
static void recover(struct trial *t)
{
    if (!t->type->has_recover) {
        trial_skip(t, "the type has no `recover`: what is in doubt is sent again, or a person looks");
        return;
    }
    struct thing *x = trial_thing(t);
    if (!x ||
        !trial_expect(t, trial_do(t, x, LF_VERB_RECOVER), GONE, "recover of a create that never happened",
                      certain) ||
        !trial_create(t, x, "create"))
        return;
    struct op_item item = trial_item(x, LF_VERB_RECOVER);
    item.id = NULL;
    item.prior = item.memo = NULL;
    const struct rig_answer *a = trial_ask(t, &item);
    const struct op_result *r = &a->results[0];
    if (trial_expect(t, a, OK, "recover of a create that happened", certain)) {
        if (!str_equal(r->id, x->id))
            trial_fail(t, certain, "recover gave the id '%s', create '%s'", r->id, x->id);
        trial_keeps(t, x->desired, r->state, "recover");
    }
    struct op_item destroyed = trial_item(x, LF_VERB_RECOVER);
    destroyed.desired = NULL;
    if (trial_expect(t, trial_do(t, x, LF_VERB_DESTROY), OK | GONE, "destroy", NULL))
        trial_expect(t, trial_ask(t, &destroyed), GONE, "recover of a destroy that happened", certain);
}

const struct cases_row cases_doubt[] = {
    {"recover", "what became of a change is told from what is there", recover},
    {0},
};
