#include "io/http.h"

#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "io/loop.h"
#include "io/pool.h"
#include "model/value.h"
#include "plugin/op_state.h"

/* lf_http: requests on behalf of an op, each through its pool and the read-only gate. */

#define HEADERS_MAX 100 /* curl and every server give up earlier */
#define TIMEOUT_MS  30000

struct send {
    struct op_pend pend;
    struct pool_ticket *ticket;
    struct http_request *flying; /* NULL: still in the queue, or refused */
    struct http_ask ask;
    const char *pool;
    const struct secret *password;
    bool unsafe; /* it may change the world */
    const char *refusal;
    lf_reply_fn *fn;
    void *user;
};

static void answer(struct send *s, const struct lf_reply *reply)
{
    struct op *op = s->pend.op, *before = op_guard_enter(op);
    s->fn((struct lf_op *)op, reply, s->user);
    op_guard_leave(op, before);
}

/* For all that never became a reply: the body says why, in words. */
static void answer_without(struct send *s, uint32_t sent, const char *why)
{
    struct lf_reply reply = {.sent = sent, .body = why, .body_count = strlen(why), .certificate_left_s = -1};
    answer(s, &reply);
}

/* Before the plugin is called: its next request may want the very place. */
static void leave_pool(struct send *s)
{
    if (s->ticket)
        pool_leave(s->ticket);
    s->ticket = NULL;
}

/* http's reply under the plugin's names; nothing is copied, both live as long as the callback. */
static void arrived(void *user, const struct http_reply *from)
{
    struct send *s = user;
    const char *body = from->sent == HTTP_REPLY ? from->body : from->error;
    struct lf_reply reply = {
        .sent = (uint32_t)from->sent,
        .status = from->status,
        .retry_after_ms = from->retry_after_ms,
        .took_ms = from->took_ms,
        .certificate_left_s = from->certificate_left_s,
        .headers = from->headers,
        .header_count = from->header_count,
        .body = body ? body : "",
        .body_count = from->sent == HTTP_REPLY ? from->body_count : strlen(body ? body : ""),
    };
    op_pend_remove(&s->pend);
    s->flying = NULL;
    leave_pool(s);
    answer(s, &reply);
}

/* A refusal by the gate is NOT_SENT, for certain; after a request to stop it is CANCELED like all the rest.
 */
static void refused(struct op_pend *p)
{
    struct send *s = (struct send *)p;
    answer_without(s, p->op->cancel_told ? LF_SENT_CANCELED : LF_SENT_NOT, s->refusal);
}

static void refuse(struct send *s, const char *why)
{
    s->refusal = why;
    op_pend_soon(&s->pend, refused);
}

/* The password is revealed as late as possible, when the request leaves its queue. */
static void go(void *user)
{
    struct send *s = user;
    struct op *op = s->pend.op;
    struct err err;
    size_t count;
    if (s->password && !host_reveal(op->host, s->password, &s->ask.password, &count, &err)) {
        leave_pool(s);
        refuse(s, arena_text(op->mem, err.summary));
        return;
    }
    s->flying = http_send(op->host->parts.http, &s->ask, arrived, s);
}

/* A change that was on its way is remembered: after it the plugin's "nothing happened" is no longer believed.
 */
static void drop(struct op_pend *p)
{
    struct send *s = (struct send *)p;
    if (s->flying) {
        http_cancel(s->flying);
        p->op->change_dropped |= s->unsafe;
        s->flying = NULL;
        leave_pool(s);
    } else if (s->ticket && !s->refusal) {
        pool_cancel(s->ticket);
        s->ticket = NULL;
    }
}

static void cancel(struct op_pend *p)
{
    bool was_sent = ((struct send *)p)->flying != NULL;
    drop(p);
    answer_without((struct send *)p, LF_SENT_CANCELED, was_sent ? "called off on its way" : "never sent");
}

static const struct op_pend_kind send_kind = {.drop = drop, .cancel = cancel};

/* ---- asking ------------------------------------------------------------------------------------------ */

/* Method names are case-sensitive (RFC 9110): "get" is not GET and may mean anything. */
static bool is_safe(const struct lf_send *what)
{
    static const char *const safe[] = {"GET", "HEAD", "OPTIONS"};
    for (size_t i = 0; i < COUNT_OF(safe); i++) {
        if (strcmp(what->method, safe[i]) == 0)
            return true;
    }
    bool may_ask = strcmp(what->method, "POST") == 0 || strcmp(what->method, "PUT") == 0;
    return may_ask && (what->flags & LF_SEND_SAFE);
}

