#include "cli/approving.h"
#include "cli/args.h"
#include "cli/commands.h"
#include "cli/launching.h"
#include "cli/planning.h"
#include "cli/session.h"

#include "base/arena.h"
#include "base/err.h"
#include "launch/calendar.h"
#include "launch/what_if.h"
#include "region/region.h"
#include "report/as_json.h"
#include "report/as_text.h"

/* launch: the plan's other question - not what would be done, but what is missing, and when it is there.
 * Opens no store for writing and takes no lock. */

/* A day is looked at from its beginning, so that all of it is still to come. */
static bool now_of(const struct session *s, const struct args *args, int64_t *now_ms, struct err *err)
{
    const char *text = args_text(args, OPTION_ON, NULL);
    *now_ms = session_wall_ms();
    if (!text || calendar_begin(s->region->timezone, text, now_ms))
        return true;
    err_set(err, "usage.date", "'--on %s' is not a date", text);
    return err_advise(err, "write it like 2026-12-01, or 2026-12-01T09:00:00Z");
}

/* The world is looked at now, whatever the day: only dates and lengths are counted from there. */
static void tell_past(struct session *s, const struct args *args)
{
    const char *text = args_text(args, OPTION_ON, NULL);
    int64_t end_ms;
    if (!text || s->quiet || !calendar_end(s->region->timezone, text, &end_ms) || end_ms > session_wall_ms())
        return;
    struct out *o = s->json ? &s->err : &s->out;
    out_text(o, "Seen from ");
    out_safe(o, text);
    out_text(
        o, ", which is past: what was done since then counts as done, and dates are counted from that day\n");
}

/* Where a yes is asked for, the plan that it is given to comes first, and says how to go on. */
static const char *next_of(struct session *s, const struct plan *plan, const struct planning *planning)
{
    const char *region = s->region->name;
    if (approving_is_asked(s, plan))
        return planning_command(s->mem, planning, region, arena_print(s->mem, "%s.plan", region));
    return arena_print(s->mem, "landfall apply %s", region);
}

bool cmd_launch_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    struct planning planning = {.names = true};
    struct plan *plan;
    struct launch *launch;
    const struct err *silence;
    struct what_if_ask what_if = {.without = args->options[OPTION_WITHOUT].at,
                                  .without_count = args->options[OPTION_WITHOUT].count,
                                  .faster = args->options[OPTION_FASTER].at,
                                  .faster_count = args->options[OPTION_FASTER].count,
                                  .done = args->options[OPTION_SUPPOSE_DONE].at,
                                  .done_count = args->options[OPTION_SUPPOSE_DONE].count};
    struct launching ask = {.milestone = args_word(args, 1), .what_if = &what_if};
    if (!session_open_region(s, args_word(args, 0), err) || !now_of(s, args, &ask.now_ms, err) ||
        !session_open_drivers(s, err) || !planning_make_or_remember(s, &planning, &plan, &silence, err))
        return false;
    ask.plan = plan;
    if (!launching_make(s, &ask, &launch, err))
        return false;
    struct facts_launch facts = {.region = s->region,
                                 .plan = plan,
                                 .launch = launch,
                                 .silence = silence,
                                 .next = next_of(s, plan, &planning)};
    planning_tell_silence(s, silence);
    if (s->json)
        as_json_launch(&s->out, &facts);
    else
        as_text_launch(&s->out, &facts,
                       s->quiet     ? AS_TEXT_BRIEF
                       : s->verbose ? AS_TEXT_FULL
                                    : AS_TEXT_NORMAL);
    tell_past(s, args);
    *exit_code = COMMAND_OK;
    return true;
}
