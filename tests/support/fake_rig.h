/* The rig: a fake service, its driver behind the real loader, a virtual loop, a region and declarations
 * written as JSON - all that a plan or a run needs, with nothing pretended above the driver.
 *
 *     rig_step(&rig, "fake.named.a", "{'name': 'a', 'ref': '$fake.named.b:serial'}");
 *
 * A text that begins with $ is a reference: $address:path. */
#pragma once

#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/err.h"
#include "base/file.h"
#include "fake.h"
#include "io/loop.h"
#include "io/pool.h"
#include "landfall/plugin.h"
#include "model/decl.h"
#include "model/diag.h"
#include "model/expr.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/plan.h"
#include "plugin/host.h"
#include "plugin/registry.h"
#include "region/region.h"
#include "store/store.h"

#define RIG_LINEAGE "00112233445566778899aabbccddeeff"

struct rig {
    struct arena *mem;
    const char *folder, *world_path, *store_path, *plugins;
    struct fake_world *world;
    struct loop *loop;
    struct pools *pools;
    struct host *host;
    struct registry *registry;
    struct region region;
    ARRAY(struct decl) steps;
    ARRAY(struct decl_moved) moved;
    ARRAY(struct store_res) rows;
    const struct value *outputs;
    struct decls decls;
    struct store_snapshot truth;
    struct plan_ask ask; /* what a test wants different from the rest */
    struct diags diags;
    struct err err;
    struct plan *plan;
};

/* ---- texts ------------------------------------------------------------------------------------ */

