#include "cli/build.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/str.h"
#include "base/tick.h"
#include "cli/approving.h"
#include "cli/command.h"
#include "cli/confirm.h"
#include "cli/noticing.h"
#include "cli/policies.h"
#include "cli/resuming.h"
#include "cli/running.h"
#include "cli/session.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/plan.h"
#include "plan/plan_file.h"
#include "region/approvals.h"
#include "region/project.h"
#include "report/as_json.h"
#include "report/as_text.h"
#include "report/next.h"
#include "run/sweep.h"

/* Lines of what is different, before the rest is only counted. */
#define DIFFERENCES_MOST 20
#define CONFLICTS_MOST   5 /* named in a refusal */

/* What was typed, which is also what the lock says. */
static const char *const commands[] = {
    [BUILD_APPLY] = "apply", [BUILD_RESUME] = "resume", [BUILD_DESTROY] = "destroy"};

struct build {
    struct session *s;
    const struct build_ask *ask;
    const char *command; /* as the store keeps it */
    struct planning planning;
    struct plan *plan;
    const char *run_id;
    struct approving approving; /* of a plan file */
    struct purse_terms terms;
    bool settled;
    struct recover_outcome recovered;
    struct running ran;
    struct sweep sweep;
    bool swept;
};

/* ---- what an earlier run left behind -------------------------------------------------------- */

/* A run that says it is running either is - the lock will tell - or was cut off, perhaps within a call that
 * no op row knows of; so may be the last calls of one that was stopped, and a disk that fails leaves half a
 * transaction behind as a crash does. */
static bool was_cut_off(const struct session *s)
{
    const struct store_run *last = s->truth.last_run;
    return running_has_doubts(s) || (last && (last->failed > 0 || str_equal(last->state, "running") ||
                                              str_equal(last->state, "stopped")));
}

/* Takes the lock before anything is read: only who holds the region may let drivers tidy up after the dead.
 */
static bool settle(struct build *b, struct err *err)
{
    struct session *s = b->s;
    if (!was_cut_off(s))
        return true;
    if (!session_open_writer(s, s->truth.lineage, commands[b->ask->kind], err))
        return false;
    /* Another landfall may have settled them between the reading and the lock. */
    if (!session_read_store(s, err))
        return false;
    if (!running_has_doubts(s))
        return true;
    b->settled = true;
    return running_settle(s, &b->recovered, err);
}

/* ---- the beginnings ------------------------------------------------------------------------- */

/* Also "running": who runs holds the lock, so whoever reads this with the lock in hand reads of the dead. */
static bool is_unfinished(const struct store_run *run)
{
    return run && strcmp(run->state, "done") != 0;
}

/* A resume goes on as the run began: what was a destroy stays one. */
static bool begin_resume(struct build *b, struct err *err)
{
    const struct store_run *last = b->s->truth.last_run;
    bool destroys = str_equal(last->command, "destroy");
    b->command = last->command;
    b->run_id = last->run_id;
    if (!b->ask->file) {
        b->planning = (struct planning){.destroy = destroys, .names = true};
        return true;
    }
    if (b->planning.destroy == destroys)
        return true;
    err_set(err, "plan.other_run", "this plan %s, and the run that is not finished %s",
            destroys ? "builds" : "destroys", destroys ? "destroys" : "builds");
    return err_advise(err, "landfall apply %s begins a run of its own", str_word(b->s->mem, b->ask->path));
}

/* ---- approvals ------------------------------------------------------------------------------ */

/* Before any service is asked: a plan file says itself what it changes and what that costs. */
static bool check_approved(struct build *b, struct err *err)
{
    const struct build_ask *ask = b->ask;
    struct session *s = b->s;
    if (!ask->file)
        return true;
    if (!approving_open(s, ask->file, session_file(s, ask->path), &b->approving, err) ||
        !approving_judge(&b->approving, err) || !approving_require(&b->approving, ask->path, err))
        return false;
    approving_terms(&b->approving, &b->terms);
    return true;
}

/* Of a plan that is in no file: a run that goes on does so under the yes it was opened with. */
static bool find_terms(struct build *b, struct err *err)
{
    struct session *s = b->s;
    if (b->ask->kind == BUILD_RESUME && b->terms.approval_count == 0 &&
        !approving_terms_of_run(s, b->run_id, &b->terms, err))
        return false;
    if (b->ask->kind != BUILD_RESUME && !b->ask->file && !approving_is_free(s, b->plan, &b->planning, err))
        return false;
    return approving_add_budget(s, b->plan, &b->terms, err);
}

