#include "cli/args.h"
#include "cli/build.h"
#include "cli/commands.h"

/* resume: takes no options of a plan.  What is to be done was decided when the run began; choosing anew is an
 * apply. */

bool cmd_resume_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    struct build_ask ask = {.kind = BUILD_RESUME, .region = args_word(args, 0)};
    return build_run(s, &ask, exit_code, err);
}
