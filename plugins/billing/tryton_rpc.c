#include "tryton_rpc.h"

#include "tryton.h"
#include "tryton_wire.h"

#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 20000
#define SAID_MAX   600

struct call {
    struct tryton *tryton;
    struct rpc_ask ask;
    const char *url;
    const char *session; /* it was sent with; NULL: needs none */
    int64_t number;
    bool logs_in; /* common.db.login itself */
    bool renewed; /* the session ran out once */
    rpc_fn *fn;
    void *user;
};

static void send(struct lf_op *op, struct call *call);
static void open_session(struct lf_op *op, struct call *call);

/* ---- telling ------------------------------------------------------------------------------ */

static void give(struct lf_op *op, struct call *call, const struct rpc_reply *reply)
{
    call->fn(op, reply, call->user);
}

static const char *shorten(const struct kit *kit, struct lf_op *op, const char *text)
{
    bool is_long = text && strlen(text) > SAID_MAX;
    return is_long ? kit_format(kit, op, "%.*s ...", SAID_MAX, text) : text;
}

static void fail(struct lf_op *op, struct call *call, uint32_t status, const char *code, const char *summary,
                 const char *detail, const char *advice)
{
    const struct kit *kit = &call->tryton->kit;
    struct rpc_reply reply = {
        .status = status,
        .code = code,
        .summary = summary,
        .detail = shorten(kit, op, detail),
        .advice = advice,
    };
    give(op, call, &reply);
}

/* ---- exceptions --------------------------------------------------------------------------- */

/* Databases say in these words that a transaction lost against another one and was rolled back. */
static bool is_contention(const char *text)
{
    static const char *const words[] = {"database is locked", "could not obtain lock", "deadlock detected",
                                        "could not serialize access"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strstr(text, words[i]))
            return true;
    return false;
}

struct exception {
    const char *class;
    const char *text;
    const char *more;
};

/* ["UserError", ["text", "description", null]], ["UserWarning", ["name", "text", ...]],
 * ["ConcurrencyException", "text"], or [text, traceback] of what is no exception of Tryton's. */
static struct exception read_exception(const struct kit *kit, const struct lf_value *error)
{
    const char *key = NULL;
    size_t count = kit->values->kind(error) == LF_KIND_LIST ? kit->values->count(error) : 0;
    const struct lf_value *first = count > 0 ? kit->values->at(error, 0, &key) : NULL;
    const struct lf_value *second = count > 1 ? kit->values->at(error, 1, &key) : NULL;
    struct exception e = {.class = first ? kit->values->as_text(first, NULL) : NULL};
    if (second && kit->values->kind(second) == LF_KIND_LIST) {
        size_t parts = kit->values->count(second);
        e.text = parts > 0 ? kit->values->as_text(kit->values->at(second, 0, &key), NULL) : NULL;
        e.more = parts > 1 ? kit->values->as_text(kit->values->at(second, 1, &key), NULL) : NULL;
    } else if (second) {
        e.text = kit->values->as_text(second, NULL);
    }
    e.class = e.class ? e.class : "";
    e.text = e.text ? e.text : "";
    return e;
}

static void no_database(struct lf_op *op, struct call *call)
{
    const struct tryton *tryton = call->tryton;
    fail(op, call, LF_END_REFUSED, "tryton.database",
         kit_format(&tryton->kit, op, "there is no database '%s' at '%s'", tryton->database_name,
                    tryton->server),
         NULL, "see that 'database' in the drivers block is one of those the login dialog offers");
}

