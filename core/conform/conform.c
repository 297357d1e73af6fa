#include "conform/conform.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "conform/cases.h"
#include "conform/fault.h"
#include "conform/fill.h"
#include "conform/proxy.h"
#include "conform/rig.h"
#include "conform/sheet.h"
#include "conform/trial.h"
#include "conform/victim.h"
#include "io/loop.h"
#include "model/diag.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plugin/registry.h"
#include "region/keys.h"

#define FLAWS_SHOWN 5 /* of one kind; a driver that breaks its contract does so everywhere */
#define NONCE       5 /* with four digits behind it an invoice prefix still has room for it */
#define NONCE_BYTES 3

/* Why a whole table has nothing to try here, or NULL. */
static const char *without_http(const struct trial_run *run)
{
    return rig_requests(run->rig) ? NULL : "the driver sends nothing by HTTP through the host";
}

static const char *without_proxy(const struct trial_run *run)
{
    return run->proxy ? NULL : "the file has no `proxy`: nothing stands between driver and service";
}

static const struct {
    const struct cases_row *rows;
    const char *name; /* of the one row that says why all are left out */
    const char *doc;
    const char *(*without)(const struct trial_run *run);
} tables[] = {
    {cases_life, NULL, NULL, NULL},
    {cases_dry, NULL, NULL, NULL},
    {cases_foreign, NULL, NULL, NULL},
    {cases_doubt, NULL, NULL, NULL},
    {cases_many, NULL, NULL, NULL},
    {cases_kill, NULL, NULL, NULL},
    {cases_fault, "http_faults", "replies that are none, by HTTP", without_http},
    {cases_wire, "tcp_faults", "connections that break, by TCP", without_proxy},
};

struct suite_flaw {
    enum rig_flaw_kind kind;
    const char *words;
};

/* The suite, its proxy and the driver share one thread, so a driver that blocks it would wait for itself.  A
 * signal that the loop keeps putting off ends that. */
#define BEAT_MS   1000
#define BLOCKED_S 90 /* above what a program of the samples may take */

struct suite {
    struct arena *mem;
    const struct conform_ask *ask;
    struct conform_result *out;
    struct trial_run run;
    struct fault fault;
    int seat; /* of the proxy to be; -1 */
    struct loop_timer *beat;
    struct sigaction before;
    const struct value *settings; /* filled */
    ARRAY(struct suite_flaw) flaws;
};

/* ---- secrets of the suite's own -------------------------------------------------------------------------
 */

/* ${secret} is "conform:NAME": long, odd enough to be found, and the same in every process of the suite. */
static bool reveal(void *user, const struct secret *secret, const char **bytes, size_t *count,
                   struct err *err)
{
    struct suite *s = user;
    if (!str_starts(secret->source, "conform:"))
        return s->ask->secrets.reveal(s->ask->secrets.user, secret, bytes, count, err);
    char hex[DIGEST_HEX];
    digest_text(secret->source, strlen(secret->source), hex);
    *bytes = arena_print(s->mem, "Xq7-%.24s", hex);
    *count = strlen(*bytes);
    return true;
}

static void shown(void *user, const char *bytes, size_t count)
{
    struct suite *s = user;
    if (s->ask->secrets.shown)
        s->ask->secrets.shown(s->ask->secrets.user, bytes, count);
}

static const char *digest(void *user, struct arena *mem, const char *bytes, size_t count)
{
    (void)user;
    char *hex = arena_alloc(mem, DIGEST_HEX);
    digest_text(bytes, count, hex);
    return hex;
}

static struct rig_parts parts_of(struct suite *s, const struct value *settings)
{
    return (struct rig_parts){
        .loop = s->run.loop,
        .path = s->ask->path,
        .settings = settings,
        .where =
            s->run.sheet->settings ? sheet_place(s->run.sheet, s->mem, s->run.sheet->settings->where) : NULL,
        .secrets = {.user = s, .reveal = reveal, .shown = shown, .digest = digest},
    };
}

/* ---- rows -----------------------------------------------------------------------------------------------
 */

static void tell(struct suite *s, const struct conform_row *row)
{
    s->out->passed += row->outcome == CONFORM_PASSED;
    s->out->failed += row->outcome == CONFORM_FAILED;
    s->out->skipped += row->outcome == CONFORM_SKIPPED;
    if (s->ask->told)
        s->ask->told(s->ask->user, row);
}

