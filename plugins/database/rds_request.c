/* The requests that change, as lists of parameters; and RDS's own refusals in words. */
#include "rds.h"

#include <ctype.h>
#include <string.h>

void rds_pairs_add(struct rds_pairs *pairs, const char *name, const char *value)
{
    if (pairs->count < RDS_PAIRS_MOST)
        pairs->at[pairs->count++] = (struct kit_aws_pair){name, value};
}

/* What a tag's value may hold; an address is told as well as that goes, the marker is made of such characters
 * alone. */
static const char *tag_value(const struct rds *rds, struct lf_op *op, const char *text)
{
    size_t len = strlen(text);
    char *copy = kit_copy(&rds->kit, op, text, len < 200 ? len : 200);
    for (char *c = copy; *c; c++) {
        if (!isalnum((unsigned char)*c) && !strchr(" _.:/=+-@", *c))
            *c = '_';
    }
    return copy;
}

void rds_pairs_tags(const struct rds *rds, struct lf_op *op, struct rds_pairs *pairs,
                    const struct lf_request *req)
{
    rds_pairs_add(pairs, "Tags.Tag.1.Key", RDS_TAG_MARKER);
    rds_pairs_add(pairs, "Tags.Tag.1.Value", req->marker);
    if (!req->address || !req->address[0])
        return;
    rds_pairs_add(pairs, "Tags.Tag.2.Key", RDS_TAG_ADDRESS);
    rds_pairs_add(pairs, "Tags.Tag.2.Value", tag_value(rds, op, req->address));
}

static void add_groups(const struct rds *rds, struct lf_op *op, struct rds_pairs *pairs,
                       const struct lf_value *groups)
{
    const struct lf_values *values = rds->kit.values;
    for (size_t i = 0; groups && i < values->count(groups); i++) {
        const char *key = NULL;
        rds_pairs_add(pairs, kit_format(&rds->kit, op, "VpcSecurityGroupIds.VpcSecurityGroupId.%zu", i + 1),
                      values->as_text(values->at(groups, i, &key), NULL));
    }
}

/* Who asks for a minor version by name wants no other by itself. */
static const char *follows_minor(const struct rds_wish *wish)
{
    const char *version = wish->option[RDS_ENGINE_VERSION];
    return version && strchr(version, '.') ? "false" : "true";
}

void rds_pairs_create(const struct rds *rds, struct lf_op *op, struct rds_pairs *pairs,
                      const struct rds_wish *wish, const struct lf_request *req)
{
    pairs->count = 0;
    rds_pairs_add(pairs, "DBInstanceIdentifier", wish->name);
    rds_pairs_add(pairs, "DBInstanceClass", wish->size);
    rds_pairs_add(pairs, "AllocatedStorage", kit_format(&rds->kit, op, "%lld", (long long)wish->gib));
    rds_pairs_add(pairs, "MultiAZ", wish->standby ? "true" : "false");
    if (wish->zone)
        rds_pairs_add(pairs, "AvailabilityZone", wish->zone);
    for (size_t i = 0; i < RDS_OPTION_COUNT; i++) {
        const char *value = wish->option[i] ? wish->option[i] : rds_options[i].fallback;
        if (rds_options[i].param && i != RDS_GROUPS && value)
            rds_pairs_add(pairs, rds_options[i].param, value);
    }
    add_groups(rds, op, pairs, wish->groups);
    rds_pairs_add(pairs, "AutoMinorVersionUpgrade", follows_minor(wish));
    rds_pairs_add(pairs, "CopyTagsToSnapshot", "true");
    rds_pairs_add(pairs, "ManageMasterUserPassword", "true");
    rds_pairs_add(pairs, "StorageEncrypted", "true");
    rds_pairs_tags(rds, op, pairs, req);
}

/* ---- what differs -------------------------------------------------------------------------------------- */

