#include <string.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/str.h"
#include "model/event.h"
#include "model/value.h"
#include "plan/approval.h"
#include "plan/plan.h"
#include "report/as_text.h"
#include "report/as_text_plan_value.h"
#include "report/brief.h"
#include "report/cell.h"
#include "report/out.h"
#include "report/trouble.h"
#include "run/executor.h"
#include "run/recover.h"
#include "run/sweep.h"
#include "store/store.h"

/* Changes of an adoption that are shown unless all are asked for. */
#define CHANGES_MAX 12

#define BLOCKED_MAX 5 /* steps named that were not started; their cause is named above */
#define INDENT      8

/* ---- the end of a run ------------------------------------------------------------------------ */

/* Counts of 0 are left out: a good run is one short line. */
static void add_count(struct buf *text, uint32_t n, const char *what)
{
    if (n == 0)
        return;
    buf_print(text, "%s%u %s", text->count ? ", " : "", n, what);
}

/* What was done before anything new began; a person who resumes after a crash looks for this first. */
static void print_recovered(struct out *o, const struct recover_outcome *r)
{
    struct buf text;
    if (!r || r->settled + r->failed + r->held + r->conflict == 0)
        return;
    buf_init(&text, 0);
    add_count(&text, r->settled, "settled");
    add_count(&text, r->failed, "had no effect");
    add_count(&text, r->conflict, "met something foreign");
    add_count(&text, r->held, "held for a person");
    out_text(o, "Of what an earlier run left open: ");
    out_text(o, text.at);
    out_char(o, '\n');
    buf_done(&text);
}

static bool is_serious(enum event_kind kind)
{
    return kind == EVENT_STEP_FAILED || kind == EVENT_STEP_CONFLICT || kind == EVENT_STEP_HELD ||
           kind == EVENT_STEP_CEILING;
}

static void labeled(struct out *o, const char *label, const char *text)
{
    if (!text || !text[0])
        return;
    out_fill(o, ' ', INDENT);
    out_text(o, label);
    cell_paragraph(o, INDENT + strlen(label), INDENT + strlen(label), text);
}

/* Everything a person needs to mend it without looking elsewhere: what, where it was declared, what to do. */
static void print_trouble(struct out *o, const struct event *e)
{
    out_paint(o, trouble_color(e->kind));
    out_paint(o, OUT_BOLD);
    cell_pad(o, trouble_word(e->kind), INDENT);
    out_paint(o, OUT_PLAIN);
    out_char(o, ' ');
    out_painted(o, OUT_BOLD, e->address);
    if (e->verb) {
        out_text(o, "  ");
        out_safe(o, e->verb);
    }
    if (e->code) {
        out_paint(o, OUT_DIM);
        out_text(o, "  (");
        out_safe(o, e->code);
        out_char(o, ')');
        out_paint(o, OUT_PLAIN);
    }
    out_char(o, '\n');
    labeled(o, "", e->text);
    labeled(o, "declared at ", e->where);
    labeled(o, "to do: ", e->advice);
}

/* Waiting is no failure: it is told calmly, with the command that ends the wait. */
static void print_waits(struct out *o, const struct facts_run *r, const struct event *e)
{
    out_paint(o, trouble_color(e->kind));
    cell_pad(o, trouble_word(e->kind), INDENT);
    out_paint(o, OUT_PLAIN);
    out_char(o, ' ');
    out_painted(o, OUT_BOLD, e->address);
    out_text(o, "  ");
    cell_paragraph(o, INDENT + 3 + strlen(e->address), INDENT + 1, e->text ? e->text : "");
    if (str_starts(e->address, "human.")) {
        out_fill(o, ' ', INDENT + 1);
        out_paint(o, OUT_DIM);
        out_text(o, "when it is done: landfall done ");
        out_safe(o, r->region);
        out_char(o, ' ');
        out_safe(o, e->address);
        out_text(o, " --by NAME --evidence PROOF");
        out_paint(o, OUT_PLAIN);
        out_char(o, '\n');
    }
}

