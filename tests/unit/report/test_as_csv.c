#include "golden.h"

#include "base/buf.h"
#include "report/as_csv.h"
#include "report_sample.h"

static const char *field(struct arena *mem, const char *text)
{
    struct buf row;
    buf_init(&row, 0);
    as_csv_field(&row, text);
    const char *kept = buf_keep(&row, mem);
    buf_done(&row);
    return kept;
}

static void test_only_what_needs_quotes_has_them(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    assert_string_equal(field(mem, "plain text"), "plain text");
    assert_string_equal(field(mem, "a,b"), "\"a,b\"");
    assert_string_equal(field(mem, "say \"yes\""), "\"say \"\"yes\"\"\"");
    assert_string_equal(field(mem, "two\r\nlines"), "\"two\r\nlines\"");
    assert_string_equal(field(mem, ""), "");
    assert_string_equal(field(mem, NULL), "");
    arena_free(mem);
}

static void test_nothing_that_somebody_wrote_is_computed_by_a_spreadsheet(void **state)
{
    (void)state;
    static const char *const formulas[] = {
        "=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r-1", "=cmd|' /C calc'!A0", "-2+3,\"x\""};
    struct arena *mem = arena_new();
    for (size_t i = 0; i < COUNT_OF(formulas); i++)
        assert_memory_equal(field(mem, formulas[i]), "\"'", 2);
    assert_string_equal(field(mem, "=\"a\""), "\"'=\"\"a\"\"\"");
    assert_string_equal(field(mem, "a=1"), "a=1");
    arena_free(mem);
}

/* Fields of one record, the next one's beginning left in *at; RFC 4180 read by its own grammar. */
static size_t count_fields(const char **at)
{
    size_t count = 1;
    bool quoted = false;
    for (const char *p = *at; *p; p++) {
        if (*p == '"')
            quoted = !quoted;
        else if (!quoted && *p == ',')
            count++;
        else if (!quoted && p[0] == '\r' && p[1] == '\n') {
            *at = p + 2;
            return count;
        }
    }
    fail_msg("a record without its end");
    return 0;
}

static void test_each_step_is_one_row_with_all_its_fields(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    golden_open(&g, (struct out_style){0});
    sample_make(&s, g.mem);
    struct facts_report facts = report_sample(&s);
    s.steps[0].reason = "=HYPERLINK(\"http://evil\",\"click\")";
    as_csv_report(&g.out, &facts);
    const char *at = golden_text(&g);
    size_t columns = count_fields(&at), rows = 0;
    while (*at) {
        assert_int_equal(count_fields(&at), columns);
        rows++;
    }
    assert_int_equal(rows, s.plan.count);
    golden_check(&g, "report.csv");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_what_needs_quotes_has_them),
        cmocka_unit_test(test_nothing_that_somebody_wrote_is_computed_by_a_spreadsheet),
        cmocka_unit_test(test_each_step_is_one_row_with_all_its_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
