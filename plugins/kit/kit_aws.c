#include "kit_aws.h"

#include "kit_aws_creds.h"

#include <stdlib.h>
#include <string.h>

struct kit_aws {
    struct kit kit;
    const struct kit_aws_service *service;
    char *region, *endpoint, *partition;
    char *scope; /* "aws:amz:eu-west-1:route53"; all four parts, or libcurl guesses from the host's name */
    struct kit_aws_creds creds;
};

/* ---- settings --------------------------------------------------------------------------------------------
 */

static bool is_of(const char *text, const char *letters)
{
    return text && text[0] && text[strspn(text, letters)] == '\0';
}

static bool refuse(struct lf_diag *why, const char *path, const char *summary, const char *advice)
{
    why->path = path;
    why->summary = summary;
    why->advice = advice;
    return false;
}

/* Paths are the driver's own; a path in the endpoint would have to be signed in ways libcurl does not. */
static bool is_endpoint(const char *text)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]";
    const char *host = text && strncmp(text, "https://", 8) == 0  ? text + 8
                       : text && strncmp(text, "http://", 7) == 0 ? text + 7
                                                                  : "";
    size_t len = strspn(host, safe);
    return len > 0 && (host[len] == '\0' || strcmp(host + len, "/") == 0);
}

static bool check(const struct kit *kit, const struct lf_value *settings, const char *endpoint,
                  struct lf_diag *why)
{
    static const char small[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    const char *partition = kit_get_text(kit, settings, "partition");
    if (!is_of(kit_get_text(kit, settings, "region"), small))
        return refuse(why, "region", "region is not the name of an AWS region",
                      "write it as AWS does: \"eu-west-1\"");
    if (!is_of(partition, small) || strncmp(partition, "aws", 3) != 0)
        return refuse(why, "partition", "partition is not the name of an AWS partition",
                      "write \"aws\", \"aws-cn\" or \"aws-us-gov\"");
    if (!is_endpoint(kit_get_text(kit, settings, endpoint)))
        return refuse(why, endpoint, "what should be the address of an API is none",
                      "write https:// and the host, without a path");
    return true;
}

static char *join(const char *a, const char *b, const char *c)
{
    size_t a_len = strlen(a), b_len = strlen(b), c_len = strlen(c);
    char *text = malloc(a_len + b_len + c_len + 1);
    if (!text)
        return NULL;
    memcpy(text, a, a_len);
    memcpy(text + a_len, b, b_len);
    memcpy(text + a_len + b_len, c, c_len + 1);
    return text;
}

bool kit_aws_open(const struct kit *kit, const struct lf_value *settings,
                  const struct kit_aws_service *service, struct kit_aws **out, struct lf_diag *why)
{
    return kit_aws_open_at(kit, settings, service, "endpoint", out, why);
}

bool kit_aws_open_at(const struct kit *kit, const struct lf_value *settings,
                     const struct kit_aws_service *service, const char *endpoint, struct kit_aws **out,
                     struct lf_diag *why)
{
    if (!check(kit, settings, endpoint, why))
        return false;
    struct kit_aws *aws = calloc(1, sizeof(*aws));
    if (!aws)
        return refuse(why, NULL, "out of memory", NULL);
    if (!kit_aws_creds_init(&aws->creds, kit, settings, why)) {
        free(aws);
        return false;
    }
    aws->kit = *kit;
    aws->service = service;
    aws->region = strdup(kit_get_text(kit, settings, "region"));
    aws->partition = strdup(kit_get_text(kit, settings, "partition"));
    aws->endpoint = strdup(kit_get_text(kit, settings, endpoint));
    char *front = aws->region ? join("aws:amz:", aws->region, ":") : NULL;
    aws->scope = front ? join(front, service->name, "") : NULL;
    free(front);
    if (!aws->scope || !aws->partition || !aws->endpoint) {
        kit_aws_close(aws);
        return refuse(why, NULL, "out of memory", NULL);
    }
    size_t len = strlen(aws->endpoint);
    if (aws->endpoint[len - 1] == '/')
        aws->endpoint[len - 1] = '\0';
    *out = aws;
    return true;
}

void kit_aws_close(struct kit_aws *aws)
{
    if (!aws)
        return;
    kit_aws_creds_done(&aws->creds);
    free(aws->region);
    free(aws->partition);
    free(aws->endpoint);
    free(aws->scope);
    free(aws);
}

const char *kit_aws_region(const struct kit_aws *aws)
{
    return aws->region;
}

/* arn:partition:service:region:account:resource */
const char *kit_aws_region_of(const struct kit *kit, struct lf_op *op, const char *arn)
{
    for (int colons = 0; arn && colons < 3; colons++) {
        arn = strchr(arn, ':');
        arn = arn ? arn + 1 : NULL;
    }
    size_t count = arn ? strcspn(arn, ":") : 0;
    return count > 0 && arn[count] == ':' ? kit_copy(kit, op, arn, count) : NULL;
}

const char *kit_aws_partition(const struct kit_aws *aws)
{
    return aws->partition;
}

const char *kit_aws_endpoint(const struct kit_aws *aws)
{
    return aws->endpoint;
}

const struct kit *kit_aws_kit(const struct kit_aws *aws)
{
    return &aws->kit;
}

const struct kit_aws_service *kit_aws_what(const struct kit_aws *aws)
{
    return aws->service;
}

/* ---- the request -----------------------------------------------------------------------------------------
 */

/* One request on its way: from the ask, over the keys, to the reply. */
struct flight {
    struct kit_aws *aws;
    struct kit_http_ask http;
    const char *type, *target;
    kit_aws_fn *fn;
    void *user;
    struct kit_aws_reply reply; /* of one that was never sent */
};

struct encoded {
    const char *name;
    const char *value;
};

static int by_name(const void *a, const void *b)
{
    const struct encoded *left = a, *right = b;
    int order = strcmp(left->name, right->name);
    return order != 0 ? order : strcmp(left->value, right->value);
}

/* Sorted as encoded, which is the order of the signature. */
static void add_query(const struct kit *kit, struct lf_op *op, const struct kit_aws_ask *ask,
                      struct kit_text *url)
{
    struct encoded *pairs = kit->ops->scratch(op, (ask->query_count + 1) * sizeof(*pairs));
    size_t count = 0;
    for (size_t i = 0; i < ask->query_count; i++) {
        if (ask->query[i].value)
            pairs[count++] = (struct encoded){kit_http_encode(kit, op, ask->query[i].name),
                                              kit_http_encode(kit, op, ask->query[i].value)};
    }
    if (count > 1)
        qsort(pairs, count, sizeof(*pairs), by_name);
    for (size_t i = 0; i < count; i++)
        kit_text_print(kit, op, url, "%c%s=%s", i == 0 ? '?' : '&', pairs[i].name, pairs[i].value);
}

static bool is_plain_path(const char *path)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    return path[0] == '/' && is_of(path, plain) && !strstr(path, "//") && !strstr(path, "/.");
}

