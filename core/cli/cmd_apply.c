#include "cli/args.h"
#include "cli/build.h"
#include "cli/commands.h"
#include "cli/session.h"

#include "base/err.h"
#include "model/addr.h"
#include "model/value.h"
#include "plan/plan_file.h"

/* apply: of a region, whatever is due; of a plan file, that plan and nothing else. */

/* A region's name holds neither dot nor slash; everything else is a file. */
static bool is_file(const char *word)
{
    return !addr_region_is_valid(word);
}

static bool apply_file(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    struct plan_file file;
    if (args_has(args, OPTION_TARGET) || args_has(args, OPTION_REPLACE) ||
        args_has(args, OPTION_REFRESH_ONLY)) {
        err_set(err, "usage.fixed", "a plan file says itself what is to be done");
        return err_advise(err, "give --target, --replace and --refresh-only to landfall plan -o");
    }
    if (!session_open_project(s, err) ||
        !plan_file_load(s->mem, session_file(s, args_word(args, 0)), &file, err))
        return false;
    struct build_ask ask = {.kind = BUILD_APPLY,
                            .region = file.region,
                            .planning = planning_of_value(s->mem, value_get(file.envelope, "options")),
                            .file = &file,
                            .path = args_word(args, 0)};
    if (ask.planning.destroy)
        ask.kind = BUILD_DESTROY;
    return build_run(s, &ask, exit_code, err);
}

bool cmd_apply_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    if (is_file(args_word(args, 0)))
        return apply_file(s, args, exit_code, err);
    struct build_ask ask = {
        .kind = BUILD_APPLY, .region = args_word(args, 0), .planning = planning_of_args(args)};
    return build_run(s, &ask, exit_code, err);
}
