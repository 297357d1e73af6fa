#include "golden.h"

#include "base/attr.h"
#include "io/loop.h"
#include "report/progress.h"
#include "sample.h"

struct fixture {
    struct golden g;
    struct sample sample;
    struct loop *loop;
    struct progress *progress;
    int left; /* events still to be told by the loop */
};

static void begin(struct fixture *f, struct progress_ask ask)
{
    golden_open(&f->g, (struct out_style){.columns = 80});
    sample_make(&f->sample, f->g.mem);
    f->loop = loop_new_virtual();
    ask.out = &f->g.out;
    ask.loop = f->loop;
    ask.plan = &f->sample.plan;
    f->progress = progress_new(&ask);
}

static void end(struct fixture *f)
{
    progress_free(f->progress);
    loop_free(f->loop);
}

static struct event event(enum event_kind kind, const char *address)
{
    return (struct event){.kind = kind,
                          .address = address,
                          .verb = "create",
                          .wall_ms = 43384000,
                          .took_ms = 140,
                          .done = 3,
                          .total = 12};
}

static void tell(struct fixture *f, struct event e)
{
    progress_tell(f->progress, &e);
}

static void tell_all(struct fixture *f)
{
    for (int kind = EVENT_RUN_STARTED; kind < EVENT_KIND_COUNT; kind++) {
        struct event e = event((enum event_kind)kind, "dns.zone.apex");
        e.text = kind == EVENT_STEP_DONE ? NULL : "a \x1b[1mword";
        e.wait_ms = kind == EVENT_STEP_RETRY ? 2000 : 0;
        tell(f, e);
    }
}

static void test_a_pipe_gets_one_line_for_what_matters(void **state)
{
    (void)state;
    struct fixture f = {0};
    begin(&f, (struct progress_ask){0});
    tell_all(&f);
    end(&f);
    golden_check(&f.g, "progress.txt");
}

static void test_a_verbose_pipe_also_gets_starts_and_retries(void **state)
{
    (void)state;
    struct fixture f = {0};
    begin(&f, (struct progress_ask){.verbose = true});
    tell_all(&f);
    end(&f);
    golden_check(&f.g, "progress_verbose.txt");
}

static void test_quiet_tells_only_what_went_wrong(void **state)
{
    (void)state;
    for (int live = 0; live < 2; live++) {
        struct fixture f = {0};
        begin(&f, (struct progress_ask){.quiet = true, .live = live});
        tell_all(&f);
        end(&f);
        golden_check(&f.g, "progress_quiet.txt");
    }
}

static void tell_one(void *user)
{
    struct fixture *f = user;
    tell(f, event(EVENT_STEP_DONE, "dns.zone.apex"));
}

static void test_lines_are_written_when_a_turn_ends(void **state)
{
    (void)state;
    struct fixture f = {0};
    begin(&f, (struct progress_ask){0});
    loop_soon(f.loop, tell_one, &f);
    loop_run(f.loop);
    assert_true(lseek(f.g.out.fd, 0, SEEK_END) > 0);
    end(&f);
    golden_close(&f.g);
}

static void test_a_frame_shows_running_steps_money_and_what_is_left(void **state)
{
    (void)state;
    struct fixture f = {0};
    begin(&f, (struct progress_ask){.live = true});
    tell(&f, event(EVENT_STEP_STARTED, "database.database.main"));
    tell(&f, event(EVENT_STEP_DONE, "database.database.main"));
    tell(&f, event(EVENT_STEP_STARTED, "action.seed-reference-data"));
    struct event unit = event(EVENT_STEP_PROGRESS, "action.seed-reference-data");
    unit.done = 17;
    unit.total = 249;
    unit.text = "countries";
    tell(&f, unit);
    tell(&f, event(EVENT_STEP_FAILED, "dns.record.delegation"));
    progress_clear(f.progress);
    end(&f);
    golden_check(&f.g, "progress_live.txt");
}

