#include "region/project.h"

#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "model/diag.h"
#include "model/origins.h"
#include "model/value.h"
#include "region/decimal.h"
#include "region/findings.h"
#include "region/folder.h"
#include "region/keys.h"

#define TIMEOUT_MAX   604800 /* a week, in seconds: longer is a slip of the keyboard */
#define PARALLEL_MAX  65536
#define LANDS_MOST_MS 3600000

static const struct keys_rule top_rules[] = {
    {"store", KEYS_TEXT, false},    {"key", KEYS_SECRET, false},       {"plugins", KEYS_LIST, false},
    {"playbook", KEYS_TEXT, false}, {"price_books", KEYS_LIST, false}, {"parallel", KEYS_INT, false},
    {"pools", KEYS_MAP, false},     {"timeouts", KEYS_MAP, false},     {"http", KEYS_MAP, false},
    {"notices", KEYS_MAP, false},   {"approvals", KEYS_MAP, false},    {"policies", KEYS_LIST, false},
};
static const struct keys top_keys = {"project", PROJECT_FILE, top_rules, COUNT_OF(top_rules)};

static const struct keys_rule pool_rules[] = {
    {"width", KEYS_INT, false},
    {"rate", KEYS_DECIMAL, false},
    {"burst", KEYS_INT, false},
    {"lands_within", KEYS_DECIMAL, false},
};
static const struct keys pool_keys = {"project", "a pool", pool_rules, COUNT_OF(pool_rules)};

static const struct keys_rule timeout_rules[] = {
    {"read", KEYS_INT, false},
    {"create", KEYS_INT, false},
    {"update", KEYS_INT, false},
    {"destroy", KEYS_INT, false},
};
static const struct keys timeout_keys = {"project", "'timeouts'", timeout_rules, COUNT_OF(timeout_rules)};

static const struct keys_rule http_rules[] = {{"ca_file", KEYS_TEXT, false}, {"plain", KEYS_LIST, false}};
static const struct keys http_keys = {"project", "'http'", http_rules, COUNT_OF(http_rules)};

bool project_find(struct arena *mem, const char *start, const char **folder, struct err *err)
{
    const char *real = file_real(mem, start);
    if (real == NULL)
        return err_set(err, "project.not_found", "there is no folder '%s'", start);
    for (const char *at = real;; at = file_folder(mem, at)) {
        if (file_exists(file_join(mem, at, PROJECT_FILE))) {
            *folder = at;
            return true;
        }
        if (strcmp(at, "/") == 0 || strcmp(at, ".") == 0)
            break;
    }
    err_set(err, "project.not_found", "no %s in '%s' or above", PROJECT_FILE, real);
    return err_advise(err, "change to a project's folder, or make one: landfall init");
}

/* A count between 1 and `max`; 0 when it is missing or wrong. */
static int64_t count_of(struct findings *f, const struct value *map, const char *key, int64_t max)
{
    const struct value *v = value_get(map, key);
    if (value_kind(v) != VALUE_INT)
        return 0;
    if (v->number >= 1 && v->number <= max)
        return v->number;
    findings_error(f, "project.range", v,
                   arena_print(f->mem, "write a number from 1 to %lld", (long long)max), "'%s' is %lld", key,
                   (long long)v->number);
    return 0;
}

/* What is no text is a finding and left out. */
static const char *const *texts_of(struct findings *f, const struct value *list, const char *what,
                                   size_t *count)
{
    *count = 0;
    if (value_kind(list) != VALUE_LIST)
        return NULL;
    const char **texts = ARENA_ARRAY(f->mem, const char *, list->count);
    for (size_t i = 0; i < list->count; i++)
        if (keys_check_kind(f, "project", what, KEYS_TEXT, list->items[i]))
            texts[(*count)++] = list->items[i]->text;
    return texts;
}

/* Joined here, since the loader takes configured folders only and must not depend on where the user stands.
 */
static void load_plugins(struct findings *f, const struct value *root, struct project *p)
{
    const struct value *list = value_get(root, "plugins");
    const char *const *texts = texts_of(f, list, "a plugin folder", &p->plugin_count);
    const char **joined = ARENA_ARRAY(f->mem, const char *, p->plugin_count);
    for (size_t i = 0; i < p->plugin_count; i++)
        joined[i] = file_join(f->mem, p->folder, texts[i]);
    p->plugins = joined;
    for (size_t i = 0; value_kind(list) == VALUE_LIST && i < list->count; i++) {
        const char *path = value_as_text(list->items[i]);
        if (path && *path && !file_is_folder(file_join(f->mem, p->folder, path)))
            findings_error(
                f, "project.no_folder", list->items[i],
                "paths are relative to the project's folder; plugins that landfall came with need no entry",
                "there is no folder '%s'", path);
    }
}

