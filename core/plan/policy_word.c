#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "model/addr.h"
#include "model/money.h"
#include "plan/policy_parts.h"
#include "script/script_call.h"
#include "script/script_world.h"

/* The words a file of rules is written in: rule, unknown, amount, amount_text. */

#define NAME_MOST 80 /* of a rule: it stands in tables and in waivers */
#define EXAMPLE                                                                                              \
    "write rule \"encrypted at rest\" { level = \"must\", why = \"...\", check = function(step, plan) ... "  \
    "end }"

static const char *const keys[] = {"actions", "at", "check", "each", "level", "why"};

/* ---- the table of a rule ------------------------------------------------------------------------- */

static int refuse(lua_State *L, const struct policy_rule *r, const char *advice, const char *fmt,
                  const char *word)
{
    char what[160];
    lua_pushfstring(L, fmt, word);
    size_t count = strlen(lua_tostring(L, -1));
    count = count < sizeof(what) ? count : sizeof(what) - 1;
    memcpy(what, lua_tostring(L, -1), count);
    what[count] = '\0';
    return script_call_fail(L, "policy.rule", advice, "the rule '%s' %s", r->name, what);
}

/* A slip in a key would leave a rule without what it was meant to say. */
static void check_keys(lua_State *L, const struct policy_rule *r, struct arena *tmp)
{
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            refuse(L, r, EXAMPLE, "has an entry without a %s", "name");
        const char *key = lua_tostring(L, -2);
        bool known = false;
        for (size_t i = 0; i < COUNT_OF(keys); i++)
            known = known || strcmp(keys[i], key) == 0;
        if (known)
            continue;
        const char *near = str_nearest(key, keys, COUNT_OF(keys));
        refuse(L, r,
               near ? arena_print(tmp, "did you mean '%s'?", near)
                    : "a rule takes level, why, each, actions, at and check",
               "takes no '%s'", key);
    }
}

/* NULL when it is not there. */
static const char *text_at(lua_State *L, const struct policy_rule *r, const char *key)
{
    int type = lua_getfield(L, 1, key);
    if (type != LUA_TSTRING && type != LUA_TNIL)
        refuse(L, r, "write it in quotes", "needs a text as '%s'", key);
    const char *text = type == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    lua_pop(L, 1); /* the table keeps it */
    if (text && (!*text || !str_is_utf8(text, strlen(text))))
        refuse(L, r, "write something", "has an empty '%s'", key);
    return text;
}

static enum plan_level level_of(lua_State *L, const struct policy_rule *r)
{
    const char *text = text_at(L, r, "level");
    for (unsigned i = PLAN_ADVISORY; text && i <= PLAN_MUST_WITH_WAIVER; i++) {
        if (strcmp(plan_level_name((enum plan_level)i), text) == 0)
            return (enum plan_level)i;
    }
    refuse(L, r, "write \"advisory\", \"must\" or \"must_with_waiver\"",
           text ? "has the level '%s', and there is none of that name" : "says no '%s'",
           text ? text : "level");
    return 0;
}

/* A text, or a list of texts: pushes each, calls `take`, pops it. */
static void each_text(lua_State *L, struct policy_rule *r, const char *key, struct arena *tmp,
                      void (*take)(lua_State *L, struct policy_rule *r, const char *text, struct arena *tmp))
{
    int type = lua_getfield(L, 1, key);
    if (type == LUA_TSTRING) {
        take(L, r, lua_tostring(L, -1), tmp);
    } else if (type == LUA_TTABLE) {
        size_t count = lua_rawlen(L, -1);
        if (count == 0)
            refuse(L, r, "name something, or leave it out", "has an empty '%s'", key);
        for (size_t i = 1; i <= count; i++) {
            if (lua_rawgeti(L, -1, (lua_Integer)i) != LUA_TSTRING)
                refuse(L, r, "write { \"a\", \"b\" }", "needs texts in '%s'", key);
            take(L, r, lua_tostring(L, -1), tmp);
            lua_pop(L, 1);
        }
    } else if (type != LUA_TNIL) {
        refuse(L, r, "write \"a\" or { \"a\", \"b\" }", "needs a text or a list of texts as '%s'", key);
    }
    lua_pop(L, 1);
}

/* Room is doubled, since a list of a loop's making may be long. */
static void take_pattern(lua_State *L, struct policy_rule *r, const char *text, struct arena *tmp)
{
    (void)tmp;
    if (!addr_pattern_is_valid(text))
        refuse(L, r, "write an address or its first parts, with * inside a part: dns.record.mail-*",
               "has '%s' as 'each', which is no pattern of addresses", text);
    struct arena *mem = policy_of(L)->mem;
    const char **at = (const char **)(uintptr_t)r->each;
    if ((r->each_count & (r->each_count - 1)) == 0) {
        at = ARENA_ARRAY(mem, const char *, r->each_count ? r->each_count * 2 : 1);
        if (r->each_count)
            memcpy(at, r->each, r->each_count * sizeof(*at));
    }
    at[r->each_count++] = arena_text(mem, text);
    r->each = at;
}

