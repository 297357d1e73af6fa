#include <string.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/str.h"
#include "model/event.h"
#include "model/value.h"
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

#define CHANGES_MAX 12 /* of an adoption, that are shown unless all are asked for */
#define BLOCKED_MAX 5  /* steps named that were not started; their cause is named above */
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
    /* As the exit code has it, and the state of the run in the store. */
    bool whole = x && !bad && !x->stopped && x->blocked + x->over + x->waits == 0;
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
    buf_text(&text, " is there");
    if (a->id) {
        buf_text(&text, " as '");
        cell_add(&text, o, a->id);
        buf_char(&text, '\'');
    }
    cell_paragraph(o, 0, 2, text.at);
    buf_clear(&text);
    if (a->diff_count == 0)
        buf_text(&text, "It becomes ours; nothing else changes, because it is as declared");
    else if (a->as_it_is)
        buf_print(&text, "It becomes ours and stays as it is: %s. Declared otherwise:", a->as_it_is);
    else
        buf_text(&text, "It becomes ours, and this is changed:");
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
