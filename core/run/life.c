#include "run/life.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "io/loop.h"
#include "model/decl.h"
#include "model/diag.h"
#include "plan/plan.h"
#include "playbook/playbook.h"
#include "region/region.h"
#include "run/evidence.h"
#include "run/executor.h"
#include "run/recover.h"
#include "run/verdict.h"
#include "store/store.h"

#define NO_RUN 72
/* Nothing that a sweep holds may run into its deadline first: a hundred days. */
#define PATIENT_MS ((int64_t)100 * 24 * 3600 * 1000)

struct life {
    const struct life_ask *ask;
    const struct life_world *w;
    struct ledger *ledger;
    struct arena *mem;
    struct store_writer *writer;
    struct store_snapshot truth;
    struct plan *plan;
    struct diags diags;
    uint64_t draws;
};

/* ---- what is told ------------------------------------------------------------------------------------- */

static void keep_failure(struct life *l, struct ledger_step *s, const struct event *e)
{
    s->code = ledger_text(l->ledger, e->code);
    s->text = ledger_text(l->ledger, e->text);
    s->advice = ledger_text(l->ledger, e->advice);
    s->where = ledger_text(l->ledger, e->where);
}

static void start_waiting(struct life *l, struct ledger_step *s, int64_t now)
{
    const struct decl *d = decl_find(playbook_decls(l->w->playbook), s->address);
    s->todo = d && d->kind == DECL_TODO;
    s->waits = !s->todo;
    if (s->started_ms == 0)
        s->started_ms = now;
    if (!d || d->kind != DECL_HUMAN || s->due_ms != 0)
        return;
    const struct simulate_life *how = &l->ask->how;
    struct simulate_span span = l->w->human(l->w->user, d);
    s->due_ms = now + (how->typical ? span.p50_ms
                                    : fate_duration(fate_draw(how->odds.seed, s->address, 0), span.p50_ms,
                                                    span.p90_ms));
}

static void done(struct life *l, struct ledger_step *s, int64_t now)
{
    s->failed = s->held = s->blocked = s->waits = false;
    if (s->started_ms == 0)
        s->started_ms = now;
    if (s->done_ms == 0)
        s->done_ms = now;
    simulate_done(l->w->simulate, s->address);
}

static void tell(void *user, const struct event *e)
{
    struct life *l = user;
    int64_t now = l->ask->how.ledger->now_ms;
    const struct tick *tick = loop_tick(l->w->loop);
    now = tick->wall_ms(tick->user);
    if (!e->address)
        return;
    struct ledger_step *s = ledger_step_get(l->ledger, e->address);
    if (e->kind == EVENT_STEP_STARTED && s->started_ms == 0) {
        s->started_ms = now;
    } else if (e->kind == EVENT_STEP_DONE) {
        done(l, s, now);
    } else if (e->kind == EVENT_STEP_WAITS) {
        start_waiting(l, s, now);
    } else if (e->kind == EVENT_STEP_BLOCKED) {
        s->blocked = true;
        keep_failure(l, s, e);
    } else if (e->kind == EVENT_STEP_FAILED || e->kind == EVENT_STEP_CONFLICT || e->kind == EVENT_STEP_HELD) {
        s->failed = e->kind != EVENT_STEP_HELD;
        s->held = !s->failed;
        keep_failure(l, s, e);
    }
}

/* The jitter of retries is part of the story. */
static uint64_t draw(void *user)
{
    struct life *l = user;
    return fate_draw(l->ask->how.odds.seed, "jitter", l->ledger->lives * 1000003u + ++l->draws);
}

/* ---- before the plan ------------------------------------------------------------------------------------
 */

static void turn_end(void *user)
{
    const struct life *l = user;
    simulate_turn_end(l->w->simulate);
}

/* A sweep holds as many at once as it can get; what may land late counts all the same. */
static void set_limits(const struct life *l)
{
    for (size_t i = 0; i < l->w->limit_count; i++) {
        struct pool_limits limits = l->w->limits[i].limits;
        if (l->ask->how.sweep.on)
            limits = (struct pool_limits){.lands_ms = limits.lands_ms};
        pools_limit(l->w->pools, l->w->limits[i].name, limits);
    }
}

static bool read_store(struct life *l, struct err *err)
{
    return store_read(l->mem, l->ask->store_path, &l->truth, err);
}

