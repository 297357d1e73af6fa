#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "fake_run.h"
#include "run/evidence.h"

/* What proves a person's step: documents, addresses, probes that agree, disagree, lie or never answer. */

#define PROBE "{'ask': 'Sign', 'probe': {'call': {'subsystem': 'fake', 'call': 'ping'}, "

static struct run run;

static int setup(void **state)
{
    (void)state;
    run_open(&run);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    run_close(&run);
    return 0;
}

static const char *document(const char *bytes, size_t count)
{
    const char *path = arena_print(run.rig.mem, "%s.pdf", run.rig.store_path);
    assert_true(file_replace(path, bytes, count, 0600, &run.rig.err));
    return path;
}

static bool read_it(const char *typed, struct evidence *out)
{
    err_clear(&run.rig.err);
    return evidence_read(run.rig.mem, typed, typed, out, &run.rig.err);
}

/* ---- what is typed ------------------------------------------------------------------------------------ */

static void test_of_a_document_digest_size_and_name_are_known(void **state)
{
    (void)state;
    struct evidence e;
    char expected[DIGEST_HEX];
    const char *path = document("signed by hand", 14);
    assert_true(read_it(path, &e));
    digest_text("signed by hand", 14, expected);
    assert_true(e.is_file);
    assert_string_equal(e.digest, expected);
    assert_int_equal(e.size, 14);
    assert_string_equal(e.text, file_name(path));
    unlink(path);
}

static void test_an_address_is_taken_as_it_is(void **state)
{
    (void)state;
    static const char *const good[] = {"https://acme.example/dpa.pdf", "s3://contracts/dpa.pdf"};
    for (size_t k = 0; k < COUNT_OF(good); k++) {
        struct evidence e;
        assert_true(read_it(good[k], &e));
        assert_false(e.is_file);
        assert_string_equal(e.text, good[k]);
    }
}

static void test_what_is_neither_a_document_nor_an_address_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"contract.pdf", "x", "https://", "://nothing", "https://two words"};
    struct evidence e;
    for (size_t k = 0; k < COUNT_OF(bad); k++) {
        assert_false(read_it(bad[k], &e));
        assert_string_equal(run.rig.err.code, "evidence.missing");
        assert_non_null(strstr(run.rig.err.advice, "--evidence https://"));
    }
    assert_false(read_it("/tmp", &e));
    assert_string_equal(run.rig.err.code, "evidence.not_a_file");
}

static void test_an_empty_document_proves_nothing(void **state)
{
    (void)state;
    struct evidence e;
    const char *path = document("", 0);
    assert_false(read_it(path, &e));
    assert_string_equal(run.rig.err.code, "evidence.empty");
    unlink(path);
}

static void test_a_huge_document_stays_where_it_is(void **state)
{
    (void)state;
    struct evidence e;
    const char *path = document("x", 1);
    assert_int_equal(truncate(path, (off_t)EVIDENCE_MOST + 1), 0);
    assert_false(read_it(path, &e));
    assert_string_equal(run.rig.err.code, "evidence.too_large");
    unlink(path);
}

/* ---- probes ------------------------------------------------------------------------------------------- */

static struct evidence_ask asked(const struct evidence *proof)
{
    rig_plan(&run.rig);
    return (struct evidence_ask){.loop = run.rig.loop,
                                 .registry = run.rig.registry,
                                 .plan = run.rig.plan,
                                 .step = plan_find(run.rig.plan, "human.signed"),
                                 .by = "Ada Byron",
                                 .proof = proof};
}

static bool check(const char *attrs)
{
    rig_forget_steps(&run.rig);
    rig_step(&run.rig, "human.signed", attrs);
    struct evidence_ask ask = asked(NULL);
    err_clear(&run.rig.err);
    return evidence_check(&ask, &run.rig.err);
}

static void test_without_a_probe_the_word_of_the_person_stands(void **state)
{
    (void)state;
    assert_true(check("{'ask': 'Sign'}"));
}

static void test_a_probe_that_agrees_is_asked_once(void **state)
{
    (void)state;
    assert_true(check(PROBE "'args': {'value': 'v'}, 'expect': {'n': 1}}}"));
    assert_int_equal(run.rig.world->pings, 1);
}

static void test_a_probe_that_does_not_agree_refuses_and_says_what_it_saw(void **state)
{
    (void)state;
    run.rig.world->ping_passes_after = 100;
    assert_false(check(PROBE "'args': {'value': 'v'}, 'expect': {'n': 1}}}"));
    assert_string_equal(run.rig.err.code, "evidence.refused");
    assert_string_equal(run.rig.err.summary,
                        "the probe of 'human.signed' does not agree: expected {\"n\":1} and saw {\"n\":0}");
    assert_non_null(strstr(run.rig.err.advice, "nothing was recorded"));
    assert_int_equal(run.rig.world->pings, 1);
}

