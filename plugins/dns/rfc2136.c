/* dns-rfc2136: records on any name server that takes dynamic updates (RFC 2136) signed with TSIG (RFC 8945).
 */
#include "rfc2136.h"

#include <ctype.h>
#include <landfall/dns.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_TIMEOUT_S 10
#define TIMEOUT_MOST_S    120

/* What the library can sign with and RFC 8945, 6, recommends. */
static const char *const algorithms[] = {"hmac-sha256", "hmac-sha512"};

struct wish_for rfc2136_who(const struct rfc2136 *self, struct lf_op *op)
{
    return (struct wish_for){&self->kit, op, "rfc2136"};
}

bool rfc2136_lists(const struct rfc2136 *self, const char *zone)
{
    for (size_t i = 0; i < self->zone_count; i++)
        if (strcmp(self->zones[i], zone) == 0)
            return true;
    return false;
}

const char *rfc2136_lane(const struct rfc2136 *self, struct lf_op *op, const char *zone)
{
    return kit_format(&self->kit, op, "%s port %u: %s", self->server, self->port, zone);
}

/* ---- settings ----------------------------------------------------------------------------- */

static const struct lf_attr setting_attrs[] = {
    {"server", LF_KIND_TEXT, LF_ATTR_REQUIRED,
     "IP address or host name of the primary name server of the zones", NULL, NULL, 0, 1},
    {"port", LF_KIND_INT, 0, "TCP port of the name server", NULL, "53", 0, 1},
    {"zones", LF_KIND_LIST, 0,
     "zones on that server that landfall may take charge of; checked before a run and searched for leftovers",
     NULL, NULL, LF_KIND_TEXT, 1},
    {"key", LF_KIND_TEXT, LF_ATTR_REQUIRED, "name of the TSIG key, as the server has it", NULL, NULL, 0, 1},
    {"algorithm", LF_KIND_TEXT, 0, "algorithm of the TSIG key: hmac-sha256 or hmac-sha512", NULL,
     "\"hmac-sha256\"", 0, 1},
    {"secret", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_SECRET, "secret of the TSIG key, in base64", NULL,
     NULL, 0, 1},
    {"timeout_s", LF_KIND_INT, 0, "how long one answer of the name server is waited for, in seconds", NULL,
     "10", 0, 1},
    {"nameservers", LF_KIND_LIST, 0,
     "host names of the servers that answer for the zones; given to a zone whose playbook names none", NULL,
     NULL, LF_KIND_TEXT, 1},
};
static const struct lf_schema setting_schema = LF_SCHEMA(1, setting_attrs);

static void free_list(char **list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(list[i]);
    free(list);
}

static void rfc2136_close(void *self)
{
    struct rfc2136 *mine = self;
    if (!mine)
        return;
    free(mine->server);
    free(mine->key);
    free_list(mine->zones, mine->zone_count);
    free_list(mine->nameservers, mine->nameserver_count);
    free(mine);
}

/* A domain name as it is compared: lower case, no final dot.  NULL: it is none.  open has no operation, so
 * the unit `name` cannot serve here. */
static char *name_setting(const char *text)
{
    size_t len = strlen(text);
    if (len > 0 && text[len - 1] == '.')
        len--;
    char *name = len > 0 && len <= 253 ? strndup(text, len) : NULL;
    size_t label = 0;
    for (char *c = name; c && *c; c++) {
        label = *c == '.' ? 0 : label + 1;
        bool good = *c == '.' ? c > name && c[-1] != '.' : isalnum((unsigned char)*c) || strchr("-_", *c);
        if (good && label <= 63 && !(*c == '.' && c[1] == '\0')) {
            *c = (char)tolower((unsigned char)*c);
            continue;
        }
        free(name);
        return NULL;
    }
    return name;
}

static bool wrong(struct lf_diag *why, const char *path, const char *summary, const char *advice)
{
    why->code = "rfc2136.settings";
    why->path = path;
    why->summary = summary;
    why->advice = advice;
    return false;
}

