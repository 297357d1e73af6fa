#include "http_resource.h"

#include <string.h>

#include "http_job.h"
#include "http_shape.h"

/* ---- ready, or gone: asking again ------------------------------------------------------------------------
 */

static void look_again(struct lf_op *op, void *user, int canceled)
{
    struct http_job *job = user;
    (void)op;
    if (canceled)
        http_job_finish(job, LF_END_UNSURE);
    else
        http_job_look(job, job->seen);
}

static void wait_and_look(struct http_job *job, http_seen_fn *seen)
{
    const struct kit *kit = http_job_kit(job);
    job->seen = seen;
    kit->ops->after(job->op, (uint64_t)kit_get_int(kit, job->step, "ready.every_ms", 2000), look_again, job);
}

enum readiness { READY = 1, NOT_YET, NEVER };

static bool holds_text(const struct http_job *job, const char *list_at, const char *word)
{
    const struct kit *kit = http_job_kit(job);
    const struct lf_value *list = kit_get(kit, job->step, list_at);
    size_t count = list ? kit->values->count(list) : 0;
    for (size_t i = 0; word && i < count; i++) {
        const char *key = NULL;
        const char *item = kit->values->as_text(kit->values->at(list, i, &key), NULL);
        if (item && strcmp(item, word) == 0)
            return true;
    }
    return false;
}

static enum readiness readiness_of(const struct http_job *job, const struct lf_value *object)
{
    const struct kit *kit = http_job_kit(job);
    if (!http_job_has(job, "ready"))
        return READY;
    const char *word = kit_get_text(kit, object, http_job_text(job, "ready.at"));
    return holds_text(job, "ready.is", word)       ? READY
           : holds_text(job, "ready.failed", word) ? NEVER
                                                   : NOT_YET;
}

static void not_ready(const struct http_job *job, const struct lf_value *object, enum readiness how)
{
    const struct kit *kit = http_job_kit(job);
    const char *word = kit_get_text(kit, object, http_job_text(job, "ready.at"));
    http_job_note(job, how == NEVER ? "http.not_ready" : "http.still_working", "ready",
                  kit_format(kit, job->op, "the service says '%s' of it", word ? word : "nothing"), NULL,
                  how == NEVER ? "look at the service for the reason; the next plan replaces it"
                               : "it is looked at again later");
}

/* The end of a create and of an update. */
static void seen_after_change(struct http_job *job, const struct lf_value *object)
{
    if (!object) {
        /* A list that lags, or somebody's delete: only a later look can tell. */
        http_job_note(job, "http.not_seen", "read",
                      "the service took the change and does not show the object", NULL,
                      "when it shows it only later, say how much with `lag_ms`");
        http_job_finish(job, LF_END_UNSURE);
        return;
    }
    enum readiness how = readiness_of(job, object);
    if (how == NOT_YET) {
        wait_and_look(job, seen_after_change);
        return;
    }
    if (how == NEVER)
        not_ready(job, object, how);
    http_job_answer(job, how == NEVER ? LF_END_DAMAGED : LF_END_OK, object);
}

/* ---- update ---------------------------------------------------------------------------------------------
 */

static void look_after_change(struct lf_op *op, void *user, int canceled)
{
    struct http_job *job = user;
    (void)op;
    if (canceled)
        http_job_finish(job, LF_END_UNSURE);
    else
        http_job_look(job, seen_after_change);
}

/* Behind a change the service is given the time it needs to show it. */
static void settle_and_look(struct http_job *job)
{
    const struct kit *kit = http_job_kit(job);
    int64_t lag_ms = kit_get_int(kit, job->step, "lag_ms", 0);
    if (lag_ms > 0)
        kit->ops->after(job->op, (uint64_t)lag_ms, look_after_change, job);
    else
        look_after_change(job->op, job, 0);
}

static void on_updated(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct http_job *job = user;
    (void)op;
    if (kit_http_end(reply, true) == LF_END_OK)
        settle_and_look(job);
    else
        http_job_fail(job, reply, true);
}

static void send_update(struct http_job *job)
{
    const struct lf_value *body = http_job_body(job);
    const char *method = http_job_text(job, "update.method") ? http_job_text(job, "update.method") : "PATCH";
    if (body && http_job_send(job, method, "update.path", body, NULL, on_updated))
        job->changed = true;
}

static void seen_before_update(struct http_job *job, const struct lf_value *object)
{
    if (!object) {
        http_job_finish(job, LF_END_GONE);
    } else if (!http_job_is_ours(job, object)) {
        http_job_answer(job, LF_END_EXISTS, object);
    } else {
        send_update(job);
    }
}

void http_resource_update(void *self, struct lf_op *op, const struct lf_request *req)
{
    http_job_look(http_job_new(self, op, req, "change the object"), seen_before_update);
}

/* ---- create ---------------------------------------------------------------------------------------------
 */

