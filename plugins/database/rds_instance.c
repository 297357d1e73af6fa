/* What RDS shows of one instance, and what that means. */
#include "rds.h"

#include <stdlib.h>
#include <string.h>

struct status {
    const char *name;
    enum rds_mood mood;
    const char *words, *advice;
};

/* A status that is not here is one that passes: the operation's deadline bounds the wait. */
static const struct status statuses[] = {
    {"available", RDS_WELL, NULL, NULL},
    {"storage-optimization", RDS_WELL, NULL, NULL}, /* hours long, in use all the time */
    {"storage-config-upgrade", RDS_WELL, NULL, NULL},
    {"storage-initialization", RDS_WELL, NULL, NULL},
    {"storage-full", RDS_WELL, "its storage is full",
     "raise `storage_gb`: nothing can be written until then"},
    {"deleting", RDS_DELETING, NULL, NULL},
    {"delete-precheck", RDS_DELETING, NULL, NULL},
    {"stopped", RDS_SICK, "it is stopped",
     "start it (`aws rds start-db-instance`); RDS itself does after seven days"},
    {"insufficient-capacity", RDS_SICK, "there is no room for its class in its zone",
     "wait, or have its class changed by hand"},
    {"incompatible-network", RDS_SICK, "its network does not fit",
     "look at its subnets: free addresses, and the VPC it is in"},
    {"incompatible-parameters", RDS_SICK, "it cannot start with its parameters",
     "set the parameters of its group back, and reboot it"},
    {"incompatible-option-group", RDS_SICK, "its option group could not be applied",
     "take the option back that RDS names in its events"},
    {"inaccessible-encryption-credentials", RDS_SICK, "its KMS key cannot be used",
     "enable the key and its grants; without the key its data is lost"},
    {"inaccessible-encryption-credentials-recoverable", RDS_SICK, "its KMS key cannot be used",
     "enable the key and its grants within seven days, then start the instance"},
    {"upgrade-failed", RDS_SICK, "an upgrade of its version failed",
     "read its events and the log of the upgrade"},
    {"failed", RDS_BROKEN, "RDS could not make it, or cannot mend it", "read its events for the reason"},
    {"incompatible-create", RDS_BROKEN, "it could not be made as asked", "read its events for the reason"},
    {"incompatible-restore", RDS_BROKEN, "it could not be restored", "read its events for the reason"},
    {"restore-error", RDS_BROKEN, "it could not be restored", "read its events for the reason"},
};

const char *rds_instance_text(const struct rds_instance *seen, const char *path)
{
    return kit_xml_text(seen->xml, path);
}

int64_t rds_instance_int(const struct rds_instance *seen, const char *path)
{
    const char *text = rds_instance_text(seen, path);
    return text ? strtoll(text, NULL, 10) : 0;
}

static const char *tag(const struct kit_xml *xml, const char *key)
{
    const struct kit_xml *one = kit_xml_find(xml, "TagList/Tag");
    for (; one; one = kit_xml_again(one)) {
        const char *name = kit_xml_text(one, "Key");
        if (name && strcmp(name, key) == 0)
            return kit_xml_text(one, "Value");
    }
    return NULL;
}

void rds_instance_read(const struct kit_xml *xml, struct rds_instance *out)
{
    *out = (struct rds_instance){.xml = xml, .mood = RDS_BUSY};
    out->name = kit_xml_text(xml, "DBInstanceIdentifier");
    out->status = kit_xml_text(xml, "DBInstanceStatus");
    out->resource = kit_xml_text(xml, "DbiResourceId");
    out->arn = kit_xml_text(xml, "DBInstanceArn");
    out->marker = tag(xml, RDS_TAG_MARKER);
    out->address = tag(xml, RDS_TAG_ADDRESS);
    out->status = out->status ? out->status : "?";
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (strcmp(statuses[i].name, out->status) != 0)
            continue;
        out->mood = statuses[i].mood;
        out->words = statuses[i].words;
        out->advice = statuses[i].advice;
    }
}

bool rds_instance_is_pending(const struct rds_instance *seen)
{
    const struct kit_xml *pending = kit_xml_find(seen->xml, "PendingModifiedValues");
    return pending && pending->first;
}