static void tell_skipped(struct suite *s, const char *type, const char *name, const char *doc,
                         const char *reason)
{
    tell(s, &(struct conform_row){
                .type = type, .name = name, .doc = doc, .outcome = CONFORM_SKIPPED, .reason = reason});
}

/* Breaches show where nobody looks for them; they are told together, each with the case it came up in. */
static void collect_flaws(struct suite *s, const char *type, const char *name)
{
    size_t count;
    const struct rig_flaw *flaws = rig_flaws(s->run.rig, &count);
    for (size_t i = 0; i < count; i++) {
        struct suite_flaw one = {flaws[i].kind, arena_print(s->mem, "%s (%s%s%s)", flaws[i].words,
                                                            type ? type : "", type ? ", " : "", name)};
        ARRAY_PUSH(&s->flaws, one);
    }
}

static void init_trial(struct suite *s, struct trial *t)
{
    *t = (struct trial){.run = &s->run, .mem = arena_new(), .keeps_trying = true};
}

static int64_t now_ms(struct suite *s)
{
    const struct tick *tick = loop_tick(s->run.loop);
    return tick->mono_ns(tick->user) / 1000000;
}

/* What the case found, then tidying up, which may break the contract as well. */
static void end_trial(struct suite *s, struct trial *t, const struct cases_row *c, int64_t began)
{
    const char *type = t->type ? t->type->facts.name : NULL;
    struct conform_row row = {
        .type = type,
        .name = c->name,
        .doc = c->doc,
        .outcome = trial_has_failed(t) ? CONFORM_FAILED
                   : t->skipped        ? CONFORM_SKIPPED
                                       : CONFORM_PASSED,
        .reason = t->skipped,
        .findings = t->findings.at,
        .finding_count = t->findings.count,
    };
    size_t found = t->findings.count;
    trial_clean(t);
    row.findings = t->findings.at;
    row.finding_count = found;
    row.took_ms = now_ms(s) - began;
    tell(s, &row);
    collect_flaws(s, type, c->name);
    ARRAY_DONE(&t->findings);
    arena_free(t->mem);
}

/* The file skips a case of every type (`crowd`), or of one (`tax.crowd`). */
static const char *skip_reason(const struct suite *s, const struct contract_type *type, const char *name)
{
    const struct value *skip = s->run.sheet->skip;
    const char *reason =
        type ? value_get_text(skip, arena_print(s->mem, "%s.%s", type->facts.name, name), NULL) : NULL;
    return reason ? reason : value_get_text(skip, name, NULL);
}

/* True unless it failed. */
static bool run_case(struct suite *s, const struct contract_type *type, const struct sheet_type *sample,
                     const struct cases_row *c)
{
    struct trial t;
    const char *reason = skip_reason(s, type, c->name);
    if (reason) {
        tell_skipped(s, type ? type->facts.name : NULL, c->name, c->doc, reason);
        return true;
    }
    init_trial(s, &t);
    t.type = type;
    t.sample = sample;
    int64_t began = now_ms(s);
    c->run(&t);
    bool good = !trial_has_failed(&t);
    end_trial(s, &t, c, began);
    return good;
}

/* ---- the driver as a whole ------------------------------------------------------------------------------
 */

static void preflight(struct trial *t)
{
    if (!rig_driver(t->run->rig)->plugin->preflight) {
        trial_skip(t, "the driver has no `preflight`");
        return;
    }
    struct op_item item = {.verb = LF_VERB_PREFLIGHT, .attempt = 1};
    trial_expect(t, trial_ask(t, &item), TRIAL_BIT(LF_END_OK), "preflight with settings that work", NULL);
}

static const struct cases_row preflight_row = {"preflight", "with these settings the service is ready",
                                               preflight};

/* Each is its own driver, opened and closed again. */
static void open_must_fail(struct suite *s, struct trial *t, const struct value *settings, const char *what)
{
    struct rig_parts parts = parts_of(s, settings);
    struct rig *rig;
    struct err err;
    if (!rig_open(&parts, &rig, &err))
        return;
    rig_close(rig);
    trial_fail(t, "settings are closed: refuse what is unknown, and say what is missing", "it opened with %s",
               what);
}

