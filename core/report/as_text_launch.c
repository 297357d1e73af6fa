#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "launch/forecast.h"
#include "launch/launch.h"
#include "model/decl.h"
#include "plan/plan.h"
#include "region/region.h"
#include "report/as_text.h"
#include "report/as_text_launch.h"
#include "report/brief.h"
#include "report/cell.h"
#include "report/out.h"

#define LABEL_COLUMNS   12
#define ADDRESS_COLUMNS 34
/* Differences, waivers and findings in the short form: those that block come first. */
#define EXTRAS_MAX 10
/* Steps of one owner in the short form. */
#define GATES_MAX 12
/* Kinds of steps nobody knows the length of that are named in the short form. */
#define UNKNOWN_MAX 4
/* Steps of the critical path in the short form: the first, which are what can be hurried now. */
#define PATH_MAX 12

/* ---- words ------------------------------------------------------------------------------------------- */

/* A bold title, and behind it what its rows are about. */
static void section(struct out *o, const char *title, const char *about)
{
    out_char(o, '\n');
    out_painted(o, OUT_BOLD, title);
    out_text(o, "   ");
    cell_paragraph(o, strlen(title) + 3, 2, about);
}

static void labeled(struct out *o, const char *label, enum out_color color, const char *text)
{
    out_paint(o, OUT_BOLD);
    cell_pad(o, label, LABEL_COLUMNS - 1);
    out_paint(o, OUT_PLAIN);
    out_char(o, ' ');
    out_paint(o, color);
    cell_paragraph(o, LABEL_COLUMNS, LABEL_COLUMNS, text);
    out_paint(o, OUT_PLAIN);
}

static void add_part(struct buf *text, const struct out *o)
{
    if (text->count)
        cell_sign(text, o, " · ", " | ");
}

/* "10 days", "1.5 days", "2 h 5 min": nobody counts the minutes of a week. */
static void add_length(struct buf *text, int64_t ms)
{
    int64_t tenths = (ms + CALENDAR_DAY_MS / 20) / (CALENDAR_DAY_MS / 10);
    if (ms < CALENDAR_DAY_MS)
        brief_took(text, ms);
    else if (tenths % 10 == 0)
        brief_count(text, (uint64_t)tenths / 10, "day");
    else
        buf_print(text, "%lld.%lld days", (long long)(tenths / 10), (long long)(tenths % 10));
}

/* What went wrong takes until somebody has found out why. */
static bool is_known(const struct launch_item *i)
{
    return i->forecast->spread.count > 0 && i->need != LAUNCH_TROUBLE && i->need != LAUNCH_HELD;
}

void as_text_launch_takes(struct buf *text, const struct launch_item *i)
{
    const struct forecast *f = i->forecast;
    if (i->need == LAUNCH_TROUBLE || i->need == LAUNCH_HELD) {
        buf_text(text, "nobody knows how long until it is mended");
        return;
    }
    if (f->spread.count == 0) {
        buf_text(text, "nobody knows how long");
        return;
    }
    add_length(text, spread_percentile(f->spread, 50));
    if (f->source == FORECAST_GUESSED)
        buf_text(text, f->waits_since_ms ? " left (guess)" : " (guess)");
    else if (f->source == FORECAST_SUPPOSED)
        buf_text(text, " (supposed)");
    else
        buf_print(text, " (measured %u %s%s)", f->measured, f->measured == 1 ? "time" : "times",
                  f->source == FORECAST_ELSEWHERE ? " elsewhere" : "");
    if (f->outlived)
        buf_text(text, ", and waits longer than that already");
}

/* "10 days to spare", "2 days late", "on the day". */
static void add_late(struct buf *text, int64_t days)
{
    if (days == 0) {
        buf_text(text, "on the day");
        return;
    }
    brief_count(text, (uint64_t)(days < 0 ? -days : days), "day");
    buf_text(text, days < 0 ? " to spare" : " late");
}

/* ---- the head ---------------------------------------------------------------------------------------- */

