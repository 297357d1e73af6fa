#include "bench.h"

#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "io/http.h"
#include "io/loop.h"
#include "io/pool.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plugin/host.h"

#define LIBRARY_MAX ((size_t)256 << 20)
#define POOL_WIDTH  8

struct bench {
    struct arena *mem;
    struct loop *loop;
    struct pools *pools;
    struct http *http;
    struct host *host;
    struct registry *registry;
    const struct driver *driver;
    bool read_only;
    int64_t timeout_ms;

    struct op_result *results; /* of the run under way */
    size_t *times;             /* how often each item was told */
    bool ended;
    ARRAY(struct diag) notes;
    ARRAY(struct bench_save) saves;
    ARRAY(struct op_result) found;
    ARRAY(struct diag) breaches;
};

/* ---- copies -------------------------------------------------------------------------------------------- */

static struct diag keep_diag(struct bench *b, const struct diag *d)
{
    struct diag k = *d;
    k.code = arena_text(b->mem, d->code);
    k.address = arena_text(b->mem, d->address);
    k.path = arena_text(b->mem, d->path);
    k.where = arena_text(b->mem, d->where);
    k.summary = arena_text(b->mem, d->summary);
    k.detail = arena_text(b->mem, d->detail);
    k.advice = arena_text(b->mem, d->advice);
    return k;
}

static const struct value *keep_value(struct bench *b, const struct value *v)
{
    return v ? value_copy(b->mem, v) : NULL;
}

