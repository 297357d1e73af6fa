#include "http_job.h"

#include "http_shape.h"

struct http_job *http_job_new(void *self, struct lf_op *op, const struct lf_request *req, const char *doing)
{
    const struct http *http = self;
    const struct kit *kit = &http->kit;
    struct http_job *job = kit->ops->scratch(op, sizeof(*job));
    const char *key;
    job->http = http;
    job->op = op;
    job->req = req;
    job->doing = doing;
    job->step = req->desired ? req->desired : req->prior;
    key = kit_get_text(kit, job->step, "key");
    job->id = key ? key : req->id;
    return job;
}

const struct kit *http_job_kit(const struct http_job *job)
{
    return &job->http->kit;
}

const char *http_job_text(const struct http_job *job, const char *path)
{
    return kit_get_text(http_job_kit(job), job->step, path);
}

bool http_job_has(const struct http_job *job, const char *path)
{
    return kit_has(http_job_kit(job), job->step, path);
}

bool http_job_is_among(const struct http_job *job, const char *path, int64_t number)
{
    const struct kit *kit = http_job_kit(job);
    const struct lf_value *list = kit_get(kit, job->step, path);
    size_t count = list ? kit->values->count(list) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        if (kit->values->as_int(kit->values->at(list, i, &key), -1) == number)
            return true;
    }
    return false;
}

/* ---- ends -----------------------------------------------------------------------------------------------
 */

void http_job_finish(const struct http_job *job, uint32_t status)
{
    kit_finish(http_job_kit(job), job->op, status);
}

void http_job_note(const struct http_job *job, const char *code, const char *path, const char *summary,
                   const char *detail, const char *advice)
{
    kit_note(http_job_kit(job), job->op, code, path, summary, detail, advice);
}

static bool is_change(const struct http_job *job)
{
    return kit_changes(job->req);
}

void http_job_fail(const struct http_job *job, const struct kit_http_reply *reply, bool sent_change)
{
    struct lf_result result = kit_http_result(reply, sent_change);
    bool busy = reply->sent == LF_SENT_REPLY && http_job_is_among(job, "retry", reply->status);
    if (busy) {
        result = kit_result(LF_END_RETRY);
        result.retry_after_ms = reply->retry_after_ms;
    }
    /* Behind a change that was sent, a look that failed leaves all in doubt; before one, nothing happened. */
    if (!sent_change && is_change(job) && result.status != LF_END_CANCELED)
        result.status = job->changed                      ? LF_END_UNSURE
                        : result.status == LF_END_REFUSED ? LF_END_REFUSED
                                                          : LF_END_RETRY;
    if (!sent_change && !is_change(job) && result.status != LF_END_CANCELED && result.status != LF_END_RETRY)
        result.status = LF_END_CANNOT_TELL;
    if (result.status != LF_END_CANCELED)
        http_ask_say(job->http, job->op, reply, job->doing);
    http_job_kit(job)->ops->finish(job->op, &result);
}

void http_job_stop(const struct http_job *job, const char *code, const char *path, const char *summary,
                   const char *detail, const char *advice)
{
    http_job_note(job, code, path, summary, detail, advice);
    http_job_finish(job, job->changed ? LF_END_UNSURE : is_change(job) ? LF_END_REFUSED : LF_END_CANNOT_TELL);
}

void http_job_answer(const struct http_job *job, uint32_t status, const struct lf_value *object)
{
    const struct kit *kit = http_job_kit(job);
    struct lf_result result = kit_result(status);
    const char *marker = http_shape_marker(kit, job->step, object);
    result.id = job->id;
    /* Where the service keeps no mark, the id it gave to our own create says whose it is. */
    result.marker =
        http_job_text(job, "marker") || job->req->verb == LF_VERB_FIND ? marker : job->req->marker;
    result.state = http_shape_state(kit, job->op, job->step, object);
    kit->ops->finish(job->op, &result);
}

bool http_job_is_ours(const struct http_job *job, const struct lf_value *object)
{
    const struct kit *kit = http_job_kit(job);
    if (!http_job_text(job, "marker"))
        return true;
    return kit_may_change(kit, job->req, http_shape_marker(kit, job->step, object));
}

/* ---- asking ---------------------------------------------------------------------------------------------
 */

static void lost_secret(const struct http_job *job)
{
    http_job_stop(job, "http.secret", NULL, "a secret that the request needs cannot be read", NULL,
                  "see the line above, and set it for landfall");
}

bool http_job_send(struct http_job *job, const char *method, const char *path_at, const struct lf_value *body,
                   const struct lf_header *more, kit_http_fn *fn)
{
    const struct kit *kit = http_job_kit(job);
    const char *why = NULL;
    const char *by = http_job_text(job, "find.by");
    struct http_names names = {
        .id = job->id,
        .key = http_job_text(job, "key"),
        .marker = job->req->marker,
        .token = job->req->token,
        .name = by ? http_shape_text(kit, job->op, kit_get(kit, kit_get(kit, job->step, "body"), by)) : NULL,
    };
    const char *path = http_ask_path(job->http, job->op, http_job_text(job, path_at), &names, &why);
    if (!path) {
        http_job_stop(
            job, "http.no_value", path_at, why, NULL,
            "use in this path only what is known when it is asked, and names that are no '.' or '..'");
        return false;
    }
    struct http_ask ask = {
        .method = method, .url = path, .headers = kit_get(kit, job->step, "headers"), .json = body};
    for (size_t i = 0; more && i < 2; i++)
        ask.more[i] = more[i];
    if (http_ask_send(job->http, job->op, &ask, fn, job))
        return true;
    lost_secret(job);
    return false;
}

static void on_read(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct http_job *job = user;
    const struct kit *kit = http_job_kit(job);
    (void)op;
    if (reply->sent == LF_SENT_REPLY && http_job_is_among(job, "read.absent", reply->status)) {
        job->seen(job, NULL);
        return;
    }
    if (kit_http_end(reply, false) != LF_END_OK) {
        http_job_fail(job, reply, false);
        return;
    }
    const struct lf_value *object = http_shape_part(kit, reply->json, http_job_text(job, "read.object"));
    if (object && kit->values->kind(object) == LF_KIND_MAP) {
        job->seen(job, object);
        return;
    }
    http_job_stop(job, "http.no_object", "read",
                  kit_format(kit, job->op, "the service at '%s' answered without the object", job->http->url),
                  kit_format(kit, job->op, "HTTP %u: %.300s", reply->status, reply->body),
                  "see where its reply has the object, and name that in `read.object`");
}

void http_job_look(struct http_job *job, http_seen_fn *seen)
{
    job->seen = seen;
    http_job_send(job, "GET", "read.path", NULL, NULL, on_read);
}

const struct lf_value *http_job_body(struct http_job *job)
{
    const struct lf_value *body = http_shape_body(http_job_kit(job), job->op, job->step, job->req->marker);
    if (!body)
        lost_secret(job);
    return body;
}
