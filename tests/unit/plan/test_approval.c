/* Lines, and who counts, with a verifier of the test's own; what is done to files and to real signatures is
 * in unit/cli/test_approving. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/approval.h"
#include "plan/plan_file.h"
#include "region/approvals.h"
#include "store/store.h"

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define NOW    INT64_C(1767225600000) /* 2026-01-01 */
#define DAY    INT64_C(86400000)

struct fixture {
    struct arena *mem;
    struct err err;
    struct approvals config;
    struct approval_subject subject;
    struct approval_terms terms;
    int nonces, verified;
};

static int setup(void **state)
{
    struct arena *mem = arena_new();
    struct fixture *f = ARENA_NEW(mem, struct fixture);
    f->mem = mem;
    f->config = (struct approvals){.need = {2, 2, 2}, .valid_ms = 7 * DAY};
    f->subject = (struct approval_subject){.region = "eu",
                                           .digest = DIGEST,
                                           .lineage = "l1",
                                           .currency = "EUR",
                                           .planned_by = "dora",
                                           .classes = APPROVALS_BIT(APPROVALS_LOCAL),
                                           .spend = {.month_high = 30000000, .once_high = 14000000}};
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    arena_free(f->mem);
    return 0;
}

/* A signature is the key's name. */
static bool verify(void *user, const struct approval *a, const char **key, struct err *err)
{
    struct fixture *f = user;
    f->verified++;
    *key = a->signature;
    return strcmp(a->signature, "bad") != 0 || err_set(err, "signature.bad", "it does not hold");
}

static struct approval yes(struct fixture *f, const char *by)
{
    return (struct approval){.digest = f->subject.digest,
                             .region = "eu",
                             .lineage = "l1",
                             .by = by,
                             .why = "launch",
                             .planned_by = "dora",
                             .classes = f->subject.classes,
                             .currency = "EUR",
                             .ceiling_month = 30000000,
                             .ceiling_once = 14000000,
                             .given_ms = NOW - DAY,
                             .expires_ms = NOW + DAY,
                             .nonce = arena_print(f->mem, "%032d", ++f->nonces)};
}

/* As the file would give them back. */
static bool judge(struct fixture *f, const struct approval *given, size_t count, struct approval_set *set)
{
    struct approval *at = ARENA_ARRAY(f->mem, struct approval, count);
    for (size_t i = 0; i < count; i++) {
        if (!approval_parse(f->mem, approval_print(f->mem, &given[i]), &at[i], &f->err))
            fail_msg("%s", f->err.summary);
        at[i].number = i + 1;
    }
    f->terms.config = &f->config;
    f->terms.subject = &f->subject;
    f->terms.now_ms = NOW;
    f->terms.verify = verify;
    f->terms.user = f;
    return approval_judge(f->mem, &f->terms, at, count, set, &f->err);
}

static bool covers(struct fixture *f, const struct approval *given, size_t count, struct approval_set *set)
{
    return judge(f, given, count, set) && approval_covers(f->mem, &f->terms, set, &f->err);
}

/* ---- lines ------------------------------------------------------------------------------------- */

/* Amounts of every size, with every number of digits that matter, come back to the millionth. */
static void test_any_amount_comes_back_exactly(void **state)
{
    static const char *const currencies[] = {"EUR", "JPY", "KWD"};
    struct fixture *f = *state;
    uint64_t seed = 20261126;
    for (int i = 0; i < 3000; i++) {
        struct approval a = yes(f, "ada"), back;
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407); /* Knuth's MMIX */
        a.ceiling_month = (int64_t)(seed >> (1 + i % 60));
        a.ceiling_once = a.ceiling_month / 1000 * 1000;
        a.currency = currencies[i % 3];
        const char *line = approval_print(f->mem, &a);
        if (!approval_parse(f->mem, line, &back, &f->err))
            fail_msg("%s: %s", f->err.summary, line);
        assert_true(back.ceiling_month == a.ceiling_month && back.ceiling_once == a.ceiling_once);
        assert_string_equal(approval_print(f->mem, &back), line);
    }
}

static void test_a_line_says_all_and_its_signed_text_all_but_the_signature(void **state)
{
    struct fixture *f = *state;
    struct approval a = yes(f, "ada"), back;
    const struct value *above[] = {value_text(f->mem, DIGEST)};
    a.after = value_list(f->mem, above, 1);
    const char *bare = approval_print(f->mem, &a);
    a.signature = "armor\nof two lines\n";
    const char *line = approval_print(f->mem, &a);
    assert_null(strchr(line, '\n'));
    assert_true(approval_parse(f->mem, line, &back, &f->err));
    assert_string_equal(back.signed_text, bare);
    assert_string_equal(back.signature, a.signature);
    assert_string_equal(back.by, "ada");
    assert_string_equal(back.why, "launch");
    assert_int_equal(back.expires_ms, NOW + DAY);
    assert_int_equal(back.classes, a.classes);
}

