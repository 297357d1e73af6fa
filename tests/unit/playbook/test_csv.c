/* RFC 4180, strictly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "playbook/csv.h"

/* Rows as a|b;c|d, the header first, or the error. */
static const char *read_text(struct arena *mem, const char *text, size_t count)
{
    struct csv csv;
    struct err err;
    if (!csv_read(mem, "a.csv", text, count, &csv, &err))
        return arena_print(mem, "%s %s", err.where, err.summary);
    struct buf out;
    buf_init(&out, 0);
    for (size_t i = 0; i < csv.columns; i++)
        buf_print(&out, "%s%s", i ? "|" : "", csv.header[i]);
    for (size_t i = 0; i < csv.rows * csv.columns; i++)
        buf_print(&out, "%s%s", i % csv.columns ? "|" : ";", csv.fields[i]);
    const char *kept = buf_keep(&out, mem);
    buf_done(&out);
    return kept;
}

static void test_files_are_read_as_rfc_4180_says(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    static const char *const cases[][2] = {
        {"a,b\n1,2\n", "a|b;1|2"},
        {"a,b\r\n1,2\r\n", "a|b;1|2"},
        {"a,b\n1,2", "a|b;1|2"},
        {"a,b\n,\n", "a|b;|"},
        {"a,b\n\"x,\"\"y\",2\n", "a|b;x,\"y|2"},
        {"a,b\n\"two\nlines\",2\n", "a|b;two\nlines|2"},
        {"\"a\",\"b\"\n\"\",\" \"\n", "a|b;| "},
        {"\xEF\xBB\xBF"
         "a\n1\n",
         "a;1"},
        {"a\n1\n\n\r\n", "a;1"},
        {"a\n", "a"},
        {"a", "a"},
        {"", "a.csv:1 the file is empty"},
        {"\n\n", "a.csv:1 the file is empty"},
        {"a,b\n1\n", "a.csv:2 this row has 1 fields, the header has 2"},
        {"a,b\n1,2\n\n3,4\n", "a.csv:3 this row has 1 fields, the header has 2"},
        {"a,b\n\"x\n\n1,2\n", "a.csv:2 the quote that begins here is not closed"},
        {"a,b\n1,\"x\"y\n", "a.csv:2 there is text behind a closing quote"},
        {"a,b\n1,x\"y\n", "a.csv:2 there is a quote inside a plain field"},
        {"a,a\n1,2\n", "a.csv:1 two columns are named 'a'"},
        {"a,\n1,2\n", "a.csv:1 a column has no name"},
        {"a\n\xff\n", "a.csv the file is no UTF-8 text"},
        {"a,b\n\"x\ny\",1\n1\n", "a.csv:4 this row has 1 fields, the header has 2"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(read_text(mem, cases[i][0], strlen(cases[i][0])), cases[i][1]);
    arena_free(mem);
}

static void test_limits_are_errors(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    struct buf text;
    buf_init(&text, 0);
    for (int i = 0; i < CSV_COLUMNS_MAX + 1; i++)
        buf_print(&text, "%sc%d", i ? "," : "", i);
    assert_string_equal(read_text(mem, text.at, text.count), "a.csv:1 there are more than 256 columns");
    buf_clear(&text);
    buf_text(&text, "a\n");
    buf_fill(&text, 'x', CSV_FIELD_MAX + 1);
    assert_string_equal(read_text(mem, text.at, text.count), "a.csv:2 a field has more than 65536 bytes");
    buf_clear(&text);
    buf_text(&text, "a\n");
    for (int i = 0; i <= CSV_ROWS_MAX; i++)
        buf_text(&text, "1\n");
    assert_string_equal(read_text(mem, text.at, text.count),
                        "a.csv:1000002 there are more than 1000000 rows");
    buf_done(&text);
    arena_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_are_read_as_rfc_4180_says),
        cmocka_unit_test(test_limits_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
