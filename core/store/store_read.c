#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "store/store_cursor.h"
#include "store/store_lock.h"
#include "store/store_source.h"

#define ENDED "state NOT IN (4, 5)" /* STORE_OP_DONE, STORE_OP_FAILED */
_Static_assert(STORE_OP_DONE == 4 && STORE_OP_FAILED == 5, "the SQL above says so");

const char *store_op_state_name(enum store_op_state s)
{
    static const char *const names[] = {
        [STORE_OP_INTENT] = "INTENT", [STORE_OP_DOUBT] = "DOUBT",   [STORE_OP_SETTLING] = "SETTLING",
        [STORE_OP_DONE] = "DONE",     [STORE_OP_FAILED] = "FAILED", [STORE_OP_CONFLICT] = "CONFLICT",
        [STORE_OP_HELD] = "HELD",
    };
    return s >= STORE_OP_INTENT && s <= STORE_OP_HELD ? names[s] : "?";
}

/* ---- the snapshot -------------------------------------------------------------------------- */

/* A snapshot is read in one transaction, so that rows, ops, run and serial belong to the same commit.  Each
 * table is verified twice: every row by its checksum, and all of them together by the tally in meta. */

static int compare_res(const void *a, const void *b)
{
    const struct store_res *one = a, *other = b;
    int order = strcmp(one->address, other->address);
    return order ? order : (one->generation > other->generation) - (one->generation < other->generation);
}

/* Rows lie in the order they were first written.  They are sorted here rather than by an index, which would
 * cost every commit a page. */
static bool sort_res(struct store_res *at, size_t count, const char *path, struct err *err)
{
    size_t i = 1;
    while (i < count && compare_res(&at[i - 1], &at[i]) < 0)
        i++;
    if (i >= count)
        return true;
    qsort(at, count, sizeof(*at), compare_res);
    for (i = 1; i < count; i++) {
        if (compare_res(&at[i - 1], &at[i]) != 0)
            continue;
        char what[512];
        snprintf(what, sizeof(what), "table 'res' holds generation %" PRId64 " of step '%s' twice",
                 at[i].generation, at[i].address);
        return store_db_corrupt(path, what, err);
    }
    return true;
}

static bool read_res(struct store_source *s, struct arena *mem, struct store_snapshot *out, struct err *err)
{
    struct store_cursor c AUTO(store_cursor_close) = {0};
    if (!store_cursor_open(&c, &s->db, STORE_ROWS_RES, "", err))
        return false;
    size_t room = s->meta.res.count > 0 ? (size_t)s->meta.res.count : 0;
    struct store_res *at = ARENA_ARRAY(mem, struct store_res, room), row = {0};
    struct store_tally found = {0};
    bool more = true;
    while (store_cursor_next(&c, mem, &row, &more, err) && more) {
        if ((size_t)found.count < room)
            at[found.count] = row;
        store_tally_add(&found, c.sum);
    }
    if (more || !store_tally_check(&found, &s->meta.res, s->db.path, "res", err))
        return false;
    if (!sort_res(at, room, s->db.path, err))
        return false;
    out->res = at;
    out->res_count = room;
    return true;
}

/* From the first unfinished op on, not from the beginning: history grows for years, what is open does not. */
static bool read_open_ops(struct store_source *s, struct arena *mem, struct store_snapshot *out,
                          struct err *err)
{
    struct store_cursor c AUTO(store_cursor_close) = {0};
    if (!store_cursor_open(&c, &s->db, STORE_ROWS_OP, "WHERE id>=? AND " ENDED " ORDER BY id", err))
        return false;
    sqlite3_bind_int64(c.stmt, 1, s->meta.op_first);
    ARRAY(struct store_op) ops = {0};
    struct store_op row = {0};
    struct store_tally found = {0};
    bool more = true;
    while (store_cursor_next(&c, mem, &row, &more, err) && more) {
        ARRAY_PUSH(&ops, row);
        store_tally_add(&found, c.sum);
    }
    out->ops = ARRAY_KEEP(&ops, mem);
    out->op_count = ops.count;
    ARRAY_DONE(&ops);
    return !more && store_tally_check(&found, &s->meta.op, s->db.path, "op", err);
}

