#include "plan/policy_case.h"

#include <string.h>

#include <lua.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "model/diag.h"
#include "model/value.h"
#include "plan/policy_fixture.h"
#include "script/script.h"
#include "script/script_call.h"
#include "script/script_value.h"
#include "script/script_world.h"

#define FILE_MAX ((size_t)1024 * 1024)
#define EXAMPLE  "write test \"what must be found\" { plan = { steps = { ... } }, expect = { ... } }"

static const char *const case_keys[] = {"expect", "plan", NULL};
static const char *const expect_keys[] = {"address", "rule", "says", "verdict", NULL};

/* A case as it was read. */
struct told {
    const char *name, *file;
    uint32_t line;
    const struct value *what;
};

struct cases {
    struct arena *mem;
    struct script *script;
    ARRAY(struct told) at;
    bool open; /* the last one is named and has no table yet */
};

/* ---- the words of a file of cases ------------------------------------------------------------------ */

static int later_refuse(lua_State *L, struct arena *tmp)
{
    (void)tmp;
    return script_call_fail(L, "policy.case", "put it into `desired` as it is", "'%s' was tried on `later`",
                            lua_tostring(L, 2));
}

static const struct script_word later_refuse_word = {"refuse", later_refuse};
static const struct script_type later_type = {"later", NULL, &later_refuse_word};

static const struct value *value_of_later(lua_State *L, int index, struct arena *mem)
{
    (void)mem;
    return script_call_test(L, index, &later_type) ? value_unknown(VALUE_ANY) : NULL;
}

static struct cases *cases_of(lua_State *L)
{
    return script_owner(script_of(L));
}

static int test_table(lua_State *L, struct arena *tmp)
{
    struct cases *c = cases_of(L);
    (void)tmp;
    script_call_table(L, 1, "test", EXAMPLE);
    c->at.at[c->at.count - 1].what =
        script_value_take(L, 1, c->mem, &(struct script_value_rules){.what = "the case"});
    c->open = false;
    return 0;
}

static int test(lua_State *L, struct arena *tmp)
{
    static const struct script_word table = {"test", test_table};
    struct cases *c = cases_of(L);
    struct told one = {.name = arena_text(c->mem, script_call_text(L, 1, "test", EXAMPLE))};
    (void)tmp;
    if (c->open)
        return script_call_fail(L, "policy.case", EXAMPLE, "the test '%s' has no table behind it",
                                c->at.at[c->at.count - 1].name);
    if (!script_place(L, &one.file, &one.line))
        one.file = "";
    ARRAY_PUSH(&c->at, one);
    c->open = true;
    script_call_push(L, &table, 0);
    return 1;
}

static int open_words(lua_State *L)
{
    static const struct script_word word = {"test", test};
    script_call_add_type(L, &later_type);
    script_call_push(L, &word, 0);
    script_world_add(L, "test");
    script_call_new(L, &later_type, 1);
    script_world_add(L, "later");
    return 0;
}

static bool read_cases(struct cases *c, const struct policy_at *file, struct err *err)
{
    const char *bytes;
    size_t count;
    if (!script_protect(c->script, open_words, NULL, err) ||
        !file_read(c->mem, file_join(c->mem, file->folder, file->name), FILE_MAX, &bytes, &count, err) ||
        !script_load(c->script, file->path, bytes, count, err) || !script_run(c->script, 0, 0, err))
        return err_wrap(err, "reading the tests");
    if (!c->open)
        return true;
    const struct told *last = &c->at.at[c->at.count - 1];
    err_set(err, "policy.case", "the test '%s' has no table behind it", last->name);
    err_at(err, last->file, last->line, 0);
    return err_advise(err, EXAMPLE);
}

/* ---- found and expected ---------------------------------------------------------------------------- */

static bool matches(const struct value *expected, const struct plan_finding *f)
{
    const char *rule = value_get_text(expected, "rule", NULL), *says = value_get_text(expected, "says", NULL);
    const char *address = value_get_text(expected, "address", NULL);
    return (!rule || strcmp(rule, f->rule) == 0) && str_equal(address, f->address) &&
           (!says || strstr(f->message, says)) &&
           strcmp(value_get_text(expected, "verdict", "broken"), plan_verdict_name(f->verdict)) == 0;
}

