#include "route53_set.h"

#include "name.h"
#include "rdata.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The most that one page of ListResourceRecordSets gives. */
#define PAGE_MOST 300u

/* ---- spelling -------------------------------------------------------------------------------------------
 */

/* In Route 53 the three digits of an escape are octal, in zone files and in our canonical form decimal. */
static const char *change_base(const struct route53 *dns, struct lf_op *op, const char *text, unsigned from,
                               unsigned to)
{
    struct kit_text out = {0};
    kit_text_add(&dns->kit, op, &out, NULL, 0);
    for (const char *at = text; *at;) {
        if (*at != '\\' || !at[1]) {
            kit_text_add(&dns->kit, op, &out, at++, 1);
            continue;
        }
        unsigned value = 0, digits = 0;
        while (digits < 3 && isdigit((unsigned char)at[1 + digits]) &&
               (unsigned)(at[1 + digits] - '0') < from)
            value = value * from + (unsigned)(at[1 + digits++] - '0');
        if (digits < 3 || value > UINT8_MAX) {
            kit_text_add(&dns->kit, op, &out, at, 2);
            at += 2;
            continue;
        }
        kit_text_print(&dns->kit, op, &out, to == 8 ? "\\%03o" : "\\%03u", value);
        at += 4;
    }
    return out.bytes;
}

/* "\052.Apps.acme.example." is "*.apps.acme.example". */
static const char *owner_of(const struct route53 *dns, struct lf_op *op, const char *text)
{
    static const char star[] = "\\052";
    const char *name = name_absolute(&dns->kit, op, text, strlen(text), "");
    size_t size = sizeof(star) - 1;
    return strncmp(name, star, size) == 0 ? kit_format(&dns->kit, op, "*%s", name + size) : name;
}

static const char *canonical(const struct route53 *dns, struct lf_op *op, const char *type, const char *raw)
{
    const char *text = change_base(dns, op, raw, 8, 10), *rdata = NULL, *why = NULL;
    return rdata_from_text(&dns->kit, op, type, text, strlen(text), &rdata, &why) ? rdata : text;
}

static const char *spelled(const struct route53 *dns, struct lf_op *op, const char *type, const char *rdata)
{
    struct kit_text text = {0};
    rdata_print(&dns->kit, op, type, rdata, &text);
    return change_base(dns, op, text.bytes, 10, 8);
}

/* ---- sets -----------------------------------------------------------------------------------------------
 */

/* What landfall neither makes nor can describe by values. */
static const char *special_of(const struct route53 *dns, struct lf_op *op, const struct kit_xml *xml)
{
    static const struct {
        const char *element, *words;
    } kinds[] = {{"Weight", "a weighted record"},
                 {"Region", "a latency record"},
                 {"GeoLocation", "a geolocation record"},
                 {"GeoProximityLocation", "a geoproximity record"},
                 {"Failover", "a failover record"},
                 {"MultiValueAnswer", "a multivalue record"},
                 {"CidrRoutingConfig", "an IP-based record"},
                 {"HealthCheckId", "a record with a health check"},
                 {"TrafficPolicyInstanceId", "a record of a traffic policy"}};
    const char *alias = kit_xml_text(xml, "AliasTarget/DNSName");
    if (alias)
        return kit_format(&dns->kit, op, "an alias of '%.253s'", alias);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (kit_xml_find(xml, kinds[i].element))
            return kinds[i].words;
    return kit_xml_find(xml, "SetIdentifier") ? "a record with a routing policy" : NULL;
}

struct route53_set *set_parse(const struct route53 *dns, struct lf_op *op, const struct kit_xml *xml)
{
    const struct kit *kit = &dns->kit;
    const char *name = kit_xml_text(xml, "Name"), *type = kit_xml_text(xml, "Type"),
               *ttl = kit_xml_text(xml, "TTL");
    if (!name || !type)
        return NULL;
    struct route53_set *set = kit->ops->scratch(op, sizeof(*set));
    set->owner = owner_of(dns, op, name);
    set->type = type;
    set->ttl = ttl ? (uint32_t)strtoul(ttl, NULL, 10) : 0;
    set->special = special_of(dns, op, xml);
    const struct kit_xml *first = kit_xml_find(xml, "ResourceRecords/ResourceRecord");
    size_t room = 1;
    for (const struct kit_xml *one = first; one; one = kit_xml_again(one))
        room++;
    set->raw = kit->ops->scratch(op, room * sizeof(*set->raw));
    set->rdata = kit->ops->scratch(op, room * sizeof(*set->rdata));
    for (const struct kit_xml *one = first; one; one = kit_xml_again(one)) {
        const char *value = kit_xml_text(one, "Value");
        if (!value)
            return NULL;
        set->raw[set->count] = value;
        set->rdata[set->count++] = canonical(dns, op, type, value);
    }
    return set;
}

