/* shelf-toy: a driver for the shelf that keeps its contract, or breaks it in the one way its setting `lie`
 * names.  The suite must pass it without a lie, and catch it with each. */
#include "kit.h"
#include "kit_http.h"
#include "kit_plan.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LIE_MAX 32
#define STEP_MS 80 /* long beside a request, so that a kill falls into it */

struct toy {
    struct kit kit;
    char url[128];
    char lie[LIE_MAX];
    uint16_t door; /* the shelf's own port: past the host, and past what stands in between */
    const struct lf_request *current; /* of the lie `one_slot` alone */
    uint32_t canceled;                /* replies that the host let go */
};

/* One batch on its way, item by item. */
struct work {
    struct toy *toy;
    struct kit_batch *batch;
    size_t i;
    const char *made_id;
    bool failed; /* an item before this one */
    struct lf_result answer;
};

static const struct lf_attr thing_attrs[] = {
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED, "its name", NULL, NULL, 0, 1},
    {"size", LF_KIND_INT, 0, "its size, in no unit", NULL, "1", 0, 1},
    {"code", LF_KIND_TEXT, LF_ATTR_SECRET, "a secret nobody keeps", NULL, NULL, 0, 1},
};
static const struct lf_schema thing_schema = LF_SCHEMA(1, thing_attrs);

static bool lies(const struct toy *toy, const char *lie)
{
    return strcmp(toy->lie, lie) == 0;
}

static const struct lf_request *request(const struct work *w)
{
    return w->batch->reqs[w->i];
}

static bool changes(uint32_t verb)
{
    return verb == LF_VERB_CREATE || verb == LF_VERB_UPDATE || verb == LF_VERB_DESTROY;
}

/* ---- from item to item
 * ------------------------------------------------------------------------------------- */

static void begin(struct work *w);

static void next(struct work *w, struct lf_result answer)
{
    struct toy *toy = w->toy;
    if (lies(toy, "spoils_batch") && w->failed && answer.status == LF_END_OK)
        answer = kit_result(LF_END_FAILED);
    w->failed = w->failed || answer.status == LF_END_EXISTS;
    kit_batch_answer(w->batch, w->i, &answer);
    if (++w->i < w->batch->count) {
        begin(w);
        return;
    }
    struct lf_op *op = w->batch->op;
    bool single = w->batch->single;
    kit_batch_end(w->batch);
    if (lies(toy, "ends_twice") && single)
        toy->kit.ops->finish(op, &answer);
}

static void next_status(struct work *w, uint32_t status)
{
    next(w, kit_result(status));
}

static const struct lf_value *state_of(struct work *w, const struct lf_value *thing)
{
    const struct kit *kit = &w->toy->kit;
    struct lf_op *op = w->batch->op;
    const struct lf_value *state =
        kit_put_text(kit, op, kit_map(kit, op), "name", kit_get_text(kit, thing, "name"));
    if (lies(w->toy, "forgets"))
        return state;
    return kit_put_int(kit, op, state, "size", kit_get_int(kit, thing, "size", 0));
}

static struct lf_result there(struct work *w, uint32_t status, const struct lf_value *thing)
{
    const struct kit *kit = &w->toy->kit;
    struct lf_result r = kit_result(status);
    r.id = kit_get_text(kit, thing, "id");
    r.marker = lies(w->toy, "calls_it_ours") && status == LF_END_OK ? request(w)->marker
                                                                    : kit_get_text(kit, thing, "marker");
    r.state = state_of(w, thing);
    return r;
}

/* What a reply without an answer means: a change whose first look failed was never sent. */
static struct lf_result honest(uint32_t verb, const struct kit_http_reply *reply, bool sent)
{
    struct lf_result r = kit_http_result(reply, sent);
    if (r.status == LF_END_OK)
        r = kit_result(sent ? LF_END_UNSURE : LF_END_CANNOT_TELL); /* a body that is no answer */
    if (r.status == LF_END_CANNOT_TELL && changes(verb))
        r.status = LF_END_RETRY;
    if (r.status == LF_END_REFUSED && !changes(verb))
        r.status = LF_END_CANNOT_TELL;
    return r;
}