/* The text of a body table's row `id`, or NULL. */
static bool read_body(struct store_source *s, struct arena *mem, enum store_rows rows, int64_t id,
                      const char **out, struct err *err)
{
    struct store_cursor c AUTO(store_cursor_close) = {0};
    struct store_body body = {0};
    bool found = false;
    if (!store_cursor_open(&c, &s->db, rows, "WHERE id=?", err))
        return false;
    sqlite3_bind_int64(c.stmt, 1, id);
    if (!store_cursor_next(&c, mem, &body, &found, err))
        return false;
    *out = found ? body.body : NULL;
    return true;
}

const char *store_run_state(const struct store_run *run)
{
    return run->killed ? "killed" : run->state;
}

/* What was done for a run since it was opened, by it, by who settled what it left open, or by people until a
 * later run had something to say. */
#define DONE_FOR_RUN                                                                                         \
    "WHERE seq>=?2 AND ((run_id=?1 AND kind='step.done') OR (kind='resolved' AND verb='done' AND "           \
    "seq>(SELECT MIN(seq) FROM event WHERE seq>=?2 AND run_id=?1) AND "                                      \
    "seq<IFNULL((SELECT MIN(seq) FROM event WHERE seq>=?2 AND run_id IN (SELECT run_id FROM run WHERE "      \
    "id>(SELECT id FROM run WHERE run_id=?1))),9223372036854775807))) ORDER BY seq"

/* Where events of the newest run begin is known, which spares reading those of years. */
static bool count_done(struct store_source *s, int64_t since, struct store_run *run, struct err *err)
{
    struct store_cursor c AUTO(store_cursor_close) = {0};
    struct store_event row = {0};
    bool more = true;
    if (!store_cursor_open(&c, &s->db, STORE_ROWS_EVENT, DONE_FOR_RUN, err))
        return false;
    sqlite3_bind_text(c.stmt, 1, run->run_id, -1, SQLITE_STATIC);
    sqlite3_bind_int64(c.stmt, 2, since);
    struct arena *tmp = arena_new();
    struct map *done = map_new();
    while (store_cursor_next(&c, tmp, &row, &more, err) && more) {
        if (row.address)
            map_put(done, row.address, done);
    }
    int64_t count = (int64_t)map_count(done);
    count = count < run->total ? count : run->total;
    if (count > run->done)
        run->done = count;
    map_free(done);
    arena_free(tmp);
    return !more;
}

/* Whoever works on the region has the lock: it took it before it opened its run, or to resume this one. */
static bool is_going_on(const struct store_source *s, const struct store_run *run)
{
    const struct store_lock_facts *holder = &s->holder;
    return s->held && (!holder->command || holder->started_ms <= run->started_ms ||
                       str_equal(holder->command, "resume"));
}

/* The row of a run is written when it is opened and when it ends.  How far one came that is under way, or was
 * killed, is told by the events that were committed with each step; which of both, by the lock. */
static bool complete_run(struct store_source *s, bool newest, struct store_run *run, struct err *err)
{
    if (!str_equal(run->state, "running"))
        return true;
    run->killed = !newest || !is_going_on(s, run);
    return count_done(s, newest ? s->meta.run_event : 0, run, err);
}

/* All runs as they are on record, oldest first, verified together. */
static bool read_runs(struct store_source *s, struct arena *mem, struct store_run **out, size_t *count,
                      struct err *err)
{
    struct store_cursor c AUTO(store_cursor_close) = {0};
    if (!store_cursor_open(&c, &s->db, STORE_ROWS_RUN, "ORDER BY id", err))
        return false;
    ARRAY(struct store_run) runs = {0};
    struct store_run row = {0};
    struct store_tally found = {0};
    bool more = true;
    while (store_cursor_next(&c, mem, &row, &more, err) && more) {
        ARRAY_PUSH(&runs, row);
        store_tally_add(&found, c.sum);
    }
    bool good = !more && store_tally_check(&found, &s->meta.run, s->db.path, "run", err);
    if (good) {
        *out = ARRAY_KEEP(&runs, mem);
        *count = runs.count;
    }
    ARRAY_DONE(&runs);
    return good;
}

