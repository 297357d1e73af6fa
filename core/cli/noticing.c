#include "cli/noticing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/secrets.h"
#include "cli/session.h"
#include "model/decl.h"
#include "model/value.h"
#include "plan/plan.h"
#include "region/approvals.h"
#include "region/project.h"
#include "region/region.h"
#include "report/as_notice.h"
#include "run/courier.h"
#include "store/store.h"

/* Lines of what could not start, before the rest is only counted. */
#define LISTED_MOST 40

/* What could not start, for one sink: told once, as the run ends. */
struct blocked {
    struct buf lines;
    uint64_t count;
};

struct noticing {
    struct session *s;
    const struct notices *rules;
    const struct plan *plan; /* or NULL */
    struct courier *courier; /* NULL: only queued */
    struct arena *mem;
    struct blocked *blocked;                             /* one for each sink */
    uint64_t minted;                                     /* keys of this process */
    uint64_t failed, held, conflict, waits, not_started; /* steps of this run */
    bool stopped;
};

/* ---- what the courier asks for ------------------------------------------------------------------ */

static bool make_message(void *user, struct arena *mem, const struct notices_sink *sink,
                         const char *const *bodies, size_t count, struct courier_message *out,
                         struct err *err)
{
    struct as_notice_message made;
    (void)user;
    if (!as_notice_message(mem, sink, bodies, count, session_wall_ms(), &made, err))
        return false;
    *out = (struct courier_message){made.content_type, made.text, made.count};
    return true;
}

/* The filter is armed before anybody can be told of an error that quotes it. */
static bool reveal(void *user, const struct value *v, const char **text, struct err *err)
{
    struct noticing *n = user;
    struct host_secrets host = secrets_for_host(n->s->secrets);
    size_t count;
    if (value_kind(v) == VALUE_TEXT) {
        *text = v->text;
        return true;
    }
    if (!host.reveal(host.user, v->secret, text, &count, err))
        return false;
    host.shown(host.user, *text, count);
    return true;
}

static const char *mask(void *user, struct arena *mem, const char *text)
{
    struct noticing *n = user;
    struct buf masked;
    buf_init(&masked, 0);
    out_filter_mask(n->s->filter, &masked, text, strlen(text));
    const char *kept = buf_keep(&masked, mem);
    buf_done(&masked);
    return kept;
}

/* ---- the life ----------------------------------------------------------------------------------- */

struct noticing *noticing_new(struct session *s)
{
    const struct notices *rules = &s->project->notices;
    if (rules->rule_count == 0)
        return NULL;
    struct noticing *n = calloc(1, sizeof(*n));
    if (!n)
        abort();
    *n = (struct noticing){.s = s, .rules = rules, .mem = arena_new()};
    n->blocked = ARENA_ARRAY(n->mem, struct blocked, rules->sink_count);
    for (size_t i = 0; i < rules->sink_count; i++)
        buf_init(&n->blocked[i].lines, 0);
    return n;
}

void noticing_know(struct noticing *n, const struct plan *plan)
{
    if (n)
        n->plan = plan;
}

void noticing_free(struct noticing *n)
{
    if (!n)
        return;
    for (size_t i = 0; i < n->rules->sink_count; i++)
        buf_done(&n->blocked[i].lines);
    courier_free(n->courier);
    arena_free(n->mem);
    free(n);
}

void noticing_send(struct noticing *n, bool hurry)
{
    struct err err;
    if (!n || n->courier)
        return;
    struct courier_ask ask = {.loop = n->s->loop,
                              .http = n->s->http,
                              .writer = n->s->writer,
                              .store_path = n->s->store_path,
                              .ca_file = n->s->project->http.ca_file,
                              .notices = n->rules,
                              .most = as_notice_most,
                              .make = make_message,
                              .reveal = reveal,
                              .mask = mask,
                              .user = n,
                              .hurry = hurry};
    n->courier = courier_new(&ask);
    if (courier_load(n->courier, &err))
        return;
    out_text(&n->s->err, "Notices of earlier runs cannot be read: ");
    out_safe(&n->s->err, err.summary);
    out_char(&n->s->err, '\n');
}

