/* The program: arguments, a session, one command, an exit code.  Everything else is in cli/ and below, as a
 * library, so that tests can reach it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "cli/args.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/session.h"
#include "report/as_json.h"
#include "report/as_text.h"

/* The text goes to standard error for the person; the document to standard output, where a program that
 * asked for JSON reads.  Where several things are wrong, all of them are told. */
static void tell_failure(struct session *s, const struct err *err)
{
    if (s->json)
        as_json_err(&s->out, err, &s->diags);
    if (s->diags.errors > 0)
        as_text_diags(&s->err, &s->diags);
    else
        as_text_err(&s->err, err);
}

static bool run_command(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    *exit_code = COMMAND_OK;
    if (!args->command)
        help_overview(&s->out);
    else if (args_has(args, OPTION_HELP))
        help_command(&s->out, args->command);
    else
        return args->command->run(s, args, exit_code, err);
    return true;
}

/* A standard stream that the caller closed would be given to the next file that is opened, and what is said
 * would go into that: the store, a plan.  What stands in for it is read only, so that saying fails as before.
 */
static bool hold_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF && open("/dev/null", O_RDONLY) != fd)
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    if (!hold_standard_streams())
        return COMMAND_FAILED;
    struct arena *mem = arena_new();
    struct args args;
    struct session session;
    struct err err;
    int exit_code = COMMAND_FAILED;
    signal(SIGPIPE, SIG_IGN); /* a reader that went away is a failed write, not the end of a run */
    log_enable(getenv("LANDFALL_DEBUG") != NULL);
    bool ok = args_parse(mem, argc, argv, &args, &err);
    session_open(&session, mem, &args);
    if (ok)
        ok = run_command(&session, &args, &exit_code, &err);
    if (!ok) {
        exit_code = COMMAND_FAILED;
        tell_failure(&session, &err);
    }
    bool stranded = session.stranded;
    if (!session_close(&session) && exit_code == COMMAND_OK)
        exit_code = COMMAND_FAILED;
    if (!stranded)
        arena_free(mem);
    return exit_code;
}
