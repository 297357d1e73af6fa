#include "playbook/meta.h"

#include <math.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/err.h"
#include "base/str.h"
#include "model/addr.h"
#include "model/decl.h"
#include "model/money.h"
#include "model/path.h"
#include "model/value.h"
#include "playbook/handle.h"
#include "playbook/playbook_state.h"
#include "script/script.h"
#include "script/script_call.h"
#include "script/script_value.h"

#define TIMEOUT_MAX_S (7 * 24 * 3600)

#define RESOURCE (1u << DECL_RESOURCE)
#define EXISTING (1u << DECL_EXISTING)
#define ANY_KIND                                                                                             \
    (RESOURCE | EXISTING | 1u << DECL_ACTION | 1u << DECL_CHECK | 1u << DECL_HUMAN | 1u << DECL_TODO)

struct taking {
    lua_State *L;
    struct arena *tmp;
    struct decl *d;
    const char *key;
};

static int refuse(struct taking *t, const char *advice, const char *what)
{
    return script_call_fail(t->L, "playbook.step", advice, "%s: step.%s %s", t->d->address, t->key, what);
}

static const char *take_text(struct taking *t, const char *example)
{
    if (lua_type(t->L, -1) != LUA_TSTRING || lua_rawlen(t->L, -1) == 0)
        refuse(t, example, "must be a text");
    return script_value_key(t->L, -1);
}

static bool take_flag(struct taking *t)
{
    if (lua_type(t->L, -1) != LUA_TBOOLEAN)
        refuse(t, "write true, or leave it out", "must be true or false");
    return lua_toboolean(t->L, -1);
}

/* One item of a list, at the top of the stack, as a text that lives on. */
typedef const char *item_fn(struct taking *t);

/* lua_next counts what lies beside 1..n: a key or a hole would otherwise be dropped without a word. */
static const char *const *take_list(struct taking *t, item_fn *item, const char *example, size_t *out)
{
    if (lua_type(t->L, -1) != LUA_TTABLE)
        refuse(t, example, "must be a list");
    size_t count = lua_rawlen(t->L, -1);
    const char **list = ARENA_ARRAY(playbook_of(t->L)->mem, const char *, count);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(t->L, -1, (lua_Integer)i + 1);
        list[i] = item(t);
        lua_pop(t->L, 1);
    }
    size_t entries = 0;
    for (lua_pushnil(t->L); lua_next(t->L, -2); lua_pop(t->L, 1))
        entries++;
    if (entries != count)
        refuse(t, example, "must be a plain list");
    *out = count;
    return list;
}

/* An address may name a step that comes later in the playbook, so only its form is checked here. */
static const char *after_item(struct taking *t)
{
    const struct handle *h = handle_test(t->L, -1);
    if (h)
        return h->address;
    if (lua_type(t->L, -1) != LUA_TSTRING || !addr_is_valid(lua_tostring(t->L, -1)))
        refuse(t, "write after = { \"dns.zone.apex\" } or after = { zone }",
               "holds something that is neither an address nor a step");
    return script_value_key(t->L, -1);
}

static const char *text_item(struct taking *t)
{
    return take_text(t, "write a list of texts, such as { \"customer\" }");
}

/* Whether the attribute exists is left to plan/: drivers may differ in their extras. */
static const char *path_item(struct taking *t)
{
    const char *text = take_text(t, "write a list of attributes, such as { \"size\" }");
    struct path path;
    if (!path_parse(t->tmp, text, &path, script_call_err(t->L)))
        script_call_raise(t->L);
    return text;
}

static void take_after(struct taking *t)
{
    t->d->meta.after =
        take_list(t, after_item, "write after = { zone, \"action.seed\" }", &t->d->meta.after_count);
}

static void take_owner(struct taking *t)
{
    t->d->meta.owner = take_text(t, "write owner = \"dns-team\"");
}

static void take_holds(struct taking *t)
{
    t->d->meta.holds = take_list(t, text_item, "write holds = { \"customer\" }", &t->d->meta.holds_count);
}

