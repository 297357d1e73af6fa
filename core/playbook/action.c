#include "playbook/action.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/map.h"
#include "model/expr.h"
#include "model/value.h"
#include "model/value_json.h"
#include "playbook/action_parts.h"
#include "playbook/playbook_state.h"
#include "script/script_call.h"
#include "script/script_value.h"

/* Rows and resumes in one turn of the loop: at a few microseconds each well below its 5 ms. */
#define SLICE 256
/* Recorded rows are told in bunches, done ones singly. */
#define PROGRESS_EVERY 256

static void schedule(struct action *a);

struct action_task *action_task_new(struct action *a, enum action_task_kind kind, const char *path)
{
    struct arena *mem = arena_new();
    struct action_task *t = ARENA_NEW(mem, struct action_task);
    *t = (struct action_task){.action = a, .kind = kind, .mem = mem, .anchor = LUA_NOREF};
    t->thread.user = t;
    t->path = arena_text(mem, path);
    t->older = a->tasks;
    if (a->tasks)
        a->tasks->newer = t;
    a->tasks = t;
    return t;
}

static void open_free(struct action_open *open)
{
    if (open)
        arena_free(open->mem);
}

/* The coroutine loses its anchor and is collected; a unit still open goes with the task, which happens in
 * action_free only. */
static void task_free(struct action_task *t)
{
    struct action *a = t->action;
    if (t->newer)
        t->newer->older = t->older;
    else
        a->tasks = t->older;
    if (t->older)
        t->older->newer = t->newer;
    luaL_unref(script_state(a->playbook->script), LUA_REGISTRYINDEX, t->anchor);
    open_free(t->open);
    map_free(t->names);
    arena_free(t->mem);
}

void action_task_ready(struct action_task *t)
{
    struct action *a = t->action;
    t->next_ready = NULL;
    if (a->ready)
        a->ready_last->next_ready = t;
    else
        a->ready = t;
    a->ready_last = t;
    schedule(a);
}

void action_rows_queue(struct action *a, struct action_rows *rows)
{
    if (rows->queued)
        return;
    rows->queued = true;
    rows->next_rows = NULL;
    if (a->fill)
        a->fill_last->next_rows = rows;
    else
        a->fill = rows;
    a->fill_last = rows;
    schedule(a);
}

/* The earlier unit of the task was answered and its reply is with Lua by now, so it goes here. */
struct action_open *action_open_new(struct action_task *t, const char *key, const char *digest)
{
    struct arena *mem = arena_new();
    struct action_open *open = ARENA_NEW(mem, struct action_open);
    *open = (struct action_open){.task = t, .mem = mem};
    open->unit.key = arena_text(mem, key);
    open->unit.digest = arena_text(mem, digest);
    open_free(t->open);
    t->open = open;
    t->asked = true;
    t->action->open++;
    return open;
}

void action_break(struct action *a, const struct err *err)
{
    if (!a->broken && !a->failed)
        a->failed = arena_copy(a->mem, err, sizeof(*err));
    a->broken = true;
    schedule(a);
}

/* Converting what the function returned happens inside the coroutine, where it may raise. */
static int body_done(lua_State *L, int status, lua_KContext ctx)
{
    struct action_task *t = script_thread_of(L)->user;
    (void)status;
    (void)ctx;
    t->reply = NULL;
    if (t->kind == ACTION_TASK_ROW)
        return 0;
    const struct value *v =
        script_value_take(L, -1, t->mem, &(struct script_value_rules){.what = "the result"});
    if (value_has_expr(v))
        script_call_fail(L, "action.reference", "return ctx:get(ref) to return its value",
                         "an action's function returned a reference");
    t->reply = v;
    return 0;
}

static int body(lua_State *L)
{
    lua_callk(L, 1, 1, 0, body_done);
    return body_done(L, LUA_OK, 0);
}

void action_task_prepare(lua_State *L, struct action_task *t)
{
    t->co = lua_newthread(L);
    script_thread_set(t->co, &t->thread);
    t->anchor = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_pushcfunction(t->co, body);
    lua_xmove(L, t->co, 2);
    t->args = 2;
}

static bool rows_may_start(const struct action_rows *r)
{
    return !r->failed && r->next < r->total && r->running < r->width;
}

static void tell_progress(struct action *a, const struct action_rows *r)
{
    if (a->world.progress)
        a->world.progress(a->world.user, r->name, r->done, r->total);
}

/* After anything about the rows changed.  Rows that are queued are looked at when their turn comes: ending
 * them here would leave the queue with a pointer to what their task takes along. */
static void rows_go_on(struct action *a, struct action_rows *r)
{
    if (r->queued || r->ended)
        return;
    if (rows_may_start(r)) {
        action_rows_queue(a, r);
        return;
    }
    if (r->running > 0)
        return;
    lua_State *L = script_state(a->playbook->script);
    luaL_unref(L, LUA_REGISTRYINDEX, r->rows);
    luaL_unref(L, LUA_REGISTRYINDEX, r->fn);
    r->ended = true;
    tell_progress(a, r);
    r->owner->failed = r->failed;
    action_task_ready(r->owner);
}

