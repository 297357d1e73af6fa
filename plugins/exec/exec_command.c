#include "exec_command.h"

#include <string.h>

#include "exec_probe.h"

/* One command is run, looked for by its probe, or undone.  What makes it safe:
 *
 *   - with a probe, create asks first: what is done already is never run, and never undone either;
 *   - that it will run is durable before it runs, so that a later try asks the probe before it runs again;
 *   - no exit code is taken for more than the step says it means, and after a signal only the probe is
 *     believed. */

struct job;
typedef void seen_fn(struct job *job, enum exec_seen seen);

struct job {
    const struct exec *exec;
    struct lf_op *op;
    const struct lf_request *req;
    const struct lf_value *step;    /* what to run and to look for: desired, or what was */
    const struct lf_value *outputs; /* as the probe or the command told them; NULL: not told */
    seen_fn *then;                  /* of the probe under way */
    struct exec_end end;            /* of the command, or of its undoing */
    struct exec_probe probe;
    bool ran; /* it ran in this try or may have in an earlier one */
};

static struct job *job_new(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct exec *exec = self;
    struct job *job = exec->kit.ops->scratch(op, sizeof(*job));
    job->exec = exec;
    job->op = op;
    job->req = req;
    job->step = req->desired ? req->desired : req->prior;
    job->ran = kit_get_bool(&exec->kit, req->saved, "ran", false);
    return job;
}

static bool has_probe(const struct job *job)
{
    return kit_has(&job->exec->kit, job->step, "probe");
}

static bool flag(const struct job *job, const char *name)
{
    return kit_get_bool(&job->exec->kit, job->step, name, false);
}

/* ---- words ----------------------------------------------------------------------------------------------
 */

static void say(const struct job *job, uint32_t severity, const char *code, const char *summary,
                const struct exec_end *end, const char *advice)
{
    const struct kit *kit = &job->exec->kit;
    struct lf_diag diag = {.struct_size = sizeof(diag),
                           .severity = severity,
                           .code = code,
                           .summary = summary,
                           .advice = advice};
    if (end)
        diag.detail = kit_format(kit, job->op, "%s%s%s", end->how, end->told[0] ? ": " : "", end->told);
    kit->ops->note(job->op, &diag);
}

/* "'tofu' failed": the sentence about one of its commands; `which` is "argv", "undo" or "probe.argv". */
static const char *sentence(const struct job *job, const char *which, const char *rest)
{
    const struct kit *kit = &job->exec->kit;
    const char *path = kit_format(kit, job->op, "%s[0]", which);
    const char *word = kit_get_text(kit, job->step, path);
    return kit_format(kit, job->op, "'%s' %s", word ? word : which, rest);
}

static void finish(const struct job *job, uint32_t status)
{
    kit_finish(&job->exec->kit, job->op, status);
}

static void unclear(const struct job *job, uint32_t status)
{
    say(job, LF_DIAG_ERROR, "exec.probe_unclear",
        sentence(job, "probe.argv", "cannot tell whether the command is done"), &job->probe.end,
        "run the probe by hand; list in probe.absent the exit codes that say for certain: not done");
    finish(job, status);
}

/* ---- state ----------------------------------------------------------------------------------------------
 */

static const struct lf_value *state_of(const struct job *job, const struct lf_value *base, bool ran)
{
    const struct kit *kit = &job->exec->kit;
    const struct lf_value *state = kit_put_bool(kit, job->op, base, "ran", ran);
    const struct lf_value *outputs = job->outputs ? job->outputs : kit_get(kit, base, "outputs");
    if (!outputs || kit->values->kind(outputs) != LF_KIND_MAP)
        outputs = kit_map(kit, job->op);
    return kit_put(kit, job->op, state, "outputs", outputs);
}

static const char *id_of(const struct job *job)
{
    const struct lf_request *req = job->req;
    return req->id ? req->id : req->marker && req->marker[0] ? req->marker : req->address;
}

static void answer(const struct job *job, uint32_t status, bool ran)
{
    const struct kit *kit = &job->exec->kit;
    struct lf_result result = kit_result(status);
    result.id = id_of(job);
    result.state = state_of(job, job->step, ran);
    kit->ops->finish(job->op, &result);
}

/* ---- the probe ------------------------------------------------------------------------------------------
 */

static void probed(struct exec_probe *probe, enum exec_seen seen)
{
    struct job *job = probe->user;
    if (probe->outputs)
        job->outputs = probe->outputs;
    job->then(job, seen);
}

