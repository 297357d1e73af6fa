/* A pattern means what it means to Lua itself: the first line is the pattern, the rest is the text, and where
 * our find answers within its limit, Lua's answers the same. */
#include <stdbool.h>
#include <string.h>

#include <lua.h>
#include <lualib.h>

#include "fuzz.h"
#include "script/script.h"
#include "script/script_pattern.h"

/* Lua's own find has no limit, so only what ours did in few steps is asked of it. */
#define STEPS_MOST 100000

struct found {
    uint64_t steps;
};

/* pattern, text, found -> begin, end, captures; or nil. */
static int our_find(lua_State *L)
{
    size_t pattern_count, text_count;
    const char *pattern = lua_tolstring(L, 1, &pattern_count), *text = lua_tolstring(L, 2, &text_count);
    struct found *found = lua_touserdata(L, 3);
    struct script_pattern m;
    size_t anchored = pattern_count > 0 && pattern[0] == '^';
    script_pattern_init(&m, L, text, text_count, pattern, pattern_count);
    for (const char *from = text; from <= text + text_count; from++) {
        const char *to = script_pattern_match(&m, from, pattern + anchored);
        found->steps = m.steps;
        if (to) {
            lua_pushinteger(L, from - text + 1);
            lua_pushinteger(L, to - text);
            return script_pattern_push_all(&m, NULL, NULL) + 2;
        }
        if (anchored)
            break;
    }
    lua_pushnil(L);
    return 1;
}

/* The world has its own find in that place, so it is taken from the library itself. */
static void push_lua_find(lua_State *L)
{
    luaopen_string(L);
    lua_getfield(L, -1, "find");
    lua_remove(L, -2);
}

static void compare(lua_State *L, const char *pattern, size_t pattern_count, const char *text,
                    size_t text_count)
{
    struct found found = {0};
    lua_pushcfunction(L, our_find);
    lua_pushlstring(L, pattern, pattern_count);
    lua_pushlstring(L, text, text_count);
    lua_pushlightuserdata(L, &found);
    bool ours = lua_pcall(L, 3, LUA_MULTRET, 0) == LUA_OK;
    int count = lua_gettop(L);
    if (!ours || found.steps > STEPS_MOST)
        return;
    push_lua_find(L);
    lua_pushlstring(L, text, text_count);
    lua_pushlstring(L, pattern, pattern_count);
    MUST_HOLD(lua_pcall(L, 2, LUA_MULTRET, 0) == LUA_OK);
    MUST_HOLD(lua_gettop(L) == 2 * count);
    for (int i = 1; i <= count; i++)
        MUST_HOLD(lua_rawequal(L, i, i + count));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    const char *input = (const char *)bytes, *line = count ? memchr(input, '\n', count) : NULL;
    size_t pattern_count = line ? (size_t)(line - input) : count;
    size_t text_at = line ? pattern_count + 1 : count;
    struct script *script = script_new((struct script_limits){.memory = 64 << 20, .instructions = 50000000});
    lua_State *L = script_state(script);
    lua_settop(L, 0);
    compare(L, input, pattern_count, input + text_at, count - text_at);
    script_free(script);
    return 0;
}