static void take_blocks(struct taking *t)
{
    t->d->meta.blocks = take_text(t, "write blocks = \"launch\"");
}

static void take_protect(struct taking *t)
{
    t->d->meta.protect = take_flag(t);
}

static void take_replace(struct taking *t)
{
    const char *text = take_text(t, "write replace = \"create_first\"");
    if (strcmp(text, "create_first") != 0)
        refuse(t, "leave it out to destroy first and then create", "knows \"create_first\" only");
    t->d->meta.replace = text;
}

static void take_ignore(struct taking *t)
{
    t->d->meta.ignore = take_list(t, path_item, "write ignore = { \"size\" }", &t->d->meta.ignore_count);
}

/* "30s", "5m", "1h"; 0: none of them. */
static double seconds_of(const char *text)
{
    static const struct {
        char unit;
        double seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}};
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 7 || strlen(text) != digits + 1)
        return 0;
    double number = 0;
    for (size_t i = 0; i < digits; i++)
        number = number * 10 + (text[i] - '0');
    for (size_t i = 0; i < COUNT_OF(units); i++)
        if (units[i].unit == text[digits])
            return number * units[i].seconds;
    return 0;
}

static void take_timeout(struct taking *t)
{
    const char *example = "write timeout = 30 (seconds), \"30s\", \"5m\" or \"1h\"";
    double seconds = 0;
    if (lua_type(t->L, -1) == LUA_TNUMBER)
        seconds = lua_tonumber(t->L, -1);
    else if (lua_type(t->L, -1) == LUA_TSTRING)
        seconds = seconds_of(lua_tostring(t->L, -1));
    if (!(seconds >= 0.001 && seconds <= TIMEOUT_MAX_S))
        refuse(t, example, "must be a time from a millisecond to 7 days");
    t->d->meta.timeout_ms = llround(seconds * 1000);
}

static void take_shared(struct taking *t)
{
    t->d->meta.shared = take_flag(t);
}

/* That the instance exists is checked with its type, once the whole key is read. */
static void take_driver(struct taking *t)
{
    t->d->instance = take_text(t, "write driver = \"parent\" for the block drivers: dns/parent");
}

/* A float is refused even where it is whole: the next edit may make it 12.1. */
static void check_money(struct taking *t, const char *key, const struct value *v)
{
    int64_t millionths;
    struct err *err = script_call_err(t->L);
    const char *text = value_as_text(v);
    if (value_kind(v) == VALUE_INT && v->number > INT64_MAX / MONEY_UNIT)
        script_call_fail(t->L, "money.range", "the limit is 9223372036854",
                         "%s: step.guess.%s: '%lld' is more money than can be counted", t->d->address, key,
                         (long long)v->number);
    if (value_kind(v) == VALUE_INT && v->number >= 0)
        return;
    if (value_kind(v) == VALUE_REAL)
        script_call_fail(t->L, "playbook.money_float",
                         "put it in quotes, such as \"1842.50\": a float may be rounded",
                         "%s: step.guess.%s is money and may not be a float", t->d->address, key);
    if (!text || *text == '-')
        script_call_fail(t->L, "playbook.step", "write 300 or \"1842.50\"",
                         "%s: step.guess.%s must be an amount of money from 0", t->d->address, key);
    if (!money_parse(text, &millionths, err)) {
        err_wrap(err, "%s: step.guess.%s", t->d->address, key);
        script_call_raise(t->L);
    }
}

