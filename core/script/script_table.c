#include "script/script_table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/arena.h"
#include "script/script.h"
#include "script/script_call.h"

/* One call of a C function must stay short: the budget is looked at between calls only. */
#define MOVE_MAX   10000000
#define CONCAT_MAX ((size_t)64 * 1024 * 1024)
#define SORT_MAX   1000000

struct key {
    bool text;
    bool real;
    lua_Integer whole;
    lua_Number number;
    const char *bytes;
    size_t count;
    lua_Integer at; /* place in the table of keys */
};

static int text_order(const struct key *a, const struct key *b)
{
    size_t common = a->count < b->count ? a->count : b->count;
    int order = memcmp(a->bytes, b->bytes, common);
    return order ? order : (a->count > b->count) - (a->count < b->count);
}

/* Numbers before texts; Lua keeps a float key only where no integer equals it, so no two keys are equal. */
static int key_order(const void *left, const void *right)
{
    const struct key *a = left, *b = right;
    if (a->text != b->text)
        return a->text - b->text;
    if (a->text)
        return text_order(a, b);
    if (!a->real && !b->real)
        return (a->whole > b->whole) - (a->whole < b->whole);
    return (a->number > b->number) - (a->number < b->number);
}

static struct key key_of(lua_State *L, int index, lua_Integer at)
{
    struct key k = {.at = at};
    if (lua_type(L, index) == LUA_TSTRING) {
        k.text = true;
        k.bytes = lua_tolstring(L, index, &k.count);
    } else if (lua_type(L, index) == LUA_TNUMBER) {
        k.real = !lua_isinteger(L, index);
        k.whole = k.real ? 0 : lua_tointeger(L, index);
        k.number = lua_tonumber(L, index);
    } else {
        script_call_fail(L, "script.key", "use texts or numbers as keys",
                         "pairs cannot put a key of the kind %s in order", luaL_typename(L, index));
    }
    return k;
}

/* Counting first keeps the keys in one piece of scratch memory. */
static size_t count_keys(lua_State *L, int table)
{
    size_t count = 0;
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1))
        count++;
    return count;
}

/* Pushes a list of the table's keys in order.  The list anchors the keys, so that the loop may remove them
 * from the table. */
static void push_keys(lua_State *L, int table, struct arena *tmp)
{
    size_t count = count_keys(L, table), n = 0;
    struct key *keys = ARENA_ARRAY(tmp, struct key, count);
    bool sorted = true;
    lua_createtable(L, (int)count, 0);
    int unsorted = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        lua_rawseti(L, unsorted, (lua_Integer)n + 1);
        keys[n] = key_of(L, -2, (lua_Integer)n + 1);
        sorted = sorted && (n == 0 || key_order(&keys[n - 1], &keys[n]) < 0);
        n++;
    }
    if (sorted)
        return;
    qsort(keys, n, sizeof(*keys), key_order);
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, unsorted, keys[i].at);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_remove(L, unsorted);
}

/* upvalues: the table, its keys, how many were given.  A key whose value is gone by now is left out. */
static int pairs_step(lua_State *L)
{
    lua_Integer at = lua_tointeger(L, lua_upvalueindex(3));
    while (lua_rawgeti(L, lua_upvalueindex(2), ++at) != LUA_TNIL) {
        lua_pushvalue(L, -1);
        if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) {
            lua_pushinteger(L, at);
            lua_replace(L, lua_upvalueindex(3));
            return 2;
        }
        lua_pop(L, 2);
    }
    return 0;
}

/* Replaces it by what it shows: a sealed table is empty itself, and a handle may make a table to be gone
 * through. */
static void open_view(lua_State *L)
{
    int type = luaL_getmetafield(L, 1, "__view");
    if (type == LUA_TNIL)
        return;
    if (type == LUA_TFUNCTION) {
        lua_pushvalue(L, 1);
        lua_call(L, 1, 1);
    }
    lua_replace(L, 1);
}

static int pairs_word(lua_State *L, struct arena *tmp)
{
    luaL_checkany(L, 1);
    if (luaL_getmetafield(L, 1, "__view") == LUA_TNIL)
        script_call_refuse(L, 1, "pairs");
    lua_settop(L, 1);
    open_view(L);
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    push_keys(L, 1, tmp);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, pairs_step, 3);
    return 1;
}

/* Raw: no table of a script has an __index of its own, and views are gone through with pairs. */
static int ipairs_step(lua_State *L)
{
    lua_Integer at = luaL_checkinteger(L, 2) + 1;
    lua_pushinteger(L, at);
    return lua_rawgeti(L, 1, at) == LUA_TNIL ? 1 : 2;
}

static int ipairs_word(lua_State *L, struct arena *tmp)
{
    (void)tmp;
    luaL_checkany(L, 1);
    script_call_refuse(L, 1, "ipairs");
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_pushcfunction(L, ipairs_step);
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    return 3;
}

