#include "op_fixture.h"

#include <pthread.h>
#include <unistd.h>

/* Worker threads and pipes are real, so the loop is. */
static int start(void **state)
{
    struct fixture *f = test_malloc(sizeof(*f));
    fixture_init(f, loop_new());
    *state = f;
    return 0;
}

static int stop(void **state)
{
    fixture_done(*state);
    test_free(*state);
    return 0;
}

static const struct lf_wait *wait_of(void *self)
{
    return host_table(((struct fixture *)self)->host)->wait;
}

/* ---- watch ------------------------------------------------------------------------------------------------
 */

static int pipe_ends[2];

static void ready(struct lf_op *op, int fd, uint32_t events, void *user, int canceled)
{
    struct fixture *f = user;
    char byte = 0;
    buf_print(&f->said, "ready%d%s ", canceled, events & LF_WATCH_READ ? "r" : "");
    if (!canceled && read(fd, &byte, 1) == 1 && byte != '!')
        return;
    wait_of(f)->unwatch(op, fd);
    wait_of(f)->unwatch(op, fd); /* once too often does no harm */
    fixture_finish(f, op, canceled ? LF_END_CANCELED : LF_END_OK);
}

static void never_ready(struct lf_op *op, int fd, uint32_t events, void *user, int canceled)
{
    (void)op;
    (void)fd;
    (void)events;
    (void)canceled;
    buf_text(&((struct fixture *)user)->said, "replaced ");
}

static void watch_pipe(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    wait_of(self)->watch(op, pipe_ends[0], LF_WATCH_READ, never_ready, self);
    wait_of(self)->watch(op, pipe_ends[0], LF_WATCH_READ, ready, self);
}