static void probe_now(struct lf_op *op, void *user, int canceled)
{
    struct job *job = user;
    uint32_t verb = job->req->verb;
    if (canceled) {
        job->then(job, EXEC_SEEN_CANCELED);
        return;
    }
    /* What was told when it ran stays what was told: it cannot carry a marker, so it is ours as we left it.
     */
    job->probe = (struct exec_probe){
        .exec = job->exec,
        .req = job->req,
        .step = job->step,
        .tells = verb != LF_VERB_READ && verb != LF_VERB_DESTROY && flag(job, "has_outputs"),
        .user = job,
        .then = probed,
    };
    exec_probe_ask(&job->probe, op);
}

/* Behind a run its probe is given the time that it needs to see it. */
static void probe(struct job *job, seen_fn *then)
{
    const struct kit *kit = &job->exec->kit;
    int64_t lag_s = kit_get_int(kit, job->step, "lag_s", 0);
    job->then = then;
    if (job->ran && lag_s > 0)
        kit->ops->after(job->op, (uint64_t)lag_s * 1000, probe_now, job);
    else
        probe_now(job->op, job, 0);
}

/* ---- running --------------------------------------------------------------------------------------------
 */

static void run(struct job *job, const char *verb, const char *which, exec_end_fn *fn)
{
    const struct kit *kit = &job->exec->kit;
    struct exec_ask ask = {
        .verb = verb,
        .argv = kit_get(kit, job->step, which),
        .step = job->step,
        .codes = kit_get(kit, job->step, "exit"),
        .req = job->req,
        .timeout_s = kit_get_int(kit, job->step, "timeout_s", 600),
        .input = strcmp(which, "argv") == 0,
    };
    exec_run(job->exec, job->op, &ask, fn, job);
}

static const char *which_of(const struct job *job)
{
    return job->req->verb == LF_VERB_DESTROY ? "undo" : "argv";
}

/* Ends that need no probe: for certain nothing happened.  False: it may have. */
static bool ended_for_certain(struct job *job)
{
    static const struct {
        enum exec_says says;
        uint32_t status;
        const char *code, *what, *advice;
    } ends[] = {
        {EXEC_RETRY, LF_END_RETRY, "exec.retry", "asks to be run again later",
         "wait, or see what it waits for"},
        {EXEC_REFUSED, LF_END_REFUSED, "exec.refused", "refuses", "change what it names, then apply again"},
        {EXEC_NEVER, LF_END_REFUSED, "exec.cannot_start", "could not be run",
         "see that it is installed, that PATH of the driver's `env` finds it, and that `cwd` is there"},
    };
    if (job->end.says == EXEC_CANCELED) {
        finish(job, LF_END_CANCELED);
        return true;
    }
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (ends[i].says != job->end.says)
            continue;
        say(job, LF_DIAG_ERROR, ends[i].code, sentence(job, which_of(job), ends[i].what), &job->end,
            ends[i].advice);
        finish(job, ends[i].status);
        return true;
    }
    return false;
}

/* It ended in a way that says nothing for certain, or with a code of failure. */
static void failed(struct job *job, uint32_t status)
{
    bool doubt = job->end.says == EXEC_UNSURE;
    say(job, LF_DIAG_ERROR, doubt ? "exec.unsure" : "exec.failed",
        sentence(job, which_of(job), doubt ? "may or may not have done its work" : "failed"), &job->end,
        doubt ? "look at what it was to do; a probe would let landfall look"
              : "mend what it names, then apply again");
    finish(job, status);
}

/* ---- create and update ----------------------------------------------------------------------------------
 */

static void done_without_probe(struct job *job)
{
    if (flag(job, "has_outputs")) {
        job->outputs = exec_probe_object(&job->exec->kit, job->op, &job->end);
        if (!job->outputs) {
            say(job, LF_DIAG_ERROR, "exec.bad_outputs",
                sentence(job, "argv", "did its work and printed no JSON object"), &job->end,
                "let it print one JSON object of at most 1 MiB and nothing else, or leave `has_outputs` out");
            answer(job, LF_END_DAMAGED, true);
            return;
        }
    }
    answer(job, LF_END_OK, true);
}

static bool keeps_ran(const struct job *job)
{
    /* An update of what was done before landfall came does not make it landfall's to undo. */
    return job->req->verb != LF_VERB_UPDATE || kit_get_bool(&job->exec->kit, job->req->prior, "ran", true);
}

