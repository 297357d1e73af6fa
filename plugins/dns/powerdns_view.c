#include "powerdns_view.h"

#include "name.h"
#include "rdata.h"

#include <stdlib.h>
#include <string.h>

/* Content of the comment that carries a marker: what people see beside the RRset, and what the sweep searches
 * for. */
#define COMMENT_PREFIX "landfall "

/* FNV-1a; names are short and the table is rebuilt for each reply. */
static size_t hash(const char *text)
{
    uint64_t h = 14695981039346656037u;
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 1099511628211u;
    return (size_t)(h ^ (h >> 32));
}

static void *take(const struct powerdns_view *view, size_t size)
{
    return view->dns->kit.ops->scratch(view->op, size);
}

static struct powerdns_set *add_set(const struct powerdns_view *view, const char *owner, const char *type)
{
    struct powerdns_set **bucket = &view->buckets[hash(owner) & (view->bucket_count - 1)];
    struct powerdns_set *set = take(view, sizeof(*set));
    *set = (struct powerdns_set){.next = *bucket, .owner = owner, .type = type};
    *bucket = set;
    return set;
}

static struct powerdns_set *find_set(const struct powerdns_view *view, const char *owner, const char *type)
{
    struct powerdns_set *set = view->buckets[hash(owner) & (view->bucket_count - 1)];
    while (set && (strcmp(set->owner, owner) != 0 || strcmp(set->type, type) != 0))
        set = set->next;
    return set;
}

/* ---- reading a reply ---------------------------------------------------------------------- */

static size_t list_count(const struct kit *kit, const struct lf_value *map, const char *key,
                         const struct lf_value **list)
{
    *list = kit_get(kit, map, key);
    return *list && kit->values->kind(*list) == LF_KIND_LIST ? kit->values->count(*list) : 0;
}

static bool add_told(struct powerdns_view *view, const struct lf_value *json)
{
    const struct kit *kit = &view->dns->kit;
    const struct lf_value *sets = kit_get(kit, json, "rrsets");
    if (!sets || kit->values->kind(sets) != LF_KIND_LIST)
        return false;
    for (size_t i = 0; i < kit->values->count(sets); i++) {
        const char *key = NULL;
        const struct lf_value *told = kit->values->at(sets, i, &key);
        const char *owner = kit_get_text(kit, told, "name");
        const char *type = kit_get_text(kit, told, "type");
        const struct lf_value *records = NULL;
        if (!owner || !type || !kit_get(kit, told, "records"))
            return false;
        if (list_count(kit, told, "records", &records) == 0)
            continue; /* a comment that outlived its records, or of a name that was not asked about */
        owner = powerdns_name(view->dns, view->op, owner);
        if (find_set(view, owner, type))
            continue;
        struct powerdns_set *set = add_set(view, owner, type);
        set->told = told;
        set->there = true;
        set->ttl = (uint32_t)kit_get_int(kit, told, "ttl", 0);
    }
    return true;
}

bool view_open(struct powerdns_view *view, const struct powerdns *dns, struct lf_op *op, const char *zone,
               const struct lf_value *json, size_t more)
{
    const struct kit *kit = &dns->kit;
    const struct lf_value *sets = NULL;
    const char *name = kit_get_text(kit, json, "name");
    const char *kind = kit_get_text(kit, json, "kind");
    const char *account = kit_get_text(kit, json, "account");
    if (!name || !kind || strcmp(powerdns_name(dns, op, name), zone) != 0)
        return false;
    size_t need = list_count(kit, json, "rrsets", &sets) + more;
    *view = (struct powerdns_view){.dns = dns, .op = op, .zone = zone, .kind = kind, .bucket_count = 16};
    while (view->bucket_count < need)
        view->bucket_count *= 2;
    view->buckets = take(view, view->bucket_count * sizeof(struct powerdns_set *));
    const char *count = kit_get_text(kit, json, "soa_edit_api");
    view->is_signed = kit_get_bool(kit, json, "dnssec", false);
    view->counts = !count || count[0] != '\0';
    if (account && strncmp(account, POWERDNS_MARKER, strlen(POWERDNS_MARKER)) == 0)
        view->marker = account;
    return add_told(view, json);
}

/* ---- looking ------------------------------------------------------------------------------ */

struct powerdns_set *view_find(const struct powerdns_view *view, const char *owner, const char *type)
{
    struct powerdns_set *set = find_set(view, owner, type);
    return set && set->there ? set : NULL;
}

const struct powerdns_set *view_find_other(const struct powerdns_view *view, const char *owner,
                                           const char *type)
{
    const struct powerdns_set *set = view->buckets[hash(owner) & (view->bucket_count - 1)];
    while (set && (!set->there || strcmp(set->owner, owner) != 0 || strcmp(set->type, type) == 0))
        set = set->next;
    return set;
}

