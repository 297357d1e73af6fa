#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/attr.h"
#include "io/loop.h"

/* What happened, in order, as text. */
struct story {
    struct loop *loop;
    char text[512];
    int count;
    struct loop_timer *timer;
    struct loop_hook *hook;
    struct loop_watch *watch;
    struct loop_waker *waker;
    int fds[2];
    pthread_t thread, worker;
};

static void say(struct story *s, const char *what)
{
    size_t used = strlen(s->text);
    snprintf(s->text + used, sizeof(s->text) - used, "%s ", what);
}

static void say_a(void *user)
{
    say(user, "a");
}

static void say_b(void *user)
{
    say(user, "b");
}

static void say_c(void *user)
{
    say(user, "c");
}

static void say_end(void *user)
{
    say(user, "end");
}

static void say_time(void *user)
{
    struct story *s = user;
    char text[32];
    snprintf(text, sizeof(text), "%lld", (long long)loop_now_ms(s->loop));
    say(s, text);
}

static struct story virtual_story(void)
{
    return (struct story){.loop = loop_new_virtual()};
}

static void test_a_virtual_clock_begins_at_zero_and_in_2026(void **state)
{
    (void)state;
    struct story s = virtual_story();
    const struct tick *tick = loop_tick(s.loop);
    char text[TICK_TEXT];
    tick_print(tick->wall_ms(tick->user), text);
    assert_int_equal(tick->mono_ns(tick->user), 0);
    assert_string_equal(text, "2026-01-01T00:00:00.000Z");
    loop_free(s.loop);
}

static void test_an_empty_loop_returns_at_once(void **state)
{
    (void)state;
    struct loop *real = loop_new(), *fake = loop_new_virtual();
    loop_run(real);
    loop_run(fake);
    assert_int_equal(loop_now_ms(fake), 0);
    loop_free(real);
    loop_free(fake);
}

static void test_soon_runs_in_the_order_of_asking(void **state)
{
    (void)state;
    struct story s = virtual_story();
    loop_soon(s.loop, say_a, &s);
    loop_soon(s.loop, say_b, &s);
    loop_soon(s.loop, say_c, &s);
    assert_string_equal(s.text, "");
    loop_run(s.loop);
    assert_string_equal(s.text, "a b c ");
    loop_free(s.loop);
}

static void count_up(void *user)
{
    ((struct story *)user)->count++;
}

static void test_soon_keeps_its_order_while_its_queue_grows(void **state)
{
    (void)state;
    struct story s = virtual_story();
    for (int i = 0; i < 1000; i++)
        loop_soon(s.loop, count_up, &s);
    loop_soon(s.loop, say_a, &s);
    for (int i = 0; i < 5000; i++)
        loop_soon(s.loop, count_up, &s);
    loop_run(s.loop);
    assert_int_equal(s.count, 6000);
    assert_string_equal(s.text, "a ");
    loop_free(s.loop);
}

static void test_timers_fire_by_time_and_equal_ones_by_order(void **state)
{
    (void)state;
    struct story s = virtual_story();
    loop_after(s.loop, 3600000, say_time, &s);
    loop_after(s.loop, 20, say_b, &s);
    loop_after(s.loop, 20, say_c, &s);
    loop_after(s.loop, 0, say_time, &s);
    loop_after(s.loop, 10, say_a, &s);
    loop_run(s.loop);
    assert_string_equal(s.text, "0 a b c 3600000 ");
    loop_free(s.loop);
}

static void test_ten_thousand_timers_fire_in_order_though_half_are_canceled(void **state)
{
    (void)state;
    struct story s = virtual_story();
    static struct loop_timer *timers[10000];
    for (size_t i = 0; i < COUNT_OF(timers); i++)
        timers[i] = loop_after(s.loop, i * 7919 % 10000, count_up, &s);
    for (size_t i = 0; i < COUNT_OF(timers); i += 2)
        loop_timer_cancel(timers[i]);
    loop_after(s.loop, 5000, say_time, &s);
    loop_run(s.loop);
    assert_int_equal(s.count, 5000);
    assert_string_equal(s.text, "5000 ");
    assert_int_equal(loop_now_ms(s.loop), 9999);
    loop_free(s.loop);
}

static void test_a_timer_asked_for_the_end_of_time_is_far_away(void **state)
{
    (void)state;
    struct story s = virtual_story();
    struct loop_timer *never = loop_after(s.loop, UINT64_MAX, say_b, &s);
    loop_after(s.loop, 5, say_a, &s);
    loop_after(s.loop, 6, (loop_fn *)loop_stop, s.loop);
    loop_run(s.loop);
    assert_string_equal(s.text, "a ");
    loop_timer_cancel(never);
    loop_free(s.loop);
}