/* Thousandths, because that is what a pool counts in; a rate finer than that is a slip. */
static uint32_t rate_of(struct findings *f, const struct value *rate)
{
    struct decimal d;
    int64_t milli;
    if (rate == NULL)
        return 0;
    if (decimal_of(rate, &d) && decimal_milli(d, &milli) && milli > 0 && milli <= UINT32_MAX)
        return (uint32_t)milli;
    findings_error(f, "project.rate", rate, "write starts per second with at most 3 decimals, such as 4.5",
                   "'rate' is not a rate");
    return 0;
}

/* Whoever knows that nothing between here and the service holds a request back need not wait for the worst
 * that the driver allows for. */
static uint32_t lands_of(struct findings *f, const struct value *seconds)
{
    struct decimal d;
    int64_t milli;
    if (seconds == NULL)
        return 0;
    if (decimal_of(seconds, &d) && decimal_milli(d, &milli) && milli > 0 && milli <= LANDS_MOST_MS)
        return (uint32_t)milli;
    findings_error(
        f, "project.lands_within", seconds,
        "write seconds from 0.001 to 3600: how late a request of a run that died may still take effect",
        "'lands_within' is not a time");
    return 0;
}

/* A pool that says nothing is an error: it looks like a limit and is none. */
static void load_pools(struct findings *f, const struct value *map, struct project *p)
{
    if (value_kind(map) != VALUE_MAP)
        return;
    struct project_pool *pools = ARENA_ARRAY(f->mem, struct project_pool, map->count);
    for (size_t i = 0; i < map->count; i++) {
        const struct value *one = map->pairs[i].value;
        if (!keys_check(f, &pool_keys, one))
            continue;
        if (one->count == 0)
            findings_error(f, "project.empty_pool", one, "give it a width, a rate or both",
                           "the pool '%s' limits nothing", map->pairs[i].key);
        pools[p->pool_count++] = (struct project_pool){
            .name = map->pairs[i].key,
            .width = (uint32_t)count_of(f, one, "width", PARALLEL_MAX),
            .rate_milli = rate_of(f, value_get(one, "rate")),
            .burst = (uint32_t)count_of(f, one, "burst", PARALLEL_MAX),
            .lands_ms = lands_of(f, value_get(one, "lands_within")),
        };
    }
    p->pools = pools;
}

static void load_timeouts(struct findings *f, const struct value *map, struct project *p)
{
    if (map == NULL || !keys_check(f, &timeout_keys, map))
        return;
    p->timeouts = (struct project_timeouts){
        .read_ms = count_of(f, map, "read", TIMEOUT_MAX) * 1000,
        .create_ms = count_of(f, map, "create", TIMEOUT_MAX) * 1000,
        .update_ms = count_of(f, map, "update", TIMEOUT_MAX) * 1000,
        .destroy_ms = count_of(f, map, "destroy", TIMEOUT_MAX) * 1000,
    };
}

/* Only the host of a URL, without port or brackets: what is more would never match, and look as if it did. */
static void check_plain_host(struct findings *f, const struct value *host)
{
    const char *text = value_as_text(host);
    if (text == NULL)
        return;
    if (*text == '\0' || strpbrk(text, "/@?# []") != NULL ||
        (strchr(text, ':') != NULL && strchr(text, ':') == strrchr(text, ':')))
        findings_error(f, "project.host", host,
                       "write the host alone, as it stands in the URL: vault.internal", "'%s' is no host",
                       text);
}

/* The certificates are no part of a plan: they say whom to trust on this machine, and may lie anywhere. */
static void load_http(struct findings *f, const struct value *map, struct project *p)
{
    if (map == NULL || !keys_check(f, &http_keys, map))
        return;
    const struct value *ca = value_get(map, "ca_file"), *plain = value_get(map, "plain");
    p->http.plain = texts_of(f, plain, "a host", &p->http.plain_count);
    for (size_t i = 0; value_kind(plain) == VALUE_LIST && i < plain->count; i++)
        check_plain_host(f, plain->items[i]);
    if (value_as_text(ca) == NULL)
        return;
    p->http.ca_file = file_join(f->mem, p->folder, ca->text);
    if (!file_exists(p->http.ca_file))
        findings_error(f, "project.no_file", ca,
                       "name a file of PEM certificates, relative to the project's folder",
                       "there is no file '%s'", ca->text);
}