/* ---- putting ------------------------------------------------------------------------------------ */

static const char *key_of(struct noticing *n, struct arena *mem, const char *once, const char *sink)
{
    uint8_t hash[DIGEST_BYTES];
    char hex[DIGEST_HEX];
    struct digest_stream *s = digest_stream_new(mem);
    digest_stream_text(s, store_writer_lineage(n->s->writer));
    digest_stream_text(s, sink);
    if (once)
        digest_stream_text(s, once);
    else
        /* The fence is this process's alone, for all time. */
        digest_stream_text(
            s, arena_print(mem, "%" PRId64 " %" PRIu64, store_writer_fence(n->s->writer), n->minted++));
    digest_stream_end(s, hash);
    digest_hex(hash, 16, hex);
    return arena_print(mem, "%s%s", once ? "once-" : "event-", hex);
}

static void put_to(struct noticing *n, size_t sink, const char *once, struct as_notice_facts facts)
{
    const char *name = n->rules->sinks[sink].name;
    struct arena *mem = arena_new();
    facts.key = key_of(n, mem, once, name);
    facts.region = n->s->region->name;
    if (!facts.at_ms)
        facts.at_ms = session_wall_ms();
    const char *body = as_notice_body(mem, n->s->filter, &facts);
    if (n->courier)
        courier_put(n->courier, facts.key, name, body);
    else
        store_put_notice(
            n->s->writer,
            &(struct store_notice){
                .key = facts.key, .sink = name, .body = body, .due_ms = facts.at_ms, .state = "due"});
    arena_free(mem);
}

static void put_to_all(struct noticing *n, uint64_t sinks, const char *once,
                       const struct as_notice_facts *facts)
{
    for (size_t i = 0; i < n->rules->sink_count; i++)
        if (sinks >> i & 1)
            put_to(n, i, once, *facts);
}

void noticing_put(struct noticing *n, enum notices_kind kind, const char *once,
                  const struct as_notice_facts *facts)
{
    if (!n || n->stopped)
        return;
    struct notices_subject subject = {.kind = kind};
    struct as_notice_facts whole = *facts;
    whole.kind = notices_kind_name(kind);
    put_to_all(n, notices_wanted(n->rules, &subject), once, &whole);
}

bool noticing_is_news(struct noticing *n, enum notices_kind kind, const char *once)
{
    struct notices_subject subject = {.kind = kind};
    uint64_t sinks = n ? notices_wanted(n->rules, &subject) : 0;
    bool news = false;
    struct arena *mem = arena_new();
    for (size_t i = 0; n && i < n->rules->sink_count; i++)
        news = news || ((sinks >> i & 1) &&
                        !courier_knows(n->courier, key_of(n, mem, once, n->rules->sinks[i].name)));
    arena_free(mem);
    return news;
}

/* ---- events ------------------------------------------------------------------------------------- */

static const struct plan_step *step_of(const struct noticing *n, const char *address)
{
    uint32_t i = n->plan && address ? plan_find(n->plan, address) : UINT32_MAX;
    return i == UINT32_MAX ? NULL : &n->plan->steps[i];
}

static uint32_t classes_of(const struct plan_step *step)
{
    uint32_t bits = (step->shared ? APPROVALS_BIT(APPROVALS_SHARED) : 0) |
                    (plan_loses_data(step) ? APPROVALS_BIT(APPROVALS_IRREVERSIBLE) : 0);
    return bits ? bits : APPROVALS_BIT(APPROVALS_LOCAL);
}

/* The strongest one. */
static const char *class_name(const struct plan_step *step)
{
    return approvals_class_name(plan_loses_data(step) ? APPROVALS_IRREVERSIBLE
                                : step->shared        ? APPROVALS_SHARED
                                                      : APPROVALS_LOCAL);
}

