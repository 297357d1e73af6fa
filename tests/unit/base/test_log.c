#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "base/log.h"

/* What `log_debug` writes to standard error for one short and one long message. */
static size_t captured(char *out, size_t room)
{
    int ends[2], saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    log_debug("step %d", 7);
    log_debug("%*d", 3000, 1);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    size_t count = 0;
    for (ssize_t got; (got = read(ends[0], out + count, room - 1 - count)) > 0;)
        count += (size_t)got;
    close(ends[0]);
    out[count] = '\0';
    return count;
}

static void test_nothing_is_written_while_it_is_off(void **state)
{
    (void)state;
    char text[4096];
    log_enable(false);
    assert_false(log_is_on());
    assert_int_equal(captured(text, sizeof(text)), 0);
}

static void test_each_message_is_one_line_and_a_long_one_is_cut(void **state)
{
    (void)state;
    char text[4096];
    log_enable(true);
    assert_true(log_is_on());
    size_t count = captured(text, sizeof(text));
    log_enable(false);
    const char *second = strchr(text, '\n') + 1;
    assert_memory_equal(text, "debug: step 7\n", 14);
    assert_int_equal(text + count - second, 1023);
    assert_int_equal(text[count - 1], '\n');
    assert_ptr_equal(strchr(second, '\n'), text + count - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_written_while_it_is_off),
        cmocka_unit_test(test_each_message_is_one_line_and_a_long_one_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
