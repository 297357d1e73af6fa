#include "script/script_world.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "base/str.h"
#include "script/script_call.h"
#include "script/script_parts.h"
#include "script/script_table.h"
#include "script/script_text.h"

static const char world_key;

/* Names plain Lua has and this world has not, with what to do instead. */
static const char *const absent[][2] = {
    {"os",
     "a playbook declares and does not do: no commands, files, clock or environment; put the value into the "
     "region file"},
    {"io", "read files of the project with landfall.read_csv or landfall.read_text"},
    {"print", "a playbook has no output of its own; raise with error(...) to look at a value"},
    {"next", "go through a table with pairs; its order is fixed here"},
    {"debug", "a playbook cannot look into the Lua that runs it"},
    {"load", "code is read from the project's files only: require \"lib.name\""},
    {"loadstring", "code is read from the project's files only: require \"lib.name\""},
    {"loadfile", "code is read from the project's files only: require \"lib.name\""},
    {"dofile", "code is read from the project's files only: require \"lib.name\""},
    {"package", "code is read from the project's files only: require \"lib.name\""},
    {"setmetatable", "tables are plain data here"},
    {"getmetatable", "tables are plain data here"},
    {"rawget", "tables are plain data here: write t[key]"},
    {"rawset", "tables are plain data here: write t[key] = value"},
    {"rawequal", "tables are plain data here: write a == b"},
    {"rawlen", "tables are plain data here: write #t"},
    {"collectgarbage", "memory is looked after"},
    {"coroutine", "waiting happens inside actions: ctx:each, ctx:call"},
    {"_G", "globals cannot be made; write local"},
    {"math.random", "the same inputs give the same plan: derive names from what the region says"},
    {"math.randomseed", "the same inputs give the same plan: derive names from what the region says"},
    {"string.dump", "a playbook is text"},
};

static const char *hint_for(struct arena *tmp, const char *table, const char *name)
{
    const char *full = arena_print(tmp, "%s%s%s", table, *table ? "." : "", name);
    for (size_t i = 0; i < COUNT_OF(absent); i++)
        if (strcmp(absent[i][0], full) == 0)
            return absent[i][1];
    return NULL;
}

/* The text keys of the table at `index`, which keeps them alive. */
static const char **names_of(lua_State *L, int index, struct arena *tmp, size_t *count)
{
    size_t n = 0, room = 0;
    const char **names = NULL;
    for (int pass = 0; pass < 2; pass++) {
        if (pass)
            names = ARENA_ARRAY(tmp, const char *, room);
        for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
            if (lua_type(L, -2) != LUA_TSTRING)
                continue;
            if (pass)
                names[n++] = lua_tostring(L, -2);
            else
                room++;
        }
    }
    *count = n;
    return names;
}

static int name_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* upvalue 1: what the table is called, "" for the globals. */
static int missing(lua_State *L, struct arena *tmp)
{
    const char *table = lua_tostring(L, SCRIPT_UPVALUE(1));
    if (lua_type(L, 2) != LUA_TSTRING)
        return script_call_fail(L, "script.no_name", "its fields have names",
                                "'%s' has no field of this kind", table);
    const char *name = lua_tostring(L, 2), *hint = hint_for(tmp, table, name);
    size_t count;
    const char **names = names_of(L, 1, tmp, &count);
    qsort(names, count, sizeof(*names), name_order);
    const char *near = str_nearest(name, names, count);
    const char *advice =
        hint ? hint : "check how it is spelled; a name of your own needs 'local' before its use";
    if (!hint && near)
        advice = arena_print(tmp, "did you mean '%s%s%s'?", table, *table ? "." : "", near);
    if (!*table)
        return script_call_fail(L, "script.no_name", advice, "there is no '%s' here", name);
    return script_call_fail(L, "script.no_name", advice, "'%s' has no '%s'", table, name);
}

static int assigned(lua_State *L, struct arena *tmp)
{
    const char *table = lua_tostring(L, SCRIPT_UPVALUE(1));
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2);
    if (*table)
        return script_call_fail(L, "script.read_only", "copy what you need into a local table of your own",
                                "'%s' can only be read, and '%s' is assigned", table, name);
    bool function = lua_type(L, 3) == LUA_TFUNCTION;
    const char *advice = function ? arena_print(tmp, "write 'local function %s(...)'", name)
                                  : arena_print(tmp, "write 'local %s = ...'", name);
    return script_call_fail(L, "script.global", advice,
                            "the global '%s' is assigned, and a script makes no globals", name);
}

static const struct script_word missing_word = {"missing", missing};
static const struct script_word assigned_word = {"assigned", assigned};

/* Two tables deep: the outer one is empty, so that assigning always meets the metatable. */
void script_world_seal(lua_State *L, const char *what)
{
    lua_newtable(L);
    lua_pushstring(L, what);
    script_call_push(L, &missing_word, 1);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);

    lua_newtable(L);
    lua_newtable(L);
    lua_pushvalue(L, -3);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "__index");
    lua_setfield(L, -2, "__view");
    lua_pushstring(L, what);
    script_call_push(L, &assigned_word, 1);
    lua_setfield(L, -2, "__newindex");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_remove(L, -2);
}

void script_world_add(lua_State *L, const char *name)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &world_key);
    lua_insert(L, -2);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

/* Moves the named functions of the library on the stack into a new table, which takes its place. */
static void allow(lua_State *L, const char *const *names)
{
    lua_newtable(L);
    for (; *names; names++) {
        lua_getfield(L, -2, *names);
        lua_setfield(L, -2, *names);
    }
    lua_remove(L, -2);
}

