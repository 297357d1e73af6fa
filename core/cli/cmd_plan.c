#include "cli/approving.h"
#include "cli/args.h"
#include "cli/commands.h"
#include "cli/comparing.h"
#include "cli/planning.h"
#include "cli/running.h"
#include "cli/session.h"

#include "base/err.h"
#include "base/str.h"
#include "base/tick.h"
#include "model/value_json.h"
#include "plan/plan.h"
#include "plan/plan_file.h"
#include "region/region.h"
#include "report/as_json.h"
#include "report/as_text.h"

/* plan: opens no store for writing and takes no lock, so that it may run beside an apply and on a machine
 * that may only read.  The one thing it writes is the file it is asked for. */

/* destroy takes everything; a part of it goes through a plan file. */
static void tell_destroy(struct out *o, const struct planning *p, const char *region)
{
    if (p->target_count > 0)
        out_text(o, " Next: the same with -o FILE, then landfall apply FILE");
    else
        out_print(o, " Next: landfall destroy %s", region);
}

static void tell_next(struct session *s, const struct plan *plan, const struct planning *planning,
                      const char *file)
{
    const char *region = plan->region->name;
    struct out *o = &s->out;
    if (s->quiet && !file)
        return;
    if (file)
        out_print(o, "Plan %.12s written to %s. ", plan->digest, file);
    out_text(o, "Nothing has been changed.");
    /* Saying how to apply it would be wrong: it will be refused. */
    if (plan_broken_rules(plan) > 0) {
        out_text(o, " This plan will not be applied: it breaks rules.\n");
        return;
    }
    if (plan->totals.conflicts > 0) {
        out_text(o, " This plan will not be applied: ");
        out_print(o, plan->totals.conflicts == 1 ? "a name is taken.\n" : "%u names are taken.\n",
                  plan->totals.conflicts);
        return;
    }
    /* What is found out about them changes the plan. */
    if (running_has_doubts(s))
        out_print(o, " Next: landfall resume %s, then plan again", region);
    else if (file && approving_is_asked(s, plan))
        out_print(o, " Next: %s", approving_command(s, file));
    else if (file)
        out_print(o, " Next: landfall apply %s", str_word(s->mem, file));
    else if (approving_is_asked(s, plan)) /* what is in no file is approved by nobody */
        out_print(o, " Next: %s", approving_way(s, planning, region, "apply"));
    else if (plan_has_changes(plan) && plan->destroy)
        tell_destroy(o, planning, region);
    else if (plan_has_changes(plan)) /* what was planned, and no more */
        out_print(o, " Next: landfall apply %s%s", region, planning_options(s->mem, planning));
    out_char(o, '\n');
}

/* What a person said yes to before needs no second look. */
static bool tell_since(struct session *s, const struct plan *plan, const char *file, struct err *err)
{
    const struct facts_since *since;
    const struct value *body;
    if (!plan_has_changes(plan))
        return true;
    if (!value_json_parse(s->mem, plan->body, plan->body_count, &body, err) ||
        !approving_since(s, body, plan->digest, file ? session_file(s, file) : NULL, &since, err))
        return false;
    if (since)
        as_text_since(&s->out, since, s->verbose ? AS_TEXT_FULL : AS_TEXT_NORMAL);
    return true;
}

static bool save(struct session *s, const struct plan *plan, const struct planning *planning,
                 const char *file, struct err *err)
{
    struct tick tick = tick_real();
    const char *path = session_file(s, file);
    return approving_keep(s, path, plan->digest, err) &&
           plan_file_save(plan, planning_to_value(s->mem, planning), &tick, approving_who(s), path, err);
}

static bool tell(struct session *s, const struct plan *plan, const struct planning *planning,
                 const char *file, bool approved, struct err *err)
{
    enum as_text_detail detail = s->quiet ? AS_TEXT_BRIEF : s->verbose ? AS_TEXT_FULL : AS_TEXT_NORMAL;
    if (s->json) {
        as_json_plan(&s->out, plan);
        return true;
    }
    if (args_has(s->args, OPTION_COST)) {
        as_text_cost_tables(&s->out, plan, detail);
        out_char(&s->out, '\n');
    } else {
        as_text_plan(&s->out, plan, detail);
    }
    if (approved && !tell_since(s, plan, file, err))
        return false;
    tell_next(s, plan, planning, file);
    return true;
}

/* What apply will refuse is told like a refusal, whatever else was asked. */
static int exit_code_of(const struct args *args, const struct plan *plan)
{
    if (plan_broken_rules(plan) > 0 || plan->totals.conflicts > 0)
        return COMMAND_FAILED;
    return args_has(args, OPTION_EXIT_CODE) && plan_has_changes(plan) ? COMMAND_CHANGES : COMMAND_OK;
}

bool cmd_plan_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    const char *region = args_word(args, 0), *file = args_text(args, OPTION_OUT, NULL);
    struct planning planning = planning_of_args(args);
    struct plan *plan;
    if (!session_open_region(s, region, err) ||
        (file && !session_may_write(s, session_file(s, file), &plan_file_kind, err)))
        return false;
    bool approved = approving_has_spent(s) || (file && approving_is_beside(s, file));
    planning.keep_body = approved || file;
    planning.keep_lines = s->json || (args_has(args, OPTION_COST) && s->verbose);
    if (!session_open_drivers(s, err) || !planning_make(s, &planning, &plan, err))
        return false;
    comparing_price(s, plan);
    if ((file && !save(s, plan, &planning, file, err)) || !tell(s, plan, &planning, file, approved, err))
        return false;
    *exit_code = exit_code_of(args, plan);
    return true;
}
