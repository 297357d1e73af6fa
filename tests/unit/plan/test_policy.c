/* Rules over a finished plan: what they see, what their answers mean, and that a broken rule passes nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "model/diag.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/policy.h"
#include "plan/policy_case.h"
#include "plan/policy_fixture.h"
#include "region/waiver.h"

struct world {
    struct arena *mem;
    char folder[32];
    struct script_limits limits;
    struct policy *policy;
    struct plan *plan;
    const struct plan_finding *found;
    size_t count;
    struct diags diags;
    struct err err;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    w->mem = arena_new();
    memcpy(w->folder, "/tmp/landfall-rule-XXXXXX", sizeof("/tmp/landfall-rule-XXXXXX"));
    assert_non_null(mkdtemp(w->folder));
    diag_init(&w->diags, w->mem);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    policy_free(w->policy);
    const char *const names[] = {"rules.lua", "tests.lua"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        unlink(file_join(w->mem, w->folder, names[i]));
    rmdir(w->folder);
    arena_free(w->mem);
    free(w);
    return 0;
}

static bool load(struct world *w, const char *text)
{
    struct policy_at at = {w->folder, "rules.lua", "policies/rules.lua"};
    struct err none;
    assert_true(file_replace(file_join(w->mem, w->folder, "rules.lua"), text, strlen(text), 0644, &none));
    policy_free(w->policy);
    w->policy = NULL;
    return policy_load(w->mem, &at, 1, w->limits, &w->policy, &w->err);
}

static void must_load(struct world *w, const char *text)
{
    if (!load(w, text))
        fail_msg("%s: %s: %s", w->err.where, w->err.code, w->err.summary);
}

static const struct value *json(struct world *w, const char *text)
{
    const struct value *v;
    if (!value_json_parse(w->mem, text, strlen(text), &v, &w->err))
        fail_msg("%s", w->err.summary);
    return v;
}

/* Texts "(later)" stand for what is known only later: JSON has no word for it. */
static const struct value *with_unknowns(struct world *w, const struct value *v)
{
    if (value_as_text(v) && strcmp(v->text, "(later)") == 0)
        return value_unknown(VALUE_ANY);
    if (value_kind(v) == VALUE_MAP) {
        for (size_t i = 0; i < v->count; i++)
            v = value_with_key(w->mem, v, v->pairs[i].key, with_unknowns(w, v->pairs[i].value));
    }
    if (value_kind(v) == VALUE_LIST) {
        const struct value **items = ARENA_ARRAY(w->mem, const struct value *, v->count + 1);
        for (size_t i = 0; i < v->count; i++)
            items[i] = with_unknowns(w, v->items[i]);
        v = value_list(w->mem, items, v->count);
    }
    return v;
}

static bool judge(struct world *w, const char *plan, const struct waivers *waivers, int64_t now_ms)
{
    struct policy_fixture fixture;
    const struct value *described = with_unknowns(w, json(w, plan));
    if (!policy_fixture_make(w->mem, described, "playbooks/p.lua", 7, &fixture, &w->err))
        fail_msg("%s", w->err.summary);
    struct policy_ask ask = {.plan = fixture.plan,
                             .waivers = waivers,
                             .now_ms = now_ms,
                             .at_apply = fixture.at_apply,
                             .approval = fixture.approval,
                             .all = true};
    w->plan = fixture.plan;
    w->found = NULL;
    w->count = 0;
    return policy_judge(w->mem, w->policy, &ask, &w->found, &w->count, &w->diags, &w->err);
}

static void must_judge(struct world *w, const char *plan)
{
    if (!judge(w, plan, NULL, 0))
        fail_msg("%s: %s: %s", w->err.where, w->err.code, w->err.summary);
}

#define RULE(level, check) "rule 'r' { level = '" level "', why = 'w', each = '*', check = " check " }\n"
#define ONE(desired)       "{\"steps\": {\"a.b.c\": {\"desired\": " desired "}}}"

/* ---- what a rule says ------------------------------------------------------------------------------ */

static void test_the_rule_of_the_handbook_finds_what_is_not_encrypted(void **state)
{
    struct world *w = *state;
    must_load(w, "rule \"encrypted at rest\" {\n"
                 "  level = \"must\", why = \"the contract says so\", each = \"database.*\",\n"
                 "  check = function(step, plan)\n"
                 "    if step.desired.encrypted == false then return \"say encrypted = true\" end\n"
                 "  end,\n"
                 "}\n");
    must_judge(w, "{\"steps\": {\"database.database.a\": {\"desired\": {\"encrypted\": false}},"
                  "\"database.database.b\": {\"desired\": {\"encrypted\": true}},"
                  "\"queue.queue.c\": {\"desired\": {\"encrypted\": false}}}}");
    assert_int_equal(w->count, 1);
    const struct plan_finding *f = &w->found[0];
    assert_string_equal(f->rule, "encrypted at rest");
    assert_string_equal(f->address, "database.database.a");
    assert_string_equal(f->message, "say encrypted = true");
    assert_string_equal(f->why, "the contract says so");
    assert_string_equal(f->where, "playbooks/p.lua:7");
    assert_string_equal(f->rule_where, "policies/rules.lua:1");
    assert_int_equal(f->level, PLAN_MUST);
    assert_int_equal(f->verdict, PLAN_BROKEN);
    assert_true(f->blocks);
}