struct route53_set *set_make(const struct route53 *dns, struct lf_op *op, const char *owner, const char *type,
                             uint32_t ttl, const char *const *rdata, size_t count)
{
    struct route53_set *set = dns->kit.ops->scratch(op, sizeof(*set));
    set->owner = owner;
    set->type = type;
    set->ttl = ttl;
    set->count = count;
    set->raw = dns->kit.ops->scratch(op, (count + 1) * sizeof(*set->raw));
    set->rdata = dns->kit.ops->scratch(op, (count + 1) * sizeof(*set->rdata));
    for (size_t i = 0; i < count; i++) {
        set->rdata[i] = rdata[i];
        set->raw[i] = spelled(dns, op, type, rdata[i]);
    }
    return set;
}

void set_add_change(const struct route53 *dns, struct lf_op *op, struct kit_text *xml, const char *action,
                    const struct route53_set *set)
{
    const struct kit *kit = &dns->kit;
    kit_text_print(
        kit, op, xml,
        "<Change><Action>%s</Action><ResourceRecordSet><Name>%s.</Name><Type>%s</Type><TTL>%u</TTL>"
        "<ResourceRecords>",
        action, set->owner, set->type, set->ttl);
    for (size_t i = 0; i < set->count; i++) {
        kit_text_print(kit, op, xml, "<ResourceRecord><Value>");
        kit_xml_add(kit, op, xml, set->raw[i]);
        kit_text_print(kit, op, xml, "</Value></ResourceRecord>");
    }
    kit_text_print(kit, op, xml, "</ResourceRecords></ResourceRecordSet></Change>");
}

size_t set_chars(const struct route53_set *set)
{
    size_t chars = 0;
    for (size_t i = 0; i < set->count; i++)
        chars += strlen(set->raw[i]);
    return chars;
}

bool set_is(const struct route53_set *set, const char *owner, const char *type)
{
    return strcmp(set->owner, owner) == 0 && strcmp(set->type, type) == 0;
}

/* ---- lists ----------------------------------------------------------------------------------------------
 */

struct listing {
    const struct route53 *dns;
    const char *hosted;
    const char *most;
    bool *more; /* of a single page; NULL: page after page */
    set_each_fn *each;
    set_done_fn *done;
    void *user;
};

static void page(struct lf_op *op, struct listing *listing, const char *name, const char *type,
                 const char *identifier);

static void page_came(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct listing *listing = user;
    if (!route53_is_good(reply, "ListResourceRecordSetsResponse")) {
        listing->done(op, reply, listing->user);
        return;
    }
    const struct kit_xml *one = kit_xml_find(reply->xml, "ResourceRecordSets/ResourceRecordSet");
    for (; one; one = kit_xml_again(one)) {
        const struct route53_set *set = set_parse(listing->dns, op, one);
        if (!set) {
            listing->done(op, reply, listing->user);
            return;
        }
        if (!listing->each(op, set, listing->user)) {
            listing->done(op, NULL, listing->user);
            return;
        }
    }
    const char *next = kit_xml_text(reply->xml, "NextRecordName");
    bool truncated = kit_xml_is_true(reply->xml, "IsTruncated");
    if (listing->more)
        *listing->more = truncated;
    if (!truncated || listing->more)
        listing->done(op, NULL, listing->user);
    else if (!next) /* a page that does not say how to go on is none */
        listing->done(op, reply, listing->user);
    else
        page(op, listing, next, kit_xml_text(reply->xml, "NextRecordType"),
             kit_xml_text(reply->xml, "NextRecordIdentifier"));
}

