#include "store_fixture.h"

#include "store/store_db.h"
#include "store/store_ledger.h"

static void change_by_hand(struct fixture *f, const char *sql)
{
    struct store_db db;
    assert_true(store_db_open(&db, f->path, f->path, SQLITE_OPEN_READWRITE, NULL, &f->err));
    if (!store_db_exec(&db, sql, &f->err))
        fail_msg("%s", f->err.summary);
    store_db_close(&db);
}

/* ---- the audit chain ----------------------------------------------------------------------- */

static void put_entries(struct fixture *f, int from, int count)
{
    for (int i = from; i < from + count; i++)
        store_put_audit(f->writer, i % 2 ? "human.done" : "approval.used",
                        arena_print(f->mem, "{\"n\":%d}", i));
    fixture_commit_well(f);
}

static void make_chain(struct fixture *f, int count)
{
    fixture_open(f);
    put_entries(f, 1, count);
    fixture_close(f);
}

static void check_broken(struct fixture *f, const char *says)
{
    struct store_audit *entries = NULL;
    size_t count = 42;
    assert_false(store_read_audit(f->mem, f->path, &entries, &count, &f->err));
    assert_string_equal(f->err.code, "store.audit_broken");
    if (!strstr(f->err.summary, says))
        fail_msg("'%s' does not say '%s'", f->err.summary, says);
    assert_true(f->err.advice[0] != '\0');
    assert_int_equal(count, 42); /* outputs are untouched */
}

static void test_a_chain_is_read_as_it_was_written_and_its_end_is_in_the_snapshot(void **state)
{
    struct fixture *f = *state;
    make_chain(f, 3);
    fixture_open(f); /* another writer goes on where the first one ended */
    put_entries(f, 4, 2);
    fixture_close(f);
    struct store_audit *e = NULL;
    size_t count = 0;
    assert_true(store_read_audit(f->mem, f->path, &e, &count, &f->err));
    assert_int_equal(count, 5);
    char genesis[DIGEST_HEX];
    store_ledger_genesis(FIXTURE_LINEAGE, genesis);
    assert_string_equal(e[0].prev, genesis);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(e[i].seq, i + 1);
        assert_true(e[i].wall_ms > 0);
        assert_string_equal(e[i].kind, i % 2 ? "approval.used" : "human.done");
        assert_string_equal(e[i].entry, arena_print(f->mem, "{\"n\":%zu}", i + 1));
        if (i > 0)
            assert_string_equal(e[i].prev, e[i - 1].hash);
    }
    struct store_snapshot s = fixture_read(f);
    assert_int_equal(s.audit_count, 5);
    assert_string_equal(s.audit_head, e[4].hash);
}

static void test_a_store_without_entries_has_an_empty_chain(void **state)
{
    struct fixture *f = *state;
    struct store_audit *e = NULL;
    size_t count = 42;
    assert_true(store_read_audit(f->mem, f->path, &e, &count, &f->err)); /* no store at all */
    assert_int_equal(count, 0);
    fixture_open(f);
    fixture_close(f);
    assert_true(store_read_audit(f->mem, f->path, &e, &count, &f->err));
    assert_int_equal(count, 0);
    assert_null(fixture_read(f).audit_head);
}

/* What somebody does who knows the tables and not the checksums, and what he does who mends those as well. */
static void test_a_changed_entry_is_named(void **state)
{
    static const char *const changes[] = {
        "UPDATE audit SET entry='{\"n\":9}' WHERE seq=3",
        "UPDATE audit SET kind='approval.given' WHERE seq=3",
        "UPDATE audit SET wall_ms=wall_ms-86400000 WHERE seq=3",
        "UPDATE audit SET prev=hash WHERE seq=3",
        "UPDATE audit SET hash=prev WHERE seq=3",
    };
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        struct fixture *f = *state;
        make_chain(f, 5);
        change_by_hand(f, changes[i]);
        check_broken(f, "entry 3 ");
        fixture_remove_folder(arena_print(f->mem, "%s/state", f->folder));
    }
}

