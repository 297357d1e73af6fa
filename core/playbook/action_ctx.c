/* ctx: what the function of an action is given.
 *
 *   ctx:each(name, rows, { key = "code", width = 64 }, fn)   rows: a list; fn(row) runs for each, `width` at
 * once (16 without it); key may be left out where the rows are texts or whole numbers themselves
 *   ctx:call(name, subsystem.call, args[, { if_in_doubt = "again" }])   the reply
 *   ctx:step(name, fn)                                       what fn returns, kept
 *   ctx:get(ref)                                             the value, with every reference in it replaced
 *   ctx.inputs                                               the action's inputs = { ... }, as values */
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/map.h"
#include "base/str.h"
#include "model/addr.h"
#include "model/catalog.h"
#include "model/diag.h"
#include "model/schema.h"
#include "model/value.h"
#include "model/value_json.h"
#include "playbook/action_parts.h"
#include "playbook/playbook_state.h"
#include "playbook/word_use.h"
#include "script/script_call.h"
#include "script/script_value.h"

#define WIDTH_DEFAULT 16
#define WIDTH_MAX     1000
#define KEY_MAX       200

struct ctx {
    struct action *action;
};

static int ctx_index(lua_State *L, struct arena *tmp);
static const struct script_word words[] = {{"__index", ctx_index}, {NULL, NULL}};
static const struct script_type ctx_type = {"ctx", words, NULL};

/* Any address that is not NULL: what a name that is in use maps to. */
static void *const used = (void *)&ctx_type;

void action_ctx_open(lua_State *L)
{
    script_call_add_type(L, &ctx_type);
}

void action_ctx_push(lua_State *L, struct action *a)
{
    struct ctx *c = script_call_new(L, &ctx_type, sizeof(*c));
    c->action = a;
}

/* The task that runs, as long as ctx is its action's. */
static struct action_task *task_of(lua_State *L, const char *word)
{
    const struct ctx *c = script_call_test(L, 1, &ctx_type);
    struct action_task *t = script_thread_of(L)->user;
    if (!c)
        script_call_fail(L, "action.ctx", "write it with a colon", "ctx.%s is called without ctx in front",
                         word);
    if (!t || t->action != c->action)
        script_call_fail(L, "action.ctx", "use the ctx the function was given",
                         "ctx:%s is called outside of its action", word);
    /* Asked before anything is sent: a call whose reply nobody can wait for must not be made. */
    if (!lua_isyieldable(L))
        script_call_fail(L, "action.ctx", "call it before, and use its result there",
                         "ctx:%s cannot wait inside a function that sort or gsub calls", word);
    return t;
}

/* The key of a unit named by argument 2; each name once in a task. */
static const char *unit_key(lua_State *L, struct arena *tmp, struct action_task *t, const char *word)
{
    const char *name =
        script_call_text(L, 2, arena_print(tmp, "ctx:%s", word),
                         arena_print(tmp, "the first argument of ctx:%s is the unit's name", word));
    if (!addr_check_name(name, script_call_err(L)))
        script_call_raise(L);
    if (!t->names)
        t->names = map_new();
    if (map_has(t->names, name))
        script_call_fail(L, "action.twice", "give each unit a name of its own, or make the loop a ctx:each",
                         "the unit '%s/%s' is used twice", t->path, name);
    const char *key = arena_print(t->mem, "%s/%s", t->path, name);
    map_put(t->names, key + strlen(t->path) + 1, used);
    return key;
}

/* Asks the record.  True: *reply is what it says.  Where the record and the playbook have parted the action
 * is broken and the task never goes on, so that no pcall can hide it. */
static bool is_recorded(struct action *a, struct arena *tmp, const char *key, const char *digest,
                        const struct value **reply)
{
    struct err err;
    bool found = false;
    *reply = NULL;
    if (!a->world.find(a->world.user, key, digest, tmp, &found, reply, &err))
        action_break(a, &err);
    return found;
}

/* What a task waits for, when it is resumed. */
enum { FOR_ROWS = 0, FOR_CALL = 1, FOR_STEP = 2 };