static const char *when(struct arena *mem, int64_t wall_ms)
{
    char *text = arena_alloc(mem, TICK_TEXT);
    tick_print(wall_ms, text);
    return text;
}

/* One run per plan file: a second apply of it would be another yes. */
static bool check_unused(struct build *b, struct err *err)
{
    const struct store_run *used;
    struct session *s = b->s;
    if (!b->ask->file)
        return true;
    if (!store_read_run_of_plan(s->mem, s->store_path, b->ask->file->digest, &used, err))
        return false;
    if (!used)
        return true;
    err_set(err, "plan.used", "this plan was applied already, at %s", when(s->mem, used->started_ms));
    if (is_unfinished(used))
        return err_advise(err, "that run is not finished: landfall resume %s", b->ask->region);
    return err_advise(err, "make a new plan: %s",
                      planning_command(s->mem, &b->planning, b->ask->region, b->ask->path));
}

/* The lineage is no part of the digest - a first plan is made before there is one - and is compared on its
 * own: two stores may hold the same rows, and only one of them is the one that was looked at. */
static bool check_same(struct build *b, struct err *err)
{
    const struct plan_file *file = b->ask->file;
    struct session *s = b->s;
    if (!file)
        return true;
    bool same_store = !s->truth.exists || strcmp(s->truth.lineage, file->lineage) == 0;
    if (same_store && strcmp(file->digest, b->plan->digest) == 0)
        return true;
    err_set(err, "plan.stale", "something changed since this plan was made");
    if (same_store)
        err_detail(err, "%s", plan_file_explain_stale(s->mem, file, b->plan, DIFFERENCES_MOST));
    else
        err_detail(err, "it was made for another store of region '%s' (lineage %s, here %s)", file->region,
                   file->lineage, s->truth.lineage);
    return err_advise(err, "look again: %s",
                      planning_command(s->mem, &b->planning, b->ask->region, b->ask->path));
}

/* ---- showing and asking --------------------------------------------------------------------- */

static void show_unpriced(struct out *o, const struct resuming_difference *d)
{
    out_text(o, "    ");
    out_safe(o, d->what);
    out_text(o, ": had a price when the run was started, and has none to be held against the ceiling now (");
    out_safe(o, d->now ? d->now : "not estimated");
    out_text(o, ")\n");
}

static void show_difference(struct out *o, const struct resuming_difference *d)
{
    if (d->kind == RESUMING_UNPRICED) {
        show_unpriced(o, d);
        return;
    }
    out_text(o, d->kind == RESUMING_FILE ? "    file " : "    ");
    out_safe(o, d->what);
    if (d->kind == RESUMING_FILE)
        out_text(o, " changed since the run was started\n");
    else if (d->kind == RESUMING_EDITED)
        out_text(o, ": declared otherwise than when the run was started\n");
    else
        out_print(o, ": %s, was %s\n", d->now, d->before ? d->before : "not part of it");
}

static void show_differences(struct build *b, const struct resuming_difference *at, size_t count)
{
    struct out *o = b->s->json ? &b->s->err : &b->s->out;
    out_text(o, "This is not what the run was started to do:\n");
    for (size_t i = 0; i < count && i < DIFFERENCES_MOST; i++)
        show_difference(o, &at[i]);
    if (count > DIFFERENCES_MOST)
        out_print(o, "    and %zu more\n", count - DIFFERENCES_MOST);
}

/* Where plans are approved, a yes at the terminal is not the yes that is missing. */
static bool needs_approval(struct build *b, struct err *err)
{
    bool asked = approvals_are_asked(&b->s->project->approvals) && approval_classes_of(b->plan) != 0;
    if (!asked && !b->terms.limit.has_month)
        return false;
    err_set(err, "approval.differs", "nothing was done: what is left is not what was approved");
    err_advise(err, "%s", approving_way(b->s, &b->planning, b->ask->region, "resume"));
    return true;
}

/* What the first yes covers needs no second one. */
static bool ask_to_resume(struct build *b, struct err *err)
{
    struct session *s = b->s;
    struct resuming_difference *differences;
    size_t count;
    const struct spend_limit *limit = &b->terms.limit;
    resuming_compare(s->mem, s->truth.last_run->plan, b->plan, limit->has_month || limit->has_once,
                     &differences, &count);
    if (count == 0)
        return true;
    show_differences(b, differences, count);
    if (needs_approval(b, err))
        return false;
    return confirm_yes(s, "Go on with that", err) && confirm_data(s, b->plan, err);
}

