#include "route53_view.h"

#include "name.h"
#include "rdata.h"

#include <string.h>

/* At the apex: name servers, and what may stand between them and the SOA record in the order of types. */
#define APEX_PAGE 10u
/* The API's most. */
#define LIST_PAGE "100"

struct viewing {
    struct view *view;
    view_fn *fn;
    void *user;
};

static const char *bare(const struct route53 *dns, struct lf_op *op, const char *id)
{
    return route53_hosted(dns, op, id);
}

static const char *plain_name(const struct route53 *dns, struct lf_op *op, const char *name)
{
    return name_absolute(&dns->kit, op, name, strlen(name), "");
}

/* ---- one zone -------------------------------------------------------------------------------------------
 */

static void take_ds(struct lf_op *op, struct view *view, const struct kit_xml *xml)
{
    const struct kit_xml *first = kit_xml_find(xml, "KeySigningKeys/member"), *key = first;
    size_t room = 1;
    for (; key; key = kit_xml_again(key))
        room++;
    view->ds = view->dns->kit.ops->scratch(op, room * sizeof(*view->ds));
    for (key = first; key; key = kit_xml_again(key)) {
        const char *status = kit_xml_text(key, "Status"), *text = kit_xml_text(key, "DSRecord"), *why = NULL;
        bool active = status && strcmp(status, "ACTIVE") == 0 && text;
        if (active &&
            rdata_from_text(&view->dns->kit, op, "DS", text, strlen(text), &view->ds[view->ds_count], &why))
            view->ds_count++;
    }
}

static void got_signing(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct viewing *viewing = user;
    if (!route53_is_good(reply, "GetDNSSECResponse")) {
        viewing->fn(op, reply, viewing->user);
        return;
    }
    const char *status = kit_xml_text(reply->xml, "Status/ServeSignature");
    if (status && strcmp(status, "SIGNING") == 0)
        take_ds(op, viewing->view, reply->xml);
    viewing->fn(op, NULL, viewing->user);
}

static bool take_apex(struct lf_op *op, const struct route53_set *set, void *user)
{
    struct view *view = ((struct viewing *)user)->view;
    (void)op;
    if (set_is(set, view->name, "NS"))
        view->ns = set;
    if (set_is(set, view->name, "SOA"))
        view->soa = set;
    return !view->soa && strcmp(set->owner, view->name) == 0;
}

static void got_apex(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct viewing *viewing = user;
    struct view *view = viewing->view;
    if (reply || view->is_private) { /* a private zone cannot be signed */
        viewing->fn(op, reply, viewing->user);
        return;
    }
    route53_ask(view->dns, op, "GET", route53_path(view->dns, op, "hostedzone/%s/dnssec", view->hosted), NULL,
                0, got_signing, viewing);
}

static void take_servers(struct lf_op *op, struct view *view, const struct kit_xml *xml)
{
    const struct kit_xml *first = kit_xml_find(xml, "DelegationSet/NameServers/NameServer"), *one = first;
    size_t room = 1;
    for (; one; one = kit_xml_again(one))
        room++;
    view->servers = view->dns->kit.ops->scratch(op, room * sizeof(*view->servers));
    for (one = first; one; one = kit_xml_again(one))
        view->servers[view->server_count++] = plain_name(view->dns, op, one->text);
}

static void got_zone(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct viewing *viewing = user;
    struct view *view = viewing->view;
    const struct kit_xml *zone =
        route53_is_good(reply, "GetHostedZoneResponse") ? kit_xml_find(reply->xml, "HostedZone") : NULL;
    const char *name = kit_xml_text(zone, "Name"), *reference = kit_xml_text(zone, "CallerReference");
    if (!name || !reference) {
        viewing->fn(op, reply, viewing->user);
        return;
    }
    *view = (struct view){.dns = view->dns, .hosted = view->hosted};
    view->name = plain_name(view->dns, op, name);
    view->reference = reference;
    view->comment = kit_xml_text(zone, "Config/Comment");
    view->mark = route53_comment_mark(view->dns, op, view->comment);
    view->is_private = kit_xml_is_true(zone, "Config/PrivateZone");
    take_servers(op, view, reply->xml);
    set_list(view->dns, op, view->hosted, view->name, "NS", APEX_PAGE, take_apex, got_apex, viewing);
}