/* An older store does not know its newest run by itself: the tally of all of them says that none is missing.
 */
static bool check_newest(struct store_source *s, struct arena *mem, uint64_t sum, struct err *err)
{
    struct store_run *runs = NULL;
    size_t count = 0;
    if (s->meta.schema < 3)
        return read_runs(s, mem, &runs, &count, err);
    return (uint64_t)s->meta.run_newest == sum ||
           store_db_corrupt(s->db.path, "table 'run' does not end with the run that was written last", err);
}

static bool read_last_run(struct store_source *s, struct arena *mem, struct store_snapshot *out,
                          struct err *err)
{
    struct store_cursor c AUTO(store_cursor_close) = {0};
    struct store_run *run = ARENA_NEW(mem, struct store_run);
    bool found = false;
    if (!store_cursor_open(&c, &s->db, STORE_ROWS_RUN, "ORDER BY id DESC LIMIT 1", err) ||
        !store_cursor_next(&c, mem, run, &found, err) || !check_newest(s, mem, found ? c.sum : 0, err))
        return false;
    if (!found)
        return true;
    out->last_run = run;
    return complete_run(s, true, run, err) && read_body(s, mem, STORE_ROWS_PLAN, c.id, &run->plan, err);
}

/* The fence only; who holds the lock is told by the lock file. */
static bool read_lock(struct store_source *s, struct arena *mem, struct store_snapshot *out, struct err *err)
{
    struct store_cursor c AUTO(store_cursor_close) = {0};
    struct store_lock_facts lock = {0};
    bool found = false;
    if (!store_cursor_open(&c, &s->db, STORE_ROWS_LOCK, "WHERE id=1", err) ||
        !store_cursor_next(&c, mem, &lock, &found, err))
        return false;
    out->fence = lock.fence;
    return found || store_db_corrupt(s->db.path, "table 'lock' is empty", err);
}

static const struct store_holder *holder_of(struct arena *mem, const struct store_source *s)
{
    if (!s->held || s->holder.pid == getpid())
        return NULL;
    struct store_holder *holder = ARENA_NEW(mem, struct store_holder);
    *holder = (struct store_holder){.command = s->holder.command,
                                    .host = s->holder.host,
                                    .pid = s->holder.pid,
                                    .since_ms = s->holder.started_ms};
    return holder;
}

bool store_read(struct arena *mem, const char *path, struct store_snapshot *out, struct err *err)
{
    struct store_source s AUTO(store_source_close) = {0};
    struct store_snapshot snap = {0};
    if (!store_source_open(mem, path, &s, &snap.exists, err))
        return false;
    if (snap.exists) {
        uint8_t *key = arena_alloc(mem, DIGEST_KEY);
        store_meta_key(&s.meta, key);
        snap.digest_key = key;
        snap.holder = holder_of(mem, &s);
        snap.lineage = s.meta.lineage;
        snap.serial = s.meta.serial;
        snap.epoch = s.meta.epoch;
        snap.audit_count = s.meta.audit_count;
        snap.approval_count = s.meta.approval.count;
        snap.audit_head = s.meta.audit_count > 0 ? s.meta.audit_head : NULL;
        if (!read_lock(&s, mem, &snap, err) || !read_res(&s, mem, &snap, err) ||
            !read_open_ops(&s, mem, &snap, err) || !read_last_run(&s, mem, &snap, err) ||
            !read_body(&s, mem, STORE_ROWS_OUTPUT, 1, &snap.outputs, err))
            return false;
    }
    *out = snap;
    return true;
}

