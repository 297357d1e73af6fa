#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "bench.h"
#include "io/loop.h"
#include "model/value.h"
#include "plugin/op.h"
#include "twin.h"

/* kit_aws behind a driver that is nothing else, against a double that checks every signature from the bytes
 * that came over the wire. */

#define DRIVER TEST_PLUGINS_FOLDER "/echo-aws.so"
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define KEYS                                                                                                 \
    "'access_key':{'$secret':{'source':'test:AKIDEXAMPLE'}},"                                                \
    "'secret_key':{'$secret':{'source':'test:" SECRET "'}}"

struct world {
    struct twin *twin;
    struct bench *b;
};

static int enter(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    assert_non_null(w);
    w->twin = twin_start("aws_echo");
    *state = w;
    return 0;
}

static int leave(void **state)
{
    struct world *w = *state;
    size_t breaches = 0;
    if (w->b) {
        (void)bench_breaches(w->b, &breaches);
        bench_close(w->b);
    }
    assert_int_equal(twin_count(w->twin, "log", "double.bug"), 0);
    twin_stop(w->twin);
    free(w);
    assert_int_equal(breaches, 0);
    return 0;
}

/* ---- helpers ------------------------------------------------------------------------------------------- */

static const char *settings_of(const struct world *w, const char *credentials)
{
    static char text[1024];
    (void)snprintf(text, sizeof(text),
                   "{'region':'us-east-1','partition':'aws','endpoint':'http://127.0.0.1:%d/',"
                   "'metadata_endpoint':'http://127.0.0.1:%d'%s%s}",
                   twin_port(w->twin), twin_port(w->twin), credentials[0] ? "," : "", credentials);
    return text;
}

static void with(struct world *w, const char *credentials)
{
    if (w->b)
        bench_close(w->b);
    w->b = bench_open(DRIVER, settings_of(w, credentials));
}

static const struct op_result *ask(struct world *w, uint32_t verb, const char *json)
{
    struct op_item item = {.verb = verb};
    const struct value *v = bench_value(w->b, json);
    if (verb == LF_VERB_READ) {
        item.prior = v;
        item.id = "request";
    } else {
        item.desired = v;
    }
    bench_read_only(w->b, verb == LF_VERB_READ);
    return bench_run(w->b, "ask", item);
}

static const char *text_at(const struct op_result *r, const char *key)
{
    return value_get_text(r->state, key, NULL);
}

/* What the double saw. */
static const char *seen(const struct op_result *r, const char *key)
{
    return value_get_text(value_get(r->state, "echo"), key, "");
}

static const struct diag *only_note(const struct world *w)
{
    size_t count = 0;
    const struct diag *notes = bench_notes(w->b, &count);
    assert_int_equal(count, 1);
    return notes;
}

/* A whole note that names its code, and never shows a key. */
static void assert_note(const struct world *w, const char *code, const char *detail)
{
    const struct diag *note = only_note(w);
    assert_string_equal(note->code, code);
    assert_non_null(note->summary);
    if (detail)
        assert_non_null(strstr(note->detail, detail));
    assert_null(strstr(note->summary, SECRET));
    assert_true(!note->detail || !strstr(note->detail, SECRET));
}

static void refused_settings(struct world *w, const char *settings, const char *words)
{
    struct err err;
    struct bench *b = NULL;
    assert_false(bench_try(DRIVER, settings, &b, &err));
    if (!strstr(err.summary, words) && !strstr(err.detail, words))
        fail_msg("'%s' / '%s' does not say '%s'", err.summary, err.detail, words);
    (void)w;
}

