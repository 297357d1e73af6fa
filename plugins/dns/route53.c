/* dns-route53: zones and records on Amazon Route 53.  See README.md for what the service promises and how
 * each promise is used. */
#include "route53.h"

#include <stdlib.h>
#include <string.h>

/* ---- preflight ------------------------------------------------------------------------------------------
 */

static void warn(const struct route53 *dns, struct lf_op *op, const char *code, const char *summary,
                 const char *detail, const char *advice)
{
    struct lf_diag diag = {.struct_size = sizeof(diag),
                           .severity = LF_DIAG_WARNING,
                           .code = code,
                           .summary = summary,
                           .detail = detail,
                           .advice = advice};
    dns->kit.ops->note(op, &diag);
}

static int64_t number(const char *text)
{
    char *rest = NULL;
    long long value = text ? strtoll(text, &rest, 10) : -1;
    return rest && *rest == '\0' ? value : -1;
}

/* The quota belongs to the account and is asked for with a permission of its own: without it there is no
 * number, and that is all. */
static void got_quota(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    const struct route53 *dns = user;
    int64_t most = -1, count = -1;
    if (route53_is_good(reply, "GetAccountLimitResponse")) {
        most = number(kit_xml_text(reply->xml, "Limit/Value"));
        count = number(kit_xml_text(reply->xml, "Count"));
    } else if (reply->http.sent == LF_SENT_CANCELED) {
        kit_finish(&dns->kit, op, LF_END_CANCELED);
        return;
    } else {
        struct kit_http_words words = kit_aws_words(dns->aws, op, reply, "tell the quota of hosted zones");
        warn(dns, op, "route53.quota_unknown", "how many zones this account may still have is not known",
             words.detail, "allow route53:GetAccountLimit, or look at Service Quotas");
    }
    if (most >= 0 && count >= most)
        warn(dns, op, "route53.quota", "this account has as many hosted zones as it may have",
             kit_format(&dns->kit, op, "%lld of %lld", (long long)count, (long long)most),
             "a new zone will be refused: ask AWS to raise the quota (Service Quotas), or remove zones");
    kit_finish(&dns->kit, op, LF_END_OK);
}

static void got_zones(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    const struct route53 *dns = user;
    if (!route53_is_good(reply, "ListHostedZonesResponse")) {
        route53_end(dns, op, reply, "list the hosted zones");
        return;
    }
    route53_ask(dns, op, "GET", route53_path(dns, op, "accountlimit/MAX_HOSTED_ZONES_BY_OWNER"), NULL, 0,
                got_quota, user);
}

/* Reachable, keys good, reading allowed; then the quota. */
static void route53_preflight(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct kit_aws_pair query = {"maxitems", "1"};
    (void)req;
    route53_ask(self, op, "GET", route53_path(self, op, "hostedzone"), &query, 1, got_zones, self);
}

/* ---- the record -----------------------------------------------------------------------------------------
 */

static const struct lf_attr setting_attrs[] = {KIT_AWS_SETTINGS};
static const struct lf_schema setting_schema = LF_SCHEMA(1, setting_attrs);

/* Requests have a pool of their own beside that of operations: AWS counts requests, five a second. */
static const struct kit_aws_service service = {
    .name = "route53", .driver = "route53", .title = "Route 53", .pool = "route53-api"};

static void route53_close(void *self)
{
    struct route53 *dns = self;
    kit_aws_close(dns->aws);
    free(dns);
}

static int route53_open(const struct lf_host *host, const struct lf_value *settings, void **self,
                        struct lf_diag *why)
{
    struct route53 *dns = calloc(1, sizeof(*dns));
    why->code = "route53.settings";
    if (!dns) {
        why->summary = "out of memory";
        return -1;
    }
    kit_init(&dns->kit, host);
    if (!kit_aws_open(&dns->kit, settings, &service, &dns->aws, why)) {
        free(dns);
        return -1;
    }
    *self = dns;
    return 0;
}

static const struct lf_resource *const resources[] = {&route53_zone, &route53_record, NULL};

static const struct lf_plugin plugin = {
    .struct_size = sizeof(struct lf_plugin),
    .abi_major = LF_ABI_MAJOR,
    .abi_minor = LF_ABI_MINOR,
    .needs_minor = 0,
    .subsystem = "dns",
    .name = "route53",
    .version = "1.0.0",
    .doc = "zones and records on Amazon Route 53",
    .contract_version = LF_DNS_VERSION,
    .settings = &setting_schema,
    .resources = resources,
    .open = route53_open,
    .close = route53_close,
    .preflight = route53_preflight,
};

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    return &plugin;
}