static void page(struct lf_op *op, struct listing *listing, const char *name, const char *type,
                 const char *identifier)
{
    const struct kit_aws_pair query[] = {
        {"name", name}, {"type", type}, {"identifier", identifier}, {"maxitems", listing->most}};
    route53_ask(listing->dns, op, "GET",
                route53_path(listing->dns, op, "hostedzone/%s/rrset", listing->hosted), query,
                sizeof(query) / sizeof(query[0]), page_came, listing);
}

void set_list(const struct route53 *dns, struct lf_op *op, const char *hosted, const char *name,
              const char *type, unsigned most, set_each_fn *each, set_done_fn *done, void *user)
{
    struct listing *listing = dns->kit.ops->scratch(op, sizeof(*listing));
    *listing = (struct listing){.dns = dns, .hosted = hosted, .each = each, .done = done, .user = user};
    listing->most = kit_format(&dns->kit, op, "%u", most > 0 ? most : PAGE_MOST);
    page(op, listing, name ? kit_format(&dns->kit, op, "%s.", name) : NULL, type, NULL);
}

void set_page(const struct route53 *dns, struct lf_op *op, const char *hosted, const char *name,
              const char *type, unsigned most, bool *more, set_each_fn *each, set_done_fn *done, void *user)
{
    struct listing *listing = dns->kit.ops->scratch(op, sizeof(*listing));
    *listing = (struct listing){
        .dns = dns, .hosted = hosted, .more = more, .each = each, .done = done, .user = user};
    listing->most = kit_format(&dns->kit, op, "%u", most);
    page(op, listing, kit_format(&dns->kit, op, "%s.", name), type, NULL);
}

/* The next label of a name from the right, before `end`; false: none is left. */
static bool take_label(const char *name, size_t *end, const char **label, size_t *len)
{
    if (*end == 0)
        return false;
    size_t begin = *end;
    while (begin > 0 && name[begin - 1] != '.')
        begin--;
    *label = name + begin;
    *len = *end - begin;
    *end = begin > 0 ? begin - 1 : 0;
    return true;
}

/* "*" is kept as "\052". */
static int compare_label(const char *a, size_t a_len, const char *b, size_t b_len)
{
    static const char star[] = "\\052";
    bool a_star = a_len == 1 && a[0] == '*', b_star = b_len == 1 && b[0] == '*';
    const char *left = a_star ? star : a, *right = b_star ? star : b;
    size_t left_len = a_star ? sizeof(star) - 1 : a_len, right_len = b_star ? sizeof(star) - 1 : b_len;
    for (size_t i = 0; i <= left_len && i <= right_len; i++) {
        /* Each label ends with a dot, which stands behind the hyphen: "a-b" comes before "a". */
        int x = i < left_len ? (unsigned char)left[i] : '.',
            y = i < right_len ? (unsigned char)right[i] : '.';
        if (x != y)
            return x - y;
    }
    return 0;
}

int set_order(const char *owner, const char *type, const char *other_owner, const char *other_type)
{
    size_t end = strlen(owner), other_end = strlen(other_owner), len = 0, other_len = 0;
    const char *label = NULL, *other = NULL;
    for (;;) {
        bool more = take_label(owner, &end, &label, &len);
        bool other_more = take_label(other_owner, &other_end, &other, &other_len);
        if (!more || !other_more)
            return more != other_more ? (more ? 1 : -1) : strcmp(type, other_type);
        int order = compare_label(label, len, other, other_len);
        if (order != 0)
            return order;
    }
}

/* ---- markers --------------------------------------------------------------------------------------------
 */

#define NAME_LONGEST   253
#define STRING_LONGEST 255
/* Nobody but us asks for them, and we ask the service. */
#define MARK_TTL 60u

static const char *changed_case(const struct route53 *dns, struct lf_op *op, const char *text, size_t len,
                                int (*change)(int))
{
    char *copy = kit_copy(&dns->kit, op, text, len);
    for (char *c = copy; *c; c++)
        *c = (char)change((unsigned char)*c);
    return copy;
}

