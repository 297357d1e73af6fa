#include "kit_http.h"

#include <string.h>

/* A page of a proxy in front of the service is no help beyond its first lines. */
#define SAID_MAX 600

struct asking {
    const struct kit *kit;
    kit_http_fn *fn;
    void *user;
};

static void replied(struct lf_op *op, const struct lf_reply *raw, void *user)
{
    const struct asking *asking = user;
    const struct kit *kit = asking->kit;
    const struct lf_http *http = kit->host->http;
    struct kit_http_reply reply = {.sent = http->sent(raw), .raw = raw};
    if (reply.sent == LF_SENT_REPLY) {
        reply.status = http->status(raw);
        reply.retry_after_ms = http->retry_after_ms(raw);
    }
    const char *body = http->body(raw, &reply.body_len);
    reply.body = kit_copy(kit, op, body, reply.body_len);
    if (reply.sent == LF_SENT_REPLY && reply.body_len > 0)
        reply.json = kit->values->from_json(op, reply.body, reply.body_len);
    asking->fn(op, &reply, asking->user);
}

void kit_http_send(const struct kit *kit, struct lf_op *op, const struct kit_http_ask *ask, kit_http_fn *fn,
                   void *user)
{
    struct asking *asking = kit->ops->scratch(op, sizeof(*asking));
    uint32_t count = ask->header_count;
    struct lf_header *headers = kit->ops->scratch(op, (count + 1) * sizeof(*headers));
    if (count > 0)
        memcpy(headers, ask->headers, count * sizeof(*headers));
    struct lf_send send = {
        .struct_size = sizeof(send),
        .flags = ask->flags,
        .pool = ask->pool,
        .method = ask->method,
        .url = ask->url,
        .headers = headers,
        .header_size = sizeof(*headers),
        .body = ask->body,
        .body_len = ask->body_len,
        .timeout_ms = ask->timeout_ms,
        .aws_sigv4 = ask->aws_sigv4,
        .user = ask->user,
        .password = ask->password,
    };
    if (ask->json) {
        send.body = kit->values->to_json(op, ask->json, &send.body_len);
        headers[count++] = (struct lf_header){"Content-Type", "application/json"};
    }
    send.header_count = count;
    *asking = (struct asking){.kit = kit, .fn = fn, .user = user};
    kit->host->http->send(op, &send, replied, asking);
}

/* ---- what a reply means ------------------------------------------------------------------------------ */

uint32_t kit_http_end(const struct kit_http_reply *reply, bool changes)
{
    uint32_t doubt = changes ? LF_END_UNSURE : LF_END_CANNOT_TELL, status = reply->status;
    if (reply->sent == LF_SENT_CANCELED)
        return LF_END_CANCELED;
    if (reply->sent == LF_SENT_NOT)
        return LF_END_RETRY;
    if (reply->sent != LF_SENT_REPLY)
        return doubt;
    if (status >= 200 && status < 300)
        return LF_END_OK;
    if (status == 429)
        return LF_END_RETRY;
    /* 501 and 505 say that nobody here will ever know how to do it. */
    bool trouble = status == 408 || (status >= 500 && status != 501 && status != 505);
    return trouble ? doubt : LF_END_REFUSED;
}

struct lf_result kit_http_result(const struct kit_http_reply *reply, bool changes)
{
    struct lf_result result = kit_result(kit_http_end(reply, changes));
    if (result.status == LF_END_RETRY)
        result.retry_after_ms = reply->retry_after_ms;
    return result;
}

/* ---- in words ---------------------------------------------------------------------------------------- */

struct kind {
    const char *what;
    const char *summary; /* of the service and what was being done */
    const char *advice;
};

static const struct kind unreachable = {
    "unreachable", "cannot reach %s to %s",
    "see that it runs and that the address in the drivers block is right"};
static const struct kind untrusted = {
    "untrusted", "%s does not prove that it is itself, so landfall did not %s",
    "mend what the detail names; landfall never asks a service whose certificate it cannot check"};
static const struct kind no_tls = {
    "no_tls", "what answers at the address of %s speaks no TLS, so landfall did not %s",
    "write http:// in the drivers block (see `http: plain` of landfall.yaml), or turn TLS on there"};
static const struct kind without_tls = {
    "plain", "%s may not be asked without TLS to %s",
    "write https:// in the drivers block; or, where nobody can listen in, name the host below http.plain in "
    "landfall.yaml"};
static const struct kind unusable = {
    "unusable", "no request can be made of %s to %s",
    "look at the secrets and settings of the drivers block: a line break at the end of one is enough"};
static const struct kind no_reply = {
    "no_reply", "%s did not answer the request to %s",
    "look at the service and the way to it; landfall looks before it sends again"};
static const struct kind credentials = {
    "credentials", "%s does not accept the credentials to %s",
    "see that the secret in the drivers block is the one the service knows"};