/* One line for all of them: their causes have been told above, and there may be thousands. */
static void print_blocked(struct out *o, const struct facts_run *r)
{
    size_t count = 0;
    struct buf names;
    buf_init(&names, 0);
    for (size_t i = 0; i < r->trouble_count; i++) {
        const struct event *e = &r->troubles[i];
        if (e->kind != EVENT_STEP_BLOCKED)
            continue;
        if (count++ < BLOCKED_MAX)
            buf_print(&names, "%s%s", names.count ? ", " : "", e->address);
    }
    if (count > BLOCKED_MAX)
        buf_print(&names, " and %zu more", count - BLOCKED_MAX);
    if (count > 0) {
        cell_pad(o, "blocked", INDENT);
        out_char(o, ' ');
        out_print(o, "%zu %s not started: ", count, count == 1 ? "step was" : "steps were");
        cell_paragraph(o, INDENT + 1 + 24, INDENT + 1, names.at);
    }
    buf_done(&names);
}

/* The worst first: what has to be mended, what hangs on it, what merely waits. */
static void print_troubles(struct out *o, const struct facts_run *r)
{
    for (size_t i = 0; i < r->trouble_count; i++)
        if (is_serious(r->troubles[i].kind))
            print_trouble(o, &r->troubles[i]);
    print_blocked(o, r);
    for (size_t i = 0; i < r->trouble_count; i++)
        if (r->troubles[i].kind == EVENT_STEP_WAITS)
            print_waits(o, r, &r->troubles[i]);
}

/* The last word, below everything else, where the eye is when the prompt comes back. */
static void print_summary(struct out *o, const struct facts_run *r)
{
    const struct executor_outcome *x = r->outcome;
    struct buf text;
    buf_init(&text, 0);
    if (x) {
        add_count(&text, x->done, "done");
        add_count(&text, x->failed, "failed");
        add_count(&text, x->conflict, "in conflict");
        add_count(&text, x->held, "held");
        add_count(&text, x->over, "beyond the ceiling");
        add_count(&text, x->blocked, "not started");
        add_count(&text, x->waits, x->waits == 1 ? "waits for a person" : "wait for people");
        add_count(&text, x->todos, "todo");
    }
    if (text.count == 0)
        buf_text(&text, "nothing to do");
    bool bad = !x || x->failed + x->conflict + x->held > 0;
    bool whole = x && !bad && !x->stopped && x->blocked + x->over == 0;
    out_painted(o,
                bad     ? OUT_RED
                : whole ? OUT_GREEN
                        : OUT_YELLOW,
                x && x->stopped ? "stopped"
                : bad           ? "not finished"
                : whole         ? "done"
                                : "partly done");
    out_text(o, "  ");
    out_safe(o, r->command);
    out_char(o, ' ');
    out_safe(o, r->region);
    out_text(o, ": ");
    out_text(o, text.at);
    buf_clear(&text);
    brief_took(&text, r->took_ms);
    out_text(o, ", in ");
    out_text(o, text.at);
    out_char(o, '\n');
    buf_done(&text);
}

void as_text_run(struct out *o, const struct facts_run *r)
{
    print_troubles(o, r);
    print_recovered(o, r->recovered);
    print_summary(o, r);
    if (r->sweep)
        as_text_leftovers(o, r->region, r->sweep);
    if (value_kind(r->outputs) == VALUE_MAP && r->outputs->count > 0) {
        out_painted(o, OUT_BOLD, "Outputs");
        out_char(o, '\n');
        as_text_outputs(o, r->outputs);
    }
    if (r->next) {
        out_painted(o, OUT_BOLD, "Next");
        out_text(o, "  ");
        out_safe(o, r->next);
        out_char(o, '\n');
    }
}