/* By itself each time, or as on a machine that is too busy now and then. */
static bool is_slow(struct toy *toy)
{
    return lies(toy, "blocks") || (lies(toy, "is_late_at_times") && toy->canceled++ % 4 == 0);
}

static uint32_t dishonest(const struct toy *toy, uint32_t verb, const struct kit_http_reply *reply,
                          uint32_t status)
{
    if (status == LF_END_UNSURE && lies(toy, "retries"))
        return LF_END_RETRY;
    if (reply->status == 429 && lies(toy, "refuses_429"))
        return LF_END_REFUSED;
    if (changes(verb) || status == LF_END_CANCELED)
        return status;
    if (verb == LF_VERB_OWNED)
        return lies(toy, "empty_list") ? LF_END_OK : status;
    return lies(toy, "says_gone") ? LF_END_GONE : status;
}

static void fail(struct work *w, const struct kit_http_reply *reply, bool sent)
{
    uint32_t verb = request(w)->verb;
    struct lf_result r = honest(verb, reply, sent);
    if (reply->sent == LF_SENT_CANCELED && is_slow(w->toy))
        sleep(3);
    r.status = dishonest(w->toy, verb, reply, r.status);
    next(w, r);
}

/* ---- requests
 * ------------------------------------------------------------------------------------------------ */

static void ask(struct work *w, const char *method, const char *path, const struct lf_value *json,
                kit_http_fn *fn)
{
    const struct kit *kit = &w->toy->kit;
    struct lf_op *op = w->batch->op;
    const struct kit_http_ask http = {
        .method = method, .url = kit_format(kit, op, "%s%s", w->toy->url, path), .json = json};
    kit_http_send(kit, op, &http, fn, w);
}

static const struct lf_value *asked(struct work *w, bool with_marker)
{
    const struct kit *kit = &w->toy->kit;
    struct lf_op *op = w->batch->op;
    const struct lf_request *req = lies(w->toy, "one_slot") ? w->toy->current : request(w);
    const struct lf_value *v = kit_map(kit, op);
    v = kit_put_text(kit, op, v, "name", kit_get_text(kit, req->desired, "name"));
    v = kit_put_int(kit, op, v, "size", kit_get_int(kit, req->desired, "size", 0));
    return with_marker ? kit_put_text(kit, op, v, "marker", req->marker) : v;
}

static void changed(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct work *w = user;
    (void)op;
    if (reply->status == 200 && kit_get_text(&w->toy->kit, reply->json, "id"))
        next(w, there(w, LF_END_OK, reply->json));
    else if (reply->status == 404)
        next_status(w, LF_END_GONE);
    else
        fail(w, reply, true);
}

static void patch(struct work *w, const char *id, bool with_marker)
{
    ask(w, "PATCH", kit_format(&w->toy->kit, w->batch->op, "/things/%s", id), asked(w, with_marker), changed);
}

static bool marks_later(const struct toy *toy)
{
    return lies(toy, "two_steps") || lies(toy, "slow_steps");
}

static void mark(struct lf_op *op, void *user, int canceled)
{
    struct work *w = user;
    (void)op;
    if (canceled)
        next_status(w, LF_END_UNSURE);
    else
        patch(w, w->made_id, true);
}

static void made(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct work *w = user;
    const char *id = kit_get_text(&w->toy->kit, reply->json, "id");
    (void)op;
    w->made_id = id;
    if (reply->status == 201 && id && marks_later(w->toy))
        w->toy->kit.ops->after(op, lies(w->toy, "slow_steps") ? STEP_MS : 0, mark, w);
    else if (reply->status == 201 && id)
        next(w, there(w, LF_END_OK, reply->json));
    else if (reply->status == 409)
        next(w, there(w, LF_END_EXISTS, reply->json));
    else
        fail(w, reply, true);
}

static void removed(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct work *w = user;
    (void)op;
    if (reply->status == 204 || reply->status == 404)
        next_status(w, LF_END_GONE);
    else
        fail(w, reply, true);
}

