/* What a playbook asks of an instance, judged before anything is sent. */
#include "rds.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define GIB           ((int64_t)1 << 30)
#define GB            INT64_C(1000000000)
#define GIB_LEAST     20
#define GIB_MOST      65536
#define NAME_MOST     63
#define USER_MOST     16
#define DAYS_MOST     35
#define TEXT_MOST     255
#define GROW_PERCENT  10
#define REPLICAS_MOST 1

const struct rds_option rds_options[RDS_OPTION_COUNT] = {
    [RDS_ENGINE] = {"engine", LF_KIND_TEXT, "Engine", "Engine", "postgres", true},
    [RDS_ENGINE_VERSION] = {"version", LF_KIND_TEXT, "EngineVersion", "EngineVersion", NULL, false},
    [RDS_USER] = {"user", LF_KIND_TEXT, "MasterUsername", "MasterUsername", "landfall", true},
    [RDS_SUBNET_GROUP] = {"subnet_group", LF_KIND_TEXT, "DBSubnetGroupName",
                          "DBSubnetGroup/DBSubnetGroupName", NULL, true},
    [RDS_KMS_KEY] = {"kms_key", LF_KIND_TEXT, "KmsKeyId", "KmsKeyId", NULL, true},
    [RDS_STORAGE_TYPE] = {"storage_type", LF_KIND_TEXT, "StorageType", "StorageType", "gp3", false},
    [RDS_PUBLIC] = {"public", LF_KIND_BOOL, "PubliclyAccessible", "PubliclyAccessible", "false", false},
    [RDS_BACKUP_DAYS] = {"backup_days", LF_KIND_INT, "BackupRetentionPeriod", "BackupRetentionPeriod", "7",
                         false},
    [RDS_PROTECTION] = {"deletion_protection", LF_KIND_BOOL, "DeletionProtection", "DeletionProtection",
                        "false", false},
    [RDS_FINAL_SNAPSHOT] = {"final_snapshot", LF_KIND_BOOL, NULL, NULL, NULL, false},
    [RDS_GROUPS] = {"security_groups", LF_KIND_LIST, "VpcSecurityGroupIds", NULL, NULL, false},
};

int64_t rds_gib_of(int64_t gb)
{
    return gb > INT64_MAX / GB / 2 ? INT64_MAX / GIB : (gb * GB + GIB - 1) / GIB;
}

int64_t rds_gb_of(int64_t gib)
{
    return gib > INT64_MAX / GIB ? INT64_MAX / GB : gib * GIB / GB;
}

bool rds_version_fits(const char *asked, const char *has)
{
    size_t len = strlen(asked);
    return strncmp(asked, has, len) == 0 && (has[len] == '\0' || (has[len] == '.' && !strchr(asked, '.')));
}

static bool wrong(struct rds_problem *problem, const char *code, const char *path, const char *summary,
                  const char *detail, const char *advice)
{
    *problem = (struct rds_problem){code, path, summary, detail, advice};
    return false;
}

/* Asked for in vain: neither a value nor one that will be known later. */
static bool is_missing(const struct rds *rds, const struct lf_value *map, const char *key)
{
    return rds->kit.values->kind(kit_get(&rds->kit, map, key)) == LF_KIND_NULL;
}

/* ---- name, class, storage, place ----------------------------------------------------------------------- */

static bool is_name(const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || len > NAME_MOST || name[0] < 'a' || name[0] > 'z' || name[len - 1] == '-')
        return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len && !strstr(name, "--");
}

bool rds_wish_name(const struct rds *rds, struct lf_op *op, const struct lf_value *from, const char **name,
                   struct rds_problem *problem)
{
    *name = kit_get_text(&rds->kit, from, "name");
    if (*name && is_name(*name))
        return true;
    return wrong(
        problem, "rds.name", "name", "RDS takes no instance of this name",
        kit_format(&rds->kit, op, "'%.80s'", *name ? *name : ""),
        "write 1 to 63 lower-case letters, digits and single hyphens, a letter first, no hyphen last");
}

static bool read_size(const struct rds *rds, struct lf_op *op, const struct lf_value *desired,
                      struct rds_wish *wish, struct rds_problem *problem)
{
    wish->size = kit_get_text(&rds->kit, desired, "size");
    if (is_missing(rds, desired, "size"))
        return wrong(problem, "rds.size", "size", "an instance needs a class", "there is no `size`",
                     "write the class: `size: db.t4g.medium`");
    if (!wish->size || (strncmp(wish->size, "db.", 3) == 0 && strlen(wish->size) <= NAME_MOST))
        return true;
    return wrong(problem, "rds.size", "size", "this is no class of RDS",
                 kit_format(&rds->kit, op, "'%.80s'", wish->size),
                 "classes of instances begin with 'db.': db.t4g.medium, db.r6g.large");
}