/* The row as landfall would write it, checksum and all. */
static void forge(struct fixture *f, const struct store_audit *e)
{
    struct store_db db;
    sqlite3_stmt *s = NULL;
    assert_true(store_db_open(&db, f->path, f->path, SQLITE_OPEN_READWRITE, NULL, &f->err));
    assert_true(store_db_prepare(&db, store_row_sql_put(f->mem, STORE_ROWS_AUDIT, "REPLACE"), &s, &f->err));
    size_t count = store_row_table(STORE_ROWS_AUDIT)->count;
    sqlite3_bind_int64(s, 1, e->seq);
    uint64_t head = store_row_bind(s, 2, STORE_ROWS_AUDIT, e, 0, count);
    sqlite3_bind_int64(s, (int)count + 2,
                       (int64_t)store_row_sum(STORE_ROWS_AUDIT, e->seq, head, STORE_SUM_START));
    assert_true(store_db_run(&db, s, "forging", &f->err));
    store_db_close_stmt(&s);
    store_db_close(&db);
}

static void test_a_forged_entry_with_a_good_checksum_is_named(void **state)
{
    struct fixture *f = *state;
    make_chain(f, 5);
    struct store_audit *e = NULL;
    size_t count = 0;
    assert_true(store_read_audit(f->mem, f->path, &e, &count, &f->err));
    struct store_audit forged = e[2];
    forged.entry = "{\"n\":9}";
    forge(f, &forged);
    check_broken(f, "entry 3 (human.done) is not as it was written");

    /* With its own hash mended, the entry behind it does not follow any more. */
    char hash[DIGEST_HEX];
    store_ledger_hash(&forged, hash);
    forged.hash = hash;
    forge(f, &forged);
    check_broken(f, "entry 4 (approval.used) does not follow the one before it");
}

static void test_a_removed_entry_is_named_wherever_it_was(void **state)
{
    struct fixture *f = *state;
    static const int removed[] = {1, 3, 5};
    for (size_t i = 0; i < COUNT_OF(removed); i++) {
        make_chain(f, 5);
        change_by_hand(f, arena_print(f->mem, "DELETE FROM audit WHERE seq=%d", removed[i]));
        check_broken(f, arena_print(f->mem, "entry %d is missing", removed[i]));
        fixture_remove_folder(arena_print(f->mem, "%s/state", f->folder));
    }
}

static void test_an_entry_that_was_moved_up_into_a_gap_is_found(void **state)
{
    struct fixture *f = *state;
    make_chain(f, 3);
    struct store_audit *e = NULL;
    size_t count = 0;
    assert_true(store_read_audit(f->mem, f->path, &e, &count, &f->err));
    change_by_hand(f, "DELETE FROM audit WHERE seq=3");
    struct store_audit moved = e[2];
    moved.seq = 2;
    forge(f, &moved);
    check_broken(f, "entry 2 (human.done) does not follow the one before it");
}

static void test_reordered_entries_are_found(void **state)
{
    struct fixture *f = *state;
    make_chain(f, 4);
    struct store_audit *e = NULL;
    size_t count = 0;
    assert_true(store_read_audit(f->mem, f->path, &e, &count, &f->err));
    struct store_audit second = e[2], third = e[1];
    second.seq = 2;
    third.seq = 3;
    forge(f, &second);
    forge(f, &third);
    check_broken(f, "entry 2 (human.done) does not follow the one before it");
}

static void test_an_entry_that_landfall_did_not_write_is_found(void **state)
{
    struct fixture *f = *state;
    make_chain(f, 2);
    struct store_audit *e = NULL;
    size_t count = 0;
    assert_true(store_read_audit(f->mem, f->path, &e, &count, &f->err));
    struct store_audit forged = e[1];
    char hash[DIGEST_HEX];
    forged.seq = 3;
    forged.prev = e[1].hash;
    store_ledger_hash(&forged, hash);
    forged.hash = hash;
    forge(f, &forged);
    check_broken(f, "entry 3 was never written by landfall");
}

static void test_a_chain_of_another_lineage_is_not_taken_for_ours(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    put_entries(f, 1, 1);
    fixture_close(f);
    struct store_audit *e = NULL;
    size_t count = 0;
    assert_true(store_read_audit(f->mem, f->path, &e, &count, &f->err));
    struct store_audit other = e[0];
    char genesis[DIGEST_HEX], hash[DIGEST_HEX];
    store_ledger_genesis("ffeeddccbbaa99887766554433221100", genesis);
    other.prev = genesis;
    store_ledger_hash(&other, hash);
    other.hash = hash;
    forge(f, &other);
    check_broken(f, "entry 1 (human.done) does not follow the one before it");
}