static void test_a_line_with_one_byte_changed_is_refused_or_says_something_else(void **state)
{
    struct fixture *f = *state;
    struct approval a = yes(f, "ada"), back;
    const char *line = approval_print(f->mem, &a);
    for (size_t i = 0; line[i]; i++) {
        struct arena *mem = arena_new();
        char *other = arena_text(mem, line);
        other[i] ^= 1;
        if (approval_parse(mem, other, &back, &f->err))
            assert_string_equal(back.signed_text, other);
        else
            assert_true(f->err.code[0] != '\0' && f->err.summary[0] != '\0');
        arena_free(mem);
    }
}

/* ---- counting ---------------------------------------------------------------------------------- */

static void test_two_people_are_two_and_their_smallest_ceilings_hold(void **state)
{
    struct fixture *f = *state;
    struct approval two[] = {yes(f, "ada"), yes(f, "bob")};
    struct approval_set set;
    two[0].ceiling_month = 99000000;
    two[1].ceiling_once = 15000000;
    assert_true(covers(f, two, 2, &set));
    assert_int_equal(set.count, 2);
    assert_int_equal(set.limit.month, 30000000);
    assert_int_equal(set.limit.once, 14000000);
    assert_false(covers(f, two, 1, &set));
    assert_string_equal(f->err.code, "approval.missing");
}

/* For every mix of what is needed, of who may what and of who approved: the plan is approved exactly when
 * each of its classes has enough different people who may approve it. */
static void test_k_of_n_holds_for_every_mix(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {"ada", "bob", "cy", "dora"};
    for (uint32_t mix = 0; mix < 4096; mix++) {
        struct arena *mem = arena_new();
        struct approvals_person people[4];
        struct approval given[4];
        struct approval_set set;
        struct fixture g = *f;
        size_t count = 0;
        uint32_t have[3] = {0};
        bool enough = true;
        g.mem = mem;
        g.subject.classes = APPROVALS_ALL;
        for (unsigned i = 0; i < 4; i++)
            people[i] =
                (struct approvals_person){names[i], (mix * 2654435761u >> (3 * i + 4)) & APPROVALS_ALL};
        g.config.people = people;
        g.config.person_count = 4;
        g.config.own_plans = mix & 1;
        for (unsigned c = 0; c < 3; c++)
            g.config.need[c] = mix >> (2 * c) & 3;
        for (unsigned i = 0; i < 4; i++) {
            if (!(mix >> (6 + i) & 1))
                continue;
            given[count] = yes(&g, names[i]);
            given[count++].classes = APPROVALS_ALL;
            for (unsigned c = 0; c < 3; c++) {
                bool own = i == 3 && g.config.need[c] > 0 && (!g.config.own_plans || g.config.need[c] > 1);
                have[c] += (people[i].classes & APPROVALS_BIT(c)) && !own;
            }
        }
        for (unsigned c = 0; c < 3; c++)
            enough = enough && have[c] >= g.config.need[c];
        assert_int_equal(covers(&g, given, count, &set), enough);
        arena_free(mem);
    }
}

static void test_who_claims_more_than_he_may_counts_for_what_he_may(void **state)
{
    struct fixture *f = *state;
    const struct approvals_person people[] = {{"ada", APPROVALS_BIT(APPROVALS_LOCAL)}};
    struct approval one = yes(f, "ada");
    struct approval_set set;
    f->config.people = people;
    f->config.person_count = 1;
    f->subject.classes = one.classes = APPROVALS_BIT(APPROVALS_LOCAL) | APPROVALS_BIT(APPROVALS_SHARED);
    assert_true(judge(f, &one, 1, &set));
    assert_int_equal(set.count, 1);
    assert_int_equal(set.at[0]->classes, APPROVALS_BIT(APPROVALS_LOCAL));
    assert_int_equal(set.given[APPROVALS_SHARED], 0);
}