static bool read_storage(const struct rds *rds, struct lf_op *op, const struct lf_value *desired,
                         struct rds_wish *wish, struct rds_problem *problem)
{
    int64_t gb = kit_get_int(&rds->kit, desired, "storage_gb", 0);
    if (is_missing(rds, desired, "storage_gb"))
        return wrong(problem, "rds.storage", "storage_gb", "an instance needs storage",
                     "there is no `storage_gb`", "write how much: `storage_gb: 100`");
    if (!kit_has(&rds->kit, desired, "storage_gb"))
        return true;
    wish->gib = gb > 0 ? rds_gib_of(gb) : 0;
    if (wish->gib >= GIB_LEAST && wish->gib <= GIB_MOST)
        return true;
    return wrong(problem, "rds.storage", "storage_gb", "RDS has no storage of this size",
                 kit_format(&rds->kit, op, "%lld GB are %lld GiB; RDS has %d to %d GiB", (long long)gb,
                            (long long)wish->gib, GIB_LEAST, GIB_MOST),
                 kit_format(&rds->kit, op, "write %lld to %lld", (long long)rds_gb_of(GIB_LEAST),
                            (long long)rds_gb_of(GIB_MOST)));
}

static bool read_replicas(const struct rds *rds, struct lf_op *op, const struct lf_value *desired,
                          struct rds_wish *wish, struct rds_problem *problem)
{
    int64_t replicas = kit_get_int(&rds->kit, desired, "replicas", 0);
    wish->standby = replicas == 1;
    if (replicas >= 0 && replicas <= REPLICAS_MOST)
        return true;
    return wrong(problem, "rds.replicas", "replicas", "this driver makes no read replicas",
                 kit_format(&rds->kit, op, "%lld are asked for; one copy is the standby of Multi-AZ",
                            (long long)replicas),
                 "write 0 or 1, and make read replicas by other means");
}

static bool read_place(const struct rds *rds, struct lf_op *op, const struct lf_value *desired,
                       struct rds_wish *wish, struct rds_problem *problem)
{
    const char *place = kit_get_text(&rds->kit, desired, "place"), *region = kit_aws_region(rds->aws);
    size_t len = strlen(region);
    if (!place || strcmp(place, region) == 0)
        return true;
    wish->zone = place;
    bool in_region =
        strncmp(place, region, len) == 0 && place[len] >= 'a' && place[len] <= 'z' && place[len + 1] == '\0';
    if (!in_region)
        return wrong(
            problem, "rds.place", "place", "this instance of the driver builds elsewhere",
            kit_format(&rds->kit, op, "'%.80s' is asked for, the setting `region` says '%s'", place, region),
            "write the region or one of its zones, or name another instance of the driver");
    return !wish->standby ||
           wrong(problem, "rds.place", "place", "an instance with a standby lies in two zones",
                 kit_format(&rds->kit, op, "'%s' is one zone, and `replicas` is 1", place),
                 "write the region, or `replicas: 0`");
}

/* ---- options ------------------------------------------------------------------------------------------- */

static bool is_version(const char *text)
{
    size_t major = strspn(text, "0123456789");
    if (major == 0 || major > 2)
        return false;
    size_t minor = text[major] == '.' ? strspn(text + major + 1, "0123456789") : 0;
    return text[major] == '\0' || (minor > 0 && minor <= 2 && text[major + 1 + minor] == '\0');
}

static bool is_word(const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)text[i]) && !strchr("-_.:/", text[i]))
            return false;
    }
    return len > 0 && len <= TEXT_MOST;
}

static bool is_user(const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)text[i]) && text[i] != '_')
            return false;
    }
    return len > 0 && len <= USER_MOST && isalpha((unsigned char)text[0]) && strcmp(text, "rdsadmin") != 0 &&
           strcmp(text, "admin") != 0;
}

static bool is_engine(const char *text)
{
    return strcmp(text, "postgres") == 0;
}

static bool is_key(const char *text)
{
    return is_word(text) && strncmp(text, "arn:", 4) == 0;
}

static bool is_storage_type(const char *text)
{
    return strcmp(text, "gp3") == 0 || strcmp(text, "gp2") == 0;
}

