#include "cli/args.h"
#include "cli/commands.h"
#include "cli/launching.h"
#include "cli/noticing.h"
#include "cli/planning.h"
#include "cli/session.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "launch/board.h"
#include "launch/forecast.h"
#include "launch/history.h"
#include "launch/launch.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/plan.h"
#include "region/project.h"
#include "region/region.h"
#include "region/waiver.h"
#include "report/as_board.h"
#include "report/as_json.h"
#include "report/as_notice.h"
#include "report/as_text.h"
#include "run/courier.h"

/* board: what there is to say of a region every day; --send says it to those who want to hear it. */

/* Several sinks, each with its own patience. */
#define SEND_MOST_MS 60000

/* When somebody is told that something ends, in days before it does; the last one: it has ended. */
static const int64_t thresholds[] = {14, 3, -1};

/* What was said last, as it was written into the audit chain when it was sent; NULL: never. */
static bool read_memory(struct session *s, const char **memory, struct err *err)
{
    struct store_audit *entries;
    size_t count;
    *memory = NULL;
    if (!store_read_words(s->mem, s->store_path, STORE_AUDIT_DIGEST, &entries, &count, err))
        return false;
    if (count > 0)
        *memory = entries[0].entry;
    return true;
}

static bool make(struct session *s, const char *region, struct board **out, struct err *err)
{
    struct planning planning = {.names = true};
    struct plan *plan;
    struct launch *launch;
    struct history_source own = {0};
    struct waivers *waivers;
    struct board_ask ask = {0};
    if (!session_open_region(s, region, err) || !session_open_drivers(s, err) ||
        !planning_make_or_remember(s, &planning, &plan, &ask.silence, err))
        return false;
    struct launching launching = {.plan = plan, .now_ms = session_wall_ms(), .own = &own};
    if (!launching_make(s, &launching, &launch, err) || !read_memory(s, &ask.memory, err) ||
        !waiver_load(s->mem, s->project->folder, s->region->name, s->region->timezone, &waivers, &s->diags,
                     err))
        return false;
    planning_tell_silence(s, ask.silence);
    ask.plan = plan;
    ask.launch = launch;
    ask.events = own.events;
    ask.event_count = own.event_count;
    ask.waivers = waivers;
    return board_make(s->mem, &ask, out, err);
}

/* ---- sending -------------------------------------------------------------------------------- */

/* The tightest threshold that is passed; false: it is not near. */
static bool is_near(int64_t days, int64_t *threshold)
{
    bool near = false;
    for (size_t i = 0; i < COUNT_OF(thresholds); i++) {
        if (days <= thresholds[i]) {
            *threshold = thresholds[i];
            near = true;
        }
    }
    return near;
}

static void put_waivers(struct session *s, const struct board *b)
{
    for (size_t i = 0; i < b->waiver_count; i++) {
        const struct waiver *w = b->waivers[i].waiver;
        int64_t days = b->waivers[i].days, threshold;
        if (!is_near(days, &threshold))
            continue;
        struct as_notice_facts facts = {
            .title = days < 0 ? arena_print(s->mem, "the waiver '%s' has ended", w->name)
                              : arena_print(s->mem, "the waiver '%s' ends on %s", w->name, w->expires),
            .text = arena_print(s->mem, "it bends the rule '%s': %s", w->rule, w->reason),
            .owner = w->owner,
            .advice = days < 0 ? "the rule holds again: mend what it forbids, or waive it anew" : NULL,
            .where = w->where,
        };
        noticing_put(s->noticing, NOTICES_WAIVER,
                     arena_print(s->mem, "waiver %s %s %lld", w->name, w->expires, (long long)threshold),
                     &facts);
    }
}

static void put_deadlines(struct session *s, const struct board *b)
{
    for (size_t i = 0; i < b->deadline_count; i++) {
        const struct launch_item *item = b->deadlines[i];
        char last[CALENDAR_DATE];
        int64_t threshold;
        calendar_end_date(b->plan->region->timezone, item->deadline_ms, last);
        int64_t days = item->overdue ? -1 : calendar_days(b->launch->today, last);
        if (!is_near(days, &threshold))
            continue;
        struct as_notice_facts facts = {
            .title = item->overdue
                         ? arena_print(s->mem, "%s is overdue since %s", item->address, item->deadline)
                         : arena_print(s->mem, "%s has to be done by %s", item->address, item->deadline),
            .text = item->ask,
        };
        noticing_put_step(
            s->noticing, NOTICES_DEADLINE,
            arena_print(s->mem, "deadline %s %s %lld", item->address, item->deadline, (long long)threshold),
            item->address, &facts);
    }
}

/* A step that says `remind`: the same question every so many days while it waits.  Counted from when it began
 * to wait, so that an answer that is asked for anew begins anew. */