static void raised(struct lf_op *op, struct call *call, const struct lf_value *error)
{
    const struct kit *kit = &call->tryton->kit;
    struct exception e = read_exception(kit, error);
    const char *doing = call->ask.doing;
    bool has_more = e.more && e.more[0];
    const char *said = has_more ? kit_format(kit, op, "%s: %s", e.text, e.more) : e.text;
    if (strcmp(e.class, "ConcurrencyException") == 0) {
        struct rpc_reply reply = {
            .status = LF_END_RETRY,
            .is_conflict = true,
            .code = "tryton.concurrency",
            .summary =
                kit_format(kit, op, "somebody else wrote to the records while landfall was to %s", doing),
            .detail = said,
            .advice = "landfall looks again; what was changed shows as drift in the next plan",
        };
        give(op, call, &reply);
    } else if (strcmp(e.class, "UserError") == 0) {
        fail(op, call, LF_END_REFUSED, "tryton.refused", kit_format(kit, op, "Tryton refuses to %s", doing),
             said, "change what the detail names, in the playbook or in Tryton, then apply again");
    } else if (strcmp(e.class, "UserWarning") == 0) {
        fail(op, call, LF_END_REFUSED, "tryton.warning",
             kit_format(kit, op, "Tryton wants a person to confirm before it lets landfall %s", doing),
             kit_format(kit, op, "%s (warning '%s')", has_more ? e.more : "", e.text),
             "log in as landfall's user, do the same by hand once and choose 'Always ignore this warning'");
    } else if (strcmp(e.class, "LoginException") == 0) {
        fail(op, call, LF_END_REFUSED, "tryton.login", "Tryton asks for more than a password to log in",
             kit_format(kit, op, "it asks for '%s'", e.text),
             "give landfall's user a login method of its own that takes the password alone");
    } else if (call->logs_in && strstr(e.class, "doesn't exist")) {
        no_database(op, call);
    } else if (call->ask.changes && is_contention(e.class)) {
        fail(op, call, LF_END_RETRY, "tryton.busy",
             kit_format(kit, op, "Tryton's database is too busy to %s", doing), e.class, NULL);
    } else {
        fail(op, call, call->ask.changes ? LF_END_UNSURE : LF_END_CANNOT_TELL, "tryton.trouble",
             kit_format(kit, op, "Tryton failed while it was to %s", doing), e.class,
             "look at Tryton's log for the traceback; landfall looks before it sends again");
    }
}

/* ---- replies ------------------------------------------------------------------------------ */

static void garbled(struct lf_op *op, struct call *call, const struct kit_http_reply *http)
{
    const struct kit *kit = &call->tryton->kit;
    const char *seen = http->body_len > 0 ? http->body : "the reply is empty";
    /* What answers a login may hold a session. */
    if (call->logs_in && http->body_len > 0)
        seen = kit_format(kit, op, "%zu bytes that are not a login's answer", http->body_len);
    fail(op, call, call->ask.changes ? LF_END_UNSURE : LF_END_CANNOT_TELL, "tryton.garbled",
         kit_format(kit, op, "no Tryton answered the request to %s", call->ask.doing), seen,
         "see that 'url' is Tryton's own address, and what stands between it and landfall");
}

/* A refused login is known to have changed nothing, whatever it was for. */
static bool refused_login(struct lf_op *op, struct call *call, const struct kit_http_reply *http)
{
    const struct tryton *tryton = call->tryton;
    const struct kit *kit = &tryton->kit;
    if (http->status == 401) {
        fail(op, call, LF_END_REFUSED, "tryton.credentials",
             kit_format(kit, op, "Tryton does not know the user '%s' with this password", tryton->user), NULL,
             "see that 'user' and 'password' in the drivers block are those that Tryton knows");
        return true;
    }
    if (http->status == 404) {
        no_database(op, call);
        return true;
    }
    return false;
}

static void not_ok(struct lf_op *op, struct call *call, const struct kit_http_reply *http)
{
    const struct kit *kit = &call->tryton->kit;
    struct rpc_reply reply = {.status = kit_http_end(http, call->ask.changes)};
    reply.retry_after_ms = http->retry_after_ms;
    if (reply.status != LF_END_CANCELED) {
        struct kit_http_words words = kit_http_words(kit, op, http, "Tryton", call->ask.doing, NULL);
        reply.code = kit_format(kit, op, "tryton.%s", words.what);
        reply.summary = words.summary;
        reply.detail = words.detail;
        reply.advice = words.advice;
    }
    give(op, call, &reply);
}

/* The answer is one to this very request. */
static bool is_answer(const struct call *call, const struct kit_http_reply *http)
{
    const struct kit *kit = &call->tryton->kit;
    return http->json && kit->values->kind(http->json) == LF_KIND_MAP &&
           kit_get_int(kit, http->json, "id", -1) == call->number &&
           (kit_get(kit, http->json, "error") || kit_get(kit, http->json, "result"));
}

static void forget_session(struct tryton *tryton, const char *session)
{
    /* Another operation may have opened a new one meanwhile. */
    if (!session || !tryton->session || strcmp(session, tryton->session) != 0)
        return;
    free(tryton->session);
    tryton->session = NULL;
}

