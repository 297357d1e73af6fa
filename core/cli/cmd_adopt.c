#include "cli/approving.h"
#include "cli/args.h"
#include "cli/commands.h"
#include "cli/confirm.h"
#include "cli/listener.h"
#include "cli/noticing.h"
#include "cli/planning.h"
#include "cli/policies.h"
#include "cli/session.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "plan/plan.h"
#include "region/approvals.h"
#include "region/project.h"
#include "report/as_json.h"
#include "report/as_text.h"
#include "run/adopt.h"

/* adopt: a plan of the one step tells what is there and whose it is; taking it over is a change like any
 * other, under the lock and through the store.  What a plan would need a yes for, it leaves to a plan. */

/* Does somebody have to say yes to a change of this step?  Why the object is left as it is, or NULL. */
static const char *why_as_it_is(struct session *s, const struct plan *plan, const char *address)
{
    const struct approvals *approvals = &s->project->approvals;
    uint32_t i = plan_find(plan, address);
    bool shared = i != UINT32_MAX && plan->steps[i].shared;
    struct err err;
    if (approvals->need[shared ? APPROVALS_SHARED : APPROVALS_LOCAL] > 0)
        return arena_print(s->mem, "landfall.yaml asks for approval of %s changes",
                           approvals_class_name(shared ? APPROVALS_SHARED : APPROVALS_LOCAL));
    return policies_allow(s, plan, NULL, &err) ? NULL : "a rule forbids the change";
}

/* Where changes are approved, an auditor reads why one of the world's things became ours. */
static bool check_reason(struct session *s, const char *as_it_is, struct err *err)
{
    const char *why = args_text(s->args, OPTION_REASON, "");
    if (!as_it_is || why[0])
        return true;
    err_set(err, "usage.why", "an adoption says why: %s", as_it_is);
    return err_advise(err, "add --why TEXT: it is what an auditor reads");
}

/* With the lock in hand, and told of while it happens. */
static bool take(struct session *s, struct adoption *adoption, struct adopt_ask *ask, struct err *err)
{
    struct listener listener;
    if (!session_lock(s, ask->plan->lineage, "adopt", err))
        return false;
    listener_open(&listener, s, ask->plan);
    s->noticing = noticing_new(s);
    noticing_know(s->noticing, ask->plan);
    ask->tell_user = &listener;
    ask->keep_user = s->noticing;
    bool ok = adopt_take(adoption, s->writer, err);
    listener_close(&listener);
    return ok;
}

/* Nobody says yes to what was not shown. */
static bool look_and_show(struct session *s, const struct adopt_ask *ask, struct adoption **out,
                          struct facts_adoption *facts, struct err *err)
{
    struct adopt_found found;
    if (!adopt_look(s->mem, ask, out, &found, err))
        return false;
    facts->step = &facts->plan->steps[plan_find(facts->plan, facts->address)];
    facts->id = found.id;
    facts->diffs = found.diffs;
    facts->diff_count = found.diff_count;
    if (!s->json && !(s->quiet && args_has(s->args, OPTION_YES)))
        as_text_adoption(&s->out, facts, s->verbose ? AS_TEXT_FULL : AS_TEXT_NORMAL);
    return true;
}

static bool adopt(struct session *s, struct facts_adoption *facts, struct err *err)
{
    char run_id[33];
    digest_random_hex(16, run_id);
    struct adopt_ask ask = {.loop = s->loop,
                            .registry = s->registry,
                            .plan = facts->plan,
                            .address = facts->address,
                            .lineage = args_text(s->args, OPTION_LINEAGE, NULL),
                            .run_id = run_id,
                            .as_it_is = facts->as_it_is != NULL,
                            .by = approving_who(s),
                            .why = args_text(s->args, OPTION_REASON, ""),
                            .tell = listener_tell,
                            .keep = noticing_keep};
    struct adoption *adoption;
    return look_and_show(s, &ask, &adoption, facts, err) && confirm_yes(s, "Adopt it", err) &&
           take(s, adoption, &ask, err);
}

bool cmd_adopt_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    const char *region = args_word(args, 0), *address = args_word(args, 1);
    struct planning planning = {.targets = &address, .target_count = 1, .adopting = address};
    struct plan *plan;
    if (!session_open_region(s, region, err) || !session_open_drivers(s, err) ||
        !planning_make(s, &planning, &plan, err))
        return false;
    const char *as_it_is = why_as_it_is(s, plan, address);
    struct facts_adoption adoption = {.plan = plan, .address = address, .as_it_is = as_it_is};
    if (!check_reason(s, as_it_is, err) || !adopt(s, &adoption, err))
        return false;
    bool differs = as_it_is && adoption.diff_count > 0;
    struct facts_deed deed = {
        .command = "adopt",
        .region = region,
        .address = address,
        .adoption = &adoption,
        .id = adoption.id,
        .what = differs ? arena_print(s->mem, "%s is ours now, and as it was: %s", address, as_it_is)
                        : arena_print(s->mem, "%s is ours now, and as the playbook declares it", address),
        .next = arena_print(s->mem, "landfall plan %s", region)};
    if (s->json)
        as_json_deed(&s->out, &deed);
    else
        as_text_deed(&s->out, &deed);
    noticing_send(s->noticing, false);
    noticing_finish(s->noticing, NOTICING_LINGER_MS);
    *exit_code = COMMAND_OK;
    return true;
}
