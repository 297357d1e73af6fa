#include "store_fixture.h"

#include <sys/resource.h>

#include <signal.h>

#include "store/store_db.h"

/* ---- rows ---------------------------------------------------------------------------------- */

static void test_a_new_store_has_its_lineage_a_fence_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    assert_string_equal(store_writer_lineage(f->writer), FIXTURE_LINEAGE);
    assert_int_equal(store_writer_fence(f->writer), 1);
    fixture_close(f);
    struct store_snapshot s = fixture_read(f);
    assert_true(s.exists);
    assert_string_equal(s.lineage, FIXTURE_LINEAGE);
    assert_int_equal(s.fence, 1);
    assert_int_equal(s.serial, 0);
    assert_int_equal(s.res_count + s.op_count, 0);
    assert_null(s.last_run);
    assert_null(s.outputs);

    struct stat st;
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(stat(arena_print(f->mem, "%s/state", f->folder), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
}

static void test_every_opening_raises_the_fence_and_keeps_lineage_and_key(void **state)
{
    struct fixture *f = *state;
    uint8_t key[32];
    fixture_open(f);
    memcpy(key, store_writer_digest_key(f->writer), sizeof(key));
    fixture_close(f);
    assert_true(store_writer_open(f->loop, f->path, "eu", "ffffffffffffffffffffffffffffffff", "resume",
                                  &f->writer, &f->err));
    assert_int_equal(store_writer_fence(f->writer), 2);
    assert_string_equal(store_writer_lineage(f->writer), FIXTURE_LINEAGE);
    assert_memory_equal(store_writer_digest_key(f->writer), key, sizeof(key));
}

static void test_every_field_of_res_and_op_comes_back(void **state)
{
    struct fixture *f = *state;
    struct store_res res = fixture_res(f, 1);
    res.deposed = res.shared = res.protect = res.adopted = res.damaged = true;
    res.memo = "{\"m\":1}";
    res.holds = "[\"pii\"]";
    res.inputs = "abc";
    struct store_op op = fixture_op(f, 2);
    op.prior = "{\"p\":1}";
    op.precondition = "{\"q\":1}";
    op.memo = "{\"m\":2}";
    op.sent_deadline_ms = 12;
    op.retention_until_ms = INT64_MAX;
    op.ext_id = "x";
    op.saved = "{\"s\":1}";
    op.reason = "late";
    op.candidates = "[\"a\"]";
    fixture_open(f);
    store_put_res(f->writer, &res);
    store_put_op(f->writer, &op);
    fixture_commit_well(f);
    fixture_close(f);

    struct store_snapshot s = fixture_read(f), expected = s;
    res.row_version = 1;
    op.fence = 1;
    expected.res = &res;
    expected.ops = &op;
    assert_int_equal(s.res_count, 1);
    assert_int_equal(s.op_count, 1);
    assert_string_equal(fixture_print(f->mem, &s), fixture_print(f->mem, &expected));
}

static void test_res_come_sorted_by_address_and_generation(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    for (int i = 3; i >= 1; i--) {
        struct store_res res = fixture_res(f, i);
        res.generation = 2;
        store_put_res(f->writer, &res);
        res.generation = 1;
        res.deposed = true;
        store_put_res(f->writer, &res);
    }
    fixture_commit_well(f);
    fixture_close(f);
    struct store_snapshot s = fixture_read(f);
    assert_int_equal(s.res_count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(s.res[i].address, arena_print(f->mem, "dns.record.r%zu", i / 2 + 1));
        assert_int_equal(s.res[i].generation, i % 2 + 1);
    }
}

static void test_the_serial_grows_by_one_for_each_commit_that_changes_res(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    struct store_res one = fixture_res(f, 1), two = fixture_res(f, 2);
    store_put_res(f->writer, &one);
    store_put_res(f->writer, &two);
    fixture_commit_well(f);
    struct store_op op = fixture_op(f, 1);
    store_put_op(f->writer, &op);
    fixture_commit_well(f);
    two.ext_id = "other";
    store_put_res(f->writer, &two);
    fixture_commit_well(f);
    store_remove_res(f->writer, one.address, 1);
    store_remove_res(f->writer, "dns.record.never", 1);
    fixture_commit_well(f);
    store_remove_res(f->writer, "dns.record.never", 1);
    fixture_commit_well(f);
    fixture_close(f);
    struct store_snapshot s = fixture_read(f);
    assert_int_equal(s.serial, 3);
    assert_int_equal(s.res_count, 1);
    assert_string_equal(s.res[0].ext_id, "other");
    assert_int_equal(s.res[0].row_version, 2);
}

static void test_rows_are_copied_when_they_are_put(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    char address[] = "dns.record.copied", json[] = "{\"n\":1}";
    struct store_res res = fixture_res(f, 1);
    res.address = address;
    res.observed = json;
    store_put_res(f->writer, &res);
    memset(address, 'x', sizeof(address) - 1);
    memset(json, 'y', sizeof(json) - 1);
    fixture_commit_well(f);
    fixture_close(f);
    struct store_snapshot s = fixture_read(f);
    assert_string_equal(s.res[0].address, "dns.record.copied");
    assert_string_equal(s.res[0].observed, "{\"n\":1}");
}

/* ---- ops ----------------------------------------------------------------------------------- */

static void test_an_op_keeps_its_inputs_until_its_end(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    struct store_op op = fixture_op(f, 1), moved = op;
    op.saved = "{\"page\":1}";
    store_put_op(f->writer, &op);
    moved.state = STORE_OP_SETTLING;
    moved.ext_id = "id-1";
    moved.desired = moved.planned = moved.saved = NULL;
    store_move_op(f->writer, STORE_OP_INTENT, 1, &moved);
    fixture_commit_well(f);
    struct store_snapshot s = fixture_read(f);
    assert_int_equal(s.op_count, 1);
    assert_int_equal(s.ops[0].state, STORE_OP_SETTLING);
    assert_string_equal(s.ops[0].ext_id, "id-1");
    assert_string_equal(s.ops[0].desired, op.desired);
    assert_string_equal(s.ops[0].planned, op.planned);
    assert_string_equal(s.ops[0].saved, "{\"page\":1}");

    moved.state = STORE_OP_DONE;
    store_move_op(f->writer, STORE_OP_SETTLING, 1, &moved);
    fixture_commit_well(f);
    assert_int_equal(fixture_read(f).op_count, 0);
    struct store_op *history = NULL;
    size_t count = 0;
    assert_true(store_read_ops_of(f->mem, f->path, op.address, &history, &count, &f->err));
    assert_int_equal(count, 1);
    assert_int_equal(history[0].state, STORE_OP_DONE);
    assert_null(history[0].desired);
    assert_null(history[0].planned);
    assert_null(history[0].saved);
}

static void test_saved_progress_leaves_the_rest_of_the_op_alone(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    struct store_op op = fixture_op(f, 1);
    store_put_op(f->writer, &op);
    store_save_op(f->writer, op.op_id, "id-7", "{\"page\":2}");
    store_save_op(f->writer, op.op_id, NULL, "{\"page\":3}");
    fixture_commit_well(f);
    struct store_snapshot s = fixture_read(f);
    assert_string_equal(s.ops[0].ext_id, "id-7");
    assert_string_equal(s.ops[0].saved, "{\"page\":3}");
    assert_string_equal(s.ops[0].desired, op.desired);
    /* And a move after it finds the op as it was. */
    op.state = STORE_OP_DOUBT;
    store_move_op(f->writer, STORE_OP_INTENT, 1, &op);
    fixture_commit_well(f);
    s = fixture_read(f);
    assert_int_equal(s.ops[0].state, STORE_OP_DOUBT);
    assert_string_equal(s.ops[0].saved, "{\"page\":3}");
}

static void test_open_ops_come_in_the_order_of_their_creation(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    int numbers[] = {5, 3, 9, 1, 7};
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        struct store_op op = fixture_op(f, numbers[i]);
        store_put_op(f->writer, &op);
    }
    struct store_op ends = fixture_op(f, 9);
    ends.state = STORE_OP_FAILED;
    store_move_op(f->writer, STORE_OP_INTENT, 1, &ends);
    ends = fixture_op(f, 5);
    ends.state = STORE_OP_DONE;
    store_move_op(f->writer, STORE_OP_INTENT, 1, &ends);
    ends = fixture_op(f, 7);
    ends.state = STORE_OP_HELD;
    store_move_op(f->writer, STORE_OP_INTENT, 1, &ends);
    fixture_commit_well(f);
    fixture_close(f);
    fixture_open(f); /* and the next writer knows them, too */
    ends.state = STORE_OP_CONFLICT;
    store_move_op(f->writer, STORE_OP_HELD, 1, &ends);
    fixture_commit_well(f);
    struct store_snapshot s = fixture_read(f);
    assert_int_equal(s.op_count, 3);
    assert_string_equal(s.ops[0].address, "dns.record.r3");
    assert_string_equal(s.ops[1].address, "dns.record.r1");
    assert_string_equal(s.ops[2].address, "dns.record.r7");
    assert_int_equal(s.ops[2].state, STORE_OP_CONFLICT);
    assert_int_equal(s.ops[2].fence, 2);
}

