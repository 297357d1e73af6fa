/* The zone file's other direction: the old text with our sets spliced in. */
#include "local_zonefile.h"
#include "name.h"
#include "rdata.h"

#include <stdlib.h>
#include <string.h>

/* RFC 1982: serial numbers go round, and 0 is best skipped. */
static uint32_t next_serial(uint32_t serial)
{
    return serial == UINT32_MAX ? 1 : serial + 1;
}

/* ---- glue --------------------------------------------------------------------------------- */

/* Name servers that we wrote: of our zone, or of a delegation of ours. */
static bool is_ours(const struct zonefile *zone, const struct zonefile_set *set)
{
    bool apex = strcmp(set->owner, zone->origin) == 0;
    return set->live && !set->glue && strcmp(set->type, "NS") == 0 &&
           (apex ? zone->soa.set->marker : set->marker);
}

static bool has_address(const struct zonefile *zone, const char *host)
{
    return zonefile_find(zone, host, "A") || zonefile_find(zone, host, "AAAA") ||
           zonefile_find(zone, host, "CNAME");
}

/* Without an address inside the zone such a server could not be reached, and most servers refuse to load
 * the zone.  The ttl is that of the name server's record. */
static void want_glue(struct zonefile *zone, const char *host, uint32_t ttl, const char *address)
{
    const char *type = strchr(address, ':') ? "AAAA" : "A";
    struct zonefile_set *set = zonefile_find_glue(zone, host, type);
    if (set && (set->live || (set->count == 1 && strcmp(set->rdata[0], address) == 0 && set->ttl == ttl))) {
        set->live = true;
        return;
    }
    set = zonefile_add(zone, host, type);
    set->glue = true;
    set->ttl = ttl;
    zonefile_add_rdata(zone, set, address);
}

/* People may have put a name into our set that no server can have, such as "$ns" or one with escapes: printed
 * as an owner it would be read as something else. */
static bool needs_glue(const struct zonefile *zone, const char *host)
{
    const char *name, *why;
    return name_is_in(host, zone->origin) && !has_address(zone, host) &&
           name_parse(zone->kit, zone->op, host, strlen(host), NAME_HOST, &name, &why);
}

/* All glue is taken away, then what is still needed is kept or made. */
static void renew_glue(struct zonefile *zone, const char *address)
{
    for (struct zonefile_set *set = zone->first; set; set = set->next)
        if (set->glue)
            set->live = false;
    const struct zonefile_set *last = zone->last;
    for (const struct zonefile_set *set = zone->first; set; set = set->next) {
        for (size_t i = 0; is_ours(zone, set) && i < set->count; i++)
            if (needs_glue(zone, set->rdata[i]))
                want_glue(zone, set->rdata[i], set->ttl, address);
        if (set == last)
            break;
    }
    for (struct zonefile_set *set = zone->first; set; set = set->next)
        if (set->glue && !set->live)
            set->changed = true;
}

/* ---- printing ----------------------------------------------------------------------------- */

static void print_owner(const struct zonefile *zone, const struct zonefile_set *set, struct kit_text *text)
{
    kit_text_print(zone->kit, zone->op, text, "%s. %u IN %s ", set->owner, set->ttl, set->type);
}

static void print_set(const struct zonefile *zone, const struct zonefile_set *set, struct kit_text *text)
{
    const struct kit *kit = zone->kit;
    if (set->glue)
        kit_text_print(kit, zone->op, text, "; landfall glue\n");
    else if (set->marker)
        kit_text_print(kit, zone->op, text, "; landfall %s %s\n", set->marker,
                       set->address ? set->address : "-");
    if (set == zone->soa.set) {
        const struct zonefile_soa *soa = &zone->soa;
        print_owner(zone, set, text);
        kit_text_print(kit, zone->op, text, "%s. %s. %u %u %u %u %u\n", soa->mname, soa->rname, soa->serial,
                       soa->timers[0], soa->timers[1], soa->timers[2], soa->timers[3]);
        return;
    }
    for (size_t i = 0; i < set->count; i++) {
        print_owner(zone, set, text);
        rdata_print(kit, zone->op, set->type, set->rdata[i], text);
        kit_text_add(kit, zone->op, text, "\n", 1);
    }
}

/* One cut in the old text: [begin, end) is replaced by `with`. */
struct splice {
    size_t begin;
    size_t end;
    const char *with;
    size_t len;
};

struct splices {
    struct splice *all;
    size_t count;
};