static const char *put_file(const struct world *w, const char *name, const char *text)
{
    static char path[256];
    (void)snprintf(path, sizeof(path), "%s/%s", twin_folder(w->twin), name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    return path;
}

static void with_profile(struct world *w, const char *profile, const char *text)
{
    char credentials[512];
    (void)snprintf(credentials, sizeof(credentials), "'credentials_file':'%s','profile':'%s'",
                   put_file(w, "credentials", text), profile);
    with(w, credentials);
}

#define HELLO "{'dialect':'rest','path':'/hello'}"

/* ---- signatures ---------------------------------------------------------------------------------------- */

static void test_all_three_dialects_are_signed_right(void **state)
{
    struct world *w = *state;
    with(w, KEYS);
    const struct op_result *r = ask(w, LF_VERB_READ, HELLO);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(seen(r, "path"), "/hello");
    r = ask(w, LF_VERB_CREATE,
            "{'dialect':'query','action':'CreateThing','pairs':{'Name':'a b+c&d=é','Z':'*'}}");
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(seen(r, "body"),
                        "Action=CreateThing&Version=2026-01-01&Name=a%20b%2Bc%26d%3D%C3%A9&Z=%2A");
    r = ask(w, LF_VERB_CREATE, "{'dialect':'json','action':'Echo.Do','pairs':{'a':'b'}}");
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(seen(r, "target"), "Echo.Do");
    assert_string_equal(seen(r, "type"), "application/x-amz-json-1.0");
}

/* libcurl 7.88 signs a query as it is: unsorted, with raw '/', ':', '*' or '+', or a key without '=' it signs
 * what no service accepts. */
static void test_a_query_is_sorted_and_encoded_before_it_is_signed(void **state)
{
    struct world *w = *state;
    with(w, KEYS);
    const struct op_result *r = ask(w, LF_VERB_READ,
                                    "{'dialect':'rest','path':'/q','pairs':{'z':'1','a':'/:*+ ~','m':'',"
                                    "'B':'x=y&z','name':'\\\\052.acme.test'}}");
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(seen(r, "query"), "B=x%3Dy%26z&a=%2F%3A%2A%2B%20~&m=&name=%5C052.acme.test&z=1");
}

static void test_a_path_that_cannot_be_signed_is_not_sent(void **state)
{
    struct world *w = *state;
    with(w, KEYS);
    static const char *const paths[] = {"/a b", "/a:b", "/a*", "no", "/a//b", "/../a", "/a?b"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        char json[128];
        (void)snprintf(json, sizeof(json), "{'dialect':'rest','path':'%s'}", paths[i]);
        assert_int_equal(ask(w, LF_VERB_READ, json)->status, LF_END_REFUSED);
        assert_note(w, "echo.path", "signature");
    }
    assert_string_equal(twin_tell(w->twin, "log", NULL), "[]");
}

static void test_a_session_token_is_sent_and_signed(void **state)
{
    struct world *w = *state;
    twin_tell(w->twin, "set",
              "{'keys':[{'access':'ASIATEST','secret':'s/e+cret','token':'FwoG/token+with=signs'}]}");
    with(w, "'access_key':{'$secret':{'source':'test:ASIATEST'}},'secret_key':{'$secret':{'source':'test:s/"
            "e+cret'}},"
            "'session_token':{'$secret':{'source':'test:FwoG/token+with=signs'}}");
    assert_int_equal(ask(w, LF_VERB_READ, HELLO)->status, LF_END_OK);
    assert_int_equal(ask(w, LF_VERB_CREATE, "{'dialect':'query','action':'Go'}")->status, LF_END_OK);
}

static void test_a_large_body_is_signed_whole(void **state)
{
    struct world *w = *state;
    size_t size = 1500000;
    char *json = malloc(size + 100);
    assert_non_null(json);
    int at = snprintf(json, 100, "{'dialect':'rest','method':'POST','path':'/big','body':'");
    memset(json + at, 'x', size);
    (void)snprintf(json + at + size, 10, "'}");
    with(w, KEYS);
    const struct op_result *r = ask(w, LF_VERB_CREATE, json);
    assert_int_equal(r->status, LF_END_OK);
    assert_int_equal(strlen(seen(r, "body")), size);
    free(json);
}

static void test_the_gate_lets_a_question_pass_and_no_change(void **state)
{
    struct world *w = *state;
    with(w, KEYS);
    assert_int_equal(ask(w, LF_VERB_READ, "{'dialect':'query','action':'DescribeThings'}")->status,
                     LF_END_OK);
    bench_read_only(w->b, true);
    struct op_item item = {.verb = LF_VERB_CREATE, .desired = bench_value(w->b, HELLO)};
    item.desired = bench_value(w->b, "{'dialect':'query','action':'CreateThing'}");
    assert_int_equal(bench_run(w->b, "ask", item)->status, LF_END_RETRY);
    assert_int_equal(twin_count(w->twin, "log", "CreateThing"), 0);
}

/* ---- what errors mean -----------------------------------------------------------------------------------
 */

/* Answers the next request so, and gives how the kit ends it. */
static const struct op_result *answered(struct world *w, uint32_t verb, int status, const char *text)
{
    char json[2048];
    (void)snprintf(json, sizeof(json), "{'replies':[[%d,'text/xml','%s']]}", status, text);
    twin_tell(w->twin, "set", json);
    return ask(w, verb, HELLO);
}

static void test_every_error_code_ends_as_it_must(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *code;
        int status;
        uint32_t change, question;
        const char *note;
    } cases[] = {
        {"Throttling", 400, LF_END_RETRY, LF_END_RETRY, "echo.throttled"},
        {"ThrottlingException", 400, LF_END_RETRY, LF_END_RETRY, "echo.throttled"},
        {"RequestLimitExceeded", 503, LF_END_RETRY, LF_END_RETRY, "echo.throttled"},
        {"PriorRequestNotComplete", 400, LF_END_RETRY, LF_END_RETRY, "echo.throttled"},
        {"ExpiredToken", 403, LF_END_REFUSED, LF_END_REFUSED, "echo.credentials"},
        {"InvalidClientTokenId", 403, LF_END_REFUSED, LF_END_REFUSED, "echo.credentials"},
        {"UnrecognizedClientException", 400, LF_END_REFUSED, LF_END_REFUSED, "echo.credentials"},
        {"SignatureDoesNotMatch", 403, LF_END_REFUSED, LF_END_REFUSED, "echo.signature"},
        {"RequestExpired", 400, LF_END_REFUSED, LF_END_REFUSED, "echo.clock"},
        {"AccessDenied", 403, LF_END_REFUSED, LF_END_REFUSED, "echo.forbidden"},
        {"OptInRequired", 403, LF_END_REFUSED, LF_END_REFUSED, "echo.not_offered"},
        {"InternalFailure", 500, LF_END_UNSURE, LF_END_CANNOT_TELL, "echo.trouble"},
        {"ServiceUnavailable", 503, LF_END_UNSURE, LF_END_CANNOT_TELL, "echo.trouble"},
        {"InternalError", 400, LF_END_UNSURE, LF_END_CANNOT_TELL, "echo.trouble"},
        {"SomethingNew", 400, LF_END_REFUSED, LF_END_REFUSED, "echo.refused"},
    };
    with(w, KEYS);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        (void)snprintf(text, sizeof(text),
                       "<ErrorResponse><Error><Code>%s</Code><Message>its own words</Message></Error>"
                       "<RequestId>r-1</RequestId></ErrorResponse>",
                       cases[i].code);
        bool busy = strcmp(cases[i].code, "PriorRequestNotComplete") == 0;
        assert_int_equal(answered(w, LF_VERB_CREATE, cases[i].status, text)->status, cases[i].change);
        assert_note(w, busy ? "echo.busy" : cases[i].note, "its own words");
        assert_non_null(strstr(only_note(w)->detail, "r-1"));
        assert_int_equal(answered(w, LF_VERB_READ, cases[i].status, text)->status, cases[i].question);
    }
}

