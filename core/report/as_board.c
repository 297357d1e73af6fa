#include "report/as_board.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "launch/board.h"
#include "launch/launch.h"
#include "model/money.h"
#include "model/value.h"
#include "plan/plan.h"
#include "region/region.h"
#include "region/waiver.h"
#include "report/brief.h"
#include "report/cell.h"

#define EXTRAS_MOST 5
#define DAYS_MOST   366 /* of a waiver: further away nobody counts days */
#define NAMED_MOST  8   /* steps in one row, before the rest is only counted */

struct rows {
    struct arena *mem;
    const struct out *o;
    const struct board *b;
    struct buf text;
    ARRAY(struct as_board_row) at;
};

static void end_row(struct rows *r, const char *label, enum out_color color)
{
    struct as_board_row row = {label, buf_keep(&r->text, r->mem), color};
    ARRAY_PUSH(&r->at, row);
    buf_clear(&r->text);
}

static void dot(struct rows *r)
{
    cell_sign(&r->text, r->o, " · ", " | ");
}

/* "3 days later", "1 day sooner". */
static void add_days(struct buf *out, int64_t days, const char *more, const char *less)
{
    brief_count(out, (uint64_t)(days < 0 ? -days : days), "day");
    buf_print(out, " %s", days < 0 ? less : more);
}

/* Days with one decimal, as far as it says something. */
static void add_length(struct buf *out, int64_t ms)
{
    int64_t tenths = (ms + CALENDAR_DAY_MS / 20) / (CALENDAR_DAY_MS / 10);
    if (tenths % 10 == 0)
        brief_count(out, (uint64_t)(tenths / 10), "day");
    else
        buf_print(out, "%" PRId64 ".%" PRId64 " days", tenths / 10, tenths % 10);
}

/* What was looked at, where it was not the world. */
static void as_of(struct rows *r)
{
    if (!r->b->silence)
        return;
    buf_text(&r->text, "the store: no plan of what is there could be made: ");
    cell_add(&r->text, r->o, r->b->silence->summary);
    end_row(r, "As of", OUT_YELLOW);
}

/* ---- done -------------------------------------------------------------------------------------------------
 */

static void done(struct rows *r)
{
    const struct board *b = r->b;
    buf_print(&r->text, "%u of %u steps of %s", b->milestone->steps - b->milestone->open, b->milestone->steps,
              b->milestone->name);
    if (b->before) {
        dot(r);
        if (b->done_count == 0)
            buf_text(&r->text, "none");
        else
            buf_print(&r->text, "%zu", b->done_count);
        buf_print(&r->text, " since %s", b->before->date);
    }
    for (size_t i = 0; i < b->done_count && i < NAMED_MOST; i++) {
        buf_text(&r->text, i ? ", " : ": ");
        cell_add(&r->text, r->o, b->done[i]);
    }
    if (b->done_count > NAMED_MOST)
        buf_print(&r->text, " and %zu more", b->done_count - NAMED_MOST);
    end_row(r, "Done", OUT_PLAIN);
}

/* ---- when
 * ---------------------------------------------------------------------------------------------------- */

/* The milestone counts what blocks launch besides its steps among what nobody knows the length of. */
static size_t unknown_besides(const struct board *b)
{
    return b->milestone == &b->launch->milestones[0] ? b->launch->extra_blocks : 0;
}

static void add_unknown(struct rows *r, const struct launch_milestone *m)
{
    size_t besides = unknown_besides(r->b), steps = m->unknown - besides;
    if (steps > 0)
        brief_count(&r->text, steps, "step");
    if (steps > 0 && besides > 0)
        buf_text(&r->text, " and ");
    if (besides > 0)
        brief_count(&r->text, besides, "obstacle");
    buf_text(&r->text, m->unknown == 1 ? " takes" : " take");
}