static void head(struct out *o, const struct facts_launch *f)
{
    out_painted(o, OUT_BOLD, "landfall launch");
    out_sign(o, " · region ", " | region ");
    out_safe(o, f->region->name);
    out_text(o, " (");
    out_safe(o, f->region->title);
    out_text(o, ", ");
    out_safe(o, f->region->place);
    out_text(o, ")");
    out_sign(o, " · ", " | ");
    out_text(o, f->launch->today);
    out_text(o, "\n\n");
}

static void as_of(struct out *o, const struct err *silence)
{
    struct buf text;
    if (!silence)
        return;
    buf_init(&text, 0);
    buf_text(&text, "the store: no plan of what is there could be made: ");
    cell_add(&text, o, silence->summary);
    labeled(o, "As of", OUT_YELLOW, text.at);
    buf_done(&text);
}

void as_text_launch_dates(struct buf *text, const struct launch_milestone *m)
{
    if (m->open == 0 && m->unknown == 0) {
        buf_text(text, "reached: nothing is open");
        return;
    }
    buf_text(text, m->unknown ? "not before " : "");
    if (strcmp(m->p50, m->p90) == 0)
        buf_text(text, m->p50);
    else
        buf_print(text, "%s (P50), %s (P90)", m->p50, m->p90);
}

void as_text_launch_target(struct buf *text, const struct out *o, const struct launch_milestone *m)
{
    if (!m->target_date[0])
        return;
    add_part(text, o);
    buf_print(text, "target %s", m->target_date);
    if (m->open == 0 && m->unknown == 0)
        return;
    buf_text(text, m->unknown ? ": at best " : ": ");
    add_late(text, m->late_p50);
    if (m->late_p50 == m->late_p90)
        return;
    buf_text(text, " (P50), ");
    add_late(text, m->late_p90);
    buf_text(text, " (P90)");
}

static enum out_color color_of(const struct launch_milestone *m)
{
    if (!m->target_date[0] || (m->open == 0 && m->unknown == 0))
        return OUT_PLAIN;
    return m->late_p50 > 0 ? OUT_RED : m->late_p90 > 0 || m->unknown ? OUT_YELLOW : OUT_GREEN;
}

/* The milestone that was asked for first, and what its steps come to. */
static void dates(struct out *o, const struct launch *l)
{
    struct buf text, name;
    buf_init(&text, 0);
    buf_init(&name, 0);
    for (uint32_t k = 0; k <= l->milestone_count; k++) {
        if (k == l->asked + 1)
            continue;
        const struct launch_milestone *m = &l->milestones[k == 0 ? l->asked : k - 1];
        buf_clear(&text);
        buf_clear(&name);
        cell_add_short(&name, o, m->name, strlen(m->name), LABEL_COLUMNS - 1);
        as_text_launch_dates(&text, m);
        as_text_launch_target(&text, o, m);
        labeled(o, name.at, color_of(m), text.at);
    }
    buf_done(&text);
    buf_done(&name);
}

static void counts(struct out *o, const struct launch *l)
{
    const struct launch_milestone *m = &l->milestones[l->asked];
    struct buf text;
    buf_init(&text, 0);
    buf_print(&text, "%u of ", m->open);
    brief_count(&text, m->steps, "step");
    buf_text(&text, m->open == 1 ? " is open" : " are open");
    if (l->gate_count > 0)
        buf_print(&text, ", %u %s somebody", l->gate_count, l->gate_count == 1 ? "needs" : "need");
    if (l->extra_blocks > 0) {
        buf_text(&text, ", and besides ");
        brief_count(&text, l->extra_blocks, "obstacle");
        buf_text(&text, l->extra_blocks == 1 ? " that is no step" : " that are no steps");
    }
    out_fill(o, ' ', LABEL_COLUMNS);
    cell_paragraph(o, LABEL_COLUMNS, LABEL_COLUMNS, text.at);
    buf_done(&text);
}

/* ---- who has to move --------------------------------------------------------------------------------- */

