#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "fake_action.h"
#include "fake_run.h"

/* The process is killed at every statement of the store's writer and at every point of every request to the
 * service, and once more while it resumes; then it is let run to its end.  Nothing may be lost, nothing be
 * there twice. */

static struct run run;

#define CUT_SHORT 9 /* exit status of a run that could not come to its end */
#define ASKED     8 /* of one whose action nobody but a person can settle */

/* ---- dying ----------------------------------------------------------------------------------- */

/* What befalls this process; set once before anything else runs in it.  Counts are of what may still happen
 * before; -1: it never does. */
struct death {
    int statements; /* of the store's writer thread: killed as the next one begins */
    int commits;    /* of the store's writer thread: the next one and all behind it fail */
    int events;     /* told by the run: the next one interrupts it, twice */
    pthread_t engine;
};

static struct death *death(void)
{
    static struct death d = {.statements = -1, .commits = -1, .events = -1};
    return &d;
}

static int count_down(unsigned what, void *user, void *p, void *x)
{
    (void)what;
    (void)user;
    (void)p;
    (void)x;
    struct death *d = death();
    if (d->statements < 0 || pthread_equal(pthread_self(), d->engine))
        return 0;
    if (d->statements-- == 0) {
        fake_hold(run.rig.world);
        (void)raise(SIGKILL);
    }
    return 0;
}

static int fail_commit(void *user)
{
    (void)user;
    struct death *d = death();
    if (d->commits < 0 || pthread_equal(pthread_self(), d->engine))
        return 0;
    if (d->commits == 0)
        return 1;
    d->commits--;
    return 0;
}

static void interrupt(struct run *r, const struct event *e)
{
    (void)e;
    struct death *d = death();
    if (d->events < 0 || !r->executor || d->events-- > 0)
        return;
    executor_interrupt(r->executor);
    executor_interrupt(r->executor);
}

static int watch_statements(sqlite3 *db, char **why, const struct sqlite3_api_routines *api)
{
    (void)why;
    (void)api;
    (void)sqlite3_trace_v2(db, SQLITE_TRACE_STMT, count_down, NULL);
    (void)sqlite3_commit_hook(db, fail_commit, NULL);
    return SQLITE_OK;
}

/* ---- the story ----------------------------------------------------------------------------------- */

static const char *const types[] = {"named", "tokened", "findable",  "blind",     "conditional", "markless",
                                    "slow",  "planned", "secretive", "no_update", "many"};

/* Stages in which there is one call only, whose ledger the service forgets. */
#define LEDGERED 3
#define CAREFUL  4

/* Stage 0: all of it; 1: another size, another engine, two steps gone and one new; 2: nothing. */
static void declare(struct run *r, int stage)
{
    struct arena *mem = r->rig.mem;
    rig_forget_steps(&r->rig);
    if (stage == 2)
        return;
    if (stage > 2) {
        rig_step(&r->rig, "action.seed",
                 stage == LEDGERED ? "{'units': ['ledgered:l']}" : "{'units': ['careful:l']}");
        return;
    }
    for (size_t k = 0; k < COUNT_OF(types); k++) {
        struct decl *d = rig_step(&r->rig, arena_print(mem, "fake.%s.a", types[k]),
                                  arena_print(mem, "{'name': 'a%zu', 'size': %d}", k, stage ? 5 : 4));
        d->meta.replace = strcmp(types[k], "tokened") == 0 ? "create_first" : NULL;
        rig_step(&r->rig, arena_print(mem, "fake.%s.b", types[k]),
                 arena_print(mem,
                             "{'name': 'b%zu', 'ref': '$fake.%s.a:serial', 'engine': 'e%d', 'lane': '%zu'}",
                             k, types[(k + 1) % COUNT_OF(types) ? k + 1 < COUNT_OF(types) ? k + 1 : 0 : 0],
                             strcmp(types[k], "markless") == 0 ? 0 : stage, k % 3))
            ->meta.replace = strcmp(types[k], "findable") == 0 ? "create_first" : NULL;
        if (stage == 0 && k < 2)
            rig_step(&r->rig, arena_print(mem, "fake.%s.c", types[k]),
                     arena_print(mem, "{'name': 'c%zu'}", k));
    }
    rig_after(&r->rig,
              rig_step(&r->rig, "action.seed",
                       arena_print(mem,
                                   "{'units': ['send:s%d', 'asks:q%d', 'keep:k', 'ledgered:l%d', "
                                   "'careful:c%d'], 'together': true}",
                                   stage, stage, stage, stage)),
              "fake.named.b");
    if (stage == 1)
        rig_step(&r->rig, "fake.many.new", "{'name': 'new'}");
}

