#include "cli/rehearsing.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/map.h"
#include "cli/launching.h"
#include "cli/session.h"
#include "cli/slips.h"
#include "io/loop.h"
#include "io/pool.h"
#include "launch/history.h"
#include "launch/spread.h"
#include "model/decl.h"
#include "model/value.h"
#include "playbook/playbook.h"
#include "plugin/host.h"
#include "plugin/registry.h"
#include "region/duration.h"
#include "region/project.h"
#include "region/region.h"
#include "report/facts.h"
#include "run/rehearsal.h"
#include "run/simulate.h"

/* What is taken where nobody said anything and nothing was measured. */
#define CHANGE_MS 5000
#define CALL_MS   200
#define CHECK_MS  1000
#define DAY_MS    ((int64_t)24 * 3600 * 1000)
#define GUESS_MAX 3650 /* days: a guess of more is a slip of the keyboard */

struct rehearsing {
    struct session *s;
    struct life_world world;
    const char *folder;
    struct durations durations;
    struct history *history;
    sigset_t before;
    bool blocked;
};

/* ---- how long --------------------------------------------------------------------------------------------
 */

static struct facts_span said(const char *what, const struct duration *d, const char *source, bool known)
{
    return (struct facts_span){
        .what = what, .source = source, .p50_ms = d->p50_ms, .p90_ms = d->p90_ms, .known = known};
}

static struct facts_span said_by_history(const char *what, const struct duration *d, uint32_t times)
{
    struct facts_span f = said(what, d, "measured", true);
    f.measured = times;
    return f;
}

/* How often. */
static uint32_t measured(const struct rehearsing *r, const struct history_key *key, struct duration *out)
{
    struct arena *tmp = arena_new();
    struct history_found found = history_find(r->history, tmp, key, r->s->region->place);
    *out = (struct duration){.what = key->what,
                             .p50_ms = spread_percentile(found.spread, 50),
                             .p90_ms = spread_percentile(found.spread, 90)};
    arena_free(tmp);
    return found.count;
}

/* By what was said for this region, then by what was measured, then by what is usual. */
static struct facts_span span_of(const struct rehearsing *r, const char *address, const char *what,
                                 const struct history_key *key, int64_t otherwise_ms)
{
    const struct duration *d = duration_find(&r->durations, address, what);
    struct duration assumed = duration_guess(what, otherwise_ms), seen;
    if (d)
        return said(d->what, d, "region file", true);
    uint32_t times = measured(r, key, &seen);
    if (times > 0)
        return said_by_history(key->what, &seen, times);
    return said(what, &assumed, "assumed", false);
}

static bool is_call(const struct rehearsing *r, const char *what)
{
    size_t count;
    const struct driver *const *at = registry_drivers(r->s->registry, &count);
    const char *dot = strchr(what, '.');
    for (size_t i = 0; dot && i < count; i++) {
        size_t length = strlen(at[i]->subsystem);
        if ((size_t)(dot - what) == length && strncmp(at[i]->subsystem, what, length) == 0)
            return driver_call(at[i], dot + 1) != NULL;
    }
    return false;
}

static struct facts_span span_of_request(const struct rehearsing *r, const char *address, const char *what,
                                         const char *driver)
{
    bool checks = strcmp(what, "check") == 0;
    int64_t otherwise = checks ? CHECK_MS : is_call(r, what) ? CALL_MS : CHANGE_MS;
    struct history_key key = {
        .what = checks ? address : what, .driver = driver, .verb = checks ? "check" : "create"};
    return span_of(r, address, what, &key, otherwise);
}

static void span(void *user, const char *address, const char *what, const char *driver,
                 struct simulate_span *out)
{
    struct facts_span f = span_of_request(user, address, what, driver);
    *out = (struct simulate_span){.p50_ms = f.p50_ms, .p90_ms = f.p90_ms};
}

/* guess = { days = 10 }, or 0.5. */
static bool guessed(const struct decl *d, int64_t *ms)
{
    const struct value *days = value_get(d->meta.guess, "days");
    double n = value_kind(days) == VALUE_INT    ? (double)days->number
               : value_kind(days) == VALUE_REAL ? days->real
                                                : -1;
    if (!(n >= 0 && n <= GUESS_MAX))
        return false;
    *ms = (int64_t)(n * (double)DAY_MS);
    return true;
}

/* A person's days stand in the playbook, beside the step; few times measured say less, as for launch. */
static struct facts_span span_of_person(const struct rehearsing *r, const struct decl *d)
{
    const struct duration *own = duration_find(&r->durations, d->address, d->address);
    int64_t guess_ms = DAY_MS;
    bool is_guess = guessed(d, &guess_ms);
    struct duration guess = duration_guess(d->address, guess_ms), seen;
    struct history_key key = {.what = d->address, .driver = "", .verb = "done"};
    if (own)
        return said(d->address, own, "region file", true);
    uint32_t times = measured(r, &key, &seen);
    if (times >= HISTORY_ENOUGH || (times > 0 && !is_guess))
        return said_by_history(d->address, &seen, times);
    return said(d->address, &guess, is_guess ? "guess of the playbook" : "assumed", is_guess);
}

