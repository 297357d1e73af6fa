/* landfall.read_csv, landfall.read_text and require: files of the project, and no others.  Paths are relative
 * to the project's folder; require "lib.names" is lib/names.lua beside the playbook.  The digest of each file
 * goes into the plan, except of those an action reads while it runs: what a plan is to vouch for is read
 * outside the action's function. */
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/err.h"
#include "base/str.h"
#include "playbook/csv.h"
#include "playbook/playbook_state.h"
#include "script/script.h"
#include "script/script_call.h"
#include "script/script_world.h"

#define CSV_MAX    ((size_t)64 * 1024 * 1024)
#define TEXT_MAX   ((size_t)1024 * 1024)
#define MODULE_MAX ((size_t)1024 * 1024)
#define DEPTH_MAX  32

/* Its address marks the table of loaded modules in the registry. */
static const char modules_key;

static void give_row(lua_State *L, const struct csv *csv, size_t row)
{
    lua_createtable(L, 0, (int)csv->columns);
    for (size_t i = 0; i < csv->columns; i++) {
        lua_pushstring(L, csv->fields[row * csv->columns + i]);
        lua_setfield(L, -2, csv->header[i]);
    }
}

/* Parsing is done and everything lies in tmp before the first table is made. */
static int read_csv(lua_State *L, struct arena *tmp)
{
    const char *path =
        script_call_text(L, 1, "landfall.read_csv", "write landfall.read_csv \"data/countries.csv\"");
    const char *bytes;
    size_t count;
    struct csv csv;
    struct err *err = script_call_err(L);
    if (!playbook_read_file(playbook_of(L), tmp, path, CSV_MAX, &bytes, &count, err) ||
        !csv_read(tmp, path, bytes, count, &csv, err))
        return script_call_raise(L);
    lua_createtable(L, (int)csv.rows, 0);
    for (size_t i = 0; i < csv.rows; i++) {
        give_row(L, &csv, i);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static int read_text(lua_State *L, struct arena *tmp)
{
    const char *path =
        script_call_text(L, 1, "landfall.read_text", "write landfall.read_text \"sql/0001_init.sql\"");
    const char *bytes;
    size_t count;
    if (!playbook_read_file(playbook_of(L), tmp, path, TEXT_MAX, &bytes, &count, script_call_err(L)))
        return script_call_raise(L);
    if (!str_is_utf8(bytes, count))
        return script_call_fail(L, "playbook.file", "save it as UTF-8", "'%s' is no UTF-8 text", path);
    lua_pushlstring(L, bytes, count);
    return 1;
}

/* lib.names, lib.dns.records: names of the same kind as those of steps. */
static bool module_is_valid(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    for (;;) {
        size_t length = strspn(name, letters);
        if (length == 0)
            return false;
        name += length;
        if (!*name)
            return true;
        if (*name++ != '.')
            return false;
    }
}

static const char *module_path(struct arena *mem, const struct playbook *p, const char *name)
{
    char *path = arena_print(mem, "%s%s%s.lua", p->folder, *p->folder ? "/" : "", name);
    size_t before = strlen(p->folder) + (*p->folder != '\0');
    for (char *c = path + before; c < path + before + strlen(name); c++)
        if (*c == '.')
            *c = '/';
    return path;
}

/* The modules from the first meeting of the name on are the loop. */
static void check_loop(lua_State *L, struct arena *tmp, const struct playbook *p, const char *name)
{
    const char *loop = NULL;
    for (size_t i = 0; i < p->requiring.count; i++) {
        if (loop)
            loop = arena_print(tmp, "%s -> %s", loop, p->requiring.at[i]);
        else if (str_equal(p->requiring.at[i], name))
            loop = name;
    }
    if (loop)
        script_call_fail(L, "playbook.require_loop", "move what both need into a third file",
                         "files require each other in a loop: %s -> %s", loop, name);
    if (p->requiring.count >= DEPTH_MAX)
        script_call_fail(L, "playbook.require", "require fewer levels deep",
                         "more than %d files require one another", DEPTH_MAX);
}

/* The function of the module's text is left on the stack. */
static void load_module(lua_State *L, struct arena *tmp, struct playbook *p, const char *name)
{
    const char *path = module_path(p->own, p, name), *bytes;
    size_t count;
    struct err *err = script_call_err(L);
    if (!playbook_read_file(p, tmp, path, MODULE_MAX, &bytes, &count, err)) {
        err_wrap(err, "require \"%s\"", name);
        script_call_raise(L);
    }
    struct err failed;
    if (!script_load(p->script, path, bytes, count, &failed)) {
        *err = failed;
        script_call_raise(L);
    }
    /* The text was compiled on the main state; a coroutine requires too. */
    if (L != script_state(p->script))
        lua_xmove(script_state(p->script), L, 1);
}

/* The loop check stands before the file is read: a loop is an error even where the file is broken. */
static int require(lua_State *L, struct arena *tmp)
{
    struct playbook *p = playbook_of(L);
    const char *example = "write require \"lib.names\" for lib/names.lua beside the playbook";
    const char *name = script_call_text(L, 1, "require", example);
    lua_settop(L, 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &modules_key);
    lua_pushvalue(L, 1);
    if (lua_rawget(L, 2) != LUA_TNIL)
        return 1;
    if (!module_is_valid(name))
        return script_call_fail(L, "playbook.require", example, "'%s' is no file of the project", name);
    check_loop(L, tmp, p, name);
    load_module(L, tmp, p, name);
    ARRAY_PUSH(&p->requiring, arena_text(p->own, name));
    size_t depth = p->requiring.count;
    bool ok = script_call_guarded(L, 0, 1);
    p->requiring.count = depth - 1;
    if (!ok)
        return lua_error(L);
    if (lua_type(L, -1) != LUA_TTABLE)
        return script_call_fail(L, "playbook.require", "end the file with: return { name = name }",
                                "the file of '%s' returns no table", name);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, -2);
    lua_rawset(L, 2);
    return 1;
}

/* Stack: the landfall table; `require` becomes a global. */
void word_file_open(lua_State *L)
{
    static const struct script_word words[] = {{"read_csv", read_csv}, {"read_text", read_text}};
    static const struct script_word require_word = {"require", require};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        script_call_push(L, &words[i], 0);
        lua_setfield(L, -2, words[i].name);
    }
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &modules_key);
    script_call_push(L, &require_word, 0);
    script_world_add(L, "require");
}