static uint64_t wanted(const struct noticing *n, enum notices_kind kind, const struct plan_step *step)
{
    const struct decl *decl = step ? step->decl : NULL;
    struct notices_subject subject = {.kind = kind,
                                      .is_step = true,
                                      .is_undeclared = !decl,
                                      .owner = decl ? decl->meta.owner : NULL,
                                      .stage = decl ? decl->stage : NULL,
                                      .classes = step ? classes_of(step) : 0};
    return notices_wanted(n->rules, &subject);
}

static void put_of_step(struct noticing *n, const struct plan_step *step, uint64_t sinks, const char *once,
                        struct as_notice_facts *facts)
{
    if (step) {
        facts->stage = step->decl ? step->decl->stage : NULL;
        facts->owner = step->decl ? step->decl->meta.owner : NULL;
        facts->class_name = class_name(step);
    }
    put_to_all(n, sinks, once, facts);
}

void noticing_put_step(struct noticing *n, enum notices_kind kind, const char *once, const char *address,
                       const struct as_notice_facts *facts)
{
    const struct plan_step *step = n ? step_of(n, address) : NULL;
    struct as_notice_facts whole = *facts;
    if (!n || n->stopped)
        return;
    whole.kind = notices_kind_name(kind);
    whole.address = address;
    put_of_step(n, step, wanted(n, kind, step), once, &whole);
}

static const struct {
    enum notices_kind kind;
    const char *title; /* behind the address */
} of_events[EVENT_KIND_COUNT] = {
    [EVENT_STEP_FAILED] = {NOTICES_FAILED, "failed"},
    [EVENT_STEP_CONFLICT] = {NOTICES_CONFLICT, "is in conflict: something foreign is there"},
    [EVENT_STEP_HELD] = {NOTICES_HELD, "is held: a person must say what became of it"},
    [EVENT_STEP_WAITS] = {NOTICES_WAITS, "waits for a person"},
    [EVENT_STEP_DONE] = {NOTICES_DONE, "is done"},
    [EVENT_STEP_CEILING] = {NOTICES_APPROVAL, "is not started: it would cost more than was approved"},
    [EVENT_RESOLVED] = {NOTICES_DONE, "is done"}, /* by a person; and see `verdicts` */
};

/* What a person said of a step, besides that it is done.  Whoever was told of the trouble hears its end. */
static const struct {
    const char *verb, *title;
    enum notices_kind ends;
} verdicts[] = {
    {"adopt", "was taken over", NOTICES_CONFLICT},
    {"keep", "was settled by a person: it happened", NOTICES_HELD},
    {"retry", "was settled by a person: it did not happen", NOTICES_HELD},
    {"forget", "was let go of by a person", NOTICES_HELD},
};

/* "dns.zone.apex was created" */
static const char *done_title(struct arena *mem, const struct event *e, bool shared)
{
    static const struct {
        const char *verb, *words;
    } words[] = {{"create", "was created"},    {"update", "was changed"},  {"replace", "was replaced"},
                 {"destroy", "was destroyed"}, {"run", "has run"},         {"check", "holds"},
                 {"forget", "is forgotten"},   {"adopt", "was taken over"}};
    const char *what = "is done";
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_equal(e->verb, words[i].verb))
            what = words[i].words;
    return arena_print(mem, "%s%s %s", shared ? "shared change: " : "", e->address, what);
}

static void put_verdict(struct noticing *n, const struct event *e, const struct plan_step *step,
                        size_t verdict)
{
    struct arena *mem = arena_new();
    uint64_t sinks = wanted(n, NOTICES_RESOLVED, step) | wanted(n, verdicts[verdict].ends, step);
    struct as_notice_facts facts = {
        .kind = notices_kind_name(NOTICES_RESOLVED),
        .run_id = e->run_id,
        .at_ms = e->wall_ms,
        .title = arena_print(mem, "%s %s", e->address, verdicts[verdict].title),
        .text = e->text,
        .address = e->address,
        .verb = e->verb,
    };
    put_of_step(n, step, sinks, NULL, &facts);
    arena_free(mem);
}

