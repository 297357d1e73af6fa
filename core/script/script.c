#include "script/script.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "script/script_call.h"
#include "script/script_parts.h"
#include "script/script_value.h"
#include "script/script_world.h"

#define MEMORY_DEFAULT ((size_t)512 * 1024 * 1024)
/* A playbook of 100 000 steps needs some 20 million; what never ends is found within seconds. */
#define INSTRUCTIONS_DEFAULT 500000000u
#define SECONDS_DEFAULT      30u
/* Rare enough to cost a few per cent, often enough that the line noted last is near the one that hangs. */
#define HOOK_EVERY 1000

/* Lua frees through here too (size 0), which never fails. */
static void *allocate(void *user, void *block, size_t old_size, size_t size)
{
    struct script *s = user;
    if (!block)
        old_size = 0;
    if (size == 0) {
        free(block);
        s->used -= old_size;
        return NULL;
    }
    if (size > old_size && s->limits.memory && s->used + (size - old_size) > s->limits.memory)
        return NULL;
    void *moved = realloc(block, size);
    if (moved)
        s->used += size - old_size;
    return moved;
}

/* Lua copies the extra space of the main state into every new coroutine, so that a thread nobody has claimed
 * yet still leads to the script. */
struct script_thread *script_thread_of(lua_State *L)
{
    return *(struct script_thread **)lua_getextraspace(L);
}

struct script *script_of(lua_State *L)
{
    return script_thread_of(L)->script;
}

void script_thread_set(lua_State *co, struct script_thread *t)
{
    t->script = script_of(co);
    *(struct script_thread **)lua_getextraspace(co) = t;
}

lua_State *script_state(struct script *s)
{
    return s->state;
}

void script_set_owner(struct script *s, void *owner)
{
    s->owner = owner;
}

void *script_owner(const struct script *s)
{
    return s->owner;
}

void script_keep_in(struct script *s, struct arena *mem)
{
    s->keep = mem;
    s->keep_base = arena_used(mem);
}

struct arena *script_keep(struct script *s)
{
    return s->keep;
}

bool script_is_stopped(const struct script *s)
{
    return s->stopped;
}

/* C frames have no current line; the first one that has is the innermost line of the script. */
bool script_place(lua_State *L, const char **file, uint32_t *line)
{
    lua_Debug ar;
    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline <= 0)
            continue;
        *file = script_trace_name(script_of(L), ar.source);
        *line = (uint32_t)ar.currentline;
        return true;
    }
    return false;
}

void script_note(lua_State *L)
{
    const char *file;
    uint32_t line;
    if (script_place(L, &file, &line))
        watchdog_note(script_of(L)->dog, file, line);
}

/* `stopped` is set before raising: from then on pcall passes every error on. */
void script_charge(lua_State *L, uint64_t steps)
{
    struct script *s = script_of(L);
    s->instructions += steps;
    if (s->instructions <= s->limits.instructions)
        return;
    s->stopped = true;
    script_call_fail(L, "script.budget",
                     "look for a loop that never ends, or for work that belongs in an action",
                     "%llu instructions were spent here without coming to an end",
                     (unsigned long long)s->limits.instructions);
}

void script_check_memory(lua_State *L)
{
    struct script *s = script_of(L);
    if (arena_used(s->keep) - s->keep_base > s->limits.memory) {
        script_trace_memory(s, script_call_err(L));
        script_call_raise(L);
    }
}

/* The watchdog learns the line here, so that it can name one even when the next C call never returns. */
static void on_count(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    script_note(L);
    script_charge(L, HOOK_EVERY);
}

/* lua_newstate instead of luaL_newstate: the allocator is ours, and nothing may write warnings. */
struct script *script_new(struct script_limits limits)
{
    struct arena *own = arena_new();
    struct script *s = ARENA_NEW(own, struct script);
    s->own = s->keep = own;
    s->tmp = arena_new();
    s->main.script = s;
    s->limits.instructions = limits.instructions ? limits.instructions : INSTRUCTIONS_DEFAULT;
    s->limits.seconds = limits.seconds ? limits.seconds : SECONDS_DEFAULT;
    s->dog = watchdog_new(s->limits.seconds * 1000);
    /* Building the world is not the script's doing: the cap begins behind it. */
    s->state = lua_newstate(allocate, s);
    if (!s->state)
        abort();
    *(struct script_thread **)lua_getextraspace(s->state) = &s->main;
    script_world_open(s->state);
    script_value_open(s->state);
    s->limits.memory = limits.memory ? limits.memory : MEMORY_DEFAULT;
    lua_sethook(s->state, on_count, LUA_MASKCOUNT, HOOK_EVERY);
    return s;
}

void script_rest(struct script *s)
{
    watchdog_rest(s->dog);
}