static void check_that_a_move_misses(struct fixture *f, enum store_op_state from, uint32_t attempt,
                                     const struct store_op *op)
{
    struct store_res res = fixture_res(f, 99);
    store_put_res(f->writer, &res); /* of the same turn: must not survive */
    store_move_op(f->writer, from, attempt, op);
    assert_false(fixture_commit(f));
    assert_string_equal(f->err.code, "store.op_moved");
    fixture_close(f);
    struct store_snapshot s = fixture_read(f);
    assert_int_equal(s.op_count, 1);
    assert_int_equal(s.ops[0].state, STORE_OP_INTENT);
    assert_int_equal(s.ops[0].attempt, 1);
    assert_int_equal(s.res_count, 0);
    fixture_open(f);
}

static void test_a_move_from_another_state_or_attempt_fails_the_whole_turn(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    struct store_op op = fixture_op(f, 1), done = op, unknown = fixture_op(f, 2);
    done.state = STORE_OP_DONE;
    store_put_op(f->writer, &op);
    fixture_commit_well(f);
    check_that_a_move_misses(f, STORE_OP_SETTLING, 1, &done);
    check_that_a_move_misses(f, STORE_OP_INTENT, 2, &done);
    check_that_a_move_misses(f, STORE_OP_INTENT, 1, &unknown);
}