static const struct {
    bool (*is_good)(const char *text);
    const char *advice;
} rules[RDS_OPTION_COUNT] = {
    [RDS_ENGINE] = {is_engine,
                    "this driver makes instances of 'postgres'; Aurora and other engines it does not"},
    [RDS_ENGINE_VERSION] = {is_version, "write the major version ('16') or all of it ('16.4')"},
    [RDS_USER] = {is_user, "write 1 to 16 letters, digits and underscores, a letter first; 'admin' and "
                           "'rdsadmin' are RDS's own"},
    [RDS_SUBNET_GROUP] = {is_word, "write the name of a DB subnet group"},
    [RDS_KMS_KEY] = {is_key, "write the key's ARN: RDS shows keys so"},
    [RDS_STORAGE_TYPE] = {is_storage_type,
                          "write gp3 or gp2; types with provisioned I/O are not offered here"},
};

static bool read_groups(const struct rds *rds, const struct lf_value *list, struct rds_wish *wish)
{
    const struct lf_values *values = rds->kit.values;
    size_t count = values->count(list);
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL, *id = values->as_text(values->at(list, i, &key), NULL);
        if (!id || strncmp(id, "sg-", 3) != 0 || !is_word(id))
            return false;
    }
    wish->groups = list;
    wish->option[RDS_GROUPS] = "";
    return count > 0 && count <= 16;
}

static bool read_value(const struct rds *rds, struct lf_op *op, size_t id, const struct lf_value *value,
                       struct rds_wish *wish)
{
    const struct lf_values *values = rds->kit.values;
    const struct rds_option *option = &rds_options[id];
    if (values->kind(value) != option->kind)
        return false;
    if (option->kind == LF_KIND_LIST)
        return read_groups(rds, value, wish);
    if (option->kind == LF_KIND_BOOL)
        wish->option[id] = values->as_bool(value, 0) ? "true" : "false";
    else if (option->kind == LF_KIND_INT)
        wish->option[id] = kit_format(&rds->kit, op, "%lld", (long long)values->as_int(value, 0));
    else
        wish->option[id] = values->as_text(value, NULL);
    if (id == RDS_BACKUP_DAYS)
        return values->as_int(value, -1) >= 0 && values->as_int(value, -1) <= DAYS_MOST;
    return !rules[id].is_good || rules[id].is_good(wish->option[id]);
}

static const char *advice_of(size_t id)
{
    if (rules[id].advice)
        return rules[id].advice;
    return id == RDS_GROUPS        ? "write a list of 1 to 16 ids: [sg-0123456789abcdef0]"
           : id == RDS_BACKUP_DAYS ? "write 0 to 35"
                                   : "write true or false";
}

static bool read_options(const struct rds *rds, struct lf_op *op, const struct lf_value *desired,
                         struct rds_wish *wish, struct rds_problem *problem)
{
    const struct kit *kit = &rds->kit;
    const struct lf_value *options = kit_get(kit, desired, "options");
    size_t count = kit->values->kind(options) == LF_KIND_MAP ? kit->values->count(options) : 0;
    wish->option[RDS_ENGINE] = rds_options[RDS_ENGINE].fallback; /* of what is adopted, too */
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        const struct lf_value *value = kit->values->at(options, i, &key);
        size_t id = 0;
        while (id < RDS_OPTION_COUNT && strcmp(rds_options[id].name, key) != 0)
            id++;
        if (id == RDS_OPTION_COUNT)
            return wrong(problem, "database.option_unknown", kit_format(kit, op, "options.%s", key),
                         "this driver has no such option", kit_format(kit, op, "'%.80s'", key),
                         "engine, version, user, subnet_group, kms_key, storage_type, public, backup_days, "
                         "deletion_protection, final_snapshot, security_groups");
        if (!kit_is_known(kit, value) || kit->values->kind(value) == LF_KIND_NULL)
            continue;
        if (!read_value(rds, op, id, value, wish))
            return wrong(problem, "rds.option", kit_format(kit, op, "options.%s", key),
                         kit_format(kit, op, "the option '%s' cannot be so", key),
                         wish->option[id] ? kit_format(kit, op, "'%.80s'", wish->option[id])
                                          : "it is of another kind",
                         advice_of(id));
    }
    return true;
}

