#include <string.h>

#include "base/buf.h"
#include "model/decl.h"
#include "region/region.h"
#include "report/as_text.h"
#include "report/brief.h"
#include "report/cell.h"
#include "report/out.h"
#include "run/fate.h"
#include "run/rehearsal.h"

#define NAME_COLUMNS 22
#define MEASURED_FEW 3 /* times: fewer say nothing of how they vary */
#define LIST_MOST    8 /* of a kind that is only listed; the rest is counted */
#define INDENT       4
#define HOUR_MS      ((int64_t)3600 * 1000)
#define DAY_MS       (24 * HOUR_MS)

/* "ETA   ": a bold word, then the rest behind one margin. */
#define WORD_COLUMNS 11

struct mishap_words {
    const char *one, *many;
};

static const struct mishap_words mishaps[LEDGER_MISHAPS] = {
    [LEDGER_THROTTLED] = {"request throttled", "requests throttled"},
    [LEDGER_UNREACHED] = {"connection refused", "connections refused"},
    [LEDGER_LOST_REQUEST] = {"request lost", "requests lost"},
    [LEDGER_LOST_REPLY] = {"reply lost", "replies lost"},
    [LEDGER_LANDED_LATE] = {"late landing", "late landings"},
    [LEDGER_SERVER_ERROR] = {"error 500", "errors 500"},
    [LEDGER_CHECK_FAILED] = {"failed check", "failed checks"},
    [LEDGER_CRASH] = {"crash of landfall", "crashes of landfall"},
};

static const char *const points[LEDGER_POINTS] = {
    [LEDGER_UNSENT] = "intent durable, nothing sent",     [LEDGER_SENT] = "sent and done, no reply",
    [LEDGER_LATE] = "sent, done only after the death",    [LEDGER_SAVED] = "id durable, not ready yet",
    [LEDGER_REPLIED] = "reply came, outcome not durable", [LEDGER_DONE] = "outcome durable, nothing after it",
};

static void word(struct out *o, const char *text)
{
    out_paint(o, OUT_BOLD);
    out_text(o, text);
    out_paint(o, OUT_PLAIN);
    out_fill(o, ' ', WORD_COLUMNS - strlen(text));
}

/* The word, and behind it what was collected, wrapped behind its margin. */
static void tell(struct out *o, const char *label, struct buf *text)
{
    word(o, label);
    cell_paragraph(o, WORD_COLUMNS, WORD_COLUMNS, text->at);
    buf_done(text);
}

/* People take days, and 240 hours are no way to say ten of them. */
static void add_took(struct buf *text, int64_t ms)
{
    if (ms < DAY_MS) {
        brief_took(text, ms);
        return;
    }
    int64_t hours = (ms % DAY_MS) / HOUR_MS;
    buf_print(text, "%lld d", (long long)(ms / DAY_MS));
    if (hours > 0)
        buf_print(text, " %lld h", (long long)hours);
}

static void took(struct out *o, int64_t ms)
{
    struct buf text;
    buf_init(&text, 0);
    add_took(&text, ms);
    out_text(o, text.at);
    buf_done(&text);
}

static void add_share(struct buf *text, uint32_t milli)
{
    buf_print(text, milli % 10 ? "%u.%u %%" : "%u %%", milli / 10, milli % 10);
}

static void add_rest(struct buf *text, size_t all)
{
    if (all > LIST_MOST)
        buf_print(text, " and %zu more", all - LIST_MOST);
}

static void dot(struct out *o)
{
    out_sign(o, " · ", " | ");
}

/* ---- head --------------------------------------------------------------------------------------------- */

static void head(struct out *o, const struct facts_rehearsal *f)
{
    const struct rehearsal *r = f->rehearsal;
    out_painted(o, OUT_BOLD, "landfall rehearse");
    dot(o);
    out_print(o, "region %s", f->region->name);
    if (f->region->title)
        out_print(o, " (");
    out_safe(o, f->region->title);
    out_text(o, ", ");
    out_safe(o, f->region->place);
    out_text(o, ")");
    dot(o);
    out_text(o, "playbook ");
    out_safe(o, f->playbook);
    dot(o);
    out_print(o, "seed %llu\n", (unsigned long long)r->ask->seed);
    struct buf text;
    buf_init(&text, 0);
    buf_text(&text, "Simulated: ");
    brief_count(&text, r->step_count, "step");
    buf_text(&text, " on ");
    for (size_t i = 0; i < f->driver_count; i++)
        buf_print(&text, "%s%s", i ? ", " : "", f->drivers[i]);
    buf_text(&text, ". Nothing real was touched.");
    cell_paragraph(o, 0, 0, text.at);
    buf_done(&text);
    out_char(o, '\n');
}