static struct simulate_span human(void *user, const struct decl *d)
{
    struct facts_span f = span_of_person(user, d);
    return (struct simulate_span){.p50_ms = f.p50_ms, .p90_ms = f.p90_ms};
}

static int by_what(const void *a, const void *b)
{
    return strcmp(((const struct facts_span *)a)->what, ((const struct facts_span *)b)->what);
}

static const char *driver_name(const struct rehearsing *r, const struct decl *d)
{
    const struct driver *driver = registry_find(r->s->registry, d->subsystem, d->instance);
    return driver ? driver->name : "";
}

/* A check that calls a driver takes a check's time; what an action calls is known when it has run. */
static bool takes_time(const struct rehearsing *r, const struct decl *d, struct facts_span *out)
{
    struct arena *mem = r->s->mem;
    if (d->kind == DECL_HUMAN)
        *out = span_of_person(r, d);
    else if (d->kind == DECL_CHECK)
        *out = span_of_request(r, d->address, "check", "");
    else if (d->kind == DECL_RESOURCE)
        *out = span_of_request(r, d->address, arena_print(mem, "%s.%s", d->subsystem, d->type),
                               driver_name(r, d));
    else
        return false;
    return true;
}

struct spans {
    struct facts_span *at;
    size_t count;
    struct map *by_what;
};

static void add_span(struct spans *list, const struct facts_span *one)
{
    struct facts_span *known = map_find(list->by_what, one->what);
    if (!known) {
        known = &list->at[list->count++];
        *known = *one;
        known->steps = 0;
        map_put(list->by_what, known->what, known);
    }
    known->steps += one->steps;
}

/* What actions called is known since they ran: "dns/parent.notify" is a dns.notify. */
static struct facts_span span_of_reply(struct rehearsing *r, const struct ledger_reply *reply)
{
    const char *slash = strchr(reply->call, '/'), *dot = strchr(reply->call, '.');
    const char *what = slash && dot
                           ? arena_print(r->s->mem, "%.*s%s", (int)(slash - reply->call), reply->call, dot)
                           : reply->call;
    struct facts_span f = span_of_request(r, reply->address, what, "");
    f.steps = 1;
    return f;
}

const struct facts_span *rehearsing_spans(struct rehearsing *r, const struct rehearsal *rehearsal,
                                          size_t *count)
{
    const struct decls *decls = playbook_decls(r->s->playbook);
    struct facts_span one;
    struct spans list = {.by_what = map_new()};
    list.at = ARENA_ARRAY(r->s->mem, struct facts_span, decls->count + rehearsal->reply_count + 1);
    for (size_t i = 0; i < decls->count; i++) {
        if (!takes_time(r, &decls->at[i], &one))
            continue;
        one.steps = 1;
        add_span(&list, &one);
    }
    for (size_t i = 0; i < rehearsal->reply_count; i++) {
        one = span_of_reply(r, rehearsal->replies[i]);
        add_span(&list, &one);
    }
    map_free(list.by_what);
    qsort(list.at, list.count, sizeof(*list.at), by_what);
    *count = list.count;
    return list.at;
}

/* ---- secrets: none
 * ------------------------------------------------------------------------------------------ */

static bool reveal(void *user, const struct secret *secret, const char **bytes, size_t *count,
                   struct err *err)
{
    (void)user;
    (void)secret;
    (void)err;
    *bytes = "a secret of the rehearsal";
    *count = strlen(*bytes);
    return true;
}

static const char *digest(void *user, struct arena *mem, const char *bytes, size_t count)
{
    char hex[DIGEST_HEX];
    (void)user;
    digest_text(bytes, count, hex);
    return arena_text(mem, hex);
}

static const char *seal(void *user, struct arena *mem, const char *bytes, size_t count)
{
    (void)user;
    return digest_base64(mem, bytes, count);
}

static bool can_seal(void *user, struct err *err)
{
    (void)user;
    (void)err;
    return true;
}

/* ---- opening
 * --------------------------------------------------------------------------------------------------- */

/* Memory before disk: nothing in it outlives the command, and a sync costs nothing there. */
static bool make_folder(struct rehearsing *r, struct err *err)
{
    const char *tmp = getenv("TMPDIR");
    if (!tmp || !tmp[0])
        tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    char *path = arena_print(r->s->mem, "%s/landfall-rehearsal-XXXXXX", tmp);
    if (!mkdtemp(path))
        return err_sys(err, "rehearse.folder", errno, "cannot make a folder in '%s'", tmp) ||
               err_advise(err, "name one that is writable: TMPDIR=...");
    r->folder = path;
    return true;
}

static struct life_pool *limits_of(struct session *s)
{
    const struct project *p = s->project;
    struct life_pool *at = ARENA_ARRAY(s->mem, struct life_pool, p->pool_count + 1);
    for (size_t i = 0; i < p->pool_count; i++) {
        at[i].name = p->pools[i].name;
        at[i].limits = (struct pool_limits){.width = p->pools[i].width,
                                            .rate_milli = p->pools[i].rate_milli,
                                            .burst = p->pools[i].burst,
                                            .lands_ms = p->pools[i].lands_ms};
    }
    return at;
}