/* One life: recovers, then applies every stage up to `last`. */
static void live(int first, int last)
{
    struct run mine = run;
    rig_start(&mine.rig);
    buf_init(&mine.said, 0);
    mine.quiet = true;
    mine.on_event = interrupt;
    for (int stage = first; stage <= last; stage++) {
        declare(&mine, stage);
        bool ok = run_try(&mine);
        if (mine.out.stopped || (!ok && death()->commits == 0))
            _exit(CUT_SHORT);
        if (!ok) {
            fprintf(stderr, "stage %d: %s: %s | %s\n", stage, mine.rig.err.code, mine.rig.err.summary,
                    mine.rig.err.detail);
            _exit(3);
        }
        if (stage > 2 && mine.out.failed == 1 && mine.last.text &&
            strstr(mine.last.text, "the ledger is gone"))
            _exit(ASKED);
        if (mine.out.failed + mine.out.conflict > 0) {
            fprintf(stderr, "stage %d: %s: %s\n", stage, mine.last.code, mine.last.text);
            _exit(4);
        }
    }
    _exit(0);
}

/* True when it was killed, or ended as no run should that nothing befell. */
static bool life_of(struct death how, uint32_t point, int first, int last)
{
    run.rig.world->points = 0;
    run.rig.world->kill_at = point;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        /* What fails in this process must not jump back into the runner, which is its parent's. */
        assert_int_equal(setenv("CMOCKA_TEST_ABORT", "1", 1), 0);
        *death() = how;
        death()->engine = pthread_self();
        (void)sqlite3_auto_extension((void (*)(void))watch_statements);
        live(first, last);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    run.rig.world->kill_at = 0;
    fake_let_go(run.rig.world);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return true;
    if (WIFEXITED(status) && WEXITSTATUS(status) == ASKED)
        return true;
    if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != CUT_SHORT))
        fail_msg(
            "a life at statement %d, commit %d, event %d, point %u, stages %d to %d ended with status %x",
            how.statements, how.commits, how.events, point, first, last, (unsigned)status);
    return WEXITSTATUS(status) == CUT_SHORT;
}

static bool life(int statements, uint32_t point, int first, int last)
{
    return life_of((struct death){.statements = statements, .commits = -1, .events = -1}, point, first, last);
}

/* ---- what must hold -------------------------------------------------------------------------------- */

static uint32_t effects(const char *value)
{
    uint32_t n = 0;
    for (size_t i = 0; i < FAKE_CALLS; i++)
        n += strcmp(run.rig.world->calls[i].value, value) == 0 ? run.rig.world->calls[i].times : 0;
    return n;
}

/* Held is what nobody can find out about; all else is as declared, once. */
static void judge(int stage)
{
    run_check(&run);
    uint32_t held = (uint32_t)run.rig.truth.op_count;
    assert_true(held <= 1);
    for (uint32_t i = 0; i < held; i++)
        assert_string_equal(run.rig.truth.ops[i].type, "blind");
    declare(&run, stage);
    uint32_t steps = (uint32_t)run.rig.steps.count - (stage < 2);
    if (held == 0)
        assert_int_equal(rig_alive(&run.rig), steps);
    /* Behind a held step nothing was started; what it holds may be there although nobody declares it now. */
    assert_true(rig_alive(&run.rig) <= steps + held);
    assert_true(effects("s0") <= 1 && effects("q0") <= 1);
    assert_true(effects("s1") <= 1 && effects("q1") <= 1);
    assert_true(effects("l0") <= 1 && effects("c0") <= 1);
    assert_true(effects("l1") <= 1 && effects("c1") <= 1);
    for (uint32_t i = 0; i < run.rig.world->object_count; i++) {
        const struct fake_object *o = &run.rig.world->objects[i];
        if (o->alive)
            assert_ptr_equal(rig_find(&run.rig, o->key), o);
    }
}