/* The sample that answers is the one a state would be made of: what is equal there is no difference here. */
static bool option_differs(const struct rds *rds, struct lf_op *op, const struct rds_wish *wish,
                           const struct rds_instance *seen, size_t id)
{
    const struct kit *kit = &rds->kit;
    if (id == RDS_GROUPS) {
        const struct lf_value *options =
            kit_put(kit, op, kit_map(kit, op), rds_options[id].name, wish->groups);
        const struct lf_value *subject = kit_put(kit, op, kit_map(kit, op), "options", options);
        const struct lf_value *state = rds_instance_state(rds, op, seen, subject);
        return !kit_is_same(kit, kit_get(kit, state, "options.security_groups"), wish->groups);
    }
    const char *has = rds_instance_text(seen, rds_options[id].seen);
    if (id == RDS_ENGINE_VERSION)
        return !has || !rds_version_fits(wish->option[id], has);
    return !has || strcmp(has, wish->option[id]) != 0;
}

static bool refuse_fixed(const struct rds *rds, struct lf_op *op, const char *path, const char *asked,
                         const char *has, struct rds_problem *problem)
{
    *problem = (struct rds_problem){
        "rds.fixed", path, "RDS cannot change this afterwards",
        kit_format(&rds->kit, op, "'%.80s' is asked for, it has '%.80s'", asked, has ? has : ""),
        "ask for what it has, or make an instance of another name and move the data"};
    return false;
}

/* What differs in what cannot be changed, by the instance itself and not by the store. */
static bool may_become(const struct rds *rds, struct lf_op *op, const struct rds_wish *wish,
                       const struct rds_instance *seen, struct rds_problem *problem)
{
    const struct kit *kit = &rds->kit;
    const char *zone = rds_instance_text(seen, "AvailabilityZone");
    const char *version = rds_instance_text(seen, "EngineVersion");
    for (size_t i = 0; i < RDS_OPTION_COUNT; i++) {
        if (rds_options[i].fixed && wish->option[i] && option_differs(rds, op, wish, seen, i))
            return refuse_fixed(rds, op, kit_format(kit, op, "options.%s", rds_options[i].name),
                                wish->option[i], rds_instance_text(seen, rds_options[i].seen), problem);
    }
    if (wish->zone && (!zone || strcmp(zone, wish->zone) != 0))
        return refuse_fixed(rds, op, "place", wish->zone, zone, problem);
    const struct lf_value *had = kit_put_int(kit, op, kit_map(kit, op), "storage_gb",
                                             rds_gb_of(rds_instance_int(seen, "AllocatedStorage")));
    const struct lf_value *options = kit_put_text(kit, op, kit_map(kit, op), "version", version);
    return rds_wish_follows(rds, op, kit_put(kit, op, had, "options", options), NULL, wish, problem);
}

#define GP3_WIDE_GIB  400   /* from here on gp3 has more operations a second, which must be named */
#define GP3_WIDE_IOPS 12000 /* and at least so many */

/* Storage of this type and size may not be changed without them, and smaller storage not with them. */
static void add_iops(const struct rds *rds, struct lf_op *op, struct rds_pairs *pairs,
                     const struct rds_wish *wish, const struct rds_instance *seen)
{
    const char *has = rds_instance_text(seen, rds_options[RDS_STORAGE_TYPE].seen);
    const char *type = wish->option[RDS_STORAGE_TYPE] ? wish->option[RDS_STORAGE_TYPE] : has;
    int64_t iops = rds_instance_int(seen, "Iops");
    if (type && strcmp(type, "gp3") == 0 && wish->gib >= GP3_WIDE_GIB)
        rds_pairs_add(
            pairs, "Iops",
            kit_format(&rds->kit, op, "%lld", (long long)(iops > GP3_WIDE_IOPS ? iops : GP3_WIDE_IOPS)));
}