/* The first failure is the one that is told; later ones are most often its consequence. */
static void row_failed(struct action_task *t, const struct err *err)
{
    struct action_rows *r = t->rows;
    if (r->failed)
        return;
    r->failed = arena_copy(r->owner->mem, err, sizeof(*err));
    err_wrap(r->failed, "row '%s' of '%s'", t->row_key, r->name);
}

static void end_row(struct action *a, struct action_task *t, const struct err *err)
{
    struct action_rows *r = t->rows;
    r->running--;
    if (err)
        row_failed(t, err);
    else
        r->done++;
    task_free(t);
    if (!err)
        tell_progress(a, r);
    rows_go_on(a, r);
}

/* The child dies here, so what it leaves is copied to whom it leaves it to. */
static void end_step(struct action_task *t, const struct err *err)
{
    struct action_task *parent = t->parent;
    if (err)
        parent->failed = arena_copy(parent->mem, err, sizeof(*err));
    else
        parent->reply = value_copy(parent->mem, t->reply);
    task_free(t);
    action_task_ready(parent);
}

static void end_body(struct action *a, struct action_task *t, const struct err *err)
{
    a->over = true;
    if (err && !a->failed)
        a->failed = arena_copy(a->mem, err, sizeof(*err));
    else
        a->result = value_copy(a->mem, t->reply);
    task_free(t);
}

/* The task is done for good: err NULL, it succeeded and its record is durable. */
static void end_task(struct action_task *t, const struct err *err)
{
    if (t->kind == ACTION_TASK_ROW)
        end_row(t->action, t, err);
    else if (t->kind == ACTION_TASK_STEP)
        end_step(t, err);
    else
        end_body(t->action, t, err);
}

/* The task ends when its record is durable, not before: a crash in between runs the function again, whose
 * calls then answer from the record. */
static void record(struct action_task *t)
{
    struct action *a = t->action;
    t->recording = true;
    struct action_open *open = action_open_new(t, t->path, t->digest);
    a->world.record(a->world.user, &open->unit, t->reply ? t->reply : value_null());
}

/* One resume, until the task waits again or ends. */
static void run_task(struct action *a, struct action_task *t)
{
    if (t->recording) {
        end_task(t, t->failed);
        return;
    }
    struct err err;
    int results, args = t->args;
    t->args = 0;
    switch (script_resume(a->playbook->script, t->co, args, &results, &err)) {
    case SCRIPT_WAITS:
        break;
    case SCRIPT_DONE:
        if (t->kind == ACTION_TASK_BODY)
            end_task(t, NULL);
        else
            record(t);
        break;
    case SCRIPT_FAILED:
        /* What the function returned is looked at when none of its lines runs any more. */
        if (!err.where[0])
            err_at(&err, a->decl->file, a->decl->line, 0);
        end_task(t, &err);
        break;
    }
}

/* Canonical JSON, so that equal rows have equal digests in any process. */
static const char *digest_of_value(struct arena *mem, const struct value *v)
{
    char hex[DIGEST_HEX];
    struct buf text;
    buf_init(&text, 0);
    value_json_print(&text, v);
    digest_text(text.at, text.count, hex);
    buf_done(&text);
    return arena_text(mem, hex);
}

/* The next row: skipped when it is recorded, else a task of its own. */
static void start_row(lua_State *L, struct action *a, struct action_rows *r)
{
    uint64_t i = r->next++;
    struct err err;
    bool found = false;
    const struct value *reply;
    arena_reset(a->scratch);
    lua_rawgeti(L, LUA_REGISTRYINDEX, r->rows);
    lua_rawgeti(L, -1, (lua_Integer)i + 1);
    struct script_value_rules rules = {.what = r->name};
    const char *digest = digest_of_value(a->scratch, script_value_take(L, -1, a->scratch, &rules));
    const char *key = arena_print(a->scratch, "%s/%s", r->path, r->keys[i]);
    if (!a->world.find(a->world.user, key, digest, a->scratch, &found, &reply, &err)) {
        action_break(a, &err);
    } else if (found) {
        r->done++;
        if (r->done % PROGRESS_EVERY == 0)
            tell_progress(a, r);
    } else {
        struct action_task *t = action_task_new(a, ACTION_TASK_ROW, key);
        t->rows = r;
        t->row_key = r->keys[i];
        t->digest = arena_text(t->mem, digest);
        r->running++;
        lua_rawgeti(L, LUA_REGISTRYINDEX, r->fn);
        lua_insert(L, -2);
        action_task_prepare(L, t);
        lua_pop(L, 1);
        run_task(a, t);
    }
}

static bool eval_find(void *user, const struct expr *ref, const struct value **out, struct err *err)
{
    struct action *a = user;
    return a->world.get(a->world.user, ref, a->scratch, out, err);
}