/* A writer would hide the gap under new entries. */
static void test_a_writer_does_not_go_on_behind_a_chain_that_lost_its_end(void **state)
{
    struct fixture *f = *state;
    make_chain(f, 3);
    change_by_hand(f, "DELETE FROM audit WHERE seq=3");
    assert_false(fixture_try_open(f));
    assert_string_equal(f->err.code, "store.audit_broken");
    assert_non_null(strstr(f->err.summary, "its last entry should be 3 and is 2"));
}

/* ---- words --------------------------------------------------------------------------------- */

static void put_word(struct fixture *f, const char *kind, const char *address, int generation)
{
    store_put_audit(f->writer, kind,
                    arena_print(f->mem, "{\"address\":\"%s\",\"generation\":%d}", address, generation));
}

/* The entries' numbers, in order. */
static const char *words_of(struct fixture *f, const char *subject)
{
    struct store_audit *e = NULL;
    size_t count = 0;
    struct buf out;
    if (!store_read_words(f->mem, f->path, subject, &e, &count, &f->err))
        return f->err.code;
    buf_init(&out, 0);
    for (size_t i = 0; i < count; i++)
        buf_print(&out, "%s%lld", i ? " " : "", (long long)e[i].seq);
    const char *text = buf_keep(&out, f->mem);
    buf_done(&out);
    return text;
}

static void test_the_newest_word_on_a_step_is_found_and_one_that_is_gone_is_not(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(words_of(f, NULL), ""); /* no store at all */
    fixture_open(f);
    put_word(f, STORE_AUDIT_SEEN, "dns.zone.a", 1);
    put_word(f, STORE_AUDIT_SEEN, "dns.zone.b", 1);
    put_word(f, STORE_AUDIT_SEEN, "dns.zone.c", 1);
    put_word(f, STORE_AUDIT_SEEN, "dns.zone.a", 2);
    put_word(f, STORE_AUDIT_GONE, "dns.zone.a", 1); /* what it replaced */
    put_word(f, STORE_AUDIT_GONE, "dns.zone.b", 1);
    put_word(f, STORE_AUDIT_GONE, "dns.zone.d", 1); /* never seen */
    store_put_audit(f->writer, "human.done", "{\"address\":\"dns.zone.c\"}");
    store_put_audit(f->writer, STORE_AUDIT_SEEN, "{\"holds\":[]}"); /* of no step */
    store_put_audit(f->writer, STORE_AUDIT_DIGEST, "{\"n\":1}");
    store_put_audit(f->writer, STORE_AUDIT_DIGEST, "{\"n\":2}");
    fixture_commit_well(f);
    assert_string_equal(words_of(f, NULL), "3 4 11");
    assert_string_equal(words_of(f, "dns.zone.a"), "4");
    assert_string_equal(words_of(f, "dns.zone.b"), "");
    assert_string_equal(words_of(f, STORE_AUDIT_DIGEST), "11");
    fixture_close(f);
    fixture_open(f); /* by another writer as well */
    put_word(f, STORE_AUDIT_GONE, "dns.zone.a", 2);
    put_word(f, STORE_AUDIT_SEEN, "dns.zone.b", 2);
    fixture_commit_well(f);
    fixture_close(f);
    assert_string_equal(words_of(f, NULL), "3 11 13");
}

