/* stage, landfall.output, landfall.moved: what a playbook says beside its steps. */
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/map.h"
#include "base/str.h"
#include "model/addr.h"
#include "model/value.h"
#include "playbook/playbook_state.h"
#include "script/script.h"
#include "script/script_call.h"
#include "script/script_value.h"
#include "script/script_world.h"

#define STAGE_MAX 63

/* Listed with its first step, not here: an empty stage would show as an empty heading. */
static int stage(lua_State *L, struct arena *tmp)
{
    (void)tmp;
    struct playbook *p = playbook_of(L);
    playbook_check_declares(L, "stage");
    const char *name = script_call_text(L, 1, "stage", "write stage \"names\"");
    if (!*name || strlen(name) > STAGE_MAX || strpbrk(name, "\n\r\t"))
        return script_call_fail(L, "playbook.stage", "write stage \"names\"",
                                "the name of a stage is one line of 1 to %d characters", STAGE_MAX);
    p->stage = script_value_key(L, 1);
    return 0;
}

/* May be used more than once, so that each part of a playbook gives out its own. */
static int output(lua_State *L, struct arena *tmp)
{
    struct playbook *p = playbook_of(L);
    const char *example = "write landfall.output { app_url = \"https://\" .. record.fqdn }";
    (void)tmp;
    playbook_check_declares(L, "landfall.output");
    script_call_table(L, 1, "landfall.output", example);
    const struct value *v =
        script_value_take(L, 1, p->mem, &(struct script_value_rules){.what = "landfall.output"});
    if (v->kind != VALUE_MAP)
        return script_call_fail(L, "playbook.output", example,
                                "landfall.output takes names and values, not a list");
    for (size_t i = 0; i < v->count; i++) {
        const char *name = v->pairs[i].key;
        if (!addr_name_is_valid(name))
            return script_call_fail(L, "playbook.output", "small letters, digits, '-' and '_' make a name",
                                    "'%s' is no name of an output", name);
        if (map_has(p->outputs, name))
            return script_call_fail(L, "playbook.output", "give it another name",
                                    "the output '%s' is given twice", name);
        /* The map holds what it is given as it is; values are never written through it. */
        union {
            const struct value *in;
            void *out;
        } held = {.in = v->pairs[i].value};
        map_put(p->outputs, name, held.out);
    }
    return 0;
}

static const char *take_address(lua_State *L, const char *key)
{
    const char *example = "write landfall.moved { from = \"dns.zone.old\", to = \"dns.zone.new\" }";
    if (lua_getfield(L, 1, key) != LUA_TSTRING || !addr_is_valid(lua_tostring(L, -1)))
        script_call_fail(L, "playbook.moved", example, "landfall.moved: '%s' must be an address", key);
    const char *address = script_value_key(L, -1);
    lua_pop(L, 1);
    return address;
}

/* Whether `to` is declared is for the plan to say: the step may stand further down. */
static int moved(lua_State *L, struct arena *tmp)
{
    struct playbook *p = playbook_of(L);
    const char *example = "write landfall.moved { from = \"dns.zone.old\", to = \"dns.zone.new\" }";
    (void)tmp;
    playbook_check_declares(L, "landfall.moved");
    script_call_table(L, 1, "landfall.moved", example);
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
        if (strcmp(key, "from") != 0 && strcmp(key, "to") != 0)
            return script_call_fail(L, "playbook.moved", example,
                                    "landfall.moved knows 'from' and 'to' only");
    }
    struct decl_moved m = {.from = take_address(L, "from"), .to = take_address(L, "to")};
    if (str_equal(m.from, m.to))
        return script_call_fail(L, "playbook.moved", "take it out", "'%s' moved to itself", m.from);
    for (size_t i = 0; i < p->moved.count; i++)
        if (str_equal(p->moved.at[i].from, m.from))
            return script_call_fail(L, "playbook.moved", "keep one of the two", "'%s' moved twice", m.from);
    script_place(L, &m.file, &m.line);
    ARRAY_PUSH(&p->moved, m);
    return 0;
}

/* Stack: the landfall table; `stage` becomes a global. */
void word_stage_open(lua_State *L)
{
    static const struct script_word words[] = {{"output", output}, {"moved", moved}};
    static const struct script_word stage_word = {"stage", stage};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        script_call_push(L, &words[i], 0);
        lua_setfield(L, -2, words[i].name);
    }
    script_call_push(L, &stage_word, 0);
    script_world_add(L, "stage");
}