static void test_an_advisory_blocks_nothing(void **state)
{
    struct world *w = *state;
    must_load(w, RULE("advisory", "function(step) return 'hm' end"));
    must_judge(w, ONE("{}"));
    assert_int_equal(w->count, 1);
    assert_false(w->found[0].blocks);
}

static void test_a_check_may_say_what_to_do_and_find_several_things(void **state)
{
    struct world *w = *state;
    must_load(
        w, "rule 'all' { level = 'must', why = 'w', check = function(plan)\n"
           "  local found = {}\n"
           "  for _, s in ipairs(plan.steps 'dns') do\n"
           "    table.insert(found, { message = 'not ' .. s.name, todo = 'mend it', address = s.address })\n"
           "  end\n"
           "  return found\n"
           "end }\n");
    must_judge(w, "{\"steps\": {\"dns.zone.b\": {}, \"dns.zone.a\": {}, \"queue.queue.c\": {}}}");
    assert_int_equal(w->count, 2);
    assert_string_equal(w->found[0].address, "dns.zone.a");
    assert_string_equal(w->found[0].message, "not a");
    assert_string_equal(w->found[1].advice, "mend it");
}

static void test_findings_come_by_rule_then_by_address(void **state)
{
    struct world *w = *state;
    must_load(w,
              "for _, n in ipairs { 'z', 'a' } do\n"
              "  rule(n) { level = 'advisory', why = 'w', each = '*', check = function() return 'x' end }\n"
              "end\n");
    must_judge(w, "{\"steps\": {\"a.b.2\": {}, \"a.b.1\": {}}}");
    static const char *const expected[][2] = {{"z", "a.b.1"}, {"z", "a.b.2"}, {"a", "a.b.1"}, {"a", "a.b.2"}};
    assert_int_equal(w->count, COUNT_OF(expected));
    for (size_t i = 0; i < w->count; i++) {
        assert_string_equal(w->found[i].rule, expected[i][0]);
        assert_string_equal(w->found[i].address, expected[i][1]);
    }
}

/* ---- what a rule sees ------------------------------------------------------------------------------ */

static void test_a_rule_sees_all_that_is_promised(void **state)
{
    struct world *w = *state;
    must_load(
        w,
        "rule 'sees' { level = 'must', why = 'w', each = 'database', check = function(s, plan)\n"
        "  local seen = { s.address, s.kind, s.action, s.subsystem, s.type, s.name, s.instance, s.stage, "
        "s.owner,\n"
        "    tostring(s.shared), tostring(s.protect), tostring(s.keeps_data), table.concat(s.holds, '+'),\n"
        "    s.driver, s.place, s.reason, tostring(s.changes), tostring(s.takes.encrypted), "
        "tostring(s.takes.no),\n"
        "    amount_text(s.cost.month_high), tostring(s.cost.priced), s.desired.tags[2], s.desired.deep.x,\n"
        "    plan.region.currency, plan.region.place, table.concat(plan.residency.customer, '+'),\n"
        "    tostring(plan.budget.monthly == amount('900.50')), tostring(plan.budget.one_off),\n"
        "    tostring(plan.totals.create), tostring(plan.totals.shared), "
        "amount_text(plan.totals.month_high),\n"
        "    plan.step('dns.zone.z').action, tostring(plan.step 'no.no.no'), tostring(#plan.steps '*') }\n"
        "  return table.concat(seen, ' ')\n"
        "end }\n");
    must_judge(
        w,
        "{\"region\": {\"currency\": \"EUR\", \"place\": \"eu-west-1\"}, \"budget\": {\"monthly\": "
        "\"900.50\"},"
        "\"residency\": {\"customer\": [\"eu-west-1\", \"eu-central-1\"]}, \"steps\": {"
        "\"database.database.main\": {\"action\": \"update\", \"instance\": \"second\", \"stage\": \"data\","
        " \"owner\": \"dba\", \"shared\": true, \"protect\": true, \"keeps_data\": true,"
        " \"holds\": [\"customer\", \"billing\"], \"driver\": \"rds\", \"place\": \"eu-central-1\","
        " \"reason\": \"size: a -> b\", \"takes\": [\"encrypted\"], \"cost\": {\"month_low\": 1,"
        " \"month_high\": \"12.50\"}, \"desired\": {\"tags\": [\"t1\", \"t2\"], \"deep\": {\"x\": \"y\"}}},"
        "\"dns.zone.z\": {}}}");
    assert_int_equal(w->count, 1);
    assert_string_equal(w->found[0].message,
                        "database.database.main resource update database database main second data dba "
                        "true true true customer+billing rds eu-central-1 size: a -> b true true nil "
                        "12.50 EUR true t2 y EUR eu-west-1 eu-west-1+eu-central-1 true nil 1 1 12.50 EUR "
                        "create nil 2");
}

