#include "playbook/playbook.h"

#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/map.h"
#include "base/str.h"
#include "model/value.h"
#include "playbook/declare.h"
#include "playbook/handle.h"
#include "playbook/playbook_state.h"
#include "playbook/ref.h"
#include "playbook/word_use.h"
#include "region/region.h"
#include "script/script.h"
#include "script/script_value.h"
#include "script/script_world.h"

#define PLAYBOOK_MAX ((size_t)4 * 1024 * 1024)

/* Its address marks the table of kept functions in the registry. */
static const char functions_key;

struct playbook *playbook_of(lua_State *L)
{
    return script_owner(script_of(L));
}

uint32_t playbook_keep_function(lua_State *L, int index)
{
    struct playbook *p = playbook_of(L);
    lua_pushvalue(L, index);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &functions_key);
    lua_insert(L, -2);
    lua_rawseti(L, -2, (lua_Integer)p->functions + 1);
    lua_pop(L, 1);
    return ++p->functions;
}

void playbook_push_function(lua_State *L, uint32_t fn)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &functions_key);
    lua_rawgeti(L, -1, fn);
    lua_remove(L, -2);
}

/* Declarations are a fixed list once the playbook has ended; a plan has been made of them. */
void playbook_check_declares(lua_State *L, const char *word)
{
    const struct playbook *p = playbook_of(L);
    size_t count = strlen(word);
    int shown = (int)(count && word[count - 1] == '.' ? count - 1 : count);
    if (!p->evaluating)
        script_call_fail(L, "playbook.too_late",
                         "declare it in the playbook itself; a function that runs later has "
                         "values only",
                         "'%.*s' is used after the playbook has ended", shown, word);
    if (p->requiring.count > 0)
        script_call_fail(L, "playbook.library",
                         "put it into a function of the library and call that from the playbook",
                         "'%.*s' is used while '%s' is being required", shown, word,
                         p->requiring.at[p->requiring.count - 1]);
}

static bool refuse_file(struct err *err, const char *path, const char *what)
{
    err_set(err, "playbook.file", "'%s' %s", path, what);
    return err_advise(err, "name a file of the project, relative to its folder, such as data/countries.csv");
}

/* A link may point anywhere, so what counts is where the resolved path lies. */
static bool is_inside(struct arena *tmp, const struct playbook *p, const char *full)
{
    const char *real = file_real(tmp, full);
    size_t count = strlen(p->project);
    return real && strncmp(real, p->project, count) == 0 &&
           (real[count] == '/' || str_equal(p->project, "/"));
}

bool playbook_read_file(struct playbook *p, struct arena *mem, const char *path, size_t cap,
                        const char **bytes, size_t *count, struct err *err)
{
    if (!*path || *path == '/' || strstr(path, "..") || strchr(path, '\\'))
        return refuse_file(err, path, "is no path inside the project");
    const char *full = file_join(mem, p->project, path);
    if (!file_exists(full))
        return refuse_file(err, path, "does not exist in the project");
    if (!is_inside(mem, p, full))
        return refuse_file(err, path, "leads out of the project");
    if (!file_read(mem, full, cap, bytes, count, err))
        return false;
    /* What an action reads while it runs is part of no plan. */
    if (p->evaluating && !map_has(p->files, path)) {
        char hex[DIGEST_HEX];
        digest_text(*bytes, *count, hex);
        map_put(p->files, arena_text(p->mem, path), arena_text(p->mem, hex));
    }
    return true;
}

/* What of a playbook's own handles can stand for a value. */
static const struct value *value_of_userdata(lua_State *L, int index, struct arena *mem)
{
    const struct value *ref = ref_test(L, index);
    if (ref)
        return ref;
    const struct word_use_call *call = word_use_test_call(L, index);
    if (call)
        return word_use_call_value(mem, call);
    const struct handle *h = handle_test(L, index);
    if (h)
        script_call_fail(L, "playbook.handle",
                         h->type ? "write .id behind it, or another attribute"
                                 : "name it in step = { after = { ... } } instead",
                         "the step '%s' itself is passed where a value is wanted", h->address);
    return NULL;
}

static int open_words(lua_State *L)
{
    ref_open(L);
    handle_open(L);
    action_ctx_open(L);
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &functions_key);
    word_step_open(L);
    lua_newtable(L);
    word_use_open(L);
    word_expr_open(L);
    word_file_open(L);
    word_region_open(L);
    word_stage_open(L);
    script_world_seal(L, "landfall");
    script_world_add(L, "landfall");
    return 0;
}

