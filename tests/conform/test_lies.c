/* The suite itself: a driver that keeps its contract passes, and each lie is caught by its case. */
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "conform/conform.h"
#include "model/diag.h"
#include "shelf.h"

#define FAILED_MAX 64

struct lie {
    const char *name;
    const char *type;     /* "thing" unless it says otherwise */
    const char *cases[8]; /* that must fail */
    const char *words;    /* in a finding of the first of them */
    const char *with;     /* slow cases it takes */
};

/* What takes seconds is tried where it is the point. */
#define SLOW "half_open: slow, stalled: slow, giant: slow"
static const char usual[] = "{ silent: slow, killed: slow, late: slow, " SLOW " }";
static const char with_silent[] = "{ tcp_faults: slow, killed: slow, late: slow }";
static const char with_killed[] = "{ silent: slow, late: slow, http_faults: slow, tcp_faults: slow }";
static const char with_late[] = "{ silent: slow, killed: slow, http_faults: slow, tcp_faults: slow }";

static const struct lie lies[] = {
    {"doubles", NULL, {"create_twice"}, "two creates with one token left 2 objects", NULL},
    {"takes_over", NULL, {"foreign_create"}, "took over somebody else's object", NULL},
    {"updates_foreign", NULL, {"foreign_update"}, "changed somebody else's object", NULL},
    {"destroys_foreign",
     NULL,
     {"foreign_destroy"},
     "after our destroy somebody else's object reads GONE",
     NULL},
    {"calls_it_ours", NULL, {"foreign_look"}, "gave the marker", NULL},
    {"says_gone",
     NULL,
     {"error", "unreachable", "lost_reply", "unavailable", "refused", "reset", "truncated"},
     "ended with GONE, which is not so",
     NULL},
    {"retries", NULL, {"lost_reply", "lost_request", "cut_reply", "junk"}, "ended with RETRY", NULL},
    {"certain", NULL, {"recover", "lost_reply"}, "recover of a create that happened ended with GONE", NULL},
    {"plans_by_writing", NULL, {"gate"}, "tried to POST", NULL},
    {"tells_secret", NULL, {"secrets"}, "a note's summary", NULL},
    {"restless", NULL, {"keep"}, "every plan would show drift", NULL},
    {"forgets", NULL, {"create"}, "'size' is not what was promised", NULL},
    {"ends_twice", NULL, {"contract"}, "finished twice", NULL},
    {"empty_list", NULL, {"error", "unavailable", "refused"}, "does not list what is there", NULL},
    {"unowned", NULL, {"owned"}, "owned does not list", NULL},
    {"two_steps", NULL, {"lost_reply", "cut_reply"}, "recover ended with EXISTS", NULL},
    {"slow_steps", NULL, {"killed"}, "recover ended with EXISTS", with_killed},
    {"first_only", NULL, {"many"}, "the single read of what a batch made", NULL},
    {"spoils_batch", NULL, {"many_one_bad"}, "ended with FAILED", NULL},
    {"one_slot", NULL, {"crowd"}, "creates at once", NULL},
    {"only_says", NULL, {"update"}, "'size' is not what was promised", NULL},
    {"leaves", NULL, {"destroy", "replace", "leftovers"}, "ended with OK instead of GONE", NULL},
    {"unfound", NULL, {"find"}, "find by the natural name ended with GONE", NULL},
    {"priceless", NULL, {"estimate"}, "ended with FAILED", NULL},
    {"refuses_429", NULL, {"throttled"}, "ended with REFUSED", NULL},
    {"reads_nothing", NULL, {"garbled", "empty_body"}, "which is not so", NULL},
    {"sneaks", NULL, {"dry"}, "is found now", NULL},
    {"unready", NULL, {"preflight"}, "ended with REFUSED", NULL},
    {"blocks", NULL, {"silent"}, "its deadline was", with_silent},
    {"hasty", "fenced", {"late"}, "in the end 2 objects carry its marker", with_late},
};

struct seen {
    char failed[FAILED_MAX][64];
    char words[FAILED_MAX][4096];
    size_t count, rows;
};