void script_free(struct script *s)
{
    if (!s)
        return;
    watchdog_free(s->dog);
    lua_close(s->state);
    ARRAY_DONE(&s->files);
    arena_free(s->tmp);
    arena_free(s->own);
}

/* The function's source is anchored with the function, the function in the registry: names of files must
 * outlive what is still running when its function is collected. */
static void remember_file(struct script *s, const char *name)
{
    lua_Debug ar;
    lua_pushvalue(s->state, -1);
    lua_getinfo(s->state, ">S", &ar);
    struct script_file file = {ar.source, arena_text(s->keep, name)};
    ARRAY_PUSH(&s->files, file);
    lua_pushvalue(s->state, -1);
    luaL_ref(s->state, LUA_REGISTRYINDEX);
}

struct load {
    struct script *s;
    const char *name, *bytes;
    size_t count;
    struct err *err;
    bool ok;
};

/* Inside a protected call, because naming the chunk and anchoring the function allocate. */
static int load_inside(lua_State *L)
{
    struct load *l = lua_touserdata(L, 1);
    lua_pushfstring(L, "@%s", l->name);
    if (luaL_loadbufferx(L, l->bytes, l->count, lua_tostring(L, -1), "t") == LUA_OK) {
        remember_file(l->s, l->name);
        l->ok = true;
    } else {
        script_trace_syntax(l->s, l->name, l->bytes, l->count, lua_tostring(L, -1), l->err);
        lua_pushnil(L);
    }
    return 1;
}

bool script_load(struct script *s, const char *name, const char *bytes, size_t count, struct err *err)
{
    if (count > 0 && bytes[0] == LUA_SIGNATURE[0]) {
        err_set(err, "script.bytecode", "'%s' is compiled Lua, and only text is read", name);
        err_at(err, name, 0, 0);
        return err_advise(err, "give the source file itself");
    }
    struct load l = {.s = s, .name = name, .bytes = bytes, .count = count, .err = err};
    lua_pushcfunction(s->state, load_inside);
    lua_pushlightuserdata(s->state, &l);
    if (!script_run(s, 1, 1, err))
        return false;
    if (!l.ok)
        lua_pop(s->state, 1);
    return l.ok;
}

/* Runs while the stack of the error still stands, which lua_pcall then unwinds. */
static int on_error(lua_State *L)
{
    struct script *s = script_of(L);
    script_trace_explain(s, L, 1);
    return 1;
}

/* Lua calls no message handler for these two, so nothing has told their story yet. */
static void explain_status(struct script *s, int status)
{
    if (status == LUA_ERRMEM)
        script_trace_memory(s, &s->failure);
    else if (status == LUA_ERRERR)
        err_set(&s->failure, "script.failed", "an error while handling an error");
}

/* A nested run belongs to the outer one: were its budget new, a function of landfall.map that calls itself
 * through the model would never end. */
bool script_run(struct script *s, int args, int results, struct err *err)
{
    lua_State *L = s->state;
    int base = lua_gettop(L) - args;
    if (!lua_checkstack(L, LUA_MINSTACK)) {
        lua_settop(L, base - 1);
        script_trace_memory(s, err);
        return false;
    }
    if (s->depth++ == 0) {
        s->instructions = 0;
        s->stopped = false;
        watchdog_arm(s->dog);
    }
    lua_pushcfunction(L, on_error);
    lua_insert(L, base);
    int status = lua_pcall(L, args, results, base);
    lua_remove(L, base);
    if (--s->depth == 0)
        watchdog_disarm(s->dog);
    if (status == LUA_OK)
        return true;
    lua_pop(L, 1);
    explain_status(s, status);
    *err = s->failure;
    return false;
}

bool script_protect(struct script *s, lua_CFunction fn, void *arg, struct err *err)
{
    if (!lua_checkstack(s->state, LUA_MINSTACK)) {
        script_trace_memory(s, err);
        return false;
    }
    lua_pushcfunction(s->state, fn);
    lua_pushlightuserdata(s->state, arg);
    return script_run(s, 1, 0, err);
}

enum script_end script_resume(struct script *s, lua_State *co, int args, int *results, struct err *err)
{
    s->instructions = 0;
    s->stopped = false;
    watchdog_arm(s->dog);
    int status = lua_resume(co, s->state, args, results);
    if (status == LUA_OK)
        return SCRIPT_DONE;
    if (status == LUA_YIELD)
        return SCRIPT_WAITS;
    /* A dead coroutine keeps its stack, so the story can still be told. */
    if (status == LUA_ERRRUN)
        script_trace_explain(s, co, lua_gettop(co));
    explain_status(s, status);
    *err = s->failure;
    return SCRIPT_FAILED;
}
