/* Is it PowerDNS, does it know us, is it old enough, and can it keep our marks? */
#include "powerdns_zone.h"

#include <stdlib.h>
#include <string.h>

/* Backends whose records can have comments, by the first part of their name in `launch`. */
static const char *const with_comments[] = {"gsqlite3", "gpgsql", "gmysql", "godbc"};
#define WITH_COMMENTS (sizeof(with_comments) / sizeof(with_comments[0]))

/* Older ones are supported by nobody, and have never been tried. */
#define OLDEST_MAJOR 4
#define OLDEST_MINOR 5

struct preflight {
    const struct powerdns *dns;
    bool refused;
};

static void refuse(struct lf_op *op, struct preflight *it, const char *code, const char *path,
                   const char *summary, const char *detail, const char *advice)
{
    it->refused = true;
    kit_note(&it->dns->kit, op, code, path, summary, detail, advice);
}

static void went_wrong(struct lf_op *op, const struct preflight *it, const struct kit_http_reply *reply,
                       const char *doing)
{
    const struct kit *kit = &it->dns->kit;
    struct lf_result result = kit_http_result(reply, false);
    if (result.status != LF_END_CANCELED) {
        struct kit_http_words words =
            kit_http_words(kit, op, reply, "PowerDNS", doing, powerdns_said(it->dns, reply));
        kit_note(kit, op, kit_format(kit, op, "powerdns.%s", words.what), NULL, words.summary, words.detail,
                 words.advice);
    }
    kit->ops->finish(op, &result);
}

/* ---- settings of the server --------------------------------------------------------------- */

static const char *config_of(const struct kit *kit, const struct lf_value *list, const char *name)
{
    for (size_t i = 0; i < kit->values->count(list); i++) {
        const char *key = NULL;
        const struct lf_value *one = kit->values->at(list, i, &key);
        const char *is = kit_get_text(kit, one, "name");
        if (is && strcmp(is, name) == 0)
            return kit_get_text(kit, one, "value");
    }
    return NULL;
}

static bool can_comment(const char *backend, size_t len)
{
    for (size_t i = 0; i < WITH_COMMENTS; i++) {
        size_t name = strlen(with_comments[i]);
        if (len >= name && memcmp(backend, with_comments[i], name) == 0 &&
            (len == name || backend[name] == ':'))
            return true;
    }
    return false;
}

/* `launch` is a list: "gsqlite3", "bind, gpgsql:second". */
static void check_backends(struct lf_op *op, struct preflight *it, const char *launch)
{
    size_t with = 0;
    for (const char *at = launch; *at;) {
        at += strspn(at, ", \t");
        size_t len = strcspn(at, ", \t");
        with += len > 0 && can_comment(at, len) ? 1 : 0;
        at += len;
    }
    if (with == 0)
        refuse(op, it, "powerdns.backend", NULL,
               "this PowerDNS cannot keep records that are marked as landfall's",
               kit_format(&it->dns->kit, op, "it runs on '%s', which keeps no comments of records", launch),
               "give it a backend with comments: gsqlite3, gpgsql, gmysql or godbc");
}

static void warn(struct lf_op *op, const struct preflight *it, const char *code, const char *summary,
                 const char *detail, const char *advice)
{
    struct lf_diag note = {
        .struct_size = sizeof(note),
        .severity = LF_DIAG_WARNING,
        .code = code,
        .path = "kind",
        .summary = summary,
        .detail = detail,
        .advice = advice,
    };
    it->dns->kit.ops->note(op, &note);
}

