#include "rest.h"

/* http.check, and what is said of certificates. */

/* ---- check
 * ---------------------------------------------------------------------------------------------------- */

static const struct op_result *check(struct bench *b, const char *args)
{
    return bench_call(b, "check", (struct op_item){.verb = LF_VERB_CALL, .args = bench_value(b, args)});
}

static void test_a_check_says_everything_that_is_not_as_expected(void **state)
{
    (void)state;
    bench_read_only(world.b, true);
    const char *url = arena_print(bench_arena(world.b), "http://127.0.0.1:%d/open", world.port);
    const struct op_result *r =
        check(world.b,
              arena_print(bench_arena(world.b),
                          "{'url':'%s','status':[200],'contains':'state','json':{'state':'ok','list[1].n':2},"
                          "'latency_ms':10000}",
                          url));
    assert_int_equal(r->status, LF_END_OK);
    assert_int_equal(value_get_int(r->reply, "status", 0), 200);
    assert_true(value_get_int(r->reply, "latency_ms", -1) >= 0);
    assert_true(value_is_null(value_get(r->reply, "certificate_days")));
    assert_non_null(strstr(value_get_text(r->reply, "body", ""), "\"state\": \"ok\""));

    r = check(world.b,
              arena_print(bench_arena(world.b),
                          "{'url':'%s','status':[204],'contains':'nope','json':{'state':'bad','x.y':1},"
                          "'certificate_days':1}",
                          url));
    assert_int_equal(r->status, LF_END_FAILED);
    size_t count;
    (void)bench_notes(world.b, &count);
    assert_int_equal(count, 5);
    static const char *const codes[] = {"http.check_status", "http.check_body", "http.check_json",
                                        "http.check_certificate"};
    for (size_t i = 0; i < 4; i++)
        assert_true(bench_has_note(world.b, codes[i]));

    rest_put("fault", "GET hang 1");
    r = check(world.b, arena_print(bench_arena(world.b), "{'url':'%s','timeout_ms':200}", url));
    assert_int_equal(r->status, LF_END_CANNOT_TELL);
    assert_true(bench_has_note(world.b, "http.check_no_answer"));
    assert_int_equal(
        check(world.b, arena_print(bench_arena(world.b), "{'url':'%s','method':'POST'}", url))->status,
        LF_END_REFUSED);
}

static void test_credentials_go_to_the_drivers_own_address_only(void **state)
{
    (void)state;
    assert_int_equal(check(world.b, "{'url':'/v1/up'}")->status, LF_END_OK);
    /* The double answers 400 to whoever sends a token to /open. */
    const char *url = arena_print(bench_arena(world.b), "{'url':'http://127.0.0.1:%d/open'}", world.port);
    assert_int_equal(check(world.b, url)->status, LF_END_OK);
    assert_int_equal(check(world.b, "{'url':'/open'}")->status, LF_END_FAILED);
}

/* ---- TLS
 * ------------------------------------------------------------------------------------------------------- */

/* A second server, which shows this certificate; its folder is inside the first one's. */
static void start_tls(const char *certificate)
{
    rest_run(REST " start %s/tls %d %s/certs/%s.pem %s/certs/%s.key", world.folder, world.port, world.folder,
             certificate, world.folder, certificate);
}

static void stop_tls(void)
{
    rest_run(REST " stop %s/tls", world.folder);
}

static void test_certificates_are_checked_and_their_faults_said(void **state)
{
    static const struct {
        const char *certificate, *words;
    } servers[] = {
        {"expired", "the server's certificate has expired: renew it"},
        {"other", "the server's certificate is for another name than the one that was asked"},
        {"own", "the server's certificate is signed by itself alone: name it below http.ca_file"},
        {"good", "the server's certificate comes from an authority that is not trusted here"},
    };
    const char *ca = arena_print(bench_arena(world.b), "%s/certs/ca.pem", world.folder);
    const struct op_item look = {.verb = LF_VERB_PREFLIGHT};
    int port = world.port;
    (void)state;
    rest_run(REST " certificates %s/certs", world.folder);
    for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
        bool stranger = strcmp(servers[i].certificate, "good") == 0;
        world.port = server_port();
        start_tls(servers[i].certificate);
        struct bench *b =
            bench_open_trusting(DRIVER, rest_settings("https", "sesame-open-now"), stranger ? NULL : ca);
        assert_int_equal(bench_run(b, NULL, look)->status, LF_END_RETRY);
        size_t count;
        const struct diag *notes = bench_notes(b, &count);
        assert_int_equal(count, 1);
        if (strcmp(notes->code, "http.untrusted") != 0 || !strstr(notes->detail, servers[i].words))
            fail_msg("%s: %s: %s", servers[i].certificate, notes->code, notes->detail);
        bench_close(b);
        stop_tls();
    }
    world.port = port;
}

static void test_a_check_knows_how_long_a_certificate_is_good(void **state)
{
    int port = world.port;
    (void)state;
    rest_run(REST " certificates %s/more && rm -rf %s/certs && mv %s/more %s/certs", world.folder,
             world.folder, world.folder, world.folder);
    const char *ca = arena_print(bench_arena(world.b), "%s/certs/ca.pem", world.folder);
    world.port = server_port();
    start_tls("good");
    struct bench *b = bench_open_trusting(DRIVER, rest_settings("https", "sesame-open-now"), ca);
    assert_int_equal(bench_run(b, NULL, (struct op_item){.verb = LF_VERB_PREFLIGHT})->status, LF_END_OK);
    for (int i = 0; i < 2; i++) { /* also when a connection could be used again */
        const struct op_result *r = check(b, "{'url':'/v1/up','certificate_days':40}");
        assert_int_equal(r->status, LF_END_OK);
        assert_int_equal(value_get_int(r->reply, "certificate_days", 0), 40);
    }
    assert_int_equal(check(b, "{'url':'/v1/up','certificate_days':41}")->status, LF_END_FAILED);
    size_t count;
    assert_non_null(strstr(bench_notes(b, &count)->summary, "is good for 40 days instead of at least 41"));
    bench_close(b);
    stop_tls();
    world.port = port;
}

int main(void)
{
    int missing = rest_missing();
    if (missing)
        return missing;
#define TEST(name) cmocka_unit_test_setup_teardown(name, rest_enter, rest_leave)
    const struct CMUnitTest tests[] = {
        TEST(test_a_check_says_everything_that_is_not_as_expected),
        TEST(test_credentials_go_to_the_drivers_own_address_only),
        TEST(test_certificates_are_checked_and_their_faults_said),
        TEST(test_a_check_knows_how_long_a_certificate_is_good),
    };
    return cmocka_run_group_tests(tests, rest_start, rest_stop);
}
