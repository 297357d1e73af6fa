#include "report/live.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/str.h"
#include "io/loop.h"
#include "model/event.h"
#include "model/money.h"
#include "plan/plan.h"
#include "region/region.h"
#include "report/brief.h"
#include "report/cell.h"
#include "report/out.h"
#include "report/progress.h"

#define FRAME_MS      100 /* between two frames */
#define RUNNING_MAX   8   /* steps shown, then "and 12 more" */
#define LINES_MAX     (RUNNING_MAX + 2)
#define COLUMNS_GUESS 80 /* where the terminal does not say */
#define BAR_COLUMNS   24
#define BAR_NARROW    12 /* below so many columns the bar gives way to the money */
#define NARROW        100
#define ETA_MS        1000
#define ETA_DONE      3 /* steps before the time left is guessed */

/* One running step, in a list in the order of starting. */
struct running {
    struct running *older, *newer;
    char *address, *verb, *text;
    int64_t began_ms;
    uint64_t done, total; /* units of an action */
};

struct live {
    struct out *out;
    struct loop *loop;
    const struct plan *plan;
    struct map *by_address;
    struct running *oldest, *newest;
    struct loop_timer *timer;
    int64_t began_ms, drawn_ms;
    uint64_t done, total;
    int64_t once, month;       /* committed so far, high ends */
    size_t lines;              /* of the frame on the screen */
    size_t columns[LINES_MAX]; /* each one's */
    unsigned width;            /* of the terminal, now */
};

/* Events are borrowed: what outlives the call is copied. */
static char *copy(const char *text)
{
    char *made = text ? strdup(text) : NULL;
    if (text && !made)
        abort();
    return made;
}

/* ---- the running steps ----------------------------------------------------------------------- */

static void free_running(struct running *r)
{
    free(r->address);
    free(r->verb);
    free(r->text);
    free(r);
}

static void start(struct live *l, const struct event *e)
{
    if (map_has(l->by_address, e->address))
        return;
    struct running *r = calloc(1, sizeof(*r));
    if (!r)
        abort();
    r->address = copy(e->address);
    r->verb = copy(e->verb);
    r->began_ms = loop_now_ms(l->loop);
    r->older = l->newest;
    if (l->newest)
        l->newest->newer = r;
    else
        l->oldest = r;
    l->newest = r;
    map_put(l->by_address, r->address, r);
}

static void finish(struct live *l, const char *address)
{
    struct running *r = map_find(l->by_address, address);
    if (!r)
        return;
    map_remove(l->by_address, address);
    if (r->older)
        r->older->newer = r->newer;
    else
        l->oldest = r->newer;
    if (r->newer)
        r->newer->older = r->older;
    else
        l->newest = r->older;
    free_running(r);
}

/* ---- money ----------------------------------------------------------------------------------- */

/* What a finished step made or changed is committed; what was destroyed costs no more. */
static void commit(struct live *l, const char *address)
{
    uint32_t i = l->plan ? plan_find(l->plan, address) : UINT32_MAX;
    if (i == UINT32_MAX)
        return;
    const struct plan_step *s = &l->plan->steps[i];
    bool costs = s->action == PLAN_CREATE || s->action == PLAN_UPDATE || s->action == PLAN_REPLACE;
    if (!costs || !s->cost.priced)
        return;
    int64_t once, month;
    if (money_add(l->once, s->cost.once_high, &once) && money_add(l->month, s->cost.month_high, &month)) {
        l->once = once;
        l->month = month;
    }
}

/* ---- a frame --------------------------------------------------------------------------------- */

