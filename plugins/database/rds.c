/* database-rds: PostgreSQL instances on Amazon RDS.  What is inside them is the business of
 * database-postgresql, on the host that this driver tells.  README.md says what the service promises. */
#include "rds.h"

#include <stdlib.h>
#include <string.h>

/* ---- asking -------------------------------------------------------------------------------------------- */

void rds_ask(const struct rds *rds, struct lf_op *op, const char *action, const struct kit_aws_pair *pairs,
             size_t count, kit_aws_fn *fn, void *user)
{
    kit_aws_query(rds->aws, op, RDS_VERSION, action, pairs, count, LF_SEND_SAFE, fn, user);
}

void rds_change(const struct rds *rds, struct lf_op *op, const char *action, const struct kit_aws_pair *pairs,
                size_t count, kit_aws_fn *fn, void *user)
{
    kit_aws_query(rds->aws, op, RDS_VERSION, action, pairs, count, 0, fn, user);
}

static bool is_success(const struct kit_aws_reply *reply)
{
    return reply->http.sent == LF_SENT_REPLY && reply->http.status >= 200 && reply->http.status < 300;
}

bool rds_is_good(const struct kit_aws_reply *reply, const char *action)
{
    size_t len = strlen(action);
    return is_success(reply) && reply->xml && strncmp(reply->xml->name, action, len) == 0 &&
           strcmp(reply->xml->name + len, "Response") == 0;
}

uint32_t rds_trouble(const struct rds *rds, struct lf_op *op, const struct kit_aws_reply *reply,
                     const char *doing, bool changes)
{
    if (!is_success(reply)) {
        uint32_t end = kit_aws_end(reply, changes);
        if (end != LF_END_CANCELED)
            kit_aws_note(rds->aws, op, reply, doing);
        return end;
    }
    kit_note(&rds->kit, op, "rds.garbled", NULL,
             kit_format(&rds->kit, op, "RDS answered the request to %s in a way that cannot be read", doing),
             kit_format(&rds->kit, op, "HTTP %u, %zu bytes: %.200s", reply->http.status, reply->http.body_len,
                        reply->http.body),
             "look at what answers at the endpoint: a proxy that rewrites replies cannot be between");
    return changes ? LF_END_UNSURE : LF_END_CANNOT_TELL;
}

void rds_warn(const struct rds *rds, struct lf_op *op, const char *code, const char *path,
              const char *summary, const char *detail, const char *advice)
{
    struct lf_diag diag = {.struct_size = sizeof(diag),
                           .severity = LF_DIAG_WARNING,
                           .code = code,
                           .path = path,
                           .summary = summary,
                           .detail = detail,
                           .advice = advice};
    rds->kit.ops->note(op, &diag);
}

/* ---- the record ---------------------------------------------------------------------------------------- */

static const struct lf_attr setting_attrs[] = {
    KIT_AWS_SETTINGS,
    {"poll_ms", LF_KIND_INT, 0,
     "how often an instance that is being made, changed or deleted is looked at, in milliseconds", NULL,
     "10000", 0, 1},
};
static const struct lf_schema setting_schema = LF_SCHEMA(1, setting_attrs);

/* AWS counts requests, not operations: they have a pool of their own. */
static const struct kit_aws_service service = {
    .name = "rds", .driver = "rds", .title = "RDS", .pool = "rds-api"};

#define POLL_LEAST 50
#define POLL_MOST  60000

static void rds_close(void *self)
{
    struct rds *rds = self;
    kit_aws_close(rds->aws);
    free(rds);
}

static int rds_open(const struct lf_host *host, const struct lf_value *settings, void **self,
                    struct lf_diag *why)
{
    struct rds *rds = calloc(1, sizeof(*rds));
    why->code = "rds.settings";
    if (!rds) {
        why->summary = "out of memory";
        return -1;
    }
    kit_init(&rds->kit, host);
    int64_t poll = kit_get_int(&rds->kit, settings, "poll_ms", 10000);
    if (poll < POLL_LEAST || poll > POLL_MOST) {
        why->path = "poll_ms";
        why->summary = "'poll_ms' is out of range";
        why->advice = "write a number from 50 to 60000";
        free(rds);
        return -1;
    }
    rds->poll_ms = (uint64_t)poll;
    if (!kit_aws_open(&rds->kit, settings, &service, &rds->aws, why)) {
        free(rds);
        return -1;
    }
    *self = rds;
    return 0;
}

static const struct lf_resource *const resources[] = {&rds_cluster, NULL};

static const struct lf_plugin plugin = {
    .struct_size = sizeof(struct lf_plugin),
    .abi_major = LF_ABI_MAJOR,
    .abi_minor = LF_ABI_MINOR,
    .needs_minor = 0,
    .subsystem = "database",
    .name = "rds",
    .version = "1.0.0",
    .doc = "PostgreSQL instances on Amazon RDS",
    .contract_version = LF_DATABASE_CONTRACT,
    .settings = &setting_schema,
    .resources = resources,
    .open = rds_open,
    .close = rds_close,
    .preflight = rds_preflight,
};

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    return &plugin;
}