bool rds_wish_read(const struct rds *rds, struct lf_op *op, const struct lf_value *desired,
                   struct rds_wish *wish, struct rds_problem *problem)
{
    *wish = (struct rds_wish){0};
    bool named = !kit_is_known(&rds->kit, kit_get(&rds->kit, desired, "name")) ||
                 rds_wish_name(rds, op, desired, &wish->name, problem);
    return named && read_size(rds, op, desired, wish, problem) &&
           read_storage(rds, op, desired, wish, problem) && read_replicas(rds, op, desired, wish, problem) &&
           read_place(rds, op, desired, wish, problem) && read_options(rds, op, desired, wish, problem);
}

/* ---- what can become of what ----------------------------------------------------------------------------
 */

static bool storage_follows(const struct rds *rds, struct lf_op *op, int64_t had, int64_t asked,
                            struct rds_problem *problem)
{
    int64_t least = (had * (100 + GROW_PERCENT) + 99) / 100;
    if (asked < had)
        return wrong(problem, "rds.storage_shrink", "storage_gb", "storage of RDS cannot shrink",
                     kit_format(&rds->kit, op, "%lld GB are asked for, it has %lld GB (%lld GiB)",
                                (long long)rds_gb_of(asked), (long long)rds_gb_of(had), (long long)had),
                     kit_format(&rds->kit, op,
                                "write at least %lld, or make another instance and move the data",
                                (long long)rds_gb_of(had)));
    if (asked > had && asked < least)
        return wrong(problem, "rds.storage_step", "storage_gb", "RDS grows storage by a tenth or more",
                     kit_format(&rds->kit, op,
                                "%lld GiB are asked for, it has %lld GiB: RDS would make it %lld",
                                (long long)asked, (long long)had, (long long)least),
                     kit_format(&rds->kit, op, "write at least %lld", (long long)rds_gb_of(least)));
    return true;
}

static bool version_follows(const struct rds *rds, struct lf_op *op, const char *had, const char *asked,
                            struct rds_problem *problem)
{
    const char *had_minor = strchr(had, '.'), *minor = strchr(asked, '.');
    const char *detail = kit_format(&rds->kit, op, "'%s' is asked for, it has '%s'", asked, had);
    if (strtol(asked, NULL, 10) != strtol(had, NULL, 10))
        return wrong(problem, "rds.version", "options.version",
                     "this driver does not change the major version", detail,
                     "upgrade it by hand after a rehearsal on a snapshot, then write the new version");
    if (minor && had_minor && strtol(minor + 1, NULL, 10) < strtol(had_minor + 1, NULL, 10))
        return wrong(problem, "rds.version", "options.version", "RDS does not go back to an older version",
                     detail, "write the version that it has");
    return true;
}

bool rds_wish_follows(const struct rds *rds, struct lf_op *op, const struct lf_value *prior,
                      const struct lf_value *desired, const struct rds_wish *wish,
                      struct rds_problem *problem)
{
    const struct kit *kit = &rds->kit;
    const char *had_place = kit_get_text(kit, prior, "place"), *place = kit_get_text(kit, desired, "place");
    for (size_t i = 0; i < RDS_OPTION_COUNT; i++) {
        const char *path = kit_format(kit, op, "options.%s", rds_options[i].name);
        const char *had = kit_get_text(kit, prior, path);
        if (rds_options[i].fixed && had && wish->option[i] && strcmp(had, wish->option[i]) != 0)
            return wrong(problem, "rds.fixed", path, "RDS cannot change this afterwards",
                         kit_format(kit, op, "'%.80s' is asked for, it has '%.80s'", wish->option[i], had),
                         "put it back, or make an instance of another name and move the data");
    }
    if (had_place && place && strcmp(had_place, place) != 0)
        return wrong(problem, "rds.fixed", "place", "RDS cannot move an instance",
                     kit_format(kit, op, "'%.80s' is asked for, it is in '%.80s'", place, had_place),
                     "put it back, or make an instance of another name and move the data");
    const char *version = kit_get_text(kit, prior, "options.version");
    if (version && wish->option[RDS_ENGINE_VERSION] &&
        !version_follows(rds, op, version, wish->option[RDS_ENGINE_VERSION], problem))
        return false;
    int64_t had_gb = kit_get_int(kit, prior, "storage_gb", 0);
    /* Down to gigabytes and up again is the same gibibyte. */
    return had_gb == 0 || wish->gib == 0 || kit_get_int(kit, desired, "storage_gb", 0) == had_gb ||
           storage_follows(rds, op, rds_gib_of(had_gb), wish->gib, problem);
}