static bool open_store(struct life *l, struct err *err)
{
    const struct life_world *w = l->w;
    /* Before the store's own: a process that dies at the end of a turn hands nothing over. */
    loop_on_turn_end(w->loop, turn_end, l);
    return store_writer_open(w->loop, l->ask->store_path, w->region->name, w->lineage, "rehearse", &l->writer,
                             err) &&
           read_store(l, err);
}

static bool has_doubts(const struct life *l)
{
    for (size_t i = 0; i < l->truth.op_count; i++) {
        if (l->truth.ops[i].state != STORE_OP_HELD && l->truth.ops[i].state != STORE_OP_CONFLICT)
            return true;
    }
    return false;
}

static bool recover(struct life *l, struct err *err)
{
    struct recover_outcome out;
    struct recover_ask ask = {.loop = l->w->loop,
                              .registry = l->w->registry,
                              .writer = l->writer,
                              .truth = &l->truth,
                              .tell = tell,
                              .tell_user = l,
                              .run_id = l->ask->run_id,
                              .region = l->w->region->name,
                              .chance = {.draw = draw, .user = l}};
    return !has_doubts(l) || (recover_run(&ask, &out, err) && read_store(l, err));
}

/* A person looked at the service, and says what is there. */
static bool settle_one(struct life *l, const struct store_op *op, struct err *err)
{
    const char *scope =
        arena_print(l->mem, "%s%s%s.%s", op->subsystem, op->instance[0] ? "/" : "", op->instance, op->type);
    const struct ledger_thing *thing = ledger_by_address(l->ledger, scope, op->address);
    struct ledger_step *step = ledger_step_get(l->ledger, op->address);
    struct verdict_ask ask = {.loop = l->w->loop,
                              .registry = l->w->registry,
                              .writer = l->writer,
                              .truth = &l->truth,
                              .region = l->w->region->name,
                              .address = op->address,
                              .verdict = thing ? VERDICT_KEEP : VERDICT_RETRY,
                              .id = thing ? thing->id : NULL,
                              .by = "a simulated person"};
    step->asked = true;
    step->held = false;
    l->ledger->persons++;
    if (!verdict_run(&ask, err))
        return false;
    if (thing && step->done_ms == 0)
        step->done_ms = l->ledger->now_ms;
    return true;
}

static bool settle_held(struct life *l, struct err *err)
{
    struct store_snapshot seen = l->truth;
    bool any = false;
    for (size_t i = 0; i < seen.op_count; i++) {
        if (seen.ops[i].state != STORE_OP_HELD)
            continue;
        any = true;
        if (!settle_one(l, &seen.ops[i], err))
            return false;
    }
    return !any || read_store(l, err);
}

/* ---- plan, people, run ------------------------------------------------------------------------------------
 */

static bool make_plan(struct life *l, struct err *err)
{
    const struct life_world *w = l->w;
    struct plan_ask ask = {.loop = w->loop,
                           .region = w->region,
                           .decls = playbook_decls(w->playbook),
                           .truth = &l->truth,
                           .registry = w->registry,
                           .prices = l->ask->prices ? w->prices : NULL,
                           .call = playbook_call,
                           .call_user = w->playbook,
                           .held = true,
                           .playbook = w->playbook_path,
                           .parallel = w->parallel};
    diag_init(&l->diags, l->mem);
    return plan_make(l->mem, &ask, &l->plan, &l->diags, err);
}

/* Those whose time has come did it, and said so. */
static bool people(struct life *l, struct err *err)
{
    static const struct evidence proof = {.text = "https://rehearsal.invalid/signed"};
    bool any = false;
    for (struct ledger_step *s = l->ledger->steps; s; s = s->older) {
        uint32_t i = s->waits && s->due_ms <= l->ledger->now_ms ? plan_find(l->plan, s->address) : UINT32_MAX;
        if (i == UINT32_MAX || l->plan->steps[i].action != PLAN_WAIT || !l->plan->steps[i].inputs)
            continue;
        const struct decl *d = l->plan->steps[i].decl;
        struct evidence_ask ask = {.loop = l->w->loop,
                                   .writer = l->writer,
                                   .plan = l->plan,
                                   .step = i,
                                   .by = d->meta.owner ? d->meta.owner : "somebody",
                                   .proof = &proof};
        if (!evidence_record(&ask, err))
            return false;
        s->waits = false;
        s->done_ms = l->ledger->now_ms;
        any = true;
    }
    return !any || (read_store(l, err) && make_plan(l, err));
}

