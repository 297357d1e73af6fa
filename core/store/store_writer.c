#include "store/store.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/tick.h"
#include "io/loop.h"
#include "model/event.h"
#include "store/store_batch.h"
#include "store/store_calls.h"
#include "store/store_commit.h"
#include "store/store_lock.h"
#include "store/store_meta.h"
#include "store/store_row.h"

/* Intents in one commit: beyond some hundred, one fsync costs nothing per step, and a longer transaction only
 * makes those wait who are in it. */
#define OPS_MAX 1024

/* Pages of log to move into the file when nobody waits, and at the latest.  A short log is written over and
 * over in place, which spares each commit the growing of a file: SQLite's own default serves well.  A commit
 * must not find more than 64 MiB in front of it when the writer never rests. */
#define BACKLOG_IDLE 1000
#define BACKLOG_BUSY 16384

/* In a chain the next batch comes right after the answer, sooner than a sleeping thread wakes on a virtual
 * machine.  Lingering this long made a chain of 2 000 commits 8 % faster; yielding, because the loop's thread
 * is often woken on this very core. */
#define LINGER_NS 100000

/* Cleared batches kept for the next turns. */
#define SPARE_MAX 4

/* Two threads and one lock.  The loop's side fills `current` and hands it over; the thread takes what is
 * queued, commits it and puts it among the answered; the loop's side calls back and uses the memory again.  A
 * batch belongs to exactly one of these four places, so nothing in it needs a lock of its own. */
struct store_writer {
    struct arena *mem;
    struct loop *loop;
    struct loop_waker *waker;
    struct loop_hook *hook;
    struct store_commit *commit; /* the thread's, while it runs */
    struct store_calls *calls;
    const char *lineage;
    uint8_t digest_key[DIGEST_KEY];
    int64_t fence;
    int lock_fd;

    /* The loop's side. */
    struct store_batch *current;
    struct store_batches spare;
    size_t spare_count;
    size_t in_flight; /* batches handed over and not yet back */
    bool broken;      /* failed, as far as the loop knows */
    bool answering;   /* in a turn whose end is sure to come */
    uint64_t commits, rows;

    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t bell;   /* the thread waits here for work */
    struct store_batches queue, answered;
    uint64_t commits_answered;
    atomic_bool has_work; /* read without the lock while lingering */
    bool stopping;
    bool failed; /* for good; why is not written again */
    struct err why;
};

/* ---- the writer's thread ------------------------------------------------------------------- */

/* Takes as many batches as fit one commit, in order: at least one, whole ones only.  Called locked. */
static struct store_batches take_work(struct store_writer *w)
{
    struct store_batches work = {0};
    size_t ops = 0;
    while (w->queue.first && (!work.first || ops + w->queue.first->ops <= OPS_MAX)) {
        struct store_batch *b = store_batches_pop(&w->queue);
        ops += b->ops;
        store_batches_push(&work, b);
    }
    atomic_store_explicit(&w->has_work, w->queue.first != NULL, memory_order_relaxed);
    return work;
}

/* A batch of callbacks only, as when somebody asks whether everything so far is durable, costs no commit. */
static bool has_rows(const struct store_batch *b)
{
    while (b && b->rows == 0)
        b = b->next;
    return b != NULL;
}

/* Called locked.  The first failure is the one to tell; those after it follow from it. */
static void set_failed(struct store_writer *w, const struct err *why)
{
    if (!w->failed)
        w->why = *why;
    w->failed = true;
}

/* Hands batches back to the loop, in the order in which they came. */
static void answer(struct store_writer *w, struct store_batches *work, bool ok, bool committed)
{
    pthread_mutex_lock(&w->mutex);
    if (committed)
        w->commits_answered++;
    for (struct store_batch *b; (b = store_batches_pop(work));) {
        b->ok = ok;
        store_batches_push(&w->answered, b);
    }
    pthread_mutex_unlock(&w->mutex);
    loop_wake(w->waker);
}

/* After the answer went out: the loop works on while the log is moved.  What fails here was committed, but
 * nothing may be written any more. */
static void keep_log_short(struct store_writer *w, bool idle)
{
    struct err err;
    if (store_commit_backlog(w->commit) < (idle ? BACKLOG_IDLE : BACKLOG_BUSY) ||
        store_commit_checkpoint(w->commit, &err))
        return;
    pthread_mutex_lock(&w->mutex);
    set_failed(w, &err);
    pthread_mutex_unlock(&w->mutex);
}

static void linger(struct store_writer *w)
{
    struct tick tick = tick_real(); /* the machine's, also under a virtual loop: this waits for a thread */
    int64_t end = tick.mono_ns(tick.user) + LINGER_NS;
    while (!atomic_load_explicit(&w->has_work, memory_order_relaxed) && tick.mono_ns(tick.user) < end)
        sched_yield();
}