bool store_read_brief(struct arena *mem, const char *path, struct store_brief *out, struct err *err)
{
    struct store_source s AUTO(store_source_close) = {0};
    struct store_brief brief = {0};
    struct store_snapshot ops = {0};
    if (!store_source_open(mem, path, &s, &brief.exists, err))
        return false;
    if (brief.exists) {
        brief.lineage = s.meta.lineage;
        brief.serial = s.meta.serial;
        if (!read_open_ops(&s, mem, &ops, err) ||
            !read_body(&s, mem, STORE_ROWS_OUTPUT, 1, &brief.outputs, err))
            return false;
        brief.open_ops = ops.op_count;
    }
    *out = brief;
    return true;
}

/* ---- single questions ---------------------------------------------------------------------- */

/* address NULL: of all.  new: since the newest run was opened. */
static bool read_events(struct arena *mem, const char *path, const char *address, bool new, size_t max,
                        struct store_event **out, size_t *count, struct err *err)
{
    struct store_source s AUTO(store_source_close) = {0};
    struct store_cursor c AUTO(store_cursor_close) = {0};
    ARRAY(struct store_event) events = {0};
    struct store_event row = {0};
    bool exists = false, more = true;
    if (!store_source_open(mem, path, &s, &exists, err))
        return false;
    if (exists && max > 0) {
        if (!store_cursor_open(&c, &s.db, STORE_ROWS_EVENT,
                               "WHERE seq>=?2 AND (?1 IS NULL OR address=?1) ORDER BY seq DESC", err))
            return false;
        sqlite3_bind_text(c.stmt, 1, address, -1, SQLITE_STATIC);
        sqlite3_bind_int64(c.stmt, 2, new ? s.meta.run_event : 0);
        while (events.count < max && store_cursor_next(&c, mem, &row, &more, err) && more) {
            row.seq = c.id;
            ARRAY_PUSH(&events, row);
        }
        if (more && events.count < max) {
            ARRAY_DONE(&events);
            return false;
        }
    }
    /* The newest were read first. */
    for (size_t i = 0; i < events.count / 2; i++) {
        struct store_event swap = events.at[i];
        events.at[i] = events.at[events.count - 1 - i];
        events.at[events.count - 1 - i] = swap;
    }
    *out = ARRAY_KEEP(&events, mem);
    *count = events.count;
    ARRAY_DONE(&events);
    return true;
}

bool store_read_events(struct arena *mem, const char *path, const char *address, size_t max,
                       struct store_event **out, size_t *count, struct err *err)
{
    return read_events(mem, path, address, false, max, out, count, err);
}

bool store_read_new_events(struct arena *mem, const char *path, size_t max, struct store_event **out,
                           size_t *count, struct err *err)
{
    return read_events(mem, path, NULL, true, max, out, count, err);
}

bool store_read_runs(struct arena *mem, const char *path, struct store_run **out, size_t *count,
                     struct err *err)
{
    struct store_source s AUTO(store_source_close) = {0};
    struct store_run *runs = NULL;
    size_t run_count = 0;
    bool exists = false;
    if (!store_source_open(mem, path, &s, &exists, err))
        return false;
    if (exists && !read_runs(&s, mem, &runs, &run_count, err))
        return false;
    for (size_t i = 0; i < run_count; i++) {
        if (!complete_run(&s, i + 1 == run_count, &runs[i], err))
            return false;
    }
    *out = runs;
    *count = run_count;
    return true;
}

bool store_read_run_of_plan(struct arena *mem, const char *path, const char *plan_digest,
                            const struct store_run **out, struct err *err)
{
    struct store_source s AUTO(store_source_close) = {0};
    struct store_cursor c AUTO(store_cursor_close) = {0};
    struct store_run *run = ARENA_NEW(mem, struct store_run);
    bool exists = false, found = false;
    if (!store_source_open(mem, path, &s, &exists, err))
        return false;
    if (exists) {
        if (!store_cursor_open(&c, &s.db, STORE_ROWS_RUN, "WHERE plan_digest=?", err))
            return false;
        sqlite3_bind_text(c.stmt, 1, plan_digest, -1, SQLITE_STATIC);
        if (!store_cursor_next(&c, mem, run, &found, err))
            return false;
    }
    *out = found ? run : NULL;
    return true;
}

