#include <string.h>

#include "http_job.h"
#include "http_shape.h"

/* Objects whose id nobody knows yet are looked for in a list: ours by the marker, anybody's by its name. */

/* An attribute of the list that is searched: "search.id", "find.by", ... */
static const char *part(const struct http_job *job, const char *name)
{
    return http_job_text(job, kit_format(http_job_kit(job), job->op, "%s.%s", job->list, name));
}

static bool says_more(const struct http_job *job, const struct lf_value *reply)
{
    const struct kit *kit = http_job_kit(job);
    const char *at = part(job, "more");
    const struct lf_value *value = at ? kit_get(kit, reply, at) : NULL;
    const char *word = value ? kit->values->as_text(value, NULL) : NULL;
    return value && (kit->values->as_bool(value, 0) || (word && word[0]));
}

static bool is_it(const struct http_job *job, const struct lf_value *one)
{
    const struct kit *kit = http_job_kit(job);
    const char *by = part(job, "by"), *marker;
    if (by)
        return http_shape_same(kit, kit_get(kit, one, by), kit_get(kit, kit_get(kit, job->step, "body"), by));
    marker = http_shape_marker(kit, job->step, one);
    return marker && strcmp(marker, job->req->marker) == 0;
}

/* How many of the list it is; *id is that of the last one. */
static size_t count_it(const struct http_job *job, const struct lf_value *list, const char **id)
{
    const struct kit *kit = http_job_kit(job);
    size_t count = kit->values->count(list), found = 0;
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        const struct lf_value *one = kit->values->at(list, i, &key);
        if (!is_it(job, one))
            continue;
        *id = http_shape_text(kit, job->op, kit_get(kit, one, part(job, "id") ? part(job, "id") : "id"));
        found++;
    }
    return found;
}

static void many(struct http_job *job, size_t found)
{
    const struct kit *kit = http_job_kit(job);
    http_job_note(job, "http.many", job->list,
                  kit_format(kit, job->op, "%zu objects %s", found,
                             part(job, "by") ? "have that name" : "carry our marker"),
                  NULL, "delete all but one by hand");
    http_job_finish(job, kit_changes(job->req) ? LF_END_UNSURE : LF_END_MANY);
}

static void judge(struct http_job *job, const struct kit_http_reply *reply, const struct lf_value *list)
{
    const char *id = NULL;
    size_t found = count_it(job, list, &id);
    if (found > 1)
        many(job, found);
    else if (found == 0 && says_more(job, reply->json))
        http_job_stop(job, "http.more_pages", job->list, "the service lists more than one page", NULL,
                      "narrow its path until all it lists fits on one page");
    else if (found == 1 && !id)
        http_job_stop(job, "http.no_id", job->list, "an object of the list has no id where it should be",
                      NULL, "see where the list has its ids, and name that in `id`");
    else {
        if (found == 1)
            job->id = id;
        job->found(job, found == 1);
    }
}

static void on_listed(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct http_job *job = user;
    const struct kit *kit = http_job_kit(job);
    const struct lf_value *list = http_shape_part(kit, reply->json, part(job, "list"));
    (void)op;
    if (kit_http_end(reply, false) != LF_END_OK)
        http_job_fail(job, reply, false);
    else if (!list || kit->values->kind(list) != LF_KIND_LIST)
        http_job_stop(job, "http.no_list", job->list, "the service answered the search without a list",
                      kit_format(kit, job->op, "HTTP %u: %.300s", reply->status, reply->body),
                      "see where its reply has the list, and name that in `list`");
    else
        judge(job, reply, list);
}

static void start(struct http_job *job, const char *list, http_found_fn *found)
{
    job->list = list;
    job->found = found;
    http_job_send(job, "GET", kit_format(http_job_kit(job), job->op, "%s.path", list), NULL, NULL, on_listed);
}

void http_search_ours(struct http_job *job, http_found_fn *found)
{
    start(job, "search", found);
}

void http_search_named(struct http_job *job, http_found_fn *found)
{
    start(job, "find", found);
}