bool rds_pairs_modify(const struct rds *rds, struct lf_op *op, struct rds_pairs *pairs,
                      const struct rds_wish *wish, const struct rds_instance *seen,
                      struct rds_problem *problem)
{
    const char *size = rds_instance_text(seen, "DBInstanceClass");
    pairs->count = 0;
    if (!may_become(rds, op, wish, seen, problem))
        return false;
    if (!size || strcmp(size, wish->size) != 0)
        rds_pairs_add(pairs, "DBInstanceClass", wish->size);
    if (rds_instance_int(seen, "AllocatedStorage") != wish->gib) {
        rds_pairs_add(pairs, "AllocatedStorage", kit_format(&rds->kit, op, "%lld", (long long)wish->gib));
        add_iops(rds, op, pairs, wish, seen);
    }
    if (kit_xml_is_true(seen->xml, "MultiAZ") != wish->standby)
        rds_pairs_add(pairs, "MultiAZ", wish->standby ? "true" : "false");
    for (size_t i = 0; i < RDS_OPTION_COUNT; i++) {
        bool asked = rds_options[i].param && !rds_options[i].fixed && wish->option[i];
        if (!asked || !option_differs(rds, op, wish, seen, i))
            continue;
        if (i == RDS_GROUPS)
            add_groups(rds, op, pairs, wish->groups);
        else
            rds_pairs_add(pairs, rds_options[i].param, wish->option[i]);
        if (i == RDS_ENGINE_VERSION)
            rds_pairs_add(pairs, "AutoMinorVersionUpgrade", follows_minor(wish));
    }
    return true;
}

const char *rds_snapshot_id(const struct rds *rds, struct lf_op *op, const char *name, const char *token)
{
    char *id = kit_format(&rds->kit, op, "%s-final-%.120s", name, token ? token : "");
    size_t end = 0;
    for (size_t i = 0; id[i]; i++) {
        bool good = isalnum((unsigned char)id[i]);
        if (good || (end > 0 && id[end - 1] != '-'))
            id[end++] = good ? id[i] : '-';
    }
    while (end > 0 && id[end - 1] == '-')
        end--;
    id[end] = '\0';
    return id;
}

/* ---- in words ------------------------------------------------------------------------------------------ */

static const struct {
    const char *code, *what, *path, *advice;
} refusals[] = {
    {"InstanceQuotaExceeded", "rds.quota", NULL,
     "ask AWS to raise the quota of DB instances (Service Quotas), or remove instances nobody needs"},
    {"StorageQuotaExceeded", "rds.quota", "storage_gb",
     "ask AWS to raise the quota of total storage (Service Quotas), or ask for less"},
    {"SnapshotQuotaExceeded", "rds.quota", NULL,
     "remove snapshots nobody needs, or ask AWS to raise their quota (Service Quotas)"},
    {"InsufficientDBInstanceCapacity", "rds.no_capacity", "size",
     "AWS has no room for this class there now: wait, or ask for another class or another zone"},
    {"ProvisionedIopsNotAvailableInAZFault", "rds.no_capacity", "place", "ask for another zone"},
    {"StorageTypeNotSupported", "rds.not_offered", "options.storage_type", "ask for another storage type"},
    {"DBSubnetGroupNotFoundFault", "rds.no_subnet_group", "options.subnet_group",
     "make the DB subnet group, or correct its name"},
    {"DBSubnetGroupDoesNotCoverEnoughAZs", "rds.subnet_group", "options.subnet_group",
     "give the DB subnet group subnets in two zones or more"},
    {"InvalidSubnet", "rds.subnet_group", "options.subnet_group", "look at the subnets of the group"},
    {"InvalidVPCNetworkStateFault", "rds.network", "options.subnet_group",
     "look at the VPC: free addresses, and security groups of the same VPC"},
    {"KMSKeyNotAccessibleFault", "rds.kms_key", "options.kms_key",
     "let RDS use the key (its policy and grants), or correct its ARN"},
    {"InvalidParameterCombination", "rds.not_offered", NULL,
     "what is asked does not go together in this region: read what RDS says"},
    {"InvalidParameterValue", "rds.refused", NULL, "read what RDS says of the value"},
};

bool rds_refusal(const struct rds *rds, struct lf_op *op, const struct kit_aws_reply *reply,
                 const char *doing, struct rds_problem *problem)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        if (!kit_aws_is(reply, refusals[i].code))
            continue;
        *problem = (struct rds_problem){
            refusals[i].what, refusals[i].path, kit_format(&rds->kit, op, "RDS does not %s", doing),
            kit_format(&rds->kit, op, "%s: %.400s", reply->code, reply->message ? reply->message : ""),
            refusals[i].advice};
        return true;
    }
    return false;
}