static void test_what_goes_is_seen_by_rules_that_ask_for_it(void **state)
{
    struct world *w = *state;
    must_load(
        w, "rule 'keep' { level = 'must', why = 'w', each = '*', actions = { 'destroy', 'replace' },\n"
           "  check = function(s) return s.action .. ' ' .. table.concat(s.holds) end }\n"
           "rule 'other' { level = 'must', why = 'w', each = '*', check = function() return 'never' end }\n"
           "rule 'plan' { level = 'must', why = 'w', check = function() return 'never' end }\n");
    must_judge(
        w, "{\"destroy\": true, \"steps\": {\"a.b.c\": {\"action\": \"destroy\", \"holds\": [\"customer\"]},"
           "\"a.b.d\": {\"action\": \"keep\"}}}");
    assert_int_equal(w->count, 1);
    assert_string_equal(w->found[0].message, "destroy customer");
}

/* It is known too late whether it is one. */
static void test_what_may_become_a_replacement_is_seen_by_rules_that_ask_for_those(void **state)
{
    struct world *w = *state;
    must_load(w, "rule 'r' { level = 'must', why = 'w', each = '*', actions = { 'replace', 'destroy' },\n"
                 "  check = function(s) return 'goes: ' .. s.action end }\n");
    must_judge(w, "{\"steps\": {\"a.b.c\": {\"action\": \"update\"}}}");
    assert_int_equal(w->count, 0);
    w->plan->steps[0].may_replace = true;
    struct policy_ask ask = {.plan = w->plan, .all = true};
    assert_true(policy_judge(w->mem, w->policy, &ask, &w->found, &w->count, &w->diags, &w->err));
    assert_int_equal(w->count, 1);
    assert_true(w->found[0].blocks);
}

static void test_no_rule_can_change_what_the_next_one_sees(void **state)
{
    struct world *w = *state;
    static const char *const tries[] = {
        "s.address = 'x'",        "s.desired.name = 'x'",    "plan.totals = {}",
        "plan.totals.create = 0", "plan.region.place = 'x'", "local t = s.desired.deep; t.x = 1",
    };
    for (size_t i = 0; i < COUNT_OF(tries); i++) {
        must_load(w, arena_print(w->mem, RULE("must", "function(s, plan) %s end"), tries[i]));
        assert_false(judge(w, ONE("{\"deep\": {\"x\": 0}}"), NULL, 0));
        assert_string_equal(w->err.code, "script.read_only");
        assert_string_equal(w->err.where, "policies/rules.lua:1");
    }
    must_load(w, "rule 'first' { level = 'must', why = 'w', each = '*', check = function(s)\n"
                 "  s.desired.list[1] = 'changed'; s.holds[1] = 'changed'; s.cost.priced = true\n"
                 "end }\n"
                 "rule 'second' { level = 'must', why = 'w', each = '*', check = function(s)\n"
                 "  return s.desired.list[1] .. s.holds[1] .. tostring(s.cost.priced)\n"
                 "end }\n");
    must_judge(w, "{\"steps\": {\"a.b.c\": {\"holds\": [\"h\"], \"desired\": {\"list\": [\"l\"]}}}}");
    assert_string_equal(w->found[0].message, "lhfalse");
}

static void test_pairs_goes_through_attributes_in_order(void **state)
{
    struct world *w = *state;
    must_load(w, RULE("must",
                      "function(s) local all = '' for k, v in pairs(s.desired) do all = all .. k .. v end "
                      "return all end"));
    must_judge(w, ONE("{\"z\": 1, \"a\": 2, \"m\": \"x\"}"));
    assert_string_equal(w->found[0].message, "a2mxz1");
}

static void test_a_field_that_is_not_there_is_told_with_what_comes_near(void **state)
{
    struct world *w = *state;
    must_load(w, RULE("must", "function(s) return s.adress end"));
    assert_false(judge(w, ONE("{}"), NULL, 0));
    assert_string_equal(w->err.code, "policy.no_field");
    assert_string_equal(w->err.advice, "did you mean 'step.address'?");
    must_load(w, RULE("must", "function(s, plan) return plan.total.create end"));
    assert_false(judge(w, ONE("{}"), NULL, 0));
    assert_string_equal(w->err.advice, "did you mean 'plan.totals'?");
}

/* ---- what is known only later ---------------------------------------------------------------------- */