/* One commit.  Returns false when there is nothing left to do. */
static bool work_once(struct store_writer *w)
{
    pthread_mutex_lock(&w->mutex);
    while (!w->queue.first && !w->stopping)
        pthread_cond_wait(&w->bell, &w->mutex);
    struct store_batches work = take_work(w);
    bool failed = w->failed;
    pthread_mutex_unlock(&w->mutex);
    if (!work.first)
        return false;

    struct err err;
    bool commits = !failed && has_rows(work.first);
    bool ok = !failed && (!commits || store_commit_run(w->commit, work.first, &err));
    pthread_mutex_lock(&w->mutex);
    if (!ok && !failed)
        set_failed(w, &err);
    bool idle = !w->queue.first;
    pthread_mutex_unlock(&w->mutex);
    answer(w, &work, ok, ok && commits);
    if (ok)
        keep_log_short(w, idle);
    if (idle)
        linger(w);
    return true;
}

static void *write_all(void *user)
{
    struct store_writer *w = user;
    while (work_once(w))
        ;
    return NULL;
}

/* ---- the loop's side ----------------------------------------------------------------------- */

static struct store_batch *fresh_batch(struct store_writer *w)
{
    struct store_batch *b = store_batches_pop(&w->spare);
    if (!b)
        return store_batch_new();
    w->spare_count--;
    return b;
}

static void put_away(struct store_writer *w, struct store_batch *b)
{
    if (w->spare_count >= SPARE_MAX) {
        store_batch_free(b);
        return;
    }
    w->spare_count++;
    store_batches_push(&w->spare, store_batch_clear(b));
}

static void hand_over(struct store_writer *w)
{
    if (store_batch_is_empty(w->current))
        return;
    if (w->in_flight++ == 0)
        loop_waker_hold(w->waker, true);
    pthread_mutex_lock(&w->mutex);
    store_batches_push(&w->queue, w->current);
    atomic_store_explicit(&w->has_work, true, memory_order_relaxed);
    pthread_cond_signal(&w->bell);
    pthread_mutex_unlock(&w->mutex);
    w->current = fresh_batch(w);
}

/* What is put outside the loop, or behind our hook, needs a turn of its own to be handed over. */
static void ask_for_turn(struct store_writer *w)
{
    if (!w->answering && store_batch_is_empty(w->current))
        loop_wake(w->waker);
}

static void on_turn_end(void *user)
{
    struct store_writer *w = user;
    w->answering = false;
    hand_over(w);
}

/* Callbacks run in the order of their puts.  What they put in turn is handed over at the end of this turn, so
 * that the outcome of one step and the intent of the next share a commit. */
static void on_answer(void *user)
{
    struct store_writer *w = user;
    pthread_mutex_lock(&w->mutex);
    w->answering = true;
    struct store_batches answered = w->answered;
    w->answered = (struct store_batches){0};
    w->commits = w->commits_answered;
    pthread_mutex_unlock(&w->mutex);

    for (struct store_batch *b; (b = store_batches_pop(&answered));) {
        if (b->ok)
            w->rows += b->rows;
        else
            w->broken = true;
        for (const struct store_waiting *waiting = b->waiting; waiting; waiting = waiting->next)
            waiting->fn(waiting->user, b->ok, b->ok ? NULL : &w->why);
        put_away(w, b);
        if (--w->in_flight == 0)
            loop_waker_hold(w->waker, false);
    }
}

/* ---- opening and closing ------------------------------------------------------------------- */

/* Signals belong to the loop's thread. */
static bool start_thread(struct store_writer *w, struct err *err)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int why = pthread_create(&w->thread, NULL, write_all, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return why == 0 || err_sys(err, "store.no_thread", why, "cannot start the store's thread");
}

/* Everything that is on disk: folder, lock, file, fence. */
static bool open_files(struct store_writer *w, const char *path, const char *region, const char *lineage,
                       const char *command, struct err *err)
{
    const struct tick *tick = loop_tick(w->loop);
    struct store_lock_facts facts = {.started_ms = tick->wall_ms(tick->user), .command = command};
    store_lock_introduce(w->mem, &facts);
    if (!file_make_folders(file_folder(w->mem, path), 0700, err)) {
        err_wrap(err, "opening the store of region '%s'", region);
        return err_advise(err, "landfall keeps what it did in that folder: make it writable for you");
    }
    if (!store_lock_take(path, region, &facts, &w->lock_fd, err))
        return false;
    return (file_exists(path) || store_meta_create(path, region, lineage, err)) &&
           store_commit_open(path, region, &facts, &w->commit, err);
}