static void when(struct rows *r)
{
    const struct launch_milestone *m = r->b->milestone;
    if (m->open == 0) {
        bool free = r->b->launch->extra_blocks == 0;
        buf_text(&r->text, free ? "nothing is open" : "no step is open, and something else holds it back");
        end_row(r, "Launch", free ? OUT_GREEN : OUT_YELLOW);
        return;
    }
    if (m->unknown > 0) {
        buf_print(&r->text, "not before %s: nobody knows how long ", m->p50);
        add_unknown(r, m);
    } else {
        buf_print(&r->text, "%s (P50)", m->p50);
        dot(r);
        buf_print(&r->text, "%s (P90)", m->p90);
    }
    if (m->target_date[0]) {
        dot(r);
        buf_print(&r->text, "target %s", m->target_date);
    }
    /* To spare it has only what is known to the end. */
    if (m->target_date[0] && (m->unknown == 0 || m->late_p50 > 0)) {
        buf_text(&r->text, ", ");
        if (m->late_p50 == 0)
            buf_text(&r->text, "on the day");
        else
            add_days(&r->text, m->late_p50, "late", "to spare");
    }
    end_row(r, "Launch", m->target_date[0] && m->late_p50 > 0 ? OUT_RED : OUT_PLAIN);
}

static void add_cause(struct rows *r, const struct board_cause *c)
{
    struct buf *t = &r->text;
    cell_add(t, r->o, c->address);
    switch (c->kind) {
    case BOARD_LATER:
        buf_text(t, " is ");
        add_length(t, c->ms);
        buf_text(t, " later than expected");
        break;
    case BOARD_SOONER:
        buf_text(t, " is ");
        add_length(t, c->ms);
        buf_text(t, " sooner than expected");
        break;
    case BOARD_ADDED:
    case BOARD_REMOVED:
        buf_text(t, c->kind == BOARD_ADDED ? " was added" : " was removed");
        if (c->ms > 0) {
            buf_text(t, ", ");
            add_length(t, c->ms);
        }
        break;
    case BOARD_TROUBLE:
        buf_text(t, " went wrong, and nobody knows how long that takes");
        break;
    case BOARD_CHAIN:
        buf_text(t, " is what takes longest now");
        break;
    }
    if (c->owner) {
        buf_text(t, " (");
        cell_add(t, r->o, c->owner);
        buf_char(t, ')');
    }
}

static void moved(struct rows *r)
{
    const struct board_before *before = r->b->before;
    if (!before || r->b->milestone->open == 0)
        return;
    if (before->moved_p50 == 0) {
        buf_print(&r->text, "the same day as on %s", before->date);
    } else {
        add_days(&r->text, before->moved_p50, "later than", "sooner than");
        buf_print(&r->text, " was said on %s (%s)", before->date, before->p50);
    }
    end_row(r, "", before->moved_p50 > 0 ? OUT_YELLOW : OUT_PLAIN);
    for (size_t i = 0; i < r->b->cause_count; i++) {
        buf_text(&r->text, "because ");
        add_cause(r, &r->b->causes[i]);
        end_row(r, "", OUT_PLAIN);
    }
}

/* ---- who
 * ----------------------------------------------------------------------------------------------------- */

static void waits(struct rows *r)
{
    const struct launch *l = r->b->launch;
    const char *label = "Waits on";
    for (uint32_t k = 0; k < l->owner_count; k++) {
        const struct launch_owner *owner = &l->owners[k];
        if (owner->gate_count == 0)
            continue;
        cell_add(&r->text, r->o, owner->name ? owner->name : "nobody in particular");
        for (uint32_t g = 0; g < owner->gate_count && g < NAMED_MOST; g++) {
            const struct launch_item *item = &l->items[owner->gates[g]];
            buf_text(&r->text, g ? ", " : ": ");
            cell_add(&r->text, r->o, item->address);
            if (item->unlocks > 0)
                buf_print(&r->text, " (unlocks %u)", item->unlocks);
        }
        if (owner->gate_count > NAMED_MOST)
            buf_print(&r->text, " and %u more", owner->gate_count - NAMED_MOST);
        end_row(r, label, OUT_PLAIN);
        label = "";
    }
    if (label[0]) {
        buf_text(&r->text, "nobody");
        end_row(r, label, OUT_PLAIN);
    }
}

/* What is no step and holds launch back all the same. */
static void besides(struct rows *r)
{
    const struct launch *l = r->b->launch;
    size_t told = 0;
    for (size_t i = 0; i < l->extra_count; i++) {
        const struct launch_extra *e = &l->extras[i];
        if (!e->blocks || told++ >= EXTRAS_MOST)
            continue;
        cell_add(&r->text, r->o, e->subject);
        buf_text(&r->text, ": ");
        cell_add(&r->text, r->o, e->text);
        if (e->owner) {
            buf_text(&r->text, " (");
            cell_add(&r->text, r->o, e->owner);
            buf_char(&r->text, ')');
        }
        end_row(r, told == 1 ? "Besides" : "", OUT_PLAIN);
    }
    if (told <= EXTRAS_MOST)
        return;
    buf_print(&r->text, "and %zu more: landfall launch %s", told - EXTRAS_MOST, r->b->plan->region->name);
    end_row(r, "", OUT_PLAIN);
}

