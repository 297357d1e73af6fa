#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/str.h"
#include "model/event.h"
#include "plan/approval.h"
#include "report/as_text.h"
#include "report/brief.h"
#include "report/cell.h"
#include "report/out.h"
#include "report/trouble.h"
#include "store/store.h"

/* ---- runs ------------------------------------------------------------------------------------- */

/* Under the word of the run, past its time. */
#define USED_INDENT 18

/* Eight characters of an id are enough to tell runs apart; --json has them whole. */
static void print_run(struct out *o, const struct store_run *run)
{
    struct buf text;
    buf_init(&text, 0);
    brief_time(&text, run->started_ms);
    out_text(o, text.at);
    out_text(o, "  ");
    cell_pad(o, run->command, 8);
    out_paint(o, strcmp(run->state, "done") == 0 ? OUT_GREEN : OUT_YELLOW);
    cell_pad(o, store_run_state(run), 8);
    out_paint(o, OUT_PLAIN);
    out_print(o, "%lld of %lld", (long long)run->done, (long long)run->total);
    if (run->failed)
        out_print(o, ", %lld not successful", (long long)run->failed);
    if (run->ended_ms > run->started_ms) {
        buf_clear(&text);
        brief_took(&text, run->ended_ms - run->started_ms);
        out_print(o, "  %s", text.at);
    }
    out_paint(o, OUT_DIM);
    out_text(o, "  run ");
    out_safe_n(o, run->run_id, strnlen(run->run_id, 8));
    if (run->plan_digest) {
        out_text(o, "  plan ");
        out_safe_n(o, run->plan_digest, strnlen(run->plan_digest, 8));
    }
    out_paint(o, OUT_PLAIN);
    out_char(o, '\n');
    buf_done(&text);
}

/* Who said yes to it, how far and why. */
static void print_used(struct out *o, const struct store_run *run, const struct facts_history *h)
{
    struct buf text;
    buf_init(&text, 0);
    for (size_t i = 0; i < h->used_count; i++) {
        const struct approval *a = h->used[i].approval;
        if (!str_equal(h->used[i].run_id, run->run_id))
            continue;
        buf_clear(&text);
        buf_text(&text, "approved by ");
        cell_add(&text, o, a->by);
        buf_text(&text, " up to ");
        brief_money(&text, o, a->ceiling_month, a->ceiling_month, a->currency);
        buf_text(&text, "/month, ");
        brief_money(&text, o, a->ceiling_once, a->ceiling_once, a->currency);
        buf_text(&text, a->signature ? " once, signed: " : " once, not signed: ");
        cell_add(&text, o, a->why);
        out_fill(o, ' ', USED_INDENT);
        cell_paragraph(o, USED_INDENT, USED_INDENT + 2, text.at);
    }
    buf_done(&text);
}

/* ---- events ----------------------------------------------------------------------------------- */

/* A step that is not good says the same again with every try and with every run: it is shown once, with how
 * often it was said. */
struct fold {
    size_t times; /* 0: it says what an earlier one said already */
    const struct store_event *last;
};

static bool is_repeated(const struct store_event *before, const struct store_event *e)
{
    enum event_kind kind = event_from_name(e->kind);
    bool is_good = kind == EVENT_STEP_DONE || kind == EVENT_RECOVERED || kind == EVENT_RESOLVED;
    return !is_good && e->text && str_equal(before->kind, e->kind) && str_equal(before->verb, e->verb) &&
           str_equal(before->text, e->text);
}

static struct fold *fold(struct arena *mem, const struct facts_history *h)
{
    struct fold *folds = ARENA_ARRAY(mem, struct fold, h->event_count + 1);
    struct map *last = map_new(); /* address to the shown event that spoke of it last */
    for (size_t i = 0; i < h->event_count; i++) {
        const struct store_event *e = &h->events[i];
        uintptr_t at = e->address ? (uintptr_t)map_find(last, e->address) : 0;
        size_t shown = at && is_repeated(&h->events[at - 1], e) ? at - 1 : i;
        folds[shown].times++;
        folds[shown].last = e;
        if (e->address)
            map_put(last, e->address, (void *)(uintptr_t)(shown + 1));
    }
    map_free(last);
    return folds;
}

static void print_event(struct out *o, const struct store_event *e, const struct fold *fold,
                        bool with_address)
{
    struct buf text;
    enum event_kind kind = event_from_name(e->kind);
    buf_init(&text, 0);
    brief_time(&text, e->wall_ms);
    out_text(o, text.at);
    out_text(o, "  ");
    out_paint(o, trouble_color(kind));
    cell_pad(o, trouble_word(kind), 9);
    out_paint(o, OUT_PLAIN);
    if (with_address && e->address) {
        out_safe(o, e->address);
        out_text(o, "  ");
    }
    out_safe(o, e->verb);
    if (e->took_ms > 0) {
        buf_clear(&text);
        brief_took(&text, e->took_ms);
        out_print(o, "  %s", text.at);
    }
    if (e->text) {
        out_text(o, "  ");
        out_safe(o, e->text);
    }
    if (fold->times > 1) {
        buf_clear(&text);
        brief_time(&text, fold->last->wall_ms);
        out_paint(o, OUT_DIM);
        out_print(o, "  (%zu times, last %s)", fold->times, text.at);
        out_paint(o, OUT_PLAIN);
    }
    out_char(o, '\n');
    buf_done(&text);
}

static void print_events(struct out *o, const struct facts_history *h)
{
    struct arena *mem = arena_new();
    const struct fold *folds = fold(mem, h);
    for (size_t i = 0; i < h->event_count; i++) {
        if (folds[i].times > 0)
            print_event(o, &h->events[i], &folds[i], h->address == NULL);
    }
    arena_free(mem);
}

/* ---- all of it -------------------------------------------------------------------------------- */

/* Above the oldest that is shown: what is not. */
static void print_left_out(struct out *o, const struct facts_history *h, const char *what, size_t show)
{
    out_paint(o, OUT_DIM);
    out_text(o, what);
    out_text(o, " left out: landfall history ");
    out_safe(o, h->region);
    if (h->address) {
        out_char(o, ' ');
        out_safe(o, h->address);
    }
    out_print(o, " -n %zu\n", show);
    out_paint(o, OUT_PLAIN);
}

void as_text_history(struct out *o, const struct facts_history *h)
{
    char left[64];
    if (h->run_count + h->event_count == 0) {
        out_text(o, h->address ? "Nothing is remembered of it" : "No run yet");
        if (h->near) {
            out_text(o, "; did you mean '");
            out_safe(o, h->near);
            out_text(o, "'?\n");
        } else {
            out_text(o, ".\n");
        }
        return;
    }
    if (h->earlier_runs > 0) {
        snprintf(left, sizeof(left), "%zu earlier run%s", h->earlier_runs,
                 h->earlier_runs == 1 ? " is" : "s are");
        print_left_out(o, h, left, h->run_count + h->earlier_runs);
    }
    for (size_t i = 0; i < h->run_count; i++) {
        print_run(o, &h->runs[i]);
        print_used(o, &h->runs[i], h);
    }
    if (h->run_count > 0 && h->event_count > 0)
        out_char(o, '\n');
    if (h->earlier_events)
        print_left_out(o, h, "earlier events are", h->event_count * 10);
    print_events(o, h);
}