static void print_finding(struct buf *out, const struct plan_finding *f)
{
    buf_print(out, "found, not expected: %s, '%s'%s%s: %s\n", plan_verdict_name(f->verdict), f->rule,
              f->address ? " at " : "", f->address ? f->address : "", f->message);
}

static void print_expected(struct buf *out, const struct value *v)
{
    const char *address = value_get_text(v, "address", NULL), *says = value_get_text(v, "says", NULL);
    buf_print(out, "expected, not found: %s, '%s'%s%s%s%s\n", value_get_text(v, "verdict", "broken"),
              value_get_text(v, "rule", "any rule"), address ? " at " : "", address ? address : "",
              says ? ": " : "", says ? says : "");
}

/* Every finding needs one of its own: two alike are two. */
static const char *compare(struct arena *mem, const struct value *expected, const struct plan_finding *found,
                           size_t count)
{
    size_t wanted = value_kind(expected) == VALUE_LIST ? expected->count : 0;
    bool *used = ARENA_ARRAY(mem, bool, wanted + 1);
    struct buf out;
    buf_init(&out, 0);
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        while (k < wanted && (used[k] || !matches(expected->items[k], &found[i])))
            k++;
        if (k < wanted)
            used[k] = true;
        else
            print_finding(&out, &found[i]);
    }
    for (size_t k = 0; k < wanted; k++) {
        if (!used[k])
            print_expected(&out, expected->items[k]);
    }
    const char *why = out.count ? buf_keep(&out, mem) : NULL;
    buf_done(&out);
    return why;
}

/* A slip in `expect` must not make a test that cannot fail. */
static bool check_expected(const struct policy *p, const struct value *expected, struct err *err)
{
    size_t rules;
    const struct policy_rule *at = policy_rules(p, &rules);
    if (expected && expected->kind != VALUE_LIST)
        return err_set(err, "policy.case", "'expect' is no list: write expect = { { rule = ... } }");
    for (size_t i = 0; expected && i < expected->count; i++) {
        const char *rule = value_get_text(expected->items[i], "rule", NULL);
        if (!policy_fixture_check(expected->items[i], "what is expected", expect_keys, err))
            return false;
        size_t k = 0;
        while (rule && k < rules && strcmp(at[k].name, rule) != 0)
            k++;
        if (!rule || k == rules)
            return err_set(err, "policy.case", "there is no rule '%s' here", rule ? rule : "");
    }
    return true;
}

static bool run_one(struct arena *mem, struct policy *p, const struct told *t, struct policy_case *out,
                    struct err *err)
{
    struct policy_fixture fixture = {0};
    struct diags unsaid;
    const struct plan_finding *found;
    size_t count;
    *out = (struct policy_case){.name = t->name, .file = t->file, .line = t->line};
    diag_init(&unsaid, mem);
    if (!policy_fixture_check(t->what, "a test", case_keys, err) ||
        !check_expected(p, value_get(t->what, "expect"), err) ||
        !policy_fixture_make(mem, value_get(t->what, "plan"), t->file, t->line, &fixture, err)) {
        err_wrap(err, "test '%s'", t->name);
        return err_at(err, t->file, t->line, 0);
    }
    struct policy_ask ask = {
        .plan = fixture.plan, .at_apply = fixture.at_apply, .approval = fixture.approval};
    if (policy_judge(mem, p, &ask, &found, &count, &unsaid, err))
        out->why = compare(mem, value_get(t->what, "expect"), found, count);
    else
        out->why = arena_print(mem, "%s%s%s\n", err->where, err->where[0] ? ": " : "", err->summary);
    out->passed = out->why == NULL;
    return true;
}

bool policy_case_run(struct arena *mem, struct policy *p, const struct policy_at *file,
                     struct script_limits limits, const struct policy_case **out, size_t *count,
                     struct err *err)
{
    struct cases c = {.mem = mem, .script = script_new(limits)};
    script_set_owner(c.script, &c);
    script_keep_in(c.script, mem);
    script_value_set_userdata(c.script, value_of_later);
    struct policy_case *results = NULL;
    bool ok = read_cases(&c, file, err);
    if (ok)
        results = ARENA_ARRAY(mem, struct policy_case, c.at.count + 1);
    for (size_t i = 0; i < c.at.count && ok; i++)
        ok = run_one(mem, p, &c.at.at[i], &results[i], err);
    if (ok) {
        *out = results;
        *count = c.at.count;
    }
    script_free(c.script);
    ARRAY_DONE(&c.at);
    return ok;
}