static void ask_again(void *user)
{
    struct story *s = user;
    say(s, "again");
    if (++s->count < 3) {
        loop_after(s->loop, 0, ask_again, s);
        loop_soon(s->loop, say_a, s);
    }
}

static void test_what_a_callback_asks_for_waits_for_the_next_turn(void **state)
{
    (void)state;
    struct story s = virtual_story();
    loop_on_turn_end(s.loop, say_end, &s);
    loop_after(s.loop, 0, ask_again, &s);
    loop_run(s.loop);
    assert_string_equal(s.text, "again end again a end again a end ");
    loop_free(s.loop);
}

static void ask_from_hook(void *user)
{
    struct story *s = user;
    say(s, "hook");
    if (s->count++ == 0)
        loop_soon(s->loop, say_b, s);
}

static void test_a_hook_follows_all_callbacks_of_its_turn_and_what_it_asks_for_is_next(void **state)
{
    (void)state;
    struct story s = virtual_story();
    s.waker = loop_waker_new(s.loop, say_c, &s);
    loop_on_turn_end(s.loop, ask_from_hook, &s);
    loop_after(s.loop, 0, say_time, &s);
    loop_soon(s.loop, say_a, &s);
    loop_wake(s.waker);
    loop_run(s.loop);
    assert_string_equal(s.text, "0 a c hook b hook ");
    loop_waker_free(s.waker);
    loop_free(s.loop);
}

static void remove_hook(void *user)
{
    struct story *s = user;
    say(s, "gone");
    loop_hook_remove(s->hook);
    loop_on_turn_end(s->loop, say_c, s);
}

static void test_hooks_may_remove_and_add_hooks(void **state)
{
    (void)state;
    struct story s = virtual_story();
    struct loop_hook *first = loop_on_turn_end(s.loop, remove_hook, &s);
    s.hook = loop_on_turn_end(s.loop, say_b, &s);
    loop_on_turn_end(s.loop, say_end, &s);
    loop_soon(s.loop, say_a, &s);
    loop_run(s.loop);
    /* b was removed before its turn came, c was added and waits for the next one. */
    assert_string_equal(s.text, "a gone end ");
    loop_hook_remove(first);
    loop_soon(s.loop, say_a, &s);
    loop_run(s.loop);
    assert_string_equal(s.text, "a gone end a end c ");
    loop_free(s.loop);
}

static void test_a_turn_without_a_callback_has_no_end(void **state)
{
    (void)state;
    struct story s = virtual_story();
    loop_on_turn_end(s.loop, say_end, &s);
    struct loop_waker *idle = loop_waker_new(s.loop, say_a, &s);
    loop_run(s.loop);
    assert_string_equal(s.text, "");
    loop_waker_free(idle);
    loop_free(s.loop);
}

static void stop_now(void *user)
{
    struct story *s = user;
    say(s, "stop");
    loop_stop(s->loop);
    loop_soon(s->loop, say_c, s);
}

static void test_a_stop_lets_its_turn_end_and_a_later_run_goes_on(void **state)
{
    (void)state;
    struct story s = virtual_story();
    loop_on_turn_end(s.loop, say_end, &s);
    loop_soon(s.loop, stop_now, &s);
    loop_soon(s.loop, say_a, &s);
    loop_run(s.loop);
    assert_string_equal(s.text, "stop a end ");
    loop_run(s.loop);
    assert_string_equal(s.text, "stop a end c end ");
    loop_free(s.loop);
}

static void test_virtual_work_runs_a_turn_later_and_is_done_another_turn_later(void **state)
{
    (void)state;
    struct story s = virtual_story();
    loop_on_turn_end(s.loop, say_end, &s);
    loop_work(s.loop, say_a, say_b, &s);
    assert_string_equal(s.text, "");
    loop_run(s.loop);
    assert_string_equal(s.text, "a end b end ");
    loop_free(s.loop);
}

static void *ring(void *user)
{
    loop_wake(((struct story *)user)->waker);
    return NULL;
}

static void ring_from_thread(void *user)
{
    struct story *s = user;
    assert_int_equal(pthread_create(&s->thread, NULL, ring, s), 0);
}

static void answered(void *user)
{
    struct story *s = user;
    say_time(s);
    loop_waker_hold(s->waker, false);
}