static void test_a_failed_writer_refuses_everything_after(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    struct store_op op = fixture_op(f, 1);
    op.state = STORE_OP_DONE;
    store_move_op(f->writer, STORE_OP_INTENT, 1, &op);
    assert_false(fixture_commit(f));
    struct store_res res = fixture_res(f, 1);
    store_put_res(f->writer, &res);
    err_clear(&f->err);
    assert_false(fixture_commit(f));
    assert_string_equal(f->err.code, "store.op_moved");
    fixture_close(f);
    assert_int_equal(fixture_read(f).res_count, 0);
}

static void test_a_writer_whose_fence_was_taken_stops(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    struct store_db db;
    assert_true(store_db_open(&db, f->path, f->path, SQLITE_OPEN_READWRITE, NULL, &f->err));
    assert_true(store_db_exec(&db, "UPDATE lock SET fence=fence+1", &f->err));
    store_db_close(&db);
    struct store_res res = fixture_res(f, 1);
    store_put_res(f->writer, &res);
    assert_false(fixture_commit(f));
    assert_string_equal(f->err.code, "store.fence_taken");
}

/* ---- turns --------------------------------------------------------------------------------- */

struct turn {
    struct fixture *f;
    int first, count; /* ops put in this turn */
};

static void put_ops(void *user)
{
    struct turn *t = user;
    for (int i = 0; i < t->count; i++) {
        struct store_op op = fixture_op(t->f, t->first + i);
        store_put_op(t->f->writer, &op);
    }
    store_after_commit(t->f->writer, fixture_answer, t->f);
}

static void test_a_turn_is_one_commit_however_often_it_puts(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    struct turn a = {f, 0, 10}, b = {f, 100, 10};
    loop_soon(f->loop, put_ops, &a);
    loop_soon(f->loop, put_ops, &b);
    loop_run(f->loop);
    assert_true(f->ok);
    uint64_t commits, rows;
    store_writer_counts(f->writer, &commits, &rows);
    assert_int_equal(commits, 1);
    assert_int_equal(rows, 20);
}