static void configured(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct preflight *it = user;
    const struct kit *kit = &it->dns->kit;
    bool good = reply->sent == LF_SENT_REPLY && reply->status == 200 && reply->json &&
                kit->values->kind(reply->json) == LF_KIND_LIST;
    if (!good) {
        went_wrong(op, it, reply, "show its settings");
        return;
    }
    const char *launch = config_of(kit, reply->json, "launch");
    const char *primary = config_of(kit, reply->json, "primary");
    if (!primary)
        primary = config_of(kit, reply->json, "master"); /* its name until 4.5 */
    if (launch)
        check_backends(op, it, launch);
    if (strcmp(it->dns->kind, "Master") == 0 && primary && strcmp(primary, "no") == 0)
        warn(op, it, "powerdns.no_notify", "this PowerDNS does not notify the secondaries of primary zones",
             "its setting 'primary' is 'no'", "set `primary=yes` in pdns.conf, or make native zones");
    kit_finish(kit, op, it->refused ? LF_END_REFUSED : LF_END_OK);
}

/* ---- the server itself -------------------------------------------------------------------- */

/* "4.7.3", "4.8.0-rc1"; a build of one's own ("0.0.1.g123") is nobody's age. */
static bool is_old(const char *version)
{
    char *end = NULL;
    unsigned long major = strtoul(version, &end, 10);
    if (end == version || *end != '.' || major == 0)
        return false;
    unsigned long minor = strtoul(end + 1, NULL, 10);
    return major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR);
}

/* A typing mistake there would come up with the first zone only. */
static void check_nameservers(struct lf_op *op, struct preflight *it)
{
    struct wish_for who = powerdns_for(it->dns, op);
    struct wish_zone zone = {0};
    struct wish_problem problem;
    if (it->dns->nameservers && !powerdns_zone_servers(it->dns, &who, "example", &zone, &problem))
        refuse(op, it, problem.code, problem.path, problem.summary, problem.detail, problem.advice);
}

static void check_server(struct lf_op *op, struct preflight *it, const struct lf_value *json)
{
    const struct kit *kit = &it->dns->kit;
    const char *daemon = kit_get_text(kit, json, "daemon_type");
    const char *version = kit_get_text(kit, json, "version");
    if (!daemon || strcmp(daemon, "authoritative") != 0)
        refuse(op, it, "powerdns.not_authoritative", "url", "this is no authoritative server of PowerDNS",
               kit_format(kit, op, "it calls itself '%s'", daemon ? daemon : "nothing"),
               "write the address of the server that holds the zones");
    else if (version && is_old(version))
        refuse(op, it, "powerdns.too_old", "url", "this PowerDNS is too old",
               kit_format(kit, op, "it is version %s, and the driver needs %d.%d", version, OLDEST_MAJOR,
                          OLDEST_MINOR),
               "upgrade it");
}

static void server_told(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct preflight *it = user;
    const struct kit *kit = &it->dns->kit;
    if (reply->sent == LF_SENT_REPLY && reply->status == 404) {
        kit_refuse(
            kit, op, "powerdns.no_server", "server",
            kit_format(kit, op, "there is no server '%s' at '%s'", it->dns->server, it->dns->root),
            "HTTP 404: the API of PowerDNS does not know it, or this is not its address",
            "see that `url` is where PowerDNS's API answers (`api=yes`, `webserver-port` in pdns.conf)");
        return;
    }
    if (reply->sent != LF_SENT_REPLY || reply->status != 200 || !reply->json) {
        if (kit_http_end(reply, false) == LF_END_OK)
            kit_refuse(kit, op, "powerdns.not_authoritative", "url",
                       "this is no authoritative server of PowerDNS", "its answer is no JSON",
                       "write the address of PowerDNS's API");
        else
            went_wrong(op, it, reply, "say which version it is");
        return;
    }
    check_nameservers(op, it);
    check_server(op, it, reply->json);
    if (it->refused)
        kit_finish(kit, op, LF_END_REFUSED);
    else
        powerdns_send(it->dns, op, "GET", "/config", NULL, configured, it);
}

void powerdns_preflight(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct powerdns *dns = self;
    struct preflight *it = dns->kit.ops->scratch(op, sizeof(*it));
    it->dns = dns;
    (void)req;
    powerdns_send(dns, op, "GET", "", NULL, server_told, it);
}
