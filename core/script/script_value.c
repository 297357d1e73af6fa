#include "script/script_value.h"

#include <math.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/buf.h"
#include "base/str.h"
#include "model/schema.h"
#include "model/value.h"
#include "model/value_json.h"
#include "script/script_call.h"
#include "script/script_parts.h"

#define DEPTH_MAX  VALUE_JSON_DEPTH
#define ITEMS_MAX  1000000
#define FIRST_ROOM 16

/* Addresses of these mark entries of the registry. */
static const char intern_key;

/* Where in the table the walk is: a chain on the stack, printed only when there is something to say. */
struct place {
    const struct place *up;
    const char *key;
    lua_Integer index;
    unsigned depth;
};

/* What the schema says about the value at a place; only empty tables need it. */
struct hint {
    enum value_kind kind;
    const struct schema *of;
    enum value_kind of_kind;
};

struct taking {
    lua_State *L;
    struct arena *mem, *tmp;
    const struct script_value_rules *rules;
    size_t items;
};

static const struct value *take(struct taking *t, int index, struct hint hint, const struct place *at);

static int secret_refuse(lua_State *L, struct arena *tmp)
{
    (void)tmp;
    return script_call_fail(
        L, "script.secret",
        "pass the secret to an attribute of its own, as it is: a playbook never sees inside",
        "'%s' was tried on a secret", lua_tostring(L, 2));
}

static const struct script_word secret_refuse_word = {"refuse", secret_refuse};
static const struct script_type secret_type = {"secret", NULL, &secret_refuse_word};

static void print_place(struct buf *out, const struct place *at)
{
    if (!at || !at->up)
        return;
    print_place(out, at->up);
    if (at->key)
        buf_print(out, "%s%s", at->up->up ? "." : "", at->key);
    else
        buf_print(out, "[%lld]", (long long)at->index);
}

/* The path is printed as the script would write it, lists from 1. */
static int refuse(struct taking *t, const struct place *at, const char *advice, const char *why)
{
    struct buf path;
    buf_init(&path, 200);
    print_place(&path, at);
    bool inside = path.count > 0;
    err_set(script_call_err(t->L), "script.value", "%s: %s%s%s%s", t->rules->what, inside ? "'" : "", path.at,
            inside ? "' " : "", why);
    buf_done(&path);
    err_advise(script_call_err(t->L), "%s", advice);
    return script_call_raise(t->L);
}

static struct hint hint_of(const struct schema_attr *a)
{
    return a ? (struct hint){a->kind, a->of, a->of_kind} : (struct hint){.kind = VALUE_ANY};
}

static struct hint hint_of_pair(struct hint map, const char *key)
{
    if (map.of)
        return hint_of(schema_find(map.of, key));
    return (struct hint){.kind = map.of_kind};
}

static struct hint hint_of_item(struct hint list)
{
    return (struct hint){.kind = list.of ? VALUE_MAP : list.of_kind, .of = list.of};
}

/* Checked here, once, so that no value further up holds a NUL or broken UTF-8. */
static const struct value *take_text(struct taking *t, int index, const struct place *at)
{
    size_t count;
    const char *text = lua_tolstring(t->L, index, &count);
    if (!str_is_utf8(text, count))
        refuse(t, at, "write text as UTF-8; bytes belong in a file", "is no UTF-8 text, or holds a NUL");
    return value_text_n(t->mem, text, count);
}

static const struct value *take_number(struct taking *t, int index, const struct place *at)
{
    if (lua_isinteger(t->L, index))
        return value_int(t->mem, lua_tointeger(t->L, index));
    double d = lua_tonumber(t->L, index);
    if (!isfinite(d))
        refuse(t, at, "look at the division that made it", "is no number (infinite, or 0/0)");
    return value_real(t->mem, d);
}

static const struct value *take_userdata(struct taking *t, int index, const struct place *at)
{
    const struct value *const *secret = script_call_test(t->L, index, &secret_type);
    if (secret)
        return *secret;
    const struct script *s = script_of(t->L);
    const struct value *v = s->userdata ? s->userdata(t->L, index, t->mem) : NULL;
    if (!v)
        refuse(t, at, "pass texts, numbers, booleans, tables of them, or attributes of steps",
               "cannot be passed as a value");
    return v;
}