static void test_the_same_person_and_the_same_key_are_one(void **state)
{
    struct fixture *f = *state;
    struct approval same[] = {yes(f, "ada"), yes(f, "ada")}, key[] = {yes(f, "ada"), yes(f, "bob")};
    struct approval_set set;
    assert_false(covers(f, same, 2, &set));
    assert_string_equal(set.why_not, "ada (line 2): the same person a second time");
    key[0].signature = key[1].signature = "SHA256:one";
    assert_false(covers(f, key, 2, &set));
    assert_string_equal(set.why_not, "bob (line 2): signed with the key of ada");
    key[1].signature = "SHA256:other";
    assert_true(covers(f, key, 2, &set));
}

static void test_a_signature_is_checked_also_where_none_is_asked_for(void **state)
{
    struct fixture *f = *state;
    struct approval one = yes(f, "ada");
    struct approval_set set;
    one.signature = "bad";
    assert_false(judge(f, &one, 1, &set));
    assert_string_equal(f->err.code, "signature.bad");
    assert_int_equal(f->verified, 1);
}

static void test_one_that_expires_at_this_moment_has_expired(void **state)
{
    struct fixture *f = *state;
    struct approval one = yes(f, "ada");
    struct approval_set set;
    one.expires_ms = NOW;
    assert_true(judge(f, &one, 1, &set));
    assert_int_equal(set.count, 0);
    one.expires_ms = NOW + 1;
    assert_true(judge(f, &one, 1, &set));
    assert_int_equal(set.count, 1);
}

static void test_a_spent_nonce_and_a_spent_plan_are_both_refused(void **state)
{
    struct fixture *f = *state;
    struct approval one = yes(f, "ada");
    const struct store_approval by_nonce = {.nonce = one.nonce, .run_id = "r1", .plan_digest = "other"};
    const struct store_approval by_plan = {.nonce = "other", .run_id = "r1", .plan_digest = DIGEST};
    struct approval_set set;
    f->terms.spent = &by_nonce;
    f->terms.spent_count = 1;
    assert_false(judge(f, &one, 1, &set));
    assert_string_equal(f->err.code, "approval.used");
    f->terms.spent = &by_plan;
    assert_false(judge(f, &one, 1, &set));
    assert_string_equal(f->err.code, "approval.used");
}

static void test_lines_for_other_plans_are_left_alone(void **state)
{
    struct fixture *f = *state;
    struct approval all[] = {yes(f, "eve"), yes(f, "ada"), yes(f, "bob")};
    struct approval_set set;
    all[0].digest = "f123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    all[0].region = "us";
    all[0].signature = "bad";
    assert_true(covers(f, all, 3, &set));
    assert_int_equal(set.count, 2);
}

/* ---- what is new -------------------------------------------------------------------------------- */

static const struct value *body(struct fixture *f, const char *steps)
{
    const struct value *v;
    const char *text = arena_print(f->mem, "{\"steps\":[%s]}", steps);
    if (!value_json_parse(f->mem, text, strlen(text), &v, &f->err))
        fail_msg("%s", f->err.summary);
    return v;
}

/* "~ create a.b.a\n" and so on, in a line each. */
static const char *told(struct fixture *f, const struct approval_delta *d)
{
    const char *all = "";
    for (size_t i = 0; i < d->step_count; i++) {
        const struct approval_step *s = &d->steps[i];
        all = arena_print(f->mem, "%s%c %s %s%s%s\n", all, s->sign, s->action, s->address,
                          s->was ? " was " : "", s->was ? s->was : "");
    }
    return all;
}

/* "size: 1 -> 2" in a line each; "?" for what is not shown, "-" for what is not there. */
static const char *told_values(struct fixture *f, const struct approval_step *s)
{
    const char *all = "";
    for (size_t i = 0; i < s->change_count; i++) {
        const struct approval_change *c = &s->changes[i];
        all = arena_print(f->mem, "%s%s: %s -> %s\n", all, c->what,
                          c->hidden   ? "?"
                          : c->before ? value_json_text(f->mem, c->before)
                                      : "-",
                          c->hidden ? "?"
                          : c->now  ? value_json_text(f->mem, c->now)
                                    : "-");
    }
    return all;
}

#define STEP(address, action, more)                                                                          \
    "{\"action\":\"" action "\",\"address\":\"" address "\"" more ",\"targeted\":true}"