static void test_errors_are_read_in_every_shape(void **state)
{
    struct world *w = *state;
    with(w, KEYS);
    static const struct {
        const char *text, *code, *said;
    } shapes[] = {
        {"<Response><Errors><Error><Code>A.B</Code><Message>m</Message></Error></Errors></Response>", "A.B",
         "m"},
        {"<InvalidChangeBatch "
         "xmlns=\\'urn:x\\'><Messages><Message>m1</Message><Message>m2</Message></Messages></"
         "InvalidChangeBatch>",
         "InvalidChangeBatch", "m1, m2"},
        {"{\\'__type\\':\\'com.amazonaws.sqs#QueueDoesNotExist\\',\\'message\\':\\'no queue\\'}",
         "QueueDoesNotExist", "no queue"},
        {"{\\'__type\\':\\'AccessDenied\\',\\'Message\\':\\'denied\\'}", "AccessDenied", "denied"},
    };
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        const struct op_result *r = answered(w, LF_VERB_READ, 400, shapes[i].text);
        assert_string_equal(text_at(r, "code"), shapes[i].code);
        assert_string_equal(text_at(r, "said"), shapes[i].said);
    }
    const struct op_result *r = answered(w, LF_VERB_CREATE, 502, "<html><body>Bad gateway<br></body>");
    assert_int_equal(r->status, LF_END_UNSURE);
    assert_null(text_at(r, "code"));
    assert_note(w, "echo.trouble", "Bad gateway");
}

