/* The job: one verb of http.resource under way - what it asks, how a reply that is not as hoped ends it, and
 * the look that every change begins and ends with.  What carries another mark, or none where one is kept, is
 * left alone; state is what the service shows, not what it was sent.  Lives as long as its operation. */
#pragma once

#include "http_ask.h"

struct http_job;
typedef void http_seen_fn(struct http_job *job, const struct lf_value *object);
typedef void http_found_fn(struct http_job *job, bool found);

struct http_job {
    const struct http *http;
    struct lf_op *op;
    const struct lf_request *req;
    const struct lf_value *step; /* its requests and its body: desired, or what was */
    const char *id;              /* NULL: the service has not told it yet */
    const char *doing;           /* for words: "create the object" */
    http_seen_fn *seen;          /* of the look under way; object NULL: for certain not there */
    http_found_fn *found;        /* of the search under way; then `id` is what was found */
    const char *list;            /* "search" or "find": which */
    bool changed;                /* this try may have changed something */
};

struct http_job *http_job_new(void *self, struct lf_op *op, const struct lf_request *req, const char *doing);

/* ---- reading the step ---- */

const struct kit *http_job_kit(const struct http_job *job);
const char *http_job_text(const struct http_job *job, const char *path);
bool http_job_has(const struct http_job *job, const char *path);
bool http_job_is_among(const struct http_job *job, const char *path, int64_t number);

/* ---- ending ---- */

void http_job_finish(const struct http_job *job, uint32_t status);
void http_job_answer(const struct http_job *job, uint32_t status, const struct lf_value *object);
/* A reply that is not as hoped.  sent_change: to the request that changes something. */
void http_job_fail(const struct http_job *job, const struct kit_http_reply *reply, bool sent_change);
/* Something in the step or in a reply makes it impossible to go on. */
void http_job_stop(const struct http_job *job, const char *code, const char *path, const char *summary,
                   const char *detail, const char *advice);
void http_job_note(const struct http_job *job, const char *code, const char *path, const char *summary,
                   const char *detail, const char *advice);

/* ---- asking ---- */

/* False: nothing was sent, and it ended. */
bool http_job_send(struct http_job *job, const char *method, const char *path_at, const struct lf_value *body,
                   const struct lf_header *more, kit_http_fn *fn);
/* Reads the object. */
void http_job_look(struct http_job *job, http_seen_fn *seen);
/* NULL: it ended, because a secret could not be read. */
const struct lf_value *http_job_body(struct http_job *job);
bool http_job_is_ours(const struct http_job *job, const struct lf_value *object);

/* ---- http_search.c ---- */

/* By its marker, through `search`; by its natural name, through `find`.  Several, and a list that does not
 * show all, end the job. */
void http_search_ours(struct http_job *job, http_found_fn *found);
void http_search_named(struct http_job *job, http_found_fn *found);