static void replied(struct lf_op *op, const struct kit_http_reply *http, void *user)
{
    struct call *call = user;
    const struct kit *kit = &call->tryton->kit;
    bool is_reply = http->sent == LF_SENT_REPLY;
    if (is_reply && http->status == 401 && call->session && !call->renewed) {
        /* It was turned away at the door, so sending it again is sending it once. */
        forget_session(call->tryton, call->session);
        call->renewed = true;
        open_session(op, call);
    } else if (is_reply && call->logs_in && refused_login(op, call, http)) {
        return;
    } else if (!is_reply || http->status != 200) {
        not_ok(op, call, http);
    } else if (!is_answer(call, http)) {
        garbled(op, call, http);
    } else if (kit_get(kit, http->json, "error")) {
        raised(op, call, kit_get(kit, http->json, "error"));
    } else {
        struct rpc_reply reply = {.status = LF_END_OK, .result = kit_get(kit, http->json, "result")};
        give(op, call, &reply);
    }
}

/* ---- sending ------------------------------------------------------------------------------ */

static void send(struct lf_op *op, struct call *call)
{
    struct tryton *tryton = call->tryton;
    const struct kit *kit = &tryton->kit;
    struct lf_header header = {"Authorization", call->session};
    call->number = ++tryton->number;
    const struct lf_value *body = kit_put_int(kit, op, kit_map(kit, op), "id", call->number);
    body = kit_put_text(kit, op, body, "method", call->ask.method);
    body = kit_put(kit, op, body, "params", call->ask.params);
    struct kit_http_ask ask = {
        .method = "POST",
        .url = call->url,
        .json = body,
        .headers = &header,
        .header_count = call->session ? 1 : 0,
        .flags = call->ask.changes ? 0 : LF_SEND_SAFE,
        .timeout_ms = TIMEOUT_MS,
    };
    kit_http_send(kit, op, &ask, replied, call);
}

/* RFC 4648, with padding. */
static char *base64(const struct kit *kit, struct lf_op *op, const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = strlen(text), at = 0;
    char *out = kit->ops->scratch(op, (len + 2) / 3 * 4 + 1);
    for (size_t i = 0; i < len; i += 3) {
        uint32_t three = (uint32_t)(unsigned char)text[i] << 16;
        three |= i + 1 < len ? (uint32_t)(unsigned char)text[i + 1] << 8 : 0;
        three |= i + 2 < len ? (uint32_t)(unsigned char)text[i + 2] : 0;
        out[at++] = digits[three >> 18];
        out[at++] = digits[three >> 12 & 63];
        out[at++] = i + 1 < len ? digits[three >> 6 & 63] : '=';
        out[at++] = i + 2 < len ? digits[three & 63] : '=';
    }
    return out;
}

/* Keeps the session of a login's result [user, session].  False: it is something else. */
static bool keep_session(struct tryton *tryton, struct lf_op *op, const struct lf_value *result)
{
    const struct kit *kit = &tryton->kit;
    const char *key = NULL;
    if (kit->values->kind(result) != LF_KIND_LIST || kit->values->count(result) != 2)
        return false;
    int64_t id = kit->values->as_int(kit->values->at(result, 0, &key), -1);
    const char *secret = kit->values->as_text(kit->values->at(result, 1, &key), NULL);
    if (id < 0 || !secret)
        return false;
    char *plain = kit_format(kit, op, "%s:%lld:%s", tryton->user, (long long)id, secret);
    char *header = kit_format(kit, op, "Session %s", base64(kit, op, plain));
    char *kept = strdup(header);
    if (!kept)
        return false;
    free(tryton->session);
    tryton->session = kept;
    return true;
}

static void logged_in(struct lf_op *op, const struct rpc_reply *reply, void *user)
{
    struct call *call = user;
    struct rpc_reply failed = *reply;
    if (reply->status == LF_END_OK && keep_session(call->tryton, op, reply->result)) {
        call->session = kit_format(&call->tryton->kit, op, "%s", call->tryton->session);
        send(op, call);
        return;
    }
    if (reply->status == LF_END_OK)
        failed = (struct rpc_reply){.status = LF_END_CANNOT_TELL,
                                    .code = "tryton.garbled",
                                    .summary = "Tryton answers a login with something that is no session"};
    /* The change it was for was never sent. */
    failed.is_before = true;
    if (call->ask.changes && failed.status == LF_END_CANNOT_TELL)
        failed.status = LF_END_RETRY;
    give(op, call, &failed);
}