static void add_facts(struct buf *text, const struct out *o, const struct launch_item *i)
{
    if (i->unlocks > 0)
        buf_print(text, "unlocks %u", i->unlocks);
    add_part(text, o);
    as_text_launch_takes(text, i);
    if (i->critical) {
        add_part(text, o);
        buf_text(text, "on the critical path");
    } else if (i->slack_ms >= CALENDAR_DAY_MS) {
        add_part(text, o);
        buf_text(text, "may slip ");
        add_length(text, i->slack_ms);
    }
    if (i->after) {
        add_part(text, o);
        buf_text(text, "after ");
        cell_add(text, o, i->after);
        buf_text(text, i->after_more ? " and others" : "");
    }
    if (!i->milestone) {
        add_part(text, o);
        buf_text(text, "may follow, and is needed by what may not");
    }
}

static void print_deadline(struct out *o, const struct launch_item *i)
{
    if (!i->deadline)
        return;
    out_fill(o, ' ', 6);
    out_paint(o, i->overdue ? OUT_RED : i->late ? OUT_YELLOW : OUT_PLAIN);
    out_text(o, i->overdue ? "OVERDUE: it was due " : "due ");
    out_safe(o, i->deadline);
    if (i->late && !i->overdue)
        out_text(o, ", and is expected later");
    out_paint(o, OUT_PLAIN);
    out_char(o, '\n');
}

static void print_more(struct out *o, enum out_color color, const char *text)
{
    if (!text)
        return;
    out_fill(o, ' ', 6);
    out_paint(o, color);
    cell_paragraph(o, 6, 6, text);
    out_paint(o, OUT_PLAIN);
}

static void print_item(struct out *o, const struct launch_item *i)
{
    struct buf text, address;
    buf_init(&text, 0);
    buf_init(&address, 0);
    cell_add(&address, o, i->address);
    add_facts(&text, o, i);
    out_text(o, "  ");
    cell_pad(o, address.at, ADDRESS_COLUMNS);
    out_text(o, "  ");
    cell_paragraph(o, ADDRESS_COLUMNS + 4, ADDRESS_COLUMNS + 4, text.at);
    buf_clear(&text);
    /* A todo's "not written yet" is its kind again; its ask, or what failed, is news. */
    if (i->need == LAUNCH_TROUBLE || i->need == LAUNCH_HELD)
        print_more(o, OUT_RED, i->why);
    print_more(o, OUT_DIM, i->ask);
    print_deadline(o, i);
    buf_done(&text);
    buf_done(&address);
}

static void who_moves(struct out *o, const struct launch *l, enum as_text_detail detail)
{
    if (l->gate_count == 0)
        return;
    section(o, "Who has to move", "by what each unlocks: open steps that wait only for it");
    for (uint32_t n = 0; n < l->owner_count; n++) {
        const struct launch_owner *owner = &l->owners[n];
        if (owner->gate_count == 0)
            continue;
        out_text(o, " ");
        out_painted(o, OUT_BOLD, owner->name ? owner->name : "(no owner)");
        out_char(o, '\n');
        bool all = detail == AS_TEXT_FULL || owner->gate_count <= GATES_MAX;
        uint32_t shown = all ? owner->gate_count : GATES_MAX;
        for (uint32_t k = 0; k < shown; k++)
            print_item(o, &l->items[owner->gates[k]]);
        if (shown < owner->gate_count)
            out_print(o, "  and %u more: -v shows them\n", owner->gate_count - shown);
    }
}

/* One name that is taken keeps the whole plan from being applied. */
static void add_next(struct buf *text, const struct facts_launch *f)
{
    uint32_t taken = f->plan->totals.conflicts;
    buf_print(text, ": %s", f->next);
    if (taken == 0)
        return;
    buf_text(text, ", but nothing is applied while ");
    brief_count(text, taken, "name");
    buf_text(text, taken == 1 ? " is taken" : " are taken");
}

