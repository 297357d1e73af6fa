/* The loop thread's side: requests in, answers out. */
#include "kit_sql.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit_plan.h"
#include "kit_sql_work.h"

/* ---- settings ----------------------------------------------------------------------------- */

/* The folder is taken as it is written: it is relative to the project, and the core is there already. Nothing
 * is looked at on disk, because open() also runs for plans and shell completion. */
int kit_sql_open(const struct lf_host *host, const struct lf_value *settings, void **self,
                 struct lf_diag *why)
{
    struct kit kit;
    kit_init(&kit, host);
    const char *folder = kit_get_text(&kit, settings, "path");
    const char *place = kit_get_text(&kit, settings, "place");
    if (!folder || !*folder) {
        why->path = "path";
        why->summary = "the driver needs the folder its files are kept in";
        why->advice = "give it as `path`, relative to the project";
        return -1;
    }
    struct kit_sql_driver *driver = calloc(1, sizeof(*driver));
    if (driver) {
        driver->kit = kit;
        driver->folder = strdup(folder);
        driver->place = place ? strdup(place) : NULL;
    }
    if (!driver || !driver->folder || (place && !driver->place)) {
        kit_sql_close(driver);
        why->summary = "out of memory";
        return -1;
    }
    for (size_t len = strlen(driver->folder); len > 1 && driver->folder[len - 1] == '/'; len--)
        driver->folder[len - 1] = '\0';
    *self = driver;
    return 0;
}

void kit_sql_close(void *self)
{
    struct kit_sql_driver *driver = self;
    if (!driver)
        return;
    free(driver->folder);
    free(driver->place);
    free(driver);
}

/* ---- what a request is about -------------------------------------------------------------- */

/* A destroy and a read have no desired state; then the last one known names the object. */
static const struct lf_value *subject(const struct lf_request *req)
{
    return req->desired ? req->desired : req->prior;
}

/* The service's id where it is known, else made from the natural name; NULL while that is unknown. */
static const char *id_of(const struct kit_sql_type *type, const struct kit *kit, struct lf_op *op,
                         const struct lf_request *req)
{
    if (req->id)
        return kit_copy(kit, op, req->id, strlen(req->id));
    struct kit_text id = {0};
    for (size_t i = 0; type->keys[i]; i++) {
        const char *name = kit_get_text(kit, subject(req), type->keys[i]);
        if (!name)
            return NULL;
        kit_text_print(kit, op, &id, i > 0 ? "/%s" : "%s", name);
    }
    return id.bytes;
}

/* A name becomes part of an id and sometimes of a path: it starts with a letter or digit and has no
 * character outside the type's list. */