static void take_guess(struct taking *t)
{
    static const char *const keys[] = {"days", "monthly", "one_off"};
    struct arena *mem = playbook_of(t->L)->mem;
    struct script_value_rules rules = {.what = arena_print(t->tmp, "%s: step.guess", t->d->address)};
    const struct value *guess = script_value_take(t->L, -1, mem, &rules);
    if (guess->kind != VALUE_MAP)
        refuse(t, "write guess = { days = 10, monthly = 300 }", "must be a map");
    for (size_t i = 0; i < guess->count; i++) {
        const char *key = guess->pairs[i].key;
        const struct value *v = guess->pairs[i].value;
        const char *near = str_nearest(key, keys, COUNT_OF(keys));
        if (strcmp(key, "monthly") == 0 || strcmp(key, "one_off") == 0)
            check_money(t, key, v);
        else if (strcmp(key, "days") != 0)
            script_call_fail(t->L, "playbook.step",
                             near ? arena_print(t->tmp, "did you mean '%s'?", near)
                                  : "a guess has days, monthly and one_off",
                             "%s: step.guess has no '%s'", t->d->address, key);
        else if (!(v->kind == VALUE_INT && v->number >= 0) && !(v->kind == VALUE_REAL && v->real >= 0))
            refuse(t, "write days = 10", "has days that are no number from 0");
    }
    t->d->meta.guess = guess;
}

static const struct {
    const char *name;
    uint32_t kinds;
    void (*take)(struct taking *t);
} entries[] = {
    {"after", ANY_KIND, take_after},     {"owner", ANY_KIND, take_owner},
    {"holds", ANY_KIND, take_holds},     {"blocks", ANY_KIND, take_blocks},
    {"protect", RESOURCE, take_protect}, {"replace", RESOURCE, take_replace},
    {"ignore", RESOURCE, take_ignore},   {"timeout", ANY_KIND, take_timeout},
    {"shared", ANY_KIND, take_shared},   {"driver", RESOURCE | EXISTING, take_driver},
    {"guess", ANY_KIND, take_guess},
};

bool meta_is_key(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(entries); i++)
        if (strcmp(entries[i].name, name) == 0)
            return true;
    return false;
}

static void refuse_key(struct taking *t)
{
    const char *names[COUNT_OF(entries)];
    for (size_t i = 0; i < COUNT_OF(entries); i++)
        names[i] = entries[i].name;
    const char *near = str_nearest(t->key, names, COUNT_OF(entries));
    script_call_fail(
        t->L, "playbook.step",
        near ? arena_print(t->tmp, "did you mean '%s'?", near)
             : "known here: after, owner, holds, blocks, protect, replace, ignore, timeout, shared, "
               "driver, guess",
        "%s: step has no '%s'", t->d->address, t->key);
}

static void take_entry(struct taking *t)
{
    static const char *const kinds[] = {
        [DECL_RESOURCE] = "a resource",      [DECL_EXISTING] = "something that exists",
        [DECL_ACTION] = "an action",         [DECL_CHECK] = "a check",
        [DECL_HUMAN] = "a step of a person", [DECL_TODO] = "a todo",
    };
    for (size_t i = 0; i < COUNT_OF(entries); i++) {
        if (strcmp(entries[i].name, t->key) != 0)
            continue;
        if (!(entries[i].kinds & 1u << t->d->kind))
            refuse(t, "leave it out", arena_print(t->tmp, "has no meaning for %s", kinds[t->d->kind]));
        entries[i].take(t);
        return;
    }
    refuse_key(t);
}

void meta_take(lua_State *L, struct arena *tmp, struct decl *d, int index)
{
    struct taking t = {.L = L, .tmp = tmp, .d = d};
    int type = lua_getfield(L, index, "step");
    if (type != LUA_TNIL && type != LUA_TTABLE)
        script_call_fail(L, "playbook.step",
                         "write step = { owner = \"dns-team\" }; no attribute has this name",
                         "%s: step must be a table", d->address);
    if (type == LUA_TTABLE) {
        luaL_checkstack(L, 8, "step");
        for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
            if (lua_type(L, -2) != LUA_TSTRING)
                script_call_fail(L, "playbook.step", "write step = { owner = \"dns-team\" }",
                                 "%s: step has names, it is no list", d->address);
            t.key = lua_tostring(L, -2);
            take_entry(&t);
        }
    }
    lua_pop(L, 1);
}