/* ---- decisions
 * ----------------------------------------------------------------------------------------------- */

static bool is_ours(struct work *w, const struct lf_value *thing)
{
    const char *marker = kit_get_text(&w->toy->kit, thing, "marker");
    return marker && strcmp(marker, request(w)->marker) == 0;
}

static void post(struct work *w, bool force)
{
    ask(w, "POST", force ? "/things?force" : "/things", asked(w, !marks_later(w->toy)), made);
}

static void create(struct work *w, const struct lf_value *thing)
{
    const struct kit *kit = &w->toy->kit;
    bool loose = strcmp(w->toy->lie, "hasty") == 0;
    if (!thing)
        post(w, loose);
    else if (is_ours(w, thing) &&
             kit_get_int(kit, thing, "size", 0) == kit_get_int(kit, request(w)->desired, "size", 0))
        next(w, there(w, LF_END_OK, thing));
    else if (is_ours(w, thing) || lies(w->toy, "takes_over"))
        patch(w, kit_get_text(kit, thing, "id"), true);
    else
        next(w, there(w, LF_END_EXISTS, thing));
}

static void update(struct work *w, const struct lf_value *thing)
{
    struct lf_result r;
    if (!thing) {
        next_status(w, LF_END_GONE);
    } else if (!is_ours(w, thing) && !lies(w->toy, "updates_foreign")) {
        next(w, there(w, LF_END_EXISTS, thing));
    } else if (lies(w->toy, "only_says")) {
        r = there(w, LF_END_OK, thing);
        r.state = kit_put_int(&w->toy->kit, w->batch->op, r.state, "size",
                              kit_get_int(&w->toy->kit, request(w)->desired, "size", 0));
        next(w, r);
    } else {
        patch(w, kit_get_text(&w->toy->kit, thing, "id"), false);
    }
}

static void destroy(struct work *w, const struct lf_value *thing)
{
    if (!thing || lies(w->toy, "leaves"))
        next_status(w, LF_END_GONE);
    else if (!is_ours(w, thing) && !lies(w->toy, "destroys_foreign"))
        next(w, there(w, LF_END_EXISTS, thing));
    else
        ask(w, "DELETE",
            kit_format(&w->toy->kit, w->batch->op, "/things/%s", kit_get_text(&w->toy->kit, thing, "id")),
            NULL, removed);
}

static void look(struct work *w, const struct lf_value *thing)
{
    uint32_t verb = request(w)->verb;
    bool hides = (verb == LF_VERB_RECOVER && lies(w->toy, "certain")) ||
                 (verb == LF_VERB_FIND && lies(w->toy, "unfound"));
    if (!thing || hides)
        next_status(w, LF_END_GONE);
    else if (verb == LF_VERB_RECOVER && !is_ours(w, thing))
        next(w, there(w, LF_END_EXISTS, thing));
    else
        next(w, there(w, LF_END_OK, thing));
}

static void list(struct work *w, const struct lf_value *things)
{
    const struct kit *kit = &w->toy->kit;
    for (size_t i = 0; i < kit->values->count(things) && !lies(w->toy, "unowned"); i++) {
        const struct lf_value *thing = kit->values->at(things, i, NULL);
        struct lf_result r = there(w, LF_END_OK, thing);
        if (r.marker)
            kit->ops->found(w->batch->op, &r);
    }
    next_status(w, LF_END_OK);
}

/* By id where there is one, else by name. */
static const struct lf_value *pick(struct work *w, const struct lf_value *things)
{
    const struct kit *kit = &w->toy->kit;
    const struct lf_request *req = request(w);
    const char *name = kit_get_text(kit, req->desired, "name");
    bool by_id = req->id && req->verb != LF_VERB_CREATE;
    for (size_t i = 0; i < kit->values->count(things); i++) {
        const struct lf_value *thing = kit->values->at(things, i, NULL);
        const char *is = kit_get_text(kit, thing, by_id ? "id" : "name"), *wanted = by_id ? req->id : name;
        if (is && wanted && strcmp(is, wanted) == 0)
            return thing;
    }
    return NULL;
}