static void test_more_than_1024_intents_of_a_turn_take_several_commits_in_order(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    struct turn t = {f, 0, 3000};
    loop_soon(f->loop, put_ops, &t);
    loop_run(f->loop);
    assert_true(f->ok);
    uint64_t commits, rows;
    store_writer_counts(f->writer, &commits, &rows);
    assert_int_equal(commits, 3);
    assert_int_equal(rows, 3000);
    fixture_close(f);
    struct store_snapshot s = fixture_read(f);
    assert_int_equal(s.op_count, 3000);
    assert_string_equal(s.ops[2999].address, "dns.record.r2999");
}

static void count_answer(void *user, bool ok, const struct err *err)
{
    (void)err;
    int *answers = user;
    *answers = *answers * 10 + (ok ? 1 : 2);
}

static void test_an_answer_comes_later_and_also_when_nothing_was_put(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    int answers = 0;
    store_after_commit(f->writer, count_answer, &answers);
    assert_int_equal(answers, 0);
    loop_run(f->loop);
    assert_int_equal(answers, 1);
    store_after_commit(f->writer, count_answer, &answers);
    store_after_commit(f->writer, count_answer, &answers);
    loop_run(f->loop);
    assert_int_equal(answers, 111);
    uint64_t commits, rows;
    store_writer_counts(f->writer, &commits, &rows);
    assert_int_equal(commits, 0);
}

static void test_what_was_put_last_is_durable_when_close_returns(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    struct store_res res = fixture_res(f, 1);
    store_put_res(f->writer, &res);
    fixture_close(f);
    assert_int_equal(fixture_read(f).res_count, 1);
    loop_run(f->loop); /* nothing of the closed writer is left on it */
}

static void test_a_closed_store_is_one_file_and_its_lock(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    struct store_res res = fixture_res(f, 1);
    store_put_res(f->writer, &res);
    fixture_close(f);
    assert_int_not_equal(access(arena_print(f->mem, "%s-wal", f->path), F_OK), 0);
    assert_int_not_equal(access(arena_print(f->mem, "%s-shm", f->path), F_OK), 0);
    assert_int_not_equal(access(arena_print(f->mem, "%s.new", f->path), F_OK), 0);
    assert_int_equal(access(arena_print(f->mem, "%s.lock", f->path), F_OK), 0);
}

/* ---- runs, events, outputs, markers -------------------------------------------------------- */

static void test_a_plan_is_applied_once_only(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    struct store_run run = fixture_run("run-1", "digest-1");
    store_put_run(f->writer, &run);
    fixture_commit_well(f);
    const struct store_run *found = NULL;
    assert_true(store_read_run_of_plan(f->mem, f->path, "digest-1", &found, &f->err));
    assert_string_equal(found->run_id, "run-1");
    assert_true(store_read_run_of_plan(f->mem, f->path, "digest-2", &found, &f->err));
    assert_null(found);

    struct store_run again = fixture_run("run-2", "digest-1");
    store_put_run(f->writer, &again);
    assert_false(fixture_commit(f));
    assert_string_equal(f->err.code, "store.plan_used");
    fixture_close(f);
    struct store_snapshot s = fixture_read(f);
    assert_string_equal(s.last_run->run_id, "run-1");
}

/* The plan that a resume makes is the plan that an apply makes next. */
static void test_a_run_keeps_the_digest_it_was_started_with(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    struct store_run run = fixture_run("run-1", "digest-1"), next = fixture_run("run-2", "digest-2");
    store_put_run(f->writer, &run);
    fixture_commit_well(f);
    run.plan_digest = "digest-2";
    run.state = "partial";
    store_put_run(f->writer, &run);
    fixture_commit_well(f);
    store_put_run(f->writer, &next);
    fixture_commit_well(f);
    fixture_close(f);
    struct store_run *runs;
    size_t count;
    assert_true(store_read_runs(f->mem, f->path, &runs, &count, &f->err));
    assert_int_equal(count, 2);
    assert_string_equal(runs[0].plan_digest, "digest-1");
    assert_string_equal(runs[0].state, "partial");
    assert_string_equal(runs[1].plan_digest, "digest-2");
}

