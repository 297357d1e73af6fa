#include "tryton_work.h"

#include "kit_plan.h"
#include "tryton.h"
#include "tryton_look.h"

#include <string.h>

struct work {
    struct look *look;
    struct kit_batch *batch; /* of one */
    struct seen seen;
    uint32_t calls;   /* that changed something */
    const char *last; /* method of the last of them */
};

static void look_again(struct work *work);

/* ---- ending ------------------------------------------------------------------------------- */

static void end(struct work *work, const struct lf_result *result)
{
    kit_batch_answer(work->batch, 0, result);
    kit_batch_end(work->batch);
}

static void end_as(struct work *work, uint32_t status)
{
    struct lf_result result = kit_result(status);
    end(work, &result);
}

static void note(struct work *work, const struct terms_problem *problem)
{
    kit_batch_note(work->batch, 0, problem->code, problem->path, problem->summary, problem->detail,
                   problem->advice);
}

/* What a call that did not succeed leaves behind: once anything was changed, "nothing happened" is no longer
 * true of the operation as a whole, and a look at it settles what is. */
static uint32_t status_of(const struct work *work, const struct rpc_reply *failed, bool asked_only)
{
    if (failed->status == LF_END_CANCELED)
        return work->calls > 0 ? LF_END_UNSURE : LF_END_CANCELED;
    if (failed->status == LF_END_REFUSED)
        return LF_END_REFUSED;
    if (work->calls > 0)
        return LF_END_UNSURE;
    return asked_only ? LF_END_RETRY : failed->status;
}

static void end_good(struct work *work)
{
    struct lf_result result = kit_result(LF_END_OK);
    result.id = work->seen.id;
    result.marker = work->seen.marker;
    result.state = work->seen.state;
    end(work, &result);
}

/* A create that stops half-way for good has made something, which is ours and stays known. */
static void end_refused(struct work *work)
{
    const struct lf_request *req = work->batch->reqs[0];
    const char *marker = work->seen.marker;
    bool is_half =
        req->verb == LF_VERB_CREATE && work->seen.row && marker && strcmp(marker, req->marker) == 0;
    struct lf_result result = kit_result(is_half ? LF_END_DAMAGED : LF_END_REFUSED);
    if (is_half) {
        result.id = work->seen.id;
        result.marker = marker;
        result.state = work->seen.state;
    }
    end(work, &result);
}

static void end_failed(struct work *work, const struct rpc_reply *failed, bool asked_only)
{
    struct lf_result result = kit_result(status_of(work, failed, asked_only));
    result.retry_after_ms = failed->retry_after_ms;
    if (failed->code)
        kit_batch_note(work->batch, 0, failed->code, NULL, failed->summary, failed->detail, failed->advice);
    if (result.status == LF_END_REFUSED)
        end_refused(work);
    else
        end(work, &result);
}

static void end_taken(struct work *work)
{
    struct lf_result result = kit_result(work->calls > 0 ? LF_END_UNSURE : LF_END_EXISTS);
    result.id = work->seen.id;
    result.marker = work->seen.marker;
    end(work, &result);
}

/* ---- one thing at a time ------------------------------------------------------------------ */

static void saved(struct lf_op *op, void *user, int canceled)
{
    struct work *work = user;
    (void)op;
    if (canceled)
        end_as(work, LF_END_UNSURE);
    else
        look_again(work);
}

/* A create answers with the ids of what it made. */
static const char *made_id(const struct work *work, const struct rpc_reply *reply)
{
    const struct kit *kit = work->look->kit;
    const char *key = NULL;
    if (kit->values->kind(reply->result) != LF_KIND_LIST || kit->values->count(reply->result) != 1)
        return NULL;
    int64_t id = kit->values->as_int(kit->values->at(reply->result, 0, &key), 0);
    return id > 0 ? kit_format(kit, work->look->op, "%lld", (long long)id) : NULL;
}

static void called(struct lf_op *op, const struct rpc_reply *reply, void *user)
{
    struct work *work = user;
    const struct kit *kit = work->look->kit;
    if (reply->status != LF_END_OK) {
        end_failed(work, reply, reply->is_before);
        return;
    }
    bool is_first = !work->seen.row && work->batch->reqs[0]->verb == LF_VERB_CREATE;
    const char *id = is_first ? made_id(work, reply) : NULL;
    work->calls++;
    if (!id || !work->look->kind->is_staged) {
        look_again(work);
        return;
    }
    kit->ops->save(op, id, kit_map(kit, op), saved, work);
}