static void test_a_comparison_with_an_unknown_is_not_passed_silently(void **state)
{
    struct world *w = *state;
    static const char *const checks[] = {
        "function(s) if s.desired.x == false then return 'bad' end end",
        "function(s) if s.desired.x ~= true then return 'bad' end end",
        "function(s) if not s.desired.x then return 'bad' end end",
        "function(s) if s.desired.x < 5 then return 'bad' end end",
        "function(s) if #s.desired.x > 0 then return 'bad' end end",
        "function(s) return s.desired.x .. ' is bad' end",
        "function(s) if s.desired.list[2] == 1 then return 'bad' end end",
        "function(s) for _, v in ipairs(s.desired.x) do return 'bad' end end",
        "function(s) pcall(function() return s.desired.x < 5 end) end",
        "function(s) if s.desired.x:lower() ~= s.desired.x then return 'bad' end end",
        "function(s) if string.lower(s.desired.x) == 'x' then return 'bad' end end",
        "function(s) if s.desired.x.y.z then return 'bad' end end",
        "function(s) return string.format('%%s', s.desired.x) end",
        "function(s) for k, v in pairs(s.desired) do if v == 1 then return 'bad' end end end",
    };
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        must_load(w, arena_print(w->mem, RULE("must", "%s"), checks[i]));
        must_judge(w, ONE("{\"x\": \"(later)\", \"list\": [0, \"(later)\"]}"));
        if (w->count != 1 || w->found[0].verdict != PLAN_CANNOT_TELL || w->found[0].blocks)
            fail_msg("%s", checks[i]);
        assert_non_null(strstr(w->found[0].message, "is known only later"));
    }
}

static void test_a_rule_that_asks_decides_what_holds_meanwhile(void **state)
{
    struct world *w = *state;
    must_load(w, RULE("must", "function(s) local x = s.desired.x if unknown(x) or x == 1 then return end "
                              "return 'bad' end"));
    must_judge(w, ONE("{\"x\": \"(later)\"}"));
    assert_int_equal(w->count, 0);
    must_load(w, RULE("must", "function(s) if unknown(s.desired.x) then return 'say it' end end"));
    must_judge(w, ONE("{\"x\": \"(later)\"}"));
    assert_int_equal(w->found[0].verdict, PLAN_BROKEN);
    must_load(w, RULE("must", "function(s) if unknown(s.desired.list) then return end return 'bad' end"));
    must_judge(w, ONE("{\"list\": [1, \"(later)\"]}"));
    assert_int_equal(w->count, 0);
    /* Asking about one says nothing about another. */
    must_load(w, RULE("must",
                      "function(s) if unknown(s.desired.x) and s.desired.y == 1 then return 'bad' end end"));
    must_judge(w, ONE("{\"x\": \"(later)\", \"y\": \"(later)\"}"));
    assert_int_equal(w->found[0].verdict, PLAN_CANNOT_TELL);
    assert_non_null(strstr(w->found[0].message, "'x'"));
}

static void test_what_was_left_open_is_decided_when_the_step_starts(void **state)
{
    struct world *w = *state;
    must_load(w, RULE("must", "function(s) if s.desired.x == 'bad' then return 'x is bad' end end"));
    must_judge(w, "{\"steps\": {\"a.b.c\": {\"desired\": {\"x\": \"(later)\"}}, \"a.b.d\": {\"desired\": "
                  "{\"x\": \"bad\"}}}}");
    assert_int_equal(w->count, 2);
    assert_true(policy_judge_step(w->policy, 0, json(w, "{\"x\": \"good\"}"), &w->err));
    assert_false(policy_judge_step(w->policy, 0, json(w, "{\"x\": \"bad\"}"), &w->err));
    assert_string_equal(w->err.code, "policy.broken");
    assert_string_equal(w->err.summary, "rule 'r': x is bad");
    /* Still not known: nothing starts on a guess. */
    assert_false(policy_judge_step(w->policy, 0, with_unknowns(w, json(w, "{\"x\": \"(later)\"}")), &w->err));
    /* What was decided is not asked again. */
    assert_true(policy_judge_step(w->policy, 1, json(w, "{\"x\": \"bad\"}"), &w->err));
}

static void test_unknowns_of_other_steps_must_be_asked_about(void **state)
{
    struct world *w = *state;
    must_load(w, "rule 'r' { level = 'must', why = 'w', check = function(plan)\n"
                 "  for _, s in ipairs(plan.steps '*') do if s.desired.x == 'bad' then return 'bad' end end\n"
                 "end }\n");
    must_judge(w, ONE("{\"x\": \"(later)\"}"));
    assert_int_equal(w->found[0].verdict, PLAN_BROKEN);
    assert_true(w->found[0].blocks);
    assert_non_null(strstr(w->found[0].message, "'x' of a.b.c"));
    assert_non_null(strstr(w->found[0].advice, "unknown(v)"));
}