/* What landfall does itself is one line: a command does it. */
static void ours(struct out *o, const struct facts_launch *f, enum as_text_detail detail)
{
    const struct launch *l = f->launch;
    uint32_t free_now = 0, count = l->item_count - l->gate_count;
    struct buf text;
    if (count == 0)
        return;
    for (uint32_t k = l->gate_count; k < l->item_count; k++)
        free_now += !l->items[k].behind_gate;
    buf_init(&text, 0);
    brief_count(&text, count, "step");
    if (free_now == 0)
        buf_text(&text, count == 1 ? ", which waits for the above" : ", which wait for the above");
    else if (free_now < count)
        buf_print(&text, ", %u of them behind the above", count - free_now);
    if (free_now > 0)
        add_next(&text, f);
    section(o, "By landfall itself", text.at);
    buf_done(&text);
    for (uint32_t k = l->gate_count; detail == AS_TEXT_FULL && k < l->item_count; k++)
        print_item(o, &l->items[k]);
}

/* ---- the critical path ------------------------------------------------------------------------------- */

static void path_row(struct out *o, const struct launch_item *i, const struct facts_launch *f)
{
    char end[CALENDAR_DATE];
    struct buf text;
    buf_init(&text, 0);
    if (i->end_ms > f->launch->now_ms)
        calendar_end_date(f->region->timezone, i->end_ms, end);
    else
        calendar_date(f->region->timezone, i->end_ms, end);
    out_print(o, "  %s  ", end);
    cell_add(&text, o, i->address);
    cell_pad(o, text.at, ADDRESS_COLUMNS);
    out_text(o, "  ");
    buf_clear(&text);
    const char *owner = i->owner ? i->owner : i->need == LAUNCH_OURS ? "landfall" : NULL;
    cell_add(&text, o, owner);
    add_part(&text, o);
    as_text_launch_takes(&text, i);
    cell_paragraph(o, ADDRESS_COLUMNS + 16, ADDRESS_COLUMNS + 16, text.at);
    buf_done(&text);
}

static void path(struct out *o, const struct facts_launch *f, enum as_text_detail detail)
{
    const struct launch *l = f->launch;
    uint32_t shown = detail == AS_TEXT_FULL || l->path_count <= PATH_MAX ? l->path_count : PATH_MAX;
    /* A chain of unknown lengths is as good as any other. */
    if (l->path_count == 0 || l->items[l->path[l->path_count - 1]].end_ms == l->now_ms)
        return;
    section(o, "Critical path", "each done by, if all take what is expected of them");
    for (uint32_t k = 0; k < shown; k++)
        path_row(o, &l->items[l->path[k]], f);
    if (shown < l->path_count)
        out_print(o, "  and %u more: -v shows them\n", l->path_count - shown);
}

/* ---- the foot ---------------------------------------------------------------------------------------- */

/* A step of a driver goes by its type, the others are named. */
static const char *kind_of(const struct facts_launch *f, const struct launch_item *i, struct buf *text)
{
    const struct decl *d = f->plan->steps[i->step].decl;
    if (!d->type)
        return i->address;
    buf_clear(text);
    buf_print(text, "%s.%s", d->subsystem, d->type);
    return text->at;
}

/* Kinds in the order of the items, each with how many. */
static void unknown(struct out *o, const struct facts_launch *f, enum as_text_detail detail)
{
    const struct launch *l = f->launch;
    struct map *kinds = map_new();
    struct arena *tmp = arena_new();
    struct buf text, kind;
    uint32_t all = 0;
    buf_init(&text, 0);
    buf_init(&kind, 0);
    for (uint32_t k = 0; k < l->item_count; k++) {
        if (is_known(&l->items[k]))
            continue;
        const char *name = kind_of(f, &l->items[k], &kind);
        uintptr_t before = (uintptr_t)map_find(kinds, name);
        map_put(kinds, before ? name : arena_text(tmp, name), (void *)(before + 1));
        all++;
    }
    brief_count(&text, all, "step");
    const char *name;
    void *times;
    size_t shown = 0, most = detail == AS_TEXT_FULL ? SIZE_MAX : UNKNOWN_MAX;
    for (size_t at = 0; shown < most && map_next(kinds, &at, &name, &times); shown++) {
        buf_text(&text, shown ? ", " : ": ");
        cell_add(&text, o, name);
        if ((uintptr_t)times > 1)
            buf_print(&text, " (%zu)", (size_t)(uintptr_t)times);
    }
    if (map_count(kinds) > shown)
        buf_print(&text, " and %zu more %s", map_count(kinds) - shown,
                  map_count(kinds) - shown == 1 ? "kind" : "kinds");
    buf_text(&text, " - neither measured nor guessed, or it failed");
    buf_text(&text, f->plan->totals.conflicts > 0 ? ", or its name is taken" : "");
    buf_text(
        &text,
        ". So every date is the earliest possible. A guess is written as step = { guess = { days = 2 } }");
    if (all > 0)
        labeled(o, "Not known", OUT_PLAIN, text.at);
    buf_done(&text);
    buf_done(&kind);
    arena_free(tmp);
    map_free(kinds);
}

