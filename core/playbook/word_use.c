#include "playbook/word_use.h"

#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/err.h"
#include "model/catalog.h"
#include "model/value.h"
#include "playbook/playbook_state.h"
#include "playbook/word_step.h"
#include "script/script.h"
#include "script/script_call.h"
#include "script/script_value.h"

/* Calling one while the playbook is read is the mistake everybody makes once. */
static int call_refuse(lua_State *L, struct arena *tmp)
{
    const struct word_use_call *c = word_use_test_call(L, 1);
    return script_call_fail(L, "playbook.call",
                            arena_print(tmp, "call it inside an action: ctx:call(\"name\", %s.%s, { ... })",
                                        c->subsystem, c->name),
                            "'%s' was tried on '%s.%s', and a playbook makes no calls while it is read",
                            lua_tostring(L, 2), c->subsystem, c->name);
}

static const struct script_word refuse_word = {"refuse", call_refuse};
static const struct script_type call_type = {"call", NULL, &refuse_word};

const struct word_use_call *word_use_test_call(lua_State *L, int index)
{
    return script_call_test(L, index, &call_type);
}

const struct value *word_use_call_value(struct arena *mem, const struct word_use_call *c)
{
    struct pair pairs[] = {
        {"call", value_text(mem, c->name)},
        {"instance", value_text(mem, c->instance)},
        {"subsystem", value_text(mem, c->subsystem)},
    };
    return value_map(mem, pairs, COUNT_OF(pairs));
}

/* upvalues: subsystem and instance, as light userdata.  What is found stays in the table, so that the next
 * use is a plain field. */
static int find_field(lua_State *L, struct arena *tmp)
{
    struct playbook *p = playbook_of(L);
    const struct catalog *c = &p->ask.catalog;
    const char *subsystem = lua_touserdata(L, SCRIPT_UPVALUE(1)),
               *instance = lua_touserdata(L, SCRIPT_UPVALUE(2));
    (void)tmp;
    if (lua_type(L, 2) != LUA_TSTRING)
        return script_call_fail(L, "playbook.type", "write its name, such as dns.zone",
                                "a type of '%s' is asked for by something that is no name", subsystem);
    const char *name = lua_tostring(L, 2);
    const struct catalog_type *type;
    const struct catalog_call *facts;
    struct err ignored;
    if (c->type(c->user, subsystem, instance, name, &type, script_call_err(L))) {
        word_step_push_type(L, subsystem, instance, type);
    } else if (c->call(c->user, subsystem, instance, name, &facts, &ignored)) {
        struct word_use_call *call = script_call_new(L, &call_type, sizeof(*call));
        *call = (struct word_use_call){subsystem, instance, arena_text(p->mem, name), facts};
    } else {
        return script_call_raise(L);
    }
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -2);
    lua_rawset(L, 1);
    return 1;
}

static int assign_field(lua_State *L, struct arena *tmp)
{
    (void)tmp;
    return script_call_fail(L, "playbook.read_only", "keep it in a local of your own",
                            "the subsystem '%s' can only be read",
                            (const char *)lua_touserdata(L, SCRIPT_UPVALUE(1)));
}

/* A table and not userdata: what was found once is found again without calling C. */
static void push_subsystem(lua_State *L, char *subsystem, char *instance)
{
    static const struct script_word find = {"__index", find_field}, assign = {"__newindex", assign_field};
    lua_newtable(L);
    lua_newtable(L);
    lua_pushlightuserdata(L, subsystem);
    lua_pushlightuserdata(L, instance);
    script_call_push(L, &find, 2);
    lua_setfield(L, -2, "__index");
    lua_pushlightuserdata(L, subsystem);
    script_call_push(L, &assign, 1);
    lua_setfield(L, -2, "__newindex");
    lua_setmetatable(L, -2);
}

/* The texts outlive the playbook, because declarations point at them. */
static int use(lua_State *L, struct arena *tmp)
{
    struct playbook *p = playbook_of(L);
    int count = lua_gettop(L);
    const char *example = "write local dns, database = landfall.use(\"dns\", \"database\")";
    (void)tmp;
    if (count == 0)
        return script_call_fail(L, "playbook.use", example, "landfall.use needs the name of a subsystem");
    luaL_checkstack(L, count, "landfall.use");
    for (int i = 1; i <= count; i++) {
        const char *name = script_call_text(L, i, "landfall.use", example), *slash = strchr(name, '/');
        size_t length = slash ? (size_t)(slash - name) : strlen(name);
        char *subsystem = arena_text_n(p->mem, name, length);
        char *instance = arena_text(p->mem, slash ? slash + 1 : "");
        if (!p->ask.catalog.subsystem(p->ask.catalog.user, subsystem, script_call_err(L)))
            return script_call_raise(L);
        push_subsystem(L, subsystem, instance);
    }
    return count;
}

/* Stack: the landfall table. */
void word_use_open(lua_State *L)
{
    static const struct script_word word = {"use", use};
    script_call_add_type(L, &call_type);
    script_call_push(L, &word, 0);
    lua_setfield(L, -2, "use");
}