const struct powerdns_set *view_find_more(const struct powerdns_view *view, size_t *count)
{
    const struct powerdns_set *sample = NULL;
    *count = 0;
    for (size_t i = 0; i < view->bucket_count; i++)
        for (const struct powerdns_set *set = view->buckets[i]; set; set = set->next) {
            bool apex = strcmp(set->owner, view->zone) == 0;
            if (!set->there || (apex && (strcmp(set->type, "SOA") == 0 || strcmp(set->type, "NS") == 0)))
                continue;
            sample = sample ? sample : set;
            (*count)++;
        }
    return sample;
}

/* The i-th comment's account, where that is a marker; or NULL. */
static const char *marker_at(const struct powerdns_view *view, const struct lf_value *comments, size_t i)
{
    const char *key = NULL;
    const struct lf_value *comment = view->dns->kit.values->at(comments, i, &key);
    const char *account = kit_get_text(&view->dns->kit, comment, "account");
    return account && strncmp(account, POWERDNS_MARKER, strlen(POWERDNS_MARKER)) == 0 ? account : NULL;
}

const char *view_marker(const struct powerdns_view *view, const struct powerdns_set *set, const char *ours)
{
    const struct lf_value *comments = NULL;
    const char *found = NULL;
    if (set->changed)
        return set->marker;
    size_t count = set->told ? list_count(&view->dns->kit, set->told, "comments", &comments) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *marker = marker_at(view, comments, i);
        if (marker && (!found || (ours && strcmp(found, ours) == 0)))
            found = marker;
    }
    return found;
}

const char *view_address(const struct powerdns_view *view, const struct powerdns_set *set)
{
    const struct kit *kit = &view->dns->kit;
    const struct lf_value *comments = NULL;
    if (set->changed)
        return set->address;
    size_t count = set->told ? list_count(kit, set->told, "comments", &comments) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        const char *content = kit_get_text(kit, kit->values->at(comments, i, &key), "content");
        if (marker_at(view, comments, i) && content &&
            strncmp(content, COMMENT_PREFIX, strlen(COMMENT_PREFIX)) == 0)
            return content + strlen(COMMENT_PREFIX);
    }
    return NULL;
}

/* What is not understood is kept as it is: it is there, and it differs from whatever is asked. */
void view_parse(const struct powerdns_view *view, struct powerdns_set *set)
{
    const struct kit *kit = &view->dns->kit;
    const struct lf_value *records = NULL;
    if (set->parsed || !set->told)
        return;
    size_t count = list_count(kit, set->told, "records", &records);
    set->parsed = true;
    set->rdata = take(view, (count + 1) * sizeof(const char *));
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        const char *why = NULL;
        const struct lf_value *record = kit->values->at(records, i, &key);
        const char *content = kit_get_text(kit, record, "content");
        if (!content || kit_get_bool(kit, record, "disabled", false))
            continue; /* a record that is switched off is not served */
        if (!rdata_from_text(kit, view->op, set->type, content, strlen(content), &set->rdata[set->count],
                             &why))
            set->rdata[set->count] = content;
        set->count++;
    }
}

bool view_soa(const struct powerdns_view *view, const char *words[VIEW_SOA_WORDS], uint32_t *ttl)
{
    const struct kit *kit = &view->dns->kit;
    struct powerdns_set *set = view_find(view, view->zone, "SOA");
    if (!set)
        return false;
    view_parse(view, set);
    if (set->count != 1)
        return false;
    const char *at = set->rdata[0];
    for (size_t i = 0; i < VIEW_SOA_WORDS; i++) {
        size_t len = strcspn(at, " ");
        if (len == 0)
            return false;
        bool dotted = i < 2 && len > 1 && at[len - 1] == '.';
        words[i] = kit_copy(kit, view->op, at, len - (dotted ? 1 : 0));
        at += len;
        at += *at == ' ' ? 1 : 0;
    }
    *ttl = set->ttl;
    return *at == '\0';
}

/* ---- changing ----------------------------------------------------------------------------- */

bool view_is_met(const struct powerdns_view *view, struct powerdns_set *set, const struct wish_record *wish,
                 uint32_t ttl, const struct lf_request *req)
{
    const char *marker = view_marker(view, set, req->marker);
    const char *address = view_address(view, set);
    view_parse(view, set);
    return marker && strcmp(marker, req->marker) == 0 && address && strcmp(address, req->address) == 0 &&
           set->ttl == ttl && wish_is_met(wish->rdata, wish->count, set->rdata, set->count);
}

struct powerdns_set *view_put(struct powerdns_view *view, const struct wish_record *wish, uint32_t ttl,
                              const struct lf_request *req, size_t by)
{
    struct powerdns_set *set = find_set(view, wish->owner, wish->type);
    if (!set)
        set = add_set(view, wish->owner, wish->type);
    view->changed += set->changed ? 0 : 1;
    set->there = set->parsed = set->changed = true;
    set->ttl = ttl;
    set->rdata = wish->rdata;
    set->count = wish->count;
    set->marker = req->marker;
    set->address = req->address;
    set->by = by;
    return set;
}