void view_get(struct lf_op *op, struct view *view, view_fn *fn, void *user)
{
    struct viewing *viewing = view->dns->kit.ops->scratch(op, sizeof(*viewing));
    *viewing = (struct viewing){view, fn, user};
    route53_ask(view->dns, op, "GET", route53_path(view->dns, op, "hostedzone/%s", view->hosted), NULL, 0,
                got_zone, viewing);
}

bool view_soa(const struct view *view, struct lf_op *op, const char *words[VIEW_SOA_WORDS])
{
    if (!view->soa || view->soa->count != 1)
        return false;
    const char *at = view->soa->raw[0];
    for (size_t i = 0; i < VIEW_SOA_WORDS; i++) {
        at += strspn(at, " ");
        size_t len = strcspn(at, " ");
        if (len == 0)
            return false;
        words[i] = kit_copy(&view->dns->kit, op, at, len);
        at += len;
    }
    return at[strspn(at, " ")] == '\0';
}

/* ---- lists ----------------------------------------------------------------------------------------------
 */

struct listing {
    const struct route53 *dns;
    const char *name; /* NULL: all */
    view_row_fn *each;
    view_fn *done;
    void *user;
};

static void page(struct lf_op *op, struct listing *listing, const char *next, const char *next_id);

/* false: enough. */
static bool take_row(struct lf_op *op, const struct listing *listing, const struct kit_xml *xml)
{
    const char *name = kit_xml_text(xml, "Name"), *reference = kit_xml_text(xml, "CallerReference");
    struct view_row row = {.hosted = bare(listing->dns, op, kit_xml_text(xml, "Id")),
                           .reference = reference ? reference : ""};
    if (!row.hosted || !name)
        return true;
    row.name = plain_name(listing->dns, op, name);
    row.mark = route53_comment_mark(listing->dns, op, kit_xml_text(xml, "Config/Comment"));
    row.is_private = kit_xml_is_true(xml, "Config/PrivateZone");
    if (listing->name && strcmp(row.name, listing->name) != 0)
        return false;
    return listing->each(op, &row, listing->user);
}

static void page_came(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct listing *listing = user;
    const char *root = listing->name ? "ListHostedZonesByNameResponse" : "ListHostedZonesResponse";
    if (!route53_is_good(reply, root)) {
        listing->done(op, reply, listing->user);
        return;
    }
    const struct kit_xml *one = kit_xml_find(reply->xml, "HostedZones/HostedZone");
    for (; one; one = kit_xml_again(one)) {
        if (!take_row(op, listing, one)) {
            listing->done(op, NULL, listing->user);
            return;
        }
    }
    const char *next = kit_xml_text(reply->xml, listing->name ? "NextDNSName" : "NextMarker");
    if (!kit_xml_is_true(reply->xml, "IsTruncated"))
        listing->done(op, NULL, listing->user);
    else if (!next)
        listing->done(op, reply, listing->user);
    else
        page(op, listing, next, kit_xml_text(reply->xml, "NextHostedZoneId"));
}

static void page(struct lf_op *op, struct listing *listing, const char *next, const char *next_id)
{
    const struct route53 *dns = listing->dns;
    const struct kit_aws_pair named[] = {
        {"dnsname", next}, {"hostedzoneid", next_id}, {"maxitems", LIST_PAGE}};
    const struct kit_aws_pair all[] = {{"marker", next}, {"maxitems", LIST_PAGE}};
    if (listing->name)
        route53_ask(dns, op, "GET", route53_path(dns, op, "hostedzonesbyname"), named, 3, page_came, listing);
    else
        route53_ask(dns, op, "GET", route53_path(dns, op, "hostedzone"), all, 2, page_came, listing);
}

void view_list(const struct route53 *dns, struct lf_op *op, const char *name, view_row_fn *each,
               view_fn *done, void *user)
{
    struct listing *listing = dns->kit.ops->scratch(op, sizeof(*listing));
    *listing = (struct listing){.dns = dns, .name = name, .each = each, .done = done, .user = user};
    page(op, listing, name ? kit_format(&dns->kit, op, "%s.", name) : NULL, NULL);
}
