#include <string.h>

#include "http_resource.h"
#include "http_shape.h"

/* One request, and everything that is not as expected said at once. */

#define BODY_SHOWN 4096
#define DAY_S      86400

struct check {
    const struct http *http;
    const struct lf_value *args;
    bool wrong;
};

static void miss(struct check *c, struct lf_op *op, const char *code, const char *path, const char *summary,
                 const char *detail)
{
    kit_note(&c->http->kit, op, code, path, summary, detail, NULL);
    c->wrong = true;
}

static bool is_among(const struct kit *kit, const struct lf_value *list, int64_t number)
{
    size_t count = list ? kit->values->count(list) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        if (kit->values->as_int(kit->values->at(list, i, &key), -1) == number)
            return true;
    }
    return count == 0 && number == 200;
}

static void check_body(struct check *c, struct lf_op *op, const struct kit_http_reply *reply)
{
    const struct kit *kit = &c->http->kit;
    const char *url = kit_get_text(kit, c->args, "url"), *contains = kit_get_text(kit, c->args, "contains");
    const struct lf_value *json = kit_get(kit, c->args, "json");
    size_t count = json && kit->values->kind(json) == LF_KIND_MAP ? kit->values->count(json) : 0;
    const char *shown = kit_format(kit, op, "%.300s", reply->body);
    if (contains && !memmem(reply->body, reply->body_len, contains, strlen(contains)))
        miss(c, op, "http.check_body", "contains",
             kit_format(kit, op, "'%s' answered without '%s'", url, contains), shown);
    for (size_t i = 0; i < count; i++) {
        const char *path = NULL;
        const struct lf_value *want = kit->values->at(json, i, &path);
        const struct lf_value *have = kit_get(kit, reply->json, path);
        if (have && http_shape_same(kit, want, have))
            continue;
        const char *seen = have ? kit->values->to_json(op, have, NULL) : "nothing";
        miss(c, op, "http.check_json", kit_format(kit, op, "json.%s", path),
             kit_format(kit, op, "'%s' has %.200s at '%s' instead of %.200s", url, seen, path,
                        kit->values->to_json(op, want, NULL)),
             reply->json ? NULL : shown);
    }
}

/* -1: there is no certificate to tell of. */
static int64_t days_of(const struct kit *kit, const struct kit_http_reply *reply)
{
    int64_t left = kit->host->http->certificate_left_s(reply->raw);
    return left < 0 ? -1 : left / DAY_S;
}

static void check_line(struct check *c, struct lf_op *op, int64_t took, int64_t days)
{
    const struct kit *kit = &c->http->kit;
    const char *url = kit_get_text(kit, c->args, "url");
    int64_t most = kit_get_int(kit, c->args, "latency_ms", INT64_MAX);
    int64_t least = kit_get_int(kit, c->args, "certificate_days", -1);
    if (took > most)
        miss(c, op, "http.check_latency", "latency_ms",
             kit_format(kit, op, "'%s' took %lld ms instead of at most %lld ms", url, (long long)took,
                        (long long)most),
             NULL);
    if (least >= 0 && days < 0)
        miss(c, op, "http.check_certificate", "certificate_days",
             kit_format(kit, op, "'%s' was asked without TLS: there is no certificate", url), NULL);
    else if (days < least)
        miss(c, op, "http.check_certificate", "certificate_days",
             kit_format(kit, op, "the certificate of '%s' is good for %lld days instead of at least %lld",
                        url, (long long)days, (long long)least),
             NULL);
}

static const struct lf_value *reply_of(const struct check *c, struct lf_op *op,
                                       const struct kit_http_reply *reply, int64_t took, int64_t days)
{
    const struct kit *kit = &c->http->kit;
    size_t len = reply->body_len < BODY_SHOWN ? reply->body_len : BODY_SHOWN;
    /* Not in the middle of a character. */
    while (len < reply->body_len && len > 0 && ((unsigned char)reply->body[len] & 0xC0) == 0x80)
        len--;
    const struct lf_value *out = kit_put_int(kit, op, kit_map(kit, op), "status", reply->status);
    out = kit_put_int(kit, op, out, "latency_ms", took);
    if (days >= 0)
        out = kit_put_int(kit, op, out, "certificate_days", days);
    else
        out = kit_put(kit, op, out, "certificate_days", kit->values->of_null(op));
    return kit_put(kit, op, out, "body", kit->values->of_text(op, reply->body, len));
}

static void on_reply(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct check *c = user;
    const struct kit *kit = &c->http->kit;
    if (reply->sent != LF_SENT_REPLY) {
        struct lf_result result = kit_http_result(reply, false);
        const char *url = kit_get_text(kit, c->args, "url");
        if (result.status != LF_END_CANCELED)
            miss(c, op, "http.check_no_answer", "url", kit_format(kit, op, "'%s' does not answer", url),
                 reply->body);
        kit->ops->finish(op, &result);
        return;
    }
    int64_t took = (int64_t)kit->host->http->took_ms(reply->raw), days = days_of(kit, reply);
    if (!is_among(kit, kit_get(kit, c->args, "status"), reply->status))
        miss(c, op, "http.check_status", "status",
             kit_format(kit, op, "'%s' answered %u", kit_get_text(kit, c->args, "url"), reply->status),
             kit_format(kit, op, "%.300s", reply->body));
    check_body(c, op, reply);
    check_line(c, op, took, days);
    struct lf_result result = kit_result(c->wrong ? LF_END_FAILED : LF_END_OK);
    result.reply = c->wrong ? NULL : reply_of(c, op, reply, took, days);
    kit->ops->finish(op, &result);
}

void http_check_run(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct http *http = self;
    const struct kit *kit = &http->kit;
    struct check *c = kit->ops->scratch(op, sizeof(*c));
    const char *method = kit_get_text(kit, req->args, "method"), *url = kit_get_text(kit, req->args, "url");
    c->http = http;
    c->args = req->args;
    if (!url || !url[0] || (method && strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)) {
        kit_refuse(kit, op, "http.bad_method", "method", "a check asks with GET or HEAD, and needs a url",
                   NULL, "write method = \"HEAD\", or leave it out");
        return;
    }
    struct http_ask ask = {
        .method = method ? method : "GET",
        .url = url,
        .headers = kit_get(kit, req->args, "headers"),
        .flags = LF_SEND_FRESH,
        .timeout_ms = (uint64_t)kit_get_int(kit, req->args, "timeout_ms", 10000),
    };
    if (!http_ask_send(http, op, &ask, on_reply, c))
        kit_finish(kit, op, LF_END_REFUSED);
}