/* `n` is the border Lua found; every key must lie below it and none may be missing. */
static const struct value *take_list(struct taking *t, int index, size_t n, struct hint hint,
                                     const struct place *at)
{
    const struct value **items = ARENA_ARRAY(t->tmp, const struct value *, n);
    size_t seen = 0;
    lua_pushnil(t->L);
    while (lua_next(t->L, index)) {
        int whole;
        lua_Integer key = lua_tointegerx(t->L, -2, &whole);
        if (lua_type(t->L, -2) == LUA_TSTRING)
            refuse(t, at, "make it a list ({ a, b }) or a map ({ x = a, y = b })", "mixes a list and a map");
        if (!whole || key < 1 || (size_t)key > n)
            refuse(t, at, "number the items 1, 2, 3, ... and leave none out", "is a list with holes");
        items[key - 1] = take(t, lua_gettop(t->L), hint_of_item(hint),
                              &(struct place){.up = at, .index = key, .depth = at->depth + 1});
        seen++;
        lua_pop(t->L, 1);
    }
    if (seen != n)
        refuse(t, at, "number the items 1, 2, 3, ... and leave none out (a nil in it is a hole)",
               "is a list with holes");
    return value_list(t->mem, items, n);
}

static bool is_skipped(const struct taking *t, const struct place *at, const char *key)
{
    if (at->up || !t->rules->skip)
        return false;
    for (const char *const *skip = t->rules->skip; *skip; skip++)
        if (strcmp(*skip, key) == 0)
            return true;
    return false;
}

/* Pairs are collected in scratch memory and sorted by value_map: the order of lua_next, which differs from
 * run to run, ends here. */
static const struct value *take_map(struct taking *t, int index, struct hint hint, const struct place *at)
{
    struct pair few[FIRST_ROOM], *pairs = few;
    size_t count = 0, room = FIRST_ROOM;
    lua_pushnil(t->L);
    while (lua_next(t->L, index)) {
        if (lua_type(t->L, -2) != LUA_TSTRING)
            refuse(t, at, "keys are texts; items of a list are numbered 1, 2, 3, ...",
                   lua_isinteger(t->L, -2) ? (count ? "mixes a list and a map" : "is a list with holes")
                                           : "has a key that is no text");
        const char *key = script_value_key(t->L, -2);
        if (!is_skipped(t, at, key)) {
            if (count == room) {
                struct pair *more = ARENA_ARRAY(t->tmp, struct pair, room * 2);
                memcpy(more, pairs, count * sizeof(*pairs));
                pairs = more;
                room *= 2;
            }
            const struct value *v = take(t, lua_gettop(t->L), hint_of_pair(hint, key),
                                         &(struct place){.up = at, .key = key, .depth = at->depth + 1});
            pairs[count++] = (struct pair){key, v};
        }
        lua_pop(t->L, 1);
    }
    if (count == 0 && hint.kind != VALUE_MAP)
        return value_list(t->mem, NULL, 0);
    return value_map(t->mem, pairs, count);
}

/* A sealed table such as landfall.region: what it shows counts; subsystems show nothing.  Stack: its
 * metatable. */
static const struct value *take_view(struct taking *t, struct hint hint, const struct place *at)
{
    if (lua_getfield(t->L, -1, "__view") != LUA_TTABLE)
        refuse(t, at, "pass an attribute of one of its steps",
               "is a subsystem, which cannot be passed as a value");
    int view = lua_gettop(t->L);
    size_t n = lua_rawlen(t->L, view);
    const struct value *v = n > 0 ? take_list(t, view, n, hint, at) : take_map(t, view, hint, at);
    lua_pop(t->L, 2);
    return v;
}

/* lua_rawlen gives some border of a list with holes; take_list then counts what is really there. */
static const struct value *take_table(struct taking *t, int index, struct hint hint, const struct place *at)
{
    if (at->depth > DEPTH_MAX)
        refuse(t, at->up, "does a table hold itself?", "is nested too deeply");
    luaL_checkstack(t->L, 8, "a table");
    script_check_memory(t->L);
    if (lua_getmetatable(t->L, index))
        return take_view(t, hint, at);
    size_t n = lua_rawlen(t->L, index);
    return n > 0 ? take_list(t, index, n, hint, at) : take_map(t, index, hint, at);
}