void script_table_add_walks(lua_State *L)
{
    static const struct script_word words[] = {{"pairs", pairs_word}, {"ipairs", ipairs_word}};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        script_call_push(L, &words[i], 0);
        lua_setfield(L, -2, words[i].name);
    }
}

/* upvalue 1: Lua's own, which joins texts and numbers only; this one says what to do about the rest. */
static int concat_word(lua_State *L, struct arena *tmp)
{
    (void)tmp;
    luaL_checktype(L, 1, LUA_TTABLE);
    size_t between, total = 0;
    luaL_optlstring(L, 2, "", &between);
    lua_Integer first = luaL_optinteger(L, 3, 1), last = luaL_optinteger(L, 4, (lua_Integer)lua_rawlen(L, 1));
    for (lua_Integer i = first; i <= last && i >= first; i++) {
        int type = lua_rawgeti(L, 1, i);
        script_call_refuse(L, -1, "table.concat");
        if (type != LUA_TSTRING && type != LUA_TNUMBER)
            script_call_fail(L, "script.argument", "join texts and numbers only",
                             "table.concat found %s at place %lld", lua_typename(L, type), (long long)i);
        total += between + (type == LUA_TSTRING ? lua_rawlen(L, -1) : 0);
        lua_pop(L, 1);
        if (total > CONCAT_MAX)
            script_call_fail(L, "script.size", "write less, or into several texts",
                             "table.concat would make more than %zu bytes", CONCAT_MAX);
    }
    lua_pushvalue(L, SCRIPT_UPVALUE(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

/* The difference is unsigned, because last - first may overflow. */
static int move_word(lua_State *L, struct arena *tmp)
{
    (void)tmp;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer first = luaL_checkinteger(L, 2), last = luaL_checkinteger(L, 3);
    if (last >= first && (lua_Unsigned)last - (lua_Unsigned)first >= MOVE_MAX)
        script_call_fail(L, "script.size", "move the items that are there",
                         "table.move would move more than %d items", MOVE_MAX);
    lua_pushvalue(L, SCRIPT_UPVALUE(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

/* Is what lies at -1 before what lies at -2? */
static bool is_before(lua_State *L, bool has_order)
{
    if (!has_order)
        return lua_compare(L, -1, -2, LUA_OPLT);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -4);
    lua_call(L, 2, 1);
    bool before = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return before;
}

/* Two sorted runs of `from` into `to`; equal items keep their order. */
static void merge(lua_State *L, int from, int to, lua_Integer start, lua_Integer middle, lua_Integer end)
{
    bool has_order = !lua_isnil(L, 2);
    lua_Integer a = start, b = middle;
    for (lua_Integer out = start; out < end; out++) {
        bool second = a >= middle;
        if (!second && b < end) {
            lua_rawgeti(L, from, a);
            lua_rawgeti(L, from, b);
            second = is_before(L, has_order);
            lua_pop(L, 2);
        }
        lua_rawgeti(L, from, second ? b++ : a++);
        lua_rawseti(L, to, out);
    }
}

/* A merge sort from the bottom up.  Lua's own sort picks its pivots by the clock, so that items that compare
 * equal would come out in another order on another day, and with them the plan. */
static int sort_word(lua_State *L, struct arena *tmp)
{
    (void)tmp;
    luaL_checktype(L, 1, LUA_TTABLE);
    if (!lua_isnoneornil(L, 2))
        luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    lua_Integer n = (lua_Integer)lua_rawlen(L, 1);
    if (n > SORT_MAX)
        script_call_fail(L, "script.size", "sort it before it reaches the playbook",
                         "table.sort takes up to %d items", SORT_MAX);
    script_charge(L, (uint64_t)n);
    lua_createtable(L, (int)n, 0);
    int from = 1, to = 3;
    for (lua_Integer width = 1; width < n; width *= 2) {
        for (lua_Integer start = 1; start <= n; start += 2 * width) {
            lua_Integer middle = start + width <= n ? start + width : n + 1;
            lua_Integer end = start + 2 * width <= n ? start + 2 * width : n + 1;
            merge(L, from, to, start, middle, end);
        }
        script_charge(L, (uint64_t)n);
        from = 4 - from;
        to = 4 - to;
    }
    for (lua_Integer i = 1; from == 3 && i <= n; i++) {
        lua_rawgeti(L, 3, i);
        lua_rawseti(L, 1, i);
    }
    return 0;
}

void script_table_add(lua_State *L)
{
    static const struct script_word move = {"move", move_word}, concat = {"concat", concat_word},
                                    sort = {"sort", sort_word};
    script_call_push(L, &move, 1);
    lua_setfield(L, -3, "move");
    script_call_push(L, &concat, 1);
    lua_setfield(L, -2, "concat");
    script_call_push(L, &sort, 0);
    lua_setfield(L, -2, "sort");
}
