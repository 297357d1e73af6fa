#include "golden.h"

#include "base/buf.h"
#include "model/value.h"
#include "report/brief.h"
#include "report/cell.h"

static void test_a_text_is_cut_with_an_ellipsis(void **state)
{
    (void)state;
    struct golden g;
    golden_open(&g, (struct out_style){.columns = 80});
    assert_int_equal(cell_print(&g.out, "eu.acme.example", 8), 8);
    out_char(&g.out, '|');
    assert_int_equal(cell_print(&g.out, "日本語です", 5), 5);
    out_char(&g.out, '|');
    cell_print(&g.out, "whole", 5);
    assert_string_equal(golden_text(&g), "eu.acme…|日本…|whole");
    golden_close(&g);
}

static void test_half_a_secret_is_never_left_by_a_cut(void **state)
{
    (void)state;
    struct golden g;
    struct buf cell;
    golden_open(&g, (struct out_style){.columns = 80});
    out_filter_add(g.filter, "abcdefghijklmnopqrstuvwxyz", 26);
    cell_print(&g.out, "key abcdefghijklmnopqrstuvwxyz and more", 20);
    out_char(&g.out, '|');
    buf_init(&cell, 0);
    cell_add_short(&cell, &g.out, "abcdefghijklmnopqrstuvwxyz and more", 35, 12);
    out_text(&g.out, cell.at);
    buf_done(&cell);
    out_char(&g.out, '|');
    cell_paragraph(&g.out, 70, 0, "key abcdefghijklmnopqrstuvwxyz");
    assert_string_equal(golden_text(&g), "key [secret] and mo…|[secret] an…|key\n[secret]\n");
    golden_close(&g);
}

static void test_a_paragraph_wraps_behind_its_margin_and_keeps_money_together(void **state)
{
    (void)state;
    struct golden g;
    golden_open(&g, (struct out_style){.columns = 40});
    out_text(&g.out, "Cost  ");
    cell_paragraph(&g.out, 6, 6, "monthly €303.00, and a budget of €42 000.00 or less\nnext line");
    assert_string_equal(golden_text(&g), "Cost  monthly €303.00, and a budget of\n"
                                         "      €42 000.00 or less\n"
                                         "      next line\n");
    golden_close(&g);
}

static void test_nothing_is_wrapped_or_cut_in_a_pipe(void **state)
{
    (void)state;
    struct golden g;
    golden_open(&g, (struct out_style){0});
    char text[600];
    for (size_t i = 0; i < sizeof(text) - 1; i++)
        text[i] = i % 7 ? 'x' : ' ';
    text[0] = 'x';
    text[sizeof(text) - 1] = '\0';
    cell_paragraph(&g.out, 0, 4, text);
    assert_memory_equal(golden_text(&g), text, sizeof(text) - 1);
    golden_close(&g);
}

static void brief(struct golden *g, const struct value *v, size_t columns)
{
    struct buf cell;
    buf_init(&cell, 0);
    brief_value(&cell, &g->out, v, columns);
    out_text(&g->out, cell.at);
    out_char(&g->out, '\n');
    buf_done(&cell);
}

static void test_values_are_told_in_one_line(void **state)
{
    (void)state;
    struct golden g;
    golden_open(&g, (struct out_style){0});
    static const struct secret secret = {.source = "env:KEY", .bytes = "never shown", .count = 11};
    const struct value *items[6];
    for (int i = 0; i < 6; i++)
        items[i] = value_int(g.mem, i);
    brief(&g, value_text(g.mem, "plain"), 20);
    brief(&g, value_text(g.mem, "two\nlines of text that are long"), 20);
    brief(&g, value_text(g.mem, ""), 20);
    brief(&g, value_list(g.mem, items, 6), 20);
    brief(&g, value_list(g.mem, items, 6), 0);
    brief(&g, value_map(g.mem, (struct pair[]){{"a", items[1]}, {"b", value_null()}}, 2), 20);
    brief(&g, value_unknown(VALUE_TEXT), 20);
    brief(&g, value_secret(g.mem, &secret), 20);
    assert_string_equal(golden_text(&g), "plain\n"
                                         "two lines of text t…\n"
                                         "\"\"\n"
                                         "[0, 1, 2, 3 and 2 more]\n"
                                         "[0, 1, 2, 3, 4, 5]\n"
                                         "{ a = 1, b = null }\n"
                                         "(known later)\n"
                                         "(secret env:KEY)\n");
    golden_close(&g);
}

static void test_times_and_counts_read_as_people_say_them(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 0);
    brief_took(&b, 99);
    buf_char(&b, '|');
    brief_took(&b, 125000);
    buf_char(&b, '|');
    brief_took(&b, 3780000);
    buf_char(&b, '|');
    brief_count(&b, 1, "step");
    buf_char(&b, '|');
    brief_count(&b, 2, "step");
    buf_char(&b, '|');
    brief_ago(&b, 0, 3 * 3600000);
    buf_char(&b, '|');
    brief_ago(&b, 5000, 4000);
    buf_char(&b, '|');
    brief_time(&b, 1795347630123);
    assert_string_equal(b.at,
                        "0.0 s|2 min 5 s|1 h 3 min|1 step|2 steps|3 h ago|just now|2026-11-22 11:40:30");
    buf_done(&b);
}

static void test_amounts_are_read_as_region_files_write_them(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    int64_t amount = 0;
    assert_true(brief_amount(value_int(mem, 42000), &amount));
    assert_int_equal(amount, 42000000000);
    assert_true(brief_amount(value_text(mem, "0.50"), &amount));
    assert_int_equal(amount, 500000);
    assert_false(brief_amount(value_bool(true), &amount));
    assert_false(brief_amount(NULL, &amount));
    assert_false(brief_amount(value_text(mem, "a lot"), &amount));
    arena_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_text_is_cut_with_an_ellipsis),
        cmocka_unit_test(test_half_a_secret_is_never_left_by_a_cut),
        cmocka_unit_test(test_a_paragraph_wraps_behind_its_margin_and_keeps_money_together),
        cmocka_unit_test(test_nothing_is_wrapped_or_cut_in_a_pipe),
        cmocka_unit_test(test_values_are_told_in_one_line),
        cmocka_unit_test(test_times_and_counts_read_as_people_say_them),
        cmocka_unit_test(test_amounts_are_read_as_region_files_write_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