/* A rule of the whole plan has no step that could be asked about again. */
static void test_a_rule_of_the_plan_that_computes_with_an_unknown_cannot_tell(void **state)
{
    struct world *w = *state;
    static const char *const checks[][2] = {
        {"if unknown(x) then return x .. ' is bad' end", "'x' of a.b.c"},
        {"if unknown(x) then pcall(function() return x .. '' end) return 'bad' end", "bad"},
        {"kept.x = kept.x or x; unknown(kept.x); if n == 2 then return kept.x .. '' end", "an earlier check"},
    };
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        must_load(w,
                  arena_print(w->mem,
                              "local kept, n = {}, 0\nlocal function check(plan)\n"
                              "  n = n + 1\n  local x = n < 2 and plan.step('a.b.c').desired.x\n  %s\nend\n"
                              "rule 'r' { level = 'must', why = 'w', check = check }\n"
                              "rule 's' { level = 'must', why = 'w', check = check }\n",
                              checks[i][0]));
        must_judge(w, ONE("{\"x\": \"(later)\"}"));
        if (w->count != 1 || w->found[0].verdict != PLAN_BROKEN || !w->found[0].blocks ||
            !strstr(w->found[0].message, checks[i][1]))
            fail_msg("%s: %s", checks[i][0], w->count ? w->found[0].message : "nothing");
    }
}

/* ---- at apply -------------------------------------------------------------------------------------- */

static void test_a_rule_at_apply_waits_for_the_approval(void **state)
{
    struct world *w = *state;
    must_load(w, "rule 'asked' { level = 'must', at = 'apply', why = 'w', check = function(plan)\n"
                 "  if plan.totals.shared > 0 and not plan.approval then return 'nobody said yes' end\n"
                 "end }\n" RULE("must", "function() return 'not asked at apply' end"));
    must_judge(w, "{\"steps\": {\"a.b.c\": {\"shared\": true}}}");
    assert_int_equal(w->count, 2);
    assert_int_equal(w->found[0].verdict, PLAN_AT_APPLY);
    assert_false(w->found[0].blocks);
    must_judge(w, "{\"apply\": true, \"steps\": {\"a.b.c\": {\"shared\": true}}}");
    assert_int_equal(w->count, 1);
    assert_true(w->found[0].blocks);
    must_judge(
        w,
        "{\"apply\": true, \"approval\": {\"by\": [\"Ada\"]}, \"steps\": {\"a.b.c\": {\"shared\": true}}}");
    assert_int_equal(w->count, 0);
}

#define AT_APPLY(check)                                                                                      \
    "rule 'r' { level = 'must', at = 'apply', why = 'w', each = '*', check = " check " }\n"

/* What could not be told at apply either is told when the step starts, and then there is no later. */
static void test_a_rule_at_apply_is_met_when_the_step_starts(void **state)
{
    struct world *w = *state;
    must_load(w, AT_APPLY("function(s) if s.desired.x == 'bad' then return 'x is bad' end end"));
    must_judge(w, ONE("{\"x\": \"(later)\"}"));
    assert_false(w->found[0].blocks);
    assert_true(policy_judge_step(w->policy, 0, json(w, "{\"x\": \"good\"}"), &w->err));
    assert_false(policy_judge_step(w->policy, 0, json(w, "{\"x\": \"bad\"}"), &w->err));
    assert_string_equal(w->err.summary, "rule 'r': x is bad");
}

/* A case of `policy test` is judged at apply alone, whatever plan was judged before. */
static void test_what_is_judged_at_apply_alone_may_be_left_open(void **state)
{
    struct world *w = *state;
    must_load(w, AT_APPLY("function(s) if s.desired.x == 'bad' then return 'x is bad' end end"));
    must_judge(w, "{\"apply\": true, \"steps\": {\"a.b.c\": {\"desired\": {\"x\": \"(later)\"}}}}");
    assert_int_equal(w->count, 1);
    assert_int_equal(w->found[0].verdict, PLAN_CANNOT_TELL);
    must_judge(w, "{\"apply\": true, \"steps\": {\"a.b.c\": {}, \"a.b.d\": {\"desired\": {\"x\": "
                  "\"(later)\"}}}}");
    for (uint32_t i = 0; i < 2; i++)
        assert_false(policy_judge_step(w->policy, i, json(w, "{\"x\": \"bad\"}"), &w->err));
}

/* ---- waivers --------------------------------------------------------------------------------------- */

static const char *const names[] = {"a.b.c"};
static const struct waiver disks = {.name = "disks",
                                    .rule = "r",
                                    .steps = names,
                                    .step_count = 1,
                                    .owner = "data",
                                    .reason = "until March",
                                    .expires = "2027-03-31",
                                    .expires_ms = 1000,
                                    .file = "waivers/disks.yaml",
                                    .where = "waivers/disks.yaml:1:7",
                                    .detail = "rule: r"};
static const struct waivers one_waiver = {.at = &disks, .count = 1};

