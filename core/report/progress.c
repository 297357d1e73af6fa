#include "report/progress.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "io/loop.h"
#include "report/brief.h"
#include "report/live.h"
#include "report/out.h"
#include "report/trouble.h"

struct progress {
    struct progress_ask ask;
    struct live *live;          /* NULL: plain lines */
    struct loop_hook *turn_end; /* plain lines are written once per turn */
};

/* ---- plain lines ----------------------------------------------------------------------------- */

/* "12:03:04 " of the day, in UTC; without tick_print, because a pipe may get 100 000 of them. */
static void add_clock(struct out *o, int64_t wall_ms)
{
    int64_t second = wall_ms / 1000 % (24 * 3600);
    int parts[] = {(int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60)};
    char text[] = "00:00:00 ";
    for (int i = 0; i < 3; i++) {
        text[i * 3] = (char)('0' + parts[i] / 10);
        text[i * 3 + 1] = (char)('0' + parts[i] % 10);
    }
    out_text(o, text);
}

static void add_took(struct out *o, int64_t ms)
{
    struct buf text;
    buf_init(&text, 0);
    brief_took(&text, ms);
    out_text(o, "  ");
    out_text(o, text.at);
    buf_done(&text);
}

/* "12:03:04 done    dns.zone.apex  create  0.1 s  text", without the time where the lines scroll by anyway.
 */
void progress_line(struct out *o, const struct event *e, bool clock)
{
    static const char pad[] = "         ";
    const char *word = trouble_word(e->kind);
    if (clock)
        add_clock(o, e->wall_ms);
    out_paint(o, trouble_color(e->kind));
    out_text(o, word);
    out_paint(o, OUT_PLAIN);
    out_text(o, pad + strlen(word)); /* no word is longer than eight */
    out_safe(o, e->address);
    if (e->verb && e->kind != EVENT_STEP_WAITS) { /* nothing is done to what waits */
        out_text(o, "  ");
        out_safe(o, e->verb);
    }
    if (e->kind == EVENT_STEP_PROGRESS && e->total > 0)
        out_print(o, "  %llu of %llu", (unsigned long long)e->done, (unsigned long long)e->total);
    if (e->kind == EVENT_STEP_DONE || e->kind == EVENT_STEP_FAILED)
        add_took(o, e->took_ms);
    if (e->text) {
        out_text(o, "  ");
        out_safe(o, e->text);
    }
    if (e->kind == EVENT_STEP_RETRY && e->wait_ms > 0) {
        out_text(o, ", again in");
        add_took(o, e->wait_ms);
    }
    out_char(o, '\n');
}

/* ---- which events matter --------------------------------------------------------------------- */

enum level { ALWAYS = 1, NORMALLY, VERBOSELY };

/* What is blocked is named once, at the end of the run: its cause has a line here. */
static const enum level levels[EVENT_KIND_COUNT] = {
    [EVENT_STEP_STARTED] = VERBOSELY, [EVENT_STEP_PROGRESS] = VERBOSELY, [EVENT_STEP_RETRY] = VERBOSELY,
    [EVENT_STEP_DOUBT] = NORMALLY,    [EVENT_STEP_DONE] = NORMALLY,      [EVENT_STEP_FAILED] = ALWAYS,
    [EVENT_STEP_CONFLICT] = ALWAYS,   [EVENT_STEP_HELD] = ALWAYS,        [EVENT_STEP_BLOCKED] = VERBOSELY,
    [EVENT_STEP_WAITS] = NORMALLY,    [EVENT_RECOVERED] = NORMALLY,      [EVENT_RESOLVED] = NORMALLY,
    [EVENT_NOTE] = NORMALLY,          [EVENT_STEP_CEILING] = ALWAYS,
};

static bool matters(const struct progress *p, enum event_kind kind)
{
    enum level most = p->ask.quiet ? ALWAYS : p->ask.verbose && !p->live ? VERBOSELY : NORMALLY;
    return kind > 0 && kind < EVENT_KIND_COUNT && levels[kind] && levels[kind] <= most;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void on_turn_end(void *user)
{
    struct progress *p = user;
    out_flush(p->ask.out);
}

struct progress *progress_new(const struct progress_ask *ask)
{
    struct progress *p = calloc(1, sizeof(*p));
    if (!p)
        abort();
    p->ask = *ask;
    if (ask->live && !ask->quiet)
        p->live = live_new(ask->out, ask->loop, ask->plan);
    else
        p->turn_end = loop_on_turn_end(ask->loop, on_turn_end, p);
    return p;
}

void progress_tell(void *user, const struct event *e)
{
    struct progress *p = user;
    bool line = matters(p, e->kind);
    if (p->live)
        live_tell(p->live, e, line);
    else if (line)
        progress_line(p->ask.out, e, true);
}

void progress_clear(struct progress *p)
{
    if (p->live)
        live_clear(p->live);
    else
        out_flush(p->ask.out);
}

void progress_free(struct progress *p)
{
    if (!p)
        return;
    progress_clear(p);
    live_free(p->live);
    loop_hook_remove(p->turn_end);
    free(p);
}