/* ---- times --------------------------------------------------------------------------------------------- */

static void stage(struct out *o, const struct rehearsal_stage *s)
{
    struct buf name;
    buf_init(&name, 0);
    cell_add(&name, o, s->name[0] ? s->name : "before the first stage");
    out_text(o, "  ");
    cell_pad(o, name.at, NAME_COLUMNS);
    buf_done(&name);
    out_print(o, "%5u of %-5u ", s->done, s->steps);
    if (s->began_ms < 0) {
        out_text(o, "not begun\n");
        return;
    }
    took(o, s->began_ms);
    out_sign(o, " – ", " - ");
    if (s->done_ms < 0)
        out_text(o, "not done");
    else
        took(o, s->done_ms);
    out_char(o, '\n');
}

static void stages(struct out *o, const struct rehearsal *r)
{
    out_painted(o, OUT_BOLD, "As it typically goes");
    out_text(o, ", by stage: steps done, from when to when\n");
    for (size_t i = 0; i < r->stage_count; i++) {
        if (r->stages[i].steps > 0)
            stage(o, &r->stages[i]);
    }
    out_char(o, '\n');
}

/* What nobody said is named: a forecast stands on it. */
static void assumed(struct out *o, const struct facts_rehearsal *f, bool all)
{
    size_t unknown = 0;
    struct buf text;
    const char *first = NULL;
    buf_init(&text, 0);
    buf_text(&text, "nobody said how long these take, and nothing was measured: ");
    for (size_t i = 0; i < f->span_count; i++) {
        const struct facts_span *s = &f->spans[i];
        if (s->known || (unknown++ >= LIST_MOST && !all))
            continue;
        first = first ? first : s->what;
        buf_print(&text, "%s%s (", first == s->what ? "" : ", ", s->what);
        add_took(&text, s->p50_ms);
        buf_char(&text, ')');
    }
    if (unknown == 0) {
        buf_done(&text);
        return;
    }
    if (!all)
        add_rest(&text, unknown);
    buf_print(&text, ". Say it in the region file: rehearse: { durations: { %s: 10m } }", first);
    tell(o, "Unknown", &text);
}

static void add_times(struct buf *text, uint32_t measured)
{
    if (measured == 1)
        buf_text(text, "once");
    else
        buf_print(text, "%u times", measured);
}

static void times(struct out *o, uint32_t measured)
{
    struct buf text;
    buf_init(&text, 0);
    if (measured > 0)
        add_times(&text, measured);
    out_text(o, text.count ? text.at : "");
    buf_done(&text);
}

/* A forecast may stand on one afternoon. */
static void hardly_measured(struct out *o, const struct facts_rehearsal *f, bool all)
{
    size_t few = 0;
    struct buf text;
    buf_init(&text, 0);
    buf_text(&text, "only ");
    for (size_t i = 0; i < f->span_count; i++) {
        const struct facts_span *s = &f->spans[i];
        if (s->measured == 0 || s->measured >= MEASURED_FEW || (few++ >= LIST_MOST && !all))
            continue;
        buf_print(&text, "%s%s ", few > 1 ? ", " : "", s->what);
        add_times(&text, s->measured);
        buf_text(&text, " (");
        add_took(&text, s->p50_ms);
        buf_char(&text, ')');
    }
    if (!all)
        add_rest(&text, few);
    if (few > 0)
        tell(o, "Measured", &text);
    else
        buf_done(&text);
}

static void spans(struct out *o, const struct facts_rehearsal *f)
{
    out_painted(o, OUT_BOLD, "Durations");
    out_text(o, ": half of all take no longer, nine in ten no longer, whose word it is\n");
    for (size_t i = 0; i < f->span_count; i++) {
        const struct facts_span *s = &f->spans[i];
        out_text(o, "  ");
        out_safe(o, s->what);
        out_text(o, ": ");
        took(o, s->p50_ms);
        out_text(o, ", ");
        took(o, s->p90_ms);
        out_print(o, ", %s%s", s->source, s->measured > 0 ? " " : "");
        times(o, s->measured);
        out_text(o, ", ");
        out_print(o, "%u %s\n", s->steps, s->steps == 1 ? "step" : "steps");
    }
    out_char(o, '\n');
}

