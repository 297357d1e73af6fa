/* Is the server there, does it know our key and our time, does it answer for the zones, and may the key
 * change them?  All of it without a change: the last question is an update message whose only change removes
 * a record, under the precondition that this record is not there. */
#include "rfc2136_job.h"
#include "rfc2136_mark.h"

#include "rfc2136_memory.h"

#include <string.h>

/* How far one zone came. */
enum step { STEP_ASK, STEP_UPDATE, STEP_TRANSFER, STEP_DONE };

struct check {
    const char *zone; /* "" where none is listed: only the server is asked */
    const char *probe;
    enum step step;          /* where it ended */
    struct talk_fault fault; /* detail NULL: there was none */
    const char *not_served;
    uint32_t rcode;
    bool transfer_refused;
    bool key_unknown; /* without a zone the server says nothing about the key */
};

struct preflight {
    struct check *checks;
    size_t count;
};

/* ---- asking ------------------------------------------------------------------------------- */

/* The key alone: any signed answer will do.  Knot signs none about a zone it does not have. */
static bool ask_server(struct job *job, struct check *check)
{
    struct wire_reply reply;
    if (!talk_ask(&job->talk, wire_query("", "SOA"), &reply)) {
        check->key_unknown = job->talk.fault.unsigned_no;
        return check->key_unknown;
    }
    wire_reply_done(&reply);
    return true;
}

static bool ask_update(struct job *job, struct check *check)
{
    struct wire_reply reply;
    struct wire *wire = wire_update(check->zone);
    if (!wire_need_none(wire, check->probe, "TXT") || !wire_drop(wire, check->probe, "TXT")) {
        wire_free(wire);
        check->rcode = WIRE_FORMERR;
        return true;
    }
    if (!talk_ask(&job->talk, wire, &reply))
        return false;
    check->rcode = reply.rcode;
    wire_reply_done(&reply);
    return true;
}

static bool run(struct job *job, struct check *check)
{
    struct look look = {.talk = &job->talk, .zone = check->zone};
    if (!talk_open(&job->talk))
        return false;
    if (check->zone[0] == '\0') {
        check->step = STEP_DONE;
        return ask_server(job, check);
    }
    if (!look_at_zone(&look))
        return false;
    check->not_served = look.not_served;
    if (check->not_served)
        return true;
    check->step = STEP_UPDATE;
    if (!ask_update(job, check))
        return false;
    if (check->rcode != WIRE_NOERROR)
        return true;
    check->step = STEP_TRANSFER;
    if (!talk_may_transfer(&job->talk, check->zone, &check->transfer_refused))
        return false;
    check->step = STEP_DONE;
    return true;
}

static void work(struct job *job)
{
    const struct preflight *preflight = job->user;
    for (size_t i = 0; i < preflight->count; i++) {
        job->talk.fault = (struct talk_fault){0};
        if (!run(job, &preflight->checks[i]))
            preflight->checks[i].fault = job->talk.fault;
    }
}

/* ---- telling ------------------------------------------------------------------------------ */

static void note(struct job *job, uint32_t severity, const struct rfc2136_words *words)
{
    struct lf_diag diag = {
        .struct_size = sizeof(diag),
        .severity = severity,
        .code = words->code,
        .path = words->path,
        .summary = words->summary,
        .detail = words->detail,
        .advice = words->advice,
    };
    job->self->kit.ops->note(job->op, &diag);
}

/* A fault is passing, or somebody must mend it. */
static uint32_t tell_fault(struct job *job, const struct check *check)
{
    enum talk_end end = check->fault.end;
    struct rfc2136_words words = rfc2136_fault_words(job->self, job->op, &check->fault);
    if (end == TALK_BAD_KEY && check->step == STEP_UPDATE) {
        /* It was good for asking: Knot says so of a key that may not update. */
        words = rfc2136_rcode_words(job->self, job->op, WIRE_REFUSED,
                                    kit_format(&job->self->kit, job->op, "the zone '%s'", check->zone),
                                    check->zone);
        words.detail = kit_copy(&job->self->kit, job->op, check->fault.detail, strlen(check->fault.detail));
    }
    note(job, LF_DIAG_ERROR, &words);
    bool passing = end == TALK_UNSENT || end == TALK_LOST || end == TALK_GARBLED;
    return passing ? LF_END_CANNOT_TELL : LF_END_REFUSED;
}

