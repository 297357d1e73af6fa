#include "cli/approving.h"
#include "cli/args.h"
#include "cli/commands.h"
#include "cli/policies.h"
#include "cli/session.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "region/project.h"
#include "region/region.h"
#include "report/as_json.h"
#include "report/as_text.h"

/* status: what the store knows.  It must work when nothing else does - a broken region file, missing plugins,
 * a service that is down - because that is when it is asked. */

/* Newest events of the last run that are read: more than any summary needs, and little against a run of a
 * hundred thousand steps. */
#define EVENTS_MOST 20000

static bool read_last_run(struct session *s, struct facts_status *facts, struct err *err)
{
    struct store_event *all;
    size_t count;
    if (!s->truth.last_run)
        return true;
    if (!store_read_new_events(s->mem, s->store_path, EVENTS_MOST, &all, &count, err))
        return false;
    /* What came after it belongs to the story: a step that waited is done by hand, a held one resolved. */
    size_t first = 0;
    while (first < count && !str_equal(all[first].run_id, s->truth.last_run->run_id))
        first++;
    facts->events = all + first;
    facts->event_count = count - first;
    /* Approvals that cannot be read are for history to complain of. */
    struct err none;
    if (!approving_used(s, s->truth.last_run->run_id, &facts->used, &facts->used_count, &none))
        facts->used_count = 0;
    return true;
}

bool cmd_status_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    struct facts_status facts = {.region = args_word(args, 0), .now_ms = session_wall_ms()};
    struct region *region;
    struct diags unsaid;
    struct err none;
    if (!session_open_store(s, facts.region, err) || !read_last_run(s, &facts, err))
        return false;
    /* A region file that is being edited must not keep anybody from seeing what stands. */
    diag_init(&unsaid, s->mem);
    if (region_load(s->mem, s->project->folder, facts.region, &region, &unsaid, &none))
        facts.resolved = region;
    facts.waivers = policies_waivers(s, facts.region, facts.resolved ? region->timezone : "UTC");
    facts.waivers_broken = facts.waivers == NULL;
    facts.truth = &s->truth;
    if (s->json)
        as_json_status(&s->out, &facts);
    else
        as_text_status(&s->out, &facts,
                       s->quiet     ? AS_TEXT_BRIEF
                       : s->verbose ? AS_TEXT_FULL
                                    : AS_TEXT_NORMAL);
    *exit_code = COMMAND_OK;
    return true;
}
