/* http-http: objects of any REST API, and requests that must be answered as expected. */
#include <landfall/http.h>
#include <stdlib.h>
#include <string.h>

#include "http_resource.h"

/* ---- preflight
 * ---------------------------------------------------------------------------------------------- */

static void on_ready(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    const struct http *http = user;
    uint32_t status = kit_http_end(reply, false);
    if (status == LF_END_CANCELED)
        status = LF_END_CANNOT_TELL;
    if (status != LF_END_OK)
        http_ask_say(
            http, op, reply,
            kit_format(&http->kit, op, "answer '%s'", kit_get_text(&http->kit, http->settings, "ready")));
    kit_finish(&http->kit, op,
               status == LF_END_OK || status == LF_END_REFUSED || status == LF_END_RETRY
                   ? status
                   : LF_END_CANNOT_TELL);
}

/* Without a path nothing is known that every API would answer. */
static void http_preflight(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct http *http = self;
    const char *ready = kit_get_text(&http->kit, http->settings, "ready");
    struct http_ask ask = {.method = "GET", .url = ready};
    (void)req;
    if (!ready)
        kit_finish(&http->kit, op, LF_END_OK);
    else if (!http_ask_send(http, op, &ask, on_ready, self))
        kit_finish(&http->kit, op, LF_END_REFUSED);
}

/* ---- the record
 * ---------------------------------------------------------------------------------------------- */

static const struct lf_attr setting_attrs[] = {
    {"url", LF_KIND_TEXT, LF_ATTR_REQUIRED,
     "address of the API that paths begin behind, such as https://api.example/v1", NULL, NULL, 0, 1},
    {"headers", LF_KIND_MAP, 0, "headers of every request to it", NULL, "{}", LF_KIND_TEXT, 1},
    {"secret_headers", LF_KIND_MAP, 0, "headers of every request to it whose values are secrets", NULL, "{}",
     LF_KIND_SECRET, 1},
    {"bearer", LF_KIND_TEXT, LF_ATTR_SECRET, "a token, sent as `Authorization: Bearer ...`", NULL, NULL, 0,
     1},
    {"user", LF_KIND_TEXT, 0, "user of basic authentication", NULL, NULL, 0, 1},
    {"password", LF_KIND_TEXT, LF_ATTR_SECRET, "password of basic authentication", NULL, NULL, 0, 1},
    {"ready", LF_KIND_TEXT, 0,
     "path that answers 2xx when the API is up and takes the credentials; asked by every plan", NULL, NULL, 0,
     1},
    {"timeout_ms", LF_KIND_INT, 0, "how long one request may take, 1 to 600000 milliseconds", NULL, "30000",
     0, 1},
};
static const struct lf_schema setting_schema = LF_SCHEMA(1, setting_attrs);

/* The least that holds for every resource; settle_of says more where a step gives more.  An update or a
 * delete is of one object by its id, and doing it twice is doing it once. */
static const struct lf_settle settle = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_BLIND,
    .update = LF_SETTLE_NAMED,
    .destroy = LF_SETTLE_NAMED,
    .max_inflight_ms = 5000,
};

static const struct lf_resource resource = {
    .struct_size = sizeof(struct lf_resource),
    .name = "resource",
    .doc = "an object of a REST API, with the requests that make, read, change and delete it",
    .schema = &lf_http_resource,
    .settle = &settle,
    .pool = "http",
    .read = http_resource_read,
    .create = http_resource_create,
    .destroy = http_resource_destroy,
    .update = http_resource_update,
    .plan = http_plan_resource,
    .recover = http_resource_recover,
    .find = http_resource_find,
    .settle_of = http_resource_settle_of,
};
static const struct lf_resource *const resources[] = {&resource, NULL};

static const struct lf_settle check_settle = {.struct_size = sizeof(struct lf_settle),
                                              .create = LF_SETTLE_NAMED,
                                              .update = LF_SETTLE_NAMED,
                                              .destroy = LF_SETTLE_NAMED};

static const struct lf_call check = {
    .struct_size = sizeof(struct lf_call),
    .name = "check",
    .doc = "ask, and fail unless status, body, latency and certificate are as expected; changes nothing",
    .args = &lf_http_check_args,
    .reply = &lf_http_check_reply,
    .settle = &check_settle,
    .pool = "http",
    .run = http_check_run,
};
static const struct lf_call *const calls[] = {&check, NULL};

/* Whoever reads the region file sees the host: no user, no query. */
static const char *fault_of(const char *url)
{
    const char *host = strstr(url, "://");
    if (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0)
        return "the url does not begin with https:// or http://";
    host += 3;
    if (host[0] == '\0' || host[0] == '/' || strpbrk(host, "?#@ "))
        return "the url is no address of an API: write scheme, host and perhaps a path";
    return NULL;
}

static int http_open(const struct lf_host *host, const struct lf_value *settings, void **self,
                     struct lf_diag *why)
{
    struct kit kit;
    kit_init(&kit, host);
    const char *url = kit_get_text(&kit, settings, "url"), *ready = kit_get_text(&kit, settings, "ready");
    int64_t timeout = kit_get_int(&kit, settings, "timeout_ms", 30000);
    why->code = "http.settings";
    why->path = "url";
    why->summary = fault_of(url ? url : "");
    if (!why->summary && ready && ready[0] != '/') {
        why->path = "ready";
        why->summary = "'ready' is a path and begins with /";
    }
    if (!why->summary && (timeout < 1 || timeout > 600000)) {
        why->path = "timeout_ms";
        why->summary = "timeout_ms is out of range: write 1 to 600000";
    }
    if (why->summary)
        return -1;
    struct http *http = calloc(1, sizeof(*http));
    char *own = strdup(url);
    if (!http || !own) {
        free(http);
        free(own);
        why->summary = "out of memory";
        return -1;
    }
    for (size_t len = strlen(own); len > 0 && own[len - 1] == '/'; len--)
        own[len - 1] = '\0';
    *http = (struct http){.kit = kit, .settings = settings, .url = own};
    *self = http;
    return 0;
}

static void http_close(void *self)
{
    struct http *http = self;
    free(http->url);
    free(http);
}

static const struct lf_plugin plugin = {
    .struct_size = sizeof(struct lf_plugin),
    .abi_major = LF_ABI_MAJOR,
    .abi_minor = LF_ABI_MINOR,
    .needs_minor = 1, /* settle_of, took_ms, certificate_left_s */
    .subsystem = "http",
    .name = "http",
    .version = "1.0.0",
    .doc = "any REST API: its objects, and checks of its answers",
    .contract_version = LF_HTTP_CONTRACT,
    .settings = &setting_schema,
    .resources = resources,
    .calls = calls,
    .open = http_open,
    .close = http_close,
    .preflight = http_preflight,
};

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    return &plugin;
}