static void forecast(struct out *o, const struct rehearsal *r, int64_t p50_ms, int64_t p90_ms)
{
    if (r->rounds_ended == 0)
        return;
    out_text(o, "P50 ");
    took(o, p50_ms);
    dot(o);
    out_text(o, "P90 ");
    took(o, p90_ms);
    dot(o);
}

/* Who asks for a date wants the whole; who asks for a maintenance window, what landfall itself takes. */
static void eta(struct out *o, const struct rehearsal *r)
{
    word(o, "ETA");
    forecast(o, r, r->p50_ms, r->p90_ms);
    out_text(o, "undisturbed ");
    took(o, r->typical_ms);
    out_char(o, '\n');
    out_fill(o, ' ', WORD_COLUMNS);
    out_text(o, "landfall itself runs ");
    forecast(o, r, r->machine_p50_ms, r->machine_p90_ms);
    if (r->rounds_ended > 0)
        out_text(o, "undisturbed ");
    took(o, r->machine_ms);
    out_char(o, '\n');
}

/* Both go by the same durations, and count other things: who has the two dates side by side is told why they
 * differ. */
static void counted(struct out *o, const struct facts_rehearsal *f)
{
    const struct rehearsal *r = f->rehearsal;
    struct buf text;
    buf_init(&text, 0);
    buf_text(&text, "of the whole build, from nothing");
    if (r->rounds_ended > 0)
        buf_print(&text, ", by %u %s with what goes wrong below", r->rounds_ended,
                  r->rounds_ended == 1 ? "build" : "builds");
    buf_text(&text, ". What is left, without trouble and from today: landfall launch ");
    cell_add(&text, o, f->region->name);
    out_fill(o, ' ', WORD_COLUMNS);
    cell_paragraph(o, WORD_COLUMNS, WORD_COLUMNS, text.at);
    buf_done(&text);
}

static void money(struct out *o, const struct facts_rehearsal *f)
{
    const struct ledger_money *m = &f->rehearsal->typical->money;
    struct buf text;
    word(o, "Cost");
    if (!m->priced) {
        out_print(o, "not estimated: 0 of %u priced\n", m->priceable);
        return;
    }
    buf_init(&text, 0);
    buf_text(&text, "one-off ");
    brief_money(&text, o, m->once_low, m->once_high, f->region->currency);
    cell_sign(&text, o, " · ", " | ");
    buf_text(&text, "monthly ");
    brief_money(&text, o, m->month_low, m->month_high, f->region->currency);
    cell_sign(&text, o, " · ", " | ");
    buf_print(&text, "%u of %u priced", m->priced_count, m->priceable);
    if (m->guessed_count > 0) {
        cell_sign(&text, o, " · ", " | ");
        buf_text(&text, "guessed besides: monthly ");
        brief_money(&text, o, m->guess_month_low, m->guess_month_high, f->region->currency);
        buf_text(&text, ", one-off ");
        brief_money(&text, o, m->guess_once_low, m->guess_once_high, f->region->currency);
    }
    buf_char(&text, '\n');
    out_text(o, text.at);
    buf_done(&text);
}

/* ---- what was not real ------------------------------------------------------------------------------------
 */

static void list_steps(struct out *o, const struct rehearsal *r, const char *label, const char *why,
                       bool (*is_one)(const struct rehearsal_step *s))
{
    size_t all = 0;
    struct buf text;
    buf_init(&text, 0);
    buf_text(&text, why);
    for (size_t i = 0; i < r->told_count; i++) {
        const struct decl *d = r->steps[i].decl;
        if (!is_one(&r->steps[i]) || all++ >= LIST_MOST)
            continue;
        buf_print(&text, "%s%s", all > 1 ? ", " : "", r->steps[i].address);
        if (d && d->meta.owner)
            buf_print(&text, " (%s)", d->meta.owner);
    }
    add_rest(&text, all);
    if (all > 0)
        tell(o, label, &text);
    else
        buf_done(&text);
}

static bool is_person(const struct rehearsal_step *s)
{
    return s->decl && s->decl->kind == DECL_HUMAN && s->done_ms >= 0;
}

static bool is_todo(const struct rehearsal_step *s)
{
    return s->how->todo;
}

static bool is_blocked(const struct rehearsal_step *s)
{
    return s->how->blocked && s->done_ms < 0;
}

