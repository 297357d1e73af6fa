#include "cli/args.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/session.h"
#include "cli/suggest.h"

#include "base/err.h"

/* help: the same words as --help, for those who type it the other way round. */

bool cmd_help_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    const char *name = args_word(args, 0);
    const struct command *c = name ? command_find(name) : NULL;
    if (name && !c) {
        const char *near = command_nearest(name);
        err_set(err, "usage.unknown_command", "unknown command '%s'%s", name, suggest_text(s->mem, near));
        return err_advise(err, "landfall --help lists the commands");
    }
    if (c)
        help_command(&s->out, c);
    else
        help_overview(&s->out);
    *exit_code = COMMAND_OK;
    return true;
}
