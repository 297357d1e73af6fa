#include "store_fixture.h"

/* ---- checksums ----------------------------------------------------------------------------- */

static uint64_t sum_of(const char *bytes, size_t count)
{
    return store_row_sum_text(STORE_SUM_START, bytes, count);
}

static void test_every_single_bit_of_a_text_changes_its_sum(void **state)
{
    (void)state;
    char text[64];
    for (size_t count = 1; count <= 41; count++) {
        memset(text, 'a', sizeof(text));
        uint64_t sum = sum_of(text, count);
        for (size_t bit = 0; bit < count * 8; bit++) {
            text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
            assert_true(sum_of(text, count) != sum);
            text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
        }
    }
}

static void test_null_empty_and_zeros_have_sums_of_their_own(void **state)
{
    (void)state;
    static const char zeros[8];
    uint64_t sums[] = {sum_of(NULL, 0),  sum_of(zeros, 0), sum_of(zeros, 1),
                       sum_of(zeros, 7), sum_of(zeros, 8), store_row_sum_int(STORE_SUM_START, 1)};
    for (size_t i = 0; i < COUNT_OF(sums); i++) {
        for (size_t k = 0; k < i; k++)
            assert_true(sums[i] != sums[k]);
    }
}

static void test_the_same_text_in_another_column_row_or_table_has_another_sum(void **state)
{
    (void)state;
    uint64_t ab = store_row_sum_text(sum_of("a", 1), "b", 1), ba = store_row_sum_text(sum_of("b", 1), "a", 1);
    uint64_t joined = store_row_sum_text(sum_of("ab", 2), "", 0);
    assert_true(ab != ba);
    assert_true(ab != joined);
    uint64_t sum = store_row_sum(STORE_ROWS_RES, 1, ab, ba);
    assert_true(sum != store_row_sum(STORE_ROWS_RES, 2, ab, ba));
    assert_true(sum != store_row_sum(STORE_ROWS_OP, 1, ab, ba));
    assert_true(sum != store_row_sum(STORE_ROWS_RES, 1, ba, ab));
}

static void test_the_sum_of_cleared_fields_is_that_of_nulls(void **state)
{
    (void)state;
    uint64_t sum = STORE_SUM_START;
    for (size_t fields = 0; fields < 5; fields++) {
        assert_true(store_row_sum_empty(fields) == sum);
        sum = store_row_sum_text(sum, NULL, 0);
    }
}

/* ---- tables -------------------------------------------------------------------------------- */

static void test_a_copy_shares_nothing_with_its_row(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    char address[] = "dns.zone.apex", key[] = "1/a";
    struct store_call call = {.address = address, .key = key, .done = true};
    const struct store_call *copy = store_row_copy(mem, STORE_ROWS_CALL, &call);
    address[0] = key[0] = 'X';
    assert_string_equal(copy->address, "dns.zone.apex");
    assert_string_equal(copy->key, "1/a");
    assert_null(copy->reply);
    assert_true(copy->done);
    arena_free(mem);
}

/* A column that is not in the table of fields would be lost without a word. */
static void test_every_table_has_each_of_its_columns_once(void **state)
{
    (void)state;
    for (enum store_rows rows = 0; rows < STORE_ROWS_COUNT; rows++) {
        const struct store_table *t = store_row_table(rows);
        assert_int_equal(t->rows, rows >= STORE_ROWS_TABLES ? STORE_ROWS_META : rows);
        assert_true(t->head <= t->count && t->count <= STORE_FIELDS_MAX);
        for (size_t i = 0; i < t->count; i++) {
            for (size_t k = 0; k < i; k++) {
                assert_string_not_equal(t->fields[i].name, t->fields[k].name);
                assert_true(t->fields[i].offset != t->fields[k].offset);
            }
        }
    }
}

static void test_sql_is_made_from_the_fields(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    assert_string_equal(store_row_sql_create(mem, STORE_ROWS_CALL),
                        "CREATE TABLE call(address TEXT, key TEXT, digest TEXT, token TEXT, reply TEXT, "
                        "done INTEGER, chk INTEGER, PRIMARY KEY(address, key)) WITHOUT ROWID");
    assert_string_equal(store_row_sql_put(mem, STORE_ROWS_OUTPUT, "REPLACE"),
                        "REPLACE INTO output(id, body, chk) VALUES(?, ?, ?)");
    assert_string_equal(store_row_sql_select(mem, STORE_ROWS_PLAN, "WHERE id=?"),
                        "SELECT id, body, chk FROM plan WHERE id=?");
    assert_string_equal(store_row_sql_update(mem, STORE_ROWS_OP, 2, "WHERE id=?"),
                        "UPDATE op SET state=?, attempt=?, chk=? WHERE id=?");
    arena_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_single_bit_of_a_text_changes_its_sum),
        cmocka_unit_test(test_null_empty_and_zeros_have_sums_of_their_own),
        cmocka_unit_test(test_the_same_text_in_another_column_row_or_table_has_another_sum),
        cmocka_unit_test(test_the_sum_of_cleared_fields_is_that_of_nulls),
        cmocka_unit_test(test_a_copy_shares_nothing_with_its_row),
        cmocka_unit_test(test_every_table_has_each_of_its_columns_once),
        cmocka_unit_test(test_sql_is_made_from_the_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