/* A newer plugin's wider lf_send and lf_header are fine, narrower ones than 1.0's cannot be. */
static bool is_readable(struct op *op, const struct lf_send *what)
{
    size_t least = offsetof(struct lf_send, password) + sizeof(what->password);
    if (!what || what->struct_size < least || !what->method || !what->url)
        op_event_broke(op, "sent a request without size, method or URL");
    else if (what->header_count > HEADERS_MAX ||
             (what->header_count && (!what->headers || what->header_size < sizeof(struct lf_header))))
        op_event_broke(op, "sent a request whose headers cannot be read");
    else
        return true;
    return false;
}

/* The request outlives the call that asked for it: it may wait for its pool. */
static void copy_ask(struct send *s, struct arena *mem, const struct lf_send *what)
{
    struct http_header *headers = ARENA_ARRAY(mem, struct http_header, what->header_count);
    for (size_t i = 0; i < what->header_count; i++) {
        struct lf_header h;
        memcpy(&h, (const char *)what->headers + i * what->header_size, sizeof(h));
        headers[i].name = arena_text(mem, h.name ? h.name : "");
        headers[i].value = arena_text(mem, h.value ? h.value : "");
    }
    s->ask = (struct http_ask){
        .method = arena_text(mem, what->method),
        .url = arena_text(mem, what->url),
        .headers = headers,
        .header_count = what->header_count,
        .body = what->body ? arena_text_n(mem, what->body, what->body_len) : NULL,
        .body_count = what->body ? what->body_len : 0,
        .timeout_ms = what->timeout_ms ? what->timeout_ms : TIMEOUT_MS,
        .fresh = (what->flags & LF_SEND_FRESH) != 0,
        .aws_sigv4 = arena_text(mem, what->aws_sigv4),
        .user = arena_text(mem, what->user),
        .only_asks = !s->unsafe,
    };
    const struct value *password = (const struct value *)what->password;
    if (value_kind(password) == VALUE_SECRET)
        s->password = password->secret;
    else if (value_kind(password) == VALUE_TEXT)
        s->ask.password = password->text;
}

/* A place in its pool; the op's own place serves where the pool is the same, for an op that waits for a
 * second place in a full pool would wait for itself. */
static void queue(struct send *s, const char *pool)
{
    struct op *op = s->pend.op;
    if (pool && strcmp(pool, op->pool) != 0)
        s->ticket = pool_enter(host_pools(op->host), pool, NULL, go, s);
    else
        go(s);
}

static void send_request(struct lf_op *lf, const struct lf_send *what, lf_reply_fn *fn, void *user)
{
    struct op *op = (struct op *)lf;
    if (!op_guard_may_act(op, "send"))
        return;
    struct send *s = ARENA_NEW(op->mem, struct send);
    s->fn = fn;
    s->user = user;
    op_pend_add(op, &s->pend, &send_kind);
    if (!is_readable(op, what)) {
        refuse(s, "the request could not be read");
        return;
    }
    s->unsafe = !is_safe(what);
    if (s->unsafe && !op->may_change) {
        op_event_gate(op, what->method, what->url);
        refuse(s, "refused by the read-only gate");
    } else if (op->cancel_told) {
        refuse(s, "never sent");
    } else if (!op->host->parts.http) {
        refuse(s, "this program sends no requests");
    } else {
        copy_ask(s, op->mem, what);
        queue(s, what->pool);
    }
}

/* ---- reading a reply --------------------------------------------------------------------------------- */

static uint32_t sent(const struct lf_reply *reply)
{
    return reply->sent;
}

static uint32_t status(const struct lf_reply *reply)
{
    return reply->status;
}

/* The first of several; names of headers know no case. */
static const char *header(const struct lf_reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->header_count; i++) {
        if (strcasecmp(reply->headers[i].name, name) == 0)
            return reply->headers[i].value;
    }
    return NULL;
}

static const char *body(const struct lf_reply *reply, size_t *len)
{
    if (len)
        *len = reply->body_count;
    return reply->body;
}

static uint32_t retry_after_ms(const struct lf_reply *reply)
{
    return reply->retry_after_ms;
}

static uint64_t took_ms(const struct lf_reply *reply)
{
    return reply->took_ms;
}

static int64_t certificate_left_s(const struct lf_reply *reply)
{
    return reply->certificate_left_s;
}

const struct lf_http *host_http_table(void)
{
    static const struct lf_http table = {
        .struct_size = sizeof(table),
        .send = send_request,
        .sent = sent,
        .status = status,
        .header = header,
        .body = body,
        .retry_after_ms = retry_after_ms,
        .took_ms = took_ms,
        .certificate_left_s = certificate_left_s,
    };
    return &table;
}
