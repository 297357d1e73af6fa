/* What people and programs elsewhere are sent, word for word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/str.h"
#include "model/value.h"
#include "model/value_json.h"
#include "region/notices.h"
#include "report/as_notice.h"
#include "report/out.h"

#define AT_MS INT64_C(1795619123456) /* 2026-11-25T15:05:23.456Z, a Wednesday */

static struct arena *mem;
static struct out_filter *filter;

static int set_up(void **state)
{
    (void)state;
    mem = arena_new();
    filter = out_filter_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    out_filter_free(filter);
    arena_free(mem);
    return 0;
}

static const struct as_notice_facts failed = {
    .key = "event-1",
    .kind = "failed",
    .region = "eu",
    .run_id = "r1",
    .at_ms = AT_MS,
    .title = "dns.zone.apex failed",
    .text = "the service said \"no\"\nand <!channel> & more",
    .code = "dns.refused",
    .advice = "landfall resume eu",
    .address = "dns.zone.apex",
    .verb = "create",
    .stage = "names",
    .owner = "dns-team",
    .class_name = "shared",
    .where = "playbooks/saas.lua:12",
};

static const char *to_of_mail[] = {"ada@acme.example", "bob@acme.example"};
static const struct notices_sink hook = {.name = "ops", .kind = NOTICES_WEBHOOK};
static const struct notices_sink slack = {.name = "team", .kind = NOTICES_SLACK};
static const struct notices_sink mail = {
    .name = "people", .kind = NOTICES_MAIL, .from = "landfall@acme.example", .to = to_of_mail, .to_count = 2};

static const char *message(const struct notices_sink *sink, const char *const *bodies, size_t count)
{
    struct as_notice_message out;
    struct err err;
    if (!as_notice_message(mem, sink, bodies, count, AT_MS, &out, &err))
        fail_msg("%s", err.summary);
    assert_int_equal(strlen(out.text), out.count);
    return out.text;
}

static const char *one(const struct notices_sink *sink, const struct as_notice_facts *facts)
{
    const char *body = as_notice_body(mem, filter, facts);
    return message(sink, &body, 1);
}

static void test_a_body_is_one_document_with_its_format_first(void **state)
{
    (void)state;
    assert_string_equal(
        one(&hook, &failed),
        "{\"format\":\"landfall.notice/1\",\"key\":\"event-1\",\"kind\":\"failed\",\"region\":\"eu\","
        "\"at\":\"2026-11-25T15:05:23.456Z\",\"run\":\"r1\",\"title\":\"dns.zone.apex failed\","
        "\"address\":\"dns.zone.apex\",\"verb\":\"create\",\"stage\":\"names\",\"owner\":\"dns-team\","
        "\"class\":\"shared\",\"text\":\"the service said \\\"no\\\"\\nand <!channel> & more\","
        "\"code\":\"dns.refused\",\"advice\":\"landfall resume eu\",\"where\":\"playbooks/saas.lua:12\"}");
}

static void test_what_is_not_known_is_left_out(void **state)
{
    (void)state;
    struct as_notice_facts facts = {.key = "k",
                                    .kind = "digest",
                                    .region = "eu",
                                    .at_ms = AT_MS,
                                    .title = "t",
                                    .stage = "",
                                    .data = "{\"a\":1}"};
    assert_string_equal(
        one(&hook, &facts),
        "{\"format\":\"landfall.notice/1\",\"key\":\"k\",\"kind\":\"digest\",\"region\":\"eu\","
        "\"at\":\"2026-11-25T15:05:23.456Z\",\"title\":\"t\",\"data\":{\"a\":1}}");
}

static void test_known_secrets_never_get_into_a_body(void **state)
{
    (void)state;
    struct as_notice_facts facts = failed;
    out_filter_add(filter, "swordfish\"1", 11);
    facts.text = "401: password swordfish\"1 is wrong";
    facts.title = "c3dvcmRmaXNoIjE= is wrong"; /* its base64 */
    const char *body = as_notice_body(mem, filter, &facts);
    assert_null(strstr(body, "swordfish"));
    assert_null(strstr(body, "c3dvcmR"));
    assert_non_null(strstr(body, "password [secret] is wrong"));
}

static void test_a_long_text_is_cut_at_a_character(void **state)
{
    (void)state;
    struct as_notice_facts facts = failed;
    char text[4001];
    for (size_t i = 0; i < 4000; i += 2)
        memcpy(text + i, "é", 2);
    text[4000] = '\0';
    facts.text = arena_print(mem, "x%s", text);
    const char *body = as_notice_body(mem, filter, &facts);
    assert_true(str_is_utf8(body, strlen(body)));
    assert_true(strlen(body) < 2600);
    assert_non_null(strstr(body, "é ...\""));
}