static void replied(struct lf_op *op, const struct kit_http_reply *http, void *user);

static void never_sent(struct lf_op *op, void *user, int canceled)
{
    struct flight *flight = user;
    if (canceled)
        flight->reply.http.sent = LF_SENT_CANCELED;
    flight->fn(op, &flight->reply, flight->user);
}

/* Answered later like everything else: nobody is called back inside his own call. */
static void give_up(struct lf_op *op, struct flight *flight, const struct kit_aws_trouble *trouble)
{
    const struct kit *kit = &flight->aws->kit;
    struct kit_aws_trouble *kept = kit->ops->scratch(op, sizeof(*kept));
    *kept = *trouble;
    flight->reply = (struct kit_aws_reply){.trouble = kept};
    flight->reply.http =
        (struct kit_http_reply){.sent = LF_SENT_NOT, .body = trouble->summary ? trouble->summary : ""};
    kit->ops->after(op, 0, never_sent, flight);
}

static void signed_with(struct lf_op *op, const struct kit_aws_key *key,
                        const struct kit_aws_trouble *trouble, void *user)
{
    struct flight *flight = user;
    const struct kit *kit = &flight->aws->kit;
    if (trouble) {
        give_up(op, flight, trouble);
        return;
    }
    if (!key) {
        flight->reply.http = (struct kit_http_reply){.sent = LF_SENT_CANCELED, .body = ""};
        flight->fn(op, &flight->reply, flight->user);
        return;
    }
    struct lf_header *headers = kit->ops->scratch(op, 3 * sizeof(*headers));
    uint32_t count = 0;
    if (flight->type)
        headers[count++] = (struct lf_header){"Content-Type", flight->type};
    if (flight->target)
        headers[count++] = (struct lf_header){"X-Amz-Target", flight->target};
    if (key->session_token)
        headers[count++] = (struct lf_header){"X-Amz-Security-Token", key->session_token};
    flight->http.headers = headers;
    flight->http.header_count = count;
    flight->http.user = key->access_key;
    flight->http.password = key->secret_key;
    flight->http.aws_sigv4 = flight->aws->scope;
    kit_http_send(kit, op, &flight->http, replied, flight);
}