/* The last part of its Location header, where the reply does not say it. */
static const char *id_of(const struct http_job *job, const struct kit_http_reply *reply)
{
    const struct kit *kit = http_job_kit(job);
    const char *at = http_job_text(job, "create.id");
    const char *id = http_shape_text(kit, job->op, kit_get(kit, reply->json, at ? at : "id"));
    const char *place = kit->host->http->header(reply->raw, "location");
    if (id || !place)
        return id;
    const char *slash = strrchr(place, '/');
    return slash && slash[1] && !strpbrk(slash, "%?#") ? kit_copy(kit, job->op, slash + 1, strlen(slash + 1))
                                                       : NULL;
}

static void on_saved(struct lf_op *op, void *user, int canceled)
{
    struct http_job *job = user;
    (void)op;
    if (canceled)
        http_job_finish(job, LF_END_UNSURE);
    else
        settle_and_look(job);
}

static void seen_in_the_way(struct http_job *job, const struct lf_value *object)
{
    if (object && http_job_is_ours(job, object))
        seen_after_change(job, object);
    else if (object)
        http_job_answer(job, LF_END_EXISTS, object);
    else
        http_job_finish(job, LF_END_UNSURE); /* there a moment ago */
}

static void found_in_the_way(struct http_job *job, bool found)
{
    if (found)
        http_job_look(job, seen_in_the_way);
    else
        http_job_finish(job, LF_END_EXISTS); /* not by its name, then */
}

static void found_after_create(struct http_job *job, bool found)
{
    if (found)
        http_job_look(job, seen_after_change);
    else
        http_job_finish(job, LF_END_UNSURE);
}

/* The service says that something is in the way: whose is it? */
static void conflict(struct http_job *job, const struct kit_http_reply *reply)
{
    if (http_job_text(job, "key")) {
        http_job_look(job, seen_in_the_way);
        return;
    }
    http_ask_say(job->http, job->op, reply, job->doing);
    if (http_job_has(job, "find"))
        http_search_named(job, found_in_the_way);
    else
        http_job_finish(job, LF_END_EXISTS);
}

static void on_created(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct http_job *job = user;
    const struct kit *kit = http_job_kit(job);
    bool taken = reply->sent == LF_SENT_REPLY && (reply->status == 409 || reply->status == 412);
    if (taken && !http_job_is_among(job, "retry", reply->status)) {
        conflict(job, reply);
        return;
    }
    if (kit_http_end(reply, true) != LF_END_OK) {
        http_job_fail(job, reply, true);
        return;
    }
    if (!http_job_text(job, "key"))
        job->id = id_of(job, reply);
    if (job->id) {
        kit->ops->save(op, job->id, kit_map(kit, op), on_saved, job);
        return;
    }
    http_job_note(job, "http.no_id", "create.id", "the service made the object and did not say its id",
                  kit_format(kit, op, "HTTP %u: %.300s", reply->status, reply->body),
                  "see where its reply has the id, and name that in `create.id`");
    if (http_job_has(job, "search"))
        http_search_ours(job, found_after_create);
    else
        http_job_finish(job, LF_END_UNSURE);
}

static void send_create(struct http_job *job)
{
    const char *method = http_job_text(job, "create.method") ? http_job_text(job, "create.method") : "POST";
    struct lf_header more[2] = {{0}};
    size_t count = 0;
    const struct lf_value *body = http_job_body(job);
    if (!body)
        return;
    if (http_job_text(job, "idempotency_header"))
        more[count++] = (struct lf_header){http_job_text(job, "idempotency_header"), job->req->token};
    /* Between the look and this, somebody else may have put one there; a service that knows the header sees
     * to it. */
    if (strcmp(method, "PUT") == 0)
        more[count] = (struct lf_header){"If-None-Match", "*"};
    if (http_job_send(job, method, "create.path", body, more, on_created))
        job->changed = true;
}

/* A create that finds its own object goes on from there: it is brought to what is asked. */
static void seen_before_create(struct http_job *job, const struct lf_value *object)
{
    const struct kit *kit = http_job_kit(job);
    if (!object) {
        send_create(job);
    } else if (!http_job_is_ours(job, object)) {
        http_job_answer(job, LF_END_EXISTS, object);
    } else {
        const struct lf_value *seen = http_shape_state(kit, job->op, job->step, object);
        bool as_asked = http_shape_same(kit, kit_get(kit, seen, "body"), kit_get(kit, job->step, "body"));
        if (as_asked || !http_job_has(job, "update"))
            seen_after_change(job, object);
        else
            send_update(job);
    }
}

static void found_before_create(struct http_job *job, bool found)
{
    if (found)
        http_job_look(job, seen_before_create);
    else
        send_create(job);
}

void http_resource_create(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct http_job *job = http_job_new(self, op, req, "create the object");
    if (http_job_text(job, "key")) {
        http_job_look(job, seen_before_create);
    } else if (req->id) {
        job->changed = true; /* it was made, and its id saved: go on from there */
        http_job_look(job, seen_after_change);
    } else if (req->attempt > 1 && http_job_has(job, "search")) {
        http_search_ours(job, found_before_create);
    } else {
        send_create(job);
    }
}