static void test_a_wrong_secret_or_clock_is_told_as_such(void **state)
{
    struct world *w = *state;
    with(w, "'access_key':{'$secret':{'source':'test:AKIDEXAMPLE'}},'secret_key':{'$secret':{'source':'test:"
            "wrong'}}");
    assert_int_equal(ask(w, LF_VERB_READ, HELLO)->status, LF_END_REFUSED);
    assert_note(w, "echo.signature", "does not match");
    assert_non_null(strstr(only_note(w)->advice, "clock"));
    assert_null(strstr(only_note(w)->detail, "Canonical"));
    with(w, KEYS);
    assert_int_equal(
        answered(w, LF_VERB_READ, 403,
                 "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>Signature expired: "
                 "20260101T000000Z is now earlier</Message></Error></ErrorResponse>")
            ->status,
        LF_END_REFUSED);
    assert_note(w, "echo.clock", "its own clock says");
}

static void test_no_reply_is_unsure_for_a_change(void **state)
{
    struct world *w = *state;
    with(w, KEYS);
    twin_tell(w->twin, "faults", "[{'action':'*','what':'lost','times':2}]");
    assert_int_equal(ask(w, LF_VERB_CREATE, "{'dialect':'query','action':'Go'}")->status, LF_END_UNSURE);
    assert_note(w, "echo.no_reply", "http://127.0.0.1");
    twin_tell(w->twin, "set", "{'faults':0}");
    twin_tell(w->twin, "faults", "[{'action':'*','what':'truncate'}]");
    assert_int_equal(ask(w, LF_VERB_CREATE, "{'dialect':'query','action':'Go'}")->status, LF_END_UNSURE);
    twin_tell(w->twin, "faults", "[{'action':'*','what':'giant'}]");
    assert_int_equal(ask(w, LF_VERB_CREATE, "{'dialect':'query','action':'Go'}")->status, LF_END_UNSURE);
    twin_tell(w->twin, "faults", "[{'action':'*','what':'silent'}]");
    bench_timeout(w->b, 3000);
    assert_int_equal(ask(w, LF_VERB_CREATE, "{'dialect':'query','action':'Go'}")->status, LF_END_UNSURE);
}

/* ---- XML ------------------------------------------------------------------------------------------------
 */

static void test_xml_with_a_dtd_is_not_read(void **state)
{
    struct world *w = *state;
    static const char *const bad[] = {
        "<!DOCTYPE a [<!ENTITY x \\'lol\\'>]><a>&x;</a>",
        "<!DOCTYPE a SYSTEM \\'file:///etc/passwd\\'><a/>",
        "<?xml version=\\'1.0\\' encoding=\\'UTF-16\\'?><!DOCTYPE a><a/>",
        "<a><b></a>",
        "<a>&undefined;</a>",
        "<a/><b/>",
    };
    with(w, KEYS);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_null(text_at(answered(w, LF_VERB_READ, 200, bad[i]), "root"));
    assert_string_equal(text_at(answered(w, LF_VERB_READ, 200, "<a><b>1</b></a>"), "root"), "a");
}

/* ---- where keys come from -------------------------------------------------------------------------------
 */

