#include "wish.h"

#include "kit_plan.h"
#include "name.h"
#include "rdata.h"

#include <landfall/dns.h>
#include <string.h>

static bool read_servers(const struct wish_for *who, const struct lf_value *map, struct wish_zone *wish,
                         struct wish_problem *problem)
{
    const struct lf_values *values = who->kit->values;
    const struct lf_value *list = kit_get(who->kit, map, "nameservers");
    if (!kit_has(who->kit, map, "nameservers"))
        return true;
    size_t count = values->count(list);
    wish->servers = who->kit->ops->scratch(who->op, (count + 1) * sizeof(const char *));
    const char *why = "a zone needs at least one";
    size_t at = 0;
    for (; at < count; at++) {
        const char *key = NULL;
        const struct lf_value *value = values->at(list, at, &key);
        if (values->kind(value) == LF_KIND_UNKNOWN)
            continue;
        size_t len = 0;
        const char *text = values->as_text(value, &len);
        why = "it is not a text";
        if (!text ||
            !rdata_from_value(who->kit, who->op, "NS", text, len, &wish->servers[wish->server_count], &why))
            break;
        why = "it is named twice";
        for (size_t i = 0; i < wish->server_count; i++)
            if (strcmp(wish->servers[i], wish->servers[wish->server_count]) == 0)
                goto out;
        wish->server_count++;
    }
out:
    if (count > 0 && at == count)
        return true;
    *problem = (struct wish_problem){
        .code = "dns.nameserver",
        .path = kit_format(who->kit, who->op, count > 0 ? "nameservers[%zu]" : "nameservers", at),
        .summary = "the list of name servers is not right",
        .detail = why,
        .advice = "name the servers that answer for the zone, or leave the list out",
    };
    return false;
}

/* "dns.admin@acme.example" is written dns\.admin.acme.example (RFC 1035, 8). */
static bool read_email(const struct wish_for *who, const struct lf_value *map, struct wish_zone *wish,
                       struct wish_problem *problem)
{
    if (!kit_has(who->kit, map, "email"))
        return true;
    const char *email = kit_get_text(who->kit, map, "email");
    const char *sign = email ? strchr(email, '@') : NULL;
    const char *domain = NULL;
    const char *why = "it has no '@'";
    bool good = sign && name_parse(who->kit, who->op, sign + 1, strlen(sign + 1), NAME_HOST, &domain, &why);
    struct kit_text text = {0};
    for (const char *c = email; good && c < sign; c++) {
        good = strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-_", *c);
        kit_text_print(who->kit, who->op, &text, *c == '.' ? "\\%c" : "%c", *c);
        why = "the part before the '@' has letters, digits and . + - _ only";
    }
    if (good && text.len > 0) {
        wish->rname = kit_format(who->kit, who->op, "%s.%s", text.bytes, domain);
        return true;
    }
    *problem = (struct wish_problem){
        .code = "dns.email",
        .path = "email",
        .summary =
            kit_format(who->kit, who->op, "'%s' cannot be the mail address of a zone", email ? email : ""),
        .detail = why,
    };
    return false;
}

static const char *email_of(const struct wish_for *who, const char *rname)
{
    struct kit_text text = {0};
    bool found = false;
    for (const char *c = rname; *c; c++) {
        if (*c == '\\' && c[1])
            c++;
        else if (*c == '.' && !found) {
            found = true;
            kit_text_add(who->kit, who->op, &text, "@", 1);
            continue;
        }
        kit_text_add(who->kit, who->op, &text, c, 1);
    }
    return text.bytes ? text.bytes : "";
}

bool wish_zone_read(const struct wish_for *who, const struct lf_value *map, struct wish_zone *wish,
                    struct wish_problem *problem)
{
    *wish = (struct wish_zone){0};
    return wish_zone_name(who, map, "name", &wish->name, problem) && read_servers(who, map, wish, problem) &&
           read_email(who, map, wish, problem) && wish_ttl(who, map, &wish->ttl, problem);
}

/* ---- state -------------------------------------------------------------------------------- */

static const struct lf_value *texts(const struct wish_for *who, const char *const *text, size_t count)
{
    const struct lf_value **list = who->kit->ops->scratch(who->op, (count + 1) * sizeof(*list));
    for (size_t i = 0; i < count; i++)
        list[i] = who->kit->values->of_text(who->op, text[i], strlen(text[i]));
    return who->kit->values->of_list(who->op, list, count);
}

const struct lf_value *wish_zone_state(const struct wish_for *who, const struct wish_zone *have,
                                       const struct lf_value *spelled)
{
    const struct kit *kit = who->kit;
    struct lf_op *op = who->op;
    const char *name = kit_get_text(kit, spelled, "name");
    struct wish_zone wish;
    struct wish_problem ignored;
    bool readable = wish_zone_read(who, spelled, &wish, &ignored);
    const struct lf_value *state = kit_put_text(kit, op, kit_map(kit, op), "name", name ? name : have->name);
    const struct lf_value *servers = kit_get(kit, spelled, "nameservers");
    if (!readable || !wish.servers ||
        !wish_is_met(wish.servers, wish.server_count, have->servers, have->server_count))
        servers = texts(who, have->servers, have->server_count);
    state = kit_put(kit, op, state, "nameservers", servers);
    bool same_email = readable && wish.rname && strcmp(wish.rname, have->rname) == 0;
    state = kit_put_text(kit, op, state, "email",
                         same_email ? kit_get_text(kit, spelled, "email") : email_of(who, have->rname));
    state = kit_put_int(kit, op, state, "ttl", have->ttl);
    return kit_put(kit, op, state, "ds", texts(who, have->ds, have->ds_count));
}

/* ---- plan --------------------------------------------------------------------------------- */

/* Canonical forms are compared, so that spelling alone changes nothing. */
static bool is_same(void *self, const char *name, const struct lf_value *a, const struct lf_value *b)
{
    const struct wish_for *who = self;
    struct wish_zone left = {0};
    struct wish_zone right = {0};
    struct wish_problem ignored;
    const struct lf_value *one = kit_put(who->kit, who->op, kit_map(who->kit, who->op), name, a);
    const struct lf_value *two = kit_put(who->kit, who->op, kit_map(who->kit, who->op), name, b);
    if (strcmp(name, "name") == 0)
        return wish_zone_name(who, one, name, &left.name, &ignored) &&
               wish_zone_name(who, two, name, &right.name, &ignored) && strcmp(left.name, right.name) == 0;
    if (strcmp(name, "nameservers") == 0)
        return read_servers(who, one, &left, &ignored) && read_servers(who, two, &right, &ignored) &&
               wish_is_met(left.servers, left.server_count, right.servers, right.server_count);
    return false;
}

void wish_zone_plan(const struct wish_for *who, const struct lf_request *req, const struct lf_value *computed)
{
    struct wish_for it = *who;
    kit_plan(who->kit, &it, who->op, req, &lf_dns_zone, computed, is_same);
}
