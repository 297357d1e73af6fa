#include "conform/fault.h"

#include <string.h>

#include "base/attr.h"

struct way {
    enum http_tap_way way;
    enum http_sent sent;
    uint32_t status;
    const char *body;
    bool keeps_status;
};

static const char page[] = "<html><body><h1>500 Internal Server Error</h1></body></html>";
static const struct http_header retry_after[] = {{"Retry-After", "1"}, {"Content-Type", "text/plain"}};

static const struct way ways[] = {
    [FAULT_NOT_SENT] = {HTTP_TAP_ANSWER, HTTP_NOT_SENT, 0, "connection refused", false},
    [FAULT_LOST_REQUEST] = {HTTP_TAP_ANSWER, HTTP_MAYBE_SENT, 0, "connection reset", false},
    [FAULT_LOST_REPLY] = {HTTP_TAP_ALTER, HTTP_MAYBE_SENT, 0, "connection reset", false},
    [FAULT_THROTTLED] = {HTTP_TAP_ANSWER, HTTP_REPLY, 429, "too many requests", false},
    [FAULT_ERROR] = {HTTP_TAP_ANSWER, HTTP_REPLY, 500, page, false},
    [FAULT_ERROR_AFTER] = {HTTP_TAP_ALTER, HTTP_REPLY, 500, page, false},
    [FAULT_UNAVAILABLE] = {HTTP_TAP_ANSWER, HTTP_REPLY, 503, "down for maintenance", false},
    [FAULT_GARBLED] = {HTTP_TAP_ALTER, HTTP_REPLY, 0, "{\"half\": [1, \xc3\x28", true},
    [FAULT_EMPTY] = {HTTP_TAP_ALTER, HTTP_REPLY, 0, "", true},
    [FAULT_SILENT] = {HTTP_TAP_SILENT, HTTP_MAYBE_SENT, 0, "", false},
};

static void spoil(const struct way *w, struct http_reply *reply)
{
    /* What had no reply gets none, and what was refused keeps its own words. */
    if (w->keeps_status && (reply->sent != HTTP_REPLY || reply->status >= 400))
        return;
    struct http_reply was = *reply;
    *reply = (struct http_reply){.sent = w->sent, .certificate_left_s = -1, .body = ""};
    reply->status = w->keeps_status ? was.status : w->status;
    if (w->sent != HTTP_REPLY) {
        reply->error = w->body;
        return;
    }
    reply->body = w->body;
    reply->body_count = strlen(w->body);
    if (w->status == 429 || w->status == 503) {
        reply->headers = retry_after;
        reply->header_count = COUNT_OF(retry_after);
        reply->retry_after_ms = 1000;
    }
}

static enum http_tap_way leaves(void *user, const struct http_ask *ask, struct http_reply *instead)
{
    struct fault *f = user;
    if (f->kind == FAULT_NONE || (f->hits && !f->lasting))
        return HTTP_TAP_PASS;
    if (f->skip > 0) {
        f->skip--;
        return HTTP_TAP_PASS;
    }
    const struct way *w = &ways[f->kind];
    f->hits++;
    f->hit_unsafe = f->hit_unsafe || !ask->only_asks;
    f->reached = f->reached || w->way == HTTP_TAP_ALTER;
    if (w->way == HTTP_TAP_ANSWER)
        spoil(w, instead);
    return w->way;
}

static void arrives(void *user, struct http_reply *reply)
{
    struct fault *f = user;
    if (f->kind != FAULT_NONE)
        spoil(&ways[f->kind], reply);
}

void fault_init(struct fault *f)
{
    *f = (struct fault){.tap = {.user = f, .leaves = leaves, .arrives = arrives}};
}

void fault_arm(struct fault *f, enum fault_kind kind, uint32_t skip, bool lasting)
{
    f->kind = kind;
    f->skip = skip;
    f->lasting = lasting;
    f->hits = 0;
    f->hit_unsafe = f->reached = false;
}

void fault_disarm(struct fault *f)
{
    f->kind = FAULT_NONE;
}