/* ---- money
 * ---------------------------------------------------------------------------------------------------- */

/* In the order of the file: what is paid for ever, what is paid once. */
static const struct {
    const char *key, *unit;
    bool monthly;
} purses[] = {{"monthly", "/month", true}, {"one_off", " once", false}};

static int64_t amount(const struct plan_cost *c, bool monthly)
{
    return monthly ? c->month_expected : c->once_expected;
}

/* More than can be counted is more than any budget. */
static int64_t sum_of(int64_t a, int64_t b)
{
    int64_t sum;
    return money_add(a, b, &sum) ? sum : INT64_MAX;
}

static void add_purse(struct rows *r, size_t k, bool *over)
{
    const struct board *b = r->b;
    const char *currency = b->plan->region->currency;
    int64_t whole = amount(&b->whole.cost, purses[k].monthly),
            guess = amount(&b->whole.guess, purses[k].monthly);
    int64_t standing = amount(&b->standing.cost, purses[k].monthly), all = sum_of(whole, guess), budget;
    brief_money(&r->text, r->o, standing, standing, currency);
    buf_text(&r->text, " of ");
    brief_money(&r->text, r->o, whole, whole, currency);
    buf_text(&r->text, purses[k].unit);
    if (guess > 0) {
        buf_text(&r->text, " and guessed ");
        brief_money(&r->text, r->o, guess, guess, currency);
    }
    if (!brief_amount(value_get(b->plan->region->budget, purses[k].key), &budget))
        return;
    dot(r);
    buf_text(&r->text, "budget ");
    brief_money(&r->text, r->o, budget, budget, currency);
    if (budget > 0) {
        buf_text(&r->text, " (");
        brief_share(&r->text, standing, budget);
        buf_text(&r->text, " committed, ");
        brief_share(&r->text, all, budget);
        buf_text(&r->text, " when all is built)");
    }
    *over = all > budget;
    if (*over)
        buf_text(&r->text, ", OVER BUDGET");
}

static void money(struct rows *r)
{
    const struct board *b = r->b;
    const char *label = "Money";
    for (size_t k = 0; k < COUNT_OF(purses); k++) {
        bool over = false;
        if (sum_of(amount(&b->whole.cost, purses[k].monthly), amount(&b->whole.guess, purses[k].monthly)) ==
            0)
            continue;
        add_purse(r, k, &over);
        end_row(r, label, over ? OUT_RED : OUT_PLAIN);
        label = "";
    }
    if (b->whole.unknown == 0)
        return;
    brief_count(&r->text, b->whole.unknown, "step");
    buf_text(&r->text, " without a price, which no sum holds");
    end_row(r, label, OUT_PLAIN);
}

/* ---- what ends
 * ---------------------------------------------------------------------------------------------------- */

static void waivers(struct rows *r)
{
    for (size_t i = 0; i < r->b->waiver_count; i++) {
        const struct board_waiver *w = &r->b->waivers[i];
        cell_add(&r->text, r->o, w->waiver->name);
        buf_text(&r->text, " (");
        cell_add(&r->text, r->o, w->waiver->owner);
        buf_print(&r->text, w->days < 0 ? ") ENDED on " : ") ends on ");
        cell_add(&r->text, r->o, w->waiver->expires);
        if (w->days >= 0 && w->days <= DAYS_MOST) {
            buf_text(&r->text, ", ");
            brief_count(&r->text, (uint64_t)w->days, "day");
            buf_text(&r->text, " left");
        }
        buf_text(&r->text, ": ");
        cell_add(&r->text, r->o, w->waiver->reason);
        end_row(r, i ? "" : "Waivers", w->days < 0 ? OUT_RED : OUT_PLAIN);
    }
}