static void seen_after_run(struct job *job, enum exec_seen seen)
{
    if (seen == EXEC_SEEN_CANCELED) {
        finish(job, LF_END_UNSURE);
    } else if (seen == EXEC_SEEN_UNCLEAR) {
        unclear(job, LF_END_UNSURE);
    } else if (seen == EXEC_SEEN_DONE) {
        if (job->end.says != EXEC_DONE)
            say(job, LF_DIAG_WARNING, "exec.done_anyway",
                sentence(job, "argv", "did not end well, and its probe says that it is done"), &job->end,
                "look at what it told; landfall believes the probe");
        answer(job, LF_END_OK, keeps_ran(job));
    } else if (job->end.says == EXEC_DONE) {
        say(job, LF_DIAG_ERROR, "exec.not_seen",
            sentence(job, "argv", "ended well, and its probe does not see it done"), &job->probe.end,
            "run the probe by hand; when it sees the work only later, say how much with `lag_s`");
        answer(job, LF_END_DAMAGED, keeps_ran(job));
    } else {
        failed(job, LF_END_FAILED);
    }
}

static void ended(struct lf_op *op, const struct exec_end *end, void *user)
{
    struct job *job = user;
    (void)op;
    job->end = *end;
    if (ended_for_certain(job))
        return;
    if (has_probe(job))
        probe(job, seen_after_run);
    else if (end->says == EXEC_DONE)
        done_without_probe(job);
    else
        failed(job, end->says == EXEC_UNSURE ? LF_END_UNSURE : LF_END_FAILED);
}

static void run_it(struct lf_op *op, void *user, int canceled)
{
    struct job *job = user;
    (void)op;
    if (canceled) {
        finish(job, LF_END_CANCELED);
        return;
    }
    job->ran = true;
    run(job, job->req->verb == LF_VERB_UPDATE ? "update" : "create", "argv", ended);
}

static void seen_before_create(struct job *job, enum exec_seen seen)
{
    const struct kit *kit = &job->exec->kit;
    if (seen == EXEC_SEEN_CANCELED) {
        finish(job, job->ran ? LF_END_UNSURE : LF_END_CANCELED);
    } else if (seen == EXEC_SEEN_UNCLEAR) {
        unclear(job, job->ran ? LF_END_UNSURE : LF_END_RETRY);
    } else if (seen == EXEC_SEEN_DONE) {
        answer(job, LF_END_OK, job->ran);
    } else if (job->ran) {
        run_it(job->op, job, 0);
    } else {
        /* Without an identity: a doubt is then settled by looking, not by going on. */
        kit->ops->save(job->op, NULL, kit_put_bool(kit, job->op, kit_map(kit, job->op), "ran", true), run_it,
                       job);
    }
}

void exec_command_create(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct job *job = job_new(self, op, req);
    if (has_probe(job))
        probe(job, seen_before_create);
    else
        run_it(op, job, 0);
}

void exec_command_update(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct job *job = job_new(self, op, req);
    /* Adopted is what the probe saw: there is nothing to run for it. */
    if (kit_get_bool(&job->exec->kit, req->memo, "adopt", false))
        answer(job, LF_END_OK, false);
    else
        run_it(op, job, 0);
}

/* ---- destroy --------------------------------------------------------------------------------------------
 */

static void seen_after_undo(struct job *job, enum exec_seen seen)
{
    if (seen == EXEC_SEEN_ABSENT) {
        if (job->end.says != EXEC_DONE)
            say(job, LF_DIAG_WARNING, "exec.undone_anyway",
                sentence(job, "undo", "did not end well, and the probe says that it is undone"), &job->end,
                "look at what it told; landfall believes the probe");
        finish(job, LF_END_GONE);
    } else if (seen == EXEC_SEEN_CANCELED) {
        finish(job, LF_END_UNSURE);
    } else if (seen == EXEC_SEEN_UNCLEAR) {
        unclear(job, LF_END_UNSURE);
    } else if (job->end.says == EXEC_DONE) {
        say(job, LF_DIAG_ERROR, "exec.still_there",
            sentence(job, "undo", "ended well, and the probe still sees it done"), &job->probe.end,
            "run both by hand; when the probe sees it only later, say how much with `lag_s`");
        finish(job, LF_END_FAILED);
    } else {
        failed(job, job->end.says == EXEC_UNSURE ? LF_END_UNSURE : LF_END_FAILED);
    }
}

static void undone(struct lf_op *op, const struct exec_end *end, void *user)
{
    struct job *job = user;
    (void)op;
    job->end = *end;
    if (ended_for_certain(job))
        return;
    if (has_probe(job))
        probe(job, seen_after_undo);
    else if (end->says == EXEC_DONE)
        finish(job, LF_END_GONE);
    else
        failed(job, end->says == EXEC_UNSURE ? LF_END_UNSURE : LF_END_FAILED);
}