static void test_a_delta_names_what_came_what_went_and_what_is_done_otherwise(void **state)
{
    struct fixture *f = *state;
    struct approval_delta d;
    const struct value *before =
        body(f, STEP("a.b.a", "create", ",\"desired\":{\"size\":1}") "," STEP("a.b.b", "create", "") "," STEP(
                    "a.b.c", "keep", "") "," STEP("a.b.e", "update", ",\"reason\":\"x\""));
    const struct value *now =
        body(f, STEP("a.b.a", "create", ",\"desired\":{\"size\":2}") "," STEP("a.b.c", "update", "") "," STEP(
                    "a.b.d", "create", "") "," STEP("a.b.e", "update",
                                                    ",\"reason\":\"y\"") "," STEP("a.b.f", "check", ""));
    approval_delta_of(f->mem, before, now, 9, &d);
    assert_int_equal(d.more, 2);
    assert_int_equal(d.fewer, 1);
    assert_int_equal(d.other, 1);
    assert_string_equal(told(f, &d), "~ create a.b.a\n- create a.b.b\n+ update a.b.c\n+ create a.b.d\n");
    approval_delta_of(f->mem, before, now, 2, &d);
    assert_string_equal(told(f, &d), "~ create a.b.a\n- create a.b.b\n");
    assert_int_equal(d.left_out, 2);
    assert_int_equal(d.more + d.fewer + d.other, 4);
    approval_delta_of(f->mem, before, before, 9, &d);
    assert_int_equal(d.step_count, 0);

    const char *outline =
        "{\"steps\":{\"a.b.a\":\"create 12\",\"a.b.c\":\"create 34\",\"a.b.x\":\"create 56\"}}";
    approval_delta_since(f->mem, outline, now, 9, &d);
    assert_int_equal(d.more, 2);
    assert_int_equal(d.other, 1);
    assert_string_equal(told(f, &d), "~ update a.b.c was create\n+ create a.b.d\n+ update a.b.e\n");
    approval_delta_since(f->mem, NULL, now, 9, &d);
    assert_int_equal(d.more, 4);
}

static void test_a_delta_says_in_what_a_step_differs(void **state)
{
    struct fixture *f = *state;
    struct approval_delta d;
    const char *before =
        STEP("a.b.a", "create",
             ",\"desired\":{\"gone\":1,\"map\":{\"in\":1,\"same\":3},\"pw\":{\"$secret\":{\"digest\":\"1\","
             "\"source\":\"env:PW\"}},\"same\":[1]},\"driver\":\"a-local\",\"version\":1");
    const char *now = STEP(
        "a.b.a", "replace",
        ",\"desired\":{\"map\":{\"in\":2,\"same\":3},\"new\":\"x\",\"pw\":{\"$secret\":{\"digest\":\"2\","
        "\"source\":\"env:PW\"}},\"same\":[1]},\"driver\":\"a-other\",\"inputs\":\"ab\","
        "\"irreversible\":true,\"shared\":true,\"version\":1");
    approval_delta_of(f->mem, body(f, before), body(f, now), 9, &d);
    assert_string_equal(told(f, &d), "~ replace a.b.a was create\n");
    assert_string_equal(told_values(f, &d.steps[0]), "map.in: 1 -> 2\n"
                                                     "new: - -> \"x\"\n"
                                                     "pw: ? -> ?\n"
                                                     "gone: 1 -> -\n"
                                                     "driver: \"a-local\" -> \"a-other\"\n"
                                                     "what it runs on: ? -> ?\n"
                                                     "loses data: false -> true\n"
                                                     "shared: false -> true\n");

    before =
        STEP("a.b.a", "create", ",\"desired\":{\"l\":[{\"n\":1},{\"n\":2}],\"m\":[1,2],\"o\":[{\"n\":1}]}");
    now = STEP("a.b.a", "create", ",\"desired\":{\"l\":[{\"n\":1},{\"n\":3}],\"m\":[1,3],\"o\":[]}");
    approval_delta_of(f->mem, body(f, before), body(f, now), 9, &d);
    assert_string_equal(told_values(f, &d.steps[0]), "l[1].n: 2 -> 3\n"
                                                     "m: [1,2] -> [1,3]\n"
                                                     "o: [{\"n\":1}] -> []\n");

    before = STEP("a.b.a", "create", ",\"desired\":{\"n\":1},\"promise\":{\"n\":1,\"host\":\"one\"}");
    now = STEP("a.b.a", "create", ",\"desired\":{\"n\":1},\"promise\":{\"n\":1,\"host\":\"two\"}");
    approval_delta_of(f->mem, body(f, before), body(f, now), 9, &d);
    assert_string_equal(told_values(f, &d.steps[0]), "host: \"one\" -> \"two\"\n");
    before = STEP("a.b.a", "create", ",\"desired\":{\"n\":1}");
    approval_delta_of(f->mem, body(f, before), body(f, now), 9, &d);
    assert_string_equal(told_values(f, &d.steps[0]), "host: - -> \"two\"\n");
}