static const struct value *take(struct taking *t, int index, struct hint hint, const struct place *at)
{
    if (++t->items > ITEMS_MAX)
        refuse(t, at, "put data of this size into a file", "holds more than 1000000 items");
    switch (lua_type(t->L, index)) {
    case LUA_TNIL:
        return value_null();
    case LUA_TBOOLEAN:
        return value_bool(lua_toboolean(t->L, index));
    case LUA_TNUMBER:
        return take_number(t, index, at);
    case LUA_TSTRING:
        return take_text(t, index, at);
    case LUA_TTABLE:
        return take_table(t, index, hint, at);
    case LUA_TUSERDATA:
        return take_userdata(t, index, at);
    default:
        refuse(t, at, "pass its result", "is a function, which cannot be passed as a value");
        return NULL;
    }
}

const struct value *script_value_take(lua_State *L, int index, struct arena *mem,
                                      const struct script_value_rules *rules)
{
    struct taking t = {.L = L, .mem = mem, .tmp = script_of(L)->tmp, .rules = rules};
    struct hint hint = {.kind = rules->schema ? VALUE_MAP : VALUE_ANY, .of = rules->schema};
    return take(&t, lua_absindex(L, index), hint, &(struct place){.up = NULL});
}

/* Few different keys make up many maps, and Lua holds equal short texts once: a table from Lua's text to ours
 * costs one look-up a key and no copy. */
const char *script_value_key(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &intern_key);
    lua_pushvalue(L, index);
    lua_rawget(L, -2);
    char *text = lua_touserdata(L, -1);
    if (!text) {
        size_t count;
        const char *raw = lua_tolstring(L, index, &count);
        if (memchr(raw, '\0', count) || !str_is_nfc_safe(raw, count))
            script_call_fail(L, "script.value", "write it as UTF-8 in composed form (NFC)",
                             "a key is no UTF-8 text, or two keys that differ may look alike");
        lua_pushvalue(L, index);
        text = arena_text_n(script_of(L)->keep, raw, count);
        lua_pushlightuserdata(L, text);
        lua_rawset(L, -4);
    }
    lua_pop(L, 2);
    return text;
}

/* The handle may outlive the value it came from, such as the reply of a call. */
static void give_secret(lua_State *L, const struct value *v)
{
    const struct value **secret = script_call_new(L, &secret_type, sizeof(*secret));
    *secret = value_copy(script_of(L)->keep, v);
}

void script_value_give(lua_State *L, const struct value *v)
{
    luaL_checkstack(L, 4, "a value");
    switch (value_kind(v)) {
    case VALUE_NULL:
        lua_pushnil(L);
        break;
    case VALUE_BOOL:
        lua_pushboolean(L, v->truth);
        break;
    case VALUE_INT:
        lua_pushinteger(L, v->number);
        break;
    case VALUE_REAL:
        lua_pushnumber(L, v->real);
        break;
    case VALUE_TEXT:
        lua_pushlstring(L, v->text, v->count);
        break;
    case VALUE_LIST:
        lua_createtable(L, (int)v->count, 0);
        for (size_t i = 0; i < v->count; i++) {
            script_value_give(L, v->items[i]);
            lua_rawseti(L, -2, (lua_Integer)i + 1);
        }
        break;
    case VALUE_MAP:
        lua_createtable(L, 0, (int)v->count);
        for (size_t i = 0; i < v->count; i++) {
            lua_pushstring(L, v->pairs[i].key);
            script_value_give(L, v->pairs[i].value);
            lua_rawset(L, -3);
        }
        break;
    case VALUE_SECRET:
        give_secret(L, v);
        break;
    default:
        script_call_fail(L, "script.unknown", "order the step behind the one that makes the value known",
                         "a part of the value is not known yet");
    }
}

void script_value_set_userdata(struct script *s,
                               const struct value *(*fn)(lua_State *L, int index, struct arena *mem))
{
    s->userdata = fn;
}

void script_value_open(lua_State *L)
{
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &intern_key);
    script_call_add_type(L, &secret_type);
}
