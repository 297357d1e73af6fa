/* Plans and costs.  A plan asks once whether what is asked is offered in the region, for that is found out
 * after an hour of building otherwise. */
#include "rds.h"

#include "kit_plan.h"

#include <string.h>

struct plan {
    struct rds *rds;
    const struct lf_request *req;
    struct rds_wish wish;
};

static void promise(struct plan *plan, struct lf_op *op)
{
    const struct kit *kit = &plan->rds->kit;
    const char *asked = kit_get_text(kit, plan->req->desired, "place");
    const struct lf_value *computed =
        kit_put_text(kit, op, kit_map(kit, op), "place", asked ? asked : kit_aws_region(plan->rds->aws));
    kit_plan(kit, plan->rds, op, plan->req, &lf_database_cluster, computed, NULL);
}

static void refuse(const struct rds *rds, struct lf_op *op, const struct rds_problem *p)
{
    kit_refuse(&rds->kit, op, p->code, p->path, p->summary, p->detail, p->advice);
}

/* ---- what is offered ----------------------------------------------------------------------------------- */

static bool offers_zone(const struct kit_xml *offer, const char *zone)
{
    const struct kit_xml *one = kit_xml_find(offer, "AvailabilityZones/AvailabilityZone");
    for (; zone && one; one = kit_xml_again(one)) {
        const char *name = kit_xml_text(one, "Name");
        if (name && strcmp(name, zone) == 0)
            return true;
    }
    return !zone;
}

/* The first thing that none of the offers has; NULL: one has everything. */
static const char *lacks(const struct kit_xml *offer, const struct rds_wish *wish)
{
    const char *type = kit_xml_text(offer, "StorageType");
    const char *asked = wish->option[RDS_STORAGE_TYPE] ? wish->option[RDS_STORAGE_TYPE]
                                                       : rds_options[RDS_STORAGE_TYPE].fallback;
    if (!type || strcmp(type, asked) != 0)
        return "options.storage_type";
    if (!offers_zone(offer, wish->zone))
        return "place";
    if (wish->standby && !kit_xml_is_true(offer, "MultiAZCapable"))
        return "replicas";
    return kit_xml_is_true(offer, "SupportsStorageEncryption") ? NULL : "size";
}

static void not_offered(struct plan *plan, struct lf_op *op, const char *path)
{
    const struct rds_wish *wish = &plan->wish;
    const char *version = wish->option[RDS_ENGINE_VERSION];
    kit_refuse(
        &plan->rds->kit, op, "rds.not_offered", path,
        kit_format(&plan->rds->kit, op, "RDS does not offer this in '%s'", kit_aws_region(plan->rds->aws)),
        kit_format(&plan->rds->kit, op, "postgres %s on %s%s%s%s", version ? version : "(any version)",
                   wish->size, wish->zone ? " in " : "", wish->zone ? wish->zone : "",
                   wish->standby ? " with a standby" : ""),
        "see what there is: aws rds describe-orderable-db-instance-options --engine postgres");
}

static void offered(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct plan *plan = user;
    const char *path = "size";
    if (reply->http.sent == LF_SENT_CANCELED) {
        kit_finish(&plan->rds->kit, op, LF_END_CANCELED);
        return;
    }
    if (!rds_is_good(reply, "DescribeOrderableDBInstanceOptions")) {
        struct kit_http_words words = kit_aws_words(plan->rds->aws, op, reply, "tell what is offered");
        rds_warn(plan->rds, op, "rds.offer_unknown", "size",
                 "whether this class is offered in the region is not known", words.detail,
                 "allow rds:DescribeOrderableDBInstanceOptions; a create is refused if it is not");
        promise(plan, op);
        return;
    }
    const struct kit_xml *offer = kit_xml_find(
        reply->xml,
        "DescribeOrderableDBInstanceOptionsResult/OrderableDBInstanceOptions/OrderableDBInstanceOption");
    for (; offer && path; offer = kit_xml_again(offer)) {
        const char *version = kit_xml_text(offer, "EngineVersion"),
                   *asked = plan->wish.option[RDS_ENGINE_VERSION];
        if (!asked || (version && rds_version_fits(asked, version)))
            path = lacks(offer, &plan->wish);
    }
    /* Of many versions a page holds some: what is not on it may stand on the next one. */
    const char *more = kit_xml_text(reply->xml, "DescribeOrderableDBInstanceOptionsResult/Marker");
    if (path && more && more[0])
        rds_warn(plan->rds, op, "rds.offer_unknown", path,
                 "whether this class is offered in the region is not known",
                 "RDS has more offers of it than one answer holds", "write the whole version: '16.4'");
    else if (path) {
        not_offered(plan, op, path);
        return;
    }
    promise(plan, op);
}

