#include "playbook/word_step.h"

#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "model/catalog.h"
#include "playbook/declare.h"
#include "playbook/playbook_state.h"
#include "script/script.h"
#include "script/script_call.h"
#include "script/script_world.h"

static int type_call(lua_State *L, struct arena *tmp);
static int type_index(lua_State *L, struct arena *tmp);
static int type_refuse(lua_State *L, struct arena *tmp);

static const struct script_word refuse_word = {"refuse", type_refuse};
static const struct script_word words[] = {{"__call", type_call}, {"__index", type_index}, {NULL, NULL}};
static const struct script_type type_type = {"type", words, &refuse_word};

/* One for all steps of the type: the prefix of their addresses is made once. */
void word_step_push_type(lua_State *L, const char *subsystem, const char *instance,
                         const struct catalog_type *type)
{
    struct playbook *p = playbook_of(L);
    struct declare_what *what = script_call_new(L, &type_type, sizeof(*what));
    *what = (struct declare_what){
        .kind = DECL_RESOURCE,
        .subsystem = subsystem,
        .instance = instance,
        .name = arena_text(p->mem, type->name),
        .type = type,
        .prefix = arena_print(p->mem, "%s.%s.", subsystem, type->name),
    };
}

static int type_call(lua_State *L, struct arena *tmp)
{
    declare_begin(L, tmp, script_call_test(L, 1, &type_type), 2);
    return 1;
}

/* Whether the driver can look one up is checked with the table, which may choose another driver. */
static int existing(lua_State *L, struct arena *tmp)
{
    const struct declare_what *type = script_call_test(L, 1, &type_type);
    if (!type)
        return script_call_fail(L, "playbook.existing",
                                "write dns.zone:existing \"parent\" { ... }, with a colon",
                                "existing is called on something that is no type");
    struct declare_what what = *type;
    what.kind = DECL_EXISTING;
    declare_begin(L, tmp, &what, 2);
    return 1;
}

/* dns.zone.name is most often meant to be an attribute of a step that was not kept in a local. */
static int type_index(lua_State *L, struct arena *tmp)
{
    static const struct script_word existing_word = {"existing", existing};
    const struct declare_what *type = script_call_test(L, 1, &type_type);
    if (lua_type(L, 2) != LUA_TSTRING || strcmp(lua_tostring(L, 2), "existing") != 0)
        return script_call_fail(
            L, "playbook.type",
            arena_print(tmp,
                        "attributes belong to a step: local it = %s.%s \"main\" { ... }, then "
                        "it.id",
                        type->subsystem, type->name),
            "'%s.%s' is a type and has no attributes", type->subsystem, type->name);
    script_call_push(L, &existing_word, 0);
    return 1;
}

static int type_refuse(lua_State *L, struct arena *tmp)
{
    const struct declare_what *type = script_call_test(L, 1, &type_type);
    return script_call_fail(
        L, "playbook.type",
        arena_print(tmp, "declare a step with it: %s.%s \"main\" { ... }", type->subsystem, type->name),
        "'%s' was tried on the type '%s.%s'", lua_tostring(L, 2), type->subsystem, type->name);
}

/* The kinds without a driver; their addresses have two parts. */
static const struct declare_what kinds[] = {
    {.kind = DECL_ACTION, .instance = "", .name = "action", .prefix = "action."},
    {.kind = DECL_CHECK, .instance = "", .name = "check", .prefix = "check."},
    {.kind = DECL_HUMAN, .instance = "", .name = "human", .prefix = "human."},
    {.kind = DECL_TODO, .instance = "", .name = "todo", .prefix = "todo."},
};

static int kind_word(lua_State *L, struct arena *tmp)
{
    declare_begin(L, tmp, &kinds[lua_tointeger(L, SCRIPT_UPVALUE(1))], 1);
    return 1;
}

void word_step_open(lua_State *L)
{
    static const struct script_word word = {"kind", kind_word};
    script_call_add_type(L, &type_type);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        lua_pushinteger(L, (lua_Integer)i);
        script_call_push(L, &word, 1);
        script_world_add(L, kinds[i].name);
    }
}
