#include "playbook/declare.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "base/tick.h"
#include "model/addr.h"
#include "model/schema.h"
#include "model/value.h"
#include "playbook/handle.h"
#include "playbook/meta.h"
#include "playbook/playbook_state.h"
#include "playbook/reads.h"
#include "script/script.h"
#include "script/script_call.h"
#include "script/script_value.h"

#define REMIND_DAYS_MOST 365

/* prefix .. name in one piece; the name is its tail. */
static void set_address(struct arena *mem, struct decl *d, const char *prefix, const char *name)
{
    size_t before = strlen(prefix), count = strlen(name);
    char *address = arena_alloc(mem, before + count + 1);
    memcpy(address, prefix, before);
    memcpy(address + before, name, count + 1);
    d->address = address;
    d->name = address + before;
}

/* A stage that no step is in is no stage. */
static void note_stage(struct playbook *p)
{
    if (!*p->stage)
        return;
    for (size_t i = p->stages.count; i > 0; i--)
        if (p->stages.at[i - 1] == p->stage)
            return;
    ARRAY_PUSH(&p->stages, p->stage);
}

static int no_name(lua_State *L, struct arena *tmp, const struct declare_what *what)
{
    int count = (int)strlen(what->prefix) - 1; /* without the dot */
    return script_call_fail(L, "playbook.no_name",
                            arena_print(tmp, "write %.*s \"main\" { ... }", count, what->prefix),
                            "%.*s needs a name before anything else", count, what->prefix);
}

/* Everything that needs only the name happens here, so that order and line are those of the first word. */
void declare_begin(lua_State *L, struct arena *tmp, const struct declare_what *what, int index)
{
    struct playbook *p = playbook_of(L);
    playbook_check_declares(L, what->prefix);
    if (lua_type(L, index) != LUA_TSTRING)
        no_name(L, tmp, what);
    const char *name = lua_tostring(L, index);
    if (!addr_check_name(name, script_call_err(L)))
        script_call_raise(L);
    struct decl *d = ARENA_NEW(p->mem, struct decl);
    set_address(p->mem, d, what->prefix, name);
    d->kind = what->kind;
    if (what->type) {
        d->subsystem = what->subsystem;
        d->type = what->name;
    }
    d->instance = what->instance;
    d->stage = p->stage;
    d->order = (uint32_t)p->steps.count;
    script_place(L, &d->file, &d->line);
    note_stage(p);

    struct handle *h = handle_push(L);
    *h = (struct handle){.step = d, .address = d->address, .type = what->type, .kind = what->kind};
    ARRAY_PUSH(&p->steps, d);
}

/* The type under the driver instance the step chose, which may offer other attributes. */
static void choose_instance(lua_State *L, struct handle *h, const char *before)
{
    const struct decl *d = h->step;
    const struct catalog *c = &playbook_of(L)->ask.catalog;
    if (!str_equal(before, d->instance) &&
        !c->type(c->user, d->subsystem, d->instance, d->type, &h->type, script_call_err(L)))
        script_call_raise(L);
    if (d->kind == DECL_EXISTING && !h->type->can_find)
        script_call_fail(L, "playbook.cannot_find", "declare it as a step, or name its id in the region file",
                         "'%s.%s' cannot be looked up: its driver has no way to find one", d->subsystem,
                         d->type);
}

static int unknown_attribute(lua_State *L, struct arena *tmp, const struct handle *h, const char *name)
{
    const char *near = schema_nearest(h->type->schema, name), *advice;
    if (str_equal(name, "id"))
        advice = "the service gives the id; other steps refer to it, none sets it";
    else if (meta_is_key(name))
        advice = arena_print(tmp, "it belongs under step: step = { %s = ... }", name);
    else if (near)
        advice = arena_print(tmp, "did you mean '%s'?", near);
    else
        advice = arena_print(tmp, "`landfall describe %s.%s` lists its attributes", h->type->subsystem,
                             h->type->name);
    return script_call_fail(L, "playbook.unknown_attribute", advice, "%s: unknown attribute '%s'", h->address,
                            name);
}