static void test_a_watch_fires_as_long_as_there_is_something(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(pipe(pipe_ends), 0);
    assert_int_equal(write(pipe_ends[1], "ab!", 3), 3);
    f->raw.read = watch_pipe;
    fixture_start(f, LF_VERB_READ, 0);
    loop_run(f->loop);
    fixture_said(f, "ready0r ready0r ready0r item0=1 end ");
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

static void cancel_now(void *user)
{
    op_cancel(((struct fixture *)user)->holding);
}

static void test_a_canceled_watch_is_told_so_that_it_can_close(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(pipe(pipe_ends), 0);
    f->raw.read = watch_pipe;
    f->holding = fixture_start(f, LF_VERB_READ, 0);
    loop_after(f->loop, 1, cancel_now, f);
    loop_run(f->loop);
    fixture_said(f, "ready1 item0=11 end ");
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

/* ---- work -------------------------------------------------------------------------------------- */

struct job {
    struct fixture *f;
    pthread_t thread;
    int wait_for; /* a descriptor to read a byte from, or -1 */
};

static void on_thread(void *user)
{
    struct job *j = user;
    char byte;
    j->thread = pthread_self();
    if (j->wait_for >= 0)
        assert_int_equal(read(j->wait_for, &byte, 1), 1);
}

static void done(struct lf_op *op, void *user, int canceled)
{
    struct job *j = user;
    assert_false(pthread_equal(j->thread, pthread_self()));
    buf_print(&j->f->said, "done%d ", canceled);
    fixture_finish(j->f, op, LF_END_OK); /* too late where it was canceled, and passed over */
}

static void work_with(void *self, struct lf_op *op, const char *pool, int wait_for)
{
    struct job *j = host_table(((struct fixture *)self)->host)->ops->scratch(op, sizeof(*j));
    j->f = self;
    j->wait_for = wait_for;
    wait_of(self)->work(op, pool, on_thread, done, j);
}

static void work_now(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    work_with(self, op, NULL, -1);
}

static void work_in_own_pool(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    work_with(self, op, "toy", -1);
}

static void work_in_another_pool(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    work_with(self, op, "database", -1);
}

static void work_stuck(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    work_with(self, op, NULL, pipe_ends[0]);
}

static void test_work_runs_on_another_thread_and_ends_on_this_one(void **state)
{
    struct fixture *f = *state;
    f->raw.read = work_now;
    fixture_start(f, LF_VERB_READ, 0);
    loop_run(f->loop);
    f->raw.read = work_in_another_pool;
    fixture_start(f, LF_VERB_READ, 0);
    loop_run(f->loop);
    fixture_said(f, "done0 item0=1 end done0 item0=1 end ");
}

static void test_work_in_the_operations_own_pool_does_not_wait_for_itself(void **state)
{
    struct fixture *f = *state;
    pools_limit(f->pools, "toy", (struct pool_limits){.width = 1});
    f->raw.read = work_in_own_pool;
    fixture_start(f, LF_VERB_READ, 0);
    fixture_start(f, LF_VERB_READ, 0);
    loop_run(f->loop);
    fixture_said(f, "done0 item0=1 end done0 item0=1 end ");
}

/* A machine that is busy may get here before the operation's end was told. */
static bool comes_too_early(struct fixture *f, void (*again)(void *user))
{
    if (host_stray_jobs(f->host) > 0)
        return false;
    loop_after(f->loop, 10, again, f);
    return true;
}

static void let_go(void *user)
{
    struct fixture *f = user;
    if (comes_too_early(f, let_go))
        return;
    assert_int_equal(host_stray_jobs(f->host), 1);
    uint64_t waiting, running;
    pool_counts(f->pools, "toy", &waiting, &running);
    assert_int_equal(running, 1); /* whoever recovers in this lane has to wait */
    buf_text(&f->said, "stray ");
    assert_int_equal(write(pipe_ends[1], "x", 1), 1);
}

static void test_a_job_that_outlives_its_operation_is_waited_for(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(pipe(pipe_ends), 0);
    f->raw.create = work_stuck;
    fixture_start(f, LF_VERB_CREATE, 1);
    loop_after(f->loop, 20, let_go, f);
    loop_run(f->loop);
    fixture_said(f, "item0=5 end stray done1 ");
    assert_int_equal(host_stray_jobs(f->host), 0);
    uint64_t waiting, running;
    pool_counts(f->pools, "toy", &waiting, &running);
    assert_int_equal(running, 0);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

static void finish_while_working(void *self, struct lf_op *op, const struct lf_request *req)
{
    work_with(self, op, NULL, pipe_ends[0]);
    fixture_ok(self, op, req);
}

static void test_a_job_is_told_that_its_operation_finished_without_it(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(pipe(pipe_ends), 0);
    f->raw.create = finish_while_working;
    fixture_start(f, LF_VERB_CREATE, 0);
    loop_after(f->loop, 20, let_go, f);
    loop_run(f->loop);
    fixture_said(f, "item0=1 end stray done1 ");
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

static void write_later(void *user)
{
    (void)user;
    assert_int_equal(write(pipe_ends[1], "x", 1), 1);
}

static void stop_loop(void *user)
{
    if (!comes_too_early(user, stop_loop))
        loop_stop(((struct fixture *)user)->loop);
}

static void test_the_host_waits_for_its_stray_jobs(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(pipe(pipe_ends), 0);
    f->raw.create = work_stuck;
    fixture_start(f, LF_VERB_CREATE, 1);
    loop_after(f->loop, 10, stop_loop, f);
    loop_run(f->loop);
    fixture_said(f, "item0=5 end ");
    assert_int_equal(host_stray_jobs(f->host), 1);
    loop_after(f->loop, 10, write_later, f);
    loop_stop(f->loop); /* a stop from before does not cut the waiting short */
    host_settle(f->host);
    fixture_said(f, "done1 ");
    assert_int_equal(host_stray_jobs(f->host), 0);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(test_a_watch_fires_as_long_as_there_is_something),
        TEST(test_a_canceled_watch_is_told_so_that_it_can_close),
        TEST(test_work_runs_on_another_thread_and_ends_on_this_one),
        TEST(test_work_in_the_operations_own_pool_does_not_wait_for_itself),
        TEST(test_a_job_that_outlives_its_operation_is_waited_for),
        TEST(test_a_job_is_told_that_its_operation_finished_without_it),
        TEST(test_the_host_waits_for_its_stray_jobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
