#include "cli/args.h"
#include "cli/commands.h"
#include "cli/session.h"

#include "base/err.h"
#include "plan/graph.h"
#include "report/as_dot.h"
#include "report/as_json.h"
#include "report/as_text.h"

/* graph: what is declared now, with what the store still holds of things that are declared no more. */

bool cmd_graph_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    const char *region = args_word(args, 0);
    struct graph *graph;
    if (!session_open_region(s, region, err) || !session_open_drivers(s, err) ||
        !session_open_playbook(s, err))
        return false;
    if (!graph_build(s->mem, session_decls(s), &s->truth, &graph, &s->diags))
        return diag_ok(&s->diags, err);
    if (args_has(args, OPTION_DOT))
        as_dot_graph(&s->out, region, graph);
    else if (s->json)
        as_json_graph(&s->out, region, graph);
    else
        as_text_graph(&s->out, graph);
    *exit_code = COMMAND_OK;
    return true;
}