static void test_a_profile_of_a_shared_file_is_read(void **state)
{
    struct world *w = *state;
    with_profile(
        w, "live",
        "# mine\n[default]\naws_access_key_id = NO\naws_secret_access_key=NO\n\n; and\n[live]\r\n"
        "region = eu-west-1\ns3 =\n  max_concurrent_requests = 20\naws_access_key_id = AKIDEXAMPLE\r\n"
        "aws_secret_access_key = " SECRET "\n[other]\naws_access_key_id = NO\n");
    assert_int_equal(ask(w, LF_VERB_READ, HELLO)->status, LF_END_OK);
    with_profile(w, "live", "[profile live]\naws_access_key_id=AKIDEXAMPLE\naws_secret_access_key=" SECRET);
    assert_int_equal(ask(w, LF_VERB_READ, HELLO)->status, LF_END_OK);
}

static void test_a_profile_that_cannot_be_used_is_refused_with_its_line(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *text, *detail;
    } cases[] = {
        {"[default]\naws_access_key_id = A\n", NULL},
        {"[live]\naws_access_key_id = A\n", "aws_secret_access_key"},
        {"[live]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = default\n", "role_arn"},
        {"[live]\nsso_session = corp\n", "sso_session"},
        {"[live]\naws_access_key_id = A\naws_access_key_id = B\n", "line 3"},
        {"[live]\n[live]\n", "line 2"},
        {"[live\n", "line 1"},
        {"[live]\nwhat is this\n", "line 2"},
        {"[live]\naws_access_key_id =\n", "line 2"},
        {"[live]\naws_secret_access_key = two words\n", "line 2"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        with_profile(w, "live", cases[i].text);
        assert_int_equal(ask(w, LF_VERB_READ, HELLO)->status, LF_END_REFUSED);
        assert_note(w, "echo.credentials", cases[i].detail);
        assert_non_null(only_note(w)->path);
        assert_null(only_note(w)->detail ? strstr(only_note(w)->detail, "two words") : NULL);
    }
    with(w, "'credentials_file':'/nowhere/credentials','profile':'live'");
    assert_int_equal(ask(w, LF_VERB_READ, HELLO)->status, LF_END_REFUSED);
    assert_note(w, "echo.credentials", "No such file");
    assert_int_equal(twin_count(w->twin, "log", "hello"), 0);
}

static void test_an_instance_gives_its_role_and_is_asked_once(void **state)
{
    struct world *w = *state;
    twin_tell(w->twin, "set", "{'role':'builder'}");
    with(w, "'credentials':'instance'");
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask(w, LF_VERB_READ, HELLO)->status, LF_END_OK);
    assert_int_equal(twin_count(w->twin, "log", "metadata"), 3);
    assert_int_equal(twin_count(w->twin, "log", "ASIADOUBLE1"), 3);
}

/* The service is the judge of keys: those it calls expired are fetched anew, and the request is sent again.
 */
static void test_expired_keys_of_an_instance_are_renewed(void **state)
{
    struct world *w = *state;
    twin_tell(w->twin, "set", "{'role':'builder'}");
    with(w, "'credentials':'instance'");
    assert_int_equal(ask(w, LF_VERB_READ, HELLO)->status, LF_END_OK);
    twin_tell(w->twin, "faults", "[{'action':'hello','what':'expired'}]");
    assert_int_equal(
        ask(w, LF_VERB_CREATE, "{'dialect':'rest','path':'/hello','method':'POST','body':'x'}")->status,
        LF_END_RETRY);
    assert_int_equal(ask(w, LF_VERB_READ, HELLO)->status, LF_END_OK);
    assert_int_equal(twin_count(w->twin, "log", "ASIADOUBLE2"), 1);
}

/* Twenty operations that begin in one turn. */
#define CROWD 20

struct crowd {
    struct bench *b;
    size_t ended, good;
};

static void crowd_item(void *user, struct op *op, size_t i, const struct op_result *result)
{
    struct crowd *crowd = user;
    (void)op, (void)i;
    crowd->good += result->status == LF_END_OK;
}

