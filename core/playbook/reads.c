#include "playbook/reads.h"

#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/str.h"
#include "model/origins.h"
#include "playbook/playbook_state.h"
#include "region/region.h"
#include "script/script_value.h"

/* Reads between two steps; whoever goes through more has a table, and no attribute, in mind. */
#define READS_MAX 1024

static bool is_scalar(const struct value *v)
{
    return v->kind == VALUE_TEXT || v->kind == VALUE_INT || v->kind == VALUE_REAL;
}

static bool is_shrunk(const struct playbook *p, const struct value *v)
{
    const struct origin *at = origins_get(p->ask.region->origins, v->where);
    return at && at->kind == ORIGIN_SHRUNK;
}

static bool is_watched(const struct playbook *p, const struct value *map)
{
    for (size_t i = 0; i < map->count; i++)
        if (is_scalar(map->pairs[i].value) && is_shrunk(p, map->pairs[i].value))
            return true;
    return false;
}

/* The key as the map has it, which outlives Lua's. */
static const struct pair *find(const struct value *map, const char *key)
{
    size_t low = 0, high = map->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(key, map->pairs[middle].key);
        if (order == 0)
            return &map->pairs[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* Upvalues: what the table shows, and the map it was made of.  No word, since a word would empty the scratch
 * memory of the one that is reading the table. */
static int look_up(lua_State *L)
{
    struct playbook *p = playbook_of(L);
    const struct value *map = lua_touserdata(L, lua_upvalueindex(2));
    lua_settop(L, 2);
    const struct pair *pair = lua_type(L, 2) == LUA_TSTRING ? find(map, lua_tostring(L, 2)) : NULL;
    if (pair && p->evaluating && is_scalar(pair->value) && is_shrunk(p, pair->value) &&
        p->reads.count < READS_MAX) {
        struct reads_one one = {pair->key, pair->value};
        ARRAY_PUSH(&p->reads, one);
    }
    lua_rawget(L, lua_upvalueindex(1));
    return 1;
}

/* A playbook may write into its copy of the region, as into any table. */
static int put(lua_State *L)
{
    lua_settop(L, 3);
    lua_rawset(L, lua_upvalueindex(1));
    return 0;
}

/* Stack: the table with the values; an empty one that shows it takes its place. */
static void watch(lua_State *L, const struct value *map)
{
    int view = lua_gettop(L);
    lua_newtable(L);
    lua_createtable(L, 0, 4);
    lua_pushvalue(L, view);
    lua_setfield(L, -2, "__view");
    lua_pushvalue(L, view);
    /* Lua knows no const; look_up only reads it. */
    lua_pushlightuserdata(L, (void *)(uintptr_t)map);
    lua_pushcclosure(L, look_up, 2);
    lua_setfield(L, -2, "__index");
    lua_pushvalue(L, view);
    lua_pushcclosure(L, put, 1);
    lua_setfield(L, -2, "__newindex");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_remove(L, view);
}

void reads_give(lua_State *L, const struct playbook *p, const struct value *view)
{
    if (value_kind(view) != VALUE_MAP) {
        script_value_give(L, view);
        return;
    }
    luaL_checkstack(L, 6, "a value");
    lua_createtable(L, 0, (int)view->count);
    for (size_t i = 0; i < view->count; i++) {
        lua_pushstring(L, view->pairs[i].key);
        reads_give(L, p, view->pairs[i].value);
        lua_rawset(L, -3);
    }
    if (is_watched(p, view))
        watch(L, view);
}

/* A number under another name may be any number; a text that was read once and stands here is no accident. */
static uint32_t origin_of(const struct playbook *p, const struct pair *attr)
{
    uint32_t same_text = 0;
    size_t texts = 0;
    for (size_t i = p->reads.count; i > 0; i--) {
        const struct reads_one *one = &p->reads.at[i - 1];
        if (!value_equal(one->value, attr->value))
            continue;
        if (strcmp(one->key, attr->key) == 0)
            return one->value->where;
        if (attr->value->kind == VALUE_TEXT && attr->value->count > 0 && one->value->where != same_text) {
            same_text = one->value->where;
            texts++;
        }
    }
    return texts == 1 ? same_text : 0;
}

const struct value *reads_link(struct playbook *p, const struct value *attrs)
{
    struct pair *linked = NULL;
    for (size_t i = 0; p->reads.count > 0 && i < attrs->count; i++) {
        const struct pair *attr = &attrs->pairs[i];
        uint32_t where = is_scalar(attr->value) ? origin_of(p, attr) : 0;
        if (where == 0)
            continue;
        if (!linked) {
            linked = ARENA_ARRAY(p->own, struct pair, attrs->count);
            memcpy(linked, attrs->pairs, attrs->count * sizeof(*linked));
        }
        linked[i].value = value_at_origin(p->mem, attr->value, where);
    }
    p->reads.count = 0;
    return linked ? value_map(p->mem, linked, attrs->count) : attrs;
}
