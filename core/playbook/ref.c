#include "playbook/ref.h"

#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/buf.h"
#include "base/err.h"
#include "model/path.h"
#include "model/value.h"
#include "playbook/playbook_state.h"
#include "script/script.h"
#include "script/script_call.h"
#include "script/script_value.h"

/* What the operator or function would need instead. */
static const char *const cures[][2] = {
    {"#", "how many there are is known later: landfall.map(ref, function(list) return #list end)"},
    {"==", "write landfall.is(a, b), and landfall.when(condition, yes, no) to choose by it"},
    {"<", "order is known later: landfall.map(ref, function(v) return v < 10 end)"},
    {"<=", "order is known later: landfall.map(ref, function(v) return v <= 10 end)"},
    {"()", "call functions on it later: landfall.map(ref, function(v) return v:upper() end)"},
    {"=", "a reference cannot be changed; set the attribute in the step's own table"},
    {"tostring", "join it with '..', or pass it as it is"},
    {"string.format", "join it with '..' instead"},
    {"table.concat", "join with '..', or landfall.map(list, function(l) return table.concat(l, \",\") end)"},
    {"pairs", "go through it later: landfall.map(ref, function(t) for k, v in pairs(t) do ... end end)"},
    {"ipairs", "go through it later: landfall.map(ref, function(l) for i, v in ipairs(l) do ... end end)"},
    {"tonumber", "convert it later: landfall.map(ref, function(v) return tonumber(v) end)"},
};

static int ref_refuse(lua_State *L, struct arena *tmp);
static int ref_index(lua_State *L, struct arena *tmp);
static int ref_concat(lua_State *L, struct arena *tmp);

static const struct script_word refuse_word = {"refuse", ref_refuse};
static const struct script_word words[] = {{"__index", ref_index}, {"__concat", ref_concat}, {NULL, NULL}};
static const struct script_type ref_type = {"reference", words, &refuse_word};

const struct value *ref_test(lua_State *L, int index)
{
    const struct value *const *held = script_call_test(L, index, &ref_type);
    return held ? *held : NULL;
}

/* As the reader of a plan sees it, so that error and plan name the same thing. */
static const char *printed(struct arena *tmp, const struct expr *e)
{
    struct buf text;
    buf_init(&text, 160);
    expr_print(&text, e);
    const char *kept = buf_keep(&text, tmp);
    buf_done(&text);
    return kept;
}

static int ref_refuse(lua_State *L, struct arena *tmp)
{
    const struct value *v = ref_test(L, 1);
    const char *what = lua_tostring(L, 2);
    const char *advice = "compute with it later: landfall.map(ref, function(v) return ... end)";
    for (size_t i = 0; i < COUNT_OF(cures); i++)
        if (strcmp(cures[i][0], what) == 0)
            advice = cures[i][1];
    return script_call_fail(L, "playbook.unknown_value", advice,
                            "'%s' was tried on %s, whose value is known only after its step is done", what,
                            v ? printed(tmp, v->expr) : "a reference");
}

/* The value and its expression are one piece: there are as many of them as uses of attributes. */
struct cell {
    struct value value;
    struct expr expr;
};

static void push_cell(lua_State *L, struct cell *c)
{
    const struct value **held = script_call_new(L, &ref_type, sizeof(*held));
    *held = &c->value;
}

/* Lives with the declarations, not with Lua: a plan evaluates it long after the handle was collected. */
static struct cell *new_cell(lua_State *L, const struct expr *expr)
{
    struct cell *c = ARENA_NEW(script_keep(script_of(L)), struct cell);
    c->value.kind = VALUE_EXPR;
    c->value.expr = &c->expr;
    c->expr = *expr;
    script_place(L, &c->expr.file, &c->expr.line);
    return c;
}

void ref_push_expr(lua_State *L, struct expr expr)
{
    push_cell(L, new_cell(L, &expr));
}

void ref_push(lua_State *L, const char *address, const char *path)
{
    ref_push_expr(L, (struct expr){.op = EXPR_REF, .address = address, .path = path});
}

/* nameservers[1] in Lua is nameservers[0] in paths. */
static int ref_index(lua_State *L, struct arena *tmp)
{
    const struct expr *e = ref_test(L, 1)->expr;
    if (e->op != EXPR_REF)
        return script_call_fail(L, "playbook.unknown_value",
                                "take the part inside landfall.map(value, function(v) return v.part end)",
                                "%s is computed later and has no parts yet", printed(tmp, e));
    struct buf path;
    lua_Integer at = lua_isinteger(L, 2) ? lua_tointeger(L, 2) : 0;
    const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : NULL;
    if (!key && at < 1)
        return script_call_fail(
            L, "playbook.unknown_value", "lists count from 1",
            "an item of %s is asked for by something that is no name and no number from 1", printed(tmp, e));
    buf_init(&path, 0);
    buf_text(&path, e->path);
    if (key)
        path_print_key(&path, key, false);
    else
        path_print_index(&path, (size_t)at - 1);
    const char *kept = buf_keep(&path, script_keep(script_of(L)));
    buf_done(&path);
    ref_push(L, e->address, kept);
    return 1;
}

static const struct value *join_operand(lua_State *L, int index, struct arena *mem)
{
    size_t count;
    const char *text;
    const struct value *v = ref_test(L, index);
    if (v)
        return v;
    switch (lua_type(L, index)) {
    case LUA_TSTRING:
        text = lua_tolstring(L, index, &count);
        if (memchr(text, '\0', count))
            break;
        return value_text_n(mem, text, count);
    case LUA_TNUMBER:
        return script_value_take(L, index, mem, &(struct script_value_rules){.what = "'..'"});
    default:
        break;
    }
    if (lua_type(L, index) == LUA_TUSERDATA)
        script_call_refuse(L, index, "..");
    script_call_fail(L, "playbook.join", "join texts, numbers and attributes of steps",
                     "a %s cannot be joined with '..'", luaL_typename(L, index));
    return NULL;
}

/* a .. b .. c comes as a .. (b .. c): parts of parts become one list. */
static size_t add_parts(const struct value **out, const struct value *v)
{
    const struct value *list = v->kind == VALUE_EXPR && v->expr->op == EXPR_JOIN ? v->expr->args[0] : NULL;
    if (!list) {
        if (out)
            *out = v;
        return 1;
    }
    if (out)
        memcpy(out, list->items, list->count * sizeof(*out));
    return list->count;
}

/* A join of joins copies its parts; a loop that joins thousands of times is bounded by the memory cap. */
static int ref_concat(lua_State *L, struct arena *tmp)
{
    struct arena *mem = script_keep(script_of(L));
    const struct value *a = join_operand(L, 1, mem), *b = join_operand(L, 2, mem);
    size_t first = add_parts(NULL, a), count = first + add_parts(NULL, b);
    const struct value **parts = ARENA_ARRAY(tmp, const struct value *, count);
    add_parts(parts, a);
    add_parts(parts + first, b);
    script_check_memory(L);
    ref_push_expr(L, (struct expr){.op = EXPR_JOIN, .args = {value_list(mem, parts, count)}});
    return 1;
}

void ref_open(lua_State *L)
{
    script_call_add_type(L, &ref_type);
}