static void replies(struct out *o, const struct rehearsal *r)
{
    struct buf text;
    if (r->reply_count == 0)
        return;
    buf_init(&text, 0);
    for (size_t i = 0; i < r->reply_count && i < LIST_MOST; i++) {
        const struct ledger_reply *one = r->replies[i];
        buf_print(&text, "%s%u %s of %s to %s", i ? ", " : "", one->count,
                  one->count == 1 ? "reply" : "replies", one->call, one->address);
    }
    add_rest(&text, r->reply_count);
    buf_text(&text, ", each from the call's schema");
    tell(o, "Made up", &text);
}

static void existing(struct out *o, const struct rehearsal *r)
{
    struct buf text;
    if (r->assumed_count == 0)
        return;
    buf_init(&text, 0);
    buf_text(&text, "to exist: ");
    for (size_t i = 0; i < r->assumed_count && i < LIST_MOST; i++)
        buf_print(&text, "%s%s", i ? ", " : "", r->assumed[i]->address);
    add_rest(&text, r->assumed_count);
    tell(o, "Assumed", &text);
}

static void unopened(struct out *o, const struct facts_rehearsal *f)
{
    struct buf text;
    if (f->unopened_count == 0)
        return;
    buf_init(&text, 0);
    buf_text(&text,
             "what things cost there is not known, because without the region's secrets these could not "
             "be opened: ");
    for (size_t i = 0; i < f->unopened_count; i++)
        buf_print(&text, "%s%s", i ? ", " : "", f->unopened[i]);
    tell(o, "Unasked", &text);
}

static void not_real(struct out *o, const struct facts_rehearsal *f)
{
    const struct rehearsal *r = f->rehearsal;
    existing(o, r);
    list_steps(o, r, "People", "simulated as done in their days: ", is_person);
    replies(o, r);
    unopened(o, f);
    list_steps(o, r, "Left", "nobody has written these yet: ", is_todo);
    list_steps(o, r, "Not begun", "what these need is not done: ", is_blocked);
}

/* ---- deaths and faults
 * --------------------------------------------------------------------------------------- */

static void faults(struct out *o, const struct rehearsal *r)
{
    const struct rehearsal_ask *ask = r->ask;
    const char *between = ": ";
    struct buf text;
    buf_init(&text, 0);
    buf_print(&text, "%u %s with ", ask->rounds, ask->rounds == 1 ? "build" : "builds");
    add_share(&text, ask->faults_milli);
    buf_text(&text, " faults");
    if (ask->throttle_milli) {
        buf_text(&text, ", ");
        add_share(&text, ask->throttle_milli);
        buf_text(&text, " throttled");
    }
    if (ask->faults_milli || ask->throttle_milli)
        buf_print(&text, " (at most %d a unit, so that a build can end)", FATE_TRIES_BAD);
    buf_print(&text, ", %u %s each", ask->crashes, ask->crashes == 1 ? "crash" : "crashes");
    if (r->rounds_ended < ask->rounds)
        buf_print(&text, ", %u of which came to their end", r->rounds_ended);
    for (size_t i = 0; i < LEDGER_MISHAPS; i++) {
        if (r->mishaps[i] == 0)
            continue;
        buf_print(&text, "%s%llu %s", between, (unsigned long long)r->mishaps[i],
                  r->mishaps[i] == 1 ? mishaps[i].one : mishaps[i].many);
        between = ", ";
    }
    tell(o, "Faults", &text);
}

static void deaths(struct out *o, const struct rehearsal *r)
{
    out_char(o, '\n');
    out_painted(o, OUT_BOLD, "Every unit of work dies at every point");
    out_text(o, ", and a new process goes on\n");
    for (size_t i = 0; i < LEDGER_POINTS; i++) {
        if (r->points[i] > 0)
            out_print(o, "  %-36s %8llu died there", points[i], (unsigned long long)r->points[i]);
        if (r->points[i] > 0 && r->missed[i] > 0)
            out_print(o, ", %llu were not reached", (unsigned long long)r->missed[i]);
        if (r->points[i] > 0)
            out_char(o, '\n');
    }
    out_print(o, "  in %llu deaths and %llu new starts", (unsigned long long)r->deaths,
              (unsigned long long)r->resumes);
    if (r->persons > 0)
        out_print(o, "; %u times a person had to look, which was simulated", r->persons);
    out_text(o, "\n\n");
}