static void decide(struct work *w, const struct lf_value *things)
{
    const struct lf_value *thing = pick(w, things);
    switch (request(w)->verb) {
    case LF_VERB_CREATE:
        create(w, thing);
        break;
    case LF_VERB_UPDATE:
        update(w, thing);
        break;
    case LF_VERB_DESTROY:
        destroy(w, thing);
        break;
    case LF_VERB_OWNED:
        list(w, things);
        break;
    default:
        look(w, thing);
        break;
    }
}

static void seen(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct work *w = user;
    const struct kit *kit = &w->toy->kit;
    bool is_list = reply->status == 200 && kit->values->kind(reply->json) == LF_KIND_LIST;
    (void)op;
    if (is_list)
        decide(w, reply->json);
    else if (reply->status == 200 && lies(w->toy, "reads_nothing"))
        decide(w, NULL);
    else
        fail(w, reply, false);
}

/* ---- the verbs
 * ------------------------------------------------------------------------------------------------ */

static void tell_secret(struct work *w)
{
    const struct kit *kit = &w->toy->kit;
    const struct lf_value *code = kit_get(kit, request(w)->desired, "code");
    const char *bytes = code ? kit->values->reveal(w->batch->op, code, NULL) : NULL;
    if (bytes)
        kit_note(kit, w->batch->op, "toy.debug", NULL, kit_format(kit, w->batch->op, "the code is %s", bytes),
                 NULL, NULL);
}

/* Past the host's gate, as a library with a connection of its own would. */
static void sneak(const struct toy *toy, const char *name)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    char body[128], text[512];
    int fd = socket(AF_INET, SOCK_STREAM, 0), size = snprintf(body, sizeof(body), "{\"name\":\"%s\"}", name);
    at.sin_port = htons(toy->door);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    size = snprintf(text, sizeof(text), "POST /things HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s", size, body);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0 &&
        send(fd, text, (size_t)size, MSG_NOSIGNAL) > 0)
        (void)!recv(fd, text, sizeof(text), 0);
    if (fd >= 0)
        close(fd);
}

static void begin(struct work *w)
{
    struct toy *toy = w->toy;
    const struct lf_request *req = request(w);
    toy->current = req;
    if (req->verb == LF_VERB_CREATE && lies(toy, "tells_secret"))
        tell_secret(w);
    if (lies(toy, "first_only") && w->i > 0 && req->verb == LF_VERB_CREATE) {
        struct lf_result r = kit_result(LF_END_OK);
        r.id = "t1";
        r.marker = req->marker;
        r.state = asked(w, false);
        next(w, r);
    } else if (req->verb == LF_VERB_CREATE && lies(toy, "doubles")) {
        post(w, true);
    } else {
        ask(w, "GET", "/things", NULL, seen);
    }
}

static void start(void *self, struct lf_op *op, struct kit_batch *batch)
{
    struct toy *toy = self;
    struct work *w = toy->kit.ops->scratch(op, sizeof(*w));
    w->toy = toy;
    w->batch = batch;
    begin(w);
}

static void one(void *self, struct lf_op *op, const struct lf_request *req)
{
    start(self, op, kit_batch_one(&((struct toy *)self)->kit, self, op, req));
}

static void many(void *self, struct lf_op *op, const struct lf_request *const *reqs, size_t count)
{
    start(self, op, kit_batch_many(&((struct toy *)self)->kit, self, op, reqs, count));
}

static void posted(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct work *w = user;
    (void)reply;
    kit_plan(&w->toy->kit, w->toy, op, request(w), &thing_schema, NULL, NULL);
}

static void plan(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct toy *toy = self;
    if (lies(toy, "plans_by_writing")) {
        struct work *w = toy->kit.ops->scratch(op, sizeof(*w));
        w->toy = toy;
        w->batch = kit_batch_one(&toy->kit, toy, op, req);
        ask(w, "POST", "/things", req->desired, posted);
    } else if (lies(toy, "restless") && req->prior) {
        struct lf_result r = kit_result(LF_END_OK);
        r.action = LF_DO_UPDATE;
        r.state = req->desired;
        toy->kit.ops->finish(op, &r);
    } else {
        kit_plan(&toy->kit, toy, op, req, &thing_schema, NULL, NULL);
    }
}

