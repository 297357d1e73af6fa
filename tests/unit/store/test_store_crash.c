#include "store_fixture.h"

#include <signal.h>

/* A chain as an apply makes it: the outcome of step n and the intent of step n + 1 share a turn, and each
 * turn writes two res rows and an event, so that a torn turn would be seen.  One dot per durable turn. */

struct chain {
    struct fixture *f;
    int step, out;
};

static void put_turn(struct fixture *f, int step)
{
    if (step > 0) {
        struct store_op done = fixture_op(f, step - 1);
        struct store_res one = fixture_res(f, step - 1), two = one;
        struct event e = {.kind = EVENT_STEP_DONE, .wall_ms = step, .address = one.address};
        two.generation = 2;
        done.state = STORE_OP_DONE;
        store_move_op(f->writer, STORE_OP_INTENT, 1, &done);
        store_put_res(f->writer, &one);
        store_put_res(f->writer, &two);
        store_put_event(f->writer, &e);
    }
    struct store_op op = fixture_op(f, step);
    store_put_op(f->writer, &op);
}

static void next_turn(void *user, bool ok, const struct err *err)
{
    struct chain *c = user;
    (void)err;
    if (!ok)
        _exit(2);
    if (c->step >= 0)
        fixture_say(c->out);
    put_turn(c->f, ++c->step);
    store_after_commit(c->f->writer, next_turn, c);
}

static void run_chain(struct fixture *f, int in, int out)
{
    (void)in;
    struct chain c = {.f = f, .step = -1, .out = out};
    fixture_open(f);
    next_turn(&c, true, NULL);
    loop_run(f->loop); /* until killed */
}

/* What is true of the store after any whole number of turns; returns how many. */
static int check_whole_turns(struct fixture *f)
{
    struct store_snapshot s = fixture_read(f);
    struct store_event *events = NULL;
    size_t events_count = 0;
    if (!s.exists || (s.op_count == 0 && s.res_count == 0))
        return 0;
    assert_int_equal(s.op_count, 1);
    int step = (int)strtol(s.ops[0].op_id, NULL, 10);
    assert_int_equal(s.ops[0].state, STORE_OP_INTENT);
    assert_int_equal(s.res_count, 2 * step);
    assert_int_equal(s.serial, step);
    for (size_t i = 0; i < s.res_count; i += 2) {
        assert_string_equal(s.res[i].address, s.res[i + 1].address);
        assert_int_equal(s.res[i].row_version, s.res[i + 1].row_version);
    }
    /* Read later than the rows above: a writer that lives may be further on. */
    assert_true(store_read_events(f->mem, f->path, NULL, 1 << 20, &events, &events_count, &f->err));
    assert_true(events_count >= (size_t)step);
    return step + 1;
}

static void test_a_kill_at_any_commit_leaves_whole_turns_and_all_that_was_promised(void **state)
{
    struct fixture *f = *state;
    uint32_t seed = 20261122;
    for (int round = 0; round < 25; round++) {
        seed = seed * 1664525 + 1013904223; /* Numerical Recipes */
        int promised = 0, most = (int)(seed >> 16) % 60, to, from;
        pid_t pid = fixture_fork(f, run_chain, &to, &from);
        while (promised < most && fixture_hear(from))
            promised++;
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        while (fixture_hear(from))
            promised++;
        close(to);
        close(from);
        assert_true(promised >= most);
        assert_true(check_whole_turns(f) >= promised);

        /* The next writer goes on from there: what was open can be moved, by compare-and-set. */
        if (promised > 0) {
            struct store_snapshot s = fixture_read(f);
            struct store_op op = s.ops[0];
            fixture_open(f);
            op.state = STORE_OP_DONE;
            store_move_op(f->writer, STORE_OP_INTENT, 1, &op);
            fixture_commit_well(f);
            fixture_close(f);
            assert_int_equal(fixture_read(f).op_count, 0);
        }
        nftw(arena_print(f->mem, "%s/state", f->folder), fixture_remove_one, 8, FTW_DEPTH | FTW_PHYS);
    }
}

static void test_a_reader_beside_a_writer_sees_whole_turns_that_only_grow(void **state)
{
    struct fixture *f = *state;
    int to, from, last = 0;
    pid_t pid = fixture_fork(f, run_chain, &to, &from);
    for (int i = 0; i < 60; i++) {
        assert_true(fixture_hear(from));
        int turns = check_whole_turns(f);
        assert_true(turns >= last);
        assert_true(turns >= i + 1);
        last = turns;
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(to);
    close(from);
}

/* Readers come and go while writers start, work and end: a read never fails and never sees half a turn. */
static void work_briefly(struct fixture *f, int in, int out)
{
    (void)in;
    for (int i = 0; i < 15; i++) {
        fixture_open(f);
        put_turn(f, i);
        fixture_commit_well(f);
        fixture_close(f);
    }
    fixture_say(out);
}

static void test_reading_while_writers_come_and_go(void **state)
{
    struct fixture *f = *state;
    int to, from, last = 0;
    pid_t pid = fixture_fork(f, work_briefly, &to, &from);
    while (last < 15) {
        int turns = check_whole_turns(f);
        assert_true(turns >= last);
        last = turns;
    }
    assert_true(fixture_hear(from));
    waitpid(pid, NULL, 0);
    close(to);
    close(from);
    /* No reader kept the last writer from emptying its log. */
    struct stat st;
    assert_true(stat(arena_print(f->mem, "%s-wal", f->path), &st) != 0 || st.st_size == 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_kill_at_any_commit_leaves_whole_turns_and_all_that_was_promised),
        TEST(test_a_reader_beside_a_writer_sees_whole_turns_that_only_grow),
        TEST(test_reading_while_writers_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