/* What goes into a plan's digest must lie inside the project, so that a clone plans the same. */
static bool is_inside(const char *path)
{
    if (*path == '/')
        return false;
    for (const char *at = path; at != NULL; at = strchr(at, '/')) {
        at += *at == '/';
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == '\0'))
            return false;
    }
    return true;
}

static void check_file(struct findings *f, const struct project *p, const struct value *path)
{
    if (value_kind(path) != VALUE_TEXT || path->count == 0)
        return;
    if (!is_inside(path->text))
        findings_error(f, "project.outside", path, "keep it in the project, and name it from there",
                       "'%s' is outside the project", path->text);
    else if (!file_exists(file_join(f->mem, p->folder, path->text)))
        findings_error(f, "project.no_file", path, "paths are relative to the project's folder",
                       "there is no file '%s'", path->text);
}

/* Named files that do not exist are told now, not when the first price is asked for. */
static void load_price_books(struct findings *f, const struct value *list, struct project *p)
{
    p->price_books = texts_of(f, list, "a price book", &p->price_book_count);
    for (size_t i = 0; value_kind(list) == VALUE_LIST && i < list->count; i++)
        check_file(f, p, list->items[i]);
}

static void load_policies(struct findings *f, const struct value *list, struct project *p)
{
    size_t most = value_kind(list) == VALUE_LIST ? list->count : 0;
    struct project_policy *at = ARENA_ARRAY(f->mem, struct project_policy, most);
    for (size_t i = 0; i < most; i++) {
        const struct value *one = list->items[i];
        struct project_policy policy = {.name = value_as_text(one)};
        if (!keys_check_kind(f, "project", "a policy", KEYS_TEXT, one))
            continue;
        for (size_t k = 0; k < p->policy_count; k++) {
            if (strcmp(at[k].name, policy.name) == 0)
                findings_error(f, "project.twice", one, "name it once", "'%s' is named twice", policy.name);
        }
        findings_place(f, one, &policy.where, &policy.detail);
        at[p->policy_count++] = policy;
    }
    p->policies = at;
}

/* Without a word in the file, the only playbook there is. */
static void find_playbook(struct findings *f, const struct value *root, struct project *p)
{
    const struct value *named = value_get(root, "playbook");
    const char *const *names;
    size_t count;
    struct err err;
    if (named != NULL) {
        check_file(f, p, named);
        p->playbook = value_as_text(named);
        return;
    }
    if (!folder_list(f->mem, file_join(f->mem, p->folder, "playbooks"), ".lua", &names, &count, &err)) {
        findings_add_err(f, root, &err);
        return;
    }
    if (count == 1)
        p->playbook = arena_print(f->mem, "playbooks/%s.lua", names[0]);
    else
        findings_error(f, "project.no_playbook", root, "add 'playbook: playbooks/<name>.lua'",
                       count == 0 ? "there is no playbook: 'playbooks/' holds no *.lua file"
                                  : "'playbooks/' holds several *.lua files and none is named");
}

/* Every part looks at its own key, whatever is wrong with the others. */
static void load_keys(struct findings *f, const struct value *root, struct project *p)
{
    const struct value *parallel = value_get(root, "parallel");
    keys_check(f, &top_keys, root);
    p->store = file_join(f->mem, p->folder, value_get_text(root, "store", ".landfall"));
    p->key = value_get(root, "key");
    p->parallel = PROJECT_PARALLEL;
    if (parallel != NULL)
        p->parallel = (uint32_t)count_of(f, root, "parallel", PARALLEL_MAX);
    load_plugins(f, root, p);
    load_pools(f, value_get(root, "pools"), p);
    load_timeouts(f, value_get(root, "timeouts"), p);
    load_http(f, value_get(root, "http"), p);
    p->notices = notices_parse(f, value_get(root, "notices"), &p->http);
    approvals_load(f, value_get(root, "approvals"), p->folder, &p->approvals);
    load_price_books(f, value_get(root, "price_books"), p);
    load_policies(f, value_get(root, "policies"), p);
    find_playbook(f, root, p);
}

bool project_load(struct arena *mem, const char *folder, struct project **out, struct diags *diags,
                  struct err *err)
{
    struct findings f;
    struct origins origins;
    const struct value *root;
    struct project *p = ARENA_NEW(mem, struct project);
    p->folder = arena_text(mem, folder);
    origins_init(&origins, mem);
    findings_init(&f, mem, &origins);
    if (findings_read(&f, folder, PROJECT_FILE, &root))
        load_keys(&f, root, p);
    bool ok = findings_report(&f, diags, err);
    findings_done(&f);
    if (ok)
        *out = p;
    return ok;
}
