#include "playbook/handle.h"

#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "model/catalog.h"
#include "model/schema.h"
#include "playbook/declare.h"
#include "playbook/playbook_state.h"
#include "playbook/ref.h"
#include "script/script.h"
#include "script/script_call.h"
#include "script/script_value.h"

static int handle_refuse(lua_State *L, struct arena *tmp);
static int handle_index(lua_State *L, struct arena *tmp);
static int handle_call(lua_State *L, struct arena *tmp);

static const struct script_word refuse_word = {"refuse", handle_refuse};
static const struct script_word words[] = {{"__index", handle_index}, {"__call", handle_call}, {NULL, NULL}};
static const struct script_type handle_type = {"step", words, &refuse_word};

struct handle *handle_push(lua_State *L)
{
    return script_call_new(L, &handle_type, sizeof(struct handle));
}

struct handle *handle_test(lua_State *L, int index)
{
    return script_call_test(L, index, &handle_type);
}

static int handle_refuse(lua_State *L, struct arena *tmp)
{
    const struct handle *h = handle_test(L, 1);
    const char *what = lua_tostring(L, 2);
    const char *advice = "use one of its attributes, such as its .id";
    if (strcmp(what, "=") == 0)
        advice = "set attributes in the step's table: what is declared does not change";
    else if (!h->type)
        advice = "name it in step = { after = { ... } } of the steps that come later";
    (void)tmp;
    return script_call_fail(L, "playbook.handle", advice, "'%s' was tried on the step '%s' itself", what,
                            h->address);
}

/* A few are enough for an error; `landfall describe` lists them all. */
static const char *names_of(struct arena *tmp, const struct schema *s)
{
    const char *list = "id";
    for (size_t i = 0; i < s->count && strlen(list) < 300; i++)
        list = arena_print(tmp, "%s, %s", list, s->attrs[i].name);
    return list;
}

static int no_attribute(lua_State *L, struct arena *tmp, const struct handle *h, const char *name)
{
    const char *near = schema_nearest(h->type->schema, name);
    const char *advice = near ? arena_print(tmp, "did you mean '%s'?", near)
                              : arena_print(tmp, "it has: %s", names_of(tmp, h->type->schema));
    return script_call_fail(L, "playbook.no_attribute", advice, "the step '%s' has no attribute '%s'",
                            h->address, name);
}

/* What an action returns has no schema, so every name is taken; checks, people and todos give nothing. */
static int index_other(lua_State *L, const struct handle *h)
{
    if (h->kind != DECL_ACTION)
        return script_call_fail(L, "playbook.no_attribute",
                                "to come after it, name it in step = { after = { ... } }",
                                "the step '%s' has no attributes", h->address);
    ref_push(L, h->address, script_value_key(L, 2));
    return 1;
}

/* A reference also where the attribute was just set: a playbook must not behave differently before and after
 * the first apply. */
static int handle_index(lua_State *L, struct arena *tmp)
{
    const struct handle *h = handle_test(L, 1);
    if (h->step)
        return script_call_fail(L, "playbook.no_table", "write its table behind the name: { ... }",
                                "the step '%s' is used before it has its table", h->address);
    if (lua_type(L, 2) != LUA_TSTRING)
        return script_call_fail(L, "playbook.no_attribute", "attributes have names, such as .id",
                                "the step '%s' is no list", h->address);
    if (!h->type)
        return index_other(L, h);
    const char *name = lua_tostring(L, 2);
    if (strcmp(name, "id") == 0) {
        ref_push(L, h->address, "id");
        return 1;
    }
    if (!schema_find(h->type->schema, name))
        return no_attribute(L, tmp, h, name);
    ref_push(L, h->address, script_value_key(L, 2));
    return 1;
}

/* The second half of a declaration: dns.zone "apex" { ... }. */
static int handle_call(lua_State *L, struct arena *tmp)
{
    struct handle *h = handle_test(L, 1);
    if (!h->step)
        return script_call_fail(L, "playbook.two_tables", "declare a second step under a name of its own",
                                "the step '%s' has its table already", h->address);
    declare_finish(L, tmp, h, 2);
    lua_settop(L, 1);
    return 1;
}

void handle_open(lua_State *L)
{
    script_call_add_type(L, &handle_type);
}
