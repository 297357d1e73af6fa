#include "cli/launching.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/comparing.h"
#include "cli/session.h"
#include "launch/history.h"
#include "launch/launch.h"
#include "launch/parity.h"
#include "model/decl.h"
#include "plan/plan.h"
#include "plan/residence.h"
#include "region/project.h"
#include "region/region.h"
#include "region/waiver.h"

/* Newest events of a store that are looked through: the last few builds of a large region. */
#define EVENTS_MOST 200000

typedef ARRAY(struct history_source) sources;

static bool read_own(struct session *s, struct history_source *out, struct err *err)
{
    struct store_event *events;
    if (!store_read_events(s->mem, s->store_path, NULL, EVENTS_MOST, &events, &out->event_count, err))
        return false;
    out->events = events;
    out->place = s->region->place;
    out->truth = &s->truth;
    out->own = true;
    return true;
}

/* How long things took elsewhere is good to know and never needed. */
static bool read_other(struct session *s, const char *name, struct history_source *out, struct err *err)
{
    const char *path = file_join(s->mem, s->project->store, arena_print(s->mem, "%s.db", name));
    struct store_snapshot *truth = ARENA_NEW(s->mem, struct store_snapshot);
    struct store_event *events;
    struct region *region;
    struct diags unsaid;
    diag_init(&unsaid, s->mem);
    if (!file_exists(path) || !region_load(s->mem, s->project->folder, name, &region, &unsaid, err) ||
        !store_read(s->mem, path, truth, err) ||
        !store_read_events(s->mem, path, NULL, EVENTS_MOST, &events, &out->event_count, err))
        return false;
    out->events = events;
    out->place = region->place;
    out->truth = truth;
    return true;
}

static void read_others(struct session *s, sources *list)
{
    const char *const *names;
    size_t count;
    struct err none;
    if (!region_list(s->mem, s->project->folder, &names, &count, &none))
        return;
    for (size_t i = 0; i < count; i++) {
        struct history_source one = {0};
        err_clear(&none);
        if (strcmp(names[i], s->region->name) == 0)
            continue;
        if (read_other(s, names[i], &one, &none))
            ARRAY_PUSH(list, one);
        else if (none.code[0])
            log_debug("no durations of region %s: %s", names[i], none.summary);
    }
}

/* ---- what else stands in the way ---------------------------------------------------------------------- */

typedef ARRAY(struct launch_extra) extras;

static void add_cause(struct session *s, extras *list, const struct parity_cause *c)
{
    struct launch_extra one = {
        .kind = "parity",
        .subject = c->what ? c->what : "the region itself",
        .text = arena_print(s->mem, "%s (landfall diff %s %s)", c->why, s->region->name, s->region->from),
        .owner = c->owner,
        .until = c->revisit,
        .where = c->left,
        .blocks = true};
    ARRAY_PUSH(list, one);
}

/* A reference that cannot be read, or a playbook that does not fit it, is told like a difference: nobody
 * knows what it hides. */
static void add_parity(struct session *s, extras *list)
{
    struct parity *parity;
    struct diags before = s->diags;
    struct err err;
    if (!s->region->from)
        return;
    diag_init(&s->diags, s->mem);
    if (comparing_make(s, s->region->from, true, &parity, &err)) {
        for (size_t k = 0; k < parity->cause_count; k++) {
            const struct parity_cause *c = parity->causes[k];
            if (c->by == PARITY_UNEXPLAINED || c->by == PARITY_BUILT)
                add_cause(s, list, c);
        }
    } else {
        struct launch_extra one = {.kind = "parity",
                                   .subject = s->region->from,
                                   .text = arena_print(s->mem, "cannot be compared with: %s", err.summary),
                                   .where = err.where[0] ? arena_text(s->mem, err.where) : NULL,
                                   .blocks = true};
        ARRAY_PUSH(list, one);
    }
    s->diags = before;
}

/* Data that is not where it was asked for is somebody's decision before anybody else's data joins it. */
static void add_residency(struct session *s, const struct plan *plan, extras *list)
{
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct plan_step *step = &plan->steps[i];
        struct residence_ask ask;
        struct residence_facts facts;
        struct residence is;
        if (!residence_of_step(s->mem, plan, step, &ask, &facts))
            continue;
        residence_judge(s->mem, &ask, &is);
        struct launch_extra one = {.kind = "residency",
                                   .subject = step->address,
                                   .text = is.why,
                                   .owner = step->decl->meta.owner,
                                   .where = arena_print(s->mem, "%s:%u", step->decl->file, step->decl->line),
                                   .blocks = true};
        if (residence_is_wrong(&is))
            ARRAY_PUSH(list, one);
    }
}

/* What keeps a plan from being applied keeps a region from being launched, and so does a rule that is broken
 * and waits for a waiver; advice does not.  What was waived is told with its waiver. */
static void add_findings(struct session *s, const struct plan *plan, extras *list)
{
    for (size_t k = 0; k < plan->finding_count; k++) {
        const struct plan_finding *f = &plan->findings[k];
        struct launch_extra one = {.kind = "rule",
                                   .subject = f->rule,
                                   .text = f->message,
                                   .where = f->where ? f->where : f->rule_where,
                                   .blocks = f->blocks || f->level != PLAN_ADVISORY};
        if (f->verdict != PLAN_BROKEN)
            continue;
        if (f->address)
            one.text = arena_print(s->mem, "%s: %s", f->address, f->message);
        ARRAY_PUSH(list, one);
    }
}

/* Open ones block nothing, and whoever launches wants to have read them. */
static void add_waivers(struct session *s, const struct launching *ask, extras *list)
{
    const struct waivers *w = ask->plan->waivers;
    for (size_t k = 0; w && k < w->count; k++) {
        const struct waiver *at = &w->at[k];
        bool ended = waiver_is_expired(at, ask->now_ms);
        struct launch_extra one = {.kind = "waiver",
                                   .subject = at->name,
                                   .text = arena_print(s->mem, "'%s' is bent%s: %s", at->rule,
                                                       ended ? ", and the waiver has ended" : "", at->reason),
                                   .owner = at->owner,
                                   .until = at->expires,
                                   .where = at->file,
                                   .ended = ended};
        ARRAY_PUSH(list, one);
    }
}

bool launching_history(struct session *s, struct history_source *own, struct history **out, struct err *err)
{
    sources list = {0};
    struct history_source ours = {0};
    if (!read_own(s, &ours, err))
        return false;
    ARRAY_PUSH(&list, ours);
    if (own)
        *own = ours;
    read_others(s, &list);
    *out = history_new(list.at, list.count);
    ARRAY_DONE(&list);
    return true;
}

bool launching_make(struct session *s, const struct launching *ask, struct launch **out, struct err *err)
{
    struct history *history;
    if (!launching_history(s, ask->own, &history, err))
        return false;
    extras besides = {0};
    add_parity(s, &besides);
    add_residency(s, ask->plan, &besides);
    add_findings(s, ask->plan, &besides);
    add_waivers(s, ask, &besides);
    struct launch_ask launch = {.plan = ask->plan,
                                .history = history,
                                .now_ms = ask->now_ms,
                                .milestone = ask->milestone,
                                .what_if = ask->what_if,
                                .extras = besides.at,
                                .extra_count = besides.count};
    bool good = launch_make(s->mem, &launch, out, err);
    history_free(history);
    ARRAY_DONE(&besides);
    return good;
}