/* Asked anew for each frame, which is cheaper and surer than a signal. */
static void look_at_terminal(struct live *l)
{
    struct winsize size;
    if (ioctl(l->out->fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        l->width = size.ws_col;
    else
        l->width = l->out->style.columns ? l->out->style.columns : COLUMNS_GUESS;
}

/* Rows of the screen the last frame takes: a terminal that became narrower has broken its lines. */
static size_t rows_on_screen(const struct live *l)
{
    size_t rows = 0;
    for (size_t i = 0; i < l->lines; i++)
        rows += l->columns[i] > l->width ? (l->columns[i] + l->width - 1) / l->width : 1;
    return rows;
}

/* To the first line of the frame; ECMA-48, 8.3.22 (CUU). */
static void go_to_top(struct live *l)
{
    size_t rows = rows_on_screen(l);
    if (rows > 0)
        out_print(l->out, "\x1b[%zuA\r", rows);
}

/* Clears to the end of the screen; ECMA-48, 8.3.39 (ED). */
static void erase(struct live *l)
{
    if (l->lines == 0)
        return;
    go_to_top(l);
    out_text(l->out, "\x1b[J");
    l->lines = 0;
}

/* A line never reaches the last column, where terminals differ in what they do next.  The rest of the line is
 * cleared behind the text and not before it, which would flicker (ECMA-48, 8.3.41, EL). */
static void put_line(struct live *l, enum out_color color, const char *text)
{
    out_paint(l->out, color);
    l->columns[l->lines++] = cell_print(l->out, text, l->width > 1 ? l->width - 1 : 1);
    out_paint(l->out, OUT_PLAIN);
    out_text(l->out, "\x1b[K\n");
}

static void add_running(struct live *l, struct buf *text, const struct running *r)
{
    buf_text(text, "  ");
    cell_add(text, l->out, r->address);
    if (r->verb) {
        buf_text(text, "  ");
        cell_add(text, l->out, r->verb);
    }
    buf_text(text, "  ");
    brief_took(text, loop_now_ms(l->loop) - r->began_ms);
    if (r->total > 0)
        buf_print(text, "  %llu of %llu", (unsigned long long)r->done, (unsigned long long)r->total);
    else if (r->done > 0)
        buf_print(text, "  %llu", (unsigned long long)r->done);
    if (r->text) {
        buf_text(text, "  ");
        cell_add_short(text, l->out, r->text, strlen(r->text), l->width);
    }
}

/* A resumed run may count past its total: the bar ends where it ends. */
static void add_bar(struct live *l, struct buf *text)
{
    uint64_t done = l->done < l->total ? l->done : l->total;
    size_t columns = l->width < NARROW ? BAR_NARROW : BAR_COLUMNS;
    size_t full = l->total ? (size_t)(done * columns / l->total) : 0;
    buf_char(text, '[');
    for (size_t i = 0; i < columns; i++)
        cell_sign(text, l->out, i < full ? "█" : "·", i < full ? "#" : ".");
    buf_print(text, "] %llu/%llu", (unsigned long long)done, (unsigned long long)l->total);
}

/* The high ends: what one has to be able to pay. */
static void add_money(struct live *l, struct buf *text)
{
    if (!l->plan || l->once + l->month == 0)
        return;
    buf_text(text, "  committed ");
    if (l->month > 0) {
        money_print(text, l->month, l->plan->region->currency, l->out->style.ascii);
        buf_text(text, "/month");
    }
    if (l->once > 0) {
        buf_text(text, l->month > 0 ? " + " : "");
        money_print(text, l->once, l->plan->region->currency, l->out->style.ascii);
        buf_text(text, " once");
    }
}

/* The time that is left, as soon as a guess is worth a word; until then the time that went by. */
static void add_time(struct live *l, struct buf *text)
{
    int64_t elapsed = loop_now_ms(l->loop) - l->began_ms;
    bool guess = l->done >= ETA_DONE && l->done < l->total && elapsed >= ETA_MS;
    buf_text(text, guess ? "  ~" : "  ");
    brief_took(text,
               guess ? (int64_t)((double)elapsed / (double)l->done * (double)(l->total - l->done)) : elapsed);
    buf_text(text, guess ? " left" : "");
}

static size_t running_shown(const struct live *l)
{
    size_t count = map_count(l->by_address);
    struct winsize size;
    size_t most = RUNNING_MAX;
    /* In a terminal of few rows the frame must not scroll: then it could not be taken away again. */
    if (ioctl(l->out->fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_row < LINES_MAX + 2)
        most = size.ws_row > 5 ? size.ws_row - 5u : 1;
    return count < most ? count : most;
}

/* The cursor stands where the frame begins. */
static void draw(struct live *l)
{
    struct buf text;
    size_t shown = running_shown(l), count = map_count(l->by_address);
    const struct running *r = l->oldest;
    buf_init(&text, 0);
    l->lines = 0;
    for (size_t i = 0; i < shown; i++, r = r->newer) {
        buf_clear(&text);
        add_running(l, &text, r);
        put_line(l, OUT_PLAIN, text.at);
    }
    if (count > shown) {
        buf_clear(&text);
        buf_print(&text, "  and %zu more", count - shown);
        put_line(l, OUT_DIM, text.at);
    }
    buf_clear(&text);
    add_bar(l, &text);
    add_money(l, &text);
    add_time(l, &text);
    put_line(l, OUT_PLAIN, text.at);
    out_text(l->out, "\x1b[J");
    buf_done(&text);
    l->drawn_ms = loop_now_ms(l->loop);
}

static void redraw(struct live *l)
{
    look_at_terminal(l);
    if (l->lines > 0)
        go_to_top(l);
    draw(l);
    out_flush(l->out);
}

/* Running times go on while nothing happens; without running steps nothing is pending, so that the loop can
 * end. */
static void on_timer(void *user)
{
    struct live *l = user;
    l->timer = NULL;
    redraw(l);
    if (l->newest)
        l->timer = loop_after(l->loop, FRAME_MS, on_timer, l);
}

static void draw_when_due(struct live *l)
{
    int64_t wait = l->drawn_ms + FRAME_MS - loop_now_ms(l->loop);
    if (wait <= 0)
        redraw(l);
    if (l->newest && !l->timer)
        l->timer = loop_after(l->loop, wait > 0 ? (uint64_t)wait : FRAME_MS, on_timer, l);
    if (!l->newest && l->timer) {
        loop_timer_cancel(l->timer);
        l->timer = NULL;
    }
}

/* ---- events ---------------------------------------------------------------------------------- */

/* What a running step's line says behind its time. */
static void remark(struct live *l, const struct event *e)
{
    struct running *r = map_find(l->by_address, e->address);
    struct buf text;
    if (!r)
        return;
    buf_init(&text, 0);
    if (e->kind == EVENT_STEP_RETRY) {
        buf_text(&text, "again in ");
        brief_took(&text, e->wait_ms);
        buf_text(&text, e->text ? ": " : "");
    } else if (e->kind == EVENT_STEP_DOUBT) {
        buf_text(&text, "in doubt, looking: ");
    } else {
        r->done = e->done;
        r->total = e->total;
    }
    buf_text(&text, e->text ? e->text : "");
    free(r->text);
    r->text = text.count ? copy(text.at) : NULL;
    buf_done(&text);
}

/* Everything that is not known to go on ends the step's line, so that a new kind of end cannot leave one
 * behind for ever. */
static void take(struct live *l, const struct event *e)
{
    if (e->kind != EVENT_STEP_PROGRESS && e->total > 0) {
        l->done = e->done;
        l->total = e->total;
    }
    if (!e->address)
        return;
    switch (e->kind) {
    case EVENT_STEP_STARTED:
        start(l, e);
        break;
    case EVENT_STEP_PROGRESS:
    case EVENT_STEP_RETRY:
    case EVENT_STEP_DOUBT:
        remark(l, e);
        break;
    case EVENT_STEP_DONE:
        commit(l, e->address);
        finish(l, e->address);
        break;
    case EVENT_NOTE:
        break;
    default:
        finish(l, e->address);
    }
}

void live_tell(struct live *l, const struct event *e, bool line)
{
    take(l, e);
    if (line) {
        /* Collected, not written: it goes out in one piece with the next frame. */
        look_at_terminal(l);
        erase(l);
        progress_line(l->out, e, false);
    }
    draw_when_due(l);
}

/* ---- life ------------------------------------------------------------------------------------ */

struct live *live_new(struct out *o, struct loop *loop, const struct plan *plan)
{
    struct live *l = calloc(1, sizeof(*l));
    if (!l)
        abort();
    l->out = o;
    l->loop = loop;
    l->plan = plan;
    l->by_address = map_new();
    l->began_ms = loop_now_ms(loop);
    l->drawn_ms = l->began_ms - FRAME_MS;
    return l;
}

void live_clear(struct live *l)
{
    loop_timer_cancel(l->timer);
    l->timer = NULL;
    look_at_terminal(l);
    erase(l);
    out_flush(l->out);
}

void live_free(struct live *l)
{
    if (!l)
        return;
    live_clear(l);
    while (l->oldest)
        finish(l, l->oldest->address);
    map_free(l->by_address);
    free(l);
}
