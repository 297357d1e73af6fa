/* landfall.map, landfall.is, landfall.when: what a playbook says about values that come later.  Each gives a
 * reference, also where everything it is given is known. */
#include <lauxlib.h>
#include <lua.h>

#include "model/expr.h"
#include "playbook/playbook_state.h"
#include "playbook/ref.h"
#include "script/script.h"
#include "script/script_call.h"
#include "script/script_value.h"

static const struct value *take_argument(lua_State *L, int index, const char *word)
{
    return script_value_take(L, index, script_keep(script_of(L)), &(struct script_value_rules){.what = word});
}

static void check_count(lua_State *L, int count, const char *advice, const char *word)
{
    if (lua_gettop(L) < count)
        script_call_fail(L, "playbook.argument", advice, "%s needs %d arguments", word, count);
}

/* The function is kept and may run several times, in plans and in the apply: it must only compute. */
static int map_word(lua_State *L, struct arena *tmp)
{
    const char *advice = "write landfall.map(zone.nameservers, function(list) return list[1] end)";
    (void)tmp;
    check_count(L, 2, advice, "landfall.map");
    if (lua_type(L, 2) != LUA_TFUNCTION)
        return script_call_fail(L, "playbook.argument", advice,
                                "the second argument of landfall.map must be a function");
    struct expr e = {.op = EXPR_MAP, .args = {take_argument(L, 1, "landfall.map")}};
    e.fn = playbook_keep_function(L, 2);
    ref_push_expr(L, e);
    return 1;
}

static int is_word(lua_State *L, struct arena *tmp)
{
    (void)tmp;
    check_count(L, 2, "write landfall.is(zone.state, \"ready\")", "landfall.is");
    ref_push_expr(
        L, (struct expr){.op = EXPR_IS,
                         .args = {take_argument(L, 1, "landfall.is"), take_argument(L, 2, "landfall.is")}});
    return 1;
}

/* Chooses between values only; whether a step exists may not depend on what is known later. */
static int when_word(lua_State *L, struct arena *tmp)
{
    (void)tmp;
    check_count(L, 3, "write landfall.when(landfall.is(a, b), yes, no)", "landfall.when");
    ref_push_expr(
        L, (struct expr){.op = EXPR_WHEN,
                         .args = {take_argument(L, 1, "landfall.when"), take_argument(L, 2, "landfall.when"),
                                  take_argument(L, 3, "landfall.when")}});
    return 1;
}

/* Stack: the landfall table. */
void word_expr_open(lua_State *L)
{
    static const struct script_word words[] = {{"map", map_word}, {"is", is_word}, {"when", when_word}};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        script_call_push(L, &words[i], 0);
        lua_setfield(L, -2, words[i].name);
    }
}
