#include "cli/running.h"

#include <pthread.h>
#include <signal.h>

#include "base/arena.h"
#include "base/err.h"
#include "cli/args.h"
#include "cli/listener.h"
#include "cli/noticing.h"
#include "cli/option.h"
#include "cli/session.h"
#include "cli/siblings.h"
#include "io/loop.h"
#include "plan/plan.h"
#include "plan/policy.h"
#include "region/project.h"
#include "region/region.h"
#include "report/as_notice.h"
#include "report/progress.h"
#include "run/census.h"
#include "run/purse.h"
#include "store/store.h"

/* What a signal reaches.  One per session, because a handler stays with its loop. */
struct interrupts {
    struct session *s;
    struct listener *listener; /* NULL: nothing is running */
    struct executor *executor; /* NULL: settling */
    unsigned count;
    bool hung_up;
};

/* First: no new step.  Second: stop now.  While settling there is nothing to wait for, and it stops at once.
 * When nothing runs, the signal means what it always means. */
static void on_signal(void *user)
{
    struct interrupts *i = user;
    if (!i->listener) {
        signal(SIGINT, SIG_DFL);
        raise(SIGINT);
        return;
    }
    i->count++;
    progress_clear(i->listener->progress);
    out_text(&i->s->err,
             i->executor && i->count == 1
                 ? "Stopping: no step is started any more, running ones may end. Once more: now.\n"
                 : "Stopping now.\n");
    out_flush(&i->s->err);
    if (i->executor && i->count <= 2) {
        executor_interrupt(i->executor);
        i->s->stranded = i->s->stranded || i->count == 2;
    } else if (!i->executor) {
        i->s->stranded = true;
        loop_stop(i->s->loop);
    }
}

/* The terminal went away, and the kernel and its shell both say so: however often, it is one interrupt.  Also
 * when the second word comes as the build has stopped already, and only tells how to go on. */
static void on_hangup(void *user)
{
    struct interrupts *i = user;
    if (i->hung_up)
        return;
    sigset_t more;
    sigemptyset(&more);
    sigaddset(&more, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &more, NULL); /* the loop that hears of it may be gone before the process is */
    i->hung_up = true;
    if (!i->listener || i->count == 0)
        on_signal(user);
}