/* Gives back whatever was taken; works on a half-built writer whose thread does not run. */
static void take_apart(struct store_writer *w)
{
    if (w->hook)
        loop_hook_remove(w->hook);
    if (w->commit)
        store_commit_close(w->commit, w->failed);
    file_close_fd(&w->lock_fd);
    store_calls_free(w->calls);
    if (w->waker) {
        if (w->in_flight > 0)
            loop_waker_hold(w->waker, false);
        loop_waker_free(w->waker);
    }
    store_batch_free(w->current);
    for (struct store_batch *b; (b = store_batches_pop(&w->spare)) || (b = store_batches_pop(&w->answered));)
        store_batch_free(b);
    pthread_cond_destroy(&w->bell);
    pthread_mutex_destroy(&w->mutex);
    arena_free(w->mem);
}

/* On failure nothing is left open, and the lock is free again. */
bool store_writer_open(struct loop *loop, const char *path, const char *region, const char *lineage,
                       const char *command, struct store_writer **out, struct err *err)
{
    struct arena *mem = arena_new();
    struct store_writer *w = ARENA_NEW(mem, struct store_writer);
    w->mem = mem;
    w->loop = loop;
    w->lock_fd = -1;
    pthread_mutex_init(&w->mutex, NULL);
    pthread_cond_init(&w->bell, NULL);
    if (!open_files(w, path, region, lineage, command, err)) {
        take_apart(w);
        return false;
    }
    const struct store_meta *meta = store_commit_meta(w->commit);
    w->lineage = arena_text(mem, meta->lineage);
    store_meta_key(meta, w->digest_key);
    w->fence = store_commit_fence(w->commit);
    w->calls = store_calls_new(arena_text(mem, path));
    w->current = store_batch_new();
    w->waker = loop_waker_new(loop, on_answer, w);
    if (!start_thread(w, err)) {
        take_apart(w);
        return false;
    }
    w->hook = loop_on_turn_end(loop, on_turn_end, w);
    *out = w;
    return true;
}

void store_writer_close(struct store_writer *w)
{
    if (!w)
        return;
    hand_over(w);
    pthread_mutex_lock(&w->mutex);
    w->stopping = true;
    atomic_store_explicit(&w->has_work, true, memory_order_relaxed);
    pthread_cond_signal(&w->bell);
    pthread_mutex_unlock(&w->mutex);
    pthread_join(w->thread, NULL);
    take_apart(w);
}

int64_t store_writer_fence(const struct store_writer *w)
{
    return w->fence;
}

const char *store_writer_lineage(const struct store_writer *w)
{
    return w->lineage;
}

int store_writer_lock_fd(const struct store_writer *w)
{
    return w->lock_fd;
}

const uint8_t *store_writer_digest_key(const struct store_writer *w)
{
    return w->digest_key;
}

void store_writer_counts(const struct store_writer *w, uint64_t *commits, uint64_t *rows)
{
    *commits = w->commits;
    *rows = w->rows;
}

/* ---- putting ------------------------------------------------------------------------------- */

/* A new record in the batch being filled, or NULL once the writer has failed. */
static struct store_record *add(struct store_writer *w, enum store_change change)
{
    if (w->broken)
        return NULL;
    ask_for_turn(w);
    return store_batch_add(w->current, change);
}

static struct store_record *add_row(struct store_writer *w, enum store_change change, enum store_rows rows,
                                    const void *row)
{
    struct store_record *r = add(w, change);
    if (r)
        r->row = store_row_copy(w->current->mem, rows, row);
    return r;
}

static struct store_record *add_texts(struct store_writer *w, enum store_change change, const char *key,
                                      const char *text)
{
    struct store_record *r = add(w, change);
    if (r) {
        r->key = arena_text(w->current->mem, key);
        r->text = arena_text(w->current->mem, text);
    }
    return r;
}

/* A batch is full at an intent, never between the outcome of a step and its res row, so that those share a
 * commit whatever the size of the turn. */
void store_put_op(struct store_writer *w, const struct store_op *op)
{
    if (w->current->ops >= OPS_MAX)
        hand_over(w);
    if (add_row(w, STORE_CHANGE_PUT_OP, STORE_ROWS_OP, op))
        w->current->ops++;
}

void store_move_op(struct store_writer *w, enum store_op_state from, uint32_t from_attempt,
                   const struct store_op *op)
{
    struct store_op head = *op; /* without what stays as it is: it is not worth copying */
    head.desired = head.prior = head.planned = head.saved = NULL;
    struct store_record *r = add_row(w, STORE_CHANGE_MOVE_OP, STORE_ROWS_OP, &head);
    if (!r)
        return;
    r->from = from;
    r->from_attempt = from_attempt;
}