/* Names only: what a value must be is known when references have become values, so plan/ checks it. */
/* What is ignored by a name that is misspelled would be changed all the same. */
static void check_ignored(lua_State *L, struct arena *tmp, const struct handle *h)
{
    const struct decl_meta *meta = &h->step->meta;
    for (size_t i = 0; i < meta->ignore_count; i++) {
        char *name = arena_text_n(tmp, meta->ignore[i], strcspn(meta->ignore[i], ".["));
        const char *near = schema_nearest(h->type->schema, name);
        if (!schema_find(h->type->schema, name))
            script_call_fail(L, "playbook.unknown_attribute",
                             near ? arena_print(tmp, "did you mean '%s'?", near)
                                  : arena_print(tmp, "`landfall describe %s.%s` lists its attributes",
                                                h->type->subsystem, h->type->name),
                             "%s: step.ignore names the unknown attribute '%s'", h->address, name);
    }
}

static void check_names(lua_State *L, struct arena *tmp, const struct handle *h, const struct value *attrs)
{
    for (size_t i = 0; i < attrs->count; i++)
        if (!schema_find(h->type->schema, attrs->pairs[i].key))
            unknown_attribute(L, tmp, h, attrs->pairs[i].key);
}

/* action: { version, run, inputs } */
static void finish_action(lua_State *L, struct arena *tmp, struct decl *d, const struct value *attrs,
                          int index)
{
    static const char *const keys[] = {"version", "run", "inputs", "step"};
    for (size_t i = 0; i < attrs->count; i++) {
        const char *key = attrs->pairs[i].key;
        if (str_equal(key, "version") || str_equal(key, "inputs"))
            continue;
        const char *near = str_nearest(key, keys, COUNT_OF(keys));
        script_call_fail(L, "playbook.unknown_attribute",
                         near ? arena_print(tmp, "did you mean '%s'?", near)
                              : "an action has version, run, inputs and step",
                         "%s: unknown attribute '%s'", d->address, key);
    }
    const struct value *version = value_get(attrs, "version"), *inputs = value_get(attrs, "inputs");
    if (value_kind(version) != VALUE_INT || version->number < 1)
        script_call_fail(L, "playbook.version",
                         "write version = 1, and raise it to have the action run again",
                         "%s: version must be a whole number from 1", d->address);
    if (inputs && inputs->kind != VALUE_MAP && !(inputs->kind == VALUE_LIST && inputs->count == 0))
        script_call_fail(L, "playbook.inputs",
                         "write inputs = { name = value }; the body reads ctx.inputs.name",
                         "%s: inputs must be a map", d->address);
    if (lua_getfield(L, index, "run") != LUA_TFUNCTION)
        script_call_fail(L, "playbook.run", "write run = function(ctx) ... end", "%s: run must be a function",
                         d->address);
    d->version = version->number;
    d->run = playbook_keep_function(L, -1);
    lua_pop(L, 1);
}

static void check_probe(lua_State *L, const struct decl *d, const struct value *v, const char *advice)
{
    const struct value *http = value_get(v, "http"), *call = value_get(v, "call");
    if ((http != NULL) == (call != NULL))
        script_call_fail(L, "playbook.check", advice, "%s: a %s needs either http or call", d->address,
                         d->kind == DECL_HUMAN ? "probe" : "check");
    if (http && (http->kind != VALUE_MAP || !value_get(http, "url")))
        script_call_fail(L, "playbook.check", advice, "%s: http needs a url", d->address);
    if (call && !value_get_text(call, "call", NULL))
        script_call_fail(L, "playbook.check", advice, "%s: call must be a call of a subsystem", d->address);
}