/* JSON with single quotes. */
static inline const struct value *rig_json(struct rig *r, const char *text)
{
    const struct value *v = NULL;
    char *copy = arena_text(r->mem, text);
    for (char *c = copy; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    if (!value_json_parse(r->mem, copy, strlen(copy), &v, &r->err))
        fail_msg("%s: %s", r->err.summary, text);
    return v;
}

static inline const char *rig_text(struct rig *r, const char *json)
{
    return value_json_text(r->mem, rig_json(r, json));
}

static inline const struct value *rig_reference(struct rig *r, const char *text)
{
    struct expr *e = ARENA_NEW(r->mem, struct expr);
    const char *colon = strchr(text, ':');
    assert_non_null(colon);
    *e = (struct expr){.op = EXPR_REF,
                       .address = arena_text_n(r->mem, text + 1, (size_t)(colon - text - 1)),
                       .path = colon + 1,
                       .file = "playbooks/test.lua",
                       .line = 1};
    return value_expr(r->mem, e);
}

/* $address:path anywhere inside becomes a reference. */
static inline const struct value *rig_refer(struct rig *r, const struct value *v)
{
    if (value_kind(v) == VALUE_TEXT)
        return v->text[0] == '$' ? rig_reference(r, v->text) : v;
    if (value_kind(v) == VALUE_LIST) {
        const struct value **items = ARENA_ARRAY(r->mem, const struct value *, v->count + 1);
        for (size_t i = 0; i < v->count; i++)
            items[i] = rig_refer(r, v->items[i]);
        return value_list(r->mem, items, v->count);
    }
    if (value_kind(v) != VALUE_MAP)
        return v;
    struct pair *pairs = ARENA_ARRAY(r->mem, struct pair, v->count + 1);
    for (size_t i = 0; i < v->count; i++)
        pairs[i] = (struct pair){v->pairs[i].key, rig_refer(r, v->pairs[i].value)};
    return value_map(r->mem, pairs, v->count);
}

/* ---- opening ------------------------------------------------------------------------------------ */

/* A build tree may lie where the loader rightly trusts nothing: then a copy below the user's home is loaded.
 */
static inline const char *rig_plugins(struct arena *mem)
{
    struct err err;
    const char *bytes, *path = FAKE_PLUGIN;
    size_t count;
    if (file_is_trusted(path, &err))
        return file_folder(mem, path);
    const struct passwd *user = getpwuid(geteuid());
    assert_non_null(user);
    char *folder = arena_print(mem, "%s/.landfall-fake-XXXXXX", user->pw_dir);
    if (!mkdtemp(folder) || !file_read(mem, path, (size_t)64 << 20, &bytes, &count, &err) ||
        !file_replace(file_join(mem, folder, "fake-fake.so"), bytes, count, 0755, &err))
        fail_msg("cannot copy '%s' to '%s'", path, folder);
    return folder;
}

static inline struct fake_world *rig_map(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0 && ftruncate(fd, sizeof(struct fake_world)) == 0);
    void *at = mmap(NULL, sizeof(struct fake_world), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(at != MAP_FAILED);
    (void)close(fd);
    return at;
}

static inline void rig_add_driver(struct rig *r, const char *instance)
{
    const struct pair pairs[] = {{"world", value_text(r->mem, r->world_path)}};
    struct registry_ask ask = {.subsystem = "fake", .instance = instance, .driver = "fake"};
    ask.settings = value_map(r->mem, pairs, 1);
    if (!registry_add(r->registry, &ask, &r->err))
        fail_msg("%s: %s", r->err.summary, r->err.detail);
}

/* The bytes of a secret are the name of its source; env:LOST is not set. */
static inline bool rig_reveal(void *user, const struct secret *secret, const char **bytes, size_t *count,
                              struct err *err)
{
    (void)user;
    if (strcmp(secret->source, "env:LOST") == 0)
        return err_set(err, "secrets.not_set", "the environment variable 'LOST' is not set");
    *bytes = secret->source;
    *count = strlen(secret->source);
    return true;
}

/* What dies with a process: loop, host, driver. */
static inline void rig_start(struct rig *r)
{
    r->loop = loop_new_virtual();
    r->pools = pools_new(r->loop, 64);
    struct host_parts parts = {.loop = r->loop, .pools = r->pools};
    parts.secrets.reveal = rig_reveal;
    r->host = host_new(parts);
    const char *const folders[] = {r->plugins};
    r->registry = registry_new(r->host, folders, 1);
    rig_add_driver(r, "");
}

static inline void rig_stop(struct rig *r)
{
    registry_free(r->registry);
    host_free(r->host);
    pools_free(r->pools);
    loop_free(r->loop);
}

/* Folder, world and the driver's file: what outlives a process. */
static inline void rig_prepare(struct rig *r)
{
    memset(r, 0, sizeof(*r));
    r->mem = arena_new();
    bool fast = access("/dev/shm", W_OK) == 0; /* a sweep commits some hundred thousand times */
    char *folder = arena_print(r->mem, "%s/landfall-rig-XXXXXX", fast ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(folder));
    r->folder = folder;
    r->world_path = file_join(r->mem, folder, "world");
    r->store_path = file_join(r->mem, folder, "eu.db");
    r->plugins = rig_plugins(r->mem);
    r->world = rig_map(r->world_path);
    r->region = (struct region){.name = "eu", .currency = "EUR", .place = "ie"};
}

static inline void rig_open(struct rig *r)
{
    rig_prepare(r);
    rig_start(r);
}

static inline void rig_remove_store(struct rig *r)
{
    static const char *const tails[] = {"", "-wal", "-shm", "-journal", ".lock", "-lock"};
    for (size_t i = 0; i < COUNT_OF(tails); i++)
        (void)unlink(arena_print(r->mem, "%s%s", r->store_path, tails[i]));
}

static inline void rig_discard(struct rig *r)
{
    (void)munmap(r->world, sizeof(*r->world));
    (void)unlink(r->world_path);
    rig_remove_store(r);
    (void)rmdir(r->folder);
    if (strstr(r->plugins, ".landfall-fake-")) {
        (void)unlink(file_join(r->mem, r->plugins, "fake-fake.so"));
        (void)rmdir(r->plugins);
    }
    ARRAY_DONE(&r->steps);
    ARRAY_DONE(&r->moved);
    ARRAY_DONE(&r->rows);
    arena_free(r->mem);
}

static inline void rig_close(struct rig *r)
{
    rig_stop(r);
    rig_discard(r);
}

/* ---- declaring ---------------------------------------------------------------------------------- */

static inline enum decl_kind rig_kind(const char *address)
{
    return strncmp(address, "action.", 7) == 0  ? DECL_ACTION
           : strncmp(address, "check.", 6) == 0 ? DECL_CHECK
           : strncmp(address, "human.", 6) == 0 ? DECL_HUMAN
           : strncmp(address, "todo.", 5) == 0  ? DECL_TODO
                                                : DECL_RESOURCE;
}

/* Good until the next step is declared. */
static inline struct decl *rig_step(struct rig *r, const char *address, const char *attrs)
{
    char *copy = arena_text(r->mem, address), *dot = strchr(copy, '.');
    struct decl d = {.address = address, .kind = rig_kind(address), .instance = "", .stage = ""};
    *dot = '\0';
    d.name = dot + 1;
    if (d.kind == DECL_RESOURCE) {
        char *second = strchr(dot + 1, '.');
        *second = '\0';
        d.subsystem = copy;
        d.type = dot + 1;
        d.name = second + 1;
    }
    d.version = 1;
    d.attrs = rig_refer(r, rig_json(r, attrs));
    d.file = "playbooks/test.lua";
    d.line = (uint32_t)r->steps.count + 10;
    d.order = (uint32_t)r->steps.count;
    ARRAY_PUSH(&r->steps, d);
    return &r->steps.at[r->steps.count - 1];
}

/* after: addresses with spaces between. */
static inline void rig_after(struct rig *r, struct decl *d, const char *after)
{
    const char **list = ARENA_ARRAY(r->mem, const char *, 64);
    for (const char *at = after; *at; at += strspn(at, " ")) {
        size_t count = strcspn(at, " ");
        list[d->meta.after_count++] = arena_text_n(r->mem, at, count);
        at += count;
    }
    d->meta.after = list;
}

static inline const char *const *rig_texts(struct rig *r, const char *one)
{
    const char **list = ARENA_ARRAY(r->mem, const char *, 2);
    list[0] = one;
    return list;
}

static inline void rig_moved(struct rig *r, const char *from, const char *to)
{
    struct decl_moved m = {.from = from, .to = to, .file = "playbooks/test.lua", .line = 3};
    ARRAY_PUSH(&r->moved, m);
}

static inline void rig_forget_steps(struct rig *r)
{
    r->steps.count = r->moved.count = 0;
    r->outputs = NULL;
}

static inline int rig_by_address(const void *a, const void *b)
{
    return strcmp(((const struct decl *)a)->address, ((const struct decl *)b)->address);
}

static inline const struct decls *rig_decls(struct rig *r)
{
    struct decl *at = ARENA_ARRAY(r->mem, struct decl, r->steps.count + 1);
    if (r->steps.count)
        memcpy(at, r->steps.at, r->steps.count * sizeof(*at));
    qsort(at, r->steps.count, sizeof(*at), rig_by_address);
    r->decls = (struct decls){.at = at, .count = r->steps.count, .outputs = r->outputs};
    r->decls.moved = arena_copy(r->mem, r->moved.at ? r->moved.at : (void *)"",
                                r->moved.count * sizeof(struct decl_moved));
    r->decls.moved_count = r->moved.count;
    return &r->decls;
}

/* ---- the world ------------------------------------------------------------------------------------ */

static inline struct fake_fault *rig_fault(struct rig *r, enum fake_fault_kind kind, uint32_t verb,
                                           const char *key, uint32_t times)
{
    for (size_t i = 0; i < FAKE_FAULTS; i++) {
        struct fake_fault *f = &r->world->faults[i];
        if (f->times)
            continue;
        *f = (struct fake_fault){.kind = kind, .verb = verb, .times = times, .ms = 1000};
        snprintf(f->key, sizeof(f->key), "%s", key);
        return f;
    }
    fail_msg("too many faults");
    return NULL;
}

/* An object that is there, whoever made it. */
static inline struct fake_object *rig_object(struct rig *r, const char *type, const char *key,
                                             const char *marker, const char *state)
{
    struct fake_object *o = &r->world->objects[r->world->object_count++];
    *o = (struct fake_object){.alive = 1, .etag = 1};
    snprintf(o->type, sizeof(o->type), "%s", type);
    snprintf(o->key, sizeof(o->key), "%s", key);
    snprintf(o->marker, sizeof(o->marker), "%s", marker);
    snprintf(o->id, sizeof(o->id), "%s-%u", type, ++r->world->next_id);
    snprintf(o->state, sizeof(o->state), "%s", rig_text(r, state));
    return o;
}

static inline uint32_t rig_alive(const struct rig *r)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->world->object_count; i++)
        n += r->world->objects[i].alive;
    return n;
}