static void open_host(struct session *s)
{
    s->loop = loop_new_virtual();
    s->pools = pools_new(s->loop, s->project->parallel);
    s->host = host_new((struct host_parts){
        .loop = s->loop,
        .pools = s->pools,
        .secrets = {.reveal = reveal, .digest = digest, .seal = seal, .can_seal = can_seal}});
}

/* The most patient of what was asked for, as a run has it. */
static int64_t change_timeout(const struct project *p)
{
    int64_t most =
        p->timeouts.create_ms > p->timeouts.update_ms ? p->timeouts.create_ms : p->timeouts.update_ms;
    return most > p->timeouts.destroy_ms ? most : p->timeouts.destroy_ms;
}

static void fill_world(struct rehearsing *r)
{
    struct session *s = r->s;
    struct life_world *w = &r->world;
    w->loop = s->loop;
    w->pools = s->pools;
    w->host = s->host;
    w->registry = s->registry;
    w->playbook = s->playbook;
    w->region = s->region;
    w->prices = s->prices;
    w->limits = limits_of(s);
    w->limit_count = s->project->pool_count;
    w->playbook_path = s->project->playbook;
    w->lineage = "0000000000000000000000000000beef";
    w->parallel = s->project->parallel;
    w->timeout_read_ms = s->project->timeouts.read_ms;
    w->timeout_change_ms = change_timeout(s->project);
    w->human = human;
    w->user = r;
}

/* From here on Ctrl-C waits until the folder is gone; rehearsing_is_stopped sees it. */
static void block_signals(struct rehearsing *r)
{
    sigset_t ours;
    struct sigaction hangup;
    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGTERM);
    /* One that is ignored, as under nohup(1), would be kept waiting as well, and taken for a Ctrl-C. */
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
        sigaddset(&ours, SIGHUP);
    r->blocked = sigprocmask(SIG_BLOCK, &ours, &r->before) == 0;
}

bool rehearsing_is_stopped(void *unused)
{
    sigset_t pending;
    (void)unused;
    return sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM) || sigismember(&pending, SIGHUP));
}

/* A forecast that does without a time somebody wrote down would look as if it had it. */
static bool check_durations(struct session *s, struct err *err)
{
    struct diags slips;
    diag_init(&slips, s->mem);
    slips_of_durations(s, DIAG_ERROR, &slips);
    for (size_t i = 0; i < slips.count; i++)
        diag_add(&s->diags, &slips.at[i]);
    return diag_ok(&slips, err);
}

bool rehearsing_open(struct session *s, struct rehearsing **out, struct err *err)
{
    struct rehearsing *r = ARENA_NEW(s->mem, struct rehearsing);
    r->s = s;
    r->durations = duration_list(s->mem, s->region->rehearse);
    if (!launching_history(s, NULL, &r->history, err))
        return false;
    open_host(s);
    r->world.simulate = simulate_new(s->host, s->region->place, span, r);
    block_signals(r);
    if (!session_add_drivers(s, simulate_stand_in(r->world.simulate), err) ||
        !session_open_playbook(s, err) || !check_durations(s, err) || !session_open_prices(s, err) ||
        !make_folder(r, err)) {
        rehearsing_close(r);
        return false;
    }
    playbook_rest(s->playbook); /* processes are forked from here */
    fill_world(r);
    *out = r;
    return true;
}

void rehearsing_close(struct rehearsing *r)
{
    if (!r)
        return;
    if (r->folder)
        (void)file_remove_all(r->folder);
    simulate_free(r->world.simulate);
    history_free(r->history);
    /* A Ctrl-C that was answered by an orderly end is not one for what comes after. */
    if (r->blocked && !rehearsing_is_stopped(NULL))
        (void)sigprocmask(SIG_SETMASK, &r->before, NULL);
}

const struct life_world *rehearsing_world(const struct rehearsing *r)
{
    return &r->world;
}

const char *rehearsing_folder(const struct rehearsing *r)
{
    return r->folder;
}

const char *const *rehearsing_unopened(const struct rehearsing *r, size_t *count)
{
    return simulate_unopened(r->world.simulate, count);
}

/* Each once, in order: one plugin may serve several instances. */
const char *const *rehearsing_drivers(const struct rehearsing *r, size_t *count)
{
    size_t all;
    const struct driver *const *at = registry_drivers(r->s->registry, &all);
    const char **names = ARENA_ARRAY(r->s->mem, const char *, all + 1);
    struct map *seen = map_new();
    *count = 0;
    for (size_t i = 0; i < all; i++) {
        const char *name = arena_print(r->s->mem, "%s-%s", at[i]->subsystem, at[i]->name);
        if (!map_put(seen, name, r->s->mem))
            names[(*count)++] = name;
    }
    map_free(seen);
    return names;
}