static void cut(struct splices *splices, size_t begin, size_t end, const char *with, size_t len)
{
    splices->all[splices->count++] = (struct splice){begin, end, with, len};
}

static int by_begin(const void *a, const void *b)
{
    const struct splice *left = a;
    const struct splice *right = b;
    if (left->begin != right->begin)
        return left->begin < right->begin ? -1 : 1;
    return (left->end > right->end) - (left->end < right->end);
}

/* A record whose owner or time to live came from a record that goes must say them itself. */
static void make_explicit(const struct zonefile *zone, const struct zonefile_record *record,
                          struct splices *splices)
{
    struct kit_text text = {0};
    if (record->takes_owner)
        kit_text_print(zone->kit, zone->op, &text, "%s.", record->set->owner);
    if (record->takes_ttl)
        kit_text_print(zone->kit, zone->op, &text, " %u", record->ttl);
    if (text.len > 0)
        cut(splices, record->owner_end, record->owner_end, text.bytes, text.len);
}

/* Takes changed sets out of the old text; a live one is printed where its first record stood. */
static void cut_records(const struct zonefile *zone, struct splices *splices)
{
    bool above_goes = false;
    for (size_t i = 0; i < zone->record_count; i++) {
        const struct zonefile_record *record = &zone->records[i];
        if (!record->set->changed) {
            if (above_goes)
                make_explicit(zone, record, splices);
            above_goes = false;
            continue;
        }
        above_goes = true;
        struct kit_text text = {0};
        if (!record->set->printed && record->set->live)
            print_set(zone, record->set, &text);
        record->set->printed = true;
        cut(splices, record->begin, record->end, text.bytes, text.len);
    }
}

static void apply(const struct zonefile *zone, struct splices *splices, struct kit_text *text)
{
    size_t at = 0;
    qsort(splices->all, splices->count, sizeof(*splices->all), by_begin);
    for (size_t i = 0; i < splices->count; i++) {
        const struct splice *splice = &splices->all[i];
        kit_text_add(zone->kit, zone->op, text, zone->text + at, splice->begin - at);
        kit_text_add(zone->kit, zone->op, text, splice->with, splice->len);
        at = splice->end;
    }
    kit_text_add(zone->kit, zone->op, text, zone->text + at, zone->len - at);
    if (text->len > 0 && text->bytes[text->len - 1] != '\n')
        kit_text_add(zone->kit, zone->op, text, "\n", 1);
}

static void splice_old(const struct zonefile *zone, struct kit_text *text)
{
    const struct kit *kit = zone->kit;
    size_t most = zone->record_count * 2 + 2;
    for (const struct zonefile_orphan *orphan = zone->orphans; orphan; orphan = orphan->next)
        most++;
    struct splices splices = {.all = kit->ops->scratch(zone->op, most * sizeof(struct splice))};
    cut_records(zone, &splices);
    for (const struct zonefile_orphan *orphan = zone->orphans; orphan; orphan = orphan->next)
        cut(&splices, orphan->begin, orphan->end, NULL, 0);
    if (zone->new_ttl > 0 && zone->ttl_end > 0) {
        const char *ttl = kit_format(kit, zone->op, "%u", zone->new_ttl);
        cut(&splices, zone->ttl_begin, zone->ttl_end, ttl, strlen(ttl));
    }
    if (!zone->soa.set->changed) {
        const char *serial = kit_format(kit, zone->op, "%u", zone->soa.serial);
        cut(&splices, zone->soa.serial_begin, zone->soa.serial_end, serial, strlen(serial));
    }
    apply(zone, &splices, text);
}

const char *zonefile_print(struct zonefile *zone, const char *glue_address, size_t *len)
{
    renew_glue(zone, glue_address);
    bool changed = zone->new_ttl > 0;
    for (const struct zonefile_set *set = zone->first; set && !changed; set = set->next)
        changed = set->changed && (set->live || set->record_count > 0);
    if (!changed)
        return NULL;
    struct kit_text text = {0};
    zone->soa.serial = next_serial(zone->soa.serial);
    if (zone->text)
        splice_old(zone, &text);
    else
        kit_text_print(
            zone->kit, zone->op, &text,
            "; Records under a '; landfall' line are kept by landfall; all others are left alone.\n"
            "$ORIGIN %s.\n$TTL %u\n",
            zone->origin, zone->soa.set->ttl);
    for (const struct zonefile_set *set = zone->first; set; set = set->next)
        if (set->changed && set->live && set->record_count == 0)
            print_set(zone, set, &text);
    *len = text.len;
    return text.bytes;
}
