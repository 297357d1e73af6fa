#include "io/process.h"

#include <string.h>

#include "base/err.h"
#include "io/loop.h"
#include "io/pool.h"
#include "model/value.h"
#include "plugin/op_state.h"

/* lf_process: commands on behalf of an op, each through its pool and the read-only gate.  A command that runs
 * is a pending thing of its op and, like a worker's job, holds the op's memory until it has ended. */

#define WORDS_MAX     4096
#define VARIABLES_MAX 1000
#define GRACE_MS      5000
/* Between the last SIGKILL and the op's own deadline: time to hear that it was heeded. */
#define MARGIN_MS 500
/* Of a command whose op was asked to stop: less than the op itself then gets. */
#define STOP_GRACE_MS 3000

struct lf_ended {
    uint32_t sent, timed_out;
    int exit_code, signal;
    struct process_output out, err;
    const char *why;
};

struct run {
    struct op_pend pend;
    struct pool_ticket *ticket;
    struct process *running; /* NULL: still in the queue, refused, or over */
    struct process_ask ask;
    const char **env;
    const struct lf_variable *variables; /* what env is made of, when the secrets are shown */
    size_t variable_count;
    const struct secret *input;
    bool unsafe; /* it may change the world */
    const char *refusal;
    lf_ended_fn *fn;
    void *user;
};

static void answer(struct run *r, const struct lf_ended *ended)
{
    struct op *op = r->pend.op, *before = op_guard_enter(op);
    r->fn((struct lf_op *)op, ended, r->user);
    op_guard_leave(op, before);
}

static void answer_without(struct run *r, uint32_t sent, const char *why)
{
    struct lf_ended ended = {.sent = sent, .out.bytes = "", .err.bytes = "", .why = why};
    answer(r, &ended);
}

/* ---- the end ------------------------------------------------------------------------------------------- */

static const char *words_of(struct arena *mem, const struct process_end *end)
{
    if (!end->started)
        return end->error;
    if (end->timed_out)
        return "its time was over";
    if (end->was_stopped)
        return "it was told to stop";
    return end->signal ? arena_print(mem, "signal %d (%s) ended it", end->signal, strsignal(end->signal))
                       : "";
}

/* Only a command that was left alone and ended by itself has said how far it came. */
static uint32_t sent_of(const struct process_end *end)
{
    if (!end->started)
        return LF_SENT_NOT;
    return end->timed_out || end->was_stopped || end->signal ? LF_SENT_MAYBE : LF_SENT_REPLY;
}

/* An op that is over, or that let this command go, hears nothing; its memory was only held. */
static void ended(void *user, const struct process_end *end)
{
    struct run *r = user;
    struct op *op = r->pend.op;
    bool awaited = r->pend.next != NULL;
    struct lf_ended told = {
        .sent = sent_of(end),
        .timed_out = end->timed_out,
        .exit_code = end->exit_code,
        .signal = end->signal,
        .out = end->out,
        .err = end->err,
        .why = words_of(op->mem, end),
    };
    r->running = NULL;
    if (r->ticket)
        pool_leave(r->ticket);
    r->ticket = NULL;
    if (awaited) {
        op_pend_remove(&r->pend);
        answer(r, &told);
    }
    op_job_ended(op);
}

/* ---- the start ----------------------------------------------------------------------------------------- */

/* A refusal by the gate is NOT_SENT, for certain; after a request to stop it is CANCELED like all the rest.
 */
static void refused(struct op_pend *p)
{
    struct run *r = (struct run *)p;
    answer_without(r, p->op->cancel_told ? LF_SENT_CANCELED : LF_SENT_NOT, r->refusal);
}

static void refuse(struct run *r, const char *why)
{
    r->refusal = why;
    op_pend_soon(&r->pend, refused);
}

/* A zero byte would cut it short on its way into an environment. */
static bool reveal_text(struct run *r, const struct secret *secret, const char **text, struct err *err)
{
    size_t count;
    if (!host_reveal(r->pend.op->host, secret, text, &count, err))
        return false;
    return memchr(*text, '\0', count) == NULL ||
           err_set(err, "process.secret", "a secret with a zero byte cannot be a variable of a command");
}