static void put_event(struct noticing *n, const struct event *e, const struct plan_step *step)
{
    for (size_t i = 0; e->kind == EVENT_RESOLVED && i < COUNT_OF(verdicts); i++) {
        if (str_equal(e->verb, verdicts[i].verb)) {
            put_verdict(n, e, step, i);
            return;
        }
    }
    struct arena *mem = arena_new();
    enum notices_kind kind = of_events[e->kind].kind;
    uint64_t sinks = wanted(n, kind, step);
    const char *once = NULL;
    struct as_notice_facts facts = {
        .run_id = e->run_id,
        .at_ms = e->wall_ms,
        .title = arena_print(mem, "%s %s", e->address, of_events[e->kind].title),
        .text = e->text,
        .code = e->code,
        .advice = e->advice,
        .address = e->address,
        .verb = e->verb,
        .where = e->where,
    };
    if (kind == NOTICES_DONE) {
        bool shared = step && step->shared;
        sinks |= shared ? wanted(n, NOTICES_SHARED_DONE, step) : 0;
        /* Who was told that it waits hears that it waits no more. */
        sinks |= e->kind == EVENT_RESOLVED ? wanted(n, NOTICES_WAITS, step) : 0;
        kind = shared ? NOTICES_SHARED_DONE : NOTICES_DONE;
        facts.title = done_title(mem, e, shared);
    }
    /* The same question is not put again with every run: it stays open on the board. */
    if (kind == NOTICES_WAITS) {
        once = arena_print(mem, "waits %s %s", e->address, step && step->inputs ? step->inputs : e->text);
        facts.advice =
            arena_print(mem, "landfall done %s %s --by WHO --evidence PROOF", n->s->region->name, e->address);
    }
    facts.kind = notices_kind_name(kind);
    put_of_step(n, step, sinks, once, &facts);
    arena_free(mem);
}

/* Thousands may wait behind one that failed: a notice for each would bury it. */
static void note_blocked(struct noticing *n, const struct event *e, const struct plan_step *step)
{
    uint64_t sinks = wanted(n, NOTICES_BLOCKED, step);
    for (size_t i = 0; i < n->rules->sink_count; i++) {
        struct blocked *b = &n->blocked[i];
        if (sinks >> i & 1 && ++b->count <= LISTED_MOST)
            buf_print(&b->lines, "%s %s\n", e->address, e->text);
    }
}

static void put_blocked(struct noticing *n, const struct event *e)
{
    for (size_t i = 0; i < n->rules->sink_count; i++) {
        struct blocked *b = &n->blocked[i];
        if (b->count == 0)
            continue;
        if (b->count > LISTED_MOST)
            buf_print(&b->lines, "and %" PRIu64 " more\n", b->count - LISTED_MOST);
        struct arena *mem = arena_new();
        struct as_notice_facts facts = {
            .kind = notices_kind_name(NOTICES_BLOCKED),
            .run_id = e->run_id,
            .at_ms = e->wall_ms,
            .title =
                arena_print(mem, "%" PRIu64 " step%s could not start", b->count, b->count == 1 ? "" : "s"),
            .text = b->lines.at,
            .advice = arena_print(mem, "landfall status %s", n->s->region->name),
        };
        put_to(n, i, NULL, facts);
        arena_free(mem);
        b->count = 0;
        buf_clear(&b->lines);
    }
}

