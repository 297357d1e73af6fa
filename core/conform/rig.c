#include "conform/rig.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "io/http.h"
#include "io/loop.h"
#include "io/pool.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plugin/registry.h"

#define POOL_WIDTH    32
#define LEAK_SHORTEST 8 /* shorter ones are found in harmless words, too */

struct rig_secret {
    const char *bytes;
    size_t count;
};

struct rig {
    struct arena *mem;
    struct loop *loop;
    struct pools *pools;
    struct http *http;
    struct host *host;
    struct registry *registry;
    const struct driver *driver;
    struct host_secrets secrets;
    const struct http_tap *tap;
    struct http_tap own_tap;
    uint64_t requests;
    void (*on_leaving)(void *user);
    void *leaving_user;
    ARRAY(struct rig_flaw) flaws;
    size_t told_flaws;
    ARRAY(struct rig_secret) shown;

    size_t running; /* operations under way */
    bool waited;
};

/* One operation under way; it lives in the arena of the one who asked. */
struct rig_op {
    struct rig *rig;
    struct arena *mem;
    struct rig_answer *answer;
    struct op_result *results;
    int64_t began_ns;
    ARRAY(struct diag) notes;
    ARRAY(struct op_result) found;
};

static void add_flaw(struct rig *r, enum rig_flaw_kind kind, const char *words)
{
    struct rig_flaw one = {kind, words};
    ARRAY_PUSH(&r->flaws, one);
}

/* ---- secrets that got out ------------------------------------------------------------------------------ */

static void look_for_leak(struct rig *r, const char *text, const char *where)
{
    for (size_t i = 0; text && i < r->shown.count; i++) {
        const struct rig_secret *s = &r->shown.at[i];
        if (memmem(text, strlen(text), s->bytes, s->count))
            add_flaw(r, RIG_LEAK, arena_print(r->mem, "a secret's bytes stand in %s", where));
    }
}

static void look_for_leak_in(struct rig *r, const struct value *v, const char *where)
{
    if (v && r->shown.count)
        look_for_leak(r, value_json_text(r->mem, v), where);
}

static void look_through(struct rig *r, const struct op_result *result)
{
    look_for_leak(r, result->id, "an id");
    look_for_leak(r, result->marker, "a marker");
    look_for_leak_in(r, result->state, "a state, in an attribute that its schema does not mark as secret");
    look_for_leak_in(r, result->reply, "a reply");
    look_for_leak_in(r, result->memo, "a memo");
}

/* host_secrets.shown: the same bytes are remembered once. */
static void shown(void *user, const char *bytes, size_t count)
{
    struct rig *r = user;
    for (size_t i = 0; i < r->shown.count; i++) {
        if (r->shown.at[i].count == count && memcmp(r->shown.at[i].bytes, bytes, count) == 0)
            return;
    }
    if (count >= LEAK_SHORTEST) {
        struct rig_secret one = {arena_text_n(r->mem, bytes, count), count};
        ARRAY_PUSH(&r->shown, one);
    }
    if (r->secrets.shown)
        r->secrets.shown(r->secrets.user, bytes, count);
}

static bool reveal(void *user, const struct secret *secret, const char **bytes, size_t *count,
                   struct err *err)
{
    struct rig *r = user;
    return r->secrets.reveal(r->secrets.user, secret, bytes, count, err);
}

static const char *digest(void *user, struct arena *mem, const char *bytes, size_t count)
{
    struct rig *r = user;
    return r->secrets.digest ? r->secrets.digest(r->secrets.user, mem, bytes, count) : NULL;
}

/* ---- the tap --------------------------------------------------------------------------------------------
 */

static enum http_tap_way leaves(void *user, const struct http_ask *ask, struct http_reply *instead)
{
    struct rig *r = user;
    r->requests++;
    return r->tap ? r->tap->leaves(r->tap->user, ask, instead) : HTTP_TAP_PASS;
}

static void arrives(void *user, struct http_reply *reply)
{
    struct rig *r = user;
    if (r->tap)
        r->tap->arrives(r->tap->user, reply);
}

void rig_set_tap(struct rig *r, const struct http_tap *tap)
{
    r->tap = tap;
}

uint64_t rig_requests(const struct rig *r)
{
    return r->requests;
}

/* ---- copies ---------------------------------------------------------------------------------------------
 */

static struct diag keep_diag(struct arena *mem, const struct diag *d)
{
    struct diag k = *d;
    k.code = arena_text(mem, d->code);
    k.address = arena_text(mem, d->address);
    k.path = arena_text(mem, d->path);
    k.where = arena_text(mem, d->where);
    k.summary = arena_text(mem, d->summary);
    k.detail = arena_text(mem, d->detail);
    k.advice = arena_text(mem, d->advice);
    return k;
}