/* What was made and is not seen is not made again: a rule of Tryton's may hide it from its own maker. */
static void end_unseen(struct work *work)
{
    kit_batch_note(
        work->batch, 0, "tryton.unseen", NULL,
        kit_format(work->look->kit, work->look->op, "Tryton did '%s' and does not show it", work->last),
        "a search right after it finds nothing of it",
        "see which access rules hide such records from landfall's user");
    end_as(work, LF_END_UNSURE);
}

static void take_step(struct work *work, uint32_t (*next)(struct step *step))
{
    struct step step = {.look = work->look, .req = work->batch->reqs[0], .seen = &work->seen};
    uint32_t what = next(&step);
    bool again = what == KIND_CALL && work->last && strcmp(work->last, step.ask.method) == 0;
    bool writes = what == KIND_CALL && strstr(step.ask.method, ".write") != NULL;
    if (what == KIND_REFUSED) {
        note(work, &step.problem);
        end_refused(work);
    } else if (again && !writes) {
        end_unseen(work);
    } else if (what == KIND_CALL && !again) {
        work->last = step.ask.method;
        rpc_call(work->look->tryton, work->look->op, &step.ask, called, work);
    } else if (step.req->verb == LF_VERB_DESTROY) {
        end_as(work, LF_END_GONE);
    } else {
        /* A service that does not keep what it is told shows in the state: the core names the attribute. */
        end_good(work);
    }
}

/* ---- may it be changed? ------------------------------------------------------------------- */

static bool is_same(const struct look *look, const struct lf_value *a, const struct lf_value *b,
                    const char *name, const struct lf_value *asked)
{
    return kit_is_same(look->kit, a, b) ||
           (look->kind->is_same && look->kind->is_same(look, name, a, b, asked));
}

/* An attribute that is neither as it was nor as it is to be was changed by somebody else since the plan. */
static const char *drifted(const struct work *work)
{
    const struct look *look = work->look;
    const struct lf_request *req = work->batch->reqs[0];
    const struct lf_schema *schema = look->kind->schema;
    for (uint32_t i = 0; req->prior && i < schema->attr_count; i++) {
        const struct lf_attr *attr = &schema->attrs[i];
        const struct lf_value *now = kit_get(look->kit, work->seen.state, attr->name);
        if (attr->flags & LF_ATTR_COMPUTED)
            continue;
        if (!is_same(look, now, kit_get(look->kit, req->prior, attr->name), attr->name, req->desired) &&
            !is_same(look, now, kit_get(look->kit, req->desired, attr->name), attr->name, req->desired))
            return attr->name;
    }
    return NULL;
}

static void refuse_drift(struct work *work, const char *name)
{
    const struct kit *kit = work->look->kit;
    const struct lf_value *now = kit_get(kit, work->seen.state, name);
    const char *text = now ? kit->values->to_json(work->look->op, now, NULL) : "nothing";
    kit_batch_note(work->batch, 0, "tryton.changed", name,
                   kit_format(kit, work->look->op, "somebody changed '%s' of %s in Tryton since the plan",
                              name, work->look->kind->noun),
                   kit_format(kit, work->look->op, "it is now %s", text),
                   "plan again: the plan shows it as drift, and you decide");
    end_as(work, LF_END_REFUSED);
}

static void end_remains_or_gone(struct work *work)
{
    if (look_remains(work->look, work->batch->reqs[0]->marker))
        take_step(work, work->look->kind->remove);
    else
        end_as(work, LF_END_GONE);
}

static void destroy(struct work *work)
{
    if (!work->seen.row)
        end_remains_or_gone(work);
    else if (!kit_may_change(work->look->kit, work->batch->reqs[0], work->seen.marker))
        end_taken(work);
    else
        take_step(work, work->look->kind->remove);
}