static void extra(struct out *o, const struct launch_extra *e, const char *label)
{
    struct buf text;
    buf_init(&text, 0);
    buf_print(&text, "%s: %s", e->subject, e->text);
    if (e->owner || e->until)
        buf_print(&text, " (%s%s%s%s)", e->owner ? e->owner : "", e->owner && e->until ? ", " : "",
                  e->until ? "until " : "", e->until ? e->until : "");
    if (e->where) {
        cell_sign(&text, o, " · ", " | ");
        buf_text(&text, e->where);
    }
    labeled(o, label, e->blocks || e->ended ? OUT_RED : OUT_PLAIN, text.at);
    buf_done(&text);
}

static void extras(struct out *o, const struct launch *l, enum as_text_detail detail)
{
    size_t shown = detail == AS_TEXT_FULL || l->extra_count <= EXTRAS_MAX ? l->extra_count : EXTRAS_MAX;
    bool bent = false;
    for (size_t k = 0; k < shown; k++) {
        const struct launch_extra *e = &l->extras[k];
        extra(o, e, !launch_extra_is_bent(e) ? e->kind : bent ? "" : "Bent rules");
        bent = launch_extra_is_bent(e);
    }
    if (shown < l->extra_count) {
        out_fill(o, ' ', LABEL_COLUMNS);
        out_print(o, "and %zu more: -v shows them\n", l->extra_count - shown);
    }
}

static void list(struct out *o, const char *label, const char *const *at, size_t count, const char *behind)
{
    struct buf text;
    if (count == 0)
        return;
    buf_init(&text, 0);
    for (size_t k = 0; k < count && k < PATH_MAX; k++)
        buf_print(&text, "%s%s", k ? ", " : "", at[k]);
    if (count > PATH_MAX)
        buf_print(&text, " and %zu more", count - PATH_MAX);
    buf_text(&text, behind);
    labeled(o, label, OUT_PLAIN, text.at);
    buf_done(&text);
}

static void foot(struct out *o, const struct facts_launch *f, enum as_text_detail detail)
{
    const struct launch *l = f->launch;
    bool any_unknown = false;
    for (uint32_t k = 0; k < l->item_count && !any_unknown; k++)
        any_unknown = !is_known(&l->items[k]);
    if (any_unknown || l->extra_count + l->can_follow_count + l->stray_count > 0)
        out_char(o, '\n');
    unknown(o, f, detail);
    extras(o, l, detail);
    list(o, "Can follow", l->can_follow, l->can_follow_count, "");
    list(o, "Unknown", l->strays, l->stray_count,
         l->stray_count == 1 ? " stands in can_follow, and no step has that address"
                             : " stand in can_follow, and no steps have those addresses");
}

/* ---- what if ----------------------------------------------------------------------------------------- */