static void test_a_plan_file_that_says_no_cost_is_of_an_older_landfall(void **state)
{
    struct fixture *f = *state;
    struct approval_subject subject;
    struct plan_file file = {.region = "eu", .digest = DIGEST, .lineage = "l1", .by = "dora"};
    file.body = body(f, "");
    assert_false(approval_subject_of(f->mem, &file, &subject, &f->err));
    assert_string_equal(f->err.code, "approval.old_plan");
}

/* Only a first plan makes up a lineage: that of one that follows a run is its store's, and nothing else. */
static void test_another_lineage_is_of_use_to_no_plan_and_an_error_for_one_that_follows_a_run(void **state)
{
    struct fixture *f = *state;
    struct approval_set set;
    struct approval given[] = {yes(f, "ada"), yes(f, "bob")};
    f->subject.lineage = "0123456789abcdef0123456789abcdef";
    given[0].lineage = "fedcba9876543210fedcba9876543210";
    given[1].lineage = f->subject.lineage;
    assert_false(judge(f, given, 2, &set));
    assert_string_equal(f->err.code, "approval.altered");
    f->subject.is_first = true;
    assert_true(judge(f, given, 2, &set));
    assert_int_equal(set.count, 1);
    assert_string_equal(set.at[0]->by, "bob");
    assert_int_equal(set.superseded_count, 1);
    assert_string_equal(set.superseded[0]->by, "ada");
    assert_false(covers(f, given, 2, &set));
    assert_string_equal(f->err.code, "approval.missing");
    given[0].lineage = "no lineage";
    assert_false(judge(f, given, 2, &set));
    assert_string_equal(f->err.code, "approval.altered");
}

#define AT_ONCE 8
#define EACH    10

/* Approvers do not wait for each other. */
static void add_lines(struct fixture *f, const char *path, int who)
{
    for (int i = 0; i < EACH; i++) {
        struct approval a = yes(f, arena_print(f->mem, "person %d", who));
        a.nonce = arena_print(f->mem, "%032d", who * EACH + i);
        if (!approval_add(path, approval_print(f->mem, &a), &f->err))
            _exit(1);
    }
    _exit(0);
}

static void test_who_approves_at_the_same_time_takes_nobodys_line_away(void **state)
{
    struct fixture *f = *state;
    char folder[] = "/tmp/landfall-approval-XXXXXX";
    assert_non_null(mkdtemp(folder));
    const char *path = file_join(f->mem, folder, "eu.plan.approvals");
    pid_t pids[AT_ONCE];
    for (int who = 0; who < AT_ONCE; who++) {
        pids[who] = fork();
        assert_true(pids[who] >= 0);
        if (pids[who] == 0)
            add_lines(f, path, who);
    }
    for (int who = 0; who < AT_ONCE; who++) {
        int status = -1;
        assert_int_equal(waitpid(pids[who], &status, 0), pids[who]);
        assert_int_equal(status, 0);
    }
    const struct approval *lines;
    size_t count;
    assert_true(approval_load(f->mem, path, &lines, &count, &f->err));
    assert_int_equal(count, AT_ONCE * EACH);
    assert_true(file_remove_all(folder));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_any_amount_comes_back_exactly),
        TEST(test_a_line_says_all_and_its_signed_text_all_but_the_signature),
        TEST(test_a_line_with_one_byte_changed_is_refused_or_says_something_else),
        TEST(test_two_people_are_two_and_their_smallest_ceilings_hold),
        TEST(test_k_of_n_holds_for_every_mix),
        TEST(test_who_claims_more_than_he_may_counts_for_what_he_may),
        TEST(test_the_same_person_and_the_same_key_are_one),
        TEST(test_a_signature_is_checked_also_where_none_is_asked_for),
        TEST(test_one_that_expires_at_this_moment_has_expired),
        TEST(test_a_spent_nonce_and_a_spent_plan_are_both_refused),
        TEST(test_lines_for_other_plans_are_left_alone),
        TEST(test_another_lineage_is_of_use_to_no_plan_and_an_error_for_one_that_follows_a_run),
        TEST(test_a_delta_names_what_came_what_went_and_what_is_done_otherwise),
        TEST(test_a_delta_says_in_what_a_step_differs),
        TEST(test_a_plan_file_that_says_no_cost_is_of_an_older_landfall),
        TEST(test_who_approves_at_the_same_time_takes_nobodys_line_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
