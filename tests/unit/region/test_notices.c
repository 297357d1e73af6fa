/* Who is told of what: the closed map in landfall.yaml, and the choice it makes. */
#include "project_folder.h"

#include "base/attr.h"
#include "region/approvals.h"
#include "region/notices.h"
#include "region/project.h"

static struct project *given(struct folder *p, const char *notices)
{
    struct project *project = NULL;
    folder_write(p, "playbooks/saas.lua", "stage \"x\"\n");
    folder_write(p, PROJECT_FILE, notices);
    diag_init(&p->diags, p->mem);
    return project_load(p->mem, p->path, &project, &p->diags, &p->err) ? project : NULL;
}

#define SINKS                                                                                                \
    "http: { plain: [hooks.internal] }\n"                                                                    \
    "notices:\n"                                                                                             \
    "  sinks:\n"                                                                                             \
    "    team: { kind: slack, url: !secret env:TEAM_HOOK }\n"                                                \
    "    ops: { kind: webhook, url: \"https://ops.acme.example/in?x=1\", key: !secret env:HOOK_KEY }\n"      \
    "    people: { kind: mail, server: \"smtp://mail.acme.example:587\", user: landfall,\n"                  \
    "              password: !secret env:MAIL, from: landfall@acme.example, to: [ada@acme.example] }\n"

static struct project *ruled(struct folder *p, const char *rules)
{
    struct project *project = given(p, arena_print(p->mem, SINKS "  rules:\n%s", rules));
    if (!project)
        fail_msg("%s: %s", p->err.code, p->err.summary);
    return project;
}

static uint64_t bit(const struct project *p, const char *sink)
{
    return UINT64_C(1) << (notices_find(&p->notices, sink) - p->notices.sinks);
}

static void test_without_the_key_nobody_is_told(void **state)
{
    struct project *project = given(*state, "{}\n");
    assert_int_equal(project->notices.sink_count, 0);
    assert_int_equal(notices_wanted(&project->notices, &(struct notices_subject){.kind = NOTICES_FAILED}), 0);
    assert_false(notices_has(&project->notices, NOTICES_FAILED));
}

static void test_every_key_is_read(void **state)
{
    struct project *project = ruled(*state, "    - { to: [team, ops], about: [failed] }\n"
                                            "  give_up_after: 5\n");
    const struct notices *n = &project->notices;
    assert_int_equal(n->give_up_ms, 5 * 3600000);
    assert_int_equal(n->sink_count, 3);
    assert_string_equal(n->sinks[0].name, "ops");
    const struct notices_sink *ops = notices_find(n, "ops"), *people = notices_find(n, "people");
    assert_int_equal(ops->kind, NOTICES_WEBHOOK);
    assert_string_equal(ops->url->text, "https://ops.acme.example/in?x=1");
    assert_string_equal(ops->key->secret->source, "env:HOOK_KEY");
    assert_int_equal(people->kind, NOTICES_MAIL);
    assert_string_equal(people->server, "smtp://mail.acme.example:587");
    assert_string_equal(people->to[0], "ada@acme.example");
    assert_int_equal(people->to_count, 1);
    assert_string_equal(people->user, "landfall");
    assert_non_null(people->password);
    assert_null(notices_find(n, "nobody"));
    assert_true(notices_has(n, NOTICES_FAILED));
    assert_false(notices_has(n, NOTICES_DIGEST));
}

static void test_a_rule_chooses_by_owner_stage_and_class(void **state)
{
    struct project *p =
        ruled(*state, "    - { to: [people], about: [waits, failed], owner: [legal, finance] }\n"
                      "    - { to: [ops], about: [failed], stage: [names], class: [shared] }\n"
                      "    - { to: [team], about: [failed, run_ended] }\n");
    struct notices_subject s = {
        .kind = NOTICES_FAILED, .is_step = true, .classes = APPROVALS_BIT(APPROVALS_LOCAL)};
    assert_int_equal(notices_wanted(&p->notices, &s), bit(p, "team"));
    s.owner = "finance";
    assert_int_equal(notices_wanted(&p->notices, &s), bit(p, "team") | bit(p, "people"));
    s.stage = "names";
    s.classes = APPROVALS_BIT(APPROVALS_SHARED) | APPROVALS_BIT(APPROVALS_IRREVERSIBLE);
    assert_int_equal(notices_wanted(&p->notices, &s), bit(p, "team") | bit(p, "people") | bit(p, "ops"));
    s.owner = "Legal";
    s.kind = NOTICES_WAITS;
    assert_int_equal(notices_wanted(&p->notices, &s), 0);
    assert_int_equal(notices_wanted(&p->notices, &(struct notices_subject){.kind = NOTICES_RUN_ENDED}),
                     bit(p, "team"));
}