static void test_a_waiver_bends_a_rule_until_its_last_day(void **state)
{
    struct world *w = *state;
    must_load(w, RULE("must_with_waiver", "function(s) return 'bad' end"));
    const char *plan = "{\"steps\": {\"a.b.c\": {}, \"a.b.d\": {}}}";
    assert_true(judge(w, plan, &one_waiver, 999));
    assert_int_equal(w->count, 2);
    assert_int_equal(w->found[0].verdict, PLAN_WAIVED);
    assert_false(w->found[0].blocks);
    assert_ptr_equal(w->found[0].waiver, &disks);
    assert_true(w->found[1].blocks);
    assert_null(w->found[1].waiver);

    assert_true(judge(w, plan, &one_waiver, 1000));
    assert_int_equal(w->found[0].verdict, PLAN_BROKEN);
    assert_true(w->found[0].blocks);
    assert_null(w->found[0].waiver);
    assert_ptr_equal(w->found[0].ended, &disks);
    assert_int_equal(w->diags.count, 0);
}

static void test_a_waiver_of_a_must_or_of_no_rule_is_an_error(void **state)
{
    struct world *w = *state;
    must_load(w, RULE("must", "function(s) return 'bad' end"));
    assert_false(judge(w, ONE("{}"), &one_waiver, 0));
    assert_string_equal(w->err.code, "waiver.must");
    assert_string_equal(w->err.where, "waivers/disks.yaml:1:7");
    must_load(w, "rule 'rr' { level = 'must', why = 'w', check = function() end }");
    assert_false(judge(w, ONE("{}"), &one_waiver, 0));
    assert_string_equal(w->err.code, "waiver.unknown_rule");
    assert_string_equal(w->err.advice, "did you mean 'rr'?");
    assert_string_equal(w->err.detail, "rule: r");
}

static void test_a_waiver_that_bends_nothing_is_a_warning(void **state)
{
    struct world *w = *state;
    must_load(w, RULE("must_with_waiver", "function(s) end"));
    assert_true(judge(w, ONE("{}"), &one_waiver, 0));
    assert_int_equal(w->diags.count, 1);
    assert_string_equal(w->diags.at[0].code, "waiver.unused");
    assert_string_equal(w->diags.at[0].where, "waivers/disks.yaml:1:7");
}

/* ---- rules that are broken themselves -------------------------------------------------------------- */

static void test_a_rule_that_misbehaves_passes_nothing(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *check, *code;
    } cases[] = {
        {"function(s) error('no') end", "script.failed"},
        {"function(s) error({}) end", "script.failed"},
        {"function(s) local x = nil; return x.y end", "script.failed"},
        {"function(s) while true do end end", "script.budget"},
        {"function(s) while true do pcall(function() while true do end end) end end", "script.budget"},
        {"function(s) local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1000) .. i end end", "script.memory"},
        {"function(s) return ('x'):rep(1e9) end", "script.size"},
        {"function(s) g = 1 end", "script.global"},
        {"function(s) return os.time() end", "script.no_name"},
        {"function(s) return io.open('/etc/passwd') end", "script.no_name"},
        {"function(s) rule 'x' {} end", "policy.too_late"},
        {"function(s) return true end", "policy.verdict"},
        {"function(s) return false end", "policy.verdict"},
        {"function(s) return 7 end", "policy.verdict"},
        {"function(s) return '' end", "policy.verdict"},
        {"function(s) return { x = 1 } end", "policy.verdict"},
        {"function(s) return { message = 'm', address = 'no.such.step' } end", "policy.verdict"},
        {"function(s) return { { { 'm' } } } end", "policy.verdict"},
        {"function(s) return { nil, 'm' } end", "script.value"},
        {"function(s) return print end", "script.no_name"},
        {"function(s) return error end", "script.value"},
        {"function(s) return s end", "script.value"},
        {"function(s) return '\\xff\\xfe' end", "script.value"},
        {"function(s) local t = {} t.t = t return t end", "script.value"},
        {"function(s) local function f() return f() + 1 end return f() end", "script.memory"},
    };
    w->limits = (struct script_limits){.memory = (size_t)16 << 20, .instructions = 5000000};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        must_load(w, arena_print(w->mem,
                                 "rule 'r' { level = 'advisory', why = 'w', each = '*',\n  check = %s }\n",
                                 cases[i].check));
        if (judge(w, ONE("{}"), NULL, 0))
            fail_msg("%s passed", cases[i].check);
        if (strcmp(w->err.code, cases[i].code) != 0)
            fail_msg("%s: %s %s", cases[i].check, w->err.code, w->err.summary);
        if (!str_starts(w->err.where, "policies/rules.lua:"))
            fail_msg("%s: at '%s'", cases[i].check, w->err.where);
        if (!strstr(w->err.summary, "rule 'r' about 'a.b.c'"))
            fail_msg("%s: %s", cases[i].check, w->err.summary);
    }
}