/* Good enough to go on with. */
static void warn(struct job *job, const struct check *check)
{
    const struct kit *kit = &job->self->kit;
    const struct rfc2136_words no_transfer = {
        .code = "rfc2136.transfer_refused",
        .path = "key",
        .summary = kit_format(kit, job->op, "the key '%s' may not transfer the zone '%s'", job->self->key,
                              check->zone),
        .detail = "records are asked for one by one, and leftovers cannot be looked for",
        .advice = "let it (BIND: allow-transfer; Knot: an acl with `action: transfer`)",
    };
    const struct rfc2136_words no_zone = {
        .code = "rfc2136.key_not_checked",
        .path = "zones",
        .summary = kit_format(kit, job->op, "the key '%s' was not checked", job->self->key),
        .detail = "the server says nothing about a key without a zone that it has",
        .advice = "name the zones in `zones` of the drivers block",
    };
    if (check->transfer_refused)
        note(job, LF_DIAG_WARNING, &no_transfer);
    if (check->key_unknown)
        note(job, LF_DIAG_WARNING, &no_zone);
}

static uint32_t tell_check(struct job *job, const struct check *check)
{
    const struct kit *kit = &job->self->kit;
    struct rfc2136_words words;
    if (check->fault.detail)
        return tell_fault(job, check);
    if (check->not_served) {
        words = rfc2136_not_served_words(job->self, job->op, check->zone, check->not_served);
        words.path = "zones";
    } else if (check->rcode != WIRE_NOERROR) {
        words = rfc2136_rcode_words(job->self, job->op, check->rcode,
                                    kit_format(kit, job->op, "the zone '%s'", check->zone), check->zone);
    } else {
        warn(job, check);
        return LF_END_OK;
    }
    note(job, LF_DIAG_ERROR, &words);
    return check->rcode == WIRE_SERVFAIL ? LF_END_CANNOT_TELL : LF_END_REFUSED;
}

static void worked(struct lf_op *op, void *user, int canceled)
{
    struct job *job = user;
    const struct preflight *preflight = job->user;
    const struct kit *kit = &job->self->kit;
    bool late = canceled && job->ran;
    uint32_t end = canceled ? LF_END_CANCELED : LF_END_OK;
    for (size_t i = 0; i < preflight->count && !canceled; i++) {
        uint32_t one = tell_check(job, &preflight->checks[i]);
        if (one == LF_END_REFUSED || end == LF_END_OK)
            end = one;
        /* The others would say the same. */
        if (preflight->checks[i].fault.detail && preflight->checks[i].step == STEP_ASK)
            break;
    }
    job_free(job);
    if (!late)
        kit_finish(kit, op, end);
}

void rfc2136_preflight(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct rfc2136 *mine = self;
    const struct kit *kit = &mine->kit;
    struct job *job = job_new(mine, op, req, NULL);
    if (!job)
        return;
    struct preflight *preflight = kit->ops->scratch(op, sizeof(*preflight));
    preflight->count = mine->zone_count > 0 ? mine->zone_count : 1;
    preflight->checks = kit->ops->scratch(op, preflight->count * sizeof(*preflight->checks));
    preflight->checks[0].zone = "";
    for (size_t i = 0; i < mine->zone_count; i++) {
        preflight->checks[i].zone = mine->zones[i];
        preflight->checks[i].probe = kit_format(kit, op, "_preflight." MARK_BRANCH ".%s", mine->zones[i]);
    }
    job->user = preflight;
    job_work(job, work, worked);
}