static void test_a_run_is_updated_in_place_and_the_last_one_has_its_plan(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    struct store_run one = fixture_run("run-1", "digest-1"), two = fixture_run("run-2", "digest-2");
    store_put_run(f->writer, &one);
    one.state = "done";
    one.done = 7;
    one.ended_ms = 2000;
    one.plan = NULL;
    store_put_run(f->writer, &one);
    fixture_commit_well(f);
    struct store_snapshot s = fixture_read(f);
    assert_string_equal(s.last_run->state, "done");
    assert_string_equal(s.last_run->plan, "{\"steps\":7}");
    two.plan = "{\"steps\":8}";
    store_put_run(f->writer, &two);
    fixture_commit_well(f);
    s = fixture_read(f);
    assert_string_equal(s.last_run->run_id, "run-2");
    assert_string_equal(s.last_run->plan, "{\"steps\":8}");
    struct store_run *runs = NULL;
    size_t count = 0;
    assert_true(store_read_runs(f->mem, f->path, &runs, &count, &f->err));
    assert_int_equal(count, 2);
    assert_string_equal(runs[0].run_id, "run-1");
    assert_int_equal(runs[0].done, 7);
    assert_null(runs[0].plan);
}

static void put_event(struct fixture *f, enum event_kind kind, const char *address, int64_t ms)
{
    struct event e = {.kind = kind, .wall_ms = ms, .run_id = "run-1", .address = address, .took_ms = ms};
    store_put_event(f->writer, &e);
}

static void test_events_come_oldest_first_the_newest_of_them(void **state)
{
    struct fixture *f = *state;
    struct store_event *events = NULL;
    size_t count = 0;
    fixture_open(f);
    put_event(f, EVENT_RUN_STARTED, NULL, 1);
    for (int i = 2; i < 10; i++)
        put_event(f, EVENT_STEP_DONE, i % 2 ? "dns.record.odd" : "dns.record.even", i);
    fixture_commit_well(f);
    assert_true(store_read_events(f->mem, f->path, NULL, 100, &events, &count, &f->err));
    assert_int_equal(count, 9);
    assert_string_equal(events[0].kind, event_name(EVENT_RUN_STARTED));
    assert_null(events[0].address);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(events[i].seq, i + 1);
    assert_true(store_read_events(f->mem, f->path, "dns.record.odd", 2, &events, &count, &f->err));
    assert_int_equal(count, 2);
    assert_int_equal(events[0].wall_ms, 7);
    assert_int_equal(events[1].took_ms, 9);
    assert_true(store_read_events(f->mem, f->path, NULL, 0, &events, &count, &f->err));
    assert_int_equal(count, 0);
}

static void test_outputs_are_replaced_whole(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    store_put_outputs(f->writer, "{\"a\":1}");
    store_put_outputs(f->writer, "{\"b\":2}");
    fixture_commit_well(f);
    assert_string_equal(fixture_read(f).outputs, "{\"b\":2}");
}

static void test_a_marker_is_known_also_when_its_object_is_gone(void **state)
{
    struct fixture *f = *state;
    const char *address = "unset";
    fixture_open(f);
    struct store_res res = fixture_res(f, 1);
    struct store_op op = fixture_op(f, 2);
    store_put_res(f->writer, &res);
    store_put_op(f->writer, &op);
    op.state = STORE_OP_DONE;
    store_move_op(f->writer, STORE_OP_INTENT, 1, &op);
    fixture_commit_well(f);
    assert_true(store_read_marker(f->mem, f->path, res.marker, &address, &f->err));
    assert_string_equal(address, "dns.record.r1");
    assert_true(store_read_marker(f->mem, f->path, op.marker, &address, &f->err));
    assert_string_equal(address, "dns.record.r2");
    assert_true(store_read_marker(f->mem, f->path, "lf1.foreign", &address, &f->err));
    assert_null(address);
}

/* ---- calls --------------------------------------------------------------------------------- */

static const struct store_call *find(struct fixture *f, const char *address, const char *key)
{
    const struct store_call *call = NULL;
    assert_true(store_find_call(f->writer, f->mem, address, key, &call, &f->err));
    return call;
}