static void crowd_end(void *user, struct op *op)
{
    struct crowd *crowd = user;
    (void)op;
    if (++crowd->ended == CROWD)
        loop_stop(bench_loop(crowd->b));
}

static void crowd_note(void *user, struct op *op, const struct diag *diag)
{
    (void)user, (void)op, (void)diag;
}

static struct crowd crowd_run(struct world *w)
{
    static const struct op_events events = {.item = crowd_item, .note = crowd_note, .end = crowd_end};
    struct crowd crowd = {.b = w->b};
    struct op_item item = {.verb = LF_VERB_READ, .id = "request", .prior = bench_value(w->b, HELLO)};
    item.address = "bench.step";
    item.token = item.marker = "bench";
    struct op_ask ask = {.driver = bench_driver(w->b), .items = &item, .count = 1, .read_only = true};
    ask.type = driver_type(ask.driver, "ask");
    for (size_t i = 0; i < CROWD; i++)
        op_start(&ask, &events, &crowd);
    loop_run(bench_loop(w->b));
    return crowd;
}

static void test_a_crowd_fetches_keys_once(void **state)
{
    struct world *w = *state;
    twin_tell(w->twin, "set", "{'role':'builder'}");
    with(w, "'credentials':'instance'");
    struct crowd crowd = crowd_run(w);
    assert_int_equal(crowd.good, CROWD);
    assert_int_equal(twin_count(w->twin, "log", "metadata"), 3);
    assert_int_equal(twin_count(w->twin, "log", "ASIADOUBLE1"), CROWD);
}

/* ... and takes the word of the one that failed. */
static void test_a_crowd_without_keys_asks_once_too(void **state)
{
    struct world *w = *state;
    with(w, "'credentials':'instance'");
    struct crowd crowd = crowd_run(w);
    assert_int_equal(crowd.good, 0);
    assert_int_equal(twin_count(w->twin, "log", "metadata"), 2); /* a session, and no role */
}

static void test_an_instance_without_a_role_is_refused(void **state)
{
    struct world *w = *state;
    with(w, "'credentials':'instance'");
    assert_int_equal(ask(w, LF_VERB_READ, HELLO)->status, LF_END_REFUSED);
    assert_note(w, "echo.credentials", "404");
    twin_tell(w->twin, "set", "{'role':'builder'}");
    twin_tell(w->twin, "faults", "[{'action':'metadata','what':'reset','times':9}]");
    with(w, "'credentials':'instance'");
    assert_int_equal(ask(w, LF_VERB_CREATE, HELLO)->status, LF_END_RETRY);
    assert_note(w, "echo.credentials", NULL);
}

static void test_a_command_gives_keys(void **state)
{
    struct world *w = *state;
    char credentials[512];
    const char *path = put_file(
        w, "give",
        "#!/bin/sh\nprintf x >>\"$COUNTER\"\n"
        "echo '{\"Version\":1,\"AccessKeyId\":\"AKIDEXAMPLE\",\"SecretAccessKey\":\"" SECRET "\"}'\n");
    assert_int_equal(chmod(path, 0700), 0);
    (void)snprintf(credentials, sizeof(credentials),
                   "'credentials_command':['%s'],'credentials_environment':{'COUNTER':'%s/count'}", path,
                   twin_folder(w->twin));
    with(w, credentials);
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask(w, LF_VERB_READ, HELLO)->status, LF_END_OK);
    struct stat st;
    char count[128];
    (void)snprintf(count, sizeof(count), "%s/count", twin_folder(w->twin));
    assert_int_equal(stat(count, &st), 0);
    assert_int_equal(st.st_size, 1);
}

