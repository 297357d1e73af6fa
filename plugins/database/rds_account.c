/* What belongs to the account: the sweep for what carries a mark, and the preflight. */
#include "rds.h"

#include <stdlib.h>
#include <string.h>

#define PAGE "100"

/* ---- owned --------------------------------------------------------------------------------------------- */

static void next_page(const struct rds *rds, struct lf_op *op, const char *marker);

static void give(const struct rds *rds, struct lf_op *op, const struct rds_instance *seen)
{
    const struct kit *kit = &rds->kit;
    struct lf_result result = kit_result(LF_END_OK);
    if (!seen->marker || !seen->name || seen->mood == RDS_DELETING)
        return;
    result.id = seen->name;
    result.marker = seen->marker;
    if (seen->address)
        result.memo = kit_put_text(kit, op, kit_map(kit, op), "address", seen->address);
    kit->ops->found(op, &result);
}

static void paged(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    const struct rds *rds = user;
    if (!rds_is_good(reply, "DescribeDBInstances")) {
        kit_finish(&rds->kit, op, rds_trouble(rds, op, reply, "list the instances", false));
        return;
    }
    const struct kit_xml *one = kit_xml_find(reply->xml, "DescribeDBInstancesResult/DBInstances/DBInstance");
    for (; one; one = kit_xml_again(one)) {
        struct rds_instance seen;
        rds_instance_read(one, &seen);
        give(rds, op, &seen);
    }
    const char *marker = kit_xml_text(reply->xml, "DescribeDBInstancesResult/Marker");
    if (marker && marker[0])
        next_page(rds, op, marker);
    else
        kit_finish(&rds->kit, op, LF_END_OK);
}

static void next_page(const struct rds *rds, struct lf_op *op, const char *marker)
{
    const struct kit_aws_pair pairs[] = {{"MaxRecords", PAGE}, {"Marker", marker}};
    rds_ask(rds, op, "DescribeDBInstances", pairs, 2, paged, (void *)(uintptr_t)rds);
}

void rds_owned(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    next_page(self, op, NULL);
}

/* ---- preflight ----------------------------------------------------------------------------------------- */

static const struct {
    const char *name, *what;
} quotas[] = {
    {"DBInstances", "DB instances"},
    {"AllocatedStorage", "GiB of storage"},
};

static void judge(const struct rds *rds, struct lf_op *op, const struct kit_xml *quota)
{
    const char *name = kit_xml_text(quota, "AccountQuotaName");
    const char *used = kit_xml_text(quota, "Used"), *most = kit_xml_text(quota, "Max");
    for (size_t i = 0; name && used && most && i < sizeof(quotas) / sizeof(quotas[0]); i++) {
        if (strcmp(quotas[i].name, name) != 0 || strtoll(used, NULL, 10) < strtoll(most, NULL, 10))
            continue;
        rds_warn(
            rds, op, "rds.quota", NULL,
            kit_format(&rds->kit, op, "this account has as many %s as it may have", quotas[i].what),
            kit_format(&rds->kit, op, "%s of %s in '%s'", used, most, kit_aws_region(rds->aws)),
            "a new instance will be refused: ask AWS to raise the quota (Service Quotas), or remove some");
    }
}

/* The quota is asked for with a permission of its own: without it there is no number, and that is all. */
static void got_quotas(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    const struct rds *rds = user;
    if (reply->http.sent == LF_SENT_CANCELED) {
        kit_finish(&rds->kit, op, LF_END_CANCELED);
        return;
    }
    if (!rds_is_good(reply, "DescribeAccountAttributes")) {
        struct kit_http_words words = kit_aws_words(rds->aws, op, reply, "tell the quotas");
        rds_warn(rds, op, "rds.quota_unknown", NULL,
                 "how many instances this account may still have is not known", words.detail,
                 "allow rds:DescribeAccountAttributes, or look at Service Quotas");
    }
    const struct kit_xml *one =
        kit_xml_find(reply->xml, "DescribeAccountAttributesResult/AccountQuotas/AccountQuota");
    for (; one; one = kit_xml_again(one))
        judge(rds, op, one);
    kit_finish(&rds->kit, op, LF_END_OK);
}

static void got_instances(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct rds *rds = user;
    if (!rds_is_good(reply, "DescribeDBInstances")) {
        kit_finish(&rds->kit, op, rds_trouble(rds, op, reply, "list the instances", false));
        return;
    }
    rds_ask(rds, op, "DescribeAccountAttributes", NULL, 0, got_quotas, rds);
}

/* Reachable, keys good, looking allowed; then the quotas.  Whether making is allowed only a create shows. */
void rds_preflight(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct kit_aws_pair pair = {"MaxRecords", "20"};
    (void)req;
    rds_ask(self, op, "DescribeDBInstances", &pair, 1, got_instances, self);
}