static bool eval_call(void *user, uint32_t fn, const struct value *arg, struct arena *mem,
                      const struct value **out, struct err *err)
{
    struct action *a = user;
    return playbook_call(a->playbook, fn, arg, mem, out, err);
}

const struct value *action_eval(lua_State *L, struct action *a, const struct value *v, struct arena *mem)
{
    struct expr_world world = {.user = a, .find = eval_find, .call = eval_call};
    const struct value *out = NULL;
    struct err err;
    if (!expr_eval(mem, v, &world, &out, &err)) {
        *script_call_err(L) = err;
        script_call_raise(L);
    }
    if (value_has_unknown(out))
        script_call_fail(L, "action.unknown", "name the step it comes from in step = { after = { ... } }",
                         "a value the action asks for is not known yet");
    return out;
}

/* Inputs are evaluated when the action starts: everything they refer to is done by then. */
static void start_body(lua_State *L, struct action *a)
{
    char path[24];
    snprintf(path, sizeof(path), "%lld", (long long)a->decl->version);
    const struct value *inputs = value_get(a->decl->attrs, "inputs");
    script_value_give(L, inputs && inputs->count ? action_eval(L, a, inputs, a->mem) : NULL);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_newtable(L);
    }
    a->inputs = luaL_ref(L, LUA_REGISTRYINDEX);
    struct action_task *t = action_task_new(a, ACTION_TASK_BODY, path);
    playbook_push_function(L, a->decl->run);
    action_ctx_push(L, a);
    action_task_prepare(L, t);
    run_task(a, t);
}

/* One piece of work; false: there is none. */
static bool work_once(lua_State *L, struct action *a)
{
    struct action_task *t = a->ready;
    struct action_rows *r = a->fill;
    if (!a->started) {
        a->started = true;
        start_body(L, a);
    } else if (t) {
        a->ready = t->next_ready;
        run_task(a, t);
    } else if (r) {
        a->fill = r->next_rows;
        r->queued = false;
        if (rows_may_start(r))
            start_row(L, a, r);
        if (!a->broken)
            rows_go_on(a, r);
    } else {
        return false;
    }
    return true;
}

static int work_inside(lua_State *L)
{
    struct action *a = lua_touserdata(L, 1);
    for (int i = 0; i < SLICE && !a->broken && !a->over; i++)
        if (!work_once(L, a))
            break;
    return 0;
}

static void pump(void *arg)
{
    struct action *a = ((struct action_ticket *)arg)->action;
    if (!a || a->told)
        return;
    struct err err;
    script_keep_in(a->playbook->script, a->playbook->mem); /* a run adds to it too */
    if (!a->over && !a->broken && !script_protect(a->playbook->script, work_inside, a, &err))
        action_break(a, &err);
    a->scheduled = false; /* only now: what became ready meanwhile needs no pump of its own */
    if (!a->over && !a->broken) {
        if (a->ready || a->fill)
            schedule(a);
    } else if (a->open == 0) {
        /* What run/ still works on was waited for: its units must not outlive the action. */
        a->told = true;
        a->world.ended(a->world.user, a->failed ? NULL : a->result, a->failed);
    }
}

static void schedule(struct action *a)
{
    if (a->scheduled)
        return;
    a->scheduled = true;
    a->world.soon(a->world.user, pump, a->ticket);
}

bool action_start(struct playbook *p, const struct decl *decl, const struct action_world *world,
                  struct action **out, struct err *err)
{
    if (decl->kind != DECL_ACTION || decl->run == 0)
        return err_set(err, "action.no_function", "'%s' has no function to run", decl->address);
    struct arena *mem = arena_new();
    struct action *a = ARENA_NEW(mem, struct action);
    *a = (struct action){.playbook = p, .decl = decl, .world = *world, .mem = mem, .inputs = LUA_NOREF};
    a->scratch = arena_new();
    a->ticket = ARENA_NEW(p->mem, struct action_ticket);
    a->ticket->action = a;
    *out = a;
    schedule(a);
    return true;
}

/* Called by run/ from anywhere; nothing of the script runs in here. */
void action_answer(struct action *a, struct action_unit *unit, const struct value *reply,
                   const struct err *err)
{
    struct action_open *open = (struct action_open *)unit;
    struct action_task *t = open->task;
    assert(t->open == open && t->asked);
    t->asked = false;
    a->open--;
    if (a->broken) {
        schedule(a);
        return;
    }
    if (err)
        t->failed = arena_copy(open->mem, err, sizeof(*err));
    else if (!t->recording)
        t->reply = value_copy(open->mem, reply);
    action_task_ready(t);
}

/* Takes the tasks apart without running any of them. */
void action_free(struct action *a)
{
    if (!a)
        return;
    a->ticket->action = NULL;
    while (a->tasks)
        task_free(a->tasks);
    luaL_unref(script_state(a->playbook->script), LUA_REGISTRYINDEX, a->inputs);
    arena_free(a->scratch);
    arena_free(a->mem);
}