static const char *const *keep_because(struct bench *b, const char *const *because)
{
    size_t count = 0;
    if (!because)
        return NULL;
    while (because[count])
        count++;
    const char **kept = ARENA_ARRAY(b->mem, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        kept[i] = arena_text(b->mem, because[i]);
    return kept;
}

static const struct lf_cost *keep_costs(struct bench *b, const struct op_result *r)
{
    if (r->cost_count == 0)
        return NULL;
    struct lf_cost *kept = arena_copy(b->mem, r->costs, r->cost_count * sizeof(*kept));
    for (size_t i = 0; i < r->cost_count; i++) {
        kept[i].what = arena_text(b->mem, kept[i].what);
        kept[i].sku = arena_text(b->mem, kept[i].sku);
        kept[i].unit = arena_text(b->mem, kept[i].unit);
    }
    return kept;
}

static struct op_result keep_result(struct bench *b, const struct op_result *r)
{
    struct op_result k = *r;
    k.id = arena_text(b->mem, r->id);
    k.marker = arena_text(b->mem, r->marker);
    k.state = keep_value(b, r->state);
    k.reply = keep_value(b, r->reply);
    k.memo = keep_value(b, r->memo);
    k.because = keep_because(b, r->because);
    k.costs = keep_costs(b, r);
    k.broke = arena_text(b->mem, r->broke);
    return k;
}

/* ---- events -------------------------------------------------------------------------------------------- */

static void on_item(void *user, struct op *op, size_t i, const struct op_result *result)
{
    struct bench *b = user;
    (void)op;
    b->results[i] = keep_result(b, result);
    b->times[i]++;
}

static void on_found(void *user, struct op *op, const struct op_result *result)
{
    struct bench *b = user;
    (void)op;
    ARRAY_PUSH(&b->found, keep_result(b, result));
}

static void on_save(void *user, struct op *op, size_t i, const char *id, const struct value *progress)
{
    struct bench *b = user;
    struct bench_save one = {i, arena_text(b->mem, id), keep_value(b, progress)};
    ARRAY_PUSH(&b->saves, one);
    op_saved(op, i);
}

static void on_note(void *user, struct op *op, const struct diag *diag)
{
    struct bench *b = user;
    (void)op;
    ARRAY_PUSH(&b->notes, keep_diag(b, diag));
}

static void on_end(void *user, struct op *op)
{
    struct bench *b = user;
    (void)op;
    b->ended = true;
    loop_stop(b->loop);
}

static void on_broke(void *user, const struct diag *diag)
{
    struct bench *b = user;
    ARRAY_PUSH(&b->breaches, keep_diag(b, diag));
}

static bool reveal(void *user, const struct secret *secret, const char **bytes, size_t *count,
                   struct err *err)
{
    (void)user;
    if (!str_starts(secret->source, "test:"))
        return err_set(err, "secret.unknown", "the bench has no secret '%s'", secret->source);
    *bytes = secret->source + strlen("test:");
    *count = strlen(*bytes);
    return true;
}

static const char *digest(void *user, struct arena *mem, const char *bytes, size_t count)
{
    (void)user;
    char *hex = arena_alloc(mem, DIGEST_HEX);
    digest_text(bytes, count, hex);
    return hex;
}

/* ---- opening ------------------------------------------------------------------------------------------- */

/* A build tree may lie in a folder the loader rightly does not trust, such as /tmp: then the plugin is loaded
 * from a copy below the user's home. */
static const char *trusted_folder(struct bench *b, const char *path, bool *is_copy)
{
    struct err err;
    const struct passwd *user = getpwuid(geteuid());
    *is_copy = !file_is_trusted(path, &err);
    if (!*is_copy)
        return file_folder(b->mem, path);
    assert_non_null(user);
    char *folder = arena_print(b->mem, "%s/.landfall-bench-XXXXXX", user->pw_dir);
    const char *bytes;
    size_t count;
    if (!mkdtemp(folder) || !file_read(b->mem, path, LIBRARY_MAX, &bytes, &count, &err) ||
        !file_replace(file_join(b->mem, folder, file_name(path)), bytes, count, 0755, &err))
        fail_msg("cannot copy '%s' to '%s'", path, folder);
    return folder;
}

static bool add_driver(struct bench *b, const char *path, const struct value *settings, struct err *err)
{
    bool is_copy;
    const char *folder = trusted_folder(b, path, &is_copy);
    const char *file = file_name(path), *dash = strchr(file, '-');
    if (!dash || !str_ends(file, ".so"))
        fail_msg("'%s' is not named <subsystem>-<driver>.so", file);
    const char *const folders[] = {folder};
    b->registry = registry_new(b->host, folders, 1);
    struct registry_ask ask = {
        .subsystem = arena_text_n(b->mem, file, (size_t)(dash - file)),
        .instance = "",
        .driver = arena_text_n(b->mem, dash + 1, strlen(dash + 1) - strlen(".so")),
        .settings = settings,
    };
    bool good = registry_add(b->registry, &ask, err);
    if (good)
        b->driver = registry_find(b->registry, ask.subsystem, "");
    if (is_copy) {
        unlink(file_join(b->mem, folder, file));
        rmdir(folder);
    }
    return good;
}

static bool open_bench(const char *path, const char *settings, const char *ca_file, struct bench **out,
                       struct err *err)
{
    struct bench *b = calloc(1, sizeof(*b));
    assert_non_null(b);
    b->mem = arena_new();
    b->loop = loop_new();
    b->pools = pools_new(b->loop, POOL_WIDTH);
    b->http = http_new(b->loop, (struct http_limits){.ca_file = ca_file});
    struct host_parts parts = {.loop = b->loop, .pools = b->pools, .http = b->http};
    parts.secrets = (struct host_secrets){.user = b, .reveal = reveal, .digest = digest};
    parts.watcher = (struct host_watcher){.user = b, .broke = on_broke};
    b->host = host_new(parts);
    if (!add_driver(b, path, settings ? bench_value(b, settings) : NULL, err)) {
        bench_close(b);
        return false;
    }
    *out = b;
    return true;
}

bool bench_try(const char *path, const char *settings, struct bench **out, struct err *err)
{
    return open_bench(path, settings, NULL, out, err);
}

struct bench *bench_open_trusting(const char *path, const char *settings, const char *ca_file)
{
    struct bench *b = NULL;
    struct err err;
    if (!open_bench(path, settings, ca_file, &b, &err))
        fail_msg("%s: %s (%s)", err.code, err.summary, err.detail);
    return b;
}

struct bench *bench_open(const char *path, const char *settings)
{
    return bench_open_trusting(path, settings, NULL);
}

void bench_close(struct bench *b)
{
    registry_free(b->registry);
    host_free(b->host);
    http_free(b->http);
    pools_free(b->pools);
    loop_free(b->loop);
    ARRAY_DONE(&b->notes);
    ARRAY_DONE(&b->saves);
    ARRAY_DONE(&b->found);
    ARRAY_DONE(&b->breaches);
    arena_free(b->mem);
    free(b);
}

const struct value *bench_value(struct bench *b, const char *json)
{
    const struct value *v = NULL;
    struct err err;
    char *text = arena_text(b->mem, json);
    for (char *c = text; *c; c++) {
        if (*c == '\'')
            *c = '"';
    }
    if (!value_json_parse(b->mem, text, strlen(text), &v, &err))
        fail_msg("%s: %s", err.summary, json);
    return v;
}

/* ---- running ------------------------------------------------------------------------------------------- */

static const struct op_result *run(struct bench *b, struct op_ask *ask)
{
    static const struct op_events events = {
        .item = on_item, .found = on_found, .save = on_save, .note = on_note, .end = on_end};
    struct op_item *items = arena_copy(b->mem, ask->items, ask->count * sizeof(*items));
    for (size_t i = 0; i < ask->count; i++) {
        if (!items[i].address)
            items[i].address = "bench.step";
        if (!items[i].token)
            items[i].token = "bench-token";
        if (!items[i].marker)
            items[i].marker = "lf1.benchbenchbenchbenchbenchbe";
    }
    ask->driver = b->driver;
    ask->items = items;
    ask->read_only = b->read_only;
    ask->timeout_ms = b->timeout_ms;
    b->results = ARENA_ARRAY(b->mem, struct op_result, ask->count);
    b->times = ARENA_ARRAY(b->mem, size_t, ask->count);
    b->notes.count = b->saves.count = b->found.count = 0;
    b->ended = false;
    op_start(ask, &events, b);
    loop_run(b->loop);
    assert_true(b->ended);
    for (size_t i = 0; i < ask->count; i++)
        assert_int_equal(b->times[i], 1);
    return b->results;
}

const struct op_result *bench_run(struct bench *b, const char *type, struct op_item item)
{
    return bench_run_many(b, type, &item, 1);
}

const struct op_result *bench_run_many(struct bench *b, const char *type, const struct op_item *items,
                                       size_t count)
{
    struct op_ask ask = {.items = items, .count = count};
    if (type)
        ask.type = driver_type(b->driver, type);
    if (type && !ask.type)
        fail_msg("no type '%s'", type);
    return run(b, &ask);
}

const struct op_result *bench_call(struct bench *b, const char *call, struct op_item item)
{
    struct op_ask ask = {.items = &item, .count = 1, .call = driver_call(b->driver, call)};
    if (!ask.call)
        fail_msg("no call '%s'", call);
    return run(b, &ask);
}

void bench_read_only(struct bench *b, bool on)
{
    b->read_only = on;
}

void bench_timeout(struct bench *b, int64_t ms)
{
    b->timeout_ms = ms;
}

/* ---- what was said ---------------------------------------------------------------------------------------
 */

const struct diag *bench_notes(const struct bench *b, size_t *count)
{
    *count = b->notes.count;
    return b->notes.at;
}

bool bench_has_note(const struct bench *b, const char *code)
{
    for (size_t i = 0; i < b->notes.count; i++) {
        if (str_equal(b->notes.at[i].code, code))
            return true;
    }
    return false;
}

const struct bench_save *bench_saves(const struct bench *b, size_t *count)
{
    *count = b->saves.count;
    return b->saves.at;
}

const struct op_result *bench_found(const struct bench *b, size_t *count)
{
    *count = b->found.count;
    return b->found.at;
}

const struct diag *bench_breaches(const struct bench *b, size_t *count)
{
    *count = b->breaches.count;
    return b->breaches.at;
}

const struct driver *bench_driver(const struct bench *b)
{
    return b->driver;
}

struct registry *bench_registry(struct bench *b)
{
    return b->registry;
}

struct arena *bench_arena(struct bench *b)
{
    return b->mem;
}

struct loop *bench_loop(struct bench *b)
{
    return b->loop;
}
