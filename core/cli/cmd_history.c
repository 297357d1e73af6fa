#include "cli/approving.h"
#include "cli/args.h"
#include "cli/commands.h"
#include "cli/session.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "report/as_json.h"
#include "report/as_text.h"

/* history: from the store alone. */

#define EVENTS_USUAL 50
#define EVENTS_MOST  1000000 /* what is asked for beyond this would not fit into memory */

/* A slip of the keyboard would read as a step without a past. */
static const char *nearest(const struct session *s, const char *address)
{
    const char **names = ARENA_ARRAY(s->mem, const char *, s->truth.res_count + 1);
    for (size_t i = 0; i < s->truth.res_count; i++)
        names[i] = s->truth.res[i].address;
    return str_nearest(address, names, s->truth.res_count);
}

/* Of those that were read, the newest `most`. */
static void keep_newest(struct facts_history *facts, size_t most)
{
    if (facts->run_count > most) {
        facts->earlier_runs = facts->run_count - most;
        facts->runs += facts->earlier_runs;
        facts->run_count = most;
    }
    if (facts->event_count > most) {
        facts->earlier_events = true;
        facts->events += facts->event_count - most;
        facts->event_count = most;
    }
}

bool cmd_history_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    struct facts_history facts = {.region = args_word(args, 0), .address = args_word(args, 1)};
    struct store_run *runs = NULL;
    struct store_event *events = NULL;
    int64_t last = args_number(args, OPTION_LAST, EVENTS_USUAL);
    size_t most = last > EVENTS_MOST ? EVENTS_MOST : (size_t)last;
    if (!session_open_store(s, facts.region, err) ||
        !store_read_events(s->mem, s->store_path, facts.address, most + 1, &events, &facts.event_count, err))
        return false;
    if (!facts.address && (!store_read_runs(s->mem, s->store_path, &runs, &facts.run_count, err) ||
                           !approving_used(s, NULL, &facts.used, &facts.used_count, err)))
        return false;
    if (facts.address && facts.event_count == 0)
        facts.near = nearest(s, facts.address);
    facts.runs = runs;
    facts.events = events;
    keep_newest(&facts, most);
    if (s->json)
        as_json_history(&s->out, &facts);
    else
        as_text_history(&s->out, &facts);
    *exit_code = COMMAND_OK;
    return true;
}