static void told(void *user, const struct conform_row *row)
{
    struct seen *s = user;
    s->rows++;
    if (row->outcome != CONFORM_FAILED || s->count == FAILED_MAX)
        return;
    (void)snprintf(s->failed[s->count], sizeof(s->failed[0]), "%s", row->name);
    for (size_t i = 0; i < row->finding_count; i++) {
        size_t used = strlen(s->words[s->count]);
        (void)snprintf(s->words[s->count] + used, sizeof(s->words[0]) - used, "%s\n",
                       row->findings[i].summary);
    }
    s->count++;
}

static void write_sheet(const char *path, uint16_t port, const struct lie *lie)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "settings: { url: \"http://${proxy}\", door: %u%s%s }\nproxy: 127.0.0.1:%u\nkills: 6\n", port,
            lie ? ", lie: " : "", lie ? lie->name : "", port);
    fprintf(f,
            "types:\n  %s:\n    create: { name: \"${name}\", size: 3, code: \"${secret}\" }\n"
            "    update: { size: 4 }\n    replace: { name: \"${name}b\" }\n",
            lie && lie->type ? lie->type : "thing");
    fprintf(f, "skip: %s\n", !lie ? "{}" : lie->with ? lie->with : usual);
    fclose(f);
}

static struct seen *run(const struct lie *lie)
{
    struct arena *mem = arena_new();
    struct seen *s = calloc(1, sizeof(*s));
    struct conform_result result;
    struct diags diags;
    struct err err;
    uint16_t port;
    char sheet[] = "/tmp/landfall-lies-XXXXXX";
    int fd = mkstemp(sheet);
    assert_true(fd >= 0 && s);
    close(fd);
    pid_t shelf = shelf_start(&port);
    assert_true(shelf > 0);
    write_sheet(sheet, port, lie);
    diag_init(&diags, mem);
    struct conform_ask ask = {.path = TOY, .folder = "/", .sheet = sheet, .user = s, .told = told};
    bool good = conform_run(mem, &ask, &result, &diags, &err);
    shelf_stop(shelf);
    unlink(sheet);
    if (!good)
        fail_msg("%s: %s %s", err.code, err.summary, err.detail);
    assert_int_equal(result.failed, s->count);
    arena_free(mem);
    return s;
}

static const char *words_of(const struct seen *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++) {
        if (strcmp(s->failed[i], name) == 0)
            return s->words[i];
    }
    return NULL;
}

static void print_failed(const struct seen *s)
{
    for (size_t i = 0; i < s->count; i++)
        print_message("  %s: %s", s->failed[i], s->words[i]);
}

static void test_a_driver_that_keeps_its_contract_passes_everything(void **state)
{
    struct seen *s = run(NULL);
    (void)state;
    if (s->count)
        print_failed(s);
    assert_int_equal(s->count, 0);
    assert_true(s->rows > 40);
    free(s);
}

static void test_what_is_late_only_at_times_is_a_busy_machine(void **state)
{
    static const struct lie at_times = {.name = "is_late_at_times", .with = with_silent};
    struct seen *s = run(&at_times);
    (void)state;
    if (s->count)
        print_failed(s);
    assert_int_equal(s->count, 0);
    free(s);
}

static void test_each_lie_is_caught_by_its_case(void **state)
{
    size_t missed = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        struct seen *s = run(&lies[i]);
        for (size_t k = 0; lies[i].cases[k]; k++) {
            const char *words = words_of(s, lies[i].cases[k]);
            if (words && (k > 0 || strstr(words, lies[i].words)))
                continue;
            print_message("the lie '%s' is not caught by '%s' (\"%s\"); what failed:\n", lies[i].name,
                          lies[i].cases[k], lies[i].words);
            print_failed(s);
            missed++;
        }
        free(s);
    }
    assert_int_equal(missed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_driver_that_keeps_its_contract_passes_everything),
        cmocka_unit_test(test_what_is_late_only_at_times_is_a_busy_machine),
        cmocka_unit_test(test_each_lie_is_caught_by_its_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