/* What was answered; raises when it was an error. */
static int answered(lua_State *L, int status, lua_KContext what)
{
    struct action_task *t = script_thread_of(L)->user;
    (void)status;
    if (t->failed) {
        struct err *err = script_call_err(L);
        *err = *t->failed;
        t->failed = NULL;
        if (t->open && what == FOR_CALL)
            err_wrap(err, "%s", t->open->unit.key);
        return script_call_raise(L);
    }
    if (what == FOR_ROWS)
        return 0;
    script_value_give(L, t->reply);
    return 1;
}

static int wait_for(lua_State *L, lua_KContext what)
{
    struct action_task *t = script_thread_of(L)->user;
    t->reply = NULL;
    return lua_yieldk(L, 0, what, answered);
}

static int get(lua_State *L, struct arena *tmp)
{
    struct action *a = task_of(L, "get")->action;
    (void)tmp;
    /* Not tmp: evaluating may call a function of landfall.map, and with it words. */
    arena_reset(a->scratch);
    const struct value *v =
        script_value_take(L, 2, a->scratch, &(struct script_value_rules){.what = "ctx:get"});
    script_value_give(L, action_eval(L, a, v, a->scratch));
    return 1;
}

/* A reference in the arguments is an error and not evaluated in passing: the reader of the body should see
 * where a value comes from. */
static const struct value *take_args(lua_State *L, struct arena *tmp, const struct word_use_call *c)
{
    if (lua_isnoneornil(L, 4))
        return value_map(tmp, NULL, 0);
    struct script_value_rules rules = {.what = arena_print(tmp, "%s.%s", c->subsystem, c->name),
                                       .schema = c->facts->args};
    const struct value *v = script_value_take(L, 4, tmp, &rules);
    if (v->kind != VALUE_MAP)
        script_call_fail(L, "action.args", "write { database = \"main\", ... }",
                         "the arguments of %s are no map", rules.what);
    if (value_has_expr(v))
        script_call_fail(L, "action.reference", "write ctx:get(ref), or pass it through inputs = { ... }",
                         "the arguments of %s hold a reference", rules.what);
    return v;
}

static const struct value *check_args(lua_State *L, struct arena *tmp, const struct word_use_call *c,
                                      const struct value *v)
{
    struct diags found;
    if (!c->facts->args)
        return v;
    diag_init(&found, tmp);
    v = schema_check(tmp, c->facts->args, v, NULL, NULL, &found);
    if (!diag_ok(&found, script_call_err(L))) {
        err_wrap(script_call_err(L), "%s.%s", c->subsystem, c->name);
        script_call_raise(L);
    }
    return v;
}

static bool take_again(lua_State *L)
{
    const char *advice = "write { if_in_doubt = \"again\" }, or leave it out";
    if (lua_isnoneornil(L, 5))
        return false;
    script_call_table(L, 5, "ctx:call", advice);
    bool again = false;
    for (lua_pushnil(L); lua_next(L, 5); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING || !str_equal(lua_tostring(L, -2), "if_in_doubt") ||
            lua_type(L, -1) != LUA_TSTRING || !str_equal(lua_tostring(L, -1), "again"))
            script_call_fail(L, "action.options", advice,
                             "ctx:call knows the option if_in_doubt = \"again\" only");
        again = true;
    }
    return again;
}

static const char *digest_of_call(struct arena *tmp, const struct word_use_call *c, const struct value *args)
{
    char hex[DIGEST_HEX];
    struct buf text;
    buf_init(&text, 0);
    buf_print(&text, "%s/%s.%s ", c->subsystem, c->instance, c->name);
    value_json_print(&text, args);
    digest_text(text.at, text.count, hex);
    buf_done(&text);
    return arena_text(tmp, hex);
}