void as_text_deed(struct out *o, const struct facts_deed *d)
{
    out_safe(o, d->what);
    out_char(o, '\n');
    if (d->next) {
        out_painted(o, OUT_BOLD, "Next");
        out_text(o, "  ");
        out_safe(o, d->next);
        out_char(o, '\n');
    }
}

void as_text_adoption(struct out *o, const struct facts_adoption *a, enum as_text_detail detail)
{
    struct buf text;
    size_t most = detail == AS_TEXT_FULL || a->diff_count <= CHANGES_MAX ? a->diff_count : CHANGES_MAX;
    buf_init(&text, 0);
    cell_add(&text, o, a->step->address);
    if (a->id) {
        buf_text(&text, " is there as '");
        cell_add(&text, o, a->id);
        buf_text(&text, "'. To adopt it marks it as ours, and changes ");
    } else {
        buf_text(&text, " is there. To adopt it marks it as ours, and changes ");
    }
    if (a->diff_count == 0)
        buf_text(&text, "nothing else: it is as declared");
    else if (a->as_it_is)
        buf_print(&text, "nothing else: %s. What stays different from what is declared:", a->as_it_is);
    else
        buf_text(&text, "what differs from what is declared:");
    cell_paragraph(o, 0, 0, text.at);
    for (size_t k = 0; k < most; k++) {
        buf_clear(&text);
        as_text_plan_change(&text, o, a->plan, a->step, &a->diffs[k]);
        out_fill(o, ' ', 4);
        cell_paragraph(o, 4, 6, text.at);
    }
    if (most < a->diff_count)
        out_print(o, "    and %zu more (-v shows all)\n", a->diff_count - most);
    buf_done(&text);
}

void as_text_leftovers(struct out *o, const char *region, const struct sweep *sweep)
{
    struct buf text;
    buf_init(&text, 0);
    if (sweep->count > 0) {
        brief_count(&text, sweep->count, "object");
        buf_text(&text, sweep->count == 1 ? " is left over: it carries" : " are left over: they carry");
        out_painted(o, OUT_YELLOW, text.at);
        out_text(o, " our marker and the store of ");
        out_safe(o, region);
        out_text(o, " does not know of it\n");
    }
    for (size_t i = 0; i < sweep->count; i++) {
        const struct sweep_found *f = &sweep->found[i];
        buf_clear(&text);
        cell_add(&text, o, f->subsystem);
        if (f->instance && f->instance[0]) {
            buf_char(&text, '/');
            cell_add(&text, o, f->instance);
        }
        buf_char(&text, '.');
        cell_add(&text, o, f->type);
        out_text(o, "  ");
        cell_pad(o, text.at, 24);
        out_text(o, "  ");
        out_safe(o, f->id);
        if (f->address) {
            out_text(o, "  was ");
            out_safe(o, f->address);
        }
        out_char(o, '\n');
    }
    if (sweep->count > 0)
        out_text(o, "They cost what they cost until they are removed at the service, by hand.\n");
    if (sweep->unchecked_count > 0) {
        buf_clear(&text);
        for (size_t i = 0; i < sweep->unchecked_count; i++)
            buf_print(&text, "%s%s", i ? ", " : "", sweep->unchecked[i]);
        out_text(o, "Could not be searched for leftovers: ");
        cell_paragraph(o, 37, 2, text.at);
    }
    buf_done(&text);
}

/* ---- history --------------------------------------------------------------------------------- */

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
    cell_pad(o, run->state, 8);
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

static void print_event(struct out *o, const struct store_event *e, bool with_address)
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
    out_char(o, '\n');
    buf_done(&text);
}

void as_text_history(struct out *o, const struct facts_history *h)
{
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
    for (size_t i = 0; i < h->run_count; i++) {
        print_run(o, &h->runs[i]);
        print_used(o, &h->runs[i], h);
    }
    if (h->run_count > 0 && h->event_count > 0)
        out_char(o, '\n');
    for (size_t i = 0; i < h->event_count; i++)
        print_event(o, &h->events[i], h->address == NULL);
}