static void test_a_virtual_clock_stands_still_while_an_answer_is_awaited(void **state)
{
    (void)state;
    struct story s = virtual_story();
    s.waker = loop_waker_new(s.loop, answered, &s);
    loop_waker_hold(s.waker, true);
    loop_after(s.loop, 1000, say_time, &s);
    loop_soon(s.loop, ring_from_thread, &s);
    loop_run(s.loop);
    assert_string_equal(s.text, "0 1000 ");
    pthread_join(s.thread, NULL);
    loop_waker_free(s.waker);
    loop_free(s.loop);
}

static void test_a_thread_wakes_a_loop_that_sleeps(void **state)
{
    (void)state;
    struct story s = {.loop = loop_new()};
    s.waker = loop_waker_new(s.loop, count_up, &s);
    struct loop_waker *holder = loop_waker_new(s.loop, (loop_fn *)loop_stop, s.loop);
    loop_waker_hold(holder, true);
    for (int i = 0; i < 100; i++) {
        struct story other = {.waker = holder};
        ring_from_thread(&other);
        loop_run(s.loop);
        pthread_join(other.thread, NULL);
        loop_wake(s.waker);
    }
    loop_waker_free(holder);
    loop_run(s.loop);
    assert_int_equal(s.count, 100);
    loop_waker_free(s.waker);
    loop_free(s.loop);
}

static void test_several_wakes_are_one_call_and_a_freed_waker_is_silent(void **state)
{
    (void)state;
    struct story s = virtual_story();
    struct loop_waker *a = loop_waker_new(s.loop, say_a, &s);
    struct loop_waker *b = loop_waker_new(s.loop, say_b, &s);
    struct loop_waker *c = loop_waker_new(s.loop, say_c, &s);
    loop_wake(c);
    loop_wake(b);
    loop_wake(a);
    loop_wake(c);
    loop_waker_free(b);
    loop_run(s.loop);
    assert_string_equal(s.text, "c a ");
    loop_waker_free(a);
    loop_waker_free(c);
    loop_free(s.loop);
}

static void note_thread(void *user)
{
    ((struct story *)user)->worker = pthread_self();
}

static void check_thread(void *user)
{
    struct story *s = user;
    assert_false(pthread_equal(s->worker, pthread_self()));
    assert_true(pthread_equal(s->thread, pthread_self()));
    s->count++;
}

static void test_work_runs_on_another_thread_and_is_done_on_the_loops(void **state)
{
    (void)state;
    struct story s = {.loop = loop_new(), .thread = pthread_self()};
    loop_work(s.loop, note_thread, check_thread, &s);
    loop_run(s.loop);
    assert_int_equal(s.count, 1);
    loop_free(s.loop);
}

static void test_a_loop_freed_early_drops_what_is_pending(void **state)
{
    (void)state;
    struct story s = {.loop = loop_new(), .thread = pthread_self()};
    loop_work(s.loop, note_thread, check_thread, &s);
    loop_after(s.loop, 0, say_a, &s);
    loop_soon(s.loop, say_a, &s);
    loop_on_turn_end(s.loop, say_end, &s);
    loop_free(s.loop);
    assert_int_equal(s.count, 0);
    assert_string_equal(s.text, "");
}

static void on_byte(void *user, int fd, uint32_t events)
{
    struct story *s = user;
    char byte;
    assert_true(events & LOOP_READABLE);
    assert_int_equal(read(fd, &byte, 1), 1);
    say(s, byte == 'x' ? "x" : "other");
    loop_unwatch(s->watch);
    s->watch = NULL;
}

static void write_byte(void *user)
{
    assert_int_equal(write(((struct story *)user)->fds[1], "x", 1), 1);
}

static void test_a_watched_descriptor_keeps_the_loop_alive_until_unwatched(void **state)
{
    (void)state;
    struct story s = {.loop = loop_new()};
    assert_int_equal(pipe(s.fds), 0);
    s.watch = loop_watch(s.loop, s.fds[0], LOOP_READABLE, on_byte, &s);
    assert_non_null(s.watch);
    assert_null(loop_watch(s.loop, s.fds[0], LOOP_READABLE, on_byte, &s));
    loop_on_turn_end(s.loop, say_end, &s);
    loop_after(s.loop, 1, write_byte, &s);
    loop_run(s.loop);
    assert_string_equal(s.text, "end x end ");
    close(s.fds[0]);
    close(s.fds[1]);
    loop_free(s.loop);
}

static void on_broken(void *user, int fd, uint32_t events)
{
    struct story *s = user;
    (void)fd;
    assert_true(events & LOOP_WRITABLE);
    /* Twice: a watch outlives an error until its owner ends it. */
    if (++s->count == 2)
        loop_unwatch(s->watch);
}