static void undo(struct job *job)
{
    job->ran = true;
    run(job, "destroy", "undo", undone);
}

static void seen_before_undo(struct job *job, enum exec_seen seen)
{
    if (seen == EXEC_SEEN_DONE)
        undo(job);
    else if (seen == EXEC_SEEN_UNCLEAR)
        unclear(job, LF_END_RETRY);
    else
        finish(job, seen == EXEC_SEEN_ABSENT ? LF_END_GONE : LF_END_CANCELED);
}

void exec_command_destroy(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct job *job = job_new(self, op, req);
    const struct kit *kit = &job->exec->kit;
    /* What is to be undone is what was done, not what the playbook says by now. */
    job->step = req->prior ? req->prior : req->desired;
    bool ran = kit_get_bool(kit, job->step, "ran", true);
    if (!ran || !kit_has(kit, job->step, "undo")) {
        say(job, LF_DIAG_WARNING, "exec.kept",
            sentence(job, "argv",
                     ran ? "has no `undo`: what it did stays"
                         : "found it done before it first ran: it stays"),
            NULL, "undo it by hand if it must go");
        finish(job, LF_END_GONE);
    } else if (has_probe(job)) {
        probe(job, seen_before_undo);
    } else {
        undo(job);
    }
}

/* ---- looking --------------------------------------------------------------------------------------------
 */

static void seen_by_look(struct job *job, enum exec_seen seen)
{
    const struct kit *kit = &job->exec->kit;
    bool ran = job->req->verb == LF_VERB_RECOVER && !job->req->prior
                   ? job->ran
                   : kit_get_bool(kit, job->step, "ran", false);
    if (seen == EXEC_SEEN_DONE)
        answer(job, LF_END_OK, ran);
    else if (seen == EXEC_SEEN_UNCLEAR)
        unclear(job, LF_END_CANNOT_TELL);
    else
        finish(job, seen == EXEC_SEEN_ABSENT ? LF_END_GONE : LF_END_CANNOT_TELL);
}

void exec_command_read(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct job *job = job_new(self, op, req);
    job->step = req->prior ? req->prior : req->desired;
    if (!job->step)
        finish(job, LF_END_CANNOT_TELL);
    else if (has_probe(job))
        probe(job, seen_by_look);
    else
        answer(job, LF_END_OK, kit_get_bool(&job->exec->kit, job->step, "ran", true));
}

/* A probe knows whether it is done, not in which version; of an update in doubt it knows nothing.  What may
 * run twice is sent again, and that is said by "not there" of a create, and by "as it was" of the others. */
void exec_command_recover(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct job *job = job_new(self, op, req);
    bool updates = req->prior && req->desired;
    if (updates)
        job->step = req->prior;
    if (has_probe(job) && !updates)
        probe(job, seen_by_look);
    else if (!flag(job, "idempotent"))
        finish(job, LF_END_CANNOT_TELL);
    else if (req->prior)
        answer(job, LF_END_OK, kit_get_bool(&job->exec->kit, req->prior, "ran", true));
    else
        finish(job, LF_END_GONE);
}

void exec_command_find(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct job *job = job_new(self, op, req);
    if (has_probe(job)) {
        probe(job, seen_by_look);
        return;
    }
    say(job, LF_DIAG_ERROR, "exec.no_probe", sentence(job, "argv", "has no probe that could find it"), NULL,
        "give the step a `probe`");
    finish(job, LF_END_CANNOT_TELL);
}

/* ---- what the core asks beforehand -----------------------------------------------------------------------
 */

const char *exec_command_lane(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct exec *exec = self;
    (void)op;
    return kit_get_text(&exec->kit, req->desired ? req->desired : req->prior, "lane");
}

void exec_command_settle_of(void *self, struct lf_op *op, const struct lf_request *req, struct lf_settle *out)
{
    const struct exec *exec = self;
    const struct kit *kit = &exec->kit;
    const struct lf_value *step = req->desired && req->verb != LF_VERB_DESTROY ? req->desired : req->prior;
    (void)op;
    if (kit_get_bool(kit, step, "idempotent", false))
        out->create = out->update = out->destroy = LF_SETTLE_NAMED;
    else if (kit_has(kit, step, "probe"))
        out->create = out->destroy = LF_SETTLE_FINDABLE;
    if (!kit_has(kit, step, "undo"))
        out->destroy = LF_SETTLE_NAMED; /* nothing is sent */
    out->visible_after_ms = (uint32_t)kit_get_int(kit, step, "lag_s", 0) * 1000;
}
