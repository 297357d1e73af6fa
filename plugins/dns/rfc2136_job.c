#include "rfc2136_job.h"

#include "rfc2136_memory.h"

#include <assert.h>
#include <string.h>

/* What is left at the least for a job whose deadline is near: the core calls it late, not we. */
#define LEAST_MS 1000

static void no_secret(const struct rfc2136 *self, struct lf_op *op, struct kit_batch *batch)
{
    static const char code[] = "rfc2136.no_secret";
    static const char summary[] = "the secret of the key cannot be read";
    static const char advice[] = "check where `secret` of the drivers block points to";
    if (!batch) {
        kit_note(&self->kit, op, code, "secret", summary, NULL, advice);
        kit_finish(&self->kit, op, LF_END_CANNOT_TELL);
        return;
    }
    for (size_t i = 0; i < batch->count; i++) {
        kit_batch_note(batch, i, code, "secret", summary, NULL, advice);
        kit_batch_status(batch, i, kit_changes(batch->reqs[i]) ? LF_END_REFUSED : LF_END_CANNOT_TELL);
    }
    kit_batch_end(batch);
}

struct job *job_new(const struct rfc2136 *self, struct lf_op *op, const struct lf_request *req,
                    struct kit_batch *batch)
{
    const struct kit *kit = &self->kit;
    size_t len = 0;
    const char *secret = kit->values->reveal(op, self->secret, &len);
    if (!secret) {
        no_secret(self, op, batch);
        return NULL;
    }
    struct job *job = kit->ops->scratch(op, sizeof(*job));
    job->self = self;
    job->op = op;
    job->batch = batch;
    job->memory = memory_new();
    int64_t left = req->deadline_ms - kit->ops->now_ms(op);
    job->talk = (struct talk){
        .memory = job->memory,
        .server = self->server,
        .port = self->port,
        .key = {self->key, self->algorithm, memory_text(job->memory, secret, len)},
        .line = {.fd = -1,
                 .silence_ms = self->silence_ms,
                 .until_ms = line_now_ms() + (left > LEAST_MS ? left : LEAST_MS)},
    };
    job->look.talk = &job->talk;
    if (batch) {
        job->look.keys = kit->ops->scratch(op, (batch->count + 1) * sizeof(*job->look.keys));
        job->items = kit->ops->scratch(op, (batch->count + 1) * sizeof(*job->items));
        job->edits = kit->ops->scratch(op, (batch->count + 1) * sizeof(*job->edits));
    }
    return job;
}

static void run(void *user)
{
    struct job *job = user;
    job->ran = true;
    job->work(job);
    wire_thread_done();
}

void job_work(struct job *job, void (*work)(struct job *job), lf_work_done_fn *done)
{
    job->work = work;
    job->ran = false;
    job->self->kit.host->wait->work(job->op, RFC2136_POOL, run, done, job);
}

void job_free(struct job *job)
{
    talk_close(&job->talk);
    memory_free(job->memory);
    job->memory = NULL;
}

void job_want(struct job *job, size_t i, const char *owner, const char *type, const char *mark)
{
    job->items[job->look.count] = i;
    job->look.keys[job->look.count++] = (struct look_key){.owner = owner, .type = type, .mark = mark};
}

struct edit *job_edit(struct job *job, size_t key)
{
    assert(job->edit_count < job->batch->count);
    struct edit *edit = &job->edits[job->edit_count++];
    *edit = (struct edit){.key = key, .owner = job->look.keys[key].owner, .mark = job->look.keys[key].mark};
    edit->is_alias = strcmp(job->look.keys[key].type, "CNAME") == 0;
    return edit;
}

const struct lf_request *job_request(const struct job *job, size_t key)
{
    return job->batch->reqs[job->items[key]];
}

/* ---- ends --------------------------------------------------------------------------------- */

static void end(struct job *job)
{
    struct kit_batch *batch = job->batch;
    job_free(job);
    kit_batch_end(batch);
}

/* A canceled job that never began did nothing.  One that comes back late finds its operation over: the core
 * has judged it already, and all there is to do is to tidy up.  True: nothing more may be done. */
