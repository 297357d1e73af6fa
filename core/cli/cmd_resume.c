#include "cli/args.h"
#include "cli/build.h"
#include "cli/commands.h"
#include "cli/session.h"

#include "base/err.h"
#include "model/addr.h"
#include "model/value.h"
#include "plan/plan_file.h"

/* resume: takes no options of a plan.  What is to be done was decided when the run began; choosing anew is an
 * apply, or a plan file that was looked at since. */

/* The run goes on, and what it goes on with is this plan and its approvals. */
static bool resume_with(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    struct plan_file file;
    if (!session_open_project(s, err) ||
        !plan_file_load(s->mem, session_file(s, args_word(args, 0)), &file, err))
        return false;
    struct build_ask ask = {.kind = BUILD_RESUME,
                            .region = file.region,
                            .planning = planning_of_value(s->mem, value_get(file.envelope, "options")),
                            .file = &file,
                            .path = args_word(args, 0)};
    return build_run(s, &ask, exit_code, err);
}

bool cmd_resume_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    if (!addr_region_is_valid(args_word(args, 0)))
        return resume_with(s, args, exit_code, err);
    struct build_ask ask = {.kind = BUILD_RESUME, .region = args_word(args, 0)};
    return build_run(s, &ask, exit_code, err);
}