static void take_action(lua_State *L, struct policy_rule *r, const char *text, struct arena *tmp)
{
    const char *names[PLAN_FORGET];
    for (unsigned a = PLAN_KEEP; a <= PLAN_FORGET; a++) {
        names[a - 1] = plan_action_name((enum plan_action)a);
        if (strcmp(names[a - 1], text) == 0) {
            r->actions |= 1u << a;
            return;
        }
    }
    const char *near = str_nearest(text, names, COUNT_OF(names));
    refuse(L, r,
           near
               ? arena_print(tmp, "did you mean '%s'?", near)
               : "actions are keep, create, update, replace, destroy, forget, lookup, run, check, wait, todo",
           "asks about the action '%s', and there is none of that name", text);
}

static int rule_table(lua_State *L, struct arena *tmp)
{
    struct policy *p = policy_of(L);
    struct policy_rule r = {.name = lua_tostring(L, SCRIPT_UPVALUE(1))};
    script_call_table(L, 1, "rule", EXAMPLE);
    lua_settop(L, 1);
    check_keys(L, &r, tmp);
    r.level = level_of(L, &r);
    const char *why = text_at(L, &r, "why"), *at = text_at(L, &r, "at");
    if (!why)
        refuse(L, &r, "say in a sentence what goes wrong without it: people read it when it stops them",
               "says no '%s'", "why");
    if (at && strcmp(at, "apply") != 0)
        refuse(L, &r, "write at = \"apply\", or leave it out", "has '%s' as 'at'", at);
    each_text(L, &r, "each", tmp, take_pattern);
    each_text(L, &r, "actions", tmp, take_action);
    if (r.actions && !r.each)
        refuse(L, &r, "say each = \"*\", or leave actions out", "has 'actions' without '%s'", "each");
    if (lua_getfield(L, 1, "check") != LUA_TFUNCTION)
        refuse(L, &r, EXAMPLE, "needs a function as '%s'", "check");
    r.check = luaL_ref(L, LUA_REGISTRYINDEX);
    r.name = p->open_rule;
    r.why = arena_text(p->mem, why);
    r.at_apply = at != NULL;
    r.file = p->open_file;
    r.line = p->open_line;
    ARRAY_PUSH(&p->rules, r);
    p->open_rule = NULL;
    return 0;
}

static int rule(lua_State *L, struct arena *tmp)
{
    static const struct script_word table = {"rule", rule_table};
    struct policy *p = policy_of(L);
    const char *name = script_call_text(L, 1, "rule", EXAMPLE), *file;
    size_t count = strlen(name);
    (void)tmp;
    if (!p->loading)
        return script_call_fail(L, "policy.too_late", "declare it in the file itself",
                                "the rule '%s' is declared inside a check", name);
    if (count == 0 || count > NAME_MOST || count != lua_rawlen(L, 1) || !str_is_nfc_safe(name, count) ||
        strpbrk(name, "\n\r\t"))
        return script_call_fail(L, "policy.rule", "name it as people will speak of it: \"encrypted at rest\"",
                                "a rule's name is a line of 1 to %d characters", NAME_MOST);
    if (p->open_rule)
        return script_call_fail(L, "policy.no_table", EXAMPLE, "the rule '%s' has no table behind it",
                                p->open_rule);
    p->open_rule = arena_text(p->mem, name);
    if (!script_place(L, &file, &p->open_line))
        file = "";
    p->open_file = file;
    lua_pushvalue(L, 1);
    script_call_push(L, &table, 1);
    return 1;
}

/* ---- what checks compute with ---------------------------------------------------------------------- */

static int unknown(lua_State *L, struct arena *tmp)
{
    (void)tmp;
    luaL_checkany(L, 1);
    lua_pushboolean(L, policy_view_take_unknown(L, 1));
    return 1;
}

/* Money as landfall counts it: whole millionths, so that a comparison is exact. */
static int amount(lua_State *L, struct arena *tmp)
{
    int64_t millionths;
    (void)tmp;
    if (lua_isinteger(L, 1)) {
        if (__builtin_mul_overflow(lua_tointeger(L, 1), (int64_t)MONEY_UNIT, &millionths))
            return script_call_fail(L, "money.range", NULL, "the amount does not fit");
    } else {
        const char *text = script_call_text(L, 1, "amount", "write amount(500) or amount(\"12.50\")");
        if (!money_parse(text, &millionths, script_call_err(L)))
            return script_call_raise(L);
    }
    lua_pushinteger(L, millionths);
    return 1;
}

static int amount_text(lua_State *L, struct arena *tmp)
{
    const struct policy *p = policy_of(L);
    struct buf text;
    if (!lua_isinteger(L, 1))
        return script_call_fail(L, "script.argument", "give it what amount(...) or a cost says",
                                "amount_text takes an amount here");
    const char *currency = p->currency ? p->currency : "";
    buf_init(&text, 64); /* capped: an amount has some twenty digits */
    money_print_plain(&text, lua_tointeger(L, 1), currency);
    const char *shown = arena_print(tmp, "%s%s%s", text.at, *currency ? " " : "", currency);
    buf_done(&text);
    lua_pushstring(L, shown);
    return 1;
}

void policy_word_open(lua_State *L)
{
    static const struct script_word words[] = {
        {"rule", rule}, {"unknown", unknown}, {"amount", amount}, {"amount_text", amount_text}};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        script_call_push(L, &words[i], 0);
        script_world_add(L, words[i].name);
    }
}