static bool is_over(struct job *job, int canceled)
{
    if (!canceled)
        return false;
    if (job->ran) {
        job_free(job);
        return true;
    }
    for (size_t i = 0; i < job->batch->count; i++)
        if (job->batch->answers[i].status == 0)
            kit_batch_status(job->batch, i, LF_END_CANCELED);
    end(job);
    return true;
}

static bool is_answered(const struct job *job, size_t key)
{
    return job->batch->answers[job->items[key]].status != 0;
}

/* Nothing was sent that changes anything. */
static void look_failed(struct job *job)
{
    const struct talk_fault *fault = &job->talk.fault;
    struct rfc2136_words words = rfc2136_fault_words(job->self, job->op, fault);
    bool passing = fault->end == TALK_UNSENT || fault->end == TALK_LOST || fault->end == TALK_GARBLED;
    for (size_t key = 0; key < job->look.count; key++) {
        bool changes = kit_changes(job_request(job, key));
        if (is_answered(job, key))
            continue;
        rfc2136_note(job->batch, job->items[key], &words);
        kit_batch_status(job->batch, job->items[key],
                         !changes  ? LF_END_CANNOT_TELL
                         : passing ? LF_END_RETRY
                                   : LF_END_REFUSED);
    }
}

static void not_served(struct job *job, size_t key)
{
    const struct lf_request *req = job_request(job, key);
    struct rfc2136_words words =
        rfc2136_not_served_words(job->self, job->op, job->look.zone, job->look.not_served);
    if (job->look.absent && req->verb != LF_VERB_CREATE) {
        kit_batch_status(job->batch, job->items[key], LF_END_GONE);
        return;
    }
    rfc2136_note(job->batch, job->items[key], &words);
    kit_batch_status(job->batch, job->items[key], kit_changes(req) ? LF_END_REFUSED : LF_END_CANNOT_TELL);
}

static void unclear(struct job *job, size_t key)
{
    const struct kit *kit = &job->self->kit;
    const char *why = job->look.keys[key].unclear;
    bool changes = kit_changes(job_request(job, key));
    kit_batch_note(job->batch, job->items[key], "rfc2136.unclear", NULL,
                   "what is there cannot be told by asking", kit_copy(kit, job->op, why, strlen(why)),
                   "let the key transfer the zone: then everything can be read");
    kit_batch_status(job->batch, job->items[key], changes ? LF_END_RETRY : LF_END_CANNOT_TELL);
}

/* ---- changing ----------------------------------------------------------------------------- */

static void work_change(struct job *job)
{
    edit_send(&job->talk, job->look.zone, job->edits, job->edit_count);
    bool any = false;
    for (size_t i = 0; i < job->edit_count; i++)
        any = any || job->edits[i].end == EDIT_DONE;
    job->seen = any && look_at(&job->look) && job->look.soa.count > 0;
}

static const char *name_of(struct job *job, size_t key)
{
    const struct look_key *at = &job->look.keys[key];
    return kit_format(&job->self->kit, job->op, "%s of '%s'", at->type, at->owner);
}

/* A CNAME was asked for where something else stands. */
static void not_alone(struct job *job, const struct edit *edit)
{
    const struct kit *kit = &job->self->kit;
    kit_batch_refuse(job->batch, job->items[edit->key], "dns.cname_not_alone", "name",
                     kit_format(kit, job->op, "'%s' cannot have a CNAME record", edit->owner),
                     "it has other records, and a CNAME stands alone at its name",
                     "give one of them another name");
}

