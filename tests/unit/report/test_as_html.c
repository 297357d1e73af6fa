#include "golden.h"

#include "base/buf.h"
#include "base/digest.h"
#include "report/as_html.h"
#include "report/as_html_files.h"
#include "report/as_json.h"
#include "report/as_markdown.h"
#include "report_sample.h"

static const struct out_style style = {0};

/* What stands between the two marks is left out, so that the golden page does not change with every rule of
 * the style. */
static const char *without(struct arena *mem, const char *text, const char *from, const char *to)
{
    const char *begin = strstr(text, from);
    const char *end = begin ? strstr(begin + strlen(from), to) : NULL;
    assert_non_null(end);
    return arena_print(mem, "%.*s...%s", (int)(begin - text) + (int)strlen(from), text, end);
}

static void say_without_bulk(struct golden *g)
{
    const char *text = golden_text(g);
    text = without(g->mem, text, "<style>", "</style>");
    text = without(g->mem, text, "<script>", "</script>");
    text = without(g->mem, text, "style-src ", ";");
    text = without(g->mem, text, "script-src ", ";");
    assert_int_equal(ftruncate(g->out.fd, 0), 0);
    assert_true(lseek(g->out.fd, 0, SEEK_SET) == 0);
    out_text(&g->out, text);
}

static void test_a_page_tells_everything(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    golden_open(&g, style);
    sample_make(&s, g.mem);
    struct facts_report facts = report_sample(&s);
    as_html_report(&g.out, &facts);
    say_without_bulk(&g);
    golden_check(&g, "report.html");
}

static void test_the_same_facts_give_the_same_bytes(void **state)
{
    (void)state;
    struct golden g, again;
    struct sample s;
    golden_open(&g, style);
    golden_open(&again, style);
    sample_make(&s, g.mem);
    struct facts_report facts = report_sample(&s);
    as_html_report(&g.out, &facts);
    as_html_report(&again.out, &facts);
    assert_string_equal(golden_text(&g), golden_text(&again));
    golden_close(&again);
    golden_close(&g);
}

/* The digest in the policy is that of the very bytes between the tags, as a browser takes it. */
static void has_hash_of(struct golden *g, const char *tag)
{
    const char *text = golden_text(g);
    const char *begin = strstr(text, arena_print(g->mem, "<%s>", tag)) + strlen(tag) + 2;
    const char *end = strstr(begin, arena_print(g->mem, "</%s>", tag));
    uint8_t hash[DIGEST_BYTES];
    assert_non_null(end);
    digest_sha256(begin, (size_t)(end - begin), hash);
    assert_non_null(strstr(
        text, arena_print(g->mem, "%s-src 'sha256-%s'", tag, digest_base64(g->mem, hash, sizeof(hash)))));
}

static void test_the_policy_allows_its_own_style_and_script_and_nothing_else(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    golden_open(&g, style);
    out_filter_add(g.filter, "color-scheme", 12); /* a secret that is a word of the style */
    sample_make(&s, g.mem);
    struct facts_report facts = report_sample(&s);
    as_html_report(&g.out, &facts);
    has_hash_of(&g, "style");
    has_hash_of(&g, "script");
    const char *text = golden_text(&g);
    assert_non_null(strstr(text, "default-src 'none'"));
    assert_null(strstr(text, "unsafe"));
    assert_null(strstr(text, "http://"));
    golden_close(&g);
}

/* Whatever a step says: no element and no attribute comes of it. */
static void test_no_text_of_a_plan_becomes_markup(void **state)
{
    (void)state;
    static const char bad[] = "<img src=x onerror=alert(1)>\"'><!--</style></script>";
    struct golden g;
    struct sample s;
    struct err silence;
    golden_open(&g, style);
    sample_make(&s, g.mem);
    struct facts_report facts = report_sample(&s);
    err_set(&silence, "x.y", "%s", bad);
    facts.silence = &silence;
    facts.as_stored = true;
    s.region.title = s.region.place = s.region.domain = s.region.from = bad;
    for (uint32_t i = 0; i < s.plan.count; i++) {
        s.steps[i].reason = s.steps[i].id = bad;
        s.declared[i].meta.owner = s.declared[i].meta.blocks = s.declared[i].stage = s.declared[i].file = bad;
        s.steps[i].desired = s.steps[i].promise =
            SAMPLE_MAP(&s, {"name", sample_t(&s, bad)}, {bad, sample_t(&s, bad)});
        if (!s.steps[i].cost.priced)
            s.steps[i].cost.why_not = bad;
    }
    as_html_report(&g.out, &facts);
    const char *text = golden_text(&g);
    assert_null(strstr(text, "<img"));
    assert_null(strstr(text, "<!--"));
    assert_non_null(strstr(text, "&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&gt;"));
    /* One script, one style: their ends were not written early. */
    assert_null(strstr(strstr(text, "</script>") + 1, "</script>"));
    assert_null(strstr(strstr(text, "</style>") + 1, "</style>"));
    golden_close(&g);
}

static void test_a_secret_is_on_no_page(void **state)
{
    (void)state;
    static void (*const prints[])(struct out *, const struct facts_report *) = {
        as_html_report, as_markdown_report, as_json_report};
    for (size_t i = 0; i < COUNT_OF(prints); i++) {
        struct golden g;
        struct sample s;
        golden_open(&g, style);
        out_filter_add(g.filter, "p&ss\"w<rd", 9);
        sample_make(&s, g.mem);
        struct facts_report facts = report_sample(&s);
        s.steps[0].reason = s.steps[0].id = "with p&ss\"w<rd in it";
        prints[i](&g.out, &facts);
        assert_null(strstr(golden_text(&g), "w<rd"));
        assert_null(strstr(golden_text(&g), "w&lt;rd"));
        golden_close(&g);
    }
}

