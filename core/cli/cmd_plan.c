#include "cli/args.h"
#include "cli/commands.h"
#include "cli/planning.h"
#include "cli/session.h"

#include "base/err.h"
#include "base/tick.h"
#include "plan/plan.h"
#include "plan/plan_file.h"
#include "report/as_json.h"
#include "report/as_text.h"

static void tell_next(struct session *s, const struct plan *plan, const char *file, const char *region)
{
    struct out *o = &s->out;
    if (s->quiet && !file)
        return;
    if (file)
        out_print(o, "Plan %.12s written to %s. ", plan->digest, file);
    out_text(o, "Nothing has been changed.");
    if (file)
        out_print(o, " Next: landfall apply %s", file);
    else if (plan_has_changes(plan) && !plan->destroy)
        out_print(o, " Next: landfall apply %s", region);
    else if (plan_has_changes(plan))
        out_print(o, " Next: landfall destroy %s", region);
    out_char(o, '\n');
}

bool cmd_plan_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    const char *region = args_word(args, 0), *file = args_text(args, OPTION_OUT, NULL);
    struct planning planning = planning_of_args(args);
    struct plan *plan;
    planning.keep_body = file != NULL;
    if (!session_open_region(s, region, err) || !session_open_drivers(s, err) ||
        !planning_make(s, &planning, &plan, err))
        return false;
    struct tick tick = tick_real();
    if (file &&
        !plan_file_save(plan, planning_to_value(s->mem, &planning), &tick, session_file(s, file), err))
        return false;
    if (s->json) {
        as_json_plan(&s->out, plan);
    } else {
        as_text_plan(&s->out, plan, s->quiet ? AS_TEXT_BRIEF : s->verbose ? AS_TEXT_FULL : AS_TEXT_NORMAL);
        tell_next(s, plan, file, region);
    }
    *exit_code = args_has(args, OPTION_EXIT_CODE) && plan_has_changes(plan) ? COMMAND_CHANGES : COMMAND_OK;
    return true;
}