static void run_for_a_while(void *user)
{
    struct fixture *f = user;
    tell(f, event(f->left % 2 ? EVENT_STEP_STARTED : EVENT_STEP_DONE, "dns.zone.apex"));
    if (--f->left > 0)
        loop_after(f->loop, 1, run_for_a_while, f);
    else
        tell(f, event(EVENT_STEP_DONE, "dns.zone.apex"));
}

static size_t count_of(const char *text, const char *what)
{
    size_t n = 0;
    for (; (text = strstr(text, what)); text += strlen(what))
        n++;
    return n;
}

static void test_no_more_than_ten_frames_a_second(void **state)
{
    (void)state;
    struct fixture f = {.left = 2000};
    begin(&f, (struct progress_ask){.live = true});
    loop_soon(f.loop, run_for_a_while, &f);
    loop_run(f.loop); /* ends: nothing is pending when no step runs */
    assert_in_range(loop_now_ms(f.loop), 1999, 2200);
    size_t frames = count_of(golden_text(&f.g), "] 3/12");
    assert_in_range(frames, 15, 22);
    end(&f);
    golden_close(&f.g);
}

static void stop(void *user)
{
    struct fixture *f = user;
    tell(f, event(EVENT_STEP_DONE, "dns.zone.apex"));
}

static void test_times_go_on_while_nothing_happens(void **state)
{
    (void)state;
    struct fixture f = {0};
    begin(&f, (struct progress_ask){.live = true});
    tell(&f, event(EVENT_STEP_STARTED, "dns.zone.apex"));
    loop_after(f.loop, 1050, stop, &f);
    loop_run(f.loop);
    assert_int_equal(loop_now_ms(f.loop), 1050);
    assert_non_null(strstr(golden_text(&f.g), "dns.zone.apex  create  1.0 s"));
    end(&f);
    golden_close(&f.g);
}

static void stop_loop(void *user)
{
    loop_stop(user);
}

static void test_more_than_eight_running_steps_are_counted(void **state)
{
    (void)state;
    struct fixture f = {0};
    static const char *const names[] = {"a.b.1", "a.b.2", "a.b.3", "a.b.4",  "a.b.5",  "a.b.6",
                                        "a.b.7", "a.b.8", "a.b.9", "a.b.10", "a.b.11", "a.b.12"};
    begin(&f, (struct progress_ask){.live = true});
    for (size_t i = 0; i < COUNT_OF(names); i++)
        tell(&f, event(EVENT_STEP_STARTED, names[i]));
    loop_after(f.loop, 150, stop_loop, f.loop);
    loop_run(f.loop);
    const char *said = golden_text(&f.g);
    assert_non_null(strstr(said, "  and 4 more"));
    assert_null(strstr(said, "a.b.9 "));
    end(&f);
    golden_close(&f.g);
}

static void test_no_line_of_a_frame_reaches_the_edge(void **state)
{
    (void)state;
    struct fixture f = {0};
    char text[300];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    begin(&f, (struct progress_ask){.live = true});
    tell(&f, event(EVENT_STEP_STARTED, "a.b.1"));
    struct event retry = event(EVENT_STEP_RETRY, "a.b.1");
    retry.text = text;
    tell(&f, retry);
    loop_after(f.loop, 150, stop_loop, f.loop);
    loop_run(f.loop);
    const char *line = strstr(golden_text(&f.g), "again in");
    assert_non_null(line);
    const char *cut = strstr(line, "…");
    assert_non_null(cut);
    assert_true(cut - line < 70);
    end(&f);
    golden_close(&f.g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pipe_gets_one_line_for_what_matters),
        cmocka_unit_test(test_a_verbose_pipe_also_gets_starts_and_retries),
        cmocka_unit_test(test_quiet_tells_only_what_went_wrong),
        cmocka_unit_test(test_lines_are_written_when_a_turn_ends),
        cmocka_unit_test(test_a_frame_shows_running_steps_money_and_what_is_left),
        cmocka_unit_test(test_no_more_than_ten_frames_a_second),
        cmocka_unit_test(test_times_go_on_while_nothing_happens),
        cmocka_unit_test(test_more_than_eight_running_steps_are_counted),
        cmocka_unit_test(test_no_line_of_a_frame_reaches_the_edge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