/* Secrets are revealed as late as possible, when the command leaves its queue. */
static bool show_secrets(struct run *r, struct err *err)
{
    struct arena *mem = r->pend.op->mem;
    for (size_t i = 0; i < r->variable_count; i++) {
        const struct lf_variable *v = &r->variables[i];
        const struct value *secret = (const struct value *)v->secret;
        const char *text = v->value;
        if (value_kind(secret) == VALUE_TEXT)
            text = secret->text;
        else if (secret && !reveal_text(r, secret->secret, &text, err))
            return false;
        r->env[i] = arena_print(mem, "%s=%s", v->name, text);
    }
    return !r->input || host_reveal(r->pend.op->host, r->input, &r->ask.input, &r->ask.input_count, err);
}

/* So that SIGTERM, the grace and SIGKILL all come before the op's own deadline. */
static void bound_time(struct run *r)
{
    struct op *op = r->pend.op;
    int64_t now = loop_now_ms(host_loop(op->host));
    uint64_t left = op->deadline_ms > now ? (uint64_t)(op->deadline_ms - now) : 1;
    uint64_t grace = r->ask.grace_ms < left / 2 ? r->ask.grace_ms : left / 2;
    uint64_t most = left > grace + MARGIN_MS ? left - grace - MARGIN_MS : (left + 1) / 2;
    r->ask.grace_ms = grace ? grace : 1;
    if (r->ask.timeout_ms == 0 || r->ask.timeout_ms > most)
        r->ask.timeout_ms = most;
}

static void go(void *user)
{
    struct run *r = user;
    struct op *op = r->pend.op;
    struct host_heirloom heirloom = op->host->parts.heirloom;
    struct err err;
    if (!show_secrets(r, &err)) {
        if (r->ticket)
            pool_leave(r->ticket);
        r->ticket = NULL;
        refuse(r, arena_text(op->mem, err.summary));
        return;
    }
    bound_time(r);
    r->ask.env = r->env;
    r->ask.keep_fd = heirloom.descriptor ? heirloom.descriptor(heirloom.user) : -1;
    op_job_started(op);
    r->running = process_start(host_loop(op->host), &r->ask, ended, r);
}

/* ---- called off ---------------------------------------------------------------------------------------- */

/* Nothing waits for it any more.  It is killed at once; `ended` comes when it is gone. */
static void drop(struct op_pend *p)
{
    struct run *r = (struct run *)p;
    if (r->running) {
        p->op->change_dropped |= r->unsafe && process_has_started(r->running);
        process_kill(r->running);
    } else if (r->ticket && !r->refusal) {
        pool_cancel(r->ticket);
        r->ticket = NULL;
    }
}

/* While there is time it gets the chance to end in good order, and the plugin hears how it did. */
static void cancel(struct op_pend *p)
{
    struct run *r = (struct run *)p;
    bool runs = r->running != NULL;
    if (runs && p->op->stage == OP_RUNNING) {
        p->op->change_dropped |= r->unsafe;
        op_pend_add(p->op, p, p->kind);
        process_stop(r->running, STOP_GRACE_MS);
        return;
    }
    drop(p);
    answer_without(r, runs ? LF_SENT_MAYBE : LF_SENT_CANCELED, runs ? "killed at the deadline" : "never ran");
}

static const struct op_pend_kind run_kind = {.drop = drop, .cancel = cancel};

/* ---- asking -------------------------------------------------------------------------------------------- */

static size_t count_words(const char *const *argv)
{
    size_t count = 0;
    while (count <= WORDS_MAX && argv[count])
        count++;
    return count;
}

static bool is_name(const char *name)
{
    return name && *name && !strchr(name, '=');
}

static bool has_names(const struct lf_run *what)
{
    for (size_t i = 0; i < what->env_count; i++) {
        struct lf_variable v;
        memcpy(&v, (const char *)what->env + i * what->env_size, sizeof(v));
        if (!is_name(v.name))
            return false;
    }
    return true;
}

/* A newer plugin's wider structs are fine, narrower ones than 1.1's cannot be. */
static bool is_readable(struct op *op, const struct lf_run *what)
{
    size_t least = offsetof(struct lf_run, output_max) + sizeof(what->output_max);
    if (!what || what->struct_size < least || !what->argv || !what->argv[0] || !*what->argv[0])
        op_event_broke(op, "ran a command without size or words");
    else if (count_words(what->argv) > WORDS_MAX)
        op_event_broke(op, "ran a command of more than %d words", WORDS_MAX);
    else if (what->env_count > VARIABLES_MAX ||
             (what->env_count && (!what->env || what->env_size < sizeof(struct lf_variable))))
        op_event_broke(op, "ran a command whose environment cannot be read");
    else if (!has_names(what))
        op_event_broke(op, "ran a command with a variable that has no proper name");
    else
        return true;
    return false;
}