static void test_a_command_that_gives_no_keys_is_told(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *script, *words;
        uint32_t end;
    } cases[] = {
        {"echo sorry >&2; exit 3", "code 3: sorry", LF_END_RETRY},
        {"echo hello", NULL, LF_END_REFUSED},
        {"echo {}", NULL, LF_END_REFUSED},
        {"echo \\'{\\\"Version\\\":1,\\\"AccessKeyId\\\":\\\"A\\\"}\\'", NULL, LF_END_REFUSED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char credentials[256];
        (void)snprintf(credentials, sizeof(credentials), "'credentials_command':['sh','-c','%s']",
                       cases[i].script);
        with(w, credentials);
        assert_int_equal(ask(w, LF_VERB_CREATE, HELLO)->status, cases[i].end);
        assert_note(w, "echo.credentials", cases[i].words);
    }
    with(w, "'credentials_command':['/nowhere/command']");
    assert_int_equal(ask(w, LF_VERB_CREATE, HELLO)->status, LF_END_RETRY);
    assert_note(w, "echo.credentials", NULL);
}

static void test_settings_that_cannot_work_are_refused(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *credentials, *words;
    } cases[] = {
        {"", "no AWS credentials"},
        {"'access_key':{'$secret':{'source':'test:A'}}", "belong together"},
        {"'secret_key':{'$secret':{'source':'test:A'}}", "belong together"},
        {"'session_token':{'$secret':{'source':'test:A'}}", "belong together"},
        {"'credentials_file':'f'", "belong together"},
        {"'profile':'f'", "belong together"},
        {"'credentials_file':'~/.aws/credentials','profile':'f'", "'~'"},
        {"'credentials':'magic'", "instance"},
        {"'credentials_command':[]", "no program"},
        {"'credentials_environment':{'A':'b'}", "without a command"},
        {KEYS ",'credentials':'instance'", "more than one place"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        refused_settings(w, settings_of(w, cases[i].credentials), cases[i].words);
    refused_settings(w, "{'partition':'aws','endpoint':'https://x'," KEYS "}", "region");
    refused_settings(w, "{'region':'eu-west-1','endpoint':'https://x'," KEYS "}", "partition");
    refused_settings(w, "{'region':'eu-west-1','partition':'aws'," KEYS "}", "endpoint");
    refused_settings(w, "{'region':'EU west','partition':'aws','endpoint':'https://x'," KEYS "}",
                     "AWS region");
    refused_settings(w, "{'region':'eu-west-1','partition':'gcp','endpoint':'https://x'," KEYS "}",
                     "partition");
    refused_settings(w, "{'region':'eu-west-1','partition':'aws','endpoint':'x.com'," KEYS "}",
                     "the address of an API is none");
    refused_settings(w, "{'region':'eu-west-1','partition':'aws','endpoint':'https://x/y'," KEYS "}",
                     "the address of an API is none");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
    const struct CMUnitTest tests[] = {
        TEST(test_all_three_dialects_are_signed_right),
        TEST(test_a_query_is_sorted_and_encoded_before_it_is_signed),
        TEST(test_a_path_that_cannot_be_signed_is_not_sent),
        TEST(test_a_session_token_is_sent_and_signed),
        TEST(test_a_large_body_is_signed_whole),
        TEST(test_the_gate_lets_a_question_pass_and_no_change),
        TEST(test_every_error_code_ends_as_it_must),
        TEST(test_errors_are_read_in_every_shape),
        TEST(test_a_wrong_secret_or_clock_is_told_as_such),
        TEST(test_no_reply_is_unsure_for_a_change),
        TEST(test_xml_with_a_dtd_is_not_read),
        TEST(test_a_profile_of_a_shared_file_is_read),
        TEST(test_a_profile_that_cannot_be_used_is_refused_with_its_line),
        TEST(test_an_instance_gives_its_role_and_is_asked_once),
        TEST(test_expired_keys_of_an_instance_are_renewed),
        TEST(test_a_crowd_fetches_keys_once),
        TEST(test_a_crowd_without_keys_asks_once_too),
        TEST(test_an_instance_without_a_role_is_refused),
        TEST(test_a_command_gives_keys),
        TEST(test_a_command_that_gives_no_keys_is_told),
        TEST(test_settings_that_cannot_work_are_refused),
    };
    int end = 0;
    const char *missing = twin_missing(&end);
    if (missing) {
        (void)fprintf(stderr, "%s\n", missing);
        return end;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
