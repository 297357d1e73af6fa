#include "cli/args.h"
#include "cli/build.h"
#include "cli/commands.h"

/* destroy: works from the store alone.  A playbook that is broken, or gone, must not keep anybody from taking
 * down what it built. */

bool cmd_destroy_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    struct build_ask ask = {
        .kind = BUILD_DESTROY, .region = args_word(args, 0), .planning = {.destroy = true}};
    return build_run(s, &ask, exit_code, err);
}
