#include "plan/policy.h"

#include <string.h>

#include <lua.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "plan/policy_parts.h"
#include "script/script_call.h"

#define FILE_MAX ((size_t)1024 * 1024)

struct policy *policy_of(lua_State *L)
{
    return script_owner(script_of(L));
}

static int open_words(lua_State *L)
{
    policy_view_open(L);
    policy_word_open(L);
    return 0;
}

/* `rule "x"` alone is a finished sentence to Lua and would be no rule at all. */
static bool check_whole(const struct policy *p, struct err *err)
{
    if (!p->open_rule)
        return true;
    err_set(err, "policy.no_table", "the rule '%s' has no table behind it", p->open_rule);
    err_at(err, p->open_file, p->open_line, 0);
    return err_advise(err,
                      "write rule \"%s\" { level = ..., why = ..., check = function(step, plan) ... end }",
                      p->open_rule);
}

static bool load_file(struct policy *p, const struct policy_at *at, struct err *err)
{
    struct arena *tmp = arena_new();
    const char *bytes, *path = arena_text(p->mem, at->path);
    size_t count;
    char hex[DIGEST_HEX];
    bool ok = file_read(tmp, file_join(tmp, at->folder, at->name), FILE_MAX, &bytes, &count, err);
    if (ok) {
        digest_text(bytes, count, hex);
        struct policy_file file = {path, arena_text(p->mem, hex)};
        ARRAY_PUSH(&p->files, file);
        ok = script_load(p->script, path, bytes, count, err);
    }
    arena_free(tmp);
    return ok && script_run(p->script, 0, 0, err) && check_whole(p, err);
}

/* A waiver names one rule, and a reader looks for one. */
static bool check_names(const struct policy *p, struct err *err)
{
    for (size_t i = 0; i < p->rules.count; i++) {
        const struct policy_rule *a = &p->rules.at[i];
        for (size_t k = 0; k < i; k++) {
            const struct policy_rule *b = &p->rules.at[k];
            if (strcmp(a->name, b->name) != 0)
                continue;
            err_set(err, "policy.two_rules", "there are two rules '%s'", a->name);
            err_at(err, a->file, a->line, 0);
            return err_advise(err, "give one of them another name; the other stands at %s:%u", b->file,
                              b->line);
        }
    }
    return true;
}

bool policy_load(struct arena *mem, const struct policy_at *files, size_t count, struct script_limits limits,
                 struct policy **out, struct err *err)
{
    struct policy *p = ARENA_NEW(mem, struct policy);
    *p = (struct policy){.mem = mem, .known_at = UINT32_MAX, .step = UINT32_MAX, .loading = true};
    p->script = script_new(limits);
    script_set_owner(p->script, p);
    script_keep_in(p->script, mem);
    bool ok = script_protect(p->script, open_words, NULL, err);
    for (size_t i = 0; i < count && ok; i++)
        ok = load_file(p, &files[i], err) || err_wrap(err, "reading the policies");
    ok = ok && check_names(p, err);
    p->loading = false;
    if (ok)
        *out = p;
    else
        policy_free(p);
    return ok;
}

void policy_free(struct policy *p)
{
    if (!p)
        return;
    script_free(p->script);
    ARRAY_DONE(&p->rules);
    ARRAY_DONE(&p->files);
}

const struct policy_rule *policy_rules(const struct policy *p, size_t *count)
{
    *count = p->rules.count;
    return p->rules.at;
}

const struct policy_file *policy_files(const struct policy *p, size_t *count)
{
    *count = p->files.count;
    return p->files.at;
}