/* key is the tail's first parameter; the second, where there is one, is where the newest run begins. */
static bool read_ops(struct arena *mem, const char *path, const char *tail, const char *key,
                     struct store_op **out, size_t *count, struct err *err)
{
    struct store_source s AUTO(store_source_close) = {0};
    struct store_cursor c AUTO(store_cursor_close) = {0};
    ARRAY(struct store_op) ops = {0};
    struct store_op row = {0};
    bool exists = false, more = true;
    if (!store_source_open(mem, path, &s, &exists, err))
        return false;
    if (exists) {
        if (!store_cursor_open(&c, &s.db, STORE_ROWS_OP, tail, err))
            return false;
        sqlite3_bind_text(c.stmt, 1, key, -1, SQLITE_STATIC);
        if (sqlite3_bind_parameter_count(c.stmt) > 1)
            sqlite3_bind_int64(c.stmt, 2, s.meta.run_op);
        while (store_cursor_next(&c, mem, &row, &more, err) && more)
            ARRAY_PUSH(&ops, row);
    }
    bool good = !exists || !more;
    if (good) {
        *out = ARRAY_KEEP(&ops, mem);
        *count = ops.count;
    }
    ARRAY_DONE(&ops);
    return good;
}

bool store_read_ops_of(struct arena *mem, const char *path, const char *address, struct store_op **out,
                       size_t *count, struct err *err)
{
    return read_ops(mem, path, "WHERE address=? ORDER BY id DESC", address, out, count, err);
}

/* Those of the newest run are at the end of the table; it is a resume that asks for them. */
#define OF_RUN                                                                                               \
    "WHERE id>=coalesce((SELECT CASE run_id WHEN ?1 THEN ?2 ELSE 0 END FROM run ORDER BY id DESC LIMIT 1)"   \
    ", 0) AND run_id=?1 ORDER BY id"

bool store_read_ops_of_run(struct arena *mem, const char *path, const char *run_id, struct store_op **out,
                           size_t *count, struct err *err)
{
    return read_ops(mem, path, OF_RUN, run_id, out, count, err);
}

/* The address of the newest row of a table that carries the marker, or NULL. */
static bool find_marker(struct store_source *s, struct arena *mem, enum store_rows rows, const char *marker,
                        const char **address, struct err *err)
{
    struct store_cursor c AUTO(store_cursor_close) = {0};
    union {
        struct store_res res;
        struct store_op op;
    } row = {0};
    bool found = false;
    if (!store_cursor_open(&c, &s->db, rows, "WHERE marker=? ORDER BY id DESC", err))
        return false;
    sqlite3_bind_text(c.stmt, 1, marker, -1, SQLITE_STATIC);
    if (!store_cursor_next(&c, mem, &row, &found, err))
        return false;
    if (found)
        *address = rows == STORE_ROWS_RES ? row.res.address : row.op.address;
    return true;
}

/* Markers have no index: this is asked when something foreign is found, and then an answer may take the time
 * of one walk through history. */
bool store_read_marker(struct arena *mem, const char *path, const char *marker, const char **address,
                       struct err *err)
{
    struct store_source s AUTO(store_source_close) = {0};
    const char *at = NULL;
    bool exists = false;
    if (!store_source_open(mem, path, &s, &exists, err))
        return false;
    if (exists && !find_marker(&s, mem, STORE_ROWS_RES, marker, &at, err))
        return false;
    if (exists && !at && !find_marker(&s, mem, STORE_ROWS_OP, marker, &at, err))
        return false;
    *address = at;
    return true;
}
