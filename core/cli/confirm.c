#include "cli/confirm.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cli/args.h"
#include "cli/session.h"
#include "plan/plan.h"
#include "region/region.h"

/* Objects named one by one before the question; the plan above it lists all. */
#define NAMED_MOST 10

/* The line without its newline; empty at the end of the input.  While a person thinks, Ctrl-C ends the
 * process, also when an earlier part of the command gave it another meaning. */
static void read_line(struct session *s, char *line, size_t room)
{
    struct sigaction usual = {.sa_handler = SIG_DFL}, before;
    out_flush(&s->out);
    line[0] = '\0';
    sigaction(SIGINT, &usual, &before);
    if (!fgets(line, (int)room, stdin))
        out_char(&s->out, '\n');
    sigaction(SIGINT, &before, NULL);
    line[strcspn(line, "\n")] = '\0';
}

bool confirm_yes(struct session *s, const char *what, struct err *err)
{
    char line[64];
    if (args_has(s->args, OPTION_YES))
        return true;
    if (!s->can_ask) {
        err_set(err, "cli.needs_yes", "nothing was done: there is no terminal to ask on");
        return err_advise(err, "look at the plan, then add --yes");
    }
    out_print(&s->out, "\n%s? Type yes: ", what);
    read_line(s, line, sizeof(line));
    if (strcmp(line, "yes") == 0)
        return true;
    return err_set(err, "cli.said_no", "nothing was done: the answer was '%s', not 'yes'", line);
}

/* Counts what would be lost; names it where somebody will be asked. */
static size_t list_data(struct session *s, const struct plan *plan)
{
    size_t count = 0;
    for (uint32_t i = 0; i < plan->count; i++)
        count += plan_loses_data(&plan->steps[i]);
    if (count == 0 || args_has(s->args, OPTION_YES_DATA) || !s->can_ask)
        return count;
    size_t named = 0;
    out_painted(&s->out, OUT_RED, "These hold data, which is lost with them:");
    out_char(&s->out, '\n');
    for (uint32_t i = 0; i < plan->count && named < NAMED_MOST; i++) {
        if (!plan_loses_data(&plan->steps[i]))
            continue;
        out_print(&s->out, "    %s\n", plan->steps[i].address);
        named++;
    }
    if (count > named)
        out_print(&s->out, "    and %zu more\n", count - named);
    return count;
}

bool confirm_data(struct session *s, const struct plan *plan, struct err *err)
{
    char line[64];
    size_t count = list_data(s, plan);
    if (count == 0 || args_has(s->args, OPTION_YES_DATA))
        return true;
    if (!s->can_ask) {
        err_set(err, "cli.needs_yes_destroy_data",
                "nothing was done: %zu object%s that hold%s data would be "
                "destroyed",
                count, count == 1 ? "" : "s", count == 1 ? "s" : "");
        return err_advise(err, "if that is meant, add --yes-destroy-data");
    }
    out_print(&s->out, "Type the region's name to destroy %s: ", count == 1 ? "it" : "them");
    read_line(s, line, sizeof(line));
    if (strcmp(line, plan->region->name) == 0)
        return true;
    return err_set(err, "cli.said_no", "nothing was done: the answer was '%s', not '%s'", line,
                   plan->region->name);
}