static int call(lua_State *L, struct arena *tmp)
{
    struct action_task *t = task_of(L, "call");
    struct action *a = t->action;
    const char *key = unit_key(L, tmp, t, "call");
    const struct word_use_call *c = word_use_test_call(L, 3);
    if (!c)
        return script_call_fail(L, "action.no_call", "write ctx:call(\"insert\", database.query, { ... })",
                                "the second argument of ctx:call is no call of a subsystem");
    const struct value *args = take_args(L, tmp, c), *reply;
    bool again = take_again(L);
    /* The digest is of what was written: a later contract may fill in more. */
    const char *digest = digest_of_call(tmp, c, args);
    args = check_args(L, tmp, c, args);
    if (is_recorded(a, tmp, key, digest, &reply)) {
        script_value_give(L, reply);
        return 1;
    }
    if (!a->broken) {
        struct action_open *open = action_open_new(t, key, digest);
        open->unit.subsystem = c->subsystem;
        open->unit.instance = c->instance;
        open->unit.call = c->name;
        open->unit.args = value_copy(open->mem, args);
        open->unit.again_in_doubt = again;
        a->world.call(a->world.user, &open->unit);
    }
    return wait_for(L, FOR_CALL);
}

/* The function runs as a task of its own, so that its units have their own path even when it fails midway. */
static int step(lua_State *L, struct arena *tmp)
{
    struct action_task *t = task_of(L, "step"), *child;
    struct action *a = t->action;
    const char *key = unit_key(L, tmp, t, "step");
    const struct value *reply;
    char digest[DIGEST_HEX];
    if (lua_type(L, 3) != LUA_TFUNCTION)
        return script_call_fail(L, "action.step", "write ctx:step(\"name\", function() ... end)",
                                "the second argument of ctx:step must be a function");
    digest_text("step", 4, digest);
    if (is_recorded(a, tmp, key, digest, &reply)) {
        script_value_give(L, reply);
        return 1;
    }
    if (!a->broken) {
        child = action_task_new(a, ACTION_TASK_STEP, key);
        child->parent = t;
        child->digest = arena_text(child->mem, digest);
        lua_pushvalue(L, 3);
        lua_pushnil(L);
        action_task_prepare(L, child);
        action_task_ready(child);
    }
    return wait_for(L, FOR_STEP);
}

/* The options of ctx:each, argument 4. */
static void take_options(lua_State *L, struct action_rows *r, const char **column)
{
    const char *advice = "write { key = \"code\", width = 64 }";
    *column = NULL;
    r->width = WIDTH_DEFAULT;
    if (lua_isnil(L, 4))
        return;
    script_call_table(L, 4, "ctx:each", advice);
    for (lua_pushnil(L); lua_next(L, 4); lua_pop(L, 1)) {
        const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
        if (str_equal(key, "key") && lua_type(L, -1) == LUA_TSTRING) {
            *column = script_value_key(L, -1);
        } else if (str_equal(key, "width") && lua_isinteger(L, -1) && lua_tointeger(L, -1) >= 1 &&
                   lua_tointeger(L, -1) <= WIDTH_MAX) {
            r->width = (uint64_t)lua_tointeger(L, -1);
        } else {
            script_call_fail(L, "action.options", advice,
                             "ctx:each takes key, a text, and width, a whole number from 1 to %d", WIDTH_MAX);
        }
    }
}

/* A slash would read as the path of another unit, so it is written as in a URL. */
static const char *escaped(struct arena *mem, const char *text)
{
    if (!strpbrk(text, "/%"))
        return arena_text(mem, text);
    char *out = arena_alloc(mem, strlen(text) * 3 + 1), *at = out;
    for (; *text; text++) {
        if (*text == '/' || *text == '%') {
            memcpy(at, *text == '/' ? "%2F" : "%25", 3);
            at += 3;
        } else {
            *at++ = *text;
        }
    }
    return out;
}