static void test_a_word_that_was_changed_cut_or_put_elsewhere_is_not_believed(void **state)
{
    static const struct {
        const char *sql, *code;
    } changes[] = {
        {"UPDATE audit SET entry='{\"address\":\"dns.zone.b\",\"generation\":9}' WHERE seq=2",
         "store.audit_broken"},
        {"DELETE FROM audit WHERE seq=2", "store.audit_broken"},
        {"UPDATE word SET seq=1 WHERE subject='dns.zone.b'", "store.corrupt"},
        {"DELETE FROM word WHERE subject='dns.zone.b'", "store.corrupt"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        fixture_open(f);
        put_word(f, STORE_AUDIT_SEEN, "dns.zone.a", 1);
        put_word(f, STORE_AUDIT_SEEN, "dns.zone.b", 1);
        put_word(f, STORE_AUDIT_SEEN, "dns.zone.c", 1);
        fixture_commit_well(f);
        fixture_close(f);
        change_by_hand(f, changes[i].sql);
        assert_string_equal(words_of(f, NULL), changes[i].code);
        fixture_remove_folder(arena_print(f->mem, "%s/state", f->folder));
    }
}

/* One with a good checksum and its own hash is a word; that the chain does not lead to it is for whoever
 * reads the chain to say. */
static void test_a_forged_word_is_found_by_who_reads_the_chain(void **state)
{
    struct fixture *f = *state;
    struct store_audit *e = NULL;
    size_t count = 0;
    char hash[DIGEST_HEX];
    fixture_open(f);
    put_word(f, STORE_AUDIT_SEEN, "dns.zone.a", 1);
    put_word(f, STORE_AUDIT_SEEN, "dns.zone.b", 1);
    fixture_commit_well(f);
    fixture_close(f);
    assert_true(store_read_audit(f->mem, f->path, &e, &count, &f->err));
    struct store_audit forged = e[0];
    forged.entry = "{\"address\":\"dns.zone.a\",\"generation\":7}";
    forge(f, &forged); /* its hash is the old one's */
    assert_string_equal(words_of(f, NULL), "store.audit_broken");
    store_ledger_hash(&forged, hash);
    forged.hash = hash;
    forge(f, &forged);
    assert_string_equal(words_of(f, NULL), "1 2");
    check_broken(f, "entry 2 (residency.seen) does not follow the one before it");
}

/* ---- notices ------------------------------------------------------------------------------- */

static struct store_notice notice(struct fixture *f, int number)
{
    return (struct store_notice){.key = arena_print(f->mem, "event-%d/slack", number),
                                 .sink = "slack",
                                 .body = arena_print(f->mem, "{\"n\":%d}", number),
                                 .due_ms = 1000 + number,
                                 .state = "due"};
}

static size_t read_notices(struct fixture *f, const char *which, struct store_notice **out)
{
    size_t count = 0;
    if (!store_read_notices(f->mem, f->path, which, out, &count, &f->err))
        fail_msg("%s: %s", f->err.code, f->err.summary);
    return count;
}

static void test_a_notice_is_queued_once_whoever_queues_it_again(void **state)
{
    struct fixture *f = *state;
    struct store_notice *at = NULL, n = notice(f, 1), again = n;
    again.body = "{\"other\":1}";
    fixture_open(f);
    store_put_notice(f->writer, &n);
    store_put_notice(f->writer, &again);
    fixture_commit_well(f);
    fixture_close(f);
    fixture_open(f);
    store_put_notice(f->writer, &again);
    n = notice(f, 2);
    store_put_notice(f->writer, &n);
    fixture_commit_well(f);
    assert_int_equal(read_notices(f, NULL, &at), 2);
    assert_string_equal(at[0].body, "{\"n\":1}");
    assert_string_equal(at[1].body, "{\"n\":2}");
    assert_true(at[0].id > 0 && at[1].id > at[0].id);
}

static void test_an_offered_notice_says_whether_it_was_taken(void **state)
{
    struct fixture *f = *state;
    struct store_notice one = notice(f, 1), two = notice(f, 2);
    bool first = false, again = true, other = false;
    fixture_open(f);
    store_offer_notice(f->writer, &one, &first);
    store_offer_notice(f->writer, &one, &again);
    fixture_commit_well(f);
    assert_true(first);
    assert_false(again);
    fixture_close(f);
    fixture_open(f);
    store_offer_notice(f->writer, &one, &again);
    store_offer_notice(f->writer, &two, &other);
    fixture_commit_well(f);
    assert_false(again);
    assert_true(other);
}

static void test_what_is_open_is_read_with_the_newest_that_were_sent(void **state)
{
    static const char *const states[] = {"sent", "due", "sent", "given_up", "sent", "sent", "due"};
    struct fixture *f = *state;
    struct store_notice *at = NULL;
    const struct store_notice *one = NULL;
    size_t count = 0, total = 0;
    fixture_open(f);
    for (int i = 0; i < (int)COUNT_OF(states); i++) {
        struct store_notice n = notice(f, i);
        n.state = states[i];
        store_put_notice(f->writer, &n);
    }
    fixture_commit_well(f);
    assert_true(store_read_open_notices(f->mem, f->path, 2, &at, &count, &total, &f->err));
    assert_int_equal(total, 7);
    assert_int_equal(count, 5);
    static const int shown[] = {1, 3, 4, 5, 6};
    for (size_t i = 0; i < COUNT_OF(shown); i++)
        assert_string_equal(at[i].key, notice(f, shown[i]).key);
    assert_true(store_read_notice(f->mem, f->path, "event-3/slack", &one, &f->err));
    assert_string_equal(one->state, "given_up");
    assert_int_equal(one->id, 4);
    fixture_close(f);

    /* One that is due and was lost is missed here as well. */
    change_by_hand(f, "DELETE FROM notice WHERE state='due' AND id=2");
    assert_false(store_read_open_notices(f->mem, f->path, 2, &at, &count, &total, &f->err));
    assert_string_equal(f->err.code, "store.corrupt");
}

static void test_a_moved_notice_keeps_its_sink_and_body(void **state)
{
    struct fixture *f = *state;
    struct store_notice *at = NULL;
    fixture_open(f);
    for (int i = 0; i < 4; i++) {
        struct store_notice n = notice(f, i);
        store_put_notice(f->writer, &n);
    }
    store_move_notice(f->writer,
                      &(struct store_notice){.key = "event-1/slack", .state = "sent", .attempt = 1});
    store_move_notice(
        f->writer,
        &(struct store_notice){.key = "event-2/slack", .state = "given_up", .attempt = 9, .why = "410"});
    store_move_notice(
        f->writer,
        &(struct store_notice){
            .key = "event-3/slack", .state = "due", .attempt = 2, .due_ms = 5000, .why = "timed out"});
    fixture_commit_well(f);
    fixture_close(f);
    fixture_open(f); /* verifies what is due */
    fixture_close(f);
    assert_int_equal(read_notices(f, "due", &at), 2);
    assert_string_equal(at[0].key, "event-0/slack");
    assert_string_equal(at[1].key, "event-3/slack");
    assert_string_equal(at[1].why, "timed out");
    assert_string_equal(at[1].body, "{\"n\":3}");
    assert_string_equal(at[1].sink, "slack");
    assert_int_equal(at[1].attempt, 2);
    assert_int_equal(at[1].due_ms, 5000);
    assert_int_equal(read_notices(f, "sent", &at), 1);
    assert_int_equal(read_notices(f, "given_up", &at), 1);
    assert_string_equal(at[0].why, "410");
}

static void test_moving_a_notice_that_was_never_queued_fails(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    store_move_notice(f->writer, &(struct store_notice){.key = "none/slack", .state = "sent"});
    assert_false(fixture_commit(f));
    assert_string_equal(f->err.code, "store.no_notice");
}

static void test_a_due_notice_that_vanished_is_noticed(void **state)
{
    struct fixture *f = *state;
    struct store_notice *at = NULL, n = notice(f, 1);
    size_t count = 0;
    fixture_open(f);
    store_put_notice(f->writer, &n);
    fixture_commit_well(f);
    fixture_close(f);
    change_by_hand(f, "DELETE FROM notice");
    assert_false(store_read_notices(f->mem, f->path, "due", &at, &count, &f->err));
    assert_string_equal(f->err.code, "store.corrupt");
    assert_false(fixture_try_open(f));
    assert_string_equal(f->err.code, "store.corrupt");
}

/* ---- approvals ----------------------------------------------------------------------------- */

static struct store_run approved_run(const char *run_id, const char *digest, const struct store_approval *at,
                                     size_t count)
{
    struct store_run run = fixture_run(run_id, digest);
    run.approvals = at;
    run.approval_count = count;
    return run;
}

static void test_approvals_are_spent_with_the_run_they_open(void **state)
{
    struct fixture *f = *state;
    const struct store_approval two[] = {
        {.nonce = "n1", .plan_digest = "digest-1", .json = "{\"by\":\"ada\"}"},
        {.nonce = "n2", .plan_digest = "digest-1", .json = "{\"by\":\"bob\"}"},
    };
    struct store_run run = approved_run("run-1", "digest-1", two, 2);
    fixture_open(f);
    store_put_run(f->writer, &run);
    fixture_commit_well(f);
    run.state = "partial"; /* updated without approvals: those it has stay */
    run.approvals = NULL;
    run.approval_count = 0;
    store_put_run(f->writer, &run);
    fixture_commit_well(f);
    fixture_close(f);
    fixture_open(f);
    fixture_close(f);
    struct store_approval *at = NULL;
    size_t count = 0;
    assert_true(store_read_approvals(f->mem, f->path, &at, &count, &f->err));
    assert_int_equal(count, 2);
    assert_string_equal(at[0].nonce, "n1");
    assert_string_equal(at[1].json, "{\"by\":\"bob\"}");
    assert_int_equal(fixture_read(f).approval_count, 2);
    assert_string_equal(at[1].run_id, "run-1");
    assert_string_equal(at[1].plan_digest, "digest-1");
}

static void test_an_approval_that_was_spent_opens_no_other_run(void **state)
{
    struct fixture *f = *state;
    const struct store_approval one = {.nonce = "n1", .plan_digest = "digest-1", .json = "{}"};
    const struct store_approval both[] = {{.nonce = "n2", .plan_digest = "digest-2", .json = "{}"}, one};
    struct store_run run = approved_run("run-1", "digest-1", &one, 1);
    fixture_open(f);
    store_put_run(f->writer, &run);
    fixture_commit_well(f);
    run = approved_run("run-2", "digest-2", both, 2);
    store_put_run(f->writer, &run);
    assert_false(fixture_commit(f));
    assert_string_equal(f->err.code, "store.approval_used");
    assert_non_null(strstr(f->err.summary, "by run run-1"));
    fixture_close(f);

    /* Neither the run nor the other approval was kept. */
    struct store_approval *at = NULL;
    struct store_run *runs = NULL;
    size_t count = 0, run_count = 0;
    assert_true(store_read_approvals(f->mem, f->path, &at, &count, &f->err));
    assert_true(store_read_runs(f->mem, f->path, &runs, &run_count, &f->err));
    assert_int_equal(count, 1);
    assert_int_equal(run_count, 1);
}

static void test_a_spent_approval_that_vanished_is_noticed(void **state)
{
    struct fixture *f = *state;
    const struct store_approval one = {.nonce = "n1", .plan_digest = "digest-1", .json = "{}"};
    struct store_run run = approved_run("run-1", "digest-1", &one, 1);
    struct store_approval *at = NULL;
    size_t count = 0;
    fixture_open(f);
    store_put_run(f->writer, &run);
    fixture_commit_well(f);
    fixture_close(f);
    change_by_hand(f, "DELETE FROM approval");
    assert_false(store_read_approvals(f->mem, f->path, &at, &count, &f->err));
    assert_string_equal(f->err.code, "store.corrupt");
    assert_false(fixture_try_open(f));
    assert_string_equal(f->err.code, "store.corrupt");
}

/* What a new yes was given to is what a resume goes by from then on. */
static void test_an_update_that_spends_approvals_replaces_the_plan_and_others_do_not(void **state)
{
    struct fixture *f = *state;
    const struct store_approval more = {.nonce = "n1", .plan_digest = "digest-2", .json = "{}"};
    struct store_run run = fixture_run("run-1", "digest-1");
    fixture_open(f);
    store_put_run(f->writer, &run);
    fixture_commit_well(f);
    run.plan = "{\"steps\":8}";
    store_put_run(f->writer, &run);
    fixture_commit_well(f);
    assert_string_equal(fixture_read(f).last_run->plan, "{\"steps\":7}");
    run.approvals = &more;
    run.approval_count = 1;
    store_put_run(f->writer, &run);
    fixture_commit_well(f);
    struct store_snapshot s = fixture_read(f);
    assert_string_equal(s.last_run->plan, "{\"steps\":8}");
    assert_string_equal(s.last_run->plan_digest, "digest-1");
}

static void test_the_operations_of_a_run_are_read_in_any_state(void **state)
{
    struct fixture *f = *state;
    struct store_op *ops = NULL;
    size_t count = 0;
    fixture_open(f);
    for (int i = 0; i < 4; i++) {
        struct store_op op = fixture_op(f, i);
        op.run_id = i == 1 ? "run-2" : "run-1";
        store_put_op(f->writer, &op);
        op.state = i == 0 ? STORE_OP_DONE : i == 2 ? STORE_OP_FAILED : STORE_OP_DOUBT;
        store_move_op(f->writer, STORE_OP_INTENT, 1, &op);
    }
    fixture_commit_well(f);
    assert_true(store_read_ops_of_run(f->mem, f->path, "run-1", &ops, &count, &f->err));
    assert_int_equal(count, 3);
    assert_string_equal(ops[0].address, "dns.record.r0");
    assert_int_equal(ops[1].state, STORE_OP_FAILED);
    assert_int_equal(ops[2].state, STORE_OP_DOUBT);
}

/* Three runs, the last of which goes on after a writer ended: what is its own, and what came after. */
static void test_the_newest_run_is_told_without_the_ones_before(void **state)
{
    struct fixture *f = *state;
    struct store_event *events = NULL;
    struct store_op *ops = NULL;
    size_t count = 0;
    for (int i = 0; i < 4; i++) {
        const char *id = arena_print(f->mem, "run-%d", i < 3 ? i : 2);
        struct store_run run = fixture_run(id, arena_print(f->mem, "digest-%d", i));
        struct store_op op = fixture_op(f, i);
        fixture_open(f);
        store_put_run(f->writer, &run);
        store_put_event(f->writer, &(struct event){.kind = EVENT_STEP_DONE,
                                                   .run_id = id,
                                                   .address = arena_print(f->mem, "dns.record.r%d", i)});
        op.run_id = id;
        op.state = STORE_OP_DONE;
        store_put_op(f->writer, &op);
        fixture_commit_well(f);
        fixture_close(f);
    }
    assert_true(store_read_new_events(f->mem, f->path, 10, &events, &count, &f->err));
    assert_int_equal(count, 2);
    assert_string_equal(events[0].address, "dns.record.r2");
    assert_string_equal(events[1].address, "dns.record.r3");
    assert_true(store_read_ops_of_run(f->mem, f->path, "run-2", &ops, &count, &f->err));
    assert_int_equal(count, 2);
    assert_true(store_read_ops_of_run(f->mem, f->path, "run-0", &ops, &count, &f->err));
    assert_int_equal(count, 1);
    struct store_snapshot s = fixture_read(f);
    assert_string_equal(s.last_run->run_id, "run-2");
    assert_int_equal(s.last_run->done, 2);
}

static void test_a_newest_run_that_vanished_or_is_an_older_one_is_noticed(void **state)
{
    static const char *const changes[] = {"DELETE FROM run WHERE id=2", "DELETE FROM run",
                                          "UPDATE run SET id=id+2 WHERE id=1"};
    struct fixture *f = *state;
    struct store_snapshot s;
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        fixture_open(f);
        for (int n = 0; n < 2; n++) {
            struct store_run run =
                fixture_run(arena_print(f->mem, "run-%d", n), arena_print(f->mem, "d-%d", n));
            store_put_run(f->writer, &run);
        }
        fixture_commit_well(f);
        fixture_close(f);
        change_by_hand(f, changes[i]);
        assert_false(store_read(f->mem, f->path, &s, &f->err));
        assert_string_equal(f->err.code, "store.corrupt");
        fixture_remove_folder(arena_print(f->mem, "%s/state", f->folder));
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_chain_is_read_as_it_was_written_and_its_end_is_in_the_snapshot),
        TEST(test_a_store_without_entries_has_an_empty_chain),
        TEST(test_a_changed_entry_is_named),
        TEST(test_a_forged_entry_with_a_good_checksum_is_named),
        TEST(test_a_removed_entry_is_named_wherever_it_was),
        TEST(test_an_entry_that_was_moved_up_into_a_gap_is_found),
        TEST(test_reordered_entries_are_found),
        TEST(test_an_entry_that_landfall_did_not_write_is_found),
        TEST(test_a_chain_of_another_lineage_is_not_taken_for_ours),
        TEST(test_a_writer_does_not_go_on_behind_a_chain_that_lost_its_end),
        TEST(test_the_newest_word_on_a_step_is_found_and_one_that_is_gone_is_not),
        TEST(test_a_word_that_was_changed_cut_or_put_elsewhere_is_not_believed),
        TEST(test_a_forged_word_is_found_by_who_reads_the_chain),
        TEST(test_a_notice_is_queued_once_whoever_queues_it_again),
        TEST(test_an_offered_notice_says_whether_it_was_taken),
        TEST(test_what_is_open_is_read_with_the_newest_that_were_sent),
        TEST(test_a_moved_notice_keeps_its_sink_and_body),
        TEST(test_moving_a_notice_that_was_never_queued_fails),
        TEST(test_a_due_notice_that_vanished_is_noticed),
        TEST(test_approvals_are_spent_with_the_run_they_open),
        TEST(test_an_approval_that_was_spent_opens_no_other_run),
        TEST(test_a_spent_approval_that_vanished_is_noticed),
        TEST(test_an_update_that_spends_approvals_replaces_the_plan_and_others_do_not),
        TEST(test_the_operations_of_a_run_are_read_in_any_state),
        TEST(test_the_newest_run_is_told_without_the_ones_before),
        TEST(test_a_newest_run_that_vanished_or_is_an_older_one_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
