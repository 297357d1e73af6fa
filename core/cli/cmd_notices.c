#include "cli/args.h"
#include "cli/commands.h"
#include "cli/noticing.h"
#include "cli/session.h"

#include "base/err.h"
#include "region/project.h"
#include "report/as_json.h"
#include "report/as_text.h"
#include "run/courier.h"

/* notices: who was told, who is still to be told; --send does it now. */

#define SENT_USUAL 20
/* Beyond the patience with one sink, so that each of several gets its chance. */
#define SEND_MOST_MS 60000

static bool show(struct session *s, const struct args *args, bool *due, struct err *err)
{
    struct store_notice *rows;
    struct facts_notices facts = {.region = args_word(args, 0),
                                  .has_sinks = s->project->notices.sink_count > 0};
    size_t sent = (size_t)args_number(args, OPTION_LAST, SENT_USUAL);
    if (!store_read_open_notices(s->mem, s->store_path, sent, &rows, &facts.count, &facts.total, err))
        return false;
    facts.rows = rows;
    for (size_t i = 0; i < facts.count; i++)
        *due = *due || rows[i].state[0] == 'd';
    if (s->json)
        as_json_notices(&s->out, &facts);
    else
        as_text_notices(&s->out, &facts);
    return true;
}

/* What is given up stays given up: it is as old as landfall.yaml says that nobody needs it any more. */
static bool send(struct session *s, struct err *err)
{
    if (!session_open_region(s, args_word(s->args, 0), err))
        return false;
    if (!s->truth.exists)
        return true;
    session_open_host(s);
    if (!session_open_writer(s, s->truth.lineage, "notices", err))
        return false;
    s->noticing = noticing_new(s);
    noticing_send(s->noticing, true);
    noticing_linger(s->noticing, SEND_MOST_MS);
    noticing_stop(s->noticing);
    store_writer_close(s->writer);
    s->writer = NULL;
    return true;
}

bool cmd_notices_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    bool sends = args_has(args, OPTION_SEND), due = false;
    if (!session_open_store(s, args_word(args, 0), err) || (sends && !send(s, err)) ||
        !show(s, args, &due, err))
        return false;
    *exit_code = sends && due ? COMMAND_PARTIAL : COMMAND_OK;
    return true;
}