/* ---- as a state ---------------------------------------------------------------------------------------- */

static const struct lf_value *groups_of(const struct rds *rds, struct lf_op *op,
                                        const struct rds_instance *seen, const struct lf_value *asked)
{
    const struct kit *kit = &rds->kit;
    const struct kit_xml *one = kit_xml_find(seen->xml, "VpcSecurityGroups/VpcSecurityGroupMembership");
    const struct lf_value *ids[RDS_PAIRS_MOST];
    size_t count = 0;
    for (; one && count < RDS_PAIRS_MOST; one = kit_xml_again(one)) {
        const char *id = kit_xml_text(one, "VpcSecurityGroupId");
        if (id)
            ids[count++] = kit->values->of_text(op, id, strlen(id));
    }
    const struct lf_value *list = kit->values->of_list(op, ids, count);
    /* Their order means nothing; the asked one is kept. */
    return kit_is_same_set(kit, list, asked) ? asked : list;
}

static const struct lf_value *option_value(const struct rds *rds, struct lf_op *op,
                                           const struct rds_instance *seen, size_t id,
                                           const struct lf_value *asked)
{
    const struct kit *kit = &rds->kit;
    const struct rds_option *option = &rds_options[id];
    if (id == RDS_GROUPS)
        return groups_of(rds, op, seen, asked);
    if (!option->param) /* RDS does not know it */
        return asked;
    const char *has = rds_instance_text(seen, option->seen);
    if (!has)
        return kit->values->of_null(op);
    if (option->kind == LF_KIND_BOOL)
        return kit->values->of_bool(op, strcmp(has, "true") == 0);
    if (option->kind == LF_KIND_INT)
        return kit->values->of_int(op, strtoll(has, NULL, 10));
    const char *word = kit->values->as_text(asked, NULL);
    if (id == RDS_ENGINE_VERSION && word && rds_version_fits(word, has))
        return asked;
    return kit->values->of_text(op, has, strlen(has));
}

static const struct lf_value *options_of(const struct rds *rds, struct lf_op *op,
                                         const struct rds_instance *seen, const struct lf_value *asked)
{
    const struct kit *kit = &rds->kit;
    const struct lf_value *map = kit_map(kit, op);
    for (size_t i = 0; i < RDS_OPTION_COUNT; i++) {
        if (kit_has(kit, asked, rds_options[i].name))
            map = kit_put(kit, op, map, rds_options[i].name,
                          option_value(rds, op, seen, i, kit_get(kit, asked, rds_options[i].name)));
    }
    return map;
}

const struct lf_value *rds_instance_state(const struct rds *rds, struct lf_op *op,
                                          const struct rds_instance *seen, const struct lf_value *subject)
{
    const struct kit *kit = &rds->kit;
    const struct lf_value *state = kit_map(kit, op), *options = kit_get(kit, subject, "options");
    const char *place = kit_get_text(kit, subject, "place"),
               *zone = rds_instance_text(seen, "AvailabilityZone");
    const char *region = kit_aws_region(rds->aws);
    int64_t gib = rds_instance_int(seen, "AllocatedStorage");
    int64_t asked_gb = kit_get_int(kit, subject, "storage_gb", 0);
    bool by_zone = place && strcmp(place, region) != 0 && zone && zone[0];
    /* As RDS told it: a setting would only say where it was meant to be. */
    const char *there = by_zone ? zone : kit_aws_region_of(kit, op, seen->arn);
    state = kit_put_text(kit, op, state, "name", seen->name);
    state = kit_put_text(kit, op, state, "size", rds_instance_text(seen, "DBInstanceClass"));
    state = kit_put_int(kit, op, state, "replicas", kit_xml_is_true(seen->xml, "MultiAZ") ? 1 : 0);
    state = kit_put_int(kit, op, state, "storage_gb",
                        asked_gb > 0 && rds_gib_of(asked_gb) == gib ? asked_gb : rds_gb_of(gib));
    state = kit_put_text(kit, op, state, "place", there);
    state = kit_put_text(kit, op, state, "host", rds_instance_text(seen, "Endpoint/Address"));
    return kit->values->kind(options) == LF_KIND_MAP
               ? kit_put(kit, op, state, "options", options_of(rds, op, seen, options))
               : state;
}