static const struct kind forbidden = {"forbidden", "%s does not allow these credentials to %s",
                                      "give them the permissions listed in the driver's README"};
static const struct kind throttled = {"throttled", "%s asks to slow down and did not %s",
                                      "lower the pool's rate in landfall.yaml when this happens often"};
static const struct kind trouble = {"trouble", "%s is in trouble and may or may not have begun to %s",
                                    "look at the service's own log; landfall looks before it sends again"};
static const struct kind moved = {
    "refused", "%s redirects instead of letting landfall %s",
    "write the final address into the drivers block: redirects are not followed"};
static const struct kind unreadable = {"unreadable", "%s gave an answer that cannot be read when asked to %s",
                                       "see that the address in the drivers block is the API's own, and no "
                                       "other program or proxy answers there"};
static const struct kind refused = {"refused", "%s refuses to %s",
                                    "change what the detail names, then apply again"};

/* Of a request that was not sent, by what the host or OpenSSL says of it. */
static const struct kind *kind_unsent(const char *said)
{
    static const struct {
        const char *begins;
        const struct kind *kind;
    } kinds[] = {
        {"the server's certificate ", &untrusted},
        {"will not send to '", &without_tls},
        {"header '", &unusable},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strncmp(said, kinds[i].begins, strlen(kinds[i].begins)) == 0)
            return kinds[i].kind;
    /* A first record that is none of TLS. */
    return strstr(said, "wrong version number") ? &no_tls : &unreachable;
}

static const struct kind *kind_of(const struct kit_http_reply *reply)
{
    uint32_t status = reply->status;
    if (reply->sent == LF_SENT_NOT)
        return kind_unsent(reply->body);
    if (reply->sent != LF_SENT_REPLY)
        return &no_reply;
    if (status == 401)
        return &credentials;
    if (status == 403)
        return &forbidden;
    if (status == 429)
        return &throttled;
    if (status >= 200 && status < 300)
        return &unreadable; /* a success, and yet not what was hoped for */
    if (status >= 300 && status < 400)
        return &moved;
    return kit_http_end(reply, true) == LF_END_UNSURE ? &trouble : &refused;
}

/* One of these formats, all of which take the service and what was being done. */
static const char *fill(const struct kit *kit, struct lf_op *op, const char *format, const char *service,
                        const char *doing)
{
    struct kit_text text = {0};
    const char *before = strstr(format, "%s");
    const char *after = strstr(before + 2, "%s");
    kit_text_print(kit, op, &text, "%.*s%s%.*s%s%s", (int)(before - format), format, service,
                   (int)(after - before - 2), before + 2, doing, after + 2);
    return text.bytes;
}

struct kit_http_words kit_http_words(const struct kit *kit, struct lf_op *op,
                                     const struct kit_http_reply *reply, const char *service,
                                     const char *doing, const char *said)
{
    const struct kind *kind = kind_of(reply);
    struct kit_http_words words = {.what = kind->what, .advice = kind->advice};
    size_t len = said ? strlen(said) : reply->body_len;
    const char *text = said ? said : reply->body;
    const char *more = len > SAID_MAX ? " ..." : "";
    int shown = (int)(len > SAID_MAX ? SAID_MAX : len);
    words.summary = fill(kit, op, kind->summary, service, doing);
    if (reply->sent != LF_SENT_REPLY)
        words.detail = kit_format(kit, op, "%.*s%s", shown, text, more);
    else
        words.detail = kit_format(kit, op, "HTTP %u%s%.*s%s", reply->status,
                                  len > 0 ? ": " : ", without a word", shown, text, more);
    return words;
}

void kit_http_fail(struct kit_batch *batch, size_t i, const struct kit_http_reply *reply, const char *driver,
                   const char *service, const char *doing, const char *said)
{
    const struct kit *kit = batch->kit;
    bool changes = kit_changes(batch->reqs[i]) || batch->reqs[i]->verb == LF_VERB_CALL;
    struct lf_result result = kit_http_result(reply, changes);
    if (result.status != LF_END_CANCELED) {
        struct kit_http_words words = kit_http_words(kit, batch->op, reply, service, doing, said);
        kit_batch_note(batch, i, kit_format(kit, batch->op, "%s.%s", driver, words.what), NULL, words.summary,
                       words.detail, words.advice);
    }
    kit_batch_answer(batch, i, &result);
}

const char *kit_http_encode(const struct kit *kit, struct lf_op *op, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    struct kit_text out = {0};
    kit_text_add(kit, op, &out, "", 0);
    for (const char *at = text; *at; at++) {
        if (strchr(plain, *at))
            kit_text_add(kit, op, &out, at, 1);
        else
            kit_text_print(kit, op, &out, "%%%02X", (unsigned)(unsigned char)*at);
    }
    return out.bytes;
}