static void build(struct work *work)
{
    const struct look *look = work->look;
    const struct lf_request *req = work->batch->reqs[0];
    bool updates = req->verb == LF_VERB_UPDATE;
    struct terms_problem problem = {0};
    const char *name = NULL;
    if (!work->seen.row && updates) {
        end_as(work, LF_END_GONE);
    } else if (work->seen.row && !kit_may_change(look->kit, req, work->seen.marker)) {
        end_taken(work);
    } else if (updates && work->calls == 0 && (name = drifted(work)) != NULL) {
        refuse_drift(work, name);
    } else if (!look->kind->allow(look, req->desired, &problem)) {
        note(work, &problem);
        end_refused(work);
    } else {
        take_step(work, look->kind->build);
    }
}

static void looked(struct look *look, const struct rpc_reply *failed, void *user)
{
    struct work *work = user;
    const struct lf_request *req = work->batch->reqs[0];
    if (failed) {
        end_failed(work, failed, true);
        return;
    }
    work->seen = look_seen(look, req);
    if (work->seen.many > 1) {
        kit_batch_note(work->batch, 0, "tryton.many", NULL,
                       kit_format(look->kit, look->op, "%zu records of '%s' carry the marker of %s",
                                  work->seen.many, look->kind->model, look->kind->noun),
                       "records that are copied in Tryton are copied with their marks",
                       "take the mark out of the copies in Tryton, or delete them");
        end_as(work, LF_END_UNSURE);
    } else if (req->verb == LF_VERB_DESTROY) {
        destroy(work);
    } else {
        build(work);
    }
}

static void look_again(struct work *work)
{
    look_fill(work->look, looked, work);
}

void work_verb(const struct kind *kind, struct tryton *tryton, struct lf_op *op, const struct lf_request *req)
{
    struct work *work = tryton->kit.ops->scratch(op, sizeof(*work));
    struct terms_problem problem = {0};
    work->batch = kit_batch_one(&tryton->kit, tryton, op, req);
    work->look = look_new(tryton, op, kind, work->batch->reqs, 1);
    if (req->verb != LF_VERB_DESTROY && !kind->terms(&tryton->kit, op, "tryton", req->desired, &problem)) {
        note(work, &problem);
        end_as(work, LF_END_REFUSED);
        return;
    }
    look_again(work);
}

/* ---- planning ----------------------------------------------------------------------------- */

struct planning {
    struct look *look;
    const struct lf_request *req;
};

static bool plan_same(void *self, const char *name, const struct lf_value *a, const struct lf_value *b)
{
    const struct planning *planning = self;
    const struct look *look = planning->look;
    return look->kind->is_same && look->kind->is_same(look, name, a, b, planning->req->desired);
}

static void planned(struct planning *planning)
{
    const struct look *look = planning->look;
    const struct lf_value *computed =
        look->kind->computed ? look->kind->computed(look, planning->req->desired) : NULL;
    kit_plan(look->kit, planning, look->op, planning->req, look->kind->schema, computed, plan_same);
}

/* Without an answer the plan is made by the schema: what is wrong is then said by the preflight, or when it
 * is built. */
static void plan_with_books(struct lf_op *op, const struct rpc_reply *failed, void *user)
{
    struct planning *planning = user;
    const struct look *look = planning->look;
    struct terms_problem problem = {0};
    if (!failed && !look->kind->allow(look, planning->req->desired, &problem))
        kit_refuse(look->kit, op, problem.code, problem.path, problem.summary, problem.detail,
                   problem.advice);
    else
        planned(planning);
}

void work_plan(const struct kind *kind, struct tryton *tryton, struct lf_op *op, const struct lf_request *req)
{
    const struct kit *kit = &tryton->kit;
    struct planning *planning = kit->ops->scratch(op, sizeof(*planning));
    const struct lf_request **reqs = kit->ops->scratch(op, sizeof(const struct lf_request *));
    struct terms_problem problem = {0};
    reqs[0] = req;
    planning->req = req;
    planning->look = look_new(tryton, op, kind, reqs, 1);
    if (!req->desired)
        planned(planning);
    else if (!kind->terms(kit, op, "tryton", req->desired, &problem))
        kit_refuse(kit, op, problem.code, problem.path, problem.summary, problem.detail, problem.advice);
    else
        books_need(tryton, op, plan_with_books, planning);
}
