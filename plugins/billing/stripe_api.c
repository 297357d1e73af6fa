#include "stripe_api.h"

#include <string.h>

/* The form of Stripe's requests and objects that this driver was written for, whatever is the account's own.
 */
#define VERSION "2023-08-16"

void api_field(const struct kit *kit, struct lf_op *op, struct kit_text *form, const char *name,
               const char *value)
{
    kit_text_print(kit, op, form, "%s%s=%s", form->len > 0 ? "&" : "", kit_http_encode(kit, op, name),
                   kit_http_encode(kit, op, value));
}

static void ask(const struct stripe *stripe, struct lf_op *op, struct kit_http_ask *ask, const char *path,
                const char *key, kit_http_fn *fn, void *user)
{
    const struct kit *kit = &stripe->kit;
    struct lf_header headers[4] = {{"Stripe-Version", VERSION}};
    const char *secret = kit->values->reveal(op, stripe->api_key, NULL);
    headers[1] = (struct lf_header){"Authorization", kit_format(kit, op, "Bearer %s", secret ? secret : "")};
    ask->header_count = 2;
    if (ask->body) {
        headers[2] = (struct lf_header){"Content-Type", "application/x-www-form-urlencoded"};
        headers[3] = (struct lf_header){"Idempotency-Key", key};
        ask->header_count = 4;
    }
    ask->headers = headers;
    ask->url = kit_format(kit, op, "%s%s", stripe->url, path);
    ask->timeout_ms = API_TIMEOUT_MS;
    kit_http_send(kit, op, ask, fn, user);
}

void api_get(const struct stripe *stripe, struct lf_op *op, const char *path, kit_http_fn *fn, void *user)
{
    ask(stripe, op, &(struct kit_http_ask){.method = "GET"}, path, NULL, fn, user);
}

void api_delete(const struct stripe *stripe, struct lf_op *op, const char *path, kit_http_fn *fn, void *user)
{
    ask(stripe, op, &(struct kit_http_ask){.method = "DELETE"}, path, NULL, fn, user);
}

void api_post(const struct stripe *stripe, struct lf_op *op, const char *path, const struct kit_text *form,
              const char *key, kit_http_fn *fn, void *user)
{
    struct kit_http_ask post = {.method = "POST", .body = form->bytes, .body_len = form->len};
    ask(stripe, op, &post, path, key, fn, user);
}

/* ---- replies ------------------------------------------------------------------------------ */

bool api_is_good(const struct stripe *stripe, const struct kit_http_reply *reply)
{
    return reply->sent == LF_SENT_REPLY && reply->status == 200 && reply->json &&
           stripe->kit.values->kind(reply->json) == LF_KIND_MAP;
}

bool api_is_replay(const struct stripe *stripe, const struct kit_http_reply *reply)
{
    if (reply->sent != LF_SENT_REPLY)
        return false;
    const char *replayed = stripe->kit.host->http->header(reply->raw, "Idempotent-Replayed");
    return replayed && strcmp(replayed, "true") == 0;
}

const char *api_error(const struct stripe *stripe, const struct kit_http_reply *reply, const char *field)
{
    const char *text = kit_get_text(&stripe->kit, kit_get(&stripe->kit, reply->json, "error"), field);
    return text ? text : "";
}

bool api_is_missing(const struct stripe *stripe, const struct kit_http_reply *reply)
{
    return reply->sent == LF_SENT_REPLY && reply->status == 404 &&
           strcmp(api_error(stripe, reply, "code"), "resource_missing") == 0;
}

/* The sentence, and what support asks for. */
static const char *said(const struct stripe *stripe, struct lf_op *op, const struct kit_http_reply *reply)
{
    const struct kit *kit = &stripe->kit;
    const char *message = api_error(stripe, reply, "message"), *code = api_error(stripe, reply, "code");
    const char *request =
        reply->sent == LF_SENT_REPLY ? kit->host->http->header(reply->raw, "Request-Id") : NULL;
    if (!message[0])
        return NULL;
    return kit_format(kit, op, "%s%s%s%s%s%s", message, code[0] ? " (" : "", code, code[0] ? ")" : "",
                      request ? ", request " : "", request ? request : "");
}

void api_fail(const struct stripe *stripe, struct kit_batch *batch, size_t i,
              const struct kit_http_reply *reply, const char *doing)
{
    const struct kit *kit = &stripe->kit;
    bool changes = kit_changes(batch->reqs[i]);
    const char *words = said(stripe, batch->op, reply);
    if (reply->sent == LF_SENT_REPLY && reply->status == 200) {
        kit_batch_note(batch, i, "stripe.garbled", NULL,
                       kit_format(kit, batch->op, "the answer to the request to %s is not Stripe's", doing),
                       "HTTP 200, and not an object in JSON",
                       "see what stands between landfall and Stripe: 'url' may name a proxy");
        kit_batch_status(batch, i, changes ? LF_END_UNSURE : LF_END_CANNOT_TELL);
        return;
    }
    if (reply->sent == LF_SENT_REPLY && reply->status == 409) {
        kit_batch_note(batch, i, "stripe.in_flight", NULL,
                       kit_format(kit, batch->op, "Stripe is still at an earlier request to %s", doing),
                       words, "landfall looks before it sends again");
        kit_batch_status(batch, i, changes ? LF_END_UNSURE : LF_END_CANNOT_TELL);
        return;
    }
    if (strcmp(api_error(stripe, reply, "type"), "idempotency_error") == 0) {
        kit_batch_refuse(
            batch, i, "stripe.idempotency", NULL,
            kit_format(kit, batch->op, "Stripe knows another request under the key of the one to %s", doing),
            words, "wait until Stripe forgets the key, 24 hours after its first use, then plan anew");
        return;
    }
    kit_http_fail(batch, i, reply, "stripe", "Stripe", doing, words);
}