void kit_aws_send(struct kit_aws *aws, struct lf_op *op, const struct kit_aws_ask *ask, kit_aws_fn *fn,
                  void *user)
{
    const struct kit *kit = &aws->kit;
    struct flight *flight = kit->ops->scratch(op, sizeof(*flight));
    *flight = (struct flight){.aws = aws, .fn = fn, .user = user};
    if (!is_plain_path(ask->path)) {
        struct kit_aws_trouble trouble = {
            .what = "path",
            .summary = kit_format(kit, op, "'%.200s' cannot be asked of %s", ask->path, aws->service->title),
            .detail = "the path has characters that a signature cannot cover",
            .final = true};
        give_up(op, flight, &trouble);
        return;
    }
    struct kit_text url = {0};
    kit_text_print(kit, op, &url, "%s%s", aws->endpoint, ask->path);
    add_query(kit, op, ask, &url);
    flight->type = ask->type ? kit_copy(kit, op, ask->type, strlen(ask->type)) : NULL;
    flight->target = ask->target ? kit_copy(kit, op, ask->target, strlen(ask->target)) : NULL;
    flight->http = (struct kit_http_ask){
        .method = kit_copy(kit, op, ask->method, strlen(ask->method)),
        .url = url.bytes,
        .body = ask->body ? kit_copy(kit, op, ask->body, ask->body_len) : NULL,
        .body_len = ask->body_len,
        .flags = ask->flags,
        .pool = ask->pool ? kit_copy(kit, op, ask->pool, strlen(ask->pool)) : aws->service->pool,
        .timeout_ms = ask->timeout_ms,
    };
    kit_aws_creds_get(&aws->creds, op, signed_with, flight);
}

void kit_aws_query(struct kit_aws *aws, struct lf_op *op, const char *version, const char *action,
                   const struct kit_aws_pair *pairs, size_t count, uint32_t flags, kit_aws_fn *fn, void *user)
{
    const struct kit *kit = &aws->kit;
    struct kit_text form = {0};
    kit_text_print(kit, op, &form, "Action=%s&Version=%s", action, version);
    for (size_t i = 0; i < count; i++) {
        if (pairs[i].value)
            kit_text_print(kit, op, &form, "&%s=%s", kit_http_encode(kit, op, pairs[i].name),
                           kit_http_encode(kit, op, pairs[i].value));
    }
    struct kit_aws_ask ask = {
        .method = "POST",
        .path = "/",
        .body = form.bytes,
        .body_len = form.len,
        .type = "application/x-www-form-urlencoded; charset=utf-8",
        .flags = flags,
    };
    kit_aws_send(aws, op, &ask, fn, user);
}