void view_remove(struct powerdns_view *view, struct powerdns_set *set, size_t by)
{
    view->changed += set->changed ? 0 : 1;
    set->changed = true;
    set->there = false;
    set->by = by;
}

/* ---- the PATCH ---------------------------------------------------------------------------- */

static const struct lf_value *records_of(const struct powerdns_view *view, const struct powerdns_set *set)
{
    const struct kit *kit = &view->dns->kit;
    const struct lf_value **list = take(view, (set->count + 1) * sizeof(*list));
    for (size_t i = 0; i < set->count; i++) {
        struct kit_text text = {0};
        rdata_print(kit, view->op, set->type, set->rdata[i], &text);
        list[i] = kit_put_text(kit, view->op, kit_map(kit, view->op), "content", text.bytes);
        list[i] = kit_put_bool(kit, view->op, list[i], "disabled", false);
    }
    return kit->values->of_list(view->op, list, set->count);
}

/* Ours, after those that people wrote: a REPLACE replaces the comments, too. */
static const struct lf_value *comments_of(const struct powerdns_view *view, const struct powerdns_set *set)
{
    const struct kit *kit = &view->dns->kit;
    const struct lf_value *told = NULL;
    size_t told_count = set->told ? list_count(kit, set->told, "comments", &told) : 0;
    const struct lf_value **list = take(view, (told_count + 1) * sizeof(*list));
    size_t count = 0;
    for (size_t i = 0; i < told_count; i++) {
        const char *key = NULL;
        if (!marker_at(view, told, i))
            list[count++] = kit->values->at(told, i, &key);
    }
    const struct lf_value *ours = kit_put_text(kit, view->op, kit_map(kit, view->op), "account", set->marker);
    list[count++] = kit_put_text(kit, view->op, ours, "content",
                                 kit_format(kit, view->op, COMMENT_PREFIX "%s", set->address));
    return kit->values->of_list(view->op, list, count);
}

static const struct lf_value *change_head(const struct powerdns_view *view, const struct powerdns_set *set,
                                          const char *change)
{
    const struct kit *kit = &view->dns->kit;
    const struct lf_value *map = kit_map(kit, view->op);
    map = kit_put_text(kit, view->op, map, "name", kit_format(kit, view->op, "%s.", set->owner));
    map = kit_put_text(kit, view->op, map, "type", set->type);
    return kit_put_text(kit, view->op, map, "changetype", change);
}

static const struct lf_value *change_of(const struct powerdns_view *view, const struct powerdns_set *set)
{
    const struct kit *kit = &view->dns->kit;
    struct lf_op *op = view->op;
    const struct lf_value *map = change_head(view, set, set->there ? "REPLACE" : "DELETE");
    if (!set->there)
        return map;
    map = kit_put_int(kit, op, map, "ttl", set->ttl);
    map = kit_put(kit, op, map, "records", records_of(view, set));
    return kit_put(kit, op, map, "comments", comments_of(view, set));
}

/* The SOA record as it is, one further; NULL where there is none to count. */
static const struct lf_value *next_soa(struct powerdns_view *view)
{
    const struct kit *kit = &view->dns->kit;
    struct lf_op *op = view->op;
    const char *soa[VIEW_SOA_WORDS];
    uint32_t ttl = 0;
    char *end = NULL;
    if (!view_soa(view, soa, &ttl))
        return NULL;
    uint32_t serial = (uint32_t)strtoul(soa[2], &end, 10) + 1;
    if (*end)
        return NULL;
    struct powerdns_set set = {.owner = view->zone, .type = "SOA", .ttl = ttl};
    const struct lf_value *map = change_head(view, &set, "REPLACE");
    const struct lf_value *record = kit_map(kit, op);
    /* Zero is a serial number that some servers take for none. */
    record = kit_put_text(kit, op, record, "content",
                          kit_format(kit, op, "%s. %s. %u %s %s %s %s", soa[0], soa[1],
                                     serial > 0 ? serial : 1, soa[3], soa[4], soa[5], soa[6]));
    record = kit_put_bool(kit, op, record, "disabled", false);
    map = kit_put_int(kit, op, map, "ttl", ttl);
    return kit_put(kit, op, map, "records", kit->values->of_list(op, &record, 1));
}

/* PowerDNS applies them in order and lets nothing stand beside a CNAME, so what goes makes room first. */
const struct lf_value *view_patch(struct powerdns_view *view)
{
    const struct kit *kit = &view->dns->kit;
    const struct lf_value **list = take(view, (view->changed + 2) * sizeof(*list));
    size_t count = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < view->bucket_count; i++)
            for (const struct powerdns_set *set = view->buckets[i]; set; set = set->next)
                if (set->changed && set->there == (pass == 1))
                    list[count++] = change_of(view, set);
    const struct lf_value *soa = view->counts ? NULL : next_soa(view);
    if (soa)
        list[count++] = soa;
    return kit_put(kit, view->op, kit_map(kit, view->op), "rrsets",
                   kit->values->of_list(view->op, list, count));
}