static void keep_money(struct life *l)
{
    const struct plan_totals *t = &l->plan->totals;
    l->ledger->step_count = l->plan->count;
    if (!l->ask->prices)
        return;
    l->ledger->money = (struct ledger_money){.priced = t->cost.priced,
                                             .priced_count = t->priced,
                                             .priceable = t->priceable,
                                             .once_low = t->cost.once_low,
                                             .once_high = t->cost.once_high,
                                             .month_low = t->cost.month_low,
                                             .month_high = t->cost.month_high,
                                             .guessed_count = t->guessed,
                                             .guess_once_low = t->guess.once_low,
                                             .guess_once_high = t->guess.once_high,
                                             .guess_month_low = t->guess.month_low,
                                             .guess_month_high = t->guess.month_high};
}

static bool execute(struct life *l, struct err *err)
{
    const struct life_world *w = l->w;
    bool sweeps = l->ask->how.sweep.on;
    struct executor_ask ask = {.loop = w->loop,
                               .registry = w->registry,
                               .writer = l->writer,
                               .plan = l->plan,
                               .playbook = w->playbook,
                               .run_id = l->ask->run_id,
                               .command = "apply",
                               .tell = tell,
                               .tell_user = l,
                               .parallel = w->parallel,
                               .timeout_read_ms = sweeps ? PATIENT_MS : w->timeout_read_ms,
                               .timeout_change_ms = sweeps ? PATIENT_MS : w->timeout_change_ms,
                               .chance = {.draw = draw, .user = l},
                               .web = simulate_web(w->simulate)};
    struct executor_outcome out;
    for (struct ledger_step *s = l->ledger->steps; s; s = s->older)
        s->failed = s->held = s->blocked = false;
    if (!executor_run(executor_new(&ask), &out, err))
        return false;
    struct ledger *g = l->ledger;
    g->total = out.total;
    g->done = out.done;
    g->failed = out.failed;
    g->held = out.held;
    g->conflict = out.conflict;
    g->blocked = out.blocked;
    g->waits = out.waits;
    g->todos = out.todos;
    return true;
}

static void begin(struct life *l)
{
    struct simulate_life how = l->ask->how;
    how.loop = l->w->loop;
    how.decls = playbook_decls(l->w->playbook);
    how.call = playbook_call;
    how.call_user = l->w->playbook;
    loop_start_at(l->w->loop, l->ledger->now_ms);
    set_limits(l);
    simulate_begin(l->w->simulate, &how);
}

/* The whole of it, in the process that lives it. */
static _Noreturn void live(const struct life_ask *ask)
{
    struct life l = {.ask = ask, .w = ask->world, .ledger = ask->how.ledger, .mem = arena_new()};
    struct err err;
    diag_init(&l.diags, l.mem);
    begin(&l);
    bool ok = open_store(&l, &err) && recover(&l, &err) && settle_held(&l, &err) && make_plan(&l, &err);
    if (ok)
        keep_money(&l);
    ok = ok && people(&l, &err) && execute(&l, &err);
    if (!ok)
        ledger_could_not(l.ledger, &err, &l.diags);
    const struct tick *tick = loop_tick(l.w->loop);
    ledger_pass_time(l.ledger, tick->wall_ms(tick->user));
    store_writer_close(l.writer);
    _exit(ok ? 0 : NO_RUN);
}

/* ---- from outside ----------------------------------------------------------------------------------------
 */

static enum life_end end_of(int how)
{
    if (!WIFEXITED(how))
        return LIFE_BROKE;
    switch (WEXITSTATUS(how)) {
    case 0:
        return LIFE_ENDED;
    case SIMULATE_DIED:
        return LIFE_DIED;
    case NO_RUN:
        return LIFE_NO_RUN;
    case LEDGER_FULL:
        return LIFE_FULL;
    default:
        return LIFE_BROKE;
    }
}

enum life_end life_live(const struct life_ask *ask, bool (*stop)(void *user), void *user, int *how)
{
    pid_t parent = getpid(), child = fork();
    *how = 0;
    if (child < 0)
        return LIFE_BROKE;
    if (child == 0) {
        /* Whoever ends the rehearsal ends its lives, however it does that. */
        sigset_t none;
        sigemptyset(&none);
        if (sigprocmask(SIG_SETMASK, &none, NULL) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
            getppid() != parent)
            _exit(1);
        live(ask);
    }
    while (waitpid(child, how, 0) < 0) {
        if (errno != EINTR)
            return LIFE_BROKE;
        if (stop(user))
            (void)kill(child, SIGKILL);
    }
    return stop(user) ? LIFE_STOPPED : end_of(*how);
}