static void test_a_long_list_of_patterns_costs_what_its_length_costs(void **state)
{
    struct world *w = *state;
    size_t before = arena_used(w->mem);
    must_load(w, "local all = {}\nfor i = 1, 4000 do all[i] = 'a.b.c' .. i end\n"
                 "rule 'r' { level = 'must', why = 'w', each = all, check = function() return 'bad' end }\n");
    assert_true(arena_used(w->mem) - before < 4000 * (size_t)100);
    must_judge(w, "{\"steps\": {\"a.b.c1\": {}, \"a.b.c4000\": {}, \"a.b.c4001\": {}}}");
    assert_int_equal(w->count, 2);
}

static void test_a_rule_that_is_declared_wrongly_is_refused(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *text, *code, *says;
    } cases[] = {
        {"rule 'r'", "policy.no_table", "has no table"},
        {"rule 'r'\nrule 's' { level = 'must', why = 'w', check = function() end }", "policy.no_table", ""},
        {"rule 'r' {}", "policy.rule", "says no 'level'"},
        {"rule 'r' { level = 'should' }", "policy.rule", "'should'"},
        {"rule 'r' { level = 'must', check = function() end }", "policy.rule", "says no 'why'"},
        {"rule 'r' { level = 'must', why = 'w' }", "policy.rule", "needs a function as 'check'"},
        {"rule 'r' { level = 'must', why = 'w', check = 7 }", "policy.rule", "needs a function"},
        {"rule 'r' { level = 'must', why = 7, check = function() end }", "policy.rule", "needs a text"},
        {"rule 'r' { level = 'must', why = 'w', eech = 'dns', check = function() end }", "policy.rule",
         "'eech'"},
        {"rule 'r' { level = 'must', why = 'w', each = 'Dns', check = function() end }", "policy.rule",
         "'Dns'"},
        {"rule 'r' { level = 'must', why = 'w', each = {}, check = function() end }", "policy.rule", "empty"},
        {"rule 'r' { level = 'must', why = 'w', each = { 1 }, check = function() end }", "policy.rule",
         "texts"},
        {"rule 'r' { level = 'must', why = 'w', actions = 'destroy', check = function() end }", "policy.rule",
         "each"},
        {"rule 'r' { level = 'must', why = 'w', each = '*', actions = 'destory', check = function() end }",
         "policy.rule", "'destory'"},
        {"rule 'r' { level = 'must', at = 'plan', why = 'w', check = function() end }", "policy.rule",
         "'plan'"},
        {"rule '' { level = 'must' }", "policy.rule", "1 to 80"},
        {"rule 'a\\nb' { level = 'must' }", "policy.rule", "1 to 80"},
        {"rule(7) {}", "script.argument", "text"},
        {"rule 'r' (7)", "script.argument", "table"},
        {"for i = 1, 2 do rule 'r' { level = 'must', why = 'w', check = function() end } end",
         "policy.two_rules", "two rules 'r'"},
        {"x = 1", "script.global", "'x'"},
        {"local x = = 1", "script.syntax", ""},
        {"while true do end", "script.budget", ""},
        {"\x1bLua", "script.bytecode", ""},
    };
    w->limits.instructions = 5000000;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (load(w, cases[i].text))
            fail_msg("%s was taken", cases[i].text);
        if (strcmp(w->err.code, cases[i].code) != 0 || !strstr(w->err.summary, cases[i].says))
            fail_msg("%s: %s %s", cases[i].text, w->err.code, w->err.summary);
        if (!str_starts(w->err.where, "policies/rules.lua"))
            fail_msg("%s: at '%s'", cases[i].text, w->err.where);
    }
}

/* ---- cases ----------------------------------------------------------------------------------------- */

static const char small_rule[] =
    "rule 'small' { level = 'must', why = 'w', each = 'dns', check = function(s)\n"
    "  if s.desired.name ~= s.desired.name:lower() then return s.desired.name .. ' is not small' end\n"
    "end }\n";

static bool run_cases(struct world *w, const char *text, const struct policy_case **out, size_t *count)
{
    struct policy_at at = {w->folder, "tests.lua", "policies/tests/rules.lua"};
    struct err none;
    assert_true(file_replace(file_join(w->mem, w->folder, "tests.lua"), text, strlen(text), 0644, &none));
    return policy_case_run(w->mem, w->policy, &at, w->limits, out, count, &w->err);
}