/* The object of that name, or NULL; fails when there are several. */
static inline struct fake_object *rig_find(struct rig *r, const char *key)
{
    struct fake_object *found = NULL;
    for (uint32_t i = 0; i < r->world->object_count; i++) {
        struct fake_object *o = &r->world->objects[i];
        if (!o->alive || strcmp(o->key, key) != 0)
            continue;
        if (found)
            fail_msg("'%s' is there twice: %s, %s", key, found->id, o->id);
        found = o;
    }
    return found;
}

/* ---- planning --------------------------------------------------------------------------------------- */

static inline bool rig_no_call(void *user, uint32_t fn, const struct value *arg, struct arena *mem,
                               const struct value **out, struct err *err)
{
    (void)user;
    (void)fn;
    (void)mem;
    (void)err;
    *out = arg;
    return true;
}

/* False: r->err and r->diags say why. */
static inline bool rig_try_plan(struct rig *r)
{
    struct plan_ask ask = r->ask;
    ask.loop = r->loop;
    ask.region = &r->region;
    ask.decls = rig_decls(r);
    ask.truth = &r->truth;
    ask.registry = r->registry;
    ask.call = ask.call ? ask.call : rig_no_call;
    ask.playbook = "playbooks/test.lua";
    ask.keep_body = true;
    diag_init(&r->diags, r->mem);
    return plan_make(r->mem, &ask, &r->plan, &r->diags, &r->err);
}

static inline struct plan *rig_plan(struct rig *r)
{
    if (!rig_try_plan(r))
        fail_msg("%s: %s | %s", r->err.code, r->err.summary, r->err.detail);
    return r->plan;
}

/* The plan is refused with that code; its summary. */
static inline const char *rig_refused(struct rig *r, const char *code)
{
    if (rig_try_plan(r))
        fail_msg("the plan was made, not refused with %s", code);
    for (size_t i = 0; i < r->diags.count; i++) {
        if (strcmp(r->diags.at[i].code, code) == 0)
            return r->diags.at[i].summary;
    }
    assert_string_equal(r->err.code, code);
    return arena_text(r->mem, r->err.summary);
}

static inline const struct plan_step *rig_at(struct rig *r, const char *address)
{
    uint32_t i = plan_find(r->plan, address);
    if (i == UINT32_MAX)
        fail_msg("no step '%s' in the plan", address);
    return &r->plan->steps[i];
}

/* "update: size: 1 -> 2" */
static inline void rig_says(struct rig *r, const char *address, const char *what)
{
    const struct plan_step *s = rig_at(r, address);
    const char *says = arena_print(r->mem, "%s: %s", plan_action_name(s->action), s->reason);
    assert_string_equal(says, what);
}
