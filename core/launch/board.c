#include "launch/board.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "launch/board_why.h"
#include "launch/launch.h"
#include "model/event.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/plan.h"
#include "region/region.h"
#include "region/waiver.h"
#include "store/store.h"

#define FORMAT "landfall.digest/1"
/* Steps that are remembered: those of the longest chain and those that need somebody.  What landfall does
 * itself in between takes seconds and moves no date. */
#define REMEMBERED_MOST 1000

/* ---- the memory -----------------------------------------------------------------------------------------
 */

static bool is_remembered(const struct launch *l, uint32_t item)
{
    return item < l->gate_count || l->items[item].critical;
}

static const struct value *number(struct arena *mem, int64_t n)
{
    return value_int(mem, n);
}

const char *board_memory(struct arena *mem, const struct board *b)
{
    const struct launch *l = b->launch;
    struct pair *steps = ARENA_ARRAY(mem, struct pair, l->item_count + 1);
    size_t count = 0;
    for (uint32_t i = 0; i < l->item_count && count < REMEMBERED_MOST; i++) {
        const struct launch_item *item = &l->items[i];
        if (!is_remembered(l, i))
            continue;
        struct pair one[] = {
            {"critical", value_bool(item->critical)},
            {"end", number(mem, item->end_ms)},
            {"need", number(mem, item->need)},
            {"start", number(mem, item->start_ms)},
        };
        steps[count++] = (struct pair){item->address, value_map(mem, one, COUNT_OF(one))};
    }
    struct pair all[] = {
        {"at", number(mem, l->now_ms)},
        {"date", value_text(mem, l->today)},
        {"format", value_text(mem, FORMAT)},
        {"milestone", value_text(mem, b->milestone->name)},
        {"p50", value_text(mem, b->milestone->p50)},
        {"p90", value_text(mem, b->milestone->p90)},
        {"steps", value_map(mem, steps, count)},
    };
    return value_json_text(mem, value_map(mem, all, COUNT_OF(all)));
}

static bool copy_date(const struct value *memory, const char *key, char out[CALENDAR_DATE])
{
    const char *text = value_get_text(memory, key, "");
    if (strlen(text) != CALENDAR_DATE - 1)
        return false;
    memcpy(out, text, CALENDAR_DATE);
    return true;
}

/* Of another milestone, or of another landfall: as if it had never been said. */
static const struct value *read_memory(struct arena *mem, const struct board_ask *ask, struct board *b)
{
    const struct value *memory;
    struct board_before *before = ARENA_NEW(mem, struct board_before);
    struct err none;
    if (!ask->memory || !value_json_parse(mem, ask->memory, strlen(ask->memory), &memory, &none) ||
        !str_equal(value_get_text(memory, "format", NULL), FORMAT) ||
        !str_equal(value_get_text(memory, "milestone", NULL), b->milestone->name) ||
        !copy_date(memory, "date", before->date) || !copy_date(memory, "p50", before->p50) ||
        !copy_date(memory, "p90", before->p90))
        return NULL;
    before->at_ms = value_get_int(memory, "at", 0);
    before->moved_p50 = calendar_days(before->p50, b->milestone->p50);
    before->moved_p90 = calendar_days(before->p90, b->milestone->p90);
    b->before = before;
    return memory;
}

/* ---- done since ------------------------------------------------------------------------------------------
 */

static bool tells_done(const struct store_event *e)
{
    enum event_kind kind = event_from_name(e->kind);
    return e->address && (kind == EVENT_STEP_DONE || (kind == EVENT_RESOLVED && str_equal(e->verb, "done")));
}

static void fill_done(struct arena *mem, const struct board_ask *ask, struct board *b)
{
    ARRAY(const char *) done = {0};
    struct map *seen = map_new();
    for (size_t i = 0; b->before && i < ask->event_count; i++) {
        const struct store_event *e = &ask->events[i];
        if (e->wall_ms < b->before->at_ms || !tells_done(e) || map_put(seen, e->address, b))
            continue;
        ARRAY_PUSH(&done, e->address);
    }
    map_free(seen);
    b->done = ARRAY_KEEP(&done, mem);
    b->done_count = done.count;
    ARRAY_DONE(&done);
}

/* ---- money ------------------------------------------------------------------------------------------------
 */

static bool stands(const struct plan_step *s)
{
    return s->row && s->action != PLAN_CREATE && s->action != PLAN_DESTROY && s->action != PLAN_REPLACE;
}

static bool fill_money(struct board *b, struct err *err)
{
    for (uint32_t i = 0; i < b->plan->count; i++) {
        const struct plan_step *s = &b->plan->steps[i];
        if (s->decl && !(cost_table_add(&b->whole, s) && (!stands(s) || cost_table_add(&b->standing, s))))
            return err_set(err, "cost.overflow", "the costs of '%s' are more than can be counted",
                           b->plan->region->name);
    }
    return true;
}

/* ---- waivers and deadlines
 * ---------------------------------------------------------------------------------- */

static int by_days(const void *a, const void *b)
{
    const struct board_waiver *x = a, *y = b;
    return x->days != y->days ? (x->days > y->days) - (x->days < y->days)
                              : strcmp(x->waiver->name, y->waiver->name);
}

static void fill_waivers(struct arena *mem, const struct waivers *w, struct board *b)
{
    size_t count = w ? w->count : 0;
    struct board_waiver *at = ARENA_ARRAY(mem, struct board_waiver, count + 1);
    for (size_t i = 0; i < count; i++) {
        char last[CALENDAR_DATE];
        calendar_end_date(b->plan->region->timezone, w->at[i].expires_ms, last);
        at[i] = (struct board_waiver){&w->at[i], calendar_days(b->launch->today, last) + 1};
        if (waiver_is_expired(&w->at[i], b->launch->now_ms) && at[i].days >= 0)
            at[i].days = -1;
    }
    if (count > 1)
        qsort(at, count, sizeof(*at), by_days);
    b->waivers = at;
    b->waiver_count = count;
}

static int by_deadline(const void *a, const void *b)
{
    const struct launch_item *x = *(const struct launch_item *const *)a,
                             *y = *(const struct launch_item *const *)b;
    return x->deadline_ms != y->deadline_ms
               ? (x->deadline_ms > y->deadline_ms) - (x->deadline_ms < y->deadline_ms)
               : strcmp(x->address, y->address);
}

static void fill_deadlines(struct arena *mem, struct board *b)
{
    const struct launch *l = b->launch;
    const struct launch_item **at = ARENA_ARRAY(mem, const struct launch_item *, l->item_count + 1);
    for (uint32_t i = 0; i < l->item_count; i++)
        if (l->items[i].deadline_ms)
            at[b->deadline_count++] = &l->items[i];
    if (b->deadline_count > 1)
        qsort(at, b->deadline_count, sizeof(*at), by_deadline);
    b->deadlines = at;
}

/* ---- all of it
 * ------------------------------------------------------------------------------------------------ */

bool board_make(struct arena *mem, const struct board_ask *ask, struct board **out, struct err *err)
{
    const struct launch *l = ask->launch;
    struct board *b = ARENA_NEW(mem, struct board);
    *b = (struct board){
        .plan = ask->plan, .launch = l, .milestone = &l->milestones[l->asked], .silence = ask->silence};
    const struct value *memory = read_memory(mem, ask, b);
    fill_done(mem, ask, b);
    fill_waivers(mem, ask->waivers, b);
    fill_deadlines(mem, b);
    if (memory && b->before->moved_p50 != 0)
        board_why(mem, ask, value_get(memory, "steps"), b);
    if (!fill_money(b, err))
        return false;
    *out = b;
    return true;
}