static void put_reminders(struct session *s, const struct board *b)
{
    for (uint32_t i = 0; i < b->launch->item_count; i++) {
        const struct launch_item *item = &b->launch->items[i];
        if (item->need != LAUNCH_PERSON || item->reminder == 0)
            continue;
        uint64_t days = (uint64_t)item->reminder * item->remind_days;
        struct as_notice_facts facts = {
            .title = arena_print(s->mem, "%s still waits for a person, for %" PRIu64 " day%s now",
                                 item->address, days, days == 1 ? "" : "s"),
            .text = item->ask,
            .advice = arena_print(s->mem, "landfall done %s %s --by WHO --evidence PROOF",
                                  b->plan->region->name, item->address),
        };
        noticing_put_step(s->noticing, NOTICES_WAITS,
                          arena_print(s->mem, "reminder %s %lld %u", item->address,
                                      (long long)item->forecast->waits_since_ms, item->reminder),
                          item->address, &facts);
    }
}

/* Told when it becomes so, and again when it becomes so for another day. */
static void put_target(struct session *s, const struct board *b)
{
    const struct launch_milestone *m = b->milestone;
    if (m->open == 0 || !m->target_date[0] || m->late_p50 <= 0)
        return;
    struct as_notice_facts facts = {
        .title = arena_print(s->mem, "%s will miss %s, as it looks now", m->name, m->target_date),
        .text = as_board_text(s->mem, b),
    };
    noticing_put(s->noticing, NOTICES_DEADLINE, arena_print(s->mem, "target %s %s", m->name, m->target_date),
                 &facts);
}

/* The page, and what is remembered of it, in one commit: what is compared tomorrow is what people were told.
 */
static bool put_digest(struct session *s, const struct board *b)
{
    const char *once = arena_print(s->mem, "digest %s", b->launch->today);
    if (!noticing_is_news(s->noticing, NOTICES_DIGEST, once))
        return false;
    struct as_notice_facts facts = {
        .title = as_board_title(s->mem, b),
        .text = as_board_text(s->mem, b),
        .data = value_json_text(s->mem, as_board_value(s->mem, b)),
    };
    noticing_put(s->noticing, NOTICES_DIGEST, once, &facts);
    store_put_audit(s->writer, STORE_AUDIT_DIGEST, board_memory(s->mem, b));
    return true;
}

/* What could not be sent is said by the noticing. */
static void tell_sent(struct session *s, bool is_new, const struct courier_tally *at, size_t count)
{
    const char *before = "Sent to ";
    if (!is_new && notices_has(&s->project->notices, NOTICES_DIGEST))
        out_text(&s->out, "Today's page was sent before.\n");
    for (size_t i = 0; i < count; i++) {
        if (at[i].sent == 0)
            continue;
        out_print(&s->out, "%s%s (%llu)", before, at[i].sink, (unsigned long long)at[i].sent);
        before = ", ";
    }
    if (before[0] == ',')
        out_char(&s->out, '\n');
}

static bool check_wanted(const struct session *s, struct err *err)
{
    static const enum notices_kind kinds[] = {NOTICES_DIGEST, NOTICES_DEADLINE, NOTICES_WAIVER,
                                              NOTICES_WAITS};
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (notices_has(&s->project->notices, kinds[i]))
            return true;
    err_set(err, "board.nobody",
            "nobody wants to hear it: no rule of landfall.yaml is about digest, deadline, waiver or waits");
    return err_advise(err, "add one below notices.rules: { to: [team], about: [digest] }");
}

static bool send(struct session *s, const struct board *b, bool *all, struct err *err)
{
    size_t count;
    if (!session_open_writer(s, s->truth.exists ? s->truth.lineage : b->plan->lineage, "board", err))
        return false;
    s->noticing = noticing_new(s);
    noticing_know(s->noticing, b->plan);
    noticing_send(s->noticing, true);
    bool is_new = put_digest(s, b);
    put_deadlines(s, b);
    put_reminders(s, b);
    put_target(s, b);
    put_waivers(s, b);
    noticing_finish(s->noticing, SEND_MOST_MS);
    const struct courier_tally *tallies = noticing_tallies(s->noticing, &count);
    for (size_t i = 0; i < count; i++)
        *all = *all && tallies[i].due == 0;
    if (!s->json && !s->quiet)
        tell_sent(s, is_new, tallies, count);
    return true;
}

bool cmd_board_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    struct board *board;
    bool sends = args_has(args, OPTION_SEND), all = true;
    if (!session_open_project(s, err) || (sends && !check_wanted(s, err)) ||
        !make(s, args_word(args, 0), &board, err))
        return false;
    if (s->json)
        as_json_board(&s->out, board);
    else if (!sends || !s->quiet)
        as_text_board(&s->out, board);
    if (sends && !send(s, board, &all, err))
        return false;
    *exit_code = all ? COMMAND_OK : COMMAND_PARTIAL;
    return true;
}