static void login(struct tryton *tryton, struct lf_op *op, rpc_fn *fn, void *user)
{
    const struct kit *kit = &tryton->kit;
    struct call *call = kit->ops->scratch(op, sizeof(*call));
    size_t len = 0;
    const char *password = kit->values->reveal(op, tryton->password, &len);
    const struct lf_value *map =
        kit_put_text(kit, op, kit_map(kit, op), "password", password ? password : "");
    *call = (struct call){.tryton = tryton, .url = tryton->database, .logs_in = true, .fn = fn, .user = user};
    call->ask = (struct rpc_ask){
        .method = "common.db.login",
        .params = wire_list(kit, op, 3, wire_text(kit, op, tryton->user), map, kit->values->of_null(op)),
        .doing = kit_format(kit, op, "log in as '%s'", tryton->user),
    };
    send(op, call);
}

static void open_session(struct lf_op *op, struct call *call)
{
    login(call->tryton, op, logged_in, call);
}

void rpc_call(struct tryton *tryton, struct lf_op *op, const struct rpc_ask *ask, rpc_fn *fn, void *user)
{
    struct call *call = tryton->kit.ops->scratch(op, sizeof(*call));
    *call = (struct call){.tryton = tryton, .ask = *ask, .url = tryton->database, .fn = fn, .user = user};
    if (!tryton->session) {
        open_session(op, call);
        return;
    }
    call->session = kit_format(&tryton->kit, op, "%s", tryton->session);
    send(op, call);
}

void rpc_server(struct tryton *tryton, struct lf_op *op, const char *method, const char *doing, rpc_fn *fn,
                void *user)
{
    const struct kit *kit = &tryton->kit;
    struct call *call = kit->ops->scratch(op, sizeof(*call));
    *call = (struct call){.tryton = tryton, .url = tryton->server, .fn = fn, .user = user};
    call->ask = (struct rpc_ask){.method = method, .params = wire_list(kit, op, 0), .doing = doing};
    send(op, call);
}

/* ---- a login for its own sake ------------------------------------------------------------- */

struct greeting {
    struct tryton *tryton;
    rpc_fn *fn;
    void *user;
};

static void greeted(struct lf_op *op, const struct rpc_reply *reply, void *user)
{
    struct greeting *greeting = user;
    const struct kit *kit = &greeting->tryton->kit;
    struct rpc_reply answer = *reply;
    const char *key = NULL;
    if (reply->status == LF_END_OK && keep_session(greeting->tryton, op, reply->result))
        answer.result = kit->values->at(reply->result, 0, &key);
    else if (reply->status == LF_END_OK)
        answer = (struct rpc_reply){.status = LF_END_CANNOT_TELL,
                                    .code = "tryton.garbled",
                                    .summary = "Tryton answers a login with something that is no session"};
    greeting->fn(op, &answer, greeting->user);
}

void rpc_login(struct tryton *tryton, struct lf_op *op, rpc_fn *fn, void *user)
{
    struct greeting *greeting = tryton->kit.ops->scratch(op, sizeof(*greeting));
    *greeting = (struct greeting){tryton, fn, user};
    login(tryton, op, greeted, greeting);
}

/* ---- searching ---------------------------------------------------------------------------- */

const struct lf_value *rpc_context(const struct tryton *tryton, struct lf_op *op)
{
    const struct kit *kit = &tryton->kit;
    const struct lf_value *context = kit_put_bool(kit, op, kit_map(kit, op), "active_test", false);
    return tryton->books.company > 0 ? kit_put_int(kit, op, context, "company", tryton->books.company)
                                     : context;
}

void rpc_find(struct tryton *tryton, struct lf_op *op, const struct rpc_search *search, rpc_fn *fn,
              void *user)
{
    const struct kit *kit = &tryton->kit;
    const struct lf_value *none = kit->values->of_null(op);
    const struct lf_value *by_id =
        wire_list(kit, op, 1, wire_list(kit, op, 2, wire_text(kit, op, "id"), wire_text(kit, op, "ASC")));
    struct rpc_ask ask = {
        .method = kit_format(kit, op, "model.%s.search_read", search->model),
        .params = wire_list(kit, op, 6, search->domain, kit->values->of_int(op, search->offset),
                            search->limit > 0 ? kit->values->of_int(op, search->limit) : none, by_id,
                            wire_texts(kit, op, search->fields),
                            search->context ? search->context : rpc_context(tryton, op)),
        .doing = kit_format(kit, op, "search '%s'", search->model),
    };
    rpc_call(tryton, op, &ask, fn, user);
}
