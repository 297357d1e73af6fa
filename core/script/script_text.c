#include "script/script_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/arena.h"
#include "script/script.h"
#include "script/script_call.h"
#include "script/script_pattern.h"

/* No text a playbook needs is larger; the memory cap alone would let one call run for seconds. */
#define REP_MAX ((size_t)16 * 1024 * 1024)

void script_text_push(lua_State *L, int index)
{
    switch (lua_type(L, index)) {
    case LUA_TNIL:
    case LUA_TBOOLEAN:
    case LUA_TNUMBER:
    case LUA_TSTRING:
        luaL_tolstring(L, index, NULL);
        break;
    case LUA_TUSERDATA:
        if (luaL_getmetafield(L, index, "__name") == LUA_TSTRING)
            break;
        /* fall through */
    default:
        lua_pushstring(L, luaL_typename(L, index));
    }
}

/* Divides instead of multiplying, which could overflow. */
static int rep_word(lua_State *L, struct arena *tmp)
{
    (void)tmp;
    size_t count, between;
    luaL_checklstring(L, 1, &count);
    lua_Integer times = luaL_checkinteger(L, 2);
    luaL_optlstring(L, 3, "", &between);
    if (times > 0 && count + between > 0 && (size_t)times > REP_MAX / (count + between))
        script_call_fail(L, "script.size", "write less, or into several texts",
                         "string.rep would make a text of more than %zu MiB", REP_MAX / (1024 * 1024));
    lua_pushvalue(L, SCRIPT_UPVALUE(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

/* Arguments whose address would show are replaced by their kind before Lua's own format sees them. */
static int format_word(lua_State *L, struct arena *tmp)
{
    (void)tmp;
    const char *at = luaL_checkstring(L, 1);
    int arg = 1;
    while ((at = strchr(at, '%')) != NULL) {
        at += 1 + strspn(at + 1, "-+ #0123456789.");
        if (*at == '\0')
            break;
        if (*at++ == '%')
            continue;
        if (at[-1] == 'p')
            script_call_fail(L, "script.argument", "use %s", "string.format knows no '%%p' here");
        if (++arg > lua_gettop(L))
            break;
        script_call_refuse(L, arg, "string.format");
        if (at[-1] == 's' && lua_type(L, arg) != LUA_TSTRING) {
            script_text_push(L, arg);
            lua_replace(L, arg);
        }
    }
    lua_pushvalue(L, SCRIPT_UPVALUE(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

/* Where the search begins, counted from 0; false: behind the end. */
static bool start_of(lua_State *L, int arg, size_t count, size_t *out)
{
    lua_Integer at = luaL_optinteger(L, arg, 1);
    if (at < 0)
        at = (lua_Unsigned)count >= (lua_Unsigned)0 - (lua_Unsigned)at ? (lua_Integer)count + at + 1 : 1;
    if (at == 0)
        at = 1;
    *out = (size_t)at - 1;
    return *out <= count;
}

static int find_plain(lua_State *L, const char *text, size_t count, const char *what, size_t length,
                      size_t start)
{
    const char *found = memmem(text + start, count - start, what, length);
    if (!found) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, found - text + 1);
    lua_pushinteger(L, found - text + (lua_Integer)length);
    return 2;
}

/* As in Lua: such a pattern is searched for as it is, and a lone ')' or ']' is plain. */
static bool is_plain(const char *pattern, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (pattern[i] == '\0' || strchr("^$*+?.([%-", pattern[i]))
            return false;
    return true;
}

/* find and match differ in what they give back only. */
static int search(lua_State *L, bool find)
{
    size_t count, length, start;
    const char *text = luaL_checklstring(L, 1, &count), *pattern = luaL_checklstring(L, 2, &length);
    if (!start_of(L, 3, count, &start)) {
        lua_pushnil(L);
        return 1;
    }
    if (find && (lua_toboolean(L, 4) || is_plain(pattern, length)))
        return find_plain(L, text, count, pattern, length, start);
    struct script_pattern m;
    script_pattern_init(&m, L, text, count, pattern, length);
    bool anchored = length > 0 && *pattern == '^';
    const char *from = text + start;
    do {
        const char *to = script_pattern_match(&m, from, pattern + anchored);
        if (to) {
            script_charge(L, m.steps);
            if (!find)
                return script_pattern_push_all(&m, from, to);
            lua_pushinteger(L, from - text + 1);
            lua_pushinteger(L, to - text);
            return script_pattern_push_all(&m, NULL, NULL) + 2;
        }
    } while (from++ < m.text_end && !anchored);
    script_charge(L, m.steps);
    lua_pushnil(L);
    return 1;
}

static int find_word(lua_State *L, struct arena *tmp)
{
    (void)tmp;
    return search(L, true);
}

static int match_word(lua_State *L, struct arena *tmp)
{
    (void)tmp;
    return search(L, false);
}

/* upvalues: text, pattern, where to go on, where the last match ended (-1: none yet). */
static int gmatch_step(lua_State *L)
{
    size_t count, length;
    const char *text = lua_tolstring(L, lua_upvalueindex(1), &count);
    const char *pattern = lua_tolstring(L, lua_upvalueindex(2), &length);
    lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
    struct script_pattern m;
    script_pattern_init(&m, L, text, count, pattern, length);
    for (const char *from = text + lua_tointeger(L, lua_upvalueindex(3)); from <= m.text_end; from++) {
        const char *to = script_pattern_match(&m, from, pattern);
        if (!to || to - text == last)
            continue;
        script_charge(L, m.steps);
        lua_pushinteger(L, to - text);
        lua_pushvalue(L, -1);
        lua_replace(L, lua_upvalueindex(3));
        lua_replace(L, lua_upvalueindex(4));
        return script_pattern_push_all(&m, from, to);
    }
    script_charge(L, m.steps);
    return 0;
}

static int gmatch_word(lua_State *L, struct arena *tmp)
{
    (void)tmp;
    size_t count, start;
    luaL_checklstring(L, 1, &count);
    luaL_checkstring(L, 2);
    if (!start_of(L, 3, count, &start))
        start = count + 1;
    lua_settop(L, 2);
    lua_pushinteger(L, (lua_Integer)start);
    lua_pushinteger(L, -1);
    lua_pushcclosure(L, gmatch_step, 4);
    return 1;
}

/* "%0" to "%9" and "%%" in a replacement text. */
static void add_text(struct script_pattern *m, luaL_Buffer *out, const char *from, const char *to)
{
    size_t count;
    const char *with = lua_tolstring(m->L, 3, &count), *end = with + count;
    for (; with < end; with++) {
        if (*with != '%') {
            luaL_addchar(out, *with);
            continue;
        }
        with++;
        if (with < end && *with == '%') {
            luaL_addchar(out, '%');
        } else if (with < end && *with == '0') {
            luaL_addlstring(out, from, (size_t)(to - from));
        } else if (with < end && *with >= '1' && *with <= '9') {
            script_pattern_push(m, (unsigned)(*with - '1'), from, to);
            luaL_tolstring(m->L, -1, NULL);
            lua_remove(m->L, -2);
            luaL_addvalue(out);
        } else {
            script_call_fail(m->L, "script.pattern", "write %% for a per cent sign",
                             "'%%' in a replacement needs a digit behind it");
        }
    }
}

/* The replacement of one match. */
static void add_replacement(struct script_pattern *m, luaL_Buffer *out, const char *from, const char *to,
                            int type)
{
    lua_State *L = m->L;
    if (type == LUA_TFUNCTION) {
        lua_pushvalue(L, 3);
        int count = script_pattern_push_all(m, from, to);
        lua_call(L, count, 1);
    } else if (type == LUA_TTABLE) {
        script_pattern_push(m, 0, from, to);
        lua_gettable(L, 3);
    } else {
        add_text(m, out, from, to);
        return;
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        luaL_addlstring(out, from, (size_t)(to - from));
        return;
    }
    script_call_refuse(L, -1, "string.gsub");
    if (!lua_isstring(L, -1))
        script_call_fail(L, "script.argument", "give a text, a number, or false to keep the match",
                         "a replacement is a %s", luaL_typename(L, -1));
    luaL_addvalue(out);
}

/* The buffer keeps a box on the stack, so what is pushed in between is popped before the next addition. */
static int gsub_word(lua_State *L, struct arena *tmp)
{
    (void)tmp;
    size_t count, length;
    const char *text = luaL_checklstring(L, 1, &count), *pattern = luaL_checklstring(L, 2, &length);
    int type = lua_type(L, 3);
    luaL_argexpected(
        L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE, 3,
        "text, table or function");
    lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)count + 1), made = 0;
    bool anchored = length > 0 && *pattern == '^';
    if (type == LUA_TNUMBER)
        lua_tostring(L, 3);
    struct script_pattern m;
    luaL_Buffer out;
    script_pattern_init(&m, L, text, count, pattern, length);
    luaL_buffinit(L, &out);
    const char *from = text, *last = NULL;
    while (made < most) {
        const char *to = script_pattern_match(&m, from, pattern + anchored);
        if (to && to != last) {
            made++;
            add_replacement(&m, &out, from, to, type);
            from = last = to;
        } else if (from < m.text_end) {
            luaL_addchar(&out, *from++);
        } else {
            break;
        }
        if (anchored)
            break;
    }
    luaL_addlstring(&out, from, (size_t)(m.text_end - from));
    luaL_pushresult(&out);
    script_charge(L, m.steps);
    lua_pushinteger(L, made);
    return 2;
}

void script_text_add(lua_State *L)
{
    static const struct script_word rep = {"rep", rep_word}, format = {"format", format_word};
    static const struct script_word words[] = {
        {"find", find_word}, {"match", match_word}, {"gmatch", gmatch_word}, {"gsub", gsub_word}};
    script_call_push(L, &rep, 1);
    lua_setfield(L, -3, "rep");
    script_call_push(L, &format, 1);
    lua_setfield(L, -2, "format");
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        script_call_push(L, &words[i], 0);
        lua_setfield(L, -2, words[i].name);
    }
}