/* Handles are values of the op, or of its driver's settings: both outlive the command. */
static void copy_env(struct run *r, struct arena *mem, const struct lf_run *what)
{
    struct lf_variable *to = ARENA_ARRAY(mem, struct lf_variable, what->env_count);
    for (size_t i = 0; i < what->env_count; i++) {
        memcpy(&to[i], (const char *)what->env + i * what->env_size, sizeof(to[i]));
        to[i].name = arena_text(mem, to[i].name);
        to[i].value = arena_text(mem, to[i].value ? to[i].value : "");
    }
    r->variables = to;
    r->variable_count = what->env_count;
    r->env = ARENA_ARRAY(mem, const char *, what->env_count + 1);
}

static void copy_ask(struct run *r, struct arena *mem, const struct lf_run *what)
{
    size_t count = count_words(what->argv);
    const char **words = ARENA_ARRAY(mem, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        words[i] = arena_text(mem, what->argv[i]);
    copy_env(r, mem, what);
    r->ask = (struct process_ask){
        .argv = words,
        .cwd = arena_text(mem, what->cwd),
        .input = what->input ? arena_text_n(mem, what->input, what->input_len) : NULL,
        .input_count = what->input ? what->input_len : 0,
        .timeout_ms = what->timeout_ms,
        .grace_ms = what->grace_ms ? what->grace_ms : GRACE_MS,
        .output_max = what->output_max,
    };
    const struct value *input = (const struct value *)what->input_secret;
    if (value_kind(input) == VALUE_SECRET)
        r->input = input->secret;
    else if (value_kind(input) == VALUE_TEXT) {
        r->ask.input = input->text;
        r->ask.input_count = strlen(input->text);
    }
}

static void take_word(struct host *h, const struct driver *driver)
{
    if (!host_took_word(h, driver))
        ARRAY_PUSH(&h->took_word, driver);
}

/* The op's own place in a pool serves where the pool is the same, as for requests. */
static void queue(struct run *r, const char *pool)
{
    struct op *op = r->pend.op;
    if (pool && strcmp(pool, op->pool) != 0)
        r->ticket = pool_enter(host_pools(op->host), pool, NULL, go, r);
    else
        go(r);
}

static void run(struct lf_op *lf, const struct lf_run *what, lf_ended_fn *fn, void *user)
{
    struct op *op = (struct op *)lf;
    if (!op_guard_may_act(op, "run"))
        return;
    struct run *r = ARENA_NEW(op->mem, struct run);
    r->fn = fn;
    r->user = user;
    op_pend_add(op, &r->pend, &run_kind);
    if (!is_readable(op, what)) {
        refuse(r, "the command could not be read");
        return;
    }
    r->unsafe = (what->flags & LF_RUN_SAFE) == 0;
    if (r->unsafe && !op->may_change) {
        op_event_gate(op, "run", what->argv[0]);
        refuse(r, "refused by the read-only gate");
    } else if (op->cancel_told) {
        refuse(r, "never ran");
    } else {
        if (!op->may_change)
            take_word(op->host, op->ask.driver);
        copy_ask(r, op->mem, what);
        queue(r, what->pool);
    }
}

/* ---- reading the end ----------------------------------------------------------------------------------- */

static uint32_t sent(const struct lf_ended *e)
{
    return e->sent;
}

static uint32_t exit_code(const struct lf_ended *e)
{
    return (uint32_t)e->exit_code;
}

static uint32_t signal_of(const struct lf_ended *e)
{
    return (uint32_t)e->signal;
}

static uint32_t timed_out(const struct lf_ended *e)
{
    return e->timed_out;
}

static const struct process_output *stream_of(const struct lf_ended *e, uint32_t stream)
{
    return stream == LF_RAN_ERR ? &e->err : &e->out;
}

static const char *output(const struct lf_ended *e, uint32_t stream, size_t *len)
{
    const struct process_output *o = stream_of(e, stream);
    if (len)
        *len = o->count;
    return o->bytes;
}

static uint32_t was_cut(const struct lf_ended *e, uint32_t stream)
{
    return stream_of(e, stream)->cut;
}

static const char *why(const struct lf_ended *e)
{
    return e->why;
}

const struct lf_process *host_process_table(void)
{
    static const struct lf_process table = {
        .struct_size = sizeof(table),
        .run = run,
        .sent = sent,
        .exit_code = exit_code,
        .signal = signal_of,
        .timed_out = timed_out,
        .output = output,
        .was_cut = was_cut,
        .why = why,
    };
    return &table;
}