static void test_a_case_passes_when_exactly_what_it_says_is_found(void **state)
{
    struct world *w = *state;
    const struct policy_case *cases;
    size_t count;
    must_load(w, small_rule);
    assert_true(run_cases(
        w,
        "test 'told' { plan = { steps = { ['dns.zone.a'] = { desired = { name = 'A' } } } },\n"
        "  expect = { { rule = 'small', address = 'dns.zone.a', says = 'A is not' } } }\n"
        "test 'fine' { plan = { steps = { ['dns.zone.a'] = { desired = { name = 'a' } } } }, expect = {} }\n"
        "test 'open' { plan = { steps = { ['dns.zone.a'] = { desired = { name = later } } } },\n"
        "  expect = { { rule = 'small', address = 'dns.zone.a', verdict = 'cannot_tell' } } }\n"
        "test 'missed' { plan = { steps = { ['dns.zone.a'] = { desired = { name = 'A' } } } } }\n"
        "test 'wished for' { plan = { steps = {} }, expect = { { rule = 'small', says = 'x' } } }\n"
        "test 'raises' { plan = { steps = { ['dns.zone.a'] = {} } } }\n",
        &cases, &count));
    assert_int_equal(count, 6);
    static const bool passed[] = {true, true, true, false, false, false};
    for (size_t i = 0; i < count; i++)
        if (cases[i].passed != passed[i])
            fail_msg("%s: %s", cases[i].name, cases[i].why ? cases[i].why : "passed");
    assert_string_equal(cases[3].why, "found, not expected: broken, 'small' at dns.zone.a: A is not small\n");
    assert_string_equal(cases[4].why, "expected, not found: broken, 'small': x\n");
    assert_non_null(strstr(cases[5].why, "policies/rules.lua:2"));
    assert_int_equal(cases[1].line, 3);
}

static void test_a_slip_in_a_case_is_an_error(void **state)
{
    struct world *w = *state;
    const struct policy_case *cases;
    size_t count;
    static const char *const slips[][2] = {
        {"test 'x'", "has no table"},
        {"test 'x' { plans = {} }", "'plans'"},
        {"test 'x' { plan = { step = {} } }", "'step'"},
        {"test 'x' { plan = { steps = { nowhere = {} } } }", "'nowhere'"},
        {"test 'x' { plan = { steps = { ['a.b.c'] = { desird = {} } } } }", "'desird'"},
        {"test 'x' { plan = { steps = { ['a.b.c'] = { action = 'make' } } } }", "'make'"},
        {"test 'x' { plan = { steps = { ['a.b.c'] = { cost = { month = 1 } } } } }", "'month'"},
        {"test 'x' { expect = { { rule = 'smal' } } }", "no rule 'smal'"},
        {"test 'x' { expect = { { rule = 'small', sais = 'x' } } }", "'sais'"},
        {"test 'x' { expect = { 'small' } }", ""},
        {"tset 'x' {}", "'tset'"},
    };
    must_load(w, small_rule);
    for (size_t i = 0; i < COUNT_OF(slips); i++) {
        if (run_cases(w, slips[i][0], &cases, &count))
            fail_msg("%s was taken", slips[i][0]);
        if (!strstr(w->err.summary, slips[i][1]) || !str_starts(w->err.where, "policies/tests/rules.lua:1"))
            fail_msg("%s: %s: %s", slips[i][0], w->err.where, w->err.summary);
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_the_rule_of_the_handbook_finds_what_is_not_encrypted),
        CASE(test_an_advisory_blocks_nothing),
        CASE(test_a_check_may_say_what_to_do_and_find_several_things),
        CASE(test_findings_come_by_rule_then_by_address),
        CASE(test_a_rule_sees_all_that_is_promised),
        CASE(test_what_goes_is_seen_by_rules_that_ask_for_it),
        CASE(test_what_may_become_a_replacement_is_seen_by_rules_that_ask_for_those),
        CASE(test_no_rule_can_change_what_the_next_one_sees),
        CASE(test_pairs_goes_through_attributes_in_order),
        CASE(test_a_field_that_is_not_there_is_told_with_what_comes_near),
        CASE(test_a_comparison_with_an_unknown_is_not_passed_silently),
        CASE(test_a_rule_that_asks_decides_what_holds_meanwhile),
        CASE(test_what_was_left_open_is_decided_when_the_step_starts),
        CASE(test_unknowns_of_other_steps_must_be_asked_about),
        CASE(test_a_rule_of_the_plan_that_computes_with_an_unknown_cannot_tell),
        CASE(test_a_rule_at_apply_waits_for_the_approval),
        CASE(test_a_rule_at_apply_is_met_when_the_step_starts),
        CASE(test_what_is_judged_at_apply_alone_may_be_left_open),
        CASE(test_a_waiver_bends_a_rule_until_its_last_day),
        CASE(test_a_waiver_of_a_must_or_of_no_rule_is_an_error),
        CASE(test_a_waiver_that_bends_nothing_is_a_warning),
        CASE(test_a_rule_that_misbehaves_passes_nothing),
        CASE(test_a_long_list_of_patterns_costs_what_its_length_costs),
        CASE(test_a_rule_that_is_declared_wrongly_is_refused),
        CASE(test_a_case_passes_when_exactly_what_it_says_is_found),
        CASE(test_a_slip_in_a_case_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
