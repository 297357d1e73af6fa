/* dns-powerdns: zones and records of PowerDNS's authoritative server, through its HTTP API. */
#include "powerdns.h"

#include <landfall/dns.h>
#include <stdlib.h>
#include <string.h>

static const struct lf_attr setting_attrs[] = {
    {"url", LF_KIND_TEXT, LF_ATTR_REQUIRED,
     "where the API of PowerDNS answers: \"https://dns.acme.example:8081\"", NULL, NULL, 0, 1},
    {"api_key", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_SECRET,
     "the `api-key` of pdns.conf: `!secret env:PDNS_API_KEY`", NULL, NULL, 0, 1},
    {"server", LF_KIND_TEXT, 0, "id of the server in the API", NULL, "\"localhost\"", 0, 1},
    {"kind", LF_KIND_TEXT, 0,
     "of new zones: \"native\" (the database is replicated) or \"primary\" (secondaries are notified)", NULL,
     "\"native\"", 0, 1},
    {"nameservers", LF_KIND_LIST, 0, "host names of the servers that answer for zones that name none", NULL,
     NULL, LF_KIND_TEXT, 1},
    {"charged", LF_KIND_BOOL, 0,
     "whether zones and records are priced from the price books (powerdns.zone, powerdns.record)", NULL,
     "false", 0, 1},
};
static const struct lf_schema setting_schema = LF_SCHEMA(1, setting_attrs);

static void powerdns_close(void *self)
{
    struct powerdns *dns = self;
    free(dns->root);
    free(dns->api);
    free(dns->server);
    free(dns);
}

static char *joined(const char *a, size_t a_len, const char *b, const char *c)
{
    size_t len = a_len + strlen(b) + strlen(c) + 1;
    char *text = malloc(len);
    if (!text)
        return NULL;
    memcpy(text, a, a_len);
    memcpy(text + a_len, b, strlen(b));
    memcpy(text + a_len + strlen(b), c, strlen(c) + 1);
    return text;
}

/* The address as people have it: with or without a slash or the API's own path behind it. */
static size_t base_len(const char *url)
{
    static const char api[] = "/api/v1";
    size_t len = strlen(url);
    while (len > 0 && url[len - 1] == '/')
        len--;
    if (len > strlen(api) && memcmp(url + len - strlen(api), api, strlen(api)) == 0)
        len -= strlen(api);
    return len;
}

static bool is_server_id(const char *text)
{
    return text[0] &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") == strlen(text);
}

static bool check_settings(const struct kit *kit, const struct lf_value *settings, struct lf_diag *why)
{
    const char *url = kit_get_text(kit, settings, "url");
    const char *server = kit_get_text(kit, settings, "server");
    const char *kind = kit_get_text(kit, settings, "kind");
    why->code = "powerdns.settings";
    if (!url || (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) ||
        strpbrk(url, "?#@ ") || base_len(url) < strlen("http://x")) {
        why->path = "url";
        why->summary = "the address of the API is not a plain http or https address";
        why->advice = "write `url: https://dns.acme.example:8081`; the key goes into api_key";
        return false;
    }
    if (!kit_get(kit, settings, "api_key")) {
        why->path = "api_key";
        why->summary = "driver 'powerdns' needs the key of the API";
        why->advice = "write `api_key: !secret env:PDNS_API_KEY`";
        return false;
    }
    if (server && !is_server_id(server)) {
        why->path = "server";
        why->summary = "the id of the server has letters, digits and - . _ only";
        why->advice = "it is 'localhost' unless a proxy for several servers says otherwise";
        return false;
    }
    if (kind && strcmp(kind, "native") != 0 && strcmp(kind, "primary") != 0) {
        why->path = "kind";
        why->summary = "zones are made 'native' or 'primary'";
        why->advice = "write `kind: primary` where secondaries fetch the zones, and leave it out otherwise";
        return false;
    }
    return true;
}

static int powerdns_open(const struct lf_host *host, const struct lf_value *settings, void **self,
                         struct lf_diag *why)
{
    struct kit kit;
    kit_init(&kit, host);
    if (!check_settings(&kit, settings, why))
        return -1;
    const char *url = kit_get_text(&kit, settings, "url");
    const char *server = kit_get_text(&kit, settings, "server");
    const char *kind = kit_get_text(&kit, settings, "kind");
    struct powerdns *dns = calloc(1, sizeof(*dns));
    if (dns) {
        server = server ? server : "localhost";
        dns->kit = kit;
        dns->root = joined(url, base_len(url), "/api/v1", "");
        dns->api = joined(url, base_len(url), "/api/v1/servers/", server);
        dns->server = strdup(server);
        dns->kind = kind && strcmp(kind, "primary") == 0 ? "Master" : "Native";
        dns->key = kit_get(&kit, settings, "api_key");
        dns->nameservers =
            kit_has(&kit, settings, "nameservers") ? kit_get(&kit, settings, "nameservers") : NULL;
        dns->charged = kit_get_bool(&kit, settings, "charged", false);
    }
    if (!dns || !dns->root || !dns->api || !dns->server) {
        if (dns)
            powerdns_close(dns);
        why->summary = "out of memory";
        return -1;
    }
    *self = dns;
    return 0;
}

static const struct lf_resource *const resources[] = {&powerdns_zone, &powerdns_record, NULL};

static const struct lf_plugin plugin = {
    .struct_size = sizeof(struct lf_plugin),
    .abi_major = LF_ABI_MAJOR,
    .abi_minor = LF_ABI_MINOR,
    .needs_minor = 0,
    .subsystem = "dns",
    .name = "powerdns",
    .version = "1.0.0",
    .doc = "zones and records of PowerDNS, through its HTTP API",
    .contract_version = LF_DNS_VERSION,
    .settings = &setting_schema,
    .resources = resources,
    .open = powerdns_open,
    .close = powerdns_close,
    .preflight = powerdns_preflight,
};

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    return &plugin;
}
