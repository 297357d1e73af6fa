#include "http_resource.h"

#include <string.h>

#include "http_shape.h"

/* Every change begins with a look: what carries another mark, or none where one is kept, is left alone.  And
 * it ends with one: state is what the service shows, not what it was sent. */

struct job;
typedef void object_fn(struct job *job, const struct lf_value *object);

struct job {
    const struct http *http;
    struct lf_op *op;
    const struct lf_request *req;
    const struct lf_value *step; /* its requests and its body: desired, or what was */
    const char *id;              /* NULL: the service has not told it yet */
    const char *doing;           /* for words: "create it" */
    object_fn *seen;             /* of the read under way; object NULL: for certain not there */
    bool changed;                /* this try may have changed something */
};

static struct job *job_new(void *self, struct lf_op *op, const struct lf_request *req, const char *doing)
{
    const struct http *http = self;
    const struct kit *kit = &http->kit;
    struct job *job = kit->ops->scratch(op, sizeof(*job));
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

static const struct kit *kit_of(const struct job *job)
{
    return &job->http->kit;
}

static const char *text(const struct job *job, const char *path)
{
    return kit_get_text(kit_of(job), job->step, path);
}

static bool has(const struct job *job, const char *path)
{
    return kit_has(kit_of(job), job->step, path);
}

static bool is_among(const struct job *job, const char *path, int64_t number)
{
    const struct kit *kit = kit_of(job);
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

static void finish(const struct job *job, uint32_t status)
{
    kit_finish(kit_of(job), job->op, status);
}

static void note(const struct job *job, const char *code, const char *path, const char *summary,
                 const char *detail, const char *advice)
{
    kit_note(kit_of(job), job->op, code, path, summary, detail, advice);
}

static bool is_change(const struct job *job)
{
    return kit_changes(job->req);
}

/* A reply that is not as hoped.  `sent_change`: of the request that changes something. */
static void fail(const struct job *job, const struct kit_http_reply *reply, bool sent_change)
{
    struct lf_result result = kit_http_result(reply, sent_change);
    bool busy = reply->sent == LF_SENT_REPLY && is_among(job, "retry", reply->status);
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
    kit_of(job)->ops->finish(job->op, &result);
}

static void answer(const struct job *job, uint32_t status, const struct lf_value *object)
{
    const struct kit *kit = kit_of(job);
    struct lf_result result = kit_result(status);
    const char *marker = http_shape_marker(kit, job->step, object);
    result.id = job->id;
    /* Where the service keeps no mark, the id it gave to our own create says whose it is. */
    result.marker = text(job, "marker") || job->req->verb == LF_VERB_FIND ? marker : job->req->marker;
    result.state = http_shape_state(kit, job->op, job->step, object);
    kit->ops->finish(job->op, &result);
}

static bool is_ours(const struct job *job, const struct lf_value *object)
{
    const struct kit *kit = kit_of(job);
    if (!text(job, "marker"))
        return true;
    return kit_may_change(kit, job->req, http_shape_marker(kit, job->step, object));
}

/* ---- asking ---------------------------------------------------------------------------------------------
 */

static void lost_secret(const struct job *job)
{
    note(job, "http.secret", NULL, "a secret that the request needs cannot be read", NULL,
         "see the line above, and set it for landfall");
    finish(job, job->changed ? LF_END_UNSURE : is_change(job) ? LF_END_REFUSED : LF_END_CANNOT_TELL);
}

/* False: nothing was sent, and it ended. */
static bool send(struct job *job, const char *method, const char *path_at, const struct lf_value *body,
                 const struct lf_header *more, kit_http_fn *fn)
{
    const struct kit *kit = kit_of(job);
    const char *missing = NULL;
    struct http_names names = {job->id, text(job, "key"), job->req->marker, job->req->token};
    const char *path = http_ask_path(job->http, job->op, text(job, path_at), &names, &missing);
    if (!path) {
        note(job, "http.no_value", path_at, kit_format(kit, job->op, "nothing stands for %s yet", missing),
             NULL, "use in this path only what is known when it is asked");
        finish(job, job->changed ? LF_END_UNSURE : is_change(job) ? LF_END_REFUSED : LF_END_CANNOT_TELL);
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
    struct job *job = user;
    const struct kit *kit = kit_of(job);
    (void)op;
    if (reply->sent == LF_SENT_REPLY && is_among(job, "read.absent", reply->status)) {
        job->seen(job, NULL);
        return;
    }
    if (kit_http_end(reply, false) != LF_END_OK) {
        fail(job, reply, false);
        return;
    }
    const struct lf_value *object = http_shape_part(kit, reply->json, text(job, "read.object"));
    if (object && kit->values->kind(object) == LF_KIND_MAP) {
        job->seen(job, object);
        return;
    }
    note(job, "http.no_object", "read",
         kit_format(kit, job->op, "the service at '%s' answered without the object", job->http->url),
         kit_format(kit, job->op, "HTTP %u: %.300s", reply->status, reply->body),
         "see where its reply has the object, and name that in `read.object`");
    finish(job, job->changed ? LF_END_UNSURE : is_change(job) ? LF_END_REFUSED : LF_END_CANNOT_TELL);
}

static void look(struct job *job, object_fn *seen)
{
    job->seen = seen;
    send(job, "GET", "read.path", NULL, NULL, on_read);
}

/* ---- ready, or gone: asking again ------------------------------------------------------------------------
 */

static void look_again(struct lf_op *op, void *user, int canceled)
{
    struct job *job = user;
    (void)op;
    if (canceled)
        finish(job, LF_END_UNSURE);
    else
        look(job, job->seen);
}

static void wait_and_look(struct job *job, object_fn *seen)
{
    const struct kit *kit = kit_of(job);
    job->seen = seen;
    kit->ops->after(job->op, (uint64_t)kit_get_int(kit, job->step, "ready.every_ms", 2000), look_again, job);
}

enum readiness { READY = 1, NOT_YET, NEVER };

static bool holds_text(const struct job *job, const char *list_at, const char *word)
{
    const struct kit *kit = kit_of(job);
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

static enum readiness readiness_of(const struct job *job, const struct lf_value *object)
{
    const struct kit *kit = kit_of(job);
    if (!has(job, "ready"))
        return READY;
    const char *word = kit_get_text(kit, object, text(job, "ready.at"));
    return holds_text(job, "ready.is", word)       ? READY
           : holds_text(job, "ready.failed", word) ? NEVER
                                                   : NOT_YET;
}

static void not_ready(const struct job *job, const struct lf_value *object, enum readiness how)
{
    const struct kit *kit = kit_of(job);
    const char *word = kit_get_text(kit, object, text(job, "ready.at"));
    note(job, how == NEVER ? "http.not_ready" : "http.still_working", "ready",
         kit_format(kit, job->op, "the service says '%s' of it", word ? word : "nothing"), NULL,
         how == NEVER ? "look at the service for the reason; the next plan replaces it"
                      : "it is looked at again later");
}

/* The end of a create and of an update. */
static void seen_after_change(struct job *job, const struct lf_value *object)
{
    if (!object) {
        /* A list that lags, or somebody's delete: only a later look can tell. */
        note(job, "http.not_seen", "read", "the service took the change and does not show the object", NULL,
             "when it shows it only later, say how much with `lag_ms`");
        finish(job, LF_END_UNSURE);
        return;
    }
    enum readiness how = readiness_of(job, object);
    if (how == NOT_YET) {
        wait_and_look(job, seen_after_change);
        return;
    }
    if (how == NEVER)
        not_ready(job, object, how);
    answer(job, how == NEVER ? LF_END_DAMAGED : LF_END_OK, object);
}

/* ---- update ---------------------------------------------------------------------------------------------
 */

static void look_after_change(struct lf_op *op, void *user, int canceled)
{
    struct job *job = user;
    (void)op;
    if (canceled)
        finish(job, LF_END_UNSURE);
    else
        look(job, seen_after_change);
}

/* Behind a change the service is given the time it needs to show it. */
static void settle_and_look(struct job *job)
{
    const struct kit *kit = kit_of(job);
    int64_t lag_ms = kit_get_int(kit, job->step, "lag_ms", 0);
    if (lag_ms > 0)
        kit->ops->after(job->op, (uint64_t)lag_ms, look_after_change, job);
    else
        look_after_change(job->op, job, 0);
}

static void on_updated(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct job *job = user;
    (void)op;
    if (kit_http_end(reply, true) == LF_END_OK)
        settle_and_look(job);
    else
        fail(job, reply, true);
}

static const struct lf_value *body_of(struct job *job)
{
    const struct lf_value *body = http_shape_body(kit_of(job), job->op, job->step, job->req->marker);
    if (!body)
        lost_secret(job);
    return body;
}

static void send_update(struct job *job)
{
    const struct lf_value *body = body_of(job);
    const char *method = text(job, "update.method") ? text(job, "update.method") : "PATCH";
    if (body && send(job, method, "update.path", body, NULL, on_updated))
        job->changed = true;
}

static void seen_before_update(struct job *job, const struct lf_value *object)
{
    if (!object) {
        finish(job, LF_END_GONE);
    } else if (!is_ours(job, object)) {
        answer(job, LF_END_EXISTS, object);
    } else {
        send_update(job);
    }
}

void http_resource_update(void *self, struct lf_op *op, const struct lf_request *req)
{
    look(job_new(self, op, req, "change the object"), seen_before_update);
}

/* ---- search ---------------------------------------------------------------------------------------------
 */

static bool says_more(const struct job *job, const struct lf_value *reply)
{
    const struct kit *kit = kit_of(job);
    const char *at = text(job, "search.more");
    const struct lf_value *value = at ? kit_get(kit, reply, at) : NULL;
    const char *word = value ? kit->values->as_text(value, NULL) : NULL;
    return value && (kit->values->as_bool(value, 0) || (word && word[0]));
}

/* How many of the list carry our marker; *id is that of the last one. */
static size_t count_ours(const struct job *job, const struct lf_value *list, const char **id)
{
    const struct kit *kit = kit_of(job);
    size_t count = kit->values->count(list), found = 0;
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        const struct lf_value *one = kit->values->at(list, i, &key);
        const char *marker = http_shape_marker(kit, job->step, one);
        if (!marker || strcmp(marker, job->req->marker) != 0)
            continue;
        *id = http_shape_text(kit, job->op,
                              kit_get(kit, one, text(job, "search.id") ? text(job, "search.id") : "id"));
        found++;
    }
    return found;
}

static void seen_by_look(struct job *job, const struct lf_value *object);
static void send_create(struct job *job);

static void none_found(struct job *job, const struct lf_value *reply)
{
    bool creates = job->req->verb == LF_VERB_CREATE;
    if (says_more(job, reply)) {
        note(job, "http.more_pages", "search", "the service lists more than one page", NULL,
             "narrow `search.path` until all it lists fits on one page");
        finish(job, job->changed ? LF_END_UNSURE : creates ? LF_END_REFUSED : LF_END_CANNOT_TELL);
    } else if (job->changed) {
        finish(job, LF_END_UNSURE);
    } else if (creates) {
        send_create(job);
    } else {
        finish(job, LF_END_GONE);
    }
}

static void on_searched(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct job *job = user;
    const struct kit *kit = kit_of(job);
    const struct lf_value *list = http_shape_part(kit, reply->json, text(job, "search.list"));
    const char *id = NULL;
    (void)op;
    if (kit_http_end(reply, false) != LF_END_OK) {
        fail(job, reply, false);
        return;
    }
    if (!list || kit->values->kind(list) != LF_KIND_LIST) {
        note(job, "http.no_list", "search", "the service answered the search without a list",
             kit_format(kit, job->op, "HTTP %u: %.300s", reply->status, reply->body),
             "see where its reply has the list, and name that in `search.list`");
        finish(job, job->changed ? LF_END_UNSURE : is_change(job) ? LF_END_REFUSED : LF_END_CANNOT_TELL);
        return;
    }
    size_t found = count_ours(job, list, &id);
    if (found == 0) {
        none_found(job, reply->json);
    } else if (found > 1) {
        note(job, "http.many", "search", kit_format(kit, job->op, "%zu objects carry our marker", found),
             NULL, "delete all but one by hand");
        finish(job, is_change(job) ? LF_END_UNSURE : LF_END_MANY);
    } else if (!id) {
        note(job, "http.no_id", "search.id", "an object of the list has no id where it should be", NULL,
             "see where the list has its ids, and name that in `search.id`");
        finish(job, is_change(job) ? LF_END_UNSURE : LF_END_CANNOT_TELL);
    } else {
        job->id = id;
        look(job, is_change(job) ? seen_after_change : seen_by_look);
    }
}

static void search(struct job *job)
{
    send(job, "GET", "search.path", NULL, NULL, on_searched);
}

/* ---- create ---------------------------------------------------------------------------------------------
 */

/* The last part of its Location header, where the reply does not say it. */
static const char *id_of(const struct job *job, const struct kit_http_reply *reply)
{
    const struct kit *kit = kit_of(job);
    const char *at = text(job, "create.id");
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
    struct job *job = user;
    (void)op;
    if (canceled)
        finish(job, LF_END_UNSURE);
    else
        settle_and_look(job);
}

static void seen_in_the_way(struct job *job, const struct lf_value *object)
{
    if (object && is_ours(job, object))
        seen_after_change(job, object);
    else if (object)
        answer(job, LF_END_EXISTS, object);
    else
        finish(job, LF_END_UNSURE); /* there a moment ago */
}

/* The service says that something is in the way: whose is it? */
static void conflict(struct job *job, const struct kit_http_reply *reply)
{
    if (text(job, "key")) {
        look(job, seen_in_the_way);
        return;
    }
    http_ask_say(job->http, job->op, reply, job->doing);
    finish(job, LF_END_EXISTS);
}

static void on_created(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct job *job = user;
    const struct kit *kit = kit_of(job);
    bool taken = reply->sent == LF_SENT_REPLY && (reply->status == 409 || reply->status == 412);
    if (taken && !is_among(job, "retry", reply->status)) {
        conflict(job, reply);
        return;
    }
    if (kit_http_end(reply, true) != LF_END_OK) {
        fail(job, reply, true);
        return;
    }
    if (!text(job, "key"))
        job->id = id_of(job, reply);
    if (job->id) {
        kit->ops->save(op, job->id, kit_map(kit, op), on_saved, job);
        return;
    }
    note(job, "http.no_id", "create.id", "the service made the object and did not say its id",
         kit_format(kit, op, "HTTP %u: %.300s", reply->status, reply->body),
         "see where its reply has the id, and name that in `create.id`");
    if (has(job, "search"))
        search(job);
    else
        finish(job, LF_END_UNSURE);
}

static void send_create(struct job *job)
{
    const char *method = text(job, "create.method") ? text(job, "create.method") : "POST";
    struct lf_header more[2] = {{0}};
    size_t count = 0;
    const struct lf_value *body = body_of(job);
    if (!body)
        return;
    if (text(job, "idempotency_header"))
        more[count++] = (struct lf_header){text(job, "idempotency_header"), job->req->token};
    /* Between the look and this, somebody else may have put one there; a service that knows the header sees
     * to it. */
    if (strcmp(method, "PUT") == 0)
        more[count] = (struct lf_header){"If-None-Match", "*"};
    if (send(job, method, "create.path", body, more, on_created))
        job->changed = true;
}

/* A create that finds its own object goes on from there: it is brought to what is asked. */
static void seen_before_create(struct job *job, const struct lf_value *object)
{
    const struct kit *kit = kit_of(job);
    if (!object) {
        send_create(job);
    } else if (!is_ours(job, object)) {
        answer(job, LF_END_EXISTS, object);
    } else {
        const struct lf_value *seen = http_shape_state(kit, job->op, job->step, object);
        bool as_asked = http_shape_same(kit, kit_get(kit, seen, "body"), kit_get(kit, job->step, "body"));
        if (as_asked || !has(job, "update"))
            seen_after_change(job, object);
        else
            send_update(job);
    }
}

void http_resource_create(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct job *job = job_new(self, op, req, "create the object");
    if (text(job, "key")) {
        look(job, seen_before_create);
    } else if (req->id) {
        job->changed = true; /* it was made, and its id saved: go on from there */
        look(job, seen_after_change);
    } else if (req->attempt > 1 && has(job, "search")) {
        search(job);
    } else {
        send_create(job);
    }
}

/* ---- destroy --------------------------------------------------------------------------------------------
 */

static void seen_after_delete(struct job *job, const struct lf_value *object)
{
    if (object)
        wait_and_look(job, seen_after_delete);
    else
        finish(job, LF_END_GONE);
}

static void on_deleted(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct job *job = user;
    (void)op;
    if (reply->sent == LF_SENT_REPLY && is_among(job, "read.absent", reply->status))
        finish(job, LF_END_GONE);
    else if (kit_http_end(reply, true) != LF_END_OK)
        fail(job, reply, true);
    else if (reply->status == 202) /* it will be */
        look(job, seen_after_delete);
    else
        finish(job, LF_END_GONE);
}

static void seen_before_delete(struct job *job, const struct lf_value *object)
{
    if (!object) {
        finish(job, LF_END_GONE);
    } else if (!is_ours(job, object)) {
        answer(job, LF_END_EXISTS, object);
    } else {
        const char *method = text(job, "delete.method") ? text(job, "delete.method") : "DELETE";
        if (send(job, method, "delete.path", NULL, NULL, on_deleted))
            job->changed = true;
    }
}

static bool without_id(struct job *job)
{
    if (job->id)
        return false;
    finish(job, LF_END_CANNOT_TELL);
    return true;
}

void http_resource_destroy(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct job *job = job_new(self, op, req, "delete the object");
    /* What is to go is what was made, at the paths it was made with. */
    if (req->prior)
        job->step = req->prior;
    if (job->id)
        look(job, seen_before_delete);
    else
        finish(job, LF_END_GONE); /* nothing was ever made */
}

/* ---- looking --------------------------------------------------------------------------------------------
 */

static void seen_by_look(struct job *job, const struct lf_value *object)
{
    bool recovers = job->req->verb == LF_VERB_RECOVER;
    if (!object) {
        finish(job, LF_END_GONE);
        return;
    }
    enum readiness how = readiness_of(job, object);
    if (how != READY && recovers && job->req->desired) {
        not_ready(job, object, how);
        if (how == NOT_YET)
            finish(job, LF_END_CANNOT_TELL);
        else
            answer(job, LF_END_DAMAGED, object);
        return;
    }
    answer(job, recovers && !is_ours(job, object) ? LF_END_EXISTS : LF_END_OK, object);
}

void http_resource_read(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct job *job = job_new(self, op, req, "read the object");
    if (req->prior)
        job->step = req->prior;
    if (!without_id(job))
        look(job, seen_by_look);
}

/* Of an object whose id nobody knows, only a search can tell; without one, nobody can. */
void http_resource_recover(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct job *job = job_new(self, op, req, "look for the object");
    if (job->id)
        look(job, seen_by_look);
    else if (has(job, "search"))
        search(job);
    else
        finish(job, LF_END_CANNOT_TELL);
}

void http_resource_find(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct job *job = job_new(self, op, req, "find the object");
    if (job->id) {
        look(job, seen_by_look);
        return;
    }
    note(job, "http.no_key", "key", "only an object whose id the playbook knows can be found", NULL,
         "give the step its `key`");
    finish(job, LF_END_REFUSED);
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