/* The text is needed only until it is compiled. */
static bool compile(struct playbook *p, struct err *err)
{
    struct arena *text = arena_new();
    const char *bytes;
    size_t count;
    bool ok = playbook_read_file(p, text, p->ask.path, PLAYBOOK_MAX, &bytes, &count, err) &&
              script_load(p->script, arena_text(p->mem, p->ask.path), bytes, count, err);
    arena_free(text);
    return ok;
}

static bool evaluate(struct playbook *p, struct err *err)
{
    return compile(p, err) && script_run(p->script, 0, 0, err) && declare_collect(p, err);
}

/* What only reading needed. */
static void end_evaluation(struct playbook *p)
{
    p->evaluating = false;
    ARRAY_DONE(&p->steps);
    ARRAY_DONE(&p->moved);
    ARRAY_DONE(&p->stages);
    ARRAY_DONE(&p->reads);
    map_free(p->outputs);
    map_free(p->files);
    p->outputs = p->files = NULL;
}

static struct playbook *playbook_new(struct arena *mem, const struct playbook_ask *ask)
{
    struct arena *own = arena_new();
    struct playbook *p = ARENA_NEW(own, struct playbook);
    p->own = own;
    p->mem = mem;
    p->ask = *ask;
    p->ask.path = arena_text(own, ask->path);
    p->project = file_real(own, ask->project);
    const char *slash = strrchr(ask->path, '/');
    p->folder = slash ? arena_text_n(own, ask->path, (size_t)(slash - ask->path)) : "";
    p->stage = "";
    p->evaluating = true;
    p->outputs = map_new();
    p->files = map_new();
    p->script = script_new(ask->limits);
    script_set_owner(p->script, p);
    script_keep_in(p->script, mem);
    script_value_set_userdata(p->script, value_of_userdata);
    return p;
}

bool playbook_load(struct arena *mem, const struct playbook_ask *ask, struct playbook **out, struct err *err)
{
    struct playbook *p = playbook_new(mem, ask);
    bool ok = p->project != NULL;
    if (!ok)
        err_set(err, "playbook.file", "there is no folder '%s'", ask->project);
    ok = ok && script_protect(p->script, open_words, NULL, err) && evaluate(p, err);
    end_evaluation(p);
    if (ok)
        *out = p;
    else
        playbook_free(p);
    return ok;
}

bool playbook_check_syntax(const char *project, const char *path, struct err *err)
{
    struct arena *mem = arena_new();
    const struct playbook_ask ask = {.project = project, .path = path};
    struct playbook *p = playbook_new(mem, &ask);
    bool ok =
        p->project ? compile(p, err) : err_set(err, "playbook.file", "there is no folder '%s'", project);
    end_evaluation(p);
    playbook_free(p);
    arena_free(mem);
    return ok;
}

void playbook_free(struct playbook *p)
{
    if (!p)
        return;
    script_free(p->script);
    ARRAY_DONE(&p->requiring);
    arena_free(p->own);
}

void playbook_rest(struct playbook *p)
{
    script_rest(p->script);
}

const struct decls *playbook_decls(const struct playbook *p)
{
    return &p->decls;
}

struct map_call {
    uint32_t fn;
    const struct value *arg;
    struct arena *mem;
    const struct value *result;
};

/* The result is copied out of Lua at once; an error leaves nothing behind on the stack. */
static int call_inside(lua_State *L)
{
    struct map_call *c = lua_touserdata(L, 1);
    playbook_push_function(L, c->fn);
    script_value_give(L, c->arg);
    lua_call(L, 1, 1);
    c->result = script_value_take(
        L, -1, c->mem, &(struct script_value_rules){.what = "the result of landfall.map's function"});
    if (value_has_expr(c->result))
        script_call_fail(L, "playbook.map", "compute with the value it is given and return the result",
                         "the function of landfall.map returned a reference");
    return 0;
}

bool playbook_call(void *playbook, uint32_t fn, const struct value *arg, struct arena *mem,
                   const struct value **out, struct err *err)
{
    struct playbook *p = playbook;
    struct map_call c = {.fn = fn, .arg = arg, .mem = mem};
    script_keep_in(p->script, p->mem); /* what a plan added to it meanwhile is not the script's */
    if (!script_protect(p->script, call_inside, &c, err))
        return err_wrap(err, "a function of landfall.map");
    *out = c.result;
    return true;
}