static void settings_row(struct suite *s)
{
    static const struct cases_row c = {"settings", "an unknown setting and a missing one are refused", NULL};
    struct trial t;
    init_trial(s, &t);
    int64_t began = now_ms(s);
    const struct schema *schema = rig_driver(s->run.rig)->contract.settings;
    const struct value *given = s->settings ? s->settings : value_map(s->mem, NULL, 0);
    open_must_fail(s, &t, value_with_key(s->mem, given, "landfall_no_such_setting", value_bool(true)),
                   "a setting it does not know");
    for (size_t i = 0; schema && i < schema->count; i++) {
        if ((schema->attrs[i].flags & SCHEMA_REQUIRED) && value_get(given, schema->attrs[i].name))
            open_must_fail(s, &t, value_with_key(s->mem, given, schema->attrs[i].name, NULL),
                           arena_print(s->mem, "its required setting '%s' missing", schema->attrs[i].name));
    }
    end_trial(s, &t, &c, began);
}

/* One row for each kind of flaw, from everything that was asked. */
static void flaws_row(struct suite *s, enum rig_flaw_kind kind, const struct cases_row *c, const char *advice)
{
    struct trial t;
    size_t count = 0;
    init_trial(s, &t);
    for (size_t i = 0; i < s->flaws.count; i++) {
        if (s->flaws.at[i].kind == kind && count++ < FLAWS_SHOWN)
            trial_fail(&t, advice, "%s", s->flaws.at[i].words);
    }
    if (count > FLAWS_SHOWN)
        trial_fail(&t, NULL, "and %zu more", count - FLAWS_SHOWN);
    end_trial(s, &t, c, now_ms(s));
}

/* Nothing that was made may stay, neither ours nor what stood for somebody else's. */
static void leftovers(struct trial *t)
{
    struct trial_run *run = t->run;
    const struct contract *c = &rig_driver(run->rig)->contract;
    for (size_t i = 0; i < c->type_count; i++) {
        t->type = &c->types[i];
        struct op_item item = {.verb = LF_VERB_OWNED, .attempt = 1, .marker = "lf1.none"};
        const struct rig_answer *a = t->type->has_owned ? trial_ask(t, &item) : NULL;
        for (size_t k = 0; a && k < a->found_count; k++) {
            for (size_t m = 0; m < run->markers.count; m++) {
                if (str_equal(a->found[k].marker, run->markers.at[m]))
                    trial_fail(t, "look at the cases that failed above; it has to be removed by hand",
                               "the suite left a %s behind: id '%s'", t->type->facts.name, a->found[k].id);
            }
        }
    }
    t->type = NULL;
}

static const struct cases_row leftovers_row = {"leftovers", "nothing is left of all that was made",
                                               leftovers};

static void run_ending(struct suite *s)
{
    static const struct cases_row contract = {
        "contract", "every operation ends once, in time, with an answer that makes sense", NULL};
    static const struct cases_row gate = {
        "gate", "no verb that only looks tried to change the world through the host", NULL};
    static const struct cases_row secrets = {
        "secrets", "no secret's bytes stand in a note, state, memo, id or reply", NULL};
    struct trial t;
    init_trial(s, &t);
    trial_run_clean(&t);
    arena_free(t.mem);
    collect_flaws(s, NULL, "tidying up");
    run_case(s, NULL, NULL, &leftovers_row);
    flaws_row(s, RIG_BREACH, &contract, "see plugins/README.md, sections 4 and 6");
    flaws_row(s, RIG_UNSAFE, &gate, "a request that only asks by POST says LF_SEND_SAFE");
    flaws_row(s, RIG_LEAK, &secrets, "reveal a secret where it is sent, and nowhere else");
}

/* ---- types ----------------------------------------------------------------------------------------------
 */

static void run_type(struct suite *s, const struct contract_type *type)
{
    static const char doc[] = "there is something to try it with";
    const struct sheet_type *sample = sheet_find(s->run.sheet, type->facts.name);
    if (!sample || sample->skip) {
        tell_skipped(s, type->facts.name, "samples", doc,
                     sample ? sample->skip
                            : arena_print(s->mem,
                                          "%s has no samples for it: add `types: { %s: { create: ... } }`",
                                          s->run.sheet->name, type->facts.name));
        return;
    }
    bool can_create = true;
    for (size_t i = 0; i < COUNT_OF(tables) && can_create; i++) {
        const char *without = tables[i].without ? tables[i].without(&s->run) : NULL;
        if (!without && tables[i].name)
            without = skip_reason(s, type, tables[i].name);
        if (without)
            tell_skipped(s, type->facts.name, tables[i].name, tables[i].doc, without);
        for (const struct cases_row *c = tables[i].rows; c->name && !without && can_create; c++)
            can_create = run_case(s, type, sample, c) || strcmp(c->name, "create") != 0;
    }
    if (!can_create)
        tell_skipped(s, type->facts.name, "all_others", "everything else",
                     "nothing of this type can be made");
}

