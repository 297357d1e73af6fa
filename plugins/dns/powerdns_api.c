#include "powerdns.h"

#include <ctype.h>
#include <string.h>

#define SERVICE "PowerDNS"

struct wish_for powerdns_for(const struct powerdns *dns, struct lf_op *op)
{
    return (struct wish_for){&dns->kit, op, "powerdns"};
}

void powerdns_send(const struct powerdns *dns, struct lf_op *op, const char *method, const char *path,
                   const struct lf_value *json, kit_http_fn *fn, void *user)
{
    const struct kit *kit = &dns->kit;
    bool below_root = path[0] == '/' && path[1] == '/';
    size_t len = 0;
    const char *key = kit->values->reveal(op, dns->key, &len);
    const struct lf_header header = {"X-API-Key", kit_copy(kit, op, key, key ? len : 0)};
    struct kit_http_ask ask = {
        .method = method,
        .url = kit_format(kit, op, "%s%s", below_root ? dns->root : dns->api, below_root ? path + 1 : path),
        .json = json,
        .headers = &header,
        .header_count = 1,
    };
    kit_http_send(kit, op, &ask, fn, user);
}

const char *powerdns_zone_path(const struct powerdns *dns, struct lf_op *op, const char *zone,
                               const char *more)
{
    return kit_format(&dns->kit, op, "/zones/%s.%s", kit_http_encode(&dns->kit, op, zone), more);
}

const char *powerdns_said(const struct powerdns *dns, const struct kit_http_reply *reply)
{
    return kit_get_text(&dns->kit, reply->json, "error");
}

void powerdns_unread(struct kit_batch *batch, size_t i, const struct kit_http_reply *reply, const char *doing)
{
    const struct powerdns *dns = batch->self;
    struct lf_result result = kit_http_result(reply, false);
    if (result.status == LF_END_CANNOT_TELL && kit_changes(batch->reqs[i]))
        result.status = LF_END_RETRY;
    if (result.status == LF_END_REFUSED && !kit_changes(batch->reqs[i]))
        result.status = LF_END_CANNOT_TELL;
    if (result.status != LF_END_CANCELED) {
        struct kit_http_words words =
            kit_http_words(&dns->kit, batch->op, reply, SERVICE, doing, powerdns_said(dns, reply));
        kit_batch_note(batch, i, kit_format(&dns->kit, batch->op, "powerdns.%s", words.what), NULL,
                       words.summary, words.detail, words.advice);
    }
    kit_batch_answer(batch, i, &result);
}

void powerdns_garbled(struct kit_batch *batch, size_t i, const char *doing)
{
    const struct powerdns *dns = batch->self;
    kit_batch_note(batch, i, "powerdns.garbled", NULL,
                   kit_format(&dns->kit, batch->op,
                              "the reply to the request to %s is not what " SERVICE " answers", doing),
                   "it is cut off, or it is another program's",
                   "see that `url` and `server` in the drivers block are those of PowerDNS itself");
    kit_batch_status(batch, i, kit_changes(batch->reqs[i]) ? LF_END_RETRY : LF_END_CANNOT_TELL);
}

/* ---- the control question ----------------------------------------------------------------- */

struct control {
    const struct powerdns *dns;
    powerdns_control_fn *fn;
    void *user;
};

static void control_replied(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    const struct control *control = user;
    const struct kit *kit = &control->dns->kit;
    const char *id = kit_get_text(kit, reply->json, "id");
    const char *daemon = kit_get_text(kit, reply->json, "daemon_type");
    bool good = reply->sent == LF_SENT_REPLY && reply->status == 200 && id &&
                strcmp(id, control->dns->server) == 0 && daemon && strcmp(daemon, "authoritative") == 0;
    control->fn(op, reply, good, control->user);
}

void powerdns_control(const struct powerdns *dns, struct lf_op *op, powerdns_control_fn *fn, void *user)
{
    struct control *control = dns->kit.ops->scratch(op, sizeof(*control));
    *control = (struct control){dns, fn, user};
    powerdns_send(dns, op, "GET", "", NULL, control_replied, control);
}

/* ---- small things ------------------------------------------------------------------------- */

const char *powerdns_name(const struct powerdns *dns, struct lf_op *op, const char *text)
{
    size_t len = strlen(text);
    len -= len > 1 && text[len - 1] == '.' ? 1 : 0;
    char *name = kit_copy(&dns->kit, op, text, len);
    for (size_t i = 0; i < len; i++)
        name[i] = (char)tolower((unsigned char)name[i]);
    return name;
}

const char *powerdns_lane(const struct powerdns *dns, struct lf_op *op, const char *zone)
{
    return kit_format(&dns->kit, op, "%s/%s", dns->api, zone);
}

void powerdns_estimate(const struct powerdns *dns, struct lf_op *op, const char *sku, const char *unit)
{
    struct lf_cost cost = {
        .what = unit,
        .sku = sku,
        .unit = unit,
        .per = LF_PER_MONTH,
        .low_milli = 1000,
        .expected_milli = 1000,
        .high_milli = 1000,
    };
    struct lf_result result = kit_result(LF_END_OK);
    result.costs = &cost;
    result.cost_count = dns->charged ? 1 : 0;
    result.cost_size = sizeof(cost);
    dns->kit.ops->finish(op, &result);
}