static const struct value *keep_value(struct arena *mem, const struct value *v)
{
    return v ? value_copy(mem, v) : NULL;
}

static struct op_result keep_result(struct arena *mem, const struct op_result *r)
{
    struct op_result k = *r;
    k.id = arena_text(mem, r->id);
    k.marker = arena_text(mem, r->marker);
    k.state = keep_value(mem, r->state);
    k.reply = keep_value(mem, r->reply);
    k.memo = keep_value(mem, r->memo);
    k.broke = arena_text(mem, r->broke);
    k.because = NULL; /* nobody asks here, and they live in the operation */
    k.costs = NULL;
    return k;
}

/* ---- events ---------------------------------------------------------------------------------------------
 */

static int64_t now_ns(const struct rig *r)
{
    const struct tick *tick = loop_tick(r->loop);
    return tick->mono_ns(tick->user);
}

static bool leaving(void *user, struct op *op)
{
    struct rig *r = ((struct rig_op *)user)->rig;
    (void)op;
    if (r->on_leaving)
        r->on_leaving(r->leaving_user);
    return true;
}

static void on_item(void *user, struct op *op, size_t i, const struct op_result *result)
{
    struct rig_op *o = user;
    (void)op;
    o->results[i] = keep_result(o->mem, result);
    look_through(o->rig, result);
    if (result->broke)
        add_flaw(o->rig, RIG_BREACH, arena_text(o->rig->mem, result->broke));
}

static void on_found(void *user, struct op *op, const struct op_result *result)
{
    struct rig_op *o = user;
    (void)op;
    ARRAY_PUSH(&o->found, keep_result(o->mem, result));
    look_through(o->rig, result);
}

static void on_save(void *user, struct op *op, size_t i, const char *id, const struct value *progress)
{
    struct rig_op *o = user;
    o->answer->saved_id = arena_text(o->mem, id);
    o->answer->saved = keep_value(o->mem, progress);
    look_for_leak(o->rig, id, "a saved id");
    look_for_leak_in(o->rig, progress, "saved progress");
    op_saved(op, i);
}

/* The gate's own note is the only way to hear of a refused change. */
static bool is_refused_change(const struct diag *d)
{
    return str_equal(d->code, "plugin.broke_contract") && strstr(d->summary, "refused, nothing was changed");
}

static void on_note(void *user, struct op *op, const struct diag *d)
{
    struct rig_op *o = user;
    struct rig *r = o->rig;
    (void)op;
    ARRAY_PUSH(&o->notes, keep_diag(o->mem, d));
    look_for_leak(r, d->summary, "a note's summary");
    look_for_leak(r, d->detail, "a note's detail");
    look_for_leak(r, d->advice, "a note's advice");
    if (str_equal(d->code, "plugin.broke_contract"))
        add_flaw(r, is_refused_change(d) ? RIG_UNSAFE : RIG_BREACH, arena_text(r->mem, d->summary));
}

static void on_end(void *user, struct op *op)
{
    struct rig_op *o = user;
    (void)op;
    o->answer->notes = ARRAY_KEEP(&o->notes, o->mem);
    o->answer->note_count = o->notes.count;
    o->answer->found = ARRAY_KEEP(&o->found, o->mem);
    o->answer->found_count = o->found.count;
    o->answer->took_ms = (now_ns(o->rig) - o->began_ns) / 1000000;
    ARRAY_DONE(&o->notes);
    ARRAY_DONE(&o->found);
    if (--o->rig->running == 0)
        loop_stop(o->rig->loop);
}

static void on_broke(void *user, const struct diag *diag)
{
    struct rig *r = user;
    add_flaw(r, RIG_BREACH, arena_text(r->mem, diag->summary));
}

/* ---- opening --------------------------------------------------------------------------------------------
 */

/* The name is the contract's: the registry finds a driver by subsystem and name. */
bool rig_names(struct arena *mem, const char *path, const char **subsystem, const char **driver,
               struct err *err)
{
    const char *file = file_name(path), *dash = strchr(file, '-');
    if (!dash || dash == file || !str_ends(file, ".so") || strlen(dash) <= strlen("-.so")) {
        err_set(err, "plugin.bad_name", "'%s' is no name of a plugin", file);
        return err_advise(err, "a plugin's file is named <subsystem>-<driver>.so");
    }
    *subsystem = arena_text_n(mem, file, (size_t)(dash - file));
    *driver = arena_text_n(mem, dash + 1, strlen(dash + 1) - strlen(".so"));
    return true;
}