static void test_bytes_that_are_no_text_become_some(void **state)
{
    (void)state;
    const struct value *v;
    struct err err;
    struct as_notice_facts facts = failed;
    facts.text = "bad \xff\x1b[31m bytes";
    const char *body = as_notice_body(mem, filter, &facts);
    assert_true(value_json_parse(mem, body, strlen(body), &v, &err));
}

static void test_slack_gets_one_text_that_calls_nobody(void **state)
{
    (void)state;
    assert_string_equal(
        one(&slack, &failed),
        "{\"text\":\"eu: dns.zone.apex failed\\nthe service said \\\"no\\\"\\nand &lt;!channel&gt; "
        "&amp; more\\nTo do: landfall resume eu\\nOwner: dns-team\\nStage: names\\nClass: shared\\n"
        "Declared at: playbooks/saas.lua:12\",\"mrkdwn\":false}");
}

static void test_several_are_one_message(void **state)
{
    (void)state;
    struct as_notice_facts second = {.key = "event-2",
                                     .kind = "done",
                                     .region = "eu",
                                     .at_ms = AT_MS,
                                     .title = "b is done",
                                     .class_name = "local"};
    const char *bodies[] = {as_notice_body(mem, filter, &failed), as_notice_body(mem, filter, &second)};
    assert_int_equal(as_notice_most(&hook), 1);
    assert_true(as_notice_most(&slack) > 1);
    assert_non_null(strstr(message(&slack, bodies, 2), "saas.lua:12\\n\\neu: b is done\""));
    const char *text = message(&mail, bodies, 2);
    assert_non_null(strstr(text, "Subject: [landfall eu] 2 notices: dns.zone.apex failed\r\n"));
    assert_non_null(strstr(text, "X-Landfall-Key: event-1\r\nX-Landfall-Key: event-2\r\n"));
}

static const char *text_of(const char *whole)
{
    const char *body = strstr(whole, "\r\n\r\n");
    assert_non_null(body);
    char *coded = arena_text(mem, body + 4), *into = coded;
    for (const char *at = coded; *at; at++)
        if (*at != '\r' && *at != '\n')
            *into++ = *at;
    *into = '\0';
    size_t count;
    const uint8_t *bytes = digest_from_base64(mem, coded, &count);
    assert_non_null(bytes);
    return arena_text_n(mem, (const char *)bytes, count);
}

static void test_a_mail_has_its_headers_and_lines_every_server_takes(void **state)
{
    (void)state;
    const char *text = one(&mail, &failed);
    assert_true(str_starts(text, "From: landfall <landfall@acme.example>\r\n"
                                 "To: ada@acme.example,\r\n bob@acme.example\r\n"
                                 "Subject: [landfall eu] dns.zone.apex failed\r\n"
                                 "Date: Wed, 25 Nov 2026 15:05:23 +0000\r\n"
                                 "Message-ID: <"));
    assert_string_equal(text_of(text),
                        "eu: dns.zone.apex failed\nthe service said \"no\"\nand <!channel> & more\n"
                        "To do: landfall resume eu\nOwner: dns-team\nStage: names\nClass: shared\n"
                        "Declared at: playbooks/saas.lua:12\n");
    size_t line = 0;
    for (const char *at = text; *at; at++) {
        line = *at == '\n' ? 0 : line + 1;
        assert_true(line <= 79 && (*at != '\n' || at[-1] == '\r') && (unsigned char)*at < 0x7f);
    }
}

/* Titles are landfall's own words; a region's or a step's name that got through all checks must still not. */
static void test_no_text_can_begin_a_header(void **state)
{
    (void)state;
    struct as_notice_facts facts = failed;
    facts.title = "x\r\nBcc: eve@evil.example\r\n\r\nbody é";
    facts.key = "k\r\nX-Evil: 1";
    const char *text = one(&mail, &facts);
    assert_null(strstr(text, "\nBcc:"));
    assert_null(strstr(text, "\nX-Evil"));
    assert_non_null(strstr(text, "Subject: [landfall eu] x??Bcc: eve@evil.example????body ??\r\n"));
}

static void test_the_same_notices_make_the_same_mail_id(void **state)
{
    (void)state;
    struct as_notice_facts other = failed;
    other.key = "event-9";
    const char *a = strstr(one(&mail, &failed), "Message-ID"), *b = strstr(one(&mail, &failed), "Message-ID"),
               *c = strstr(one(&mail, &other), "Message-ID");
    assert_memory_equal(a, b, 60);
    assert_memory_not_equal(a, c, 60);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_body_is_one_document_with_its_format_first),
        TEST(test_what_is_not_known_is_left_out),
        TEST(test_known_secrets_never_get_into_a_body),
        TEST(test_a_long_text_is_cut_at_a_character),
        TEST(test_bytes_that_are_no_text_become_some),
        TEST(test_slack_gets_one_text_that_calls_nobody),
        TEST(test_several_are_one_message),
        TEST(test_a_mail_has_its_headers_and_lines_every_server_takes),
        TEST(test_no_text_can_begin_a_header),
        TEST(test_the_same_notices_make_the_same_mail_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