static bool is_name(const struct kit_sql_type *type, const char *name, size_t len)
{
    bool starts = len > 0 && ((*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
                              (*name >= '0' && *name <= '9'));
    return starts && len <= type->name_max && strspn(name, type->name_chars) >= len;
}

/* The id of a request may come from a store that somebody edited: it is checked like a name, since it becomes
 * part of a path. */
static bool is_id(const struct kit_sql_type *type, const char *id)
{
    for (size_t i = 0; type->keys[i]; i++) {
        size_t len = type->keys[i + 1] ? strcspn(id, "/") : strlen(id);
        if (!is_name(type, id, len))
            return false;
        id += len;
        if (type->keys[i + 1] && *id++ != '/')
            return false;
    }
    return *id == '\0';
}

/* Only what is known can be wrong: in a plan some names come from other steps. */
static bool names_hold(const struct kit_sql_type *type, const struct kit *kit, struct lf_op *op,
                       const struct lf_value *desired, struct kit_sql_note *bad)
{
    for (size_t i = 0; type->keys[i]; i++) {
        const char *name = kit_get_text(kit, desired, type->keys[i]);
        if (!name || is_name(type, name, strlen(name)))
            continue;
        *bad = (struct kit_sql_note){
            kit_format(kit, op, "%s.bad_name", type->subsystem), type->keys[i],
            kit_format(kit, op, "'%.100s' is not a name this driver can use", name),
            kit_format(kit, op, "it takes up to %zu characters of %s, the first a letter or a digit",
                       type->name_max, type->name_chars),
            "choose another name"};
        return false;
    }
    return true;
}

static bool ranges_hold(const struct kit_sql_type *type, const struct kit *kit, struct lf_op *op,
                        const struct lf_value *desired, struct kit_sql_note *bad)
{
    for (const struct kit_sql_range *range = type->ranges; range && range->attr; range++) {
        if (!kit_has(kit, desired, range->attr))
            continue;
        int64_t n = kit_get_int(kit, desired, range->attr, range->low - 1);
        if (n >= range->low && n <= range->high)
            continue;
        *bad = (struct kit_sql_note){kit_format(kit, op, "%s.out_of_range", type->subsystem), range->attr,
                                     kit_format(kit, op, "'%s' is out of range", range->attr),
                                     kit_format(kit, op, "%lld is not from %lld to %lld", (long long)n,
                                                (long long)range->low, (long long)range->high),
                                     "choose a number within the range"};
        return false;
    }
    return true;
}

bool kit_sql_check(const struct kit_sql_type *type, const struct kit *kit, struct lf_op *op,
                   const struct lf_value *desired, struct kit_sql_note *bad)
{
    const struct lf_value *options = kit_get(kit, desired, "options");
    const char *option = NULL;
    if (options && kit->values->kind(options) == LF_KIND_MAP && kit->values->count(options) > 0) {
        (void)kit->values->at(options, 0, &option);
        *bad = (struct kit_sql_note){kit_format(kit, op, "%s.unknown_option", type->subsystem),
                                     kit_format(kit, op, "options.%s", option),
                                     kit_format(kit, op, "the local driver has no option '%s'", option),
                                     "it has none at all", "leave it out, or use a driver that has it"};
        return false;
    }
    return (!type->keys || names_hold(type, kit, op, desired, bad)) &&
           ranges_hold(type, kit, op, desired, bad) && (!type->check || type->check(kit, op, desired, bad));
}

const char *kit_sql_lane(const struct kit_sql_type *type, void *self, struct lf_op *op,
                         const struct lf_request *req)
{
    const struct kit_sql_driver *driver = self;
    const char *id = id_of(type, &driver->kit, op, req);
    return id ? type->file(driver, op, id) : NULL;
}

void kit_sql_plan(const struct kit_sql_type *type, void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct kit_sql_driver *driver = self;
    struct kit_sql_note bad = {0};
    if (req->desired && !kit_sql_check(type, &driver->kit, op, req->desired, &bad))
        kit_refuse(&driver->kit, op, bad.code, bad.path, bad.summary, bad.detail, bad.advice);
    else
        kit_plan(&driver->kit, self, op, req, type->contract, NULL, NULL);
}

/* ---- requests in -------------------------------------------------------------------------- */

/* Borrowed texts end with the operation, a worker may outlive it. */
static const char *held(const struct kit *kit, struct lf_op *op, const char *text)
{
    return text ? kit_copy(kit, op, text, strlen(text)) : NULL;
}

/* SQL picks attributes out of this text, so a value crosses to the worker whole and without a copy for each
 * attribute.  A secret never crosses this way. */
static const char *as_json(const struct kit_sql_job *job, const struct lf_value *value)
{
    const struct kit *kit = &job->driver->kit;
    struct lf_op *op = job->batch->op;
    size_t len = 0;
    if (!value)
        return "{}";
    if (job->type->hidden && kit_get(kit, value, job->type->hidden))
        value = kit->values->with(op, value, job->type->hidden, kit->values->of_null(op));
    const char *text = kit->values->to_json(op, value, &len);
    return text ? kit_copy(kit, op, text, len) : "{}";
}

/* The core says in the memo that a person adopts the object, and which marker that person saw. */
static const char *adopted_from(const struct kit *kit, struct lf_op *op, const struct lf_value *memo)
{
    if (!kit_get_bool(kit, memo, "adopt", false))
        return NULL;
    const char *was = kit_get_text(kit, memo, "was");
    return was ? held(kit, op, was) : "";
}

/* One request, looked at and copied.  What is refused here never reaches a file. */
static void fill(struct kit_sql_job *job, size_t i)
{
    const struct lf_request *req = job->batch->reqs[i];
    const struct kit *kit = &job->driver->kit;
    struct lf_op *op = job->batch->op;
    struct kit_sql_item *item = &job->items[i];
    bool is_call = !job->type->keys;
    item->verb = req->verb;
    item->may_settle = !req->read_only;
    item->marker = held(kit, op, req->marker);
    item->address = held(kit, op, req->address);
    item->token = held(kit, op, req->token);
    item->adopt = adopted_from(kit, op, req->memo);
    item->place = held(kit, op, job->driver->place);
    item->want = as_json(job, is_call ? req->args : subject(req));
    item->id = is_call ? NULL : id_of(job->type, kit, op, req);
    if (!is_call && (!item->id || !is_id(job->type, item->id))) {
        struct kit_sql_note bad = {kit_format(kit, op, "%s.bad_name", job->type->subsystem), NULL,
                                   "the object has no usable name", item->id ? item->id : "it is not known",
                                   "give it a name"};
        (void)names_hold(job->type, kit, op, subject(req), &bad);
        kit_sql_refuse(item, bad.code, bad.path, bad.summary, bad.detail, bad.advice);
        return;
    }
    struct kit_sql_note bad = {0};
    bool asks = is_call || req->verb == LF_VERB_CREATE || req->verb == LF_VERB_UPDATE;
    if (asks && !kit_sql_check(job->type, kit, op, is_call ? req->args : req->desired, &bad)) {
        kit_sql_refuse(item, bad.code, bad.path, bad.summary, bad.detail, bad.advice);
        return;
    }
    item->file = job->type->file(job->driver, op, item->id);
    if (job->type->prepare && !job->type->prepare(job, i) && item->status == 0)
        item->status = LF_END_REFUSED;
}

/* ---- answers out -------------------------------------------------------------------------- */

static const struct lf_value *as_value(const struct kit *kit, struct lf_op *op, const char *json)
{
    return json ? kit->values->from_json(op, json, strlen(json)) : NULL;
}

static struct lf_result result_of(const struct kit *kit, struct lf_op *op, const struct kit_sql_item *item)
{
    struct lf_result result = kit_result(item->status);
    result.id = held(kit, op, item->got_id);
    result.marker = held(kit, op, item->got_marker);
    result.reply = as_value(kit, op, item->reply);
    if (item->status == LF_END_OK && item->verb != LF_VERB_DESTROY)
        result.state = as_value(kit, op, item->state);
    return result;
}

/* The job's memory is about to go: everything handed on is copied to the operation. */
static void answer(struct kit_sql_job *job, size_t i)
{
    const struct kit *kit = &job->driver->kit;
    struct lf_op *op = job->batch->op;
    const struct kit_sql_item *item = &job->items[i];
    struct lf_result result = result_of(kit, op, item);
    if (job->type->complete && item->status == LF_END_OK)
        job->type->complete(job, i, &result);
    const struct kit_sql_note *note = &item->note;
    if (note->code)
        kit_batch_note(job->batch, i, held(kit, op, note->code), held(kit, op, note->path),
                       held(kit, op, note->summary), held(kit, op, note->detail),
                       held(kit, op, note->advice));
    kit_batch_answer(job->batch, i, &result);
}

/* A canceled job that never ran changed nothing.  One that ran comes back after its operation is over: the
 * core has called that unsure, and nothing is left to do here but to free. */
static void worked(struct lf_op *op, void *user, int canceled)
{
    struct kit_sql_job *job = user;
    (void)op;
    for (size_t i = 0; i < job->count && !canceled; i++)
        answer(job, i);
    kit_sql_forget(job);
    if (canceled && job->ran)
        return;
    for (size_t i = 0; i < job->count && canceled; i++)
        kit_batch_status(job->batch, i, LF_END_CANCELED);
    kit_batch_end(job->batch);
}

/* The job lives in the operation's scratch memory, which outlives a worker that is still running. */
static struct kit_sql_job *job_new(const struct kit_sql_type *type, struct kit_batch *batch)
{
    const struct kit_sql_driver *driver = batch->self;
    struct kit_sql_job *job = driver->kit.ops->scratch(batch->op, sizeof(*job));
    job->type = type;
    job->driver = driver;
    job->batch = batch;
    job->count = batch->count;
    job->items =
        driver->kit.ops->scratch(batch->op, (batch->count > 0 ? batch->count : 1) * sizeof(*job->items));
    return job;
}

static void start(const struct kit_sql_type *type, struct kit_batch *batch)
{
    struct kit_sql_job *job = job_new(type, batch);
    for (size_t i = 0; i < job->count; i++)
        fill(job, i);
    job->driver->kit.host->wait->work(batch->op, type->pool, kit_sql_work, worked, job);
}

void kit_sql_verb(const struct kit_sql_type *type, void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct kit_sql_driver *driver = self;
    start(type, kit_batch_one(&driver->kit, self, op, req));
}

void kit_sql_many(const struct kit_sql_type *type, void *self, struct lf_op *op,
                  const struct lf_request *const *reqs, size_t count)
{
    const struct kit_sql_driver *driver = self;
    start(type, kit_batch_many(&driver->kit, self, op, reqs, count));
}

/* ---- owned and preflight ------------------------------------------------------------------ */

static void found(struct kit_sql_job *job, const struct kit_sql_item *item)
{
    const struct kit *kit = &job->driver->kit;
    struct lf_op *op = job->batch->op;
    struct lf_result result = result_of(kit, op, item);
    if (item->got_address)
        result.memo = kit_put_text(kit, op, kit_map(kit, op), "address", item->got_address);
    kit->ops->found(op, &result);
}

static void owned_worked(struct lf_op *op, void *user, int canceled)
{
    struct kit_sql_job *job = user;
    struct kit_sql_item *item = &job->items[0];
    if (item->status == 0)
        item->status = LF_END_OK;
    for (const struct kit_sql_item *one = job->owned; one && !canceled && item->status == LF_END_OK;
         one = one->next)
        found(job, one);
    worked(op, user, canceled);
}

static struct kit_sql_job *job_of_folder(const struct kit_sql_type *type, void *self, struct lf_op *op,
                                         const struct lf_request *req)
{
    const struct kit_sql_driver *driver = self;
    struct kit_sql_job *job = job_new(type, kit_batch_one(&driver->kit, self, op, req));
    job->items[0].verb = req->verb;
    job->items[0].may_settle = !req->read_only;
    job->items[0].file = driver->folder;
    return job;
}

void kit_sql_owned(const struct kit_sql_type *type, void *self, struct lf_op *op,
                   const struct lf_request *req)
{
    struct kit_sql_job *job = job_of_folder(type, self, op, req);
    if (!type->scattered)
        job->items[0].file = type->file(job->driver, op, NULL);
    job->driver->kit.host->wait->work(op, type->pool, kit_sql_work_owned, owned_worked, job);
}

/* The nearest folder above that is there; "." for a relative path of which nothing is. */
static void climb(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash == path)
        path[1] = '\0';
    else if (slash)
        *slash = '\0';
    else
        memcpy(path, ".", 2);
}