static const char *by_word(struct suite *s, const struct contract *c)
{
    struct buf text;
    buf_init(&text, 0);
    for (size_t i = 0; i < c->type_count; i++) {
        if (c->types[i].facts.traits & CATALOG_OWN_TRANSPORT)
            buf_print(&text, "%s%s", text.count ? ", " : "", c->types[i].facts.name);
    }
    const char *kept = text.count ? buf_keep(&text, s->mem) : NULL;
    buf_done(&text);
    return kept;
}

static void run_all(struct suite *s)
{
    const struct driver *d = rig_driver(s->run.rig);
    s->out->subsystem = arena_text(s->mem, d->subsystem);
    s->out->driver = arena_text(s->mem, d->name);
    s->out->version = arena_text(s->mem, d->version);
    s->out->by_word = by_word(s, &d->contract);
    settings_row(s);
    run_case(s, NULL, NULL, &preflight_row);
    for (size_t i = 0; i < d->contract.type_count; i++)
        run_type(s, &d->contract.types[i]);
    run_ending(s);
}

/* ---- the driver that blocks -------------------------------------------------------------------------------
 */

static void on_blocked(int number)
{
    static const char words[] =
        "\nerror: the driver has blocked the program for 90 s, in the case after the last "
        "one that is shown\n  to do: waiting is http->send, ops->after, wait->watch or "
        "wait->work; no callback may wait by itself\n";
    (void)number;
    (void)!write(STDERR_FILENO, words, sizeof(words) - 1);
    _exit(1);
}

static void beat(void *user)
{
    struct suite *s = user;
    alarm(BLOCKED_S);
    s->beat = loop_after(s->run.loop, BEAT_MS, beat, s);
}

static void start_beating(struct suite *s)
{
    struct sigaction action = {.sa_handler = on_blocked};
    sigaction(SIGALRM, &action, &s->before);
    beat(s);
}

static void stop_beating(struct suite *s)
{
    if (!s->beat)
        return;
    alarm(0);
    loop_timer_cancel(s->beat);
    s->beat = NULL;
    sigaction(SIGALRM, &s->before, NULL);
}

/* ---- before and after -----------------------------------------------------------------------------------
 */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

static bool make_folder(struct suite *s, struct err *err)
{
    char *folder = arena_text(s->mem, "/tmp/landfall-test-XXXXXX");
    if (!mkdtemp(folder))
        return err_sys(err, "conform.folder", errno, "cannot make a folder in '/tmp'");
    s->run.folder = folder;
    return true;
}

static bool fill_settings(struct suite *s, struct err *err)
{
    const struct value *own = s->run.sheet->words;
    size_t mine = value_kind(own) == VALUE_MAP ? own->count : 0, count = 0;
    struct fill_word *words = ARENA_ARRAY(s->mem, struct fill_word, mine + 6);
    words[count++] = (struct fill_word){"folder", value_text(s->mem, s->run.folder)};
    words[count++] =
        (struct fill_word){"name", value_text(s->mem, arena_print(s->mem, "lf%s", s->run.nonce))};
    words[count++] =
        (struct fill_word){"proxy", value_text(s->mem, arena_print(s->mem, "127.0.0.1:%u", s->run.port))};
    words[count++] = (struct fill_word){"proxy_port", value_int(s->mem, s->run.port)};
    for (size_t i = 0; i < mine; i++)
        words[count++] = (struct fill_word){own->pairs[i].key, own->pairs[i].value};
    const struct fill fill = {words, count};
    return !s->run.sheet->settings ||
           fill_value(s->mem, &fill, s->run.sheet->settings, &s->settings, NULL, err);
}