static void test_a_descriptor_in_error_is_ready_and_stays_watched(void **state)
{
    (void)state;
    struct story s = {.loop = loop_new()};
    assert_int_equal(pipe(s.fds), 0);
    close(s.fds[0]); /* a pipe without a reader: EPOLLERR on the writing end */
    s.watch = loop_watch(s.loop, s.fds[1], LOOP_WRITABLE, on_broken, &s);
    assert_non_null(s.watch);
    loop_run(s.loop);
    assert_int_equal(s.count, 2);
    close(s.fds[1]);
    loop_free(s.loop);
}

static void test_a_regular_file_cannot_be_watched(void **state)
{
    (void)state;
    struct story s = {.loop = loop_new()};
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_null(loop_watch(s.loop, fileno(file), LOOP_READABLE, on_byte, &s));
    loop_run(s.loop);
    fclose(file);
    loop_free(s.loop);
}

static void raise_it(void *user)
{
    (void)user;
    raise(SIGUSR1);
}

static void on_signal(void *user)
{
    struct story *s = user;
    say(s, "signal");
    loop_timer_cancel(s->timer);
}

static void test_a_signal_is_heard_but_keeps_nothing_alive(void **state)
{
    (void)state;
    struct story s = {.loop = loop_new()};
    loop_on_signal(s.loop, SIGUSR1, on_signal, &s);
    loop_run(s.loop);
    assert_string_equal(s.text, "");
    s.timer = loop_after(s.loop, 60000, say_a, &s);
    loop_soon(s.loop, raise_it, &s);
    loop_run(s.loop);
    assert_string_equal(s.text, "signal ");
    loop_free(s.loop);
}

static void stop_loop_for_start(void *user)
{
    loop_stop(user);
}

/* A rehearsal's process goes on where the one before it died. */
static void test_a_virtual_loop_can_start_at_another_time(void **state)
{
    (void)state;
    struct loop *l = loop_new_virtual();
    loop_start_at(l, 1800000000000);
    const struct tick *tick = loop_tick(l);
    assert_int_equal(tick->wall_ms(tick->user), 1800000000000);
    assert_int_equal(loop_now_ms(l), 0);
    (void)loop_after(l, 5000, stop_loop_for_start, l);
    loop_run(l);
    assert_int_equal(tick->wall_ms(tick->user), 1800000005000);
    loop_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_virtual_loop_can_start_at_another_time),
        cmocka_unit_test(test_a_virtual_clock_begins_at_zero_and_in_2026),
        cmocka_unit_test(test_an_empty_loop_returns_at_once),
        cmocka_unit_test(test_soon_runs_in_the_order_of_asking),
        cmocka_unit_test(test_soon_keeps_its_order_while_its_queue_grows),
        cmocka_unit_test(test_timers_fire_by_time_and_equal_ones_by_order),
        cmocka_unit_test(test_ten_thousand_timers_fire_in_order_though_half_are_canceled),
        cmocka_unit_test(test_a_timer_asked_for_the_end_of_time_is_far_away),
        cmocka_unit_test(test_what_a_callback_asks_for_waits_for_the_next_turn),
        cmocka_unit_test(test_a_hook_follows_all_callbacks_of_its_turn_and_what_it_asks_for_is_next),
        cmocka_unit_test(test_hooks_may_remove_and_add_hooks),
        cmocka_unit_test(test_a_turn_without_a_callback_has_no_end),
        cmocka_unit_test(test_a_stop_lets_its_turn_end_and_a_later_run_goes_on),
        cmocka_unit_test(test_virtual_work_runs_a_turn_later_and_is_done_another_turn_later),
        cmocka_unit_test(test_a_virtual_clock_stands_still_while_an_answer_is_awaited),
        cmocka_unit_test(test_a_thread_wakes_a_loop_that_sleeps),
        cmocka_unit_test(test_several_wakes_are_one_call_and_a_freed_waker_is_silent),
        cmocka_unit_test(test_work_runs_on_another_thread_and_is_done_on_the_loops),
        cmocka_unit_test(test_a_loop_freed_early_drops_what_is_pending),
        cmocka_unit_test(test_a_watched_descriptor_keeps_the_loop_alive_until_unwatched),
        cmocka_unit_test(test_a_descriptor_in_error_is_ready_and_stays_watched),
        cmocka_unit_test(test_a_regular_file_cannot_be_watched),
        cmocka_unit_test(test_a_signal_is_heard_but_keeps_nothing_alive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