/* As nohup(1) leaves it: who asked for that wants the build to outlive the terminal. */
static bool is_ignored(int number)
{
    struct sigaction now;
    return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

static struct interrupts *watch_signals(struct session *s, struct listener *listener)
{
    if (!s->interrupts) {
        s->interrupts = ARENA_NEW(s->mem, struct interrupts);
        loop_on_signal(s->loop, SIGINT, on_signal, s->interrupts);
        loop_on_signal(s->loop, SIGTERM, on_signal, s->interrupts);
        if (!is_ignored(SIGHUP))
            loop_on_signal(s->loop, SIGHUP, on_hangup, s->interrupts);
    }
    *s->interrupts = (struct interrupts){.s = s, .listener = listener, .hung_up = s->interrupts->hung_up};
    return s->interrupts;
}

/* ---- settling ------------------------------------------------------------------------------- */

bool running_has_doubts(const struct session *s)
{
    for (size_t i = 0; i < s->truth.op_count; i++) {
        enum store_op_state state = s->truth.ops[i].state;
        if (state == STORE_OP_INTENT || state == STORE_OP_DOUBT || state == STORE_OP_SETTLING)
            return true;
    }
    return false;
}

static uint32_t tries_asked(const struct session *s)
{
    int64_t asked = args_number(s->args, OPTION_TRIES, 0);
    return asked < UINT32_MAX ? (uint32_t)asked : UINT32_MAX;
}

bool running_settle(struct session *s, struct recover_outcome *out, struct err *err)
{
    struct listener listener;
    listener_open(&listener, s, NULL);
    if (!s->noticing)
        s->noticing = noticing_new(s);
    struct interrupts *signals = watch_signals(s, &listener);
    struct recover_ask ask = {.loop = s->loop,
                              .registry = s->registry,
                              .writer = s->writer,
                              .truth = &s->truth,
                              .tell = listener_tell,
                              .tell_user = &listener,
                              .keep = noticing_keep,
                              .keep_user = s->noticing,
                              .run_id = s->truth.ops[0].run_id,
                              .region = s->region->name,
                              .rules = s->region,
                              .others = siblings_of(s),
                              .tries = tries_asked(s)};
    bool ok = recover_run(&ask, out, err);
    signals->listener = NULL;
    listener_close(&listener);
    return ok && session_read_store(s, err);
}

/* ---- executing ------------------------------------------------------------------------------ */

/* One limit serves every change: the most patient of what was asked for. */
static int64_t change_timeout(const struct project_timeouts *t)
{
    int64_t most = t->create_ms > t->update_ms ? t->create_ms : t->update_ms;
    return most > t->destroy_ms ? most : t->destroy_ms;
}

/* What the run left behind, as far as it is told: the outputs; after a destruction also what is still there.
 */
static bool read_result(struct session *s, const struct plan *plan, struct err *err)
{
    struct store_brief brief;
    if (plan->destroy)
        return session_read_store(s, err);
    if (!store_read_brief(s->mem, s->store_path, &brief, err))
        return false;
    s->truth.outputs = brief.outputs;
    return true;
}

/* Queued in the transaction that spends them. */
static void tell_approved(struct session *s, const char *run_id, const struct purse_terms *terms)
{
    if (terms->approval_count == 0)
        return;
    struct as_notice_facts facts = {
        .run_id = run_id,
        .at_ms = session_wall_ms(),
        .title = arena_print(s->mem, "a run goes ahead, by %s", terms->limit_by),
        .text = arena_print(s->mem, "plan %.12s", terms->digest),
    };
    noticing_put(s->noticing, NOTICES_APPROVAL, terms->approvals[0].nonce, &facts);
}

static bool take_census(struct session *s, const struct plan *plan, const char *run_id, struct err *err)
{
    size_t count;
    struct census_ask ask = {.writer = s->writer,
                             .store_path = s->store_path,
                             .lineage = store_writer_lineage(s->writer),
                             .plan = plan,
                             .run_id = run_id};
    return !census_has_work(plan) || census_take(&ask, &count, err);
}

static bool judge(void *user, uint32_t step, const struct value *desired, struct err *err)
{
    return policy_judge_step(user, step, desired, err);
}

bool running_execute(struct session *s, const struct plan *plan, const char *run_id, const char *command,
                     const struct purse_terms *terms, struct running *out, struct err *err)
{
    struct listener listener;
    listener_open(&listener, s, plan);
    if (!s->noticing)
        s->noticing = noticing_new(s);
    noticing_know(s->noticing, plan);
    struct interrupts *signals = watch_signals(s, &listener);
    struct executor_ask ask = {.loop = s->loop,
                               .registry = s->registry,
                               .http = s->http,
                               .writer = s->writer,
                               .plan = plan,
                               .playbook = s->playbook,
                               .run_id = run_id,
                               .command = command,
                               .terms = terms,
                               .tell = listener_tell,
                               .tell_user = &listener,
                               .keep = noticing_keep,
                               .keep_user = s->noticing,
                               .judge = s->policy ? judge : NULL,
                               .judge_user = s->policy,
                               .parallel = s->project->parallel,
                               .tries = tries_asked(s),
                               .timeout_read_ms = s->project->timeouts.read_ms,
                               .timeout_change_ms = change_timeout(&s->project->timeouts)};
    noticing_send(s->noticing, false);
    int64_t began = loop_now_ms(s->loop);
    if (!take_census(s, plan, run_id, err)) {
        signals->listener = NULL;
        listener_close(&listener);
        return false;
    }
    signals->executor = executor_new(&ask);
    tell_approved(s, run_id, terms);
    struct running ran = {0};
    bool ok = executor_run(signals->executor, &ran.outcome, err);
    signals->listener = NULL;
    /* With a store that failed, or after the second Ctrl-C, calls are still in flight: freeing what they hold
     * would be worse than ending the process. */
    s->stranded = s->stranded || !ok;
    if (!s->stranded)
        executor_free(signals->executor);
    ran.took_ms = loop_now_ms(s->loop) - began;
    ran.troubles = ARRAY_KEEP(&listener.troubles, s->mem);
    ran.trouble_count = listener.troubles.count;
    listener_close(&listener);
    /* The store knows better what must be done first. */
    if (!ok && !err->advice[0])
        return err_advise(err, "nothing is lost: landfall resume %s", s->region->name);
    if (!ok)
        return false;
    *out = ran;
    return read_result(s, plan, err);
}