/* A type that the file gives samples for and the driver does not have is a slip. */
static bool check_types(struct suite *s, struct err *err)
{
    const struct driver *d = rig_driver(s->run.rig);
    const char **names = ARENA_ARRAY(s->mem, const char *, d->contract.type_count + 1);
    for (size_t i = 0; i < d->contract.type_count; i++)
        names[i] = d->contract.types[i].facts.name;
    for (size_t i = 0; i < s->run.sheet->type_count; i++) {
        const struct sheet_type *t = &s->run.sheet->types[i];
        if (!t->given || driver_type(d, t->name))
            continue;
        const char *near = str_nearest(t->name, names, d->contract.type_count);
        err_set(err, "conform.unknown_type", "%s-%s has no type '%s'", d->subsystem, d->name, t->name);
        err_at(err, sheet_place(s->run.sheet, s->mem, t->where), 0, 0);
        return err_advise(err, near ? "did you mean '%s'?" : "landfall describe %s",
                          near ? near : d->subsystem);
    }
    return true;
}

/* In a process of its own: what happens there is seen from here by what it leaves in the world. */
static void be_victim(void *user, const char *text, void (*left)(void *handle), void *handle)
{
    struct suite *s = user;
    const struct value *order;
    struct rig *rig;
    struct err err;
    s->run.loop = loop_new();
    struct rig_parts parts = parts_of(s, s->settings);
    if (!value_json_parse(s->mem, text, strlen(text), &order, &err) || !rig_open(&parts, &rig, &err))
        return;
    rig_on_leaving(rig, left, handle);
    const struct contract_type *type = driver_type(rig_driver(rig), value_get_text(order, "type", ""));
    cases_kill_create(rig, type, order);
    rig_close(rig);
    loop_free(s->run.loop);
}

/* Before there is a loop, a thread or a driver: the victims begin from here. */
static bool open_victim(struct suite *s, struct err *err)
{
    const struct sheet *sheet = s->run.sheet;
    if (sheet->proxy_host && !proxy_reserve(&s->seat, &s->run.port, err))
        return false;
    return fill_settings(s, err) && victim_open(be_victim, s, s->seat, &s->run.victim, err);
}

static bool open_proxy(struct suite *s, struct err *err)
{
    const struct sheet *sheet = s->run.sheet;
    int seat = s->seat;
    s->seat = -1;
    return seat < 0 || proxy_open(s->run.loop, seat, s->run.port, sheet->proxy_host, sheet->proxy_port,
                                  &s->run.proxy, err);
}

static bool open_driver(struct suite *s, struct err *err)
{
    struct rig_parts parts = parts_of(s, s->settings);
    if (!rig_open(&parts, &s->run.rig, err) || !check_types(s, err))
        return false;
    fault_init(&s->fault);
    s->run.fault = &s->fault;
    rig_set_tap(s->run.rig, &s->fault.tap);
    return true;
}

static bool open_all(struct suite *s, struct diags *diags, struct err *err)
{
    const char *subsystem, *driver;
    char nonce[2 * NONCE_BYTES + 1];
    struct sheet *sheet;
    if (!file_exists(s->ask->path))
        return err_set(err, "plugin.missing", "there is no file '%s'", s->ask->path);
    if (!rig_names(s->mem, s->ask->path, &subsystem, &driver, err) ||
        !sheet_load(s->mem, s->ask->folder, s->ask->sheet, subsystem, &sheet, diags, err) ||
        !make_folder(s, err))
        return false;
    digest_random_hex(NONCE_BYTES, nonce);
    s->run.nonce = arena_text_n(s->mem, nonce, NONCE);
    s->run.sheet = sheet;
    if (!open_victim(s, err))
        return false;
    s->run.loop = loop_new();
    start_beating(s);
    return open_proxy(s, err) && open_driver(s, err);
}

/* The proxy first: a worker of the driver's that hangs on a connection is let go. */
static void close_all(struct suite *s)
{
    proxy_close(s->run.proxy);
    rig_close(s->run.rig);
    stop_beating(s);
    if (s->seat >= 0)
        close(s->seat);
    if (s->run.loop)
        loop_free(s->run.loop);
    victim_close(s->run.victim);
    if (s->run.folder)
        nftw(s->run.folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    ARRAY_DONE(&s->run.stands);
    ARRAY_DONE(&s->run.markers);
    ARRAY_DONE(&s->flaws);
}

bool conform_run(struct arena *mem, const struct conform_ask *ask, struct conform_result *out,
                 struct diags *diags, struct err *err)
{
    struct suite s = {.mem = mem, .ask = ask, .out = out, .seat = -1};
    *out = (struct conform_result){0};
    s.run.mem = mem;
    bool good = open_all(&s, diags, err);
    if (good)
        run_all(&s);
    close_all(&s);
    return good;
}