/* What a stage begins with: world and store, as the stages before it left them. */
struct past {
    struct fake_world world;
    const char *store;
    size_t count;
};

static struct past *past(void)
{
    static struct past p;
    return &p;
}

static void make_past(int stage)
{
    struct past *p = past();
    memset(run.rig.world, 0, sizeof(*run.rig.world));
    rig_remove_store(&run.rig);
    p->store = NULL;
    if (stage > 0) {
        assert_false(life(-1, 0, 0, stage - 1));
        assert_true(
            file_read(run.rig.mem, run.rig.store_path, (size_t)64 << 20, &p->store, &p->count, &run.rig.err));
    }
    p->world = *run.rig.world;
}

static void begin(void)
{
    struct past *p = past();
    *run.rig.world = p->world;
    rig_remove_store(&run.rig);
    if (p->store)
        assert_true(file_replace(run.rig.store_path, p->store, p->count, 0600, &run.rig.err));
}

/* Half the deaths meet a service that has a bad day anyway. */
static void trouble(int n)
{
    if (n % 2 == 0)
        return;
    rig_fault(&run.rig, FAKE_LOST_AFTER, 0, "a1", 1)->verb = LF_VERB_CREATE;
    rig_fault(&run.rig, FAKE_LATE, LF_VERB_CREATE, "b2", 1);
    rig_fault(&run.rig, FAKE_LOST_BEFORE, LF_VERB_CREATE, "b10", 1);
    rig_fault(&run.rig, FAKE_LOST_AFTER, LF_VERB_DESTROY, "a9", 1);
    rig_fault(&run.rig, FAKE_LATE, LF_VERB_UPDATE, "a4", 1);
    rig_fault(&run.rig, FAKE_RETRY, 0, "", 2)->verb = LF_VERB_UPDATE;
}

/* Dies at the given place; perhaps once more while it resumes; and then comes to its end.  False when it did
 * not die any more. */
static bool die_and_resume(int first, int stage, struct death how, uint32_t point)
{
    int n = how.statements + how.commits + how.events + (int)point + 2;
    struct arena *mem = run.rig.mem;
    run.rig.mem = arena_new();
    begin();
    trouble(n);
    run.rig.world->lands_after_death_ms = point % 3 == 1 ? 1900 : 0;
    bool died = life_of(how, point, first, first);
    run.rig.world->lands_after_death_ms = 0;
    if (died && n % 3 != 0)
        (void)life(n * 7 % 61, 0, stage, stage);
    assert_false(life(-1, 0, stage, stage));
    judge(stage);
    /* What was sent before a death and comes only now changes nothing any more, and nothing is left to do. */
    run.rig.world->lands_now = 1;
    uint32_t made = run.rig.world->next_id;
    assert_false(life(-1, 0, stage, stage));
    judge(stage);
    assert_int_equal(run.rig.world->next_id, made);
    arena_free(run.rig.mem);
    run.rig.mem = mem;
    return died;
}

/* Begins to make `first`, is cut short everywhere, and goes on with `stage`. */
static void sweep(int first, int stage)
{
    struct death how = {.statements = 0, .commits = -1, .events = -1};
    make_past(first);
    while (die_and_resume(first, stage, how, 0))
        how.statements++;
    assert_true(how.statements > 50);
    how.statements = -1;
    uint32_t point = 1;
    while (die_and_resume(first, stage, how, point))
        point++;
    assert_true(point > 20);
}

static void test_a_build_killed_anywhere_comes_out_the_same(void **state)
{
    (void)state;
    sweep(0, 0);
}

static void test_a_rebuild_killed_anywhere_comes_out_the_same(void **state)
{
    (void)state;
    sweep(1, 1);
}