/* Somebody told too much asks; somebody told nothing does not. */
static void test_what_nobody_knows_the_owner_of_is_kept_from_nobody(void **state)
{
    struct project *p =
        ruled(*state, "    - { to: [people], about: [failed], owner: [legal], class: [shared] }\n");
    struct notices_subject s = {.kind = NOTICES_FAILED, .is_step = true, .is_undeclared = true};
    assert_int_equal(notices_wanted(&p->notices, &s), bit(p, "people"));
    s.classes = APPROVALS_BIT(APPROVALS_LOCAL);
    assert_int_equal(notices_wanted(&p->notices, &s), 0);
}

static const struct {
    const char *text, *code, *says;
} mistakes[] = {
    {"notices: { sinks: {}, rules: [], sink: {} }\n", "notices.unknown_key", "sinks"},
    {"notices: { rules: [] }\n", "notices.missing_key", "sinks"},
    {"notices: { sinks: {}, rules: [], give_up_after: 0 }\n", "notices.range", "8760"},
    {"notices: { sinks: { a: { kind: slak, url: \"https://x\" } }, rules: [] }\n", "notices.unknown_word",
     "slack"},
    {"notices: { sinks: { a: { url: \"https://x\" } }, rules: [] }\n", "notices.missing_key", "kind"},
    {"notices: { sinks: { A B: { kind: slack, url: \"https://x\" } }, rules: [] }\n", "notices.sink_name",
     "A B"},
    {"notices: { sinks: { a: { kind: slack, url: \"https://x\", key: !secret env:K } }, rules: [] }\n",
     "notices.unknown_key", "key"},
    {"notices: { sinks: { a: { kind: webhook, url: \"https://x\", key: plain } }, rules: [] }\n",
     "notices.wrong_kind", "!secret"},
    {"notices: { sinks: { a: { kind: slack, url: \"ftp://x\" } }, rules: [] }\n", "notices.url", "https://"},
    {"notices: { sinks: { a: { kind: slack, url: \"https://u:p@x/\" } }, rules: [] }\n", "notices.url",
     "password"},
    {"notices: { sinks: { a: { kind: slack, url: \"https://x/ y\" } }, rules: [] }\n", "notices.url",
     "percent"},
    {"notices: { sinks: { a: { kind: slack, url: \"https://x:99999/\" } }, rules: [] }\n", "notices.url",
     "x:99999"},
    {"notices: { sinks: { a: { kind: slack, url: \"http://hooks.acme.example/\" } }, rules: [] }\n",
     "notices.plain", "https"},
    {"notices: { sinks: { a: { kind: mail, server: \"mail:25\", from: a@b, to: [c@d] } }, rules: [] }\n",
     "notices.server", "smtp://"},
    {"notices: { sinks: { a: { kind: mail, server: \"smtp://m/x\", from: a@b, to: [c@d] } }, rules: [] }\n",
     "notices.server", "smtp://"},
    {"notices: { sinks: { a: { kind: mail, server: \"smtp://m\", from: a@b, to: [c@d], user: u } }, rules: "
     "[] }\n",
     "notices.half_login", "password"},
    {"notices: { sinks: { a: { kind: mail, server: \"smtp://m\", from: a@b, to: [] } }, rules: [] }\n",
     "notices.empty_list", "to"},
    {"notices: { sinks: {}, rules: [{ to: [x], about: [failed] }] }\n", "notices.unknown_word", "x"},
    {"notices: { sinks: { a: { kind: slack, url: \"https://x\" } }, rules: [{ to: [a], about: [fialed] }] "
     "}\n",
     "notices.unknown_word", "failed"},
    {"notices: { sinks: { a: { kind: slack, url: \"https://x\" } }, rules: [{ to: [a], about: [failed], "
     "class: "
     "[share] }] }\n",
     "notices.unknown_word", "shared"},
    {"notices: { sinks: { a: { kind: slack, url: \"https://x\" } }, rules: [{ to: [a], about: [run_ended], "
     "owner: "
     "[x] }] }\n",
     "notices.no_step", "rule of its own"},
    {"notices: { sinks: { a: { kind: slack, url: \"https://x\" } }, rules: [{ to: [a] }] }\n",
     "notices.missing_key", "about"},
};