/* ---- destroy --------------------------------------------------------------------------------------------
 */

static void seen_after_delete(struct http_job *job, const struct lf_value *object)
{
    if (object)
        wait_and_look(job, seen_after_delete);
    else
        http_job_finish(job, LF_END_GONE);
}

static void on_deleted(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct http_job *job = user;
    (void)op;
    if (reply->sent == LF_SENT_REPLY && http_job_is_among(job, "read.absent", reply->status))
        http_job_finish(job, LF_END_GONE);
    else if (kit_http_end(reply, true) != LF_END_OK)
        http_job_fail(job, reply, true);
    else if (reply->status == 202) /* it will be */
        http_job_look(job, seen_after_delete);
    else
        http_job_finish(job, LF_END_GONE);
}

static void seen_before_delete(struct http_job *job, const struct lf_value *object)
{
    if (!object) {
        http_job_finish(job, LF_END_GONE);
    } else if (!http_job_is_ours(job, object)) {
        http_job_answer(job, LF_END_EXISTS, object);
    } else {
        const char *method =
            http_job_text(job, "delete.method") ? http_job_text(job, "delete.method") : "DELETE";
        if (http_job_send(job, method, "delete.path", NULL, NULL, on_deleted))
            job->changed = true;
    }
}

static bool without_id(struct http_job *job)
{
    if (job->id)
        return false;
    http_job_finish(job, LF_END_CANNOT_TELL);
    return true;
}

void http_resource_destroy(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct http_job *job = http_job_new(self, op, req, "delete the object");
    /* What is to go is what was made, at the paths it was made with. */
    if (req->prior)
        job->step = req->prior;
    if (job->id)
        http_job_look(job, seen_before_delete);
    else
        http_job_finish(job, LF_END_GONE); /* nothing was ever made */
}

/* ---- looking --------------------------------------------------------------------------------------------
 */

static void seen_by_look(struct http_job *job, const struct lf_value *object)
{
    bool recovers = job->req->verb == LF_VERB_RECOVER;
    if (!object) {
        http_job_finish(job, LF_END_GONE);
        return;
    }
    enum readiness how = readiness_of(job, object);
    if (how != READY && recovers && job->req->desired) {
        not_ready(job, object, how);
        if (how == NOT_YET)
            http_job_finish(job, LF_END_CANNOT_TELL);
        else
            http_job_answer(job, LF_END_DAMAGED, object);
        return;
    }
    http_job_answer(job, recovers && !http_job_is_ours(job, object) ? LF_END_EXISTS : LF_END_OK, object);
}

void http_resource_read(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct http_job *job = http_job_new(self, op, req, "read the object");
    if (req->prior)
        job->step = req->prior;
    if (!without_id(job))
        http_job_look(job, seen_by_look);
}

static void found_by_look(struct http_job *job, bool found)
{
    if (found)
        http_job_look(job, seen_by_look);
    else
        http_job_finish(job, LF_END_GONE);
}

/* Of an object whose id nobody knows, only a search can tell; without one, nobody can. */
void http_resource_recover(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct http_job *job = http_job_new(self, op, req, "look for the object");
    if (job->id)
        http_job_look(job, seen_by_look);
    else if (http_job_has(job, "search"))
        http_search_ours(job, found_by_look);
    else
        http_job_finish(job, LF_END_CANNOT_TELL);
}

void http_resource_find(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct http_job *job = http_job_new(self, op, req, "find the object");
    if (job->id)
        http_job_look(job, seen_by_look);
    else if (http_job_has(job, "find"))
        http_search_named(job, found_by_look);
    else
        http_job_stop(job, "http.no_name", "find", "nothing says by what name this object is found", NULL,
                      "give the step a `find`, or its `key`");
}

/* ---- what the core asks beforehand ------------------------------------------------------------------------
 */

void http_resource_settle_of(void *self, struct lf_op *op, const struct lf_request *req,
                             struct lf_settle *out)
{
    const struct http *http = self;
    const struct kit *kit = &http->kit;
    const struct lf_value *step = req->desired && req->verb != LF_VERB_DESTROY ? req->desired : req->prior;
    (void)op;
    if (kit_get_text(kit, step, "idempotency_header")) {
        out->create = LF_SETTLE_TOKENED;
        out->token_retention_s = (uint32_t)kit_get_int(kit, step, "idempotency_s", 86400);
    } else if (kit_get_text(kit, step, "key")) {
        out->create = LF_SETTLE_NAMED;
    } else if (kit_has(kit, step, "search")) {
        out->create = LF_SETTLE_FINDABLE;
    }
    out->max_inflight_ms = (uint32_t)kit_get_int(kit, step, "inflight_ms", 5000);
    out->visible_after_ms = (uint32_t)kit_get_int(kit, step, "lag_ms", 0);
}