static void labeled(struct out *o, const char *label, const char *text)
{
    if (!text || !text[0])
        return;
    out_fill(o, ' ', INDENT);
    out_text(o, label);
    cell_paragraph(o, INDENT + strlen(label), INDENT + strlen(label), text);
}

static void found_where(struct out *o, const struct rehearsal_finding *f)
{
    const char *between = ", after a death with: ";
    for (size_t i = 0; i < LEDGER_POINTS; i++) {
        if (!(f->points >> i & 1u))
            continue;
        out_print(o, "%s%s", between, points[i]);
        between = "; ";
    }
    if (f->rounds > 0)
        out_print(o, "%s in %u of the builds, first in that of seed %llu", f->points ? "; and" : ",",
                  f->rounds, (unsigned long long)f->seed);
}

static void finding(struct out *o, const struct rehearsal_finding *f)
{
    static const char *const kinds[] = {
        [REHEARSAL_FAILED] = "does not go on", [REHEARSAL_LOST] = "lost",
        [REHEARSAL_DOUBLED] = "doubled",       [REHEARSAL_OTHER] = "became another",
        [REHEARSAL_ORPHANED] = "orphaned",     [REHEARSAL_UNREAL] = "remembered, not there",
        [REHEARSAL_NO_END] = "no end",
    };
    out_text(o, "  ");
    out_painted(o, OUT_RED, kinds[f->kind]);
    out_text(o, "  ");
    out_safe(o, f->address ? f->address : "the build");
    found_where(o, f);
    out_char(o, '\n');
    labeled(o, "", f->text);
    labeled(o, "at ", f->where);
    labeled(o, "to do: ", f->advice);
}

/* What an action fails on may be an answer that nobody could guess. */
static void say_made_up(struct out *o, const struct rehearsal *r, const char *address)
{
    for (size_t i = 0; i < r->reply_count; i++) {
        if (strcmp(r->replies[i]->address, address) != 0)
            continue;
        out_fill(o, ' ', INDENT);
        out_text(o, "its replies of ");
        out_safe(o, r->replies[i]->call);
        out_text(o, " were made up: what depends on more than their form cannot be rehearsed\n");
    }
}

static void failures(struct out *o, const struct rehearsal *r)
{
    for (size_t i = 0; i < r->told_count; i++) {
        const struct ledger_step *s = r->steps[i].how;
        if (!s->failed && !s->held)
            continue;
        out_text(o, "  ");
        out_painted(o, OUT_RED, "failed");
        out_text(o, "  ");
        out_safe(o, s->address);
        out_char(o, '\n');
        labeled(o, "", s->text);
        labeled(o, "at ", s->where);
        labeled(o, "to do: ", s->advice);
        say_made_up(o, r, s->address);
    }
}

static void verdict(struct out *o, const struct rehearsal *r)
{
    if (!r->complete) {
        out_painted(o, OUT_RED, "It fails with nothing going wrong.");
        out_text(o, " Where it may stop for another reason was not tried.\n");
        return;
    }
    if (r->finding_count == 0) {
        out_painted(o, OUT_GREEN, "It can be built, and resumed at every step.");
        out_text(o, " Nothing was doubled, orphaned or lost.\n");
        return;
    }
    out_painted(o, OUT_RED, "It cannot be resumed everywhere.");
    out_text(o, " What stands above has to be mended first.\n");
}

void as_text_rehearsal(struct out *o, const struct facts_rehearsal *f, enum as_text_detail detail)
{
    const struct rehearsal *r = f->rehearsal;
    if (detail != AS_TEXT_BRIEF) {
        head(o, f);
        stages(o, r);
        if (detail == AS_TEXT_FULL)
            spans(o, f);
    }
    eta(o, r);
    if (detail != AS_TEXT_BRIEF)
        counted(o, f);
    money(o, f);
    if (detail != AS_TEXT_BRIEF) {
        assumed(o, f, detail == AS_TEXT_FULL);
        hardly_measured(o, f, detail == AS_TEXT_FULL);
        not_real(o, f);
    }
    if (detail != AS_TEXT_BRIEF && r->complete) {
        faults(o, r);
        deaths(o, r);
    }
    if (!r->complete)
        failures(o, r);
    for (size_t i = 0; i < r->finding_count; i++)
        finding(o, &r->findings[i]);
    if (r->findings_left_out > 0)
        out_print(o, "  and %zu more\n", r->findings_left_out);
    verdict(o, r);
}