void store_save_op(struct store_writer *w, const char *op_id, const char *ext_id, const char *saved)
{
    struct store_record *r = add_texts(w, STORE_CHANGE_SAVE_OP, op_id, ext_id);
    if (r)
        r->more = arena_text(w->current->mem, saved);
}

void store_put_res(struct store_writer *w, const struct store_res *res)
{
    add_row(w, STORE_CHANGE_PUT_RES, STORE_ROWS_RES, res);
}

void store_remove_res(struct store_writer *w, const char *address, int64_t generation)
{
    struct store_record *r = add_texts(w, STORE_CHANGE_REMOVE_RES, address, NULL);
    if (r)
        r->generation = generation;
}

/* What the loop's memory of calls cannot follow must not be written either. */
static bool keeps_up(struct store_writer *w, bool good, const struct err *err)
{
    if (good)
        return true;
    pthread_mutex_lock(&w->mutex);
    set_failed(w, err);
    pthread_mutex_unlock(&w->mutex);
    w->broken = true;
    return false;
}

void store_rename_res(struct store_writer *w, const char *from, const char *to)
{
    struct err err;
    if (!w->broken && keeps_up(w, store_calls_rename(w->calls, from, to, &err), &err))
        add_texts(w, STORE_CHANGE_RENAME_RES, from, to);
}

void store_put_call(struct store_writer *w, const struct store_call *call)
{
    struct err err;
    if (!w->broken && keeps_up(w, store_calls_put(w->calls, call, &err), &err))
        add_row(w, STORE_CHANGE_PUT_CALL, STORE_ROWS_CALL, call);
}

void store_drop_calls(struct store_writer *w, const char *address, const char *key_prefix)
{
    struct err err;
    if (!w->broken && keeps_up(w, store_calls_drop(w->calls, address, key_prefix, &err), &err))
        add_texts(w, STORE_CHANGE_DROP_CALLS, address, key_prefix);
}

void store_put_event(struct store_writer *w, const struct event *e)
{
    struct store_event row = {.wall_ms = e->wall_ms,
                              .run_id = e->run_id,
                              .kind = event_name(e->kind),
                              .address = e->address,
                              .verb = e->verb,
                              .text = e->text,
                              .code = e->code,
                              .took_ms = e->took_ms};
    add_row(w, STORE_CHANGE_PUT_EVENT, STORE_ROWS_EVENT, &row);
}

void store_put_run(struct store_writer *w, const struct store_run *run)
{
    struct store_record *r = add_row(w, STORE_CHANGE_PUT_RUN, STORE_ROWS_RUN, run);
    if (!r)
        return;
    struct arena *mem = w->current->mem;
    struct store_run *copy = r->row;
    copy->plan = arena_text(mem, run->plan);
    struct store_approval *spent = ARENA_ARRAY(mem, struct store_approval, run->approval_count);
    for (size_t i = 0; i < run->approval_count; i++)
        spent[i] = *(struct store_approval *)store_row_copy(mem, STORE_ROWS_APPROVAL, &run->approvals[i]);
    copy->approvals = spent;
}

void store_put_outputs(struct store_writer *w, const char *json)
{
    add_texts(w, STORE_CHANGE_PUT_OUTPUTS, "", json);
}

void store_after_commit(struct store_writer *w, store_committed_fn *fn, void *user)
{
    ask_for_turn(w);
    store_batch_wait(w->current, fn, user);
}

void store_put_audit(struct store_writer *w, const char *kind, const char *entry_json)
{
    const struct tick *tick = loop_tick(w->loop);
    struct store_audit entry = {.wall_ms = tick->wall_ms(tick->user), .kind = kind, .entry = entry_json};
    add_row(w, STORE_CHANGE_PUT_AUDIT, STORE_ROWS_AUDIT, &entry);
}

void store_put_notice(struct store_writer *w, const struct store_notice *n)
{
    add_row(w, STORE_CHANGE_PUT_NOTICE, STORE_ROWS_NOTICE, n);
}

void store_offer_notice(struct store_writer *w, const struct store_notice *n, bool *taken)
{
    struct store_record *r = add_row(w, STORE_CHANGE_PUT_NOTICE, STORE_ROWS_NOTICE, n);
    *taken = false;
    if (r)
        r->taken = taken;
}

void store_move_notice(struct store_writer *w, const struct store_notice *n)
{
    add_row(w, STORE_CHANGE_MOVE_NOTICE, STORE_ROWS_NOTICE, n);
}

bool store_find_call(struct store_writer *w, struct arena *mem, const char *address, const char *key,
                     const struct store_call **out, struct err *err)
{
    const struct store_call *call = NULL;
    if (!store_calls_find(w->calls, address, key, &call, err))
        return false;
    *out = call ? store_row_copy(mem, STORE_ROWS_CALL, call) : NULL;
    return true;
}