static void deadlines(struct rows *r)
{
    const struct board *b = r->b;
    for (size_t i = 0; i < b->deadline_count && i < NAMED_MOST; i++) {
        const struct launch_item *item = b->deadlines[i];
        cell_add(&r->text, r->o, item->deadline);
        buf_char(&r->text, ' ');
        cell_add(&r->text, r->o, item->address);
        if (item->owner) {
            buf_text(&r->text, " (");
            cell_add(&r->text, r->o, item->owner);
            buf_char(&r->text, ')');
        }
        if (item->overdue || item->late)
            buf_text(&r->text, item->overdue ? ", OVERDUE" : ", will be late as it looks now");
        end_row(r, i ? "" : "Deadlines", item->overdue || item->late ? OUT_RED : OUT_PLAIN);
    }
    if (b->deadline_count <= NAMED_MOST)
        return;
    buf_print(&r->text, "and %zu more", b->deadline_count - NAMED_MOST);
    end_row(r, "", OUT_PLAIN);
}

/* ---- the face
 * ----------------------------------------------------------------------------------------------------- */

const struct as_board_row *as_board_rows(struct arena *mem, const struct out *o, const struct board *b,
                                         size_t *count)
{
    struct rows r = {.mem = mem, .o = o, .b = b};
    buf_init(&r.text, 0);
    as_of(&r);
    done(&r);
    when(&r);
    moved(&r);
    waits(&r);
    besides(&r);
    money(&r);
    waivers(&r);
    deadlines(&r);
    const struct as_board_row *rows = ARRAY_KEEP(&r.at, mem);
    *count = r.at.count;
    ARRAY_DONE(&r.at);
    buf_done(&r.text);
    return rows;
}

const char *as_board_text(struct arena *mem, const struct board *b)
{
    /* No terminal and no secrets: nothing is cut, and what goes into a notice is masked there. */
    const struct out plain = {.fd = -1};
    size_t count;
    const struct as_board_row *rows = as_board_rows(mem, &plain, b, &count);
    struct buf text;
    buf_init(&text, 0);
    for (size_t i = 0; i < count; i++)
        buf_print(&text, "%s%s%s%s", i ? "\n" : "", rows[i].label, rows[i].label[0] ? ": " : "  ",
                  rows[i].text);
    const char *kept = buf_keep(&text, mem);
    buf_done(&text);
    return kept;
}

const char *as_board_title(struct arena *mem, const struct board *b)
{
    struct buf text;
    buf_init(&text, 0);
    if (b->milestone->open == 0)
        buf_print(&text, "%s: %s", b->milestone->name,
                  b->launch->extra_blocks ? "no step is open" : "nothing is open");
    else
        buf_print(&text, "%s %s %s", b->milestone->name, b->milestone->unknown ? "not before" : "on",
                  b->milestone->p50);
    if (b->milestone->open > 0 && b->before && b->before->moved_p50 != 0) {
        buf_text(&text, ", ");
        add_days(&text, b->before->moved_p50, "later", "sooner");
    }
    const char *kept = buf_keep(&text, mem);
    buf_done(&text);
    return kept;
}

/* ---- for programs
 * -------------------------------------------------------------------------------------------------- */

static const struct value *amount_text(struct arena *mem, int64_t millionths, const char *currency)
{
    struct buf text;
    buf_init(&text, 0);
    money_print_plain(&text, millionths, currency);
    const struct value *v = value_text(mem, text.at);
    buf_done(&text);
    return v;
}

static const struct value *money_value(struct arena *mem, const struct board *b)
{
    const char *currency = b->plan->region->currency;
    struct pair pairs[] = {
        {"currency", value_text(mem, currency)},
        {"guessed_month", amount_text(mem, b->whole.guess.month_expected, currency)},
        {"guessed_once", amount_text(mem, b->whole.guess.once_expected, currency)},
        {"month", amount_text(mem, b->whole.cost.month_expected, currency)},
        {"month_committed", amount_text(mem, b->standing.cost.month_expected, currency)},
        {"not_priced", value_int(mem, b->whole.unknown)},
        {"once", amount_text(mem, b->whole.cost.once_expected, currency)},
        {"once_committed", amount_text(mem, b->standing.cost.once_expected, currency)},
    };
    const struct value *v = value_map(mem, pairs, COUNT_OF(pairs));
    for (size_t k = 0; k < COUNT_OF(purses); k++) {
        int64_t budget;
        if (brief_amount(value_get(b->plan->region->budget, purses[k].key), &budget))
            v = value_with_key(mem, v, purses[k].monthly ? "budget_month" : "budget_once",
                               amount_text(mem, budget, currency));
    }
    return v;
}

static const struct value *text_or_null(struct arena *mem, const char *text)
{
    return text ? value_text(mem, text) : NULL;
}