static bool name_list(const struct kit *kit, const struct lf_value *settings, const char *key, char ***list,
                      size_t *count)
{
    const struct lf_value *values = kit_get(kit, settings, key);
    size_t most = values && kit->values->kind(values) == LF_KIND_LIST ? kit->values->count(values) : 0;
    *list = calloc(most + 1, sizeof(**list));
    for (size_t i = 0; *list && i < most; i++) {
        const char *ignored = NULL;
        const char *text = kit->values->as_text(kit->values->at(values, i, &ignored), NULL);
        char *name = text ? name_setting(text) : NULL;
        if (!name)
            return false;
        (*list)[(*count)++] = name;
    }
    return *list != NULL;
}

static bool read_key(struct rfc2136 *self, const struct lf_value *settings, struct lf_diag *why)
{
    const char *key = kit_get_text(&self->kit, settings, "key");
    const char *algorithm = kit_get_text(&self->kit, settings, "algorithm");
    self->secret = kit_get(&self->kit, settings, "secret");
    self->key = key ? name_setting(key) : NULL;
    if (!self->key)
        return wrong(why, "key", "the name of the key is no domain name",
                     "write it as the server's configuration has it");
    for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
        if (strcmp(algorithm ? algorithm : algorithms[0], algorithms[i]) == 0)
            self->algorithm = algorithms[i];
    return self->algorithm || wrong(why, "algorithm", "the key cannot have this algorithm",
                                    "make a key for hmac-sha256 or hmac-sha512, such as with tsig-keygen");
}

static bool read_server(struct rfc2136 *self, const struct lf_value *settings, struct lf_diag *why)
{
    const char *server = kit_get_text(&self->kit, settings, "server");
    int64_t port = kit_get_int(&self->kit, settings, "port", 53);
    int64_t timeout = kit_get_int(&self->kit, settings, "timeout_s", DEFAULT_TIMEOUT_S);
    if (!server || !server[0] || strlen(server) > 253)
        return wrong(why, "server", "driver 'rfc2136' needs the address of the name server",
                     "write `dns: { use: rfc2136, server: 192.0.2.53, key: ..., secret: ... }`");
    if (port < 1 || port > UINT16_MAX)
        return wrong(why, "port", "the port of the name server is out of range",
                     "write 1 to 65535; 53 is common");
    if (timeout < 1 || timeout > TIMEOUT_MOST_S)
        return wrong(why, "timeout_s", "the time to wait for an answer is out of range",
                     "write 1 to 120 seconds; 10 is common");
    self->server = strdup(server);
    self->port = (uint16_t)port;
    self->silence_ms = (uint32_t)timeout * 1000;
    return self->server || wrong(why, NULL, "out of memory", NULL);
}

static int rfc2136_open(const struct lf_host *host, const struct lf_value *settings, void **self,
                        struct lf_diag *why)
{
    struct rfc2136 *mine = calloc(1, sizeof(*mine));
    if (!mine) {
        (void)wrong(why, NULL, "out of memory", NULL);
        return -1;
    }
    kit_init(&mine->kit, host);
    bool good = read_server(mine, settings, why) && read_key(mine, settings, why);
    if (good && !name_list(&mine->kit, settings, "zones", &mine->zones, &mine->zone_count))
        good = wrong(why, "zones", "one of the zones is no domain name",
                     "write whole names, such as eu.acme.example");
    if (good && !name_list(&mine->kit, settings, "nameservers", &mine->nameservers, &mine->nameserver_count))
        good = wrong(why, "nameservers", "one of the name servers is no host name",
                     "write whole names, such as ns1.acme.example");
    if (!good) {
        rfc2136_close(mine);
        return -1;
    }
    *self = mine;
    return 0;
}

/* ---- the record --------------------------------------------------------------------------- */

static const struct lf_resource *const resources[] = {&rfc2136_zone, &rfc2136_record, NULL};

static const struct lf_plugin plugin = {
    .struct_size = sizeof(struct lf_plugin),
    .abi_major = LF_ABI_MAJOR,
    .abi_minor = LF_ABI_MINOR,
    .needs_minor = 0,
    .subsystem = "dns",
    .name = "rfc2136",
    .version = "1.0.0",
    .doc = "records by dynamic update (RFC 2136) with TSIG, on BIND, Knot and others",
    .contract_version = LF_DNS_VERSION,
    .settings = &setting_schema,
    .resources = resources,
    .open = rfc2136_open,
    .close = rfc2136_close,
    .preflight = rfc2136_preflight,
};

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    return &plugin;
}