static void add_parts(struct buf *text, const struct launch_change *c)
{
    static const char *const words[] = {
        [WHAT_IF_WITHOUT] = "without ", [WHAT_IF_FASTER] = "faster ", [WHAT_IF_DONE] = "done "};
    for (size_t k = 0; k < c->part_count; k++) {
        const struct what_if_part *p = &c->parts[k];
        buf_print(text, "%s%s%s", k ? ", " : "", words[p->kind], p->text);
        if (p->steps > 1 || p->behind > 0)
            buf_print(text, " (%u %s", p->steps, p->steps == 1 ? "step" : "steps");
        if (p->behind > 0)
            buf_print(text, " and %u that %s", p->behind, p->behind == 1 ? "needs it" : "need it");
        if (p->steps > 1 || p->behind > 0)
            buf_char(text, ')');
    }
}

static void add_change(struct buf *text, const struct out *o, const char *before, const char *after,
                       const char *which)
{
    buf_text(text, before);
    cell_sign(text, o, " → ", " -> ");
    buf_print(text, "%s (%s)", after, which);
}

static void add_days(struct buf *text, const struct launch_milestone *before,
                     const struct launch_milestone *after)
{
    int64_t days = calendar_days(before->p50, after->p50);
    if (days == 0) {
        buf_text(text, "the date stays");
        return;
    }
    brief_count(text, (uint64_t)(days < 0 ? -days : days), "day");
    buf_text(text, days < 0 ? " earlier" : " later");
}

/* Less to pay is an amount below 0. */
static void add_saved(struct buf *text, const struct out *o, const struct cost_table_sum *s,
                      const char *currency)
{
    const struct {
        bool any;
        const char *what;
        int64_t low, high;
    } amounts[] = {
        {s->cost.month_high > 0, "monthly ", -s->cost.month_high, -s->cost.month_low},
        {s->cost.once_high > 0, "one-off ", -s->cost.once_high, -s->cost.once_low},
        {s->guess.month_high > 0, "guessed monthly ", -s->guess.month_high, -s->guess.month_low},
        {s->guess.once_high > 0, "guessed one-off ", -s->guess.once_high, -s->guess.once_low},
    };
    for (size_t k = 0; k < COUNT_OF(amounts); k++) {
        if (!amounts[k].any)
            continue;
        add_part(text, o);
        buf_text(text, amounts[k].what);
        brief_money(text, o, amounts[k].low, amounts[k].high, currency);
    }
    if (s->unknown > 0) {
        add_part(text, o);
        brief_count(text, s->unknown, "step");
        buf_text(text, " of it without a price");
    }
}

static void what_if(struct out *o, const struct facts_launch *f)
{
    const struct launch *l = f->launch;
    struct buf text;
    if (!l->change)
        return;
    const struct launch_milestone *before = &l->milestones[l->asked],
                                  *after = &l->change->milestones[l->asked];
    out_char(o, '\n');
    buf_init(&text, 0);
    add_parts(&text, l->change);
    labeled(o, "What if", OUT_PLAIN, text.at);
    buf_clear(&text);
    buf_print(&text, "%s ", l->milestone);
    add_change(&text, o, before->p50, after->p50, "P50");
    buf_text(&text, ", ");
    add_change(&text, o, before->p90, after->p90, "P90");
    buf_text(&text, after->unknown ? ", at the earliest: " : ": ");
    add_days(&text, before, after);
    as_text_launch_target(&text, o, after);
    add_saved(&text, o, &l->change->saved, f->region->currency);
    if (l->change->timeless > 0) {
        add_part(&text, o);
        brief_count(&text, l->change->timeless, "step");
        buf_text(&text, " of it without a known time to speed up: say how long, as in =3d");
    }
    out_fill(o, ' ', LABEL_COLUMNS);
    cell_paragraph(o, LABEL_COLUMNS, LABEL_COLUMNS, text.at);
    buf_done(&text);
}

void as_text_launch(struct out *o, const struct facts_launch *f, enum as_text_detail detail)
{
    if (detail != AS_TEXT_BRIEF)
        head(o, f);
    as_of(o, f->silence);
    dates(o, f->launch);
    counts(o, f->launch);
    if (detail != AS_TEXT_BRIEF) {
        who_moves(o, f->launch, detail);
        ours(o, f, detail);
        path(o, f, detail);
        foot(o, f, detail);
    }
    what_if(o, f);
}