/* human: { ask, deadline, remind, probe } */
static void finish_human(lua_State *L, struct arena *tmp, const struct decl *d, const struct value *attrs)
{
    const struct value *deadline = value_get(attrs, "deadline"), *remind = value_get(attrs, "remind");
    const struct value *probe = value_get(attrs, "probe");
    int64_t unused;
    if (!value_get(attrs, "ask"))
        script_call_fail(L, "playbook.no_ask", "write ask = \"Countersign the agreement\"",
                         "%s: what is to be done by a person is not said", d->address);
    if (deadline && !(value_as_text(deadline) && tick_parse(deadline->text, &unused)))
        script_call_fail(L, "playbook.deadline", "write deadline = \"2026-12-01\"",
                         "%s: deadline must be a date", d->address);
    if (remind && !(remind->kind == VALUE_INT && remind->number >= 1 && remind->number <= REMIND_DAYS_MOST))
        script_call_fail(L, "playbook.remind", "write remind = 3: every three days while it waits",
                         "%s: remind must be a number of days from 1 to %d", d->address, REMIND_DAYS_MOST);
    if (!probe)
        return;
    const char *advice = arena_print(
        tmp, "write probe = { http = { url = ..., contains = ... } }, or { call = database.query, args = { "
             "... }, expect = { ... } }");
    if (probe->kind != VALUE_MAP)
        script_call_fail(L, "playbook.check", advice, "%s: probe must be a map", d->address);
    check_probe(L, d, probe, advice);
}

/* human: { ask, ... }, todo: { ask }.  Whoever reads it at night has nothing else to go by. */
static void finish_person(lua_State *L, struct arena *tmp, const struct decl *d, const struct value *attrs)
{
    static const char *const keys[] = {"ask", "deadline", "probe", "remind", "step"};
    bool is_human = d->kind == DECL_HUMAN;
    const char *ask = value_get_text(attrs, "ask", NULL);
    for (size_t i = 0; i < attrs->count; i++) {
        const char *key = attrs->pairs[i].key, *near = str_nearest(key, keys, COUNT_OF(keys));
        if (str_equal(key, "ask") || (is_human && near && str_equal(near, key) && !str_equal(key, "step")))
            continue;
        script_call_fail(L, "playbook.unknown_attribute",
                         meta_is_key(key)
                             ? arena_print(tmp, "it belongs under step: step = { %s = ... }", key)
                         : !is_human ? "a todo has ask and step"
                         : near      ? arena_print(tmp, "did you mean '%s'?", near)
                                     : "a human has ask, deadline, remind, probe and step",
                         "%s: unknown attribute '%s'", d->address, key);
    }
    if (is_human)
        finish_human(L, tmp, d, attrs);
    if (ask && !*ask)
        script_call_fail(L, "playbook.no_ask", "write ask = \"Countersign the agreement\"",
                         "%s: ask is empty", d->address);
}

/* check: { http = { url, ... } } or { call = database.query, ... } */
static void finish_check(lua_State *L, const struct decl *d, const struct value *attrs)
{
    check_probe(
        L, d, attrs,
        "write check \"name\" { http = { url = ..., expect = 200 } }, or { call = database.query, args "
        "= { ... }, expect = { ... } }");
}

/* `step` comes first: it may choose the driver, and the driver the attributes. */
void declare_finish(lua_State *L, struct arena *tmp, struct handle *h, int index)
{
    static const char *const plain[] = {"step", NULL};
    static const char *const action[] = {"step", "run", NULL};
    struct playbook *p = playbook_of(L);
    struct decl *d = h->step;
    const char *instance = d->instance;
    if (lua_type(L, index) != LUA_TTABLE)
        script_call_fail(L, "playbook.no_table", "write its table behind the name: { ... }",
                         "the step '%s' has something else than a table behind its name", d->address);
    meta_take(L, tmp, d, index);
    if (h->type)
        choose_instance(L, h, instance);
    /* Without a schema, an empty table is an empty map all the same. */
    static const struct schema none;
    struct script_value_rules rules = {.what = d->address,
                                       .schema = h->type ? h->type->schema : &none,
                                       .skip = d->kind == DECL_ACTION ? action : plain};
    const struct value *attrs = script_value_take(L, index, p->mem, &rules);
    if (attrs->kind != VALUE_MAP)
        script_call_fail(L, "playbook.no_table", "write { name = ..., ... }",
                         "%s: the table of a step has names, not a list", d->address);
    if (h->type) {
        check_names(L, tmp, h, attrs);
        check_ignored(L, tmp, h);
    }
    if (d->kind == DECL_ACTION)
        finish_action(L, tmp, d, attrs, index);
    else if (d->kind == DECL_CHECK)
        finish_check(L, d, attrs);
    else if (d->kind == DECL_HUMAN || d->kind == DECL_TODO)
        finish_person(L, tmp, d, attrs);
    /* Last: a step whose table was refused has none, also when the playbook caught the error. */
    d->attrs = reads_link(p, attrs);
    h->step = NULL;
}