static void test_a_probe_that_never_answers_ends_in_time(void **state)
{
    (void)state;
    run.rig.world->ping_hangs = true;
    int64_t began = loop_now_ms(run.rig.loop);
    assert_false(check(PROBE "'args': {'value': 'v'}}}"));
    assert_string_equal(run.rig.err.code, "evidence.refused");
    assert_in_range(loop_now_ms(run.rig.loop) - began, 1, 120000);
}

static void test_a_probe_that_fails_is_no_proof(void **state)
{
    (void)state;
    run.rig.world->ping_worse = LF_END_CANNOT_TELL - LF_END_OK;
    assert_false(check(PROBE "'args': {'value': 'v'}}}"));
    assert_string_equal(run.rig.err.code, "evidence.refused");
    assert_false(check("{'ask': 'Sign', 'probe': {'call': {'subsystem': 'fake', 'call': 'none'}}}"));
    assert_string_equal(run.rig.err.code, "evidence.refused");
    assert_non_null(strstr(run.rig.err.advice, "plugin list"));
}

/* ---- the record --------------------------------------------------------------------------------------- */

static void record(const struct evidence *proof)
{
    assert_true(run_take_store(&run));
    struct evidence_ask ask = asked(proof);
    ask.writer = run.writer;
    if (!evidence_record(&ask, &run.rig.err))
        fail_msg("%s", run.rig.err.summary);
    store_writer_close(run.writer);
    run.writer = NULL;
    run_read(&run);
}

static void test_what_proves_it_is_in_the_row_and_in_the_audit_chain(void **state)
{
    (void)state;
    struct evidence proof;
    struct store_audit *chain;
    size_t count;
    const char *path = document("signed", 6);
    assert_true(read_it(path, &proof));
    rig_step(&run.rig, "human.signed", "{'ask': 'Sign', 'deadline': '2026-12-01'}");
    record(&proof);
    assert_non_null(strstr(run_row(&run, "human.signed")->observed, proof.digest));
    assert_true(store_read_audit(run.rig.mem, run.rig.store_path, &chain, &count, &run.rig.err));
    assert_string_equal(chain[count - 1].kind, "human.done");
    assert_non_null(strstr(chain[count - 1].entry, proof.digest));
    assert_non_null(strstr(chain[count - 1].entry, "\"address\":\"human.signed\""));
    assert_non_null(strstr(chain[count - 1].entry, "\"asked\":\"Sign\""));
    unlink(path);
}

static void test_a_new_deadline_or_probe_asks_for_no_new_signature_and_a_new_text_does(void **state)
{
    (void)state;
    struct evidence proof = {.text = "https://acme.example/dpa.pdf"};
    rig_step(&run.rig, "human.signed", "{'ask': 'Sign', 'deadline': '2026-12-01'}");
    record(&proof);
    rig_forget_steps(&run.rig);
    rig_step(&run.rig, "human.signed",
             PROBE "'args': {'value': 'v'}}, 'remind': 3, 'deadline': '2026-12-24'}");
    rig_plan(&run.rig);
    assert_int_equal(rig_at(&run.rig, "human.signed")->action, PLAN_KEEP);
    rig_forget_steps(&run.rig);
    rig_step(&run.rig, "human.signed", "{'ask': 'Sign the second version', 'deadline': '2026-12-01'}");
    rig_plan(&run.rig);
    assert_int_equal(rig_at(&run.rig, "human.signed")->action, PLAN_WAIT);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_of_a_document_digest_size_and_name_are_known),
        T(test_an_address_is_taken_as_it_is),
        T(test_what_is_neither_a_document_nor_an_address_is_refused),
        T(test_an_empty_document_proves_nothing),
        T(test_a_huge_document_stays_where_it_is),
        T(test_without_a_probe_the_word_of_the_person_stands),
        T(test_a_probe_that_agrees_is_asked_once),
        T(test_a_probe_that_does_not_agree_refuses_and_says_what_it_saw),
        T(test_a_probe_that_never_answers_ends_in_time),
        T(test_a_probe_that_fails_is_no_proof),
        T(test_what_proves_it_is_in_the_row_and_in_the_audit_chain),
        T(test_a_new_deadline_or_probe_asks_for_no_new_signature_and_a_new_text_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