/* The key of the row at the top of the stack. */
static const char *row_key(lua_State *L, struct arena *mem, const char *name, const char *column, size_t row)
{
    bool table = lua_type(L, -1) == LUA_TTABLE;
    if (table && !column)
        script_call_fail(L, "action.row_key", "name the column that tells rows apart: { key = \"code\" }",
                         "ctx:each '%s' does not say what its rows are told apart by", name);
    if (table)
        lua_getfield(L, -1, column);
    else
        lua_pushvalue(L, -1);
    bool fits = lua_type(L, -1) == LUA_TSTRING || lua_isinteger(L, -1);
    size_t count = 0;
    const char *text = fits ? lua_tolstring(L, -1, &count) : NULL;
    if (!fits || count == 0 || count > KEY_MAX || !str_is_utf8(text, count))
        script_call_fail(L, "action.row_key",
                         "give every row a text of 1 to 200 bytes or a whole number there",
                         "row %zu of '%s' has no key in '%s'", row, name, column ? column : "itself");
    const char *key = escaped(mem, text);
    lua_pop(L, 1);
    return key;
}

/* Two rows with one key: *first and *second, counted from 0. */
static bool find_twins(const char *const *keys, size_t count, size_t *first, size_t *second)
{
    struct map *seen = map_new();
    bool twins = false;
    for (size_t i = 0; i < count && !twins; i++) {
        uintptr_t before = (uintptr_t)map_put(seen, keys[i], (void *)(uintptr_t)(i + 1));
        twins = before != 0;
        *first = before ? before - 1 : 0;
        *second = i;
    }
    map_free(seen);
    return twins;
}

/* All keys are looked at before the first row starts: a twin found half way through would leave half the work
 * done. */
static void take_rows(lua_State *L, struct action_task *t, struct action_rows *r, const char *column)
{
    size_t count = lua_rawlen(L, 3), first, second;
    const char **keys = ARENA_ARRAY(t->mem, const char *, count);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, 3, (lua_Integer)i + 1);
        keys[i] = row_key(L, t->mem, r->name, column, i + 1);
        lua_pop(L, 1);
    }
    if (find_twins(keys, count, &first, &second))
        script_call_fail(L, "action.twice", "take one of them out, or choose a column that tells them apart",
                         "rows %zu and %zu of '%s' have the same key '%s'", first + 1, second + 1, r->name,
                         keys[second]);
    r->keys = keys;
    r->total = count;
}

/* The rows and the function stay anchored while rows are still to be started. */
static int each(lua_State *L, struct arena *tmp)
{
    struct action_task *t = task_of(L, "each");
    struct action_rows *r = ARENA_NEW(t->mem, struct action_rows);
    const char *column,
        *example = "write ctx:each(\"rows\", rows, { key = \"code\" }, function(row) ... end)";
    r->owner = t;
    r->path = unit_key(L, tmp, t, "each");
    r->name = r->path + strlen(t->path) + 1;
    script_call_table(L, 3, "ctx:each", example);
    if (lua_type(L, 5) != LUA_TFUNCTION)
        return script_call_fail(L, "action.each", example,
                                "the last argument of ctx:each must be a function");
    take_options(L, r, &column);
    take_rows(L, t, r, column);
    if (r->total == 0)
        return 0;
    lua_pushvalue(L, 3);
    r->rows = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_pushvalue(L, 5);
    r->fn = luaL_ref(L, LUA_REGISTRYINDEX);
    action_rows_queue(t->action, r);
    return wait_for(L, FOR_ROWS);
}

static int ctx_index(lua_State *L, struct arena *tmp)
{
    static const struct script_word methods[] = {
        {"each", each}, {"call", call}, {"step", step}, {"get", get}};
    static const char *const names[] = {"each", "call", "step", "get", "inputs"};
    const struct ctx *c = script_call_test(L, 1, &ctx_type);
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
    if (str_equal(name, "inputs")) {
        lua_rawgeti(L, LUA_REGISTRYINDEX, c->action->inputs);
        return 1;
    }
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        if (str_equal(name, methods[i].name)) {
            script_call_push(L, &methods[i], 0);
            return 1;
        }
    }
    const char *near = str_nearest(name, names, COUNT_OF(names));
    return script_call_fail(L, "action.ctx",
                            near ? arena_print(tmp, "did you mean '%s'?", near)
                                 : "ctx has each, call, step, get and inputs",
                            "ctx has no '%s'", name);
}