static void ask_offers(struct plan *plan, struct lf_op *op)
{
    const char *version = plan->wish.option[RDS_ENGINE_VERSION];
    const struct kit_aws_pair pairs[] = {
        {"Engine", rds_options[RDS_ENGINE].fallback},
        {"DBInstanceClass", plan->wish.size},
        {"EngineVersion", version && strchr(version, '.') ? version : NULL},
        {"Vpc", "true"},
        {"MaxRecords", "1000"},
    };
    rds_ask(plan->rds, op, "DescribeOrderableDBInstanceOptions", pairs, sizeof(pairs) / sizeof(pairs[0]),
            offered, plan);
}

/* ---- plan ---------------------------------------------------------------------------------------------- */

static bool is_same_name(const struct kit *kit, const struct lf_request *req)
{
    return req->prior &&
           kit_is_same(kit, kit_get(kit, req->prior, "name"), kit_get(kit, req->desired, "name"));
}

static bool is_same_text(const struct kit *kit, const struct lf_request *req, const char *path)
{
    return kit_is_same(kit, kit_get(kit, req->prior, path), kit_get(kit, req->desired, path));
}

/* A standby takes over; it answers nobody before. */
static void warn_of_standby(struct plan *plan, struct lf_op *op, bool stays)
{
    if (plan->wish.standby && !(stays && kit_get_int(&plan->rds->kit, plan->req->prior, "replicas", 0) == 1))
        rds_warn(plan->rds, op, "rds.standby", "replicas", "the copy of this instance cannot be read",
                 "`replicas: 1` is the standby of Multi-AZ: it takes over when the primary fails",
                 "send all reading to the one host that the instance has");
}

void rds_plan(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct rds *rds = self;
    const struct kit *kit = &rds->kit;
    struct rds_problem problem;
    struct plan *plan = kit->ops->scratch(op, sizeof(*plan));
    *plan = (struct plan){.rds = rds, .req = req};
    if (!req->desired) {
        promise(plan, op);
        return;
    }
    bool stays = is_same_name(kit, req);
    if (!rds_wish_read(rds, op, req->desired, &plan->wish, &problem) ||
        (stays && !rds_wish_follows(rds, op, req->prior, req->desired, &plan->wish, &problem))) {
        refuse(rds, op, &problem);
        return;
    }
    warn_of_standby(plan, op, stays);
    bool asks = !stays || !is_same_text(kit, req, "size") || !is_same_text(kit, req, "options");
    if (asks && plan->wish.size)
        ask_offers(plan, op);
    else
        promise(plan, op);
}

/* ---- costs --------------------------------------------------------------------------------------------- */

static struct lf_cost cost(const char *what, const char *sku, const char *unit, uint32_t per, int64_t milli)
{
    return (struct lf_cost){.what = what,
                            .sku = sku,
                            .unit = unit,
                            .per = per,
                            .low_milli = milli,
                            .expected_milli = milli,
                            .high_milli = milli};
}

void rds_estimate(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct rds *rds = self;
    const struct kit *kit = &rds->kit;
    const struct lf_value *of = req->desired ? req->desired : req->prior;
    const char *region = kit_aws_region(rds->aws), *size = kit_get_text(kit, of, "size");
    const char *type = kit_get_text(kit, of, "options.storage_type");
    int64_t nodes = kit_get_int(kit, of, "replicas", 0) + 1;
    int64_t gb = kit_get_int(kit, of, "storage_gb", 0);
    struct lf_cost costs[3];
    struct lf_result result = kit_result(LF_END_OK);
    if (!size || gb <= 0 || !kit_is_known(kit, kit_get(kit, of, "replicas"))) {
        kit_finish(kit, op, LF_END_CANNOT_TELL);
        return;
    }
    type = type ? type : rds_options[RDS_STORAGE_TYPE].fallback;
    costs[result.cost_count++] =
        cost(kit_format(kit, op, "%s, %lld node%s", size, (long long)nodes, nodes == 1 ? "" : "s"),
             kit_format(kit, op, "rds.%s.%s", region, size), "node", LF_PER_HOUR, nodes * 1000);
    costs[result.cost_count++] =
        cost(kit_format(kit, op, "storage %s", type), kit_format(kit, op, "rds.%s.storage.%s", region, type),
             "gib", LF_PER_MONTH, rds_gib_of(gb) * nodes * 1000);
    costs[result.cost_count++] = cost("master user's secret", kit_format(kit, op, "rds.%s.secret", region),
                                      "secret", LF_PER_MONTH, 1000);
    result.costs = costs;
    result.cost_size = sizeof(costs[0]);
    kit->ops->finish(op, &result);
}