/* Nothing is begun that is known to stop half-way.  No part of what was approved: when the name is free again
 * the yes still holds. */
static bool has_its_names(struct build *b, struct err *err)
{
    const struct plan *plan = b->plan;
    const struct plan_taken *first = NULL;
    uint32_t count = plan->totals.conflicts, shown = 0;
    struct buf text;
    if (count == 0)
        return true;
    buf_init(&text, 0);
    for (uint32_t i = 0; i < plan->count && shown < CONFLICTS_MOST; i++) {
        const struct plan_step *s = &plan->steps[i];
        if (!plan_is_conflict(s))
            continue;
        first = first ? first : s->taken;
        buf_print(&text, "%s (%s:%u): %s\n", s->address, s->decl->file, s->decl->line, s->taken->reason);
        shown++;
    }
    if (count > shown)
        buf_print(&text, "and %u more\n", count - shown);
    err_set(err, "plan.conflict", "this plan needs %u name%s that %s taken, and nothing was done", count,
            count == 1 ? "" : "s", count == 1 ? "is" : "are");
    err_detail(err, "%s", text.at);
    buf_done(&text);
    if (count == 1)
        return err_advise(err, "%s", first->advice);
    return err_advise(
        err, "landfall plan %s says what to do about each of them; or build the others alone (--target)",
        b->ask->region);
}

/* Whatever said yes: the approvals of a plan file, or those the run was opened with. */
static bool obey_rules(struct build *b, struct err *err)
{
    struct session *s = b->s;
    const struct approval *const *at = b->approving.set.at;
    size_t count = b->approving.set.count;
    const struct approval **spent = NULL;
    if (count == 0 && b->ask->kind == BUILD_RESUME) {
        if (!approving_last_spent(s, b->run_id, &spent, &count, err))
            return false;
        at = spent;
    }
    return has_its_names(b, err) && policies_allow(s, b->plan, approving_facts(s->mem, at, count), err);
}

static bool ask_first(struct build *b, struct err *err)
{
    struct session *s = b->s;
    if (b->ask->kind == BUILD_RESUME && !b->ask->file)
        return obey_rules(b, err) && ask_to_resume(b, err);
    if (!s->json)
        as_text_plan(&s->out, b->plan, s->quiet ? AS_TEXT_BRIEF : s->verbose ? AS_TEXT_FULL : AS_TEXT_NORMAL);
    if (!obey_rules(b, err))
        return false;
    if (!plan_has_changes(b->plan))
        return true;
    const char *what = b->ask->kind == BUILD_DESTROY ? "Destroy all of this" : "Apply this plan";
    return confirm_yes(s, what, err) && confirm_data(s, b->plan, err);
}

/* ---- the lock ------------------------------------------------------------------------------- */

/* The plan was made without the lock, so that nobody waits for a person's yes. */
static bool lock(struct build *b, struct err *err)
{
    struct session *s = b->s;
    if (s->writer)
        return true;
    return session_lock(s, b->ask->file ? b->ask->file->lineage : b->plan->lineage, commands[b->ask->kind],
                        err);
}

/* ---- the end -------------------------------------------------------------------------------- */

/* What the exit code 3 stands for: something is left that only a resume, a person or a repair can finish. */
static bool is_partial(const struct executor_outcome *out)
{
    return out->stopped ||
           out->failed + out->held + out->conflict + out->blocked + out->waits + out->over > 0;
}

/* The command to go on with; NULL when only steps that nobody has written yet are open. */
static const char *next_of_build(const struct build *b)
{
    const struct executor_outcome *out = &b->ran.outcome;
    struct arena *mem = b->s->mem;
    if (!is_partial(out))
        return NULL;
    if (out->held + out->conflict > 0)
        return arena_print(mem, "landfall status %s", b->ask->region);
    struct next n = {.broken = out->stopped || out->failed > 0, .over = out->over > 0};
    for (size_t i = 0; i < b->ran.trouble_count && !n.waiting; i++) {
        const struct event *e = &b->ran.troubles[i];
        if (e->kind == EVENT_STEP_WAITS && str_starts(e->address, "human."))
            n.waiting = e->address;
    }
    return next_command(mem, b->ask->region, &n);
}