/* Looks only: whether the folder could be made is a question about the nearest one that is there. */
static void look_at_folder(void *user)
{
    struct kit_sql_job *job = user;
    struct kit_sql_item *item = &job->items[0];
    char *path = kit_sql_print(job, "%s", item->file);
    struct stat there;
    job->ran = true;
    item->status = LF_END_OK;
    while (stat(path, &there) != 0 && errno == ENOENT && strcmp(path, ".") != 0 && strcmp(path, "/") != 0)
        climb(path);
    if (stat(path, &there) == 0 && S_ISDIR(there.st_mode) && access(path, W_OK | X_OK) == 0)
        return;
    kit_sql_refuse(item, kit_sql_print(job, "%s.bad_folder", job->type->subsystem), "path",
                   kit_sql_print(job, "the folder '%s' cannot be used", item->file),
                   kit_sql_print(job, "'%s' is not a folder this user may write to", path),
                   "correct `path` in the region's drivers block, or the folder's permissions");
}

void kit_sql_preflight(const struct kit_sql_type *type, void *self, struct lf_op *op,
                       const struct lf_request *req)
{
    struct kit_sql_job *job = job_of_folder(type, self, op, req);
    job->driver->kit.host->wait->work(op, type->pool, look_at_folder, worked, job);
}