/* A handle says what it is; Lua's own answer would be userdata for all of them. */
static int type_word(lua_State *L, struct arena *tmp)
{
    (void)tmp;
    luaL_checkany(L, 1);
    if (lua_type(L, 1) == LUA_TUSERDATA && luaL_getmetafield(L, 1, "__name") == LUA_TSTRING)
        return 1;
    lua_pushstring(L, luaL_typename(L, 1));
    return 1;
}

static int tostring_word(lua_State *L, struct arena *tmp)
{
    (void)tmp;
    luaL_checkany(L, 1);
    script_call_refuse(L, 1, "tostring");
    script_text_push(L, 1);
    return 1;
}

static int tonumber_word(lua_State *L, struct arena *tmp)
{
    (void)tmp;
    script_call_refuse(L, 1, "tonumber");
    lua_pushvalue(L, SCRIPT_UPVALUE(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

/* An error that must not be caught goes on its way. */
static int caught(lua_State *L, int status, lua_KContext first)
{
    if (status == LUA_OK || status == LUA_YIELD)
        return lua_gettop(L) - (int)first;
    if (status == LUA_ERRMEM || script_is_stopped(script_of(L)))
        return lua_error(L);
    lua_pushboolean(L, 0);
    lua_pushvalue(L, -2);
    return 2;
}

/* pcall and xpcall stand outside the words: a word cannot be left by a yield and come back. */
static int protected_call(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushboolean(L, 1);
    lua_insert(L, 1);
    int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, caught);
    return caught(L, status, 0);
}

/* upvalue: the script's own handler.  A spent budget passes it by: no hook fires while one that raised is
 * being handled, so nothing would stop the handler. */
static int handle(lua_State *L)
{
    if (script_is_stopped(script_of(L)))
        return 1;
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

static int protected_call_with(lua_State *L)
{
    int args = lua_gettop(L);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, handle, 1);
    lua_replace(L, 2);
    lua_pushboolean(L, 1);
    lua_pushvalue(L, 1);
    lua_rotate(L, 3, 2);
    int status = lua_pcallk(L, args - 2, LUA_MULTRET, 2, 2, caught);
    return caught(L, status, 2);
}

static void add_words(lua_State *L, const struct script_word *words)
{
    for (; words->name; words++) {
        script_call_push(L, words, 0);
        lua_setfield(L, -2, words->name);
    }
}

static void open_base(lua_State *L)
{
    static const char *const names[] = {"assert", "error", "select", NULL};
    static const struct script_word words[] = {
        {"type", type_word}, {"tostring", tostring_word}, {NULL, NULL}};
    static const struct script_word number = {"tonumber", tonumber_word};
    lua_pushcfunction(L, luaopen_base);
    lua_call(L, 0, 1);
    lua_getfield(L, -1, "tonumber");
    lua_insert(L, -2);
    allow(L, names);
    struct script *s = script_of(L);
    for (size_t i = 0; i < COUNT_OF(s->raising); i++) {
        lua_getfield(L, -1, names[i]);
        s->raising[i] = lua_tocfunction(L, -1);
        lua_pop(L, 1);
    }
    add_words(L, words);
    script_table_add_walks(L);
    lua_insert(L, -2);
    script_call_push(L, &number, 1);
    lua_setfield(L, -2, "tonumber");
    lua_pushcfunction(L, protected_call);
    lua_setfield(L, -2, "pcall");
    lua_pushcfunction(L, protected_call_with);
    lua_setfield(L, -2, "xpcall");
}

static void open_math(lua_State *L)
{
    /* No random (plans repeat) and nothing whose last digit depends on the C library. */
    static const char *const names[] = {"abs",        "ceil", "floor",      "fmod", "huge", "max",
                                        "maxinteger", "min",  "mininteger", "modf", "pi",   "sqrt",
                                        "tointeger",  "type", "ult",        NULL};
    lua_pushcfunction(L, luaopen_math);
    lua_call(L, 0, 1);
    allow(L, names);
    script_world_seal(L, "math");
}

/* Lua's own library stays reachable for nobody: the metatable of texts is pointed at the sealed one. */
static void open_string(lua_State *L)
{
    static const char *const names[] = {"byte", "char", "len", "lower", "reverse", "sub", "upper", NULL};
    lua_pushcfunction(L, luaopen_string);
    lua_call(L, 0, 1);
    lua_getfield(L, -1, "format");
    lua_getfield(L, -2, "rep");
    lua_rotate(L, -3, 2);
    allow(L, names);
    lua_rotate(L, -3, 1);
    script_text_add(L);
    script_world_seal(L, "string");
    /* Methods of texts come from the sealed table too. */
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 2);
}

static void open_table(lua_State *L)
{
    static const char *const names[] = {"insert", "pack", "remove", "unpack", NULL};
    lua_pushcfunction(L, luaopen_table);
    lua_call(L, 0, 1);
    lua_getfield(L, -1, "concat");
    lua_getfield(L, -2, "move");
    lua_rotate(L, -3, 2);
    allow(L, names);
    lua_rotate(L, -3, 1);
    script_table_add(L);
    script_world_seal(L, "table");
}

/* The globals Lua itself made are dropped as a whole; only what was moved into the new table can be named. */
void script_world_open(lua_State *L)
{
    open_base(L);
    open_math(L);
    lua_setfield(L, -2, "math");
    open_string(L);
    lua_setfield(L, -2, "string");
    open_table(L);
    lua_setfield(L, -2, "table");
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &world_key);
    script_world_seal(L, "");
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
}