static bool tell(struct build *b, int *exit_code, struct err *err)
{
    struct session *s = b->s;
    const struct value *outputs = NULL;
    const char *stored = s->truth.outputs;
    if (stored && !value_json_parse(s->mem, stored, strlen(stored), &outputs, err))
        return err_wrap(err, "reading the outputs");
    struct facts_run facts = {.region = b->ask->region,
                              .command = b->command,
                              .run_id = b->run_id,
                              .plan = b->plan,
                              .outcome = &b->ran.outcome,
                              .recovered = b->settled ? &b->recovered : NULL,
                              .troubles = b->ran.troubles,
                              .trouble_count = b->ran.trouble_count,
                              .outputs = outputs,
                              .sweep = b->swept ? &b->sweep : NULL,
                              .took_ms = b->ran.took_ms,
                              .next = next_of_build(b)};
    if (s->json)
        as_json_run(&s->out, &facts);
    else
        as_text_run(&s->out, &facts);
    *exit_code = is_partial(&b->ran.outcome) ? COMMAND_PARTIAL : COMMAND_OK;
    return true;
}

/* After a destroy, what still carries our marker is worth a sentence: it costs money, and nobody else looks.
 */
static bool sweep(struct build *b, struct err *err)
{
    struct session *s = b->s;
    if (!b->plan->destroy || b->ran.outcome.stopped)
        return true;
    struct sweep_ask ask = {.loop = s->loop,
                            .registry = s->registry,
                            .truth = &s->truth,
                            .store_path = s->store_path,
                            .region = b->ask->region};
    b->swept = true;
    return sweep_run(s->mem, &ask, &b->sweep, err) || err_wrap(err, "looking for leftovers");
}

/* No error: a script may say resume after every apply. */
static bool nothing_to_resume(struct build *b, int *exit_code)
{
    struct session *s = b->s;
    const struct store_run *last = s->truth.last_run;
    struct facts_deed deed = {.command = "resume", .region = b->ask->region};
    /* After a destroy there is no next: nobody who took a region away wants it built by the way. */
    bool destroyed = last && str_equal(last->command, "destroy");
    if (last)
        deed.what = arena_print(s->mem, "nothing to resume: the last %s was done at %s",
                                destroyed ? "destroy" : "run", when(s->mem, last->ended_ms));
    else
        deed.what = arena_print(s->mem, "nothing to resume: nothing was ever applied here");
    if (!destroyed)
        deed.next = arena_print(s->mem, "landfall apply %s", b->ask->region);
    if (s->json)
        as_json_deed(&s->out, &deed);
    else
        as_text_deed(&s->out, &deed);
    *exit_code = COMMAND_OK;
    return true;
}

/* Everything that comes before a plan is made.  *over: that was all there is to do. */
static bool begin(struct build *b, bool *over, int *exit_code, struct err *err)
{
    struct session *s = b->s;
    bool resumes = b->ask->kind == BUILD_RESUME;
    if (!session_open_region(s, b->ask->region, err) || !check_unused(b, err) || !check_approved(b, err) ||
        !session_open_drivers(s, err) || !settle(b, err))
        return false;
    *over = resumes && !is_unfinished(s->truth.last_run);
    if (*over)
        return nothing_to_resume(b, exit_code);
    if (resumes && !begin_resume(b, err))
        return false;
    b->planning.keep_body = b->ask->file != NULL;
    return true;
}

static bool tell_and_notify(struct build *b, int *exit_code, struct err *err)
{
    bool told = tell(b, exit_code, err);
    if (!b->s->stranded)
        noticing_finish(b->s->noticing, NOTICING_LINGER_MS);
    return told;
}

bool build_run(struct session *s, const struct build_ask *ask, int *exit_code, struct err *err)
{
    struct build b = {.s = s, .ask = ask, .command = commands[ask->kind], .planning = ask->planning};
    char run_id[33];
    bool over = false;
    if (!begin(&b, &over, exit_code, err))
        return false;
    if (over)
        return true;
    if (!b.run_id) {
        digest_random_hex(16, run_id);
        b.run_id = run_id;
    }
    if (!planning_make(s, &b.planning, &b.plan, err) || !check_same(&b, err) || !find_terms(&b, err) ||
        !ask_first(&b, err))
        return false;
    /* A run that was cut off after its last step still has to be closed. */
    if (!is_unfinished(s->truth.last_run) && !executor_has_work(b.plan))
        return tell(&b, exit_code, err);
    return lock(&b, err) && running_execute(s, b.plan, b.run_id, b.command, &b.terms, &b.ran, err) &&
           sweep(&b, err) && tell_and_notify(&b, exit_code, err);
}