static void test_a_destruction_killed_anywhere_comes_out_the_same(void **state)
{
    (void)state;
    sweep(2, 2);
}

static void test_a_build_resumed_after_an_edit_comes_out_as_edited(void **state)
{
    (void)state;
    sweep(0, 1);
}

static void test_a_rebuild_resumed_as_a_destruction_leaves_nothing(void **state)
{
    (void)state;
    sweep(1, 2);
}

static void test_a_store_that_fails_at_any_commit_loses_nothing(void **state)
{
    (void)state;
    for (int stage = 0; stage <= 2; stage++) {
        struct death how = {.statements = -1, .commits = 1, .events = -1}; /* the first one takes the lock */
        make_past(stage);
        while (die_and_resume(stage, stage, how, 0))
            how.commits++;
        assert_true(how.commits > 5);
    }
}

static void test_a_run_that_is_stopped_now_at_any_moment_loses_nothing(void **state)
{
    (void)state;
    for (int stage = 0; stage <= 2; stage++) {
        struct death how = {.statements = -1, .commits = -1, .events = 0};
        make_past(stage);
        while (die_and_resume(stage, stage, how, 0))
            how.events++;
        assert_true(how.events > 20);
    }
}

/* Dies at the given place, and the service forgets its ledgers.  What was in doubt then is a person's to
 * settle; put back the ledger settles it.  False when it did not die any more. */
static bool die_and_be_forgotten(int stage, struct death how, uint32_t point, int *asked)
{
    struct fake_world *w = run.rig.world;
    char ledgers[FAKE_CALLS][40];
    struct arena *mem = run.rig.mem;
    run.rig.mem = arena_new();
    begin();
    bool died = life_of(how, point, stage, stage);
    memcpy(ledgers, w->ledgers, sizeof(ledgers));
    memset(w->ledgers, 0, sizeof(w->ledgers));
    uint32_t before = effects("l");
    if (life(-1, 0, stage, stage)) {
        ++*asked;
        assert_int_equal(effects("l"), before);
        memcpy(w->ledgers, ledgers, sizeof(ledgers));
        assert_false(life(-1, 0, stage, stage));
    }
    assert_int_equal(effects("l"), 1);
    arena_free(run.rig.mem);
    run.rig.mem = mem;
    return died;
}

static void forget_everywhere(int stage)
{
    struct death how = {.statements = 0, .commits = -1, .events = -1};
    int asked = 0;
    make_past(0);
    while (die_and_be_forgotten(stage, how, 0, &asked))
        how.statements++;
    int at_statements = asked;
    assert_true(at_statements > 0 && at_statements < how.statements);
    how.statements = -1;
    uint32_t point = 1;
    while (die_and_be_forgotten(stage, how, point, &asked))
        point++;
    assert_true(asked > at_statements && asked - at_statements < (int)point);
}

static void test_a_call_whose_ledger_is_forgotten_is_never_made_twice(void **state)
{
    (void)state;
    forget_everywhere(LEDGERED);
    forget_everywhere(CAREFUL);
}

static int prepare(void **state)
{
    (void)state;
    memset(&run, 0, sizeof(run));
    rig_prepare(&run.rig);
    run.command = "apply";
    return 0;
}

static int clear(void **state)
{
    (void)state;
    rig_discard(&run.rig);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_build_killed_anywhere_comes_out_the_same),
        cmocka_unit_test(test_a_rebuild_killed_anywhere_comes_out_the_same),
        cmocka_unit_test(test_a_destruction_killed_anywhere_comes_out_the_same),
        cmocka_unit_test(test_a_build_resumed_after_an_edit_comes_out_as_edited),
        cmocka_unit_test(test_a_rebuild_resumed_as_a_destruction_leaves_nothing),
        cmocka_unit_test(test_a_store_that_fails_at_any_commit_loses_nothing),
        cmocka_unit_test(test_a_run_that_is_stopped_now_at_any_moment_loses_nothing),
        cmocka_unit_test(test_a_call_whose_ledger_is_forgotten_is_never_made_twice),
    };
    return cmocka_run_group_tests(tests, prepare, clear);
}
