#include "script/script_call.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "script/script_parts.h"

/* Every word is called through here: one place that finds it and empties its memory. */
static int dispatch(lua_State *L)
{
    const struct script_word *word = lua_touserdata(L, lua_upvalueindex(1));
    struct arena *tmp = script_of(L)->tmp;
    arena_reset(tmp);
    return word->fn(L, tmp);
}

/* The word is const and Lua's pointer is not; nothing ever writes through it. */
static void *unconst(const void *p)
{
    union {
        const void *in;
        void *out;
    } u = {.in = p};
    return u.out;
}

void script_call_push(lua_State *L, const struct script_word *word, int upvalues)
{
    lua_pushlightuserdata(L, unconst(word));
    lua_insert(L, -1 - upvalues);
    lua_pushcclosure(L, dispatch, upvalues + 1);
}

/* What a person reads for each of Lua's metamethods. */
static const char *const operators[][2] = {
    {"__add", "+"},  {"__sub", "-"},   {"__mul", "*"},      {"__div", "/"}, {"__mod", "%"},  {"__pow", "^"},
    {"__unm", "-"},  {"__idiv", "//"}, {"__band", "&"},     {"__bor", "|"}, {"__bxor", "~"}, {"__shl", "<<"},
    {"__shr", ">>"}, {"__bnot", "~"},  {"__concat", ".."},  {"__len", "#"}, {"__eq", "=="},  {"__lt", "<"},
    {"__le", "<="},  {"__call", "()"}, {"__newindex", "="},
};

/* One side of the operator is of the type that refuses; the other may be anything. */
static int refuse_operator(lua_State *L)
{
    const char *what = lua_tostring(L, lua_upvalueindex(1));
    script_call_refuse(L, 1, what);
    script_call_refuse(L, 2, what);
    return luaL_error(L, "'%s' has no meaning here", what);
}

/* Operators the type does not have would else give Lua's own message, which knows no advice. */
static void add_refusals(lua_State *L, const struct script_type *type)
{
    if (!type->refuse)
        return;
    script_call_push(L, type->refuse, 0);
    lua_setfield(L, -2, "__refuse");
    for (size_t i = 0; i < COUNT_OF(operators); i++) {
        bool own = lua_getfield(L, -1, operators[i][0]) != LUA_TNIL;
        lua_pop(L, 1);
        if (own)
            continue;
        lua_pushstring(L, operators[i][1]);
        lua_pushcclosure(L, refuse_operator, 1);
        lua_setfield(L, -2, operators[i][0]);
    }
}

/* Types are known by the address of their description, not by name: a script can reach neither. */
void script_call_add_type(lua_State *L, const struct script_type *type)
{
    lua_newtable(L);
    lua_pushstring(L, type->name);
    lua_setfield(L, -2, "__name");
    for (const struct script_word *w = type->words; w && w->name; w++) {
        script_call_push(L, w, 0);
        lua_setfield(L, -2, w->name);
    }
    add_refusals(L, type);
    lua_rawsetp(L, LUA_REGISTRYINDEX, type);
}

void *script_call_new(lua_State *L, const struct script_type *type, size_t size)
{
    void *made = lua_newuserdatauv(L, size, 0);
    memset(made, 0, size);
    lua_rawgetp(L, LUA_REGISTRYINDEX, type);
    lua_setmetatable(L, -2);
    return made;
}

void *script_call_test(lua_State *L, int index, const struct script_type *type)
{
    if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index))
        return NULL;
    lua_rawgetp(L, LUA_REGISTRYINDEX, type);
    bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same ? lua_touserdata(L, index) : NULL;
}

struct err *script_call_err(lua_State *L)
{
    return &script_of(L)->raised;
}

/* Lua carries a text only; the whole error waits in the script and is matched with that text when it arrives
 * (script_trace.c).  A pcall of the script sees the text. */
int script_call_raise(lua_State *L)
{
    struct err *e = script_call_err(L);
    const char *file;
    uint32_t line;
    if (!e->where[0] && script_place(L, &file, &line))
        err_at(e, file, line, 0);
    if (e->where[0])
        lua_pushfstring(L, "%s: %s", e->where, e->summary);
    else
        lua_pushstring(L, e->summary);
    return lua_error(L);
}

/* Formatted first: an argument may be a part of the error that is about to be overwritten. */
int script_call_fail(lua_State *L, const char *code, const char *advice, const char *fmt, ...)
{
    char summary[sizeof(((struct err *)0)->summary)];
    va_list args;
    va_start(args, fmt);
    vsnprintf(summary, sizeof(summary), fmt, args);
    va_end(args);
    struct err *e = script_call_err(L);
    err_set(e, code, "%s", summary);
    if (advice)
        err_advise(e, "%s", advice);
    return script_call_raise(L);
}

void script_call_refuse(lua_State *L, int index, const char *what)
{
    if (lua_type(L, index) != LUA_TUSERDATA)
        return;
    index = lua_absindex(L, index);
    if (luaL_getmetafield(L, index, "__refuse") == LUA_TNIL)
        return;
    lua_pushvalue(L, index);
    lua_pushstring(L, what);
    lua_call(L, 2, 0);
}

/* "text", "nil", "reference": what an argument is, in the words of errors. */
static const char *type_name(lua_State *L, int index)
{
    if (lua_type(L, index) == LUA_TUSERDATA && luaL_getmetafield(L, index, "__name") == LUA_TSTRING) {
        const char *name = lua_tostring(L, -1);
        lua_pop(L, 1); /* the type keeps it */
        return name;
    }
    return lua_type(L, index) == LUA_TSTRING ? "text" : luaL_typename(L, index);
}

const char *script_call_text(lua_State *L, int index, const char *word, const char *example)
{
    if (lua_type(L, index) != LUA_TSTRING)
        script_call_fail(L, "script.argument", example, "%s takes a text here, not %s", word,
                         type_name(L, index));
    return lua_tostring(L, index);
}

void script_call_table(lua_State *L, int index, const char *word, const char *example)
{
    if (lua_type(L, index) != LUA_TTABLE)
        script_call_fail(L, "script.argument", example, "%s takes a table here, not %s", word,
                         type_name(L, index));
}

/* As script.c's handler; the frames between here and the error are gone once lua_pcall returns. */
static int explain(lua_State *L)
{
    struct script *s = script_of(L);
    script_trace_explain(s, L, 1);
    return 1;
}

bool script_call_guarded(lua_State *L, int args, int results)
{
    int base = lua_gettop(L) - args;
    lua_pushcfunction(L, explain);
    lua_insert(L, base);
    int status = lua_pcall(L, args, results, base);
    lua_remove(L, base);
    return status == LUA_OK;
}