void kit_aws_json(struct kit_aws *aws, struct lf_op *op, const char *target, const struct lf_value *body,
                  uint32_t flags, kit_aws_fn *fn, void *user)
{
    struct kit_aws_ask ask = {
        .method = "POST",
        .path = "/",
        .type = "application/x-amz-json-1.0",
        .target = target,
        .flags = flags,
    };
    ask.body = aws->kit.values->to_json(op, body, &ask.body_len);
    kit_aws_send(aws, op, &ask, fn, user);
}

/* ---- the reply -------------------------------------------------------------------------------------------
 */

/* "com.amazonaws.sqs#QueueDoesNotExist", "Throttling:http://...": the name alone. */
static const char *bare(const struct kit *kit, struct lf_op *op, const char *code)
{
    const char *hash = code ? strrchr(code, '#') : NULL;
    const char *from = hash ? hash + 1 : code;
    return from && from[0] ? kit_copy(kit, op, from, strcspn(from, ":")) : NULL;
}

/* Each names one fault of what was sent. */
static const char *all_messages(const struct kit *kit, struct lf_op *op, const struct kit_xml *xml)
{
    struct kit_text text = {0};
    const struct kit_xml *one = kit_xml_find(xml, "Messages/Message");
    for (; one; one = kit_xml_again(one))
        kit_text_print(kit, op, &text, "%s%s", text.len > 0 ? ", " : "", one->text);
    return text.bytes;
}

static void read_xml(const struct kit *kit, struct lf_op *op, struct kit_aws_reply *reply)
{
    static const char *const ids[] = {"RequestId", "RequestID", "ResponseMetadata/RequestId"};
    const struct kit_xml *error = kit_xml_find(reply->xml, "Error");
    if (!error)
        error = kit_xml_find(reply->xml, "Errors/Error");
    reply->code = bare(kit, op, kit_xml_text(error, "Code"));
    reply->message = kit_xml_text(error, "Message");
    /* Some errors of Route 53 are an element of their own name with a list of messages. */
    if (!error) {
        reply->code = reply->xml->name;
        reply->message = all_messages(kit, op, reply->xml);
    }
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]) && !reply->request_id; i++)
        reply->request_id = kit_xml_text(reply->xml, ids[i]);
}

static void read_json(const struct kit *kit, struct lf_op *op, struct kit_aws_reply *reply)
{
    const struct lf_value *json = reply->http.json;
    const char *type = kit_get_text(kit, json, "__type");
    reply->code = bare(kit, op, type ? type : kit_get_text(kit, json, "code"));
    reply->message = kit_get_text(kit, json, "message");
    if (!reply->message)
        reply->message = kit_get_text(kit, json, "Message");
}

static void replied(struct lf_op *op, const struct kit_http_reply *http, void *user)
{
    struct flight *flight = user;
    struct kit_aws *aws = flight->aws;
    const struct kit *kit = &aws->kit;
    struct kit_aws_reply reply = {.http = *http};
    if (http->sent != LF_SENT_REPLY) {
        flight->fn(op, &reply, flight->user);
        return;
    }
    size_t blank = strspn(http->body, " \t\r\n\xEF\xBB\xBF");
    if (http->body[blank] == '<')
        reply.xml = kit_xml_parse(kit, op, http->body, http->body_len, NULL);
    if (http->status >= 300 && reply.xml)
        read_xml(kit, op, &reply);
    else if (http->status >= 300)
        read_json(kit, op, &reply);
    if (http->status >= 300 && !reply.code)
        reply.code = bare(kit, op, kit->host->http->header(http->raw, "x-amzn-errortype"));
    if (!reply.request_id) {
        const char *id = kit->host->http->header(http->raw, "x-amzn-requestid");
        reply.request_id = id ? kit_copy(kit, op, id, strlen(id)) : NULL;
    }
    reply.renews = kit_aws_creds_renew(&aws->creds);
    if (kit_aws_error_is_stale(&reply))
        kit_aws_creds_stale(&aws->creds, flight->http.user);
    flight->fn(op, &reply, flight->user);
}
