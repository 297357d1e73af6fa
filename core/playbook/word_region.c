/* landfall.region and landfall.region_output: what the playbook is told about its region, and what another
 * region's build gave out. */
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/err.h"
#include "base/str.h"
#include "model/addr.h"
#include "model/value.h"
#include "playbook/playbook_state.h"
#include "playbook/reads.h"
#include "region/region.h"
#include "script/script.h"
#include "script/script_call.h"
#include "script/script_value.h"
#include "script/script_world.h"

/* A value and not a reference: the other region was built by another run, and what it gave out is known. */
static int region_output(lua_State *L, struct arena *tmp)
{
    struct playbook *p = playbook_of(L);
    const char *example = "write landfall.region_output(\"us\", \"db_host\")";
    const char *region = script_call_text(L, 1, "landfall.region_output", example);
    const char *name = script_call_text(L, 2, "landfall.region_output", example);
    const struct value *v = NULL;
    if (!addr_region_is_valid(region))
        return script_call_fail(L, "playbook.region_output", example, "'%s' is no name of a region", region);
    if (str_equal(region, p->ask.region->name))
        return script_call_fail(L, "playbook.region_output", "use the step's attribute itself",
                                "'%s' is the region this playbook builds", region);
    if (!p->ask.region_output)
        return script_call_fail(L, "playbook.region_output", example,
                                "outputs of other regions cannot be read here");
    if (!p->ask.region_output(p->ask.user, tmp, region, name, &v, script_call_err(L)))
        return script_call_raise(L);
    script_value_give(L, v);
    return 1;
}

/* Stack: the landfall table. */
void word_region_open(lua_State *L)
{
    static const struct script_word output = {"region_output", region_output};
    struct playbook *p = playbook_of(L);
    reads_give(L, p, p->ask.region->view);
    if (lua_type(L, -1) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_newtable(L);
    }
    script_world_seal(L, "landfall.region");
    lua_setfield(L, -2, "region");
    script_call_push(L, &output, 0);
    lua_setfield(L, -2, "region_output");
}