const char *set_mark_name(const struct route53 *dns, struct lf_op *op, const char *zone, const char *owner,
                          const char *type, size_t *over)
{
    size_t len = strlen(owner) - strlen(zone);
    const char *label = changed_case(dns, op, type, strlen(type), tolower);
    const char *first = owner[0] == '*' ? "-" : "";
    /* What stands before the zone keeps its dot; at the apex there is nothing. */
    const char *name = kit_format(&dns->kit, op, "_%s.%s%.*s" SET_MARK_BRANCH ".%s", label, first,
                                  (int)(len - strlen(first)), owner + strlen(first), zone);
    if (strlen(name) <= NAME_LONGEST)
        return name;
    *over = strlen(name) - NAME_LONGEST;
    return NULL;
}

/* A string of TXT data; markers, tokens and addresses are printable and hold neither quote nor backslash, but
 * an address comes from a playbook. */
static void add_string(const struct route53 *dns, struct lf_op *op, struct kit_text *text, const char *string)
{
    kit_text_add(&dns->kit, op, text, text->len > 0 ? " \"" : "\"", text->len > 0 ? 2 : 1);
    for (size_t i = 0; string && string[i] && i < STRING_LONGEST; i++) {
        unsigned char c = (unsigned char)string[i];
        if (c == '"' || c == '\\' || c < ' ' || c > '~')
            kit_text_print(&dns->kit, op, text, "\\%03o", c);
        else
            kit_text_add(&dns->kit, op, text, string + i, 1);
    }
    kit_text_add(&dns->kit, op, text, "\"", 1);
}

struct route53_set *set_mark_make(const struct route53 *dns, struct lf_op *op, const char *name,
                                  const struct set_mark *mark)
{
    struct kit_text text = {0};
    add_string(dns, op, &text, mark->marker);
    add_string(dns, op, &text, mark->token);
    add_string(dns, op, &text, mark->address);
    struct route53_set *set = set_make(dns, op, name, "TXT", MARK_TTL, NULL, 0);
    set->raw[0] = set->rdata[0] = text.bytes;
    set->count = 1;
    return set;
}

/* The next string of `text` in its plain form; NULL: there is none. */
static const char *take_string(const struct route53 *dns, struct lf_op *op, const char **text)
{
    struct kit_text out = {0};
    const char *at = *text + strspn(*text, " ");
    if (*at++ != '"')
        return NULL;
    kit_text_add(&dns->kit, op, &out, NULL, 0);
    while (*at && *at != '"') {
        char c = *at++;
        if (c == '\\' && isdigit((unsigned char)at[0]) && isdigit((unsigned char)at[1]) &&
            isdigit((unsigned char)at[2])) {
            c = (char)(unsigned char)((at[0] - '0') * 64 + (at[1] - '0') * 8 + (at[2] - '0'));
            at += 3;
        } else if (c == '\\' && *at) {
            c = *at++;
        }
        kit_text_add(&dns->kit, op, &out, &c, 1);
    }
    *text = at + (*at == '"' ? 1 : 0);
    return out.bytes;
}

bool set_mark_read(const struct route53 *dns, struct lf_op *op, const struct route53_set *set,
                   struct set_mark *mark)
{
    *mark = (struct set_mark){0};
    if (!set || set->special || set->count != 1)
        return false;
    const char *text = set->raw[0], *marker = take_string(dns, op, &text);
    if (!marker || strncmp(marker, "lf1.", 4) != 0)
        return false;
    mark->marker = marker;
    mark->token = take_string(dns, op, &text);
    mark->address = mark->token ? take_string(dns, op, &text) : NULL;
    return true;
}

bool set_mark_subject(const struct route53 *dns, struct lf_op *op, const char *zone, const char *name,
                      const char **type, const char **relative)
{
    const char *branch = kit_format(&dns->kit, op, SET_MARK_BRANCH ".%s", zone);
    const char *dot = strchr(name, '.');
    if (!name_is_in(name, branch) || name[0] != '_' || !dot || strlen(name) <= strlen(branch))
        return false;
    size_t len = strlen(name) - strlen(branch), label = (size_t)(dot - name), begin = label + 1;
    *type = changed_case(dns, op, name + 1, label - 1, toupper);
    bool wild = len > begin + 1 && name[begin] == '-' && name[begin + 1] == '.';
    if (len <= begin)
        *relative = "@";
    else
        *relative = kit_format(&dns->kit, op, "%s%.*s", wild ? "*" : "",
                               (int)(len - begin - 1 - (wild ? 1 : 0)), name + begin + (wild ? 1 : 0));
    return true;
}