static bool open_driver(struct rig *r, const struct rig_parts *parts, struct err *err)
{
    struct registry_ask ask = {.instance = "", .settings = parts->settings, .where = parts->where};
    if (!rig_names(r->mem, parts->path, &ask.subsystem, &ask.driver, err))
        return false;
    const char *const folders[] = {file_folder(r->mem, parts->path)};
    r->registry = registry_new(r->host, folders, 1);
    if (!registry_add(r->registry, &ask, err))
        return false;
    r->driver = registry_find(r->registry, ask.subsystem, "");
    return true;
}

bool rig_open(const struct rig_parts *parts, struct rig **out, struct err *err)
{
    struct rig *r = calloc(1, sizeof(*r));
    if (!r)
        abort();
    r->mem = arena_new();
    r->loop = parts->loop;
    r->secrets = parts->secrets;
    r->pools = pools_new(r->loop, POOL_WIDTH);
    r->http = http_new(r->loop, (struct http_limits){.ca_file = parts->ca_file});
    r->own_tap = (struct http_tap){.user = r, .leaves = leaves, .arrives = arrives};
    http_set_tap(r->http, &r->own_tap);
    r->host = host_new((struct host_parts){
        .loop = r->loop,
        .pools = r->pools,
        .http = r->http,
        .secrets = {.user = r, .reveal = reveal, .shown = shown, .digest = digest},
        .watcher = {.user = r, .broke = on_broke},
    });
    if (!open_driver(r, parts, err)) {
        rig_close(r);
        return false;
    }
    *out = r;
    return true;
}

void rig_close(struct rig *r)
{
    if (!r)
        return;
    if (r->registry)
        registry_free(r->registry);
    host_free(r->host);
    http_free(r->http);
    pools_free(r->pools);
    ARRAY_DONE(&r->flaws);
    ARRAY_DONE(&r->shown);
    arena_free(r->mem);
    free(r);
}

const struct driver *rig_driver(const struct rig *r)
{
    return r->driver;
}

/* ---- running --------------------------------------------------------------------------------------------
 */

static struct rig_answer *start(struct rig *r, struct arena *mem, const struct rig_ask *ask)
{
    static const struct op_events events = {.leaving = leaving,
                                            .item = on_item,
                                            .found = on_found,
                                            .save = on_save,
                                            .note = on_note,
                                            .end = on_end};
    struct op_ask op = {.driver = r->driver,
                        .type = ask->type,
                        .items = ask->items,
                        .count = ask->count,
                        .read_only = ask->read_only,
                        .timeout_ms = ask->timeout_ms};
    struct rig_op *o = ARENA_NEW(mem, struct rig_op);
    o->rig = r;
    o->mem = mem;
    o->answer = ARENA_NEW(mem, struct rig_answer);
    o->results = ARENA_ARRAY(mem, struct op_result, ask->count);
    o->answer->results = o->results;
    o->answer->count = ask->count;
    o->began_ns = now_ns(r);
    r->running++;
    op_start(&op, &events, o);
    return o->answer;
}

struct rig_answer *rig_run(struct rig *r, struct arena *mem, const struct rig_ask *ask)
{
    struct rig_answer *answer;
    rig_run_all(r, mem, ask, 1, &answer);
    return answer;
}

void rig_run_all(struct rig *r, struct arena *mem, const struct rig_ask *asks, size_t count,
                 struct rig_answer **answers)
{
    for (size_t i = 0; i < count; i++)
        answers[i] = start(r, mem, &asks[i]);
    while (r->running > 0)
        loop_run(r->loop);
}

void rig_on_leaving(struct rig *r, void (*fn)(void *user), void *user)
{
    r->on_leaving = fn;
    r->leaving_user = user;
}

static void on_waited(void *user)
{
    struct rig *r = user;
    r->waited = true;
    loop_stop(r->loop);
}

void rig_wait(struct rig *r, uint64_t ms)
{
    r->waited = false;
    loop_after(r->loop, ms, on_waited, r);
    while (!r->waited)
        loop_run(r->loop);
}

void rig_settle(struct rig *r)
{
    host_settle(r->host);
}

const struct rig_flaw *rig_flaws(struct rig *r, size_t *count)
{
    const struct rig_flaw *first = r->flaws.at + r->told_flaws;
    *count = r->flaws.count - r->told_flaws;
    r->told_flaws = r->flaws.count;
    return *count ? first : NULL;
}