static void put_end(struct noticing *n, const struct event *e)
{
    const struct {
        uint64_t count;
        const char *what;
    } ends[] = {{n->failed, "failed"},
                {n->held, "held"},
                {n->conflict, "in conflict"},
                {n->not_started, "could not start"},
                {n->waits, "waiting for people"}};
    struct arena *mem = arena_new();
    struct buf text;
    buf_init(&text, 0);
    buf_print(&text, "%" PRIu64 " of %" PRIu64 " steps done", e->done, e->total);
    for (size_t i = 0; i < COUNT_OF(ends); i++)
        if (ends[i].count > 0)
            buf_print(&text, ", %" PRIu64 " %s", ends[i].count, ends[i].what);
    bool whole = str_equal(e->code, "done");
    struct as_notice_facts facts = {
        .run_id = e->run_id,
        .at_ms = e->wall_ms,
        .verb = e->verb,
        .title = arena_print(mem, "%s %s", e->verb,
                             whole                           ? "is done"
                             : str_equal(e->code, "stopped") ? "was stopped"
                                                             : "ended with steps still open"),
        .text = text.at,
        .advice = whole ? NULL : arena_print(mem, "landfall status %s", n->s->region->name),
    };
    noticing_put(n, NOTICES_RUN_ENDED, NULL, &facts);
    buf_done(&text);
    arena_free(mem);
}

void noticing_keep(void *noticing, const struct event *e)
{
    struct noticing *n = noticing;
    if (!n || n->stopped)
        return;
    const struct plan_step *step = step_of(n, e->address);
    /* What nobody has written yet asks nothing of anybody: it is on the board. */
    bool is_todo = e->kind == EVENT_STEP_WAITS && step && step->decl && step->decl->kind == DECL_TODO;
    n->failed += e->kind == EVENT_STEP_FAILED;
    n->held += e->kind == EVENT_STEP_HELD;
    n->conflict += e->kind == EVENT_STEP_CONFLICT;
    n->not_started += e->kind == EVENT_STEP_BLOCKED || e->kind == EVENT_STEP_CEILING;
    n->waits += e->kind == EVENT_STEP_WAITS && !is_todo;
    if (e->kind == EVENT_STEP_BLOCKED)
        note_blocked(n, e, step);
    else if (e->kind == EVENT_RUN_ENDED) {
        put_blocked(n, e);
        put_end(n, e);
    } else if (of_events[e->kind].title && e->address && !is_todo)
        put_event(n, e, step);
}

/* ---- the end ------------------------------------------------------------------------------------- */

const struct courier_tally *noticing_tallies(const struct noticing *n, size_t *count)
{
    *count = 0;
    return n && n->courier ? courier_tallies(n->courier, n->mem, count) : NULL;
}

static void tell_left(struct noticing *n)
{
    struct out *o = &n->s->err;
    size_t count;
    const struct courier_tally *at = noticing_tallies(n, &count);
    uint64_t due = 0;
    for (size_t i = 0; i < count; i++) {
        due += at[i].due;
        if (at[i].due + at[i].given_up == 0)
            continue;
        out_print(o, "Notices for '%s': %" PRIu64 " not sent yet", at[i].sink, at[i].due);
        if (at[i].given_up > 0)
            out_print(o, ", %" PRIu64 " given up", at[i].given_up);
        if (at[i].why) {
            out_text(o, ": ");
            out_safe(o, at[i].why);
        }
        out_char(o, '\n');
    }
    if (due > 0)
        out_print(o, "They go out with the next run, or now: landfall notices %s --send\n",
                  n->s->region->name);
}

void noticing_linger(struct noticing *n, uint64_t most_ms)
{
    if (!n || !n->courier || n->stopped)
        return;
    /* What was done is said before anybody waits for a sink. */
    out_flush(&n->s->out);
    out_flush(&n->s->err);
    courier_linger(n->courier, most_ms);
}

void noticing_finish(struct noticing *n, uint64_t most_ms)
{
    if (!n || n->stopped)
        return;
    noticing_linger(n, most_ms);
    noticing_stop(n);
    tell_left(n);
}

void noticing_stop(struct noticing *n)
{
    if (!n || n->stopped)
        return;
    n->stopped = true;
    if (n->courier)
        courier_stop(n->courier);
}