/* The server said no to it: for certain nothing happened. */
static void not_done(struct job *job, const struct edit *edit)
{
    struct rfc2136_words words;
    bool passing = false;
    if (edit->fault.detail && edit->fault.end == TALK_BAD_KEY) {
        /* The same key was good for looking. */
        words =
            rfc2136_rcode_words(job->self, job->op, WIRE_REFUSED, name_of(job, edit->key), job->look.zone);
        words.detail = kit_format(&job->self->kit, job->op, "%s", edit->fault.detail);
    } else if (edit->fault.detail) {
        words = rfc2136_fault_words(job->self, job->op, &edit->fault);
    } else if (edit->rcode == WIRE_YXDOMAIN) {
        not_alone(job, edit);
        return;
    } else {
        passing = edit->rcode == WIRE_YXRRSET || edit->rcode == WIRE_NXRRSET || edit->rcode == WIRE_NXDOMAIN;
        words = rfc2136_rcode_words(job->self, job->op, edit->rcode, name_of(job, edit->key), job->look.zone);
    }
    rfc2136_note(job->batch, job->items[edit->key], &words);
    kit_batch_status(job->batch, job->items[edit->key], passing ? LF_END_RETRY : LF_END_REFUSED);
}

static void not_known(struct job *job, const struct edit *edit)
{
    struct rfc2136_words words =
        edit->fault.detail
            ? rfc2136_fault_words(job->self, job->op, &edit->fault)
            : rfc2136_rcode_words(job->self, job->op, edit->rcode, name_of(job, edit->key), job->look.zone);
    rfc2136_note(job->batch, job->items[edit->key], &words);
    kit_batch_status(job->batch, job->items[edit->key],
                     edit->end == EDIT_UNSENT ? LF_END_RETRY : LF_END_UNSURE);
}

static void changed(struct lf_op *op, void *user, int canceled)
{
    struct job *job = user;
    (void)op;
    if (is_over(job, canceled))
        return;
    for (size_t i = 0; i < job->edit_count; i++) {
        const struct edit *edit = &job->edits[i];
        if (edit->end == EDIT_DONE)
            job->settle(job, edit, job->seen && !job->look.keys[edit->key].unclear);
        else if (edit->end == EDIT_NOT_DONE)
            not_done(job, edit);
        else
            not_known(job, edit);
    }
    end(job);
}

/* ---- looking ------------------------------------------------------------------------------ */

static void work_look(struct job *job)
{
    job->good = talk_open(&job->talk) && look_at(&job->look);
}

/* A driver with a transport of its own keeps the promise itself. */
static void must_not_change(struct job *job)
{
    for (size_t i = 0; i < job->edit_count; i++)
        kit_batch_refuse(job->batch, job->items[job->edits[i].key], "rfc2136.read_only", NULL,
                         "nothing may be changed now", "the operation is read-only", NULL);
    end(job);
}

/* Several keys may speak for one item: what cannot be told of one is not decided by another. */
static void judge(struct job *job)
{
    for (size_t key = 0; key < job->look.count; key++) {
        if (is_answered(job, key))
            continue;
        if (job->look.soa.count == 0)
            not_served(job, key);
        else if (job->look.keys[key].unclear)
            unclear(job, key);
    }
    for (size_t key = 0; key < job->look.count; key++)
        if (!is_answered(job, key))
            job->decide(job, key);
}

/* BIND takes a MX or NS record only when the host it names has an address, if that host lies in the same
 * zone: so addresses go first. */
static void addresses_first(struct job *job)
{
    struct edit *sorted = job->self->kit.ops->scratch(job->op, job->edit_count * sizeof(*sorted));
    size_t count = 0;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < job->edit_count; i++) {
            const char *type = job->look.keys[job->edits[i].key].type;
            bool address = strcmp(type, "A") == 0 || strcmp(type, "AAAA") == 0;
            if (address == (round == 0))
                sorted[count++] = job->edits[i];
        }
    }
    job->edits = sorted;
}

static void looked(struct lf_op *op, void *user, int canceled)
{
    struct job *job = user;
    (void)op;
    if (is_over(job, canceled))
        return;
    if (!job->good)
        look_failed(job);
    else
        judge(job);
    if (job->edit_count == 0) {
        end(job);
    } else if (job->batch->reqs[0]->read_only) {
        must_not_change(job);
    } else {
        addresses_first(job);
        job_work(job, work_change, changed);
    }
}

void job_start(struct job *job, const char *zone, job_decide_fn *decide, job_settle_fn *settle)
{
    job->look.zone = zone;
    job->decide = decide;
    job->settle = settle;
    if (job->look.count == 0)
        end(job);
    else
        job_work(job, work_look, looked);
}