/* A region of which little is known. */
static struct facts_report sample_of_little(struct sample *s)
{
    struct facts_report facts = report_sample(s);
    s->truth.last_run = NULL;
    facts.event_count = 0;
    s->region.shrink_count = s->region.absent_count = 0;
    facts.launch = NULL;
    facts.audit_count = 0;
    facts.book = NULL;
    s->plan.rules = 0;
    s->plan.finding_count = 0;
    s->plan.waivers = NULL;
    s->declared[2].meta.holds_count = s->declared[3].meta.holds_count = 0;
    return facts;
}

static void test_what_is_missing_is_said_and_not_shown_empty(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    golden_open(&g, style);
    sample_make(&s, g.mem);
    struct facts_report facts = sample_of_little(&s);
    as_html_report(&g.out, &facts);
    const char *text = golden_text(&g);
    assert_null(strstr(text, "id=\"time\""));
    assert_null(strstr(text, "id=\"smaller\""));
    assert_null(strstr(text, "href=\"#time\""));
    assert_non_null(strstr(text, "There is no timeline: nothing was built yet."));
    assert_non_null(strstr(text, "No rules were asked of this plan, and no waiver bends one."));
    assert_non_null(strstr(text, "No step says that it holds data"));
    assert_non_null(strstr(text, "There is no audit chain"));
    assert_non_null(strstr(text, "Nothing was shrunk and nothing is absent on purpose."));
    golden_close(&g);
}

static void test_markdown_says_too_what_is_missing(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    golden_open(&g, style);
    sample_make(&s, g.mem);
    struct facts_report facts = sample_of_little(&s);
    as_markdown_report(&g.out, &facts);
    const char *text = golden_text(&g);
    assert_null(strstr(text, "## Audit"));
    assert_null(strstr(text, "## Where data is"));
    assert_non_null(strstr(text, "No rules were asked of this plan, and no waiver bends one. What blocks "
                                 "launch was not asked. No step says that it holds data. Nothing was built "
                                 "yet. Nothing was shrunk or is absent on purpose. There is no audit chain "
                                 "yet. Only in the page"));
    golden_close(&g);
}

static void test_what_is_wrong_with_the_launch_or_the_chain_is_told_in_its_place(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    struct err launch, audit;
    golden_open(&g, style);
    sample_make(&s, g.mem);
    struct facts_report facts = report_sample(&s);
    err_set(&launch, "launch.no_milestone", "there is no milestone 'pilot'");
    err_set(&audit, "store.audit_broken", "entry 2 of the audit chain is not as it was written");
    facts.launch = NULL;
    facts.launch_why = &launch;
    facts.audit_broken = &audit;
    facts.audit_count = 0;
    as_html_report(&g.out, &facts);
    const char *text = golden_text(&g);
    assert_non_null(
        strstr(text, "It cannot be told what blocks launch: there is no milestone &#39;pilot&#39;"));
    assert_non_null(strstr(text, "The audit chain is broken:</strong> entry 2 of the audit chain"));
    as_markdown_report(&g.out, &facts);
    text = strstr(golden_text(&g), "# Europe: landfall report");
    assert_non_null(strstr(text, "> It cannot be told: there is no milestone 'pilot'"));
    assert_non_null(strstr(text, "> **The audit chain is broken:** entry 2 of the audit chain"));
    golden_close(&g);
}

static void test_a_report_for_a_pull_request(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    golden_open(&g, style);
    sample_make(&s, g.mem);
    struct facts_report facts = report_sample(&s);
    as_markdown_report(&g.out, &facts);
    golden_check(&g, "report.md");
}

static void test_markdown_of_others_does_nothing(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 0);
    as_markdown_text(&text, "@team #12 <b> [x](y) | `c` *e* _u_ a&b ![i](j) me@acme.example");
    assert_string_equal(text.at,
                        "@<!-- -->team #<!-- -->12 &lt;b\\> \\[x\\](y) \\| \\`c\\` \\*e\\* \\_u\\_ a&amp;b "
                        "!\\[i\\](j) me@acme.example");
    buf_done(&text);
}

static void test_a_report_for_programs(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    struct err silence;
    golden_open(&g, style);
    sample_make(&s, g.mem);
    struct facts_report facts = report_sample(&s);
    err_set(&silence, "plan.cannot_read", "cannot read 'dns.zone.apex' back");
    facts.silence = &silence;
    facts.as_stored = true;
    as_json_report(&g.out, &facts);
    golden_check(&g, "report.json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_page_tells_everything),
        cmocka_unit_test(test_the_same_facts_give_the_same_bytes),
        cmocka_unit_test(test_the_policy_allows_its_own_style_and_script_and_nothing_else),
        cmocka_unit_test(test_no_text_of_a_plan_becomes_markup),
        cmocka_unit_test(test_a_secret_is_on_no_page),
        cmocka_unit_test(test_what_is_missing_is_said_and_not_shown_empty),
        cmocka_unit_test(test_markdown_says_too_what_is_missing),
        cmocka_unit_test(test_what_is_wrong_with_the_launch_or_the_chain_is_told_in_its_place),
        cmocka_unit_test(test_a_report_for_a_pull_request),
        cmocka_unit_test(test_markdown_of_others_does_nothing),
        cmocka_unit_test(test_a_report_for_programs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