static void put_call(struct fixture *f, const char *address, const char *key, const char *reply)
{
    struct store_call call = {
        .address = address, .key = key, .digest = "d", .token = "t", .reply = reply, .done = reply != NULL};
    store_put_call(f->writer, &call);
}

static void test_a_call_is_found_at_once_and_by_the_next_writer(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    assert_null(find(f, "action.seed", "1/a"));
    put_call(f, "action.seed", "1/a", NULL);
    assert_false(find(f, "action.seed", "1/a")->done);
    put_call(f, "action.seed", "1/a", "{\"rows\":3}");
    put_call(f, "action.seed", "1/b", NULL);
    assert_string_equal(find(f, "action.seed", "1/a")->reply, "{\"rows\":3}");
    fixture_commit_well(f);
    fixture_close(f);
    fixture_open(f);
    assert_string_equal(find(f, "action.seed", "1/a")->reply, "{\"rows\":3}");
    assert_true(find(f, "action.seed", "1/a")->done);
    assert_null(find(f, "action.seed", "1/b")->reply);
    assert_null(find(f, "action.other", "1/a"));
}

static void test_calls_are_dropped_by_prefix(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    put_call(f, "action.seed", "1/a", "{}");
    put_call(f, "action.seed", "1/b%", "{}");
    put_call(f, "action.seed", "10/a", "{}");
    put_call(f, "action.other", "1/a", "{}");
    store_drop_calls(f->writer, "action.seed", "1/");
    fixture_commit_well(f);
    for (int pass = 0; pass < 2; pass++) {
        assert_null(find(f, "action.seed", "1/a"));
        assert_null(find(f, "action.seed", "1/b%"));
        assert_non_null(find(f, "action.seed", "10/a"));
        assert_non_null(find(f, "action.other", "1/a"));
        fixture_close(f);
        fixture_open(f);
    }
}

/* ---- renaming ------------------------------------------------------------------------------ */

static void test_a_rename_takes_res_ops_and_calls_along(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    struct store_res res = fixture_res(f, 1), old = res;
    old.generation = 2;
    struct store_op op = fixture_op(f, 1), done = fixture_op(f, 2);
    done.address = op.address;
    store_put_res(f->writer, &res);
    store_put_res(f->writer, &old);
    store_put_op(f->writer, &op);
    store_put_op(f->writer, &done);
    done.state = STORE_OP_DONE;
    store_move_op(f->writer, STORE_OP_INTENT, 1, &done);
    put_call(f, op.address, "1/a", "{}");
    fixture_commit_well(f);
    store_rename_res(f->writer, op.address, "dns.record.new");
    assert_null(find(f, op.address, "1/a"));
    assert_non_null(find(f, "dns.record.new", "1/a"));
    fixture_commit_well(f);
    /* The op can still be moved, and the res still be replaced. */
    op.address = res.address = "dns.record.new";
    op.state = STORE_OP_SETTLING;
    store_move_op(f->writer, STORE_OP_INTENT, 1, &op);
    store_put_res(f->writer, &res);
    fixture_commit_well(f);
    fixture_close(f);
    struct store_snapshot s = fixture_read(f);
    assert_int_equal(s.res_count, 2);
    assert_string_equal(s.res[0].address, "dns.record.new");
    assert_string_equal(s.res[1].address, "dns.record.new");
    assert_int_equal(s.op_count, 1);
    assert_string_equal(s.ops[0].address, "dns.record.new");
    struct store_op *history = NULL;
    size_t count = 0;
    assert_true(store_read_ops_of(f->mem, f->path, "dns.record.new", &history, &count, &f->err));
    assert_int_equal(count, 2);
    fixture_open(f);
    assert_non_null(find(f, "dns.record.new", "1/a"));
}

static void test_a_rename_onto_an_existing_step_is_refused(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    struct store_res one = fixture_res(f, 1), two = fixture_res(f, 2);
    store_put_res(f->writer, &one);
    store_put_res(f->writer, &two);
    fixture_commit_well(f);
    store_rename_res(f->writer, one.address, two.address);
    assert_false(fixture_commit(f));
    assert_string_equal(f->err.code, "store.taken");
    fixture_close(f);
    assert_int_equal(fixture_read(f).res_count, 2);
}