static const struct value *moved_value(struct arena *mem, const struct board *b)
{
    static const char *const kinds[] = {
        [BOARD_LATER] = "later",     [BOARD_SOONER] = "sooner",   [BOARD_ADDED] = "added",
        [BOARD_REMOVED] = "removed", [BOARD_TROUBLE] = "trouble", [BOARD_CHAIN] = "chain"};
    const struct value **causes = ARENA_ARRAY(mem, const struct value *, b->cause_count + 1);
    for (size_t i = 0; i < b->cause_count; i++) {
        const struct board_cause *c = &b->causes[i];
        struct pair pairs[] = {{"address", value_text(mem, c->address)},
                               {"kind", value_text(mem, kinds[c->kind])},
                               {"ms", value_int(mem, c->ms)}};
        causes[i] =
            value_with_key(mem, value_map(mem, pairs, COUNT_OF(pairs)), "owner", text_or_null(mem, c->owner));
    }
    struct pair pairs[] = {{"because", value_list(mem, causes, b->cause_count)},
                           {"days_p50", value_int(mem, b->before->moved_p50)},
                           {"days_p90", value_int(mem, b->before->moved_p90)},
                           {"p50_was", value_text(mem, b->before->p50)},
                           {"since", value_text(mem, b->before->date)}};
    return value_map(mem, pairs, COUNT_OF(pairs));
}

static const struct value *waits_value(struct arena *mem, const struct launch *l)
{
    const struct value **items = ARENA_ARRAY(mem, const struct value *, l->gate_count + 1);
    for (uint32_t i = 0; i < l->gate_count; i++) {
        const struct launch_item *item = &l->items[i];
        struct pair pairs[] = {{"address", value_text(mem, item->address)},
                               {"needs", value_text(mem, launch_need_name(item->need))},
                               {"unlocks", value_int(mem, item->unlocks)}};
        const struct value *v = value_map(mem, pairs, COUNT_OF(pairs));
        v = value_with_key(mem, v, "owner", text_or_null(mem, item->owner));
        items[i] = value_with_key(mem, v, "deadline", text_or_null(mem, item->deadline));
    }
    return value_list(mem, items, l->gate_count);
}

static const struct value *waivers_value(struct arena *mem, const struct board *b)
{
    const struct value **items = ARENA_ARRAY(mem, const struct value *, b->waiver_count + 1);
    for (size_t i = 0; i < b->waiver_count; i++) {
        const struct board_waiver *w = &b->waivers[i];
        struct pair pairs[] = {
            {"days_left", value_int(mem, w->days)},           {"ended", value_bool(w->days < 0)},
            {"expires", value_text(mem, w->waiver->expires)}, {"name", value_text(mem, w->waiver->name)},
            {"owner", value_text(mem, w->waiver->owner)},     {"rule", value_text(mem, w->waiver->rule)}};
        items[i] = value_map(mem, pairs, COUNT_OF(pairs));
    }
    return value_list(mem, items, b->waiver_count);
}

const struct value *as_board_value(struct arena *mem, const struct board *b)
{
    const struct launch_milestone *m = b->milestone;
    const struct value **done_items = ARENA_ARRAY(mem, const struct value *, b->done_count + 1);
    for (size_t i = 0; i < b->done_count; i++)
        done_items[i] = value_text(mem, b->done[i]);
    struct pair pairs[] = {
        {"besides", value_int(mem, (int64_t)b->launch->extra_blocks)},
        {"date", value_text(mem, b->launch->today)},
        {"done", value_int(mem, m->steps - m->open)},
        {"done_since", value_list(mem, done_items, b->done_count)},
        {"milestone", value_text(mem, m->name)},
        {"money", money_value(mem, b)},
        {"open", value_int(mem, m->open)},
        {"p50", value_text(mem, m->p50)},
        {"p90", value_text(mem, m->p90)},
        {"steps", value_int(mem, m->steps)},
        {"unknown", value_int(mem, (int64_t)(m->unknown - unknown_besides(b)))},
        {"waits_on", waits_value(mem, b->launch)},
        {"waivers", waivers_value(mem, b)},
    };
    const struct value *v = value_map(mem, pairs, COUNT_OF(pairs));
    if (m->target_date[0]) {
        v = value_with_key(mem, v, "target", value_text(mem, m->target_date));
        v = value_with_key(mem, v, "days_late", value_int(mem, m->late_p50));
    }
    return b->before ? value_with_key(mem, v, "moved", moved_value(mem, b)) : v;
}