static void test_every_mistake_is_told_with_what_to_write(void **state)
{
    struct folder *p = *state;
    for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
        assert_null(given(p, mistakes[i].text));
        const struct diag *d = folder_diag(p, mistakes[i].code);
        if (!d)
            fail_msg("no %s for %s but %s", mistakes[i].code, mistakes[i].text, p->err.code);
        assert_non_null(d->where);
        if (!strstr(d->advice, mistakes[i].says) && !strstr(d->summary, mistakes[i].says))
            fail_msg("'%s' / '%s' does not say '%s'", d->summary, d->advice, mistakes[i].says);
    }
}

static void test_only_plain_mail_addresses_are_taken(void **state)
{
    static const char *const bad[] = {"ada",
                                      "@acme.example",
                                      "ada@",
                                      "ada@@acme.example",
                                      "ada @acme.example",
                                      "ada@acme..x",
                                      "ada@-acme.example",
                                      "ada@acme.example-",
                                      ".ada@acme.example",
                                      "ada.@acme.example",
                                      "a..b@acme.x",
                                      "<ada@acme.example>",
                                      "Ada <ada@acme.example>",
                                      "ada@acme.example,bob@acme.example",
                                      "ada@[127.0.0.1]",
                                      "ada@acme.example\\r\\nBcc: eve@evil.example",
                                      "ada@acme.example\\n",
                                      "\\\"ada\\\"@acme.example",
                                      "ada\\u00e9@acme.example",
                                      "ada@acm\\u00e9.example"};
    static const char *const good[] = {"ada@localhost", "a+b.c_d@acme.co.example", "x!#$%@x-y.example"};
    struct folder *p = *state;
    static const char form[] =
        "notices: { sinks: { a: { kind: mail, server: \"smtp://m\", from: f@acme.example, "
        "to: [\"%s\"] } }, rules: [] }\n";
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_null(given(p, arena_print(p->mem, form, bad[i])));
        if (!folder_diag(p, "notices.address"))
            fail_msg("'%s' is no error of an address but %s", bad[i], p->err.code);
    }
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_non_null(given(p, arena_print(p->mem, form, good[i])));
}

static void test_plain_http_goes_to_loopback_and_to_named_hosts_alone(void **state)
{
    static const char *const good[] = {"http://127.0.0.1:8080/x", "http://localhost/", "http://[::1]:9/",
                                       "http://hooks.internal/", "http://HOOKS.internal:8080/"};
    static const char *const bad[] = {"http://hooks.internal.evil.example/", "http://xhooks.internal/",
                                      "http://127.0.0.1.evil.example/"};
    static const char form[] = "http: { plain: [hooks.internal] }\n"
                               "notices: { sinks: { a: { kind: slack, url: \"%s\" } }, rules: [] }\n";
    struct folder *p = *state;
    for (size_t i = 0; i < COUNT_OF(good); i++)
        if (!given(p, arena_print(p->mem, form, good[i])))
            fail_msg("%s: %s", good[i], p->err.summary);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_null(given(p, arena_print(p->mem, form, bad[i])));
        assert_non_null(folder_diag(p, "notices.plain"));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_without_the_key_nobody_is_told),
        TEST(test_every_key_is_read),
        TEST(test_a_rule_chooses_by_owner_stage_and_class),
        TEST(test_what_nobody_knows_the_owner_of_is_kept_from_nobody),
        TEST(test_every_mistake_is_told_with_what_to_write),
        TEST(test_only_plain_mail_addresses_are_taken),
        TEST(test_plain_http_goes_to_loopback_and_to_named_hosts_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