/* ---- refusals ------------------------------------------------------------------------------ */

static void test_another_regions_store_is_refused(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    fixture_close(f);
    assert_false(store_writer_open(f->loop, f->path, "us", FIXTURE_LINEAGE, "apply", &f->writer, &f->err));
    assert_string_equal(f->err.code, "store.other_region");
    fixture_open(f);
}

/* A child under a limit on the size of files, which fails a write as a full disk does. */
static void fill_the_disk(struct fixture *f, int in, int out)
{
    (void)in;
    signal(SIGXFSZ, SIG_IGN);
    fixture_open(f);
    struct store_res res = fixture_res(f, 1);
    store_put_res(f->writer, &res);
    fixture_commit_well(f);
    struct rlimit limit = {200 * 1024, 200 * 1024};
    setrlimit(RLIMIT_FSIZE, &limit);
    char *big = malloc(1024 * 1024);
    memset(big, 'x', 1024 * 1024);
    big[1024 * 1024 - 1] = '\0';
    struct store_res large = fixture_res(f, 2);
    large.observed = big;
    store_put_res(f->writer, &large);
    bool failed = !fixture_commit(f) && strcmp(f->err.code, "store.no_space") == 0 &&
                  strstr(f->err.advice, "landfall resume");
    /* Room again: it must not try again by itself. */
    bool refuses = !fixture_commit(f);
    fixture_close(f);
    if (failed && refuses)
        fixture_say(out);
    _exit(0);
}

static void test_a_full_disk_fails_the_commit_and_loses_nothing_before_it(void **state)
{
    struct fixture *f = *state;
    int to, from;
    pid_t pid = fixture_fork(f, fill_the_disk, &to, &from);
    assert_true(fixture_hear(from));
    waitpid(pid, NULL, 0);
    close(to);
    close(from);
    struct store_snapshot s = fixture_read(f);
    assert_int_equal(s.res_count, 1);
    fixture_open(f);
    struct store_res res = fixture_res(f, 3);
    store_put_res(f->writer, &res);
    fixture_commit_well(f);
    fixture_close(f);
    assert_int_equal(fixture_read(f).res_count, 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_new_store_has_its_lineage_a_fence_and_nothing_else),
        TEST(test_every_opening_raises_the_fence_and_keeps_lineage_and_key),
        TEST(test_every_field_of_res_and_op_comes_back),
        TEST(test_res_come_sorted_by_address_and_generation),
        TEST(test_the_serial_grows_by_one_for_each_commit_that_changes_res),
        TEST(test_rows_are_copied_when_they_are_put),
        TEST(test_an_op_keeps_its_inputs_until_its_end),
        TEST(test_saved_progress_leaves_the_rest_of_the_op_alone),
        TEST(test_open_ops_come_in_the_order_of_their_creation),
        TEST(test_a_move_from_another_state_or_attempt_fails_the_whole_turn),
        TEST(test_a_failed_writer_refuses_everything_after),
        TEST(test_a_writer_whose_fence_was_taken_stops),
        TEST(test_a_turn_is_one_commit_however_often_it_puts),
        TEST(test_more_than_1024_intents_of_a_turn_take_several_commits_in_order),
        TEST(test_an_answer_comes_later_and_also_when_nothing_was_put),
        TEST(test_what_was_put_last_is_durable_when_close_returns),
        TEST(test_a_closed_store_is_one_file_and_its_lock),
        TEST(test_a_plan_is_applied_once_only),
        TEST(test_a_run_keeps_the_digest_it_was_started_with),
        TEST(test_a_run_is_updated_in_place_and_the_last_one_has_its_plan),
        TEST(test_events_come_oldest_first_the_newest_of_them),
        TEST(test_outputs_are_replaced_whole),
        TEST(test_a_marker_is_known_also_when_its_object_is_gone),
        TEST(test_a_call_is_found_at_once_and_by_the_next_writer),
        TEST(test_calls_are_dropped_by_prefix),
        TEST(test_a_rename_takes_res_ops_and_calls_along),
        TEST(test_a_rename_onto_an_existing_step_is_refused),
        TEST(test_another_regions_store_is_refused),
        TEST(test_a_full_disk_fails_the_commit_and_loses_nothing_before_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