/* Equal addresses stay in the order of the playbook, so that the error names the later one. */
static int address_order(const void *left, const void *right)
{
    const struct decl *a = *(struct decl *const *)left, *b = *(struct decl *const *)right;
    int order = strcmp(a->address, b->address);
    return order ? order : (a->order > b->order) - (a->order < b->order);
}

static bool all_have_tables(const struct playbook *p, struct err *err)
{
    for (size_t i = 0; i < p->steps.count; i++) {
        const struct decl *d = p->steps.at[i];
        if (d->attrs)
            continue;
        err_set(err, "playbook.no_table", "the step '%s' has a name and no table", d->address);
        err_at(err, d->file, d->line, 0);
        return err_advise(err, "write its table behind the name: { ... }; an empty one is { }");
    }
    return true;
}

static bool refuse_twice(const struct decl *first, const struct decl *second, struct err *err)
{
    err_set(err, "playbook.twice", "two steps have the address '%s'", second->address);
    err_at(err, second->file, second->line, 0);
    err_detail(err, "the other one is at %s:%u", first->file, first->line);
    return err_advise(err, "give one of them another name; in a loop, put what differs into the name");
}

static int file_order(const void *a, const void *b)
{
    return strcmp(((const struct decl_file *)a)->path, ((const struct decl_file *)b)->path);
}

static void collect_files(struct playbook *p)
{
    struct decl_file *files = ARENA_ARRAY(p->mem, struct decl_file, map_count(p->files));
    size_t at = 0, count = 0;
    const char *path;
    void *digest;
    while (map_next(p->files, &at, &path, &digest))
        files[count++] = (struct decl_file){path, digest};
    qsort(files, count, sizeof(*files), file_order);
    p->decls.files = files;
    p->decls.file_count = count;
}

static void collect_outputs(struct playbook *p)
{
    size_t at = 0, count = 0;
    const char *name;
    void *v;
    struct pair *pairs = ARENA_ARRAY(p->own, struct pair, map_count(p->outputs));
    while (map_next(p->outputs, &at, &name, &v))
        pairs[count++] = (struct pair){name, v};
    p->decls.outputs = count ? value_map(p->mem, pairs, count) : NULL;
}

/* Twins are found by sorting, which the plan needs anyway, instead of a map over all steps. */
bool declare_collect(struct playbook *p, struct err *err)
{
    if (!all_have_tables(p, err))
        return false;
    size_t count = p->steps.count;
    if (count)
        qsort(p->steps.at, count, sizeof(*p->steps.at), address_order);
    for (size_t i = 1; i < count; i++)
        if (strcmp(p->steps.at[i - 1]->address, p->steps.at[i]->address) == 0)
            return refuse_twice(p->steps.at[i - 1], p->steps.at[i], err);
    struct decl *sorted = ARENA_ARRAY(p->mem, struct decl, count);
    for (size_t i = 0; i < count; i++)
        sorted[i] = *p->steps.at[i];
    p->decls.at = sorted;
    p->decls.count = count;
    p->decls.moved = ARRAY_KEEP(&p->moved, p->mem);
    p->decls.moved_count = p->moved.count;
    p->decls.stages = ARRAY_KEEP(&p->stages, p->mem);
    p->decls.stage_count = p->stages.count;
    collect_files(p);
    collect_outputs(p);
    return true;
}