static void find(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct toy *toy = self;
    if (lies(toy, "sneaks"))
        sneak(toy, kit_get_text(&toy->kit, req->desired, "name"));
    one(self, op, req);
}

static void estimate(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct toy *toy = self;
    (void)req;
    kit_finish(&toy->kit, op, lies(toy, "priceless") ? LF_END_FAILED : LF_END_OK);
}

static void preflight(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct toy *toy = self;
    (void)req;
    if (lies(toy, "unready"))
        kit_refuse(&toy->kit, op, "toy.unready", NULL, "not today", NULL, NULL);
    else
        kit_finish(&toy->kit, op, LF_END_OK);
}

/* ---- the record
 * ------------------------------------------------------------------------------------------------ */

static const struct lf_attr setting_attrs[] = {
    {"url", LF_KIND_TEXT, LF_ATTR_REQUIRED, "where the shelf is", NULL, NULL, 0, 1},
    {"door", LF_KIND_INT, 0, "the shelf's own port, for the lie that sneaks", NULL, NULL, 0, 1},
    {"lie", LF_KIND_TEXT, 0, "what it lies about", NULL, NULL, 0, 1},
};
static const struct lf_schema setting_schema = LF_SCHEMA(1, setting_attrs);

/* A request on loopback that its sender did not live to see lands within a moment. */
static const struct lf_settle by_name = {.struct_size = sizeof(struct lf_settle),
                                         .create = LF_SETTLE_NAMED,
                                         .update = LF_SETTLE_NAMED,
                                         .destroy = LF_SETTLE_NAMED,
                                         .max_inflight_ms = 300};
/* A lie where the request carries no precondition. */
static const struct lf_settle by_condition = {.struct_size = sizeof(struct lf_settle),
                                              .create = LF_SETTLE_CONDITIONAL,
                                              .update = LF_SETTLE_NAMED,
                                              .destroy = LF_SETTLE_NAMED};

#define VERBS                                                                                                \
    .struct_size = sizeof(struct lf_resource), .schema = &thing_schema, .pool = "shelf", .read = one,        \
    .create = one, .destroy = one, .update = one, .plan = plan, .recover = one, .estimate = estimate,        \
    .find = find, .owned = one, .read_many = many, .change_many = many, .recover_many = many

static const struct lf_resource thing = {VERBS, .name = "thing", .doc = "a thing", .settle = &by_name};
static const struct lf_resource fenced = {VERBS, .name = "fenced", .doc = "a thing, made on a condition",
                                          .settle = &by_condition};
static const struct lf_resource *const resources[] = {&thing, &fenced, NULL};

static int toy_open(const struct lf_host *host, const struct lf_value *settings, void **self,
                    struct lf_diag *why)
{
    struct toy *toy = calloc(1, sizeof(*toy));
    if (!toy) {
        why->summary = "out of memory";
        return -1;
    }
    kit_init(&toy->kit, host);
    const char *lie = kit_get_text(&toy->kit, settings, "lie");
    toy->door = (uint16_t)kit_get_int(&toy->kit, settings, "door", 0);
    (void)snprintf(toy->url, sizeof(toy->url), "%s", kit_get_text(&toy->kit, settings, "url"));
    (void)snprintf(toy->lie, sizeof(toy->lie), "%s", lie ? lie : "");
    *self = toy;
    return 0;
}

static const struct lf_plugin plugin = {
    .struct_size = sizeof(struct lf_plugin),
    .abi_major = LF_ABI_MAJOR,
    .abi_minor = LF_ABI_MINOR,
    .subsystem = "shelf",
    .name = "toy",
    .version = "1.0.0",
    .doc = "a driver that lies where it is told to",
    .contract_version = 1,
    .settings = &setting_schema,
    .resources = resources,
    .open = toy_open,
    .close = free,
    .preflight = preflight,
};

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    return &plugin;
}
