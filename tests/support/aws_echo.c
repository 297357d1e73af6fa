/* A driver that is nothing but kit_aws, for its tests: one type whose object is a request.  Its read sends it
 * as a question, its create as a change; the state tells what came back and what the kit makes of it. */
#include <stdlib.h>
#include <string.h>

#include "kit_aws.h"

struct echo {
    struct kit kit;
    struct kit_aws *aws;
};

static const struct kit_aws_service service = {
    .name = "echo", .driver = "echo", .title = "Echo", .pool = NULL};

static const struct lf_attr setting_attrs[] = {KIT_AWS_SETTINGS};
static const struct lf_schema settings = LF_SCHEMA(1, setting_attrs);

static const struct lf_attr ask_attrs[] = {
    {"dialect", LF_KIND_TEXT, LF_ATTR_REQUIRED, "rest, query or json", NULL, NULL, 0, 1},
    {"method", LF_KIND_TEXT, 0, "of a rest request", NULL, "\"GET\"", 0, 1},
    {"path", LF_KIND_TEXT, 0, "of a rest request", NULL, "\"/\"", 0, 1},
    {"action", LF_KIND_TEXT, 0, "or target", NULL, NULL, 0, 1},
    {"pairs", LF_KIND_MAP, 0, "query of a rest request, form of a query, body of json", NULL, NULL, 0, 1},
    {"body", LF_KIND_TEXT, 0, "of a rest request", NULL, NULL, 0, 1},
    {"status", LF_KIND_INT, LF_ATTR_COMPUTED, "of HTTP", NULL, NULL, 0, 1},
    {"code", LF_KIND_TEXT, LF_ATTR_COMPUTED, "of the error", NULL, NULL, 0, 1},
    {"said", LF_KIND_TEXT, LF_ATTR_COMPUTED, "message of the error", NULL, NULL, 0, 1},
    {"request", LF_KIND_TEXT, LF_ATTR_COMPUTED, "its id", NULL, NULL, 0, 1},
    {"root", LF_KIND_TEXT, LF_ATTR_COMPUTED, "name of the root element", NULL, NULL, 0, 1},
    {"echo", LF_KIND_MAP, LF_ATTR_COMPUTED, "what the double saw", NULL, NULL, 0, 1},
};
static const struct lf_schema ask_schema = LF_SCHEMA(1, ask_attrs);

static void answered(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct kit_batch *batch = user;
    const struct echo *echo = batch->self;
    const struct kit *kit = &echo->kit;
    const struct lf_value *state = batch->reqs[0]->desired;
    state = kit_put_int(kit, op, state ? state : batch->reqs[0]->prior, "status", reply->http.status);
    state = kit_put_text(kit, op, state, "code", reply->code);
    state = kit_put_text(kit, op, state, "said", reply->message);
    state = kit_put_text(kit, op, state, "request", reply->request_id);
    state = kit_put_text(kit, op, state, "root", reply->xml ? reply->xml->name : NULL);
    if (reply->http.json && kit->values->kind(reply->http.json) == LF_KIND_MAP)
        state = kit_put(kit, op, state, "echo", reply->http.json);
    struct lf_result result = kit_aws_result(reply, kit_changes(batch->reqs[0]));
    if (result.status != LF_END_OK)
        kit_aws_fail(echo->aws, batch, 0, reply, "echo the request");
    result.id = "request";
    result.state = state;
    kit_batch_answer(batch, 0, &result);
    kit_batch_end(batch);
}

static void ask(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct echo *echo = self;
    const struct kit *kit = &echo->kit;
    struct kit_batch *batch = kit_batch_one(kit, self, op, req);
    const struct lf_value *map = req->desired ? req->desired : req->prior;
    const struct lf_value *pairs = kit_get(kit, map, "pairs");
    const char *dialect = kit_get_text(kit, map, "dialect"), *action = kit_get_text(kit, map, "action");
    uint32_t flags = kit_changes(req) ? 0 : LF_SEND_SAFE;
    size_t count = pairs ? kit->values->count(pairs) : 0;
    struct kit_aws_pair *list = kit->ops->scratch(op, (count + 1) * sizeof(*list));
    for (size_t i = 0; i < count; i++) {
        const struct lf_value *value = kit->values->at(pairs, i, &list[i].name);
        list[i].value = kit->values->as_text(value, NULL);
    }
    if (strcmp(dialect, "query") == 0) {
        kit_aws_query(echo->aws, op, "2026-01-01", action, list, count, flags, answered, batch);
    } else if (strcmp(dialect, "json") == 0) {
        kit_aws_json(echo->aws, op, action, pairs ? pairs : kit_map(kit, op), flags, answered, batch);
    } else {
        const char *body = kit_get_text(kit, map, "body"), *method = kit_get_text(kit, map, "method"),
                   *path = kit_get_text(kit, map, "path");
        struct kit_aws_ask rest = {
            .method = method ? method : "GET",
            .path = path ? path : "/",
            .query = list,
            .query_count = count,
            .body = body,
            .body_len = body ? strlen(body) : 0,
            .type = body ? "text/xml" : NULL,
            .flags = flags,
        };
        kit_aws_send(echo->aws, op, &rest, answered, batch);
    }
}

static void destroy(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct echo *echo = self;
    (void)req;
    kit_finish(&echo->kit, op, LF_END_GONE);
}

static const struct lf_settle settle = {.struct_size = sizeof(settle),
                                        .create = LF_SETTLE_NAMED,
                                        .update = LF_SETTLE_NAMED,
                                        .destroy = LF_SETTLE_NAMED};

static const struct lf_resource ask_type = {.struct_size = sizeof(struct lf_resource),
                                            .name = "ask",
                                            .doc = "a request",
                                            .schema = &ask_schema,
                                            .settle = &settle,
                                            .read = ask,
                                            .create = ask,
                                            .destroy = destroy};

static int echo_open(const struct lf_host *host, const struct lf_value *given, void **self,
                     struct lf_diag *why)
{
    struct echo *echo = calloc(1, sizeof(*echo));
    if (!echo)
        return -1;
    kit_init(&echo->kit, host);
    why->code = "echo.settings";
    if (!kit_aws_open(&echo->kit, given, &service, &echo->aws, why)) {
        free(echo);
        return -1;
    }
    *self = echo;
    return 0;
}

static void echo_close(void *self)
{
    struct echo *echo = self;
    kit_aws_close(echo->aws);
    free(echo);
}

static const struct lf_resource *const resources[] = {&ask_type, NULL};

static const struct lf_plugin plugin = {
    .struct_size = sizeof(struct lf_plugin),
    .abi_major = LF_ABI_MAJOR,
    .abi_minor = LF_ABI_MINOR,
    .subsystem = "echo",
    .name = "aws",
    .version = "1.0.0",
    .doc = "requests of the kit, for its tests",
    .contract_version = 1,
    .settings = &settings,
    .resources = resources,
    .open = echo_open,
    .close = echo_close,
};

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    return &plugin;
}
